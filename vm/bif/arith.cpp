// Mixed arithmetic: two integers go to vm/heap/make_integer.h, everything else is doubles.
#include "vm/bif/arith.h"

#include <cmath>
#include <limits>

#include "vm/heap/make_integer.h"
#include "vm/term/integer.h"

namespace parley {

namespace {

using Operation = Term (*)(Heap&, Term, Term);

Term badarith(BifCall& call) { return call.fail(kAtom_badarith); }

Word limbs_of(Term integer) { return integer.is_small() ? 1 : header_size(integer.header()); }

// Linear work: one reduction for 64 words.
Term linear(BifCall& call, Term left, Term right, Operation operation) {
  call.reductions -= static_cast<std::int64_t>((limbs_of(left) + limbs_of(right)) / 64);
  const Term t = operation(call.heap, left, right);
  return t.is_value() ? t : call.fail(kAtom_system_limit);
}

// Work that grows with the product of the sizes.
Term quadratic(BifCall& call, Term left, Term right, Operation operation) {
  const Word l = limbs_of(left), r = limbs_of(right);
  if (l + r > 64) {
    // Above some 32 limbs mpn is sub-quadratic; n^1.5 is close enough for paying.
    const double steps =
        static_cast<double>(l + r) * std::sqrt(static_cast<double>(std::min(l, r)));
    call.reductions -= static_cast<std::int64_t>(steps / 64);
  }
  const Term t = operation(call.heap, left, right);
  return t.is_value() ? t : call.fail(kAtom_system_limit);
}

template <class FloatOperation>
Term on_doubles(BifCall& call, Term left, Term right, FloatOperation operation) {
  if (!left.is_number() || !right.is_number()) return badarith(call);
  const auto l = number_to_double(left), r = number_to_double(right);
  if (!l || !r) return badarith(call);
  return arith_float(call, operation(*l, *r));
}

bool integers(Term left, Term right) { return left.is_integer() && right.is_integer(); }

Term bitwise(BifCall& call, Term left, Term right, Operation operation) {
  if (!integers(left, right)) return badarith(call);
  return linear(call, left, right, operation);
}

// `direction` 1: left, -1: right.
Term shift(BifCall& call, Term left, Term right, int direction) {
  if (!integers(left, right)) return badarith(call);
  constexpr std::int64_t kFar = std::int64_t{1} << 40;  // beyond every possible size
  std::int64_t count = right.is_small() ? right.small_value()
                                        : (is_negative_big(right) ? -kFar : kFar);
  count = std::max(-kFar, std::min(kFar, count)) * direction;
  call.reductions -= static_cast<std::int64_t>(limbs_of(left) / 64);
  if (count > 0 && count <= std::int64_t{kBigBitsMax}) call.reductions -= count / 4096;
  const Term t = integer_shift(call.heap, left, count);
  return t.is_value() ? t : call.fail(kAtom_system_limit);
}

}  // namespace

Term arith_float(BifCall& call, double value) {
  if (!std::isfinite(value)) return badarith(call);
  return make_float(call.heap, value);
}

Term arith_add(BifCall& call, Term left, Term right) {
  if (integers(left, right)) return linear(call, left, right, integer_add);
  return on_doubles(call, left, right, [](double l, double r) { return l + r; });
}

Term arith_subtract(BifCall& call, Term left, Term right) {
  if (integers(left, right)) return linear(call, left, right, integer_subtract);
  return on_doubles(call, left, right, [](double l, double r) { return l - r; });
}

Term arith_multiply(BifCall& call, Term left, Term right) {
  if (integers(left, right)) return quadratic(call, left, right, integer_multiply);
  return on_doubles(call, left, right, [](double l, double r) { return l * r; });
}

Term arith_divide(BifCall& call, Term left, Term right) {
  // A zero divisor gives an infinity or no number, which `arith_float` refuses.
  return on_doubles(call, left, right, [](double l, double r) { return l / r; });
}

Term arith_int_div(BifCall& call, Term left, Term right) {
  if (!integers(left, right) || right == Term::small(0)) return badarith(call);
  return quadratic(call, left, right, integer_divide);
}

Term arith_int_rem(BifCall& call, Term left, Term right) {
  if (!integers(left, right) || right == Term::small(0)) return badarith(call);
  return quadratic(call, left, right, integer_remainder);
}

Term arith_bit_and(BifCall& call, Term left, Term right) {
  return bitwise(call, left, right, integer_and);
}
Term arith_bit_or(BifCall& call, Term left, Term right) {
  return bitwise(call, left, right, integer_or);
}
Term arith_bit_xor(BifCall& call, Term left, Term right) {
  return bitwise(call, left, right, integer_xor);
}
Term arith_shift_left(BifCall& call, Term left, Term right) {
  return shift(call, left, right, 1);
}
Term arith_shift_right(BifCall& call, Term left, Term right) {
  return shift(call, left, right, -1);
}

Term arith_bit_not(BifCall& call, Term operand) {
  if (!operand.is_integer()) return badarith(call);
  return linear(call, Term::small(-1), operand, integer_subtract);
}

Term arith_negate(BifCall& call, Term operand) {
  if (operand.is_integer()) return linear(call, Term::small(0), operand, integer_subtract);
  if (!operand.is_float()) return badarith(call);
  return arith_float(call, -float_value(operand));
}

}  // namespace parley
