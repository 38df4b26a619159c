// Hashes of terms.
//
// Invariant: terms that are exactly equal have equal hashes; no hash depends on an address, a
// thread, or the order in which atoms were made. Any thread; iterative.
#pragma once

#include <cstdint>
#include <span>

#include "vm/term/atoms.h"
#include "vm/term/term.h"

namespace parley {

// The hash behind maps and tables, seeded a node.
std::uint64_t internal_hash_slow(Term term, const AtomTable& atoms, std::uint64_t seed);

namespace detail {
// Multiply and fold: each bit of the input reaches each bit of the result.
inline std::uint64_t fold_multiply(std::uint64_t a, std::uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}
inline constexpr std::uint64_t kHashMultiplier = 0x9FB21C651E98DF25u;
inline std::uint64_t hash_word(std::uint64_t seed, std::uint64_t word) {
  return fold_multiply(word ^ seed ^ 0x9E3779B97F4A7C15u, kHashMultiplier);
}
}  // namespace detail

inline std::uint64_t internal_hash(Term term, const AtomTable& atoms, std::uint64_t seed) {
  if (term.is_small()) return detail::hash_word(seed, detail::hash_word(seed, term.raw));
  return internal_hash_slow(term, atoms, seed);
}

// OTP's `erlang:phash2/1` before the range is taken: 32 bits, the same on every machine.
// References, sockets, local funs and process identifiers hash by this node's numbers.
std::uint32_t portable_hash(Term term, const AtomTable& atoms);

}  // namespace parley
