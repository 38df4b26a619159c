// Numbers: conversions between integers and floats, and the operators as functions.
#include <cmath>

#include "vm/bif/arith.h"
#include "vm/bif/support.h"
#include "vm/term/compare.h"
#include "vm/term/integer.h"

namespace parley {

namespace {

// An integer stays what it is; a float is rounded by `rounding` and becomes an integer.
Term to_integer(BifCall& call, Term number, double (*rounding)(double)) {
  if (number.is_integer()) return number;
  if (!number.is_float()) return call.badarg();
  return make_integer(call.heap, rounding(float_value(number)));
}

bool is_negative(Term number) {
  if (number.is_small()) return number.small_value() < 0;
  return number.is_float() ? std::signbit(float_value(number)) : is_negative_big(number);
}

std::optional<bool> to_bool(Term t) {
  if (t == kAtom_true_) return true;
  if (t == kAtom_false_) return false;
  return std::nullopt;
}

template <class Operation>
Term logical(BifCall& call, const Term* a, Operation operation) {
  const auto l = to_bool(a[0]), r = to_bool(a[1]);
  if (!l || !r) return call.badarg();
  return boolean(operation(*l, *r));
}

}  // namespace

Term bif_abs(BifCall& call, const Term* a) {
  if (!a[0].is_number()) return call.badarg();
  return is_negative(a[0]) ? arith_negate(call, a[0]) : a[0];
}
Term bif_trunc(BifCall& call, const Term* a) { return to_integer(call, a[0], std::trunc); }
Term bif_round(BifCall& call, const Term* a) { return to_integer(call, a[0], std::round); }
Term bif_floor(BifCall& call, const Term* a) { return to_integer(call, a[0], std::floor); }
Term bif_ceil(BifCall& call, const Term* a) { return to_integer(call, a[0], std::ceil); }

Term bif_float(BifCall& call, const Term* a) {
  if (a[0].is_float()) return a[0];
  if (!a[0].is_integer()) return call.badarg();
  const auto d = integer_to_double(a[0]);
  return d ? make_float(call.heap, *d) : call.badarg();
}

Term bif_op_identity(BifCall& call, const Term* a) {
  return a[0].is_number() ? a[0] : call.fail(kAtom_badarith);
}
Term bif_op_negate(BifCall& call, const Term* a) { return arith_negate(call, a[0]); }
Term bif_op_add(BifCall& call, const Term* a) { return arith_add(call, a[0], a[1]); }
Term bif_op_subtract(BifCall& call, const Term* a) { return arith_subtract(call, a[0], a[1]); }
Term bif_op_multiply(BifCall& call, const Term* a) { return arith_multiply(call, a[0], a[1]); }
Term bif_op_divide(BifCall& call, const Term* a) { return arith_divide(call, a[0], a[1]); }
Term bif_op_int_div(BifCall& call, const Term* a) { return arith_int_div(call, a[0], a[1]); }
Term bif_op_int_rem(BifCall& call, const Term* a) { return arith_int_rem(call, a[0], a[1]); }
Term bif_op_bit_and(BifCall& call, const Term* a) { return arith_bit_and(call, a[0], a[1]); }
Term bif_op_bit_or(BifCall& call, const Term* a) { return arith_bit_or(call, a[0], a[1]); }
Term bif_op_bit_xor(BifCall& call, const Term* a) { return arith_bit_xor(call, a[0], a[1]); }
Term bif_op_bit_not(BifCall& call, const Term* a) { return arith_bit_not(call, a[0]); }
Term bif_op_shift_left(BifCall& call, const Term* a) { return arith_shift_left(call, a[0], a[1]); }
Term bif_op_shift_right(BifCall& call, const Term* a) {
  return arith_shift_right(call, a[0], a[1]);
}

// ---- comparison ------------------------------------------------------------------------------

Term bif_op_eq(BifCall&, const Term* a) { return boolean(equal(a[0], a[1])); }
Term bif_op_ne(BifCall&, const Term* a) { return boolean(!equal(a[0], a[1])); }
Term bif_op_eq_exact(BifCall&, const Term* a) { return boolean(exactly_equal(a[0], a[1])); }
Term bif_op_ne_exact(BifCall&, const Term* a) { return boolean(!exactly_equal(a[0], a[1])); }
Term bif_op_lt(BifCall& call, const Term* a) {
  return boolean(compare(a[0], a[1], call.atoms) < 0);
}
Term bif_op_le(BifCall& call, const Term* a) {
  return boolean(compare(a[0], a[1], call.atoms) <= 0);
}
Term bif_op_gt(BifCall& call, const Term* a) {
  return boolean(compare(a[0], a[1], call.atoms) > 0);
}
Term bif_op_ge(BifCall& call, const Term* a) {
  return boolean(compare(a[0], a[1], call.atoms) >= 0);
}
Term bif_max(BifCall& call, const Term* a) {
  return compare(a[0], a[1], call.atoms) < 0 ? a[1] : a[0];
}
Term bif_min(BifCall& call, const Term* a) {
  return compare(a[0], a[1], call.atoms) > 0 ? a[1] : a[0];
}

// ---- booleans --------------------------------------------------------------------------------

Term bif_op_not(BifCall& call, const Term* a) {
  const auto b = to_bool(a[0]);
  return b ? boolean(!*b) : call.badarg();
}
Term bif_op_and(BifCall& call, const Term* a) {
  return logical(call, a, [](bool l, bool r) { return l && r; });
}
Term bif_op_or(BifCall& call, const Term* a) {
  return logical(call, a, [](bool l, bool r) { return l || r; });
}
Term bif_op_xor(BifCall& call, const Term* a) {
  return logical(call, a, [](bool l, bool r) { return l != r; });
}

}  // namespace parley
