// The walk over a map: an index for a flat one, a stack of nodes for a trie.
#include "vm/term/map_cursor.h"

#include <algorithm>
#include <bit>

#include "vm/term/compare.h"

namespace parley {

std::vector<MapPair> map_pairs(Term map) {
  std::vector<MapPair> pairs;
  pairs.reserve(map_size(map) + 1);
  MapCursor cursor(map);
  for (MapPair p; cursor.next(p.key, p.value);) pairs.push_back(p);
  return pairs;
}

std::vector<MapPair> map_sorted_pairs(const AtomTable& atoms, Term map) {
  std::vector<MapPair> pairs = map_pairs(map);
  if (!is_flat_map(map)) {
    std::sort(pairs.begin(), pairs.end(), [&](const MapPair& l, const MapPair& r) {
      return compare_exact(l.key, r.key, atoms) < 0;
    });
  }
  return pairs;
}

MapCursor::MapCursor(Term map) : MapCursor(map, 0) {}

MapCursor::MapCursor(Term map, std::uint64_t position) : is_flat_(is_flat_map(map)) {
  if (is_flat_) {
    flat_size_ = map_size(map);
    flat_at_ = std::min<Word>(position, flat_size_);
    flat_keys_ = flat_map_key_words(map);
    flat_values_ = flat_map_value_words(map);
    return;
  }
  Term node_term = hash_map_root(map);
  for (unsigned level = 0;; ++level) {
    const HashNodeView node(node_term);
    if (node.is_collision()) {
      push(node_term, 0);
      break;
    }
    const unsigned slot = hash_slot(position, level);
    const unsigned index = node.index_of(slot);
    push(node_term, index);
    if (!node.has(slot) || Term(node.children[index]).is_cons()) break;
    node_term = Term(node.children[index]);
  }
  settle();
}

void MapCursor::push(Term node_term, std::uint32_t at) {
  const HashNodeView node(node_term);
  levels_[depth_++] = {node.children, at, static_cast<std::uint32_t>(node.count), node.bitmap};
}

// Makes the innermost level stand on a pair. A level that has a deeper one stands on its node.
void MapCursor::settle() {
  while (depth_ > 0) {
    Level& level = levels_[depth_ - 1];
    if (level.at == level.count) {
      if (--depth_ > 0) ++levels_[depth_ - 1].at;
      continue;
    }
    const Term child(level.children[level.at]);
    if (child.is_cons()) return;
    push(child, 0);
  }
}

bool MapCursor::next(Term& key, Term& value) {
  if (done()) return false;
  if (is_flat_) {
    key = Term(flat_keys_[flat_at_]);
    value = Term(flat_values_[flat_at_++]);
    return true;
  }
  Level& level = levels_[depth_ - 1];
  const Term pair(level.children[level.at++]);
  key = pair.head();
  value = pair.tail();
  settle();
  return true;
}

namespace {

// The hashes' common beginning of the children that an index on each level leads to.
template <class Levels>
std::uint64_t position_of(const Levels& levels, std::uint32_t depth) {
  std::uint64_t position = 0;
  for (std::uint32_t k = 0; k < depth; ++k) {
    const auto& level = levels[k];
    if (level.bitmap == kCollisionBitmap) break;
    Word bitmap = level.bitmap;
    for (Word i = 0; i < level.at; ++i) bitmap &= bitmap - 1;
    const auto slot = static_cast<std::uint64_t>(std::countr_zero(bitmap));
    position |= slot << (64 - kHashLevelBits * (k + 1));
  }
  return position;
}

}  // namespace

std::uint64_t MapCursor::position() const {
  return is_flat_ ? flat_at_ : position_of(levels_, depth_);
}

bool MapCursor::at_position_start() const {
  return is_flat_ || depth_ == 0 || levels_[depth_ - 1].bitmap != kCollisionBitmap ||
         levels_[depth_ - 1].at == 0;
}

// ---- from the end ------------------------------------------------------------------------------

MapBackCursor::MapBackCursor(Term trie_map) {
  const Term root = hash_map_root(trie_map);
  push(root, HashNodeView(root).count);
}

MapBackCursor::MapBackCursor(Term trie_map, std::uint64_t position) {
  Term node_term = hash_map_root(trie_map);
  for (unsigned k = 0;; ++k) {
    const HashNodeView node(node_term);
    if (node.is_collision()) {
      push(node_term, 0);
      return;
    }
    const unsigned index = node.index_of(hash_slot(position, k));
    push(node_term, index);
    if (Term(node.children[index]).is_cons()) return;
    node_term = Term(node.children[index]);
  }
}

void MapBackCursor::push(Term node_term, Word at) {
  const HashNodeView node(node_term);
  levels_[depth_++] = {node.children, at, node.bitmap};
}

Term MapBackCursor::next() {
  while (depth_ > 0) {
    Level& level = levels_[depth_ - 1];
    if (level.at == 0) {
      --depth_;
      continue;
    }
    const Term child(level.children[--level.at]);
    if (child.is_cons()) return child;
    push(child, HashNodeView(child).count);
  }
  return Term();
}

std::uint64_t MapBackCursor::position() const { return position_of(levels_, depth_); }

bool MapBackCursor::can_stop() const {
  if (depth_ == 0) return true;
  const Level& level = levels_[depth_ - 1];
  return level.bitmap != kCollisionBitmap || level.at == 0;
}

}  // namespace parley
