// Hash tries: maps above kFlatMapMax pairs (after Bagwell, "Ideal Hash Trees", 2001).
//
// Invariant: as map_layout.h says; what is made here depends on the set of pairs alone. A change
// copies the nodes on one path from the root, at most kHashLevels + 1 of them.
#include <algorithm>

#include "vm/base/assert.h"
#include "vm/heap/map.h"

namespace parley {

namespace {

// A node with room for `count` children.
Word* allocate_node(Heap& heap, Word bitmap, Word count) {
  Word* box = heap.allocate(count + 2);
  box[0] = make_header(Subtag::kHashNode, count + 1);
  box[1] = bitmap;
  return box;
}

Term make_pair(Heap& heap, Term key, Term value) {
  Word* cell = heap.allocate(2);
  cell[0] = key.raw;
  cell[1] = value.raw;
  return Term::cons(cell);
}

Term make_map(Heap& heap, Word size, Term root) {
  Word* box = heap.allocate(3);
  box[0] = make_header(Subtag::kHashMap, 2);
  box[1] = size;
  box[2] = root.raw;
  return Term::boxed(box);
}

Term with_child(Heap& heap, Term node_term, Word index, Term child) {
  const HashNodeView node(node_term);
  Word* box = allocate_node(heap, node.bitmap, node.count);
  std::copy(node.children, node.children + node.count, box + 2);
  box[2 + index] = child.raw;
  return Term::boxed(box);
}

Term with_added_child(Heap& heap, Term node_term, Word bitmap, Word index, Term child) {
  const HashNodeView node(node_term);
  Word* box = allocate_node(heap, bitmap, node.count + 1);
  std::copy(node.children, node.children + index, box + 2);
  box[2 + index] = child.raw;
  std::copy(node.children + index, node.children + node.count, box + 2 + index + 1);
  return Term::boxed(box);
}

Term without_child(Heap& heap, Term node_term, Word bitmap, Word index) {
  const HashNodeView node(node_term);
  Word* box = allocate_node(heap, bitmap, node.count - 1);
  std::copy(node.children, node.children + index, box + 2);
  std::copy(node.children + index + 1, node.children + node.count, box + 2 + index);
  return Term::boxed(box);
}

// The way from the root down to where a hash leads.
struct Step {
  Term node;
  Word index;  // of the child taken, or where it would be
};
struct Path {
  std::array<Step, kHashLevels + 1> steps;
  unsigned depth = 0;
  Term found;  // the [Key | Value] cell there: of the key, or of another one; or the non-value
  bool same_key = false;
};

// Where a key stands among the pairs of a collision node.
void descend_collision(const MapContext& context, const HashNodeView& node, Term key, Path& path) {
  Word& index = path.steps[path.depth - 1].index;
  for (index = 0; index < node.count; ++index) {
    const Term pair(node.children[index]);
    const int order = compare_exact(pair.head(), key, context.atoms);
    if (order < 0) continue;
    if (order == 0) path.found = pair, path.same_key = true;
    return;
  }
}

Path descend(const MapContext& context, Term map, Term key, std::uint64_t hash) {
  Path path;
  Term node_term = hash_map_root(map);
  for (unsigned level = 0;; ++level) {
    const HashNodeView node(node_term);
    Step& step = path.steps[path.depth++];
    step.node = node_term;
    if (node.is_collision()) {
      descend_collision(context, node, key, path);
      return path;
    }
    const unsigned slot = hash_slot(hash, level);
    step.index = node.index_of(slot);
    if (!node.has(slot)) return path;
    const Term child(node.children[step.index]);
    if (child.is_cons()) {
      path.found = child;
      path.same_key = exactly_equal(child.head(), key);
      return path;
    }
    node_term = child;
  }
}

// `child` takes the place that the last of `depth` steps leads to; answers the new root.
Term replace_upwards(Heap& heap, const Path& path, unsigned depth, Term child) {
  while (depth > 0) {
    const Step& step = path.steps[--depth];
    child = with_child(heap, step.node, step.index, child);
  }
  return child;
}

// A node, for `level`, of two pairs whose hashes agree on all levels above.
Term make_fork(const MapContext& context, unsigned level, Term left, std::uint64_t left_hash,
               Term right, std::uint64_t right_hash) {
  Heap& heap = context.heap;
  unsigned bottom = level;
  while (bottom < kHashLevels && hash_slot(left_hash, bottom) == hash_slot(right_hash, bottom)) {
    ++bottom;
  }
  Word bitmap = kCollisionBitmap;
  bool left_first = false;
  if (bottom == kHashLevels) {
    left_first = compare_exact(left.head(), right.head(), context.atoms) < 0;
  } else {
    const unsigned l = hash_slot(left_hash, bottom), r = hash_slot(right_hash, bottom);
    bitmap = (Word{1} << l) | (Word{1} << r);
    left_first = l < r;
  }
  Word* box = allocate_node(heap, bitmap, 2);
  box[2] = (left_first ? left : right).raw;
  box[3] = (left_first ? right : left).raw;
  Term node = Term::boxed(box);
  while (bottom > level) {
    --bottom;
    Word* above = allocate_node(heap, Word{1} << hash_slot(left_hash, bottom), 1);
    above[2] = node.raw;
    node = Term::boxed(above);
  }
  return node;
}

}  // namespace

Term detail::trie_get(const MapContext& context, Term map, Term key) {
  const std::uint64_t hash = context.hash(key);
  Term node_term = hash_map_root(map);
  for (unsigned level = 0; level < kHashLevels; ++level) {
    const HashNodeView node(node_term);
    const unsigned slot = hash_slot(hash, level);
    if (!node.has(slot)) return Term();
    const Term child(node.children[node.index_of(slot)]);
    if (child.is_cons()) return exactly_equal(child.head(), key) ? child.tail() : Term();
    node_term = child;
  }
  const HashNodeView node(node_term);
  for (Word i = 0; i < node.count; ++i) {
    const Term pair(node.children[i]);
    if (exactly_equal(pair.head(), key)) return pair.tail();
  }
  return Term();
}

Term detail::trie_put(const MapContext& context, Term map, Term key, Term value,
                      bool must_exist) {
  Heap& heap = context.heap;
  const std::uint64_t hash = context.hash(key);
  const Path path = descend(context, map, key, hash);
  const Word size = map_size(map);
  if (path.same_key) {
    if (path.found.tail() == value) return map;
    const Term pair = make_pair(heap, path.found.head(), value);
    return make_map(heap, size, replace_upwards(heap, path, path.depth, pair));
  }
  if (must_exist) return Term();
  const Term pair = make_pair(heap, key, value);
  if (path.found.is_value()) {
    // Another key has the place: both go one level or more down.
    const Term fork = make_fork(context, path.depth, path.found, context.hash(path.found.head()),
                                pair, hash);
    return make_map(heap, size + 1, replace_upwards(heap, path, path.depth, fork));
  }
  const Step& last = path.steps[path.depth - 1];
  const HashNodeView node(last.node);
  const Word bitmap =
      node.is_collision() ? node.bitmap
                          : node.bitmap | (Word{1} << hash_slot(hash, path.depth - 1));
  const Term grown = with_added_child(heap, last.node, bitmap, last.index, pair);
  return make_map(heap, size + 1, replace_upwards(heap, path, path.depth - 1, grown));
}

Term detail::trie_remove(const MapContext& context, Term map, Term key) {
  Heap& heap = context.heap;
  const std::uint64_t hash = context.hash(key);
  const Path path = descend(context, map, key, hash);
  if (!path.same_key) return map;
  unsigned depth = path.depth;
  const Step& last = path.steps[depth - 1];
  const HashNodeView node(last.node);
  Term rest;
  if (node.count == 2 && depth > 1 && Term(node.children[1 - last.index]).is_cons()) {
    // One pair is left: it moves up as long as it would be alone.
    rest = Term(node.children[1 - last.index]);
    --depth;
    while (depth > 1 && HashNodeView(path.steps[depth - 1].node).count == 1) --depth;
  } else {
    const Word bitmap =
        node.is_collision() ? node.bitmap
                            : node.bitmap & ~(Word{1} << hash_slot(hash, depth - 1));
    rest = without_child(heap, last.node, bitmap, last.index);
    --depth;
  }
  return make_map(heap, map_size(map) - 1, replace_upwards(heap, path, depth, rest));
}

// ---- building in bulk ------------------------------------------------------------------------

namespace {

struct HashedPair {
  std::uint64_t hash;
  MapPair pair;
  std::size_t number;  // where it came from: of equal keys the last counts
};

std::vector<HashedPair> sort_by_hash(const MapContext& context, const std::vector<MapPair>& pairs) {
  std::vector<HashedPair> hashed;
  hashed.reserve(pairs.size());
  for (const MapPair& p : pairs) hashed.push_back({context.hash(p.key), p, hashed.size()});
  std::sort(hashed.begin(), hashed.end(), [](const HashedPair& l, const HashedPair& r) {
    return l.hash != r.hash ? l.hash < r.hash : l.number < r.number;
  });
  return hashed;
}

// The child for the pairs in [begin, end), which agree on all levels above `level`. Calls itself
// once a level, so at most kHashLevels deep.
Term build_child(const MapContext& context, HashedPair* begin, HashedPair* end, unsigned level) {
  const auto count = static_cast<Word>(end - begin);
  if (count == 1 && level > 0) return make_pair(context.heap, begin->pair.key, begin->pair.value);
  if (level == kHashLevels) {
    std::sort(begin, end, [&](const HashedPair& l, const HashedPair& r) {
      return compare_exact(l.pair.key, r.pair.key, context.atoms) < 0;
    });
    Word* box = allocate_node(context.heap, kCollisionBitmap, count);
    for (Word i = 0; i < count; ++i) {
      box[2 + i] = make_pair(context.heap, begin[i].pair.key, begin[i].pair.value).raw;
    }
    return Term::boxed(box);
  }
  Word children[1u << kHashLevelBits];
  Word bitmap = 0, children_count = 0;
  for (HashedPair* from = begin; from != end;) {
    const unsigned slot = hash_slot(from->hash, level);
    HashedPair* to = from;
    while (to != end && hash_slot(to->hash, level) == slot) ++to;
    bitmap |= Word{1} << slot;
    children[children_count++] = build_child(context, from, to, level + 1).raw;
    from = to;
  }
  Word* box = allocate_node(context.heap, bitmap, children_count);
  std::copy(children, children + children_count, box + 2);
  return Term::boxed(box);
}

// Drops all but the last of pairs with the same key; the order stays that of the hashes.
void drop_duplicates(const MapContext& context, std::vector<HashedPair>& hashed) {
  auto kept = hashed.begin();
  for (auto begin = hashed.begin(); begin != hashed.end();) {
    auto end = begin + 1;
    while (end != hashed.end() && end->hash == begin->hash) ++end;
    if (end - begin > 1) {
      std::sort(begin, end, [&](const HashedPair& l, const HashedPair& r) {
        const int order = compare_exact(l.pair.key, r.pair.key, context.atoms);
        return order != 0 ? order < 0 : l.number < r.number;
      });
    }
    for (; begin != end; ++begin) {
      const auto next = begin + 1;
      if (next == end || !exactly_equal(begin->pair.key, next->pair.key)) *kept++ = *begin;
    }
  }
  hashed.erase(kept, hashed.end());
}

}  // namespace

Term detail::trie_build(const MapContext& context, const std::vector<MapPair>& pairs) {
  std::vector<HashedPair> hashed = sort_by_hash(context, pairs);
  const Term root = build_child(context, hashed.data(), hashed.data() + hashed.size(), 0);
  return make_map(context.heap, pairs.size(), root);
}

Term detail::build(const MapContext& context, const std::vector<MapPair>& pairs) {
  std::vector<HashedPair> hashed = sort_by_hash(context, pairs);
  drop_duplicates(context, hashed);
  if (hashed.size() <= kFlatMapMax) {
    std::vector<MapPair> few;
    for (const HashedPair& h : hashed) few.push_back(h.pair);
    return flat_build(context, std::move(few));
  }
  const Term root = build_child(context, hashed.data(), hashed.data() + hashed.size(), 0);
  return make_map(context.heap, hashed.size(), root);
}

Term detail::trie_child(const MapContext& context, const std::vector<MapPair>& pairs,
                        unsigned level, Word& size) {
  std::vector<HashedPair> hashed = sort_by_hash(context, pairs);
  drop_duplicates(context, hashed);
  size = hashed.size();
  return build_child(context, hashed.data(), hashed.data() + hashed.size(), level);
}

Term detail::trie_node(Heap& heap, std::span<const Term> children) {
  Word bitmap = 0, count = 0;
  for (unsigned slot = 0; slot < children.size(); ++slot) {
    if (!children[slot].is_nil()) bitmap |= Word{1} << slot, ++count;
  }
  Word* box = allocate_node(heap, bitmap, count);
  Word* at = box + 2;
  for (const Term child : children) {
    if (!child.is_nil()) *at++ = child.raw;
  }
  return Term::boxed(box);
}

Term detail::trie_map(const MapContext& context, Word size, Term root) {
  const Term map = make_map(context.heap, size, root);
  return size <= kFlatMapMax ? flat_build(context, map_pairs(map)) : map;
}

}  // namespace parley
