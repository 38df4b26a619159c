// Slow paths: collecting, yielding, applying, the stubs below and above every stack.
#include <algorithm>
#include <array>

#include "vm/base/assert.h"
#include "vm/bif/support.h"
#include "vm/code/code_index.h"
#include "vm/interp/generic_operands.h"
#include "vm/interp/slow.h"
#include "vm/process/signal.h"
#include "vm/process/suspend.h"

namespace parley {

namespace {

AddressRange examined_message(const Process& p) {
  if (!p.has_flag(process_flag::kExamining) || *p.scan == nullptr) return {};
  Fragment* message = *p.scan;
  return {message->payload(), message->payload() + message->words()};
}

const Word* entry_of_cell(const Context& context, const CallCell* cell) {
  return cell->entry[context.active_code].load(std::memory_order_acquire);
}

}  // namespace

namespace {

// A heap whose live part is larger than this has generations.
constexpr std::size_t kWholeWordsMax = 1 << 14;
// A reduction is some 10 ns of common code; a word that is not in the cache takes one or two.
constexpr std::size_t kCopiedWordsPerReduction = 8;

// Stress: every process has generations, three minor collections to a major one.
Collector::Kind stress_kind(const OldGeneration& old, const Word* block) {
  if (old.high_water == nullptr) return Collector::Kind::kWhole;
  const bool major = old.minors >= 3 || Collector::due(&old, block) == Collector::Kind::kMajor;
  return major ? Collector::Kind::kMajor : Collector::Kind::kMinor;
}

std::size_t old_words(const OldGeneration& old) {
  return old.block.words == nullptr ? 0 : old.used_words();
}

}  // namespace

bool collect_now(Machine& m, const FrameDesc* frame, std::size_t words) {
  Context& c = *m.context;
  Process& p = *c.process;
  const HeapBlock block{p.block, p.size_words};
  const std::size_t before = static_cast<std::size_t>(c.heap.top() - p.block);
  ProcessExtension* extension = c.collect_always
                                    ? &c.services->processes->extension(p)
                                    : p.extension.load(std::memory_order_relaxed);
  OldGeneration* old = extension == nullptr ? nullptr : &extension->old;
  const Collector::Kind kind = c.collect_always
                                   ? stress_kind(*old, p.block)
                                   : Collector::due(old, p.block);
  words += Heap::kRedZoneWords;
  if (Collector::block_words(c.heap, block, old, kind, words) > c.block_words_max) {
    c.exit_reason = kAtom_killed;
    return false;
  }
  Collector collector(c.heap, block, old, kind, words, c.services->code->literals(),
                      examined_message(p));
  collector.visit_x(c.x, frame);
  collector.visit_stack(m.sp, frame, c.process_end);
  if (extension != nullptr) {
    extension->each_root([&collector](Word& root) { collector.visit(root); });
    ++extension->collections;
  }
  const Word* const old_end = block.words + block.size;
  const std::size_t stack_words = static_cast<std::size_t>(old_end - m.sp);
  const HeapBlock after =
      collector.finish(c.collect_always ? Collector::Fit::kTight : Collector::Fit::kRoomy);
  m.sp = after.words + after.size - stack_words;
  p.block = after.words;
  p.size_words = static_cast<std::uint32_t>(after.size);
  m.hp = c.heap.top();
  const auto live = static_cast<std::size_t>(m.hp - p.block);
  // The mark stands where no fragment is left: below it nothing points to anything younger.
  const bool examining = examined_message(p).begin != nullptr;
  if (kind == Collector::Kind::kWhole && !examining &&
      (live > kWholeWordsMax || c.collect_always)) {
    c.services->processes->extension(p).old.high_water = m.hp;
  }
  RunCounters::add(c.counters->collections, 1);
  RunCounters::add(c.counters->collected_words, before > live ? before - live : 0);
  m.reductions -= static_cast<std::int64_t>((collector.copied_words() + stack_words) /
                                            kCopiedWordsPerReduction);
  const bool is_too_large = extension != nullptr && extension->max_heap_words != 0 &&
                            live + stack_words + old_words(*old) > extension->max_heap_words;
  if (is_too_large) c.exit_reason = kAtom_killed;
  return !is_too_large;
}

Outcome slow_collect(Machine& m) {
  Context& c = *m.context;
  if (!collect_now(m, c.frame, c.words_wanted)) return leave(m, RunResult::kExited);
  return Outcome::kGoto;
}

Outcome leave(Machine& m, RunResult result) {
  m.context->result = result;
  return Outcome::kLeave;
}

Outcome save_and_leave(Machine& m, const FrameDesc* frame, unsigned live_x, RunResult result) {
  Context& c = *m.context;
  Process& p = *c.process;
  const std::size_t words = live_x + 2;
  if (static_cast<std::size_t>(m.sp - c.heap.top()) < words + Heap::kRedZoneWords ||
      c.heap.collection_requested()) {
    if (!collect_now(m, frame, words)) return leave(m, RunResult::kExited);
  }
  *--m.sp = reinterpret_cast<Word>(m.ip);
  *--m.sp = reinterpret_cast<Word>(frame);
  for (unsigned i = live_x; i-- > 0;) *--m.sp = c.x[i];
  p.saved_x = static_cast<std::uint16_t>(live_x);
  c.heap.set_bounds(c.heap.top(), m.sp);
  return leave(m, result);
}

// Every yield stands where exactly x0..x(n-1) are alive: arguments of a call.
static unsigned live_arguments(const FrameDesc* frame) {
  unsigned count = 0;
  for (unsigned i = 0; i < frame->x_words; ++i) {
    count += static_cast<unsigned>(__builtin_popcountll(frame->x_bits()[i]));
  }
  return count;
}

Outcome slow_yield(Machine& m) {
  Context& c = *m.context;
  const FrameDesc* frame = c.frame;
  if ((c.collect_always || c.heap.wants_collection()) && !collect_now(m, frame, 0)) {
    return leave(m, RunResult::kExited);
  }
  if (c.withheld_reductions > 0) {
    m.reductions += c.withheld_reductions;
    c.withheld_reductions = 0;
    if (m.reductions > 0 && !is_suspended(*c.process)) return Outcome::kGoto;
  }
  return save_and_leave(m, frame, live_arguments(frame), RunResult::kYielded);
}

// ---- calls by value --------------------------------------------------------------------------

Outcome slow_apply(Machine& m) {
  Context& c = *m.context;
  const Term module(c.operands[0]), function(c.operands[1]);
  const auto arity = static_cast<std::uint32_t>(c.operands[2]);
  if (!module.is_atom() || !function.is_atom()) {
    ListBuilder arguments(c.heap);
    for (std::uint32_t i = 0; i < arity; ++i) arguments.append(Term(c.x[i]));
    const std::array applied{module, function, arguments.finish()};
    c.failed_call = call_triple(c.heap, kAtom_erlang, kAtom_apply, applied.data(), 3);
    return throw_error(m, kAtom_badarg);
  }
  const CallCell* cell = c.services->code->cell(module, function, arity);
  --m.reductions;
  if (c.operands[3] == ~Word{0}) {
    *--m.sp = reinterpret_cast<Word>(c.next);
  } else {
    m.sp += c.operands[3];
  }
  return go_to(m, entry_of_cell(c, cell));
}

Outcome slow_bad_fun(Machine& m) {
  Context& c = *m.context;
  const Term fun(c.operands[0]);
  const auto arity = static_cast<std::uint32_t>(c.operands[1]);
  const bool is_fun = fun.is_fun();
  const bool loaded = !fun.is_box(Subtag::kFun) ||
                      reinterpret_cast<const FunCode*>(fun.box()[1])->code.load() != nullptr;
  if (is_fun && loaded && fun_arity(fun) != arity) {
    // {badarity, {Fun, Arguments}}
    Word* words = c.heap.allocate(2 * arity + 3 + 3);
    Term arguments = Term::nil();
    for (std::uint32_t i = arity; i-- > 0; words += 2) {
      words[0] = c.x[i];
      words[1] = arguments.raw;
      arguments = Term::cons(words);
    }
    words[0] = make_header(Subtag::kTuple, 2);
    words[1] = fun.raw;
    words[2] = arguments.raw;
    words[3] = make_header(Subtag::kTuple, 2);
    words[4] = kAtom_badarity.raw;
    words[5] = Term::boxed(words).raw;
    return throw_error(m, Term::boxed(words + 3));
  }
  if (is_fun && !loaded) {
    // Its module may only not be loaded yet.
    const Term module = fun_entry(fun).module;
    CodeIndex& code = *c.services->code;
    const CodeIndex::Autoload attempt = code.load_if_missing(module);
    if (attempt == CodeIndex::Autoload::kSystemLimit) return throw_error(m, kAtom_system_limit);
    if (attempt == CodeIndex::Autoload::kLoaded) {
      c.active_code = code.active_index();
      if (reinterpret_cast<const FunCode*>(fun.box()[1])->code.load() != nullptr) {
        return Outcome::kGoto;  // the call again
      }
    }
  }
  Word* words = c.heap.allocate(3);
  words[0] = make_header(Subtag::kTuple, 2);
  words[1] = kAtom_badfun.raw;
  words[2] = fun.raw;
  return throw_error(m, Term::boxed(words));
}

// ---- stubs -----------------------------------------------------------------------------------

Outcome slow_process_end(Machine& m) {
  m.context->exit_reason = kAtom_normal;
  return leave(m, RunResult::kExited);
}

Outcome slow_process_start(Machine& m) {
  Context& c = *m.context;
  const Term module(c.x[0]), function(c.x[1]);
  Term arguments(c.x[2]);
  std::uint32_t arity = 0;
  for (; arguments.is_cons() && arity < kXRegisters - 1; arguments = arguments.tail()) {
    c.x[arity++] = arguments.head().raw;
  }
  if (!arguments.is_nil()) return throw_error(m, kAtom_system_limit);
  const CallCell* cell = c.services->code->cell(module, function, arity);
  return go_to(m, entry_of_cell(c, cell));
}

Outcome slow_undefined_entry(Machine& m) {
  Context& c = *m.context;
  CodeIndex& code = *c.services->code;
  const auto* cell = reinterpret_cast<const CallCell*>(m.ip[1]);
  const CodeIndex::Autoload loaded = code.load_if_missing(cell->module);
  if (loaded == CodeIndex::Autoload::kLoaded) c.active_code = code.active_index();
  const Word* entry = entry_of_cell(c, cell);
  if (entry != cell->stub) return go_to(m, entry);
  note_failed_function(m, cell->module, cell->function, cell->arity);
  const bool at_limit = loaded == CodeIndex::Autoload::kSystemLimit;
  return throw_error(m, at_limit ? kAtom_system_limit : kAtom_undef);
}

}  // namespace parley
