// Slow paths: exceptions. A throw walks the frames of the process's own stack by their descriptors;
// entering a `try` costs nothing.
#include <array>

#include "vm/bif/support.h"
#include "vm/code/code_index.h"
#include "vm/code/stack_trace.h"
#include "vm/interp/generic_operands.h"
#include "vm/interp/slow.h"

namespace parley {

namespace {

// The frame that is in force at an instruction of the running function.
struct RunningFrame {
  std::uint32_t words = 0;
  const Word* handler = nullptr;
};
RunningFrame running_frame(const CodeIndex& code, const Word* ip) {
  const CodeBlock* block = code.block_at(ip);
  if (block == nullptr) return {};  // a stub: no frame, no handler
  const Place* place = block->place_at(block->offset_of(ip));
  if (place == nullptr) return {};
  return {place->frame_words < 0 ? 0u : static_cast<std::uint32_t>(place->frame_words),
          place->handler == 0 ? nullptr : block->words.data() + place->handler};
}

Term capture_trace(Machine& m, const RunningFrame& running) {
  Context& c = *m.context;
  const CodeIndex& code = *c.services->code;
  std::array<Term, kTraceDepthMax> places;
  unsigned count = 0;
  if (const Term here = trace_place(code, m.ip); here.is_value()) places[count++] = here;
  const Word* at = m.sp + running.words;
  while (count < kTraceDepthMax) {
    const auto* back = reinterpret_cast<const Word*>(*at++);
    if (back == c.process_end) break;
    // The word before a return address belongs to the call.
    if (const Term place = trace_place(code, back - 1); place.is_value()) places[count++] = place;
    at += frame_of_return(back)->frame_words;
  }
  Word* words = c.heap.allocate(count + 2);
  words[0] = make_header(Subtag::kTuple, count + 1) | kHeaderTraceBit;
  words[1] = c.failed_call.raw;
  for (unsigned i = 0; i < count; ++i) words[2 + i] = places[i].raw;
  return Term::boxed(words);
}

Outcome enter_handler(Machine& m, const Word* handler) {
  Context& c = *m.context;
  c.x[0] = c.error_class.raw;
  c.x[1] = c.error_reason.raw;
  c.x[2] = c.error_trace.raw;
  return go_to(m, handler);
}

Outcome end_with_exception(Machine& m) {
  Context& c = *m.context;
  c.uncaught_class = c.error_class;
  if (c.error_class == kAtom_exit) {
    c.exit_reason = c.error_reason;
  } else {
    const Term trace = symbolise_trace(*c.services->code, c.heap, c.error_trace);
    const Term reason = c.error_class == kAtom_throw_
                            ? make_tuple(c.heap, {kAtom_nocatch, c.error_reason})
                            : c.error_reason;
    c.exit_reason = make_tuple(c.heap, {reason, trace});
  }
  return leave(m, RunResult::kExited);
}

}  // namespace

Outcome throw_from(Machine& m) {
  Context& c = *m.context;
  const RunningFrame running = running_frame(*c.services->code, m.ip);
  if (!c.error_trace.is_value()) c.error_trace = capture_trace(m, running);
  c.failed_call = Term::nil();
  c.process->clear_flag(process_flag::kExamining);
  if (running.handler != nullptr) return enter_handler(m, running.handler);
  m.sp += running.words;
  for (;;) {
    const auto* back = reinterpret_cast<const Word*>(*m.sp++);
    if (back == c.process_end) return end_with_exception(m);
    const FrameDesc* frame = frame_of_return(back);
    if (const Word* handler = frame->handler_address()) return enter_handler(m, handler);
    m.sp += frame->frame_words;
  }
}

Outcome throw_class(Machine& m, Term error_class, Term reason) {
  Context& c = *m.context;
  c.error_class = error_class;
  c.error_reason = reason;
  c.error_trace = Term();
  return throw_from(m);
}

Outcome throw_error(Machine& m, Term reason) { return throw_class(m, kAtom_error, reason); }

Outcome slow_raise_value(Machine& m) {
  Context& c = *m.context;
  Term tag = kAtom_badmatch;
  if (c.operation == static_cast<std::uint8_t>(isa::Opcode::case_clause)) tag = kAtom_case_clause;
  if (c.operation == static_cast<std::uint8_t>(isa::Opcode::try_clause)) tag = kAtom_try_clause;
  return throw_error(m, make_tuple(c.heap, {tag, Term(c.operands[0])}));
}

Outcome slow_if_clause(Machine& m) { return throw_error(m, kAtom_if_clause); }

Outcome slow_function_clause(Machine& m) {
  Context& c = *m.context;
  const CodeBlock* block = c.services->code->block_at(m.ip);
  const FunctionRange* function = block->function_at(block->offset_of(m.ip));
  Term arguments = Term::nil();
  for (std::uint32_t i = function->arity; i-- > 0;) {
    Word* words = c.heap.allocate(2);
    words[0] = c.x[i];
    words[1] = arguments.raw;
    arguments = Term::cons(words);
  }
  c.failed_call = arguments;
  return throw_error(m, kAtom_function_clause);
}

Outcome slow_raise(Machine& m) {
  using O = GenericOperands<isa::Opcode::raise>;
  Context& c = *m.context;
  c.error_class = O::get<0>(m);
  c.error_reason = O::get<1>(m);
  c.error_trace = O::get<2>(m);
  return throw_from(m);
}

Outcome slow_build_stacktrace(Machine& m) {
  using O = GenericOperands<isa::Opcode::build_stacktrace>;
  Context& c = *m.context;
  O::set<1>(m, symbolise_trace(*c.services->code, c.heap, O::get<0>(m)));
  return go_to(m, O::next(m));
}

Outcome slow_catch_value(Machine& m) {
  using O = GenericOperands<isa::Opcode::catch_value>;
  Context& c = *m.context;
  const Term error_class(c.x[0]), reason(c.x[1]);
  Term value = reason;
  if (error_class == kAtom_exit) {
    value = make_tuple(c.heap, {kAtom_EXIT, reason});
  } else if (error_class == kAtom_error) {
    const Term trace = symbolise_trace(*c.services->code, c.heap, Term(c.x[2]));
    value = make_tuple(c.heap, {kAtom_EXIT, make_tuple(c.heap, {reason, trace})});
  }
  O::set<0>(m, value);
  return go_to(m, O::next(m));
}

}  // namespace parley
