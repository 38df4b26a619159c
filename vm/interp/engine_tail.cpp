// The tail-call engine: a handler an instruction, each ending in a guaranteed tail call to the
// next.
//
//   handler(ip, context, hp, sp, reductions)  --musttail-->  next handler
//
// The machine's five fields are arguments, so they stay in machine registers from handler to
// handler; with `preserve_none` no handler saves any register, and the rest is free for scratch.
// A body that leaves its fast path tail-calls tail_slow, which saves the machine and calls an
// ordinary function. (The technique: musttail interpreters, as in protobuf's upb and CPython 3.14.)
//
// Invariant: no C++ frame of the engine lives from one instruction to the next.
#include "vm/interp/bodies.h"
#include "vm/interp/engine.h"

#if defined(__clang__) && __clang_major__ >= 19
#define PARLEY_TAIL_ENGINE 1
#endif

namespace parley {

bool engine_available(Engine engine) {
#ifdef PARLEY_TAIL_ENGINE
  (void)engine;
  return true;
#else
  return engine == Engine::kLoop;
#endif
}

Engine default_engine() {
  return engine_available(Engine::kTail) ? Engine::kTail : Engine::kLoop;
}

bool run_slow_path(Machine& m) {
  Context& c = *m.context;
  c.heap.set_bounds(m.hp, m.sp);
  const Outcome outcome = c.slow(m);
  m.hp = c.heap.top();
  return outcome != Outcome::kLeave;
}

const HandlerTable& loop_handlers();
void loop_run(Machine& machine);

#ifdef PARLEY_TAIL_ENGINE
namespace {

// preserve_none crashes under the address sanitizer of clang 19; the calls stay tail calls there.
#if defined(PARLEY_ASAN)
#define PARLEY_HANDLER_CONVENTION
#else
#define PARLEY_HANDLER_CONVENTION __attribute__((preserve_none))
#endif

#define PARLEY_TAIL_ARGUMENTS \
  const Word *ip, Context *context, Word *hp, Word *sp, std::int64_t reductions
using Handler = void(PARLEY_HANDLER_CONVENTION*)(PARLEY_TAIL_ARGUMENTS);

[[gnu::always_inline]] inline Handler handler_at(const Word* ip) {
  return reinterpret_cast<Handler>(static_cast<std::uintptr_t>(static_cast<std::uint32_t>(*ip)));
}

[[gnu::noinline]] bool slow_call(Machine& m) { return run_slow_path(m); }

[[gnu::noinline]] PARLEY_HANDLER_CONVENTION void tail_slow(PARLEY_TAIL_ARGUMENTS) {
  // Where tail_run finds it when this leaves; assigned one by one, as it is read.
  Machine& m = context->left;
  m.ip = ip, m.context = context, m.hp = hp, m.sp = sp, m.reductions = reductions;
  if (!slow_call(m)) return;
  [[clang::musttail]] return handler_at(m.ip)(m.ip, m.context, m.hp, m.sp, m.reductions);
}

#define INSTRUCTION(number, name, operands, flags, documentation)                                 \
  template <Kinds K>                                                                              \
  PARLEY_HANDLER_CONVENTION void tail_##name(PARLEY_TAIL_ARGUMENTS) {                             \
    Machine m{ip, context, hp, sp, reductions};                                                   \
    const Outcome outcome = ops::body_##name<K>(m);                                               \
    if (outcome == Outcome::kSlow) {                                                              \
      [[clang::musttail]] return tail_slow(m.ip, m.context, m.hp, m.sp, m.reductions);            \
    }                                                                                             \
    if (outcome == Outcome::kNext) m.ip += Operands<K>::kFixedWords;                              \
    [[clang::musttail]] return handler_at(m.ip)(m.ip, m.context, m.hp, m.sp, m.reductions);       \
  }
#include "vm/isa/isa.def"
#undef INSTRUCTION

std::uint32_t address_of(Handler handler) {
  const auto address = reinterpret_cast<std::uintptr_t>(handler);
  PARLEY_ASSERT(address <= 0xFFFFFFFFu, "handlers lie below 4 GiB: link without PIE");
  return static_cast<std::uint32_t>(address);
}

HandlerTable make_tail_handlers() {
  HandlerTable table{};
#define INSTRUCTION(number, name, operands, flags, documentation) \
  table[number] = address_of(&tail_##name<kGenericKinds<number>>);
#include "vm/isa/isa.def"
#undef INSTRUCTION
  unsigned next = kFirstVariant;
#define VARIANT(name, letters) table[next++] = address_of(&tail_##name<Kinds(letters)>);
#include "vm/isa/variants.def"
#undef VARIANT
  return table;
}

void tail_run(Machine& m) {
  handler_at(m.ip)(m.ip, m.context, m.hp, m.sp, m.reductions);
  m = m.context->left;
}

}  // namespace
#endif

const HandlerTable& engine_handlers(Engine engine) {
#ifdef PARLEY_TAIL_ENGINE
  static const HandlerTable tail = make_tail_handlers();
  if (engine == Engine::kTail) return tail;
#endif
  (void)engine;
  return loop_handlers();
}

void engine_run(Engine engine, Machine& machine) {
#ifdef PARLEY_TAIL_ENGINE
  if (engine == Engine::kTail) {
    tail_run(machine);
    return;
  }
#endif
  (void)engine;
  loop_run(machine);
}

}  // namespace parley
