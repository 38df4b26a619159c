// How maps lie in memory.
//
// Invariant: a map of up to kFlatMapMax pairs is a kFlatMap, a larger one a kHashMap; the keys of a
// flat map stand in exact term order, the shape of a trie depends on its set of keys and the node's
// seed alone. So maps with the same keys have the same shape.
//
//   kFlatMap    tuple of keys | values in the order of the keys
//   kHashMap    number of pairs | root kHashNode
//   kHashNode   bitmap | a child for each bit set, lowest first
//               child: cons [Key | Value], or a boxed kHashNode of the next level
//
// Level k looks at the k-th group of four bits of a key's 64-bit hash, highest first, so the pairs
// of a trie stand in the order of their hashes. A node below the root has at least two pairs below
// it. Keys whose hashes are all equal end in a collision node below the last level: its bitmap is
// kCollisionBitmap, its children are pairs in exact term order of their keys.
#pragma once

#include <bit>
#include <cstdint>

#include "vm/term/term.h"

namespace parley {

inline constexpr unsigned kHashLevelBits = 4;
inline constexpr unsigned kHashLevels = 64 / kHashLevelBits;
inline constexpr Word kCollisionBitmap = Word{1} << 63;

inline bool is_flat_map(Term map) { return map.is_box(Subtag::kFlatMap); }
inline Word map_size(Term map) {
  const Word* box = map.box();
  return header_subtag(box[0]) == Subtag::kFlatMap ? header_size(box[0]) - 1 : box[1];
}
inline Term flat_map_keys(Term map) { return Term(map.box()[1]); }
inline const Word* flat_map_key_words(Term map) { return flat_map_keys(map).box() + 1; }
inline const Word* flat_map_value_words(Term map) { return map.box() + 2; }
inline Term hash_map_root(Term map) { return Term(map.box()[2]); }

// The child that a hash selects on a level below kHashLevels.
constexpr unsigned hash_slot(std::uint64_t hash, unsigned level) {
  return (hash >> (64 - kHashLevelBits * (level + 1))) & ((1u << kHashLevelBits) - 1);
}

struct HashNodeView {
  explicit HashNodeView(Term node)
      : bitmap(node.box()[1]), children(node.box() + 2), count(header_size(node.header()) - 1) {}
  Word bitmap;
  const Word* children;
  Word count;
  bool is_collision() const { return bitmap == kCollisionBitmap; }
  bool has(unsigned slot) const { return ((bitmap >> slot) & 1) != 0; }
  unsigned index_of(unsigned slot) const {
    return static_cast<unsigned>(std::popcount(bitmap & ((Word{1} << slot) - 1)));
  }
};

}  // namespace parley
