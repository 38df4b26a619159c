// The loop engine: the same bodies in one switch. A second opinion in the tests, and the only
// engine where the compiler has no guaranteed tail calls.
//
// Invariant: the handler in an instruction word is the number of its form, see kFirstVariant.
#include "vm/interp/bodies.h"
#include "vm/interp/engine.h"

namespace parley {

namespace {

// The position of a row in variants.def, counted by the preprocessor's own counter.
enum VariantNumber : unsigned {
#define PARLEY_JOIN2(a, b) a##b
#define PARLEY_JOIN(a, b) PARLEY_JOIN2(a, b)
#define VARIANT(name, letters) PARLEY_JOIN(kVariantAtLine, __LINE__),
#include "vm/isa/variants.def"
#undef VARIANT
  kVariantCount
};

HandlerTable make_loop_handlers() {
  HandlerTable table{};
  for (unsigned i = 0; i < table.size(); ++i) table[i] = i;
  return table;
}

}  // namespace

const HandlerTable& loop_handlers() {
  static const HandlerTable table = make_loop_handlers();
  return table;
}

void loop_run(Machine& machine) {
  Machine m = machine;
  for (;;) {
    Outcome outcome;
    unsigned fixed_words;
    switch (static_cast<std::uint32_t>(*m.ip)) {
#define INSTRUCTION(number, name, operands, flags, documentation)    \
  case number:                                                       \
    outcome = ops::body_##name<kGenericKinds<number>>(m);            \
    fixed_words = Operands<kGenericKinds<number>>::kFixedWords;      \
    break;
#include "vm/isa/isa.def"
#undef INSTRUCTION
#define VARIANT(name, letters)                                       \
  case kFirstVariant + PARLEY_JOIN(kVariantAtLine, __LINE__):        \
    outcome = ops::body_##name<Kinds(letters)>(m);                   \
    fixed_words = Operands<Kinds(letters)>::kFixedWords;             \
    break;
#include "vm/isa/variants.def"
#undef VARIANT
      default: PARLEY_UNREACHABLE("an instruction word holds a handler of this engine");
    }
    if (outcome == Outcome::kNext) {
      m.ip += fixed_words;
    } else if (outcome == Outcome::kSlow && !run_slow_path(m)) {
      machine = m;
      return;
    }
  }
}

}  // namespace parley
