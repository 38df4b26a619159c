// Arithmetic in full: integers of any size and floats, mixed. The interpreter comes here with what
// its fast paths leave; the operators as functions come here always.
//
// Each returns the result, or what `call.fail` returns: badarith for operands of the wrong kind, a
// division by zero or a float out of range; system_limit for an integer beyond kBigBitsMax bits.
// Work on large integers is paid in reductions.
#pragma once

#include "vm/bif/bif.h"

namespace parley {

Term arith_add(BifCall& call, Term left, Term right);
Term arith_subtract(BifCall& call, Term left, Term right);
Term arith_multiply(BifCall& call, Term left, Term right);
Term arith_divide(BifCall& call, Term left, Term right);  // a float
Term arith_int_div(BifCall& call, Term left, Term right);
Term arith_int_rem(BifCall& call, Term left, Term right);
Term arith_bit_and(BifCall& call, Term left, Term right);
Term arith_bit_or(BifCall& call, Term left, Term right);
Term arith_bit_xor(BifCall& call, Term left, Term right);
Term arith_shift_left(BifCall& call, Term left, Term right);
Term arith_shift_right(BifCall& call, Term left, Term right);
Term arith_bit_not(BifCall& call, Term operand);
Term arith_negate(BifCall& call, Term operand);

// A float result; badarith if it is not finite.
Term arith_float(BifCall& call, double value);

}  // namespace parley
