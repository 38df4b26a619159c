// What the slow paths of one instruction each have in common: its operands in their generic form.
//
// Invariant: such an instruction has no specialised variant with a slow path of its own, so the
// layout of its row is the layout of its words.
#pragma once

#include "vm/interp/slow.h"

namespace parley {

constexpr Kinds kinds_of(isa::Opcode opcode) {
  return Kinds(isa::letters_of(isa::opcode_info(opcode).operands));
}
template <isa::Opcode Op>
using GenericOperands = Operands<kinds_of(Op)>;

inline Outcome go_to(Machine& m, const Word* target) {
  m.ip = target;
  return Outcome::kGoto;
}

}  // namespace parley
