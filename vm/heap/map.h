// Maps: looking up, and making new ones from old ones.
//
// Invariant: every map made here has the shape that vm/term/map_layout.h describes, whatever the
// order in which its pairs came. A map that would not change is returned itself, and an update of
// the values of a flat map shares its tuple of keys.
//
// Thread: reading any, making the heap's owner. Nothing here collects.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "vm/heap/heap.h"
#include "vm/term/atoms.h"
#include "vm/term/compare.h"
#include "vm/term/map_cursor.h"
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
// Several changes of one map: a flat map is copied once, then changed where it is, since nobody
// else has seen the copy.
class MapChange {
 public:
  MapChange(const MapContext& context, Term map) : context_(context), map_(map) {}
  void put(Term key, Term value);
  // False: the key is not there, and nothing changed.
  bool update(Term key, Term value);
  Term map() const { return map_; }

 private:
  void set_value(Word index, Term value);

  const MapContext& context_;
  Term map_;
  bool is_new_ = false;  // whether `map_` is a flat map that was made here
};
// The map itself if the key is not there.
Term map_remove(const MapContext& context, Term map, Term key);
// Of pairs in any order; of pairs with the same key the last counts.
Term map_from_pairs(const MapContext& context, std::vector<MapPair> pairs);
// The pairs of `right` win.
Term map_merge(const MapContext& context, Term left, Term right);
namespace detail {
Term trie_get(const MapContext& context, Term map, Term key);
Term trie_put(const MapContext& context, Term map, Term key, Term value, bool must_exist);
Term trie_remove(const MapContext& context, Term map, Term key);
// Of distinct keys; any number.
Term trie_build(const MapContext& context, const std::vector<MapPair>& pairs);
// Of pairs in any order; of pairs with the same key the last counts.
Term build(const MapContext& context, const std::vector<MapPair>& pairs);
// What stands below the root, at a level from 1, for pairs whose hashes agree on the levels above,
// at least one; of pairs with the same key the last counts. `size`: how many were left.
Term trie_child(const MapContext& context, const std::vector<MapPair>& pairs, unsigned level,
                Word& size);
// A node of a level below kHashLevels with a child, or nil for none, for each slot.
Term trie_node(Heap& heap, std::span<const Term> children);
// The map of a root node with so many pairs, which may be few.
Term trie_map(const MapContext& context, Word size, Term root);
// At most kFlatMapMax, in any order; of pairs with the same key the last counts.
Term flat_build(const MapContext& context, std::vector<MapPair> pairs);
}  // namespace detail

}  // namespace parley
