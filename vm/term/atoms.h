// The atom table of a node.
//
// Invariant: an atom's number never changes and its entry never moves; entries are published with a
// release store, so a reader that got the number from anywhere may read the entry without a lock.
//
// Look-up is lock-free (acquire loads of the bucket heads); insert locks one shard. The static
// prefix comes from atoms.def, so `kAtom_ok` is a compile-time constant in every node.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "vm/term/term.h"

namespace parley {

namespace detail {
enum StaticAtom : std::uint32_t {
#define ATOM(symbol, text) kAtomIndex_##symbol,
#include "vm/isa/atoms.def"
#undef ATOM
  kStaticAtomCount
};
}  // namespace detail

#define ATOM(symbol, text) \
  inline constexpr Term kAtom_##symbol = Term::atom(detail::kAtomIndex_##symbol);
#include "vm/isa/atoms.def"
#undef ATOM

// What an atom is made for. Programs stop at the limit. What the node needs to go on when they have
// reached it, its library's code above all, has room of its own: else not even the exception that
// tells of the limit could be reported.
enum class AtomUse : std::uint8_t { kProgram, kNode };

constexpr Term boolean(bool b) { return b ? kAtom_true_ : kAtom_false_; }

class AtomTable {
 public:
  // More than the library inside the program has.
  static constexpr std::uint32_t kNodeReserve = 1u << 13;

  // `limit`: most atoms that programs may make the node hold; at the limit `intern` fails and
  // nothing else happens.
  explicit AtomTable(std::uint32_t limit = 1u << 20);
  ~AtomTable();
  AtomTable(const AtomTable&) = delete;
  AtomTable& operator=(const AtomTable&) = delete;

  // Text is UTF-8 of at most 255 code points (the caller checks). Any thread. nullopt: at the
  // limit, which for the node's own use is kNodeReserve higher.
  std::optional<Term> intern(std::string_view text, AtomUse use = AtomUse::kProgram);
  // The atom if it exists already. Any thread, no lock.
  std::optional<Term> find(std::string_view text) const;
  // UTF-8; valid as long as the table. Any thread, no lock.
  std::string_view text(Term atom) const;
  // OTP's hash of the atom's text, as `erlang:phash2` uses it.
  std::uint32_t hash(Term atom) const;
  // Order of texts by code points; answers most pairs from an eight-byte prefix.
  int compare(Term left, Term right) const;
  std::uint32_t count() const;
  std::uint32_t limit() const { return limit_; }

 private:
  struct Entry;
  struct Shard;
  const Entry& entry(std::uint32_t index) const;

  static constexpr std::uint32_t kSegmentEntries = 1024;
  std::uint32_t segment_count() const { return (limit_ + kNodeReserve) / kSegmentEntries + 1; }

  std::uint32_t limit_;
  std::atomic<std::uint32_t> count_{0};
  std::unique_ptr<std::atomic<Entry*>[]> segments_;  // of kSegmentEntries each
  std::unique_ptr<Shard[]> shards_;
};

}  // namespace parley
