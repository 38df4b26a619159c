// Instruction bodies: binaries. The subject is a bit string, the position a small in a register.
//
// Invariant: as in machine.h. The work is out of line (slow_bits.cpp).
#pragma once

#include "vm/interp/ops_control.h"

namespace parley::ops {

PARLEY_BODY body_bits_start(Machine& m) {
  using O = Operands<K>;
  if (!O::template get<1>(m).is_bits()) return O::template branch<0>(m);
  O::template set<2>(m, Term::small(0));
  return Outcome::kNext;
}
PARLEY_BODY body_bits_get_integer(Machine& m) { return leave_to(m, slow_bits_get_integer); }
PARLEY_BODY body_bits_get_float(Machine& m) { return leave_to(m, slow_bits_get_float); }
PARLEY_BODY body_bits_get_bits(Machine& m) { return leave_to(m, slow_bits_get_bits); }
PARLEY_BODY body_bits_get_tail(Machine& m) { return leave_to(m, slow_bits_get_tail); }
PARLEY_BODY body_bits_get_utf(Machine& m) { return leave_to(m, slow_bits_get_utf); }
PARLEY_BODY body_bits_skip(Machine& m) { return leave_to(m, slow_bits_skip); }
PARLEY_BODY body_bits_skip_utf(Machine& m) { return leave_to(m, slow_bits_skip_utf); }
PARLEY_BODY body_bits_test_tail(Machine& m) {
  using O = Operands<K>;
  const Word left = O::template get<1>(m).box()[1] - (O::template get<2>(m).raw >> 2);
  return fall_through_if<K>(m, left == O::template number<3>(m));
}
PARLEY_BODY body_bits_test_unit(Machine& m) {
  using O = Operands<K>;
  const Word left = O::template get<1>(m).box()[1] - (O::template get<2>(m).raw >> 2);
  return fall_through_if<K>(m, left % O::template number<3>(m) == 0);
}
PARLEY_BODY body_bits_match(Machine& m) { return leave_to(m, slow_bits_match); }
PARLEY_BODY body_bits_build(Machine& m) { return leave_to(m, slow_bits_build); }

}  // namespace parley::ops
