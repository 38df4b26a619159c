// Making integers: from machine words, limbs, text and doubles, and the arithmetic of integers of
// any size.
//
// Invariant: every result is a small if it fits one, else a big without leading zero limbs. A
// result of more than kBigBitsMax bits is the non-value (the caller raises system_limit); nothing
// else fails, except where a comment says so.
//
// Thread: the heap's owner. Nothing here collects.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "vm/heap/heap.h"
#include "vm/term/term.h"

namespace parley {

Term make_big_int64(Heap& heap, std::int64_t value);  // that does not fit a small
inline Term make_int64(Heap& heap, std::int64_t value) {
  return fits_small(value) ? Term::small(value) : make_big_int64(heap, value);
}
Term make_uint64(Heap& heap, std::uint64_t value);
Term make_int128(Heap& heap, __int128 value);
// Least significant limb first; leading zero limbs are allowed.
Term make_integer(Heap& heap, bool negative, std::span<const Word> limbs);
// Truncated towards zero; the double is finite.
Term make_integer(Heap& heap, double value);
// Digits of `base` 2 to 36 after an optional sign. The non-value: no digits, or a character that is
// not a digit. Text beyond kBigBitsMax bits: Term::special(kTooLarge).
Term make_integer(Heap& heap, std::string_view text, int base);
inline constexpr Word kTooLarge = 1;

Term make_float_box(Heap& heap, double value);
// A finite double as a term.
inline Term make_float(Heap& heap, double value) {
  const Term t = immediate_double(value);
  return t.is_value() ? t : make_float_box(heap, value);
}

Term integer_add(Heap& heap, Term left, Term right);
Term integer_subtract(Heap& heap, Term left, Term right);
Term integer_multiply(Heap& heap, Term left, Term right);
// Towards zero; `right` is not 0.
Term integer_divide(Heap& heap, Term left, Term right);
// With the sign of `left`; `right` is not 0.
Term integer_remainder(Heap& heap, Term left, Term right);
Term integer_negate(Heap& heap, Term operand);
Term integer_and(Heap& heap, Term left, Term right);
Term integer_or(Heap& heap, Term left, Term right);
Term integer_xor(Heap& heap, Term left, Term right);
Term integer_not(Heap& heap, Term operand);
// Left if `count` is positive, else right, rounding down.
Term integer_shift(Heap& heap, Term operand, std::int64_t count);

}  // namespace parley
