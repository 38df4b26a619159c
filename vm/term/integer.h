// Integers as sign and magnitude: what can be asked of them without a heap.
//
// Invariant: a big integer's magnitude has no leading zero limb and does not fit a small, so equal
// integers are equal word for word. Making integers needs a heap: vm/heap/make_integer.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "vm/term/term.h"

namespace parley {

// Sign and magnitude of any integer. A small's limb lies in the view itself, so a view is not
// copied while `limbs` is in use.
struct IntegerView {
  explicit IntegerView(Term integer);
  explicit IntegerView(std::int64_t value);
  IntegerView(const IntegerView&) = delete;
  IntegerView& operator=(const IntegerView&) = delete;

  const Word* limbs;
  std::uint32_t count;  // 0 for zero
  bool negative;

  std::uint64_t bit_length() const;

 private:
  Word small_limb_ = 0;
};

inline bool is_negative_big(Term big) {
  return header_subtag(big.header()) == Subtag::kBigNegative;
}

// -1, 0, 1. Requires integers.
int compare_integers(Term left, Term right);
// Exact: no rounding on either side. `right` is finite.
int compare_integer_to_double(Term left, double right);
// Rounded to nearest, ties to even; nullopt: beyond the range of doubles.
std::optional<double> integer_to_double(Term integer);
std::optional<double> integer_to_double(const IntegerView& view);
// The value if it fits.
std::optional<std::int64_t> integer_to_int64(Term integer);
std::optional<std::uint64_t> integer_to_uint64(Term integer);

// The double of a float term.
inline double float_value(Term t) {
  return t.is_immediate_double() ? t.immediate_double() : std::bit_cast<double>(t.box()[1]);
}
// The double of any number; nullopt: an integer beyond the range.
std::optional<double> number_to_double(Term number);

// Appends the integer in `base` 2 to 36, digits above 9 in capitals.
void append_integer(std::string& out, Term integer, int base = 10);

}  // namespace parley
