// Reading maps pair by pair.
//
// Invariant: the order of a flat map's pairs is the exact term order of their keys; a trie's is
// that of the hashes, which depends on the node's seed and nothing else. Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "vm/term/atoms.h"
#include "vm/term/map_layout.h"
#include "vm/term/term.h"

namespace parley {

struct MapPair {
  Term key, value;
};

// Walks the pairs: of a flat map in term order, of a trie in the order of hashes.
class MapCursor {
 public:
  explicit MapCursor(Term map);
  // Starts at the first pair that does not stand before `position`, which `position()` gave.
  MapCursor(Term map, std::uint64_t position);
  bool next(Term& key, Term& value);
  // Where the next pair stands. Pairs whose hashes collide have one position: to go on from it
  // later, stop before the first of them (`at_position_start`).
  std::uint64_t position() const;
  bool at_position_start() const;
  bool done() const { return is_flat_ ? flat_at_ == flat_size_ : depth_ == 0; }

 private:
  struct Level {
    const Word* children;
    std::uint32_t at, count;
    Word bitmap;
  };
  void push(Term node, std::uint32_t at);
  void settle();

  bool is_flat_;
  Word flat_at_ = 0, flat_size_ = 0;
  const Word* flat_keys_ = nullptr;
  const Word* flat_values_ = nullptr;
  std::uint32_t depth_ = 0;
  std::array<Level, kHashLevels + 1> levels_;
};

// Walks the pairs of a trie from the last to the first, so that a list of them, or of what is in
// them, grows at its front into their order.
class MapBackCursor {
 public:
  explicit MapBackCursor(Term trie_map);
  // Goes on after the pair whose `position()` it was; that cursor `can_stop()`ped there.
  MapBackCursor(Term trie_map, std::uint64_t position);
  // The next pair as its cell [Key | Value]; the non-value: there was none.
  Term next();
  // Where the pair stands that `next` gave last.
  std::uint64_t position() const;
  // Not between two pairs whose hashes are equal, since these have one position.
  bool can_stop() const;

 private:
  struct Level {
    const Word* children;
    Word at;  // so many children, the first, are still to come; the one behind them is the last
    Word bitmap;
  };
  void push(Term node, Word at);

  std::uint32_t depth_ = 0;
  std::array<Level, kHashLevels + 1> levels_;
};

// All pairs, in the cursor's order.
std::vector<MapPair> map_pairs(Term map);
// All pairs, in exact term order of their keys.
std::vector<MapPair> map_sorted_pairs(const AtomTable& atoms, Term map);

}  // namespace parley
