// Maps: looking up, and making new ones from old ones.
//
// Invariant: every map made here has the shape that vm/term/map_layout.h describes, whatever the
// order in which its pairs came. A map that would not change is returned itself, and an update of
// the values of a flat map shares its tuple of keys.
//
// Thread: reading any, making the heap's owner. Nothing here collects.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "vm/heap/heap.h"
#include "vm/term/atoms.h"
#include "vm/term/compare.h"
#include "vm/term/map_layout.h"
#include "vm/term/term.h"

namespace parley {

// What maps depend on besides their terms.
struct MapContext {
  Heap& heap;
  const AtomTable& atoms;
  std::uint64_t seed;                // of the node's hashes
  std::uint64_t hash_mask = ~0ull;   // fewer bits make collisions, for tests

  std::uint64_t hash(Term key) const;
};

struct MapPair {
  Term key, value;
};

Term map_empty(Heap& heap);
// The value, or the non-value. `map` is a map.
Term map_get_slow(const MapContext& context, Term map, Term key);
inline Term map_get(const MapContext& context, Term map, Term key) {
  if (key.is_immediate() && is_flat_map(map)) {
    const Word* keys = flat_map_key_words(map);
    const Word size = map_size(map);
    for (Word i = 0; i < size; ++i) {
      if (keys[i] == key.raw) return Term(flat_map_value_words(map)[i]);
    }
    return Term();
  }
  return map_get_slow(context, map, key);
}
Term map_put(const MapContext& context, Term map, Term key, Term value);
// The non-value if the key is not there.
Term map_update(const MapContext& context, Term map, Term key, Term value);
// The map itself if the key is not there.
Term map_remove(const MapContext& context, Term map, Term key);
// Of pairs in any order; of pairs with the same key the last counts.
Term map_from_pairs(const MapContext& context, std::vector<MapPair> pairs);
// The pairs of `right` win.
Term map_merge(const MapContext& context, Term left, Term right);
// The pairs in exact term order of their keys.
std::vector<MapPair> map_sorted_pairs(const AtomTable& atoms, Term map);

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

namespace detail {
Term trie_get(const MapContext& context, Term map, Term key);
Term trie_put(const MapContext& context, Term map, Term key, Term value, bool must_exist);
Term trie_remove(const MapContext& context, Term map, Term key);
// Of distinct keys; any number.
Term trie_build(const MapContext& context, std::vector<MapPair> pairs);
// Drops all but the last of pairs with the same key; the order becomes that of the hashes.
void drop_duplicates(const MapContext& context, std::vector<MapPair>& pairs);
// Of distinct keys, at most kFlatMapMax, in any order.
Term flat_build(const MapContext& context, std::vector<MapPair> pairs);
}  // namespace detail

}  // namespace parley
