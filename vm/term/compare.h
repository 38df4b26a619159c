// The order of terms, and the two equalities.
//
//   number < atom < reference < fun < port < pid < tuple < map < nil < list < bit string
//
// Invariant: `compare` is a total order; it is 0 exactly where `equal` holds (`==`: 1 and 1.0 are
// equal). `exactly_equal` (`=:=`) implies `equal`. Keys of maps are always compared exactly: an
// integer stands before every float, and -0.0 before 0.0. Nothing depends on an address.
//
// Everything walks iteratively; shallow terms allocate nothing. Any thread.
#pragma once

#include "vm/term/atoms.h"
#include "vm/term/term.h"

namespace parley {

namespace detail {
int compare_slow(Term left, Term right, const AtomTable& atoms, bool exact);
bool equal_slow(Term left, Term right, bool exact);
}  // namespace detail

// -1, 0, 1.
inline int compare(Term left, Term right, const AtomTable& atoms) {
  if (left.is_small() && right.is_small()) {
    const std::int64_t l = left.small_value(), r = right.small_value();
    return l < r ? -1 : l > r ? 1 : 0;
  }
  return left == right ? 0 : detail::compare_slow(left, right, atoms, false);
}
// The order of keys in a map: 0 exactly where `exactly_equal` holds.
inline int compare_exact(Term left, Term right, const AtomTable& atoms) {
  return left == right ? 0 : detail::compare_slow(left, right, atoms, true);
}
inline bool equal(Term left, Term right) {
  return left == right || detail::equal_slow(left, right, false);
}
inline bool exactly_equal(Term left, Term right) {
  if (left == right) return true;
  if (left.is_immediate() || right.is_immediate()) return false;
  return detail::equal_slow(left, right, true);
}

}  // namespace parley
