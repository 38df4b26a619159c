// Slow paths that call functions on terms: built-ins, comparison, arithmetic, maps.
#include <array>

#include "vm/base/assert.h"
#include "vm/bif/arith.h"
#include "vm/bif/support.h"
#include "vm/code/code_index.h"
#include "vm/heap/map.h"
#include "vm/interp/ops_control.h"
#include "vm/interp/generic_operands.h"
#include "vm/interp/slow.h"
#include "vm/process/signal.h"
#include "vm/term/compare.h"

namespace parley {

namespace {

void note_failed_call(Context& c, const BifCall& call, const BuiltIn& built_in,
                      Term* arguments) {
  if (!call.in_trace) {
    if (call.caller_arguments.is_cons()) c.failed_call = call.caller_arguments;
    return;
  }
  if (call.first_argument.is_value()) arguments[0] = call.first_argument;
  PARLEY_ASSERT(!arguments[0].is_box(Subtag::kTrap), "no program sees a state");
  c.failed_call = call_triple(c.heap, built_in.module, built_in.name, arguments, built_in.arity);
}

Term operator_name(isa::Opcode operation) {
  switch (operation) {
    case isa::Opcode::add: return kAtom_plus;
    case isa::Opcode::subtract:
    case isa::Opcode::negate: return kAtom_minus;
    case isa::Opcode::multiply: return kAtom_times;
    case isa::Opcode::divide: return kAtom_divide;
    case isa::Opcode::int_div: return kAtom_div;
    case isa::Opcode::int_rem: return kAtom_rem;
    case isa::Opcode::bit_and: return kAtom_band;
    case isa::Opcode::bit_or: return kAtom_bor_;
    case isa::Opcode::bit_xor: return kAtom_bxor;
    case isa::Opcode::shift_left: return kAtom_bsl;
    case isa::Opcode::shift_right: return kAtom_bsr;
    case isa::Opcode::bit_not: return kAtom_bnot;
    default: PARLEY_UNREACHABLE("an instruction of arithmetic");
  }
}

Outcome throw_call(Machine& m, const BifCall& call) {
  Context& c = *m.context;
  c.error_class = call.error_class;
  c.error_reason = call.reason;
  c.error_trace = call.trace;
  return throw_from(m);
}

// An error of a built-in or an operator: to the fail label of a guard, or thrown.
Outcome fail_or_throw(Machine& m, const Word* fail, const BifCall& call) {
  if (fail != nullptr) return go_to(m, fail);
  return throw_call(m, call);
}

MapContext map_context(Machine& m) {
  Context& c = *m.context;
  return MapContext{c.heap, *c.services->atoms, c.services->hash_seed};
}

}  // namespace

Term call_triple(Heap& heap, Term module, Term name, const Term* arguments, std::uint32_t arity) {
  Word* words = heap.allocate(2 * arity + 4);
  Term list = Term::nil();
  for (std::uint32_t i = arity; i-- > 0; words += 2) {
    words[0] = arguments[i].raw;
    words[1] = list.raw;
    list = Term::cons(words);
  }
  words[0] = make_header(Subtag::kTuple, 3);
  words[1] = module.raw;
  words[2] = name.raw;
  words[3] = list.raw;
  return Term::boxed(words);
}

void note_failed_function(Machine& m, Term module, Term function, std::uint32_t arity) {
  Context& c = *m.context;
  c.failed_call =
      call_triple(c.heap, module, function, reinterpret_cast<const Term*>(c.x), arity);
}

BifCall make_bif_call(Machine& m) {
  Context& c = *m.context;
  return BifCall{.heap = c.heap,
                 .atoms = *c.services->atoms,
                 .services = *c.services,
                 .process = c.process,
                 .scheduler = c.scheduler,
                 .thread = c.thread,
                 .hash_seed = c.services->hash_seed,
                 .reductions = m.reductions,
                 .x = reinterpret_cast<Term*>(c.x)};
}

Outcome slow_bif(Machine& m) {
  using O = GenericOperands<isa::Opcode::bif>;
  Context& c = *m.context;
  const auto* built_in = reinterpret_cast<const BuiltIn*>(O::word<1>(m));
  std::array<Term, 8> arguments;
  const Word count = O::list_count(m);
  const Word* items = O::list(m);
  for (Word i = 0; i < count; ++i) arguments[i] = Term(c.read(items[i], m.sp));
  BifCall call = make_bif_call(m);
  const Term result = built_in->function(call, arguments.data());
  if (call.answer == BifAnswer::kThrow) {
    if (O::label_or_null<0>(m) == nullptr) note_failed_call(c, call, *built_in, arguments.data());
    return fail_or_throw(m, O::label_or_null<0>(m), call);
  }
  if (call.answer == BifAnswer::kExit) return exit_by_signal(m);
  c.write(O::register_code<2>(m), result, m.sp);
  hurry_to_safe_point(m);
  return go_to(m, items + count);
}

namespace {

Outcome enter_tail_fun(Machine& m, const BifCall& call) {
  const Word* code = ops::enter_fun(m, call.tail_fun, call.tail_arity);
  if (code != nullptr) return go_to(m, code);
  m.context->operands[0] = call.tail_fun.raw;
  m.context->operands[1] = call.tail_arity;
  return slow_bad_fun(m);
}

// The stack is forgotten; what is left is a start like that of a new process.
Outcome hibernate(Machine& m, const BifCall& call) {
  Context& c = *m.context;
  Process& p = *c.process;
  c.x[2] = c.x[0];
  c.x[0] = call.tail_module.raw;
  c.x[1] = call.tail_function.raw;
  m.sp = p.block + p.size_words - 1;  // the bottom's return address
  m.ip = c.services->code->process_start();
  c.heap.set_bounds(c.heap.top(), m.sp);
  const FrameDesc* frame = c.services->code->process_start_frame();
  if (!collect_now(m, frame, 8)) return leave(m, RunResult::kExited);
  const bool has_mail = p.queue_head != nullptr || !p.mailbox.is_empty();
  return save_and_leave(m, frame, 3, has_mail ? RunResult::kYielded : RunResult::kWaiting);
}

}  // namespace

Outcome slow_built_in_entry(Machine& m) {
  using O = GenericOperands<isa::Opcode::built_in_entry>;
  Context& c = *m.context;
  const auto* built_in = reinterpret_cast<const BuiltIn*>(O::word<0>(m));
  std::array<Term, 16> arguments;
  for (std::uint32_t i = 0; i < built_in->arity; ++i) arguments[i] = Term(c.x[i]);
  BifCall call = make_bif_call(m);
  const Term result = built_in->function(call, arguments.data());
  switch (call.answer) {
    case BifAnswer::kValue: {
      c.x[0] = result.raw;
      hurry_to_safe_point(m);
      c.active_code = c.services->code->active_index();  // so that a load is seen by its caller
      const Word* back = reinterpret_cast<const Word*>(*m.sp++);
      return go_to(m, back);
    }
    case BifAnswer::kThrow:
      note_failed_call(c, call, *built_in, arguments.data());
      return throw_call(m, call);
    case BifAnswer::kTailCall: {
      const CallCell* cell =
          c.services->code->cell(call.tail_module, call.tail_function, call.tail_arity);
      return go_to(m, cell->entry[c.active_code].load(std::memory_order_acquire));
    }
    case BifAnswer::kTailFun: return enter_tail_fun(m, call);
    case BifAnswer::kHibernate: return hibernate(m, call);
    case BifAnswer::kYield:
      return save_and_leave(m, O::frame<1>(m), built_in->arity, RunResult::kYielded);
    case BifAnswer::kWait:
      return save_and_leave(m, O::frame<1>(m), built_in->arity, RunResult::kWaiting);
    case BifAnswer::kExit: return exit_by_signal(m);
  }
  PARLEY_UNREACHABLE("an answer of a built-in");
}

Outcome slow_compare(Machine& m) {
  Context& c = *m.context;
  const Term left(c.operands[0]), right(c.operands[1]);
  const AtomTable& atoms = *c.services->atoms;
  bool holds = false;
  switch (static_cast<isa::Opcode>(c.operation)) {
    case isa::Opcode::is_eq_exact: holds = exactly_equal(left, right); break;
    case isa::Opcode::is_ne_exact: holds = !exactly_equal(left, right); break;
    case isa::Opcode::is_eq: holds = equal(left, right); break;
    case isa::Opcode::is_ne: holds = !equal(left, right); break;
    case isa::Opcode::is_lt: holds = compare(left, right, atoms) < 0; break;
    default: holds = compare(left, right, atoms) >= 0; break;
  }
  return go_to(m, holds ? c.next : c.fail);
}

Outcome slow_arithmetic(Machine& m) {
  Context& c = *m.context;
  const Term l(c.operands[0]), r(c.operands[1]);
  BifCall call = make_bif_call(m);
  Term result;
  switch (static_cast<isa::Opcode>(c.operation)) {
    case isa::Opcode::add: result = arith_add(call, l, r); break;
    case isa::Opcode::subtract: result = arith_subtract(call, l, r); break;
    case isa::Opcode::multiply: result = arith_multiply(call, l, r); break;
    case isa::Opcode::divide: result = arith_divide(call, l, r); break;
    case isa::Opcode::int_div: result = arith_int_div(call, l, r); break;
    case isa::Opcode::int_rem: result = arith_int_rem(call, l, r); break;
    case isa::Opcode::bit_and: result = arith_bit_and(call, l, r); break;
    case isa::Opcode::bit_or: result = arith_bit_or(call, l, r); break;
    case isa::Opcode::bit_xor: result = arith_bit_xor(call, l, r); break;
    case isa::Opcode::shift_left: result = arith_shift_left(call, l, r); break;
    case isa::Opcode::shift_right: result = arith_shift_right(call, l, r); break;
    case isa::Opcode::bit_not: result = arith_bit_not(call, l); break;
    case isa::Opcode::negate: result = arith_negate(call, l); break;
    default: PARLEY_UNREACHABLE("an instruction of arithmetic");
  }
  if (call.answer == BifAnswer::kThrow) {
    const auto operation = static_cast<isa::Opcode>(c.operation);
    const bool unary = operation == isa::Opcode::negate || operation == isa::Opcode::bit_not;
    const std::array arguments{l, r};
    if (c.fail == nullptr) {
      c.failed_call = call_triple(c.heap, kAtom_erlang, operator_name(operation),
                                  arguments.data(), unary ? 1 : 2);
    }
    return fail_or_throw(m, c.fail, call);
  }
  c.write(c.target, result, m.sp);
  hurry_to_safe_point(m);
  return go_to(m, c.next);
}

// ---- maps --------------------------------------------------------------------------------------

Outcome slow_is_map_key(Machine& m) {
  using O = GenericOperands<isa::Opcode::is_map_key>;
  const bool there = map_get(map_context(m), O::get<1>(m), O::get<2>(m)).is_value();
  return go_to(m, there ? O::next(m) : m.ip + O::half<0>(m));
}

Outcome slow_get_map(Machine& m) {
  using O = GenericOperands<isa::Opcode::get_map>;
  const Term value = map_get(map_context(m), O::get<1>(m), O::get<2>(m));
  if (!value.is_value()) return go_to(m, m.ip + O::half<0>(m));
  O::set<3>(m, value);
  return go_to(m, O::next(m));
}

namespace {

// put_map and update_map: `change_one(change, key, value)` is false where the key must be there.
template <isa::Opcode Op>
Outcome change_map(Machine& m, auto change_one) {
  using O = GenericOperands<Op>;
  Context& c = *m.context;
  const Word* fail = O::template label_or_null<0>(m);
  const auto fail_with = [&](Term tag, Term culprit) {
    if (fail != nullptr) return go_to(m, fail);
    return throw_error(m, make_tuple(c.heap, {tag, culprit}));
  };
  const Term map = O::template get<1>(m);
  if (!map.is_map()) return fail_with(kAtom_badmap, map);
  const Word count = O::list_count(m);
  const Word* pairs = O::list(m);
  const MapContext context = map_context(m);
  MapChange change(context, map);
  for (Word i = 0; i < count; ++i) {
    const Term key(c.read(pairs[2 * i], m.sp)), value(c.read(pairs[2 * i + 1], m.sp));
    if (!change_one(change, key, value)) return fail_with(kAtom_badkey, key);
  }
  O::template set<2>(m, change.map());
  hurry_to_safe_point(m);
  return go_to(m, pairs + 2 * count);
}

}  // namespace

Outcome slow_put_map(Machine& m) {
  return change_map<isa::Opcode::put_map>(m, [](MapChange& change, Term key, Term value) {
    change.put(key, value);
    return true;
  });
}

Outcome slow_update_map(Machine& m) {
  return change_map<isa::Opcode::update_map>(m, [](MapChange& change, Term key, Term value) {
    return change.update(key, value);
  });
}

}  // namespace parley
