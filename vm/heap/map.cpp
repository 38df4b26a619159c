// Flat maps, and what is common to both shapes.
#include "vm/heap/map.h"

#include <algorithm>

#include "vm/base/assert.h"
#include "vm/term/hash.h"

namespace parley {

namespace {

// Where a key stands in a flat map, or where it would stand.
struct Place {
  Word index;
  bool found;
};

Place find_place(const AtomTable& atoms, Term map, Term key) {
  const Word* keys = flat_map_key_words(map);
  Word low = 0, high = map_size(map);
  if (key.is_immediate()) {  // most keys are, and are there: comparing words finds them
    for (Word i = 0; i < high; ++i) {
      if (keys[i] == key.raw) return {i, true};
    }
  }
  while (low < high) {
    const Word middle = (low + high) / 2;
    const int order = compare_exact(Term(keys[middle]), key, atoms);
    if (order == 0) return {middle, true};
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return {low, false};
}

// A flat map on `keys` whose values the caller fills in.
Word* allocate_flat(Heap& heap, Term keys, Word size) {
  Word* box = heap.allocate(size + 2);
  box[0] = make_header(Subtag::kFlatMap, size + 1);
  box[1] = keys.raw;
  return box;
}

Term with_value(const MapContext& context, Term map, Word index, Term value) {
  const Word* values = flat_map_value_words(map);
  if (values[index] == value.raw) return map;
  const Word size = map_size(map);
  Word* box = allocate_flat(context.heap, flat_map_keys(map), size);
  std::copy(values, values + size, box + 2);
  box[2 + index] = value.raw;
  return Term::boxed(box);
}

// Copies `count` words with one more at `index`.
void copy_inserting(const Word* from, Word count, Word index, Word added, Word* to) {
  std::copy(from, from + index, to);
  to[index] = added;
  std::copy(from + index, from + count, to + index + 1);
}
void copy_removing(const Word* from, Word count, Word index, Word* to) {
  std::copy(from, from + index, to);
  std::copy(from + index + 1, from + count, to + index);
}

Term flat_insert(const MapContext& context, Term map, Word index, Term key, Term value) {
  const Word size = map_size(map);
  if (size == kFlatMapMax) {
    std::vector<MapPair> pairs = map_pairs(map);
    pairs.push_back({key, value});
    return detail::trie_build(context, pairs);
  }
  Word* keys = context.heap.allocate(size + 2);
  keys[0] = make_header(Subtag::kTuple, size + 1);
  copy_inserting(flat_map_key_words(map), size, index, key.raw, keys + 1);
  Word* box = allocate_flat(context.heap, Term::boxed(keys), size + 1);
  copy_inserting(flat_map_value_words(map), size, index, value.raw, box + 2);
  return Term::boxed(box);
}

}  // namespace

std::uint64_t MapContext::hash(Term key) const {
  return internal_hash(key, atoms, seed) & hash_mask;
}

Term map_empty(Heap& heap) {
  Word* words = heap.allocate(3);
  words[0] = make_header(Subtag::kTuple, 0);
  words[1] = make_header(Subtag::kFlatMap, 1);
  words[2] = Term::boxed(words).raw;
  return Term::boxed(words + 1);
}

Term map_get_slow(const MapContext& context, Term map, Term key) {
  if (!is_flat_map(map)) return detail::trie_get(context, map, key);
  const Word* keys = flat_map_key_words(map);
  const Word size = map_size(map);
  for (Word i = 0; i < size; ++i) {
    if (exactly_equal(Term(keys[i]), key)) return Term(flat_map_value_words(map)[i]);
  }
  return Term();
}

Term map_put(const MapContext& context, Term map, Term key, Term value) {
  if (!is_flat_map(map)) return detail::trie_put(context, map, key, value, false);
  const Place place = find_place(context.atoms, map, key);
  if (place.found) return with_value(context, map, place.index, value);
  return flat_insert(context, map, place.index, key, value);
}

Term map_update(const MapContext& context, Term map, Term key, Term value) {
  if (!is_flat_map(map)) return detail::trie_put(context, map, key, value, true);
  const Place place = find_place(context.atoms, map, key);
  return place.found ? with_value(context, map, place.index, value) : Term();
}

bool MapChange::update(Term key, Term value) {
  if (!is_flat_map(map_)) {
    const Term updated = detail::trie_put(context_, map_, key, value, true);
    if (updated.is_value()) map_ = updated;
    return updated.is_value();
  }
  const Place place = find_place(context_.atoms, map_, key);
  if (!place.found) return false;
  set_value(place.index, value);
  return true;
}

void MapChange::put(Term key, Term value) {
  if (!is_flat_map(map_)) {
    map_ = detail::trie_put(context_, map_, key, value, false);
    return;
  }
  const Place place = find_place(context_.atoms, map_, key);
  if (place.found) return set_value(place.index, value);
  map_ = flat_insert(context_, map_, place.index, key, value);
  is_new_ = true;
}

void MapChange::set_value(Word index, Term value) {
  if (is_new_) {
    map_.box()[2 + index] = value.raw;
    return;
  }
  const Term changed = with_value(context_, map_, index, value);
  is_new_ = changed != map_;
  map_ = changed;
}

Term map_remove(const MapContext& context, Term map, Term key) {
  if (!is_flat_map(map)) {
    const Term smaller = detail::trie_remove(context, map, key);
    if (smaller == map || map_size(map) > kFlatMapMax + 1) return smaller;
    return detail::flat_build(context, map_pairs(smaller));
  }
  const Place place = find_place(context.atoms, map, key);
  if (!place.found) return map;
  const Word size = map_size(map);
  Word* keys = context.heap.allocate(size);
  keys[0] = make_header(Subtag::kTuple, size - 1);
  copy_removing(flat_map_key_words(map), size, place.index, keys + 1);
  Word* box = allocate_flat(context.heap, Term::boxed(keys), size - 1);
  copy_removing(flat_map_value_words(map), size, place.index, box + 2);
  return Term::boxed(box);
}

Term detail::flat_build(const MapContext& context, std::vector<MapPair> pairs) {
  PARLEY_ASSERT(pairs.size() <= kFlatMapMax, "few enough for a flat map");
  // By insertion, which keeps the order of equal keys and drops the earlier ones as it goes.
  Word size = 0;
  for (const MapPair& pair : std::vector(pairs)) {
    Word at = size;
    int order = -1;
    while (at > 0 && (order = compare_exact(pairs[at - 1].key, pair.key, context.atoms)) > 0) --at;
    if (at > 0 && order == 0) {
      pairs[at - 1].value = pair.value;
      continue;
    }
    std::copy_backward(pairs.begin() + static_cast<std::ptrdiff_t>(at),
                       pairs.begin() + static_cast<std::ptrdiff_t>(size),
                       pairs.begin() + static_cast<std::ptrdiff_t>(size) + 1);
    pairs[at] = pair;
    ++size;
  }
  Word* keys = context.heap.allocate(size + 1);
  keys[0] = make_header(Subtag::kTuple, size);
  Word* box = allocate_flat(context.heap, Term::boxed(keys), size);
  for (Word i = 0; i < size; ++i) {
    keys[1 + i] = pairs[i].key.raw;
    box[2 + i] = pairs[i].value.raw;
  }
  return Term::boxed(box);
}

Term map_from_pairs(const MapContext& context, std::vector<MapPair> pairs) {
  if (pairs.size() <= kFlatMapMax) return detail::flat_build(context, std::move(pairs));
  return detail::build(context, pairs);
}

Term map_merge(const MapContext& context, Term left, Term right) {
  const Word l_size = map_size(left), r_size = map_size(right);
  if (l_size == 0 || left == right) return right;
  if (r_size == 0) return left;
  // Few pairs into a large map: one by one. Else both together, the right ones last.
  if (!is_flat_map(left) && r_size < l_size / 8) {
    MapCursor cursor(right);
    for (MapPair p; cursor.next(p.key, p.value);) left = map_put(context, left, p.key, p.value);
    return left;
  }
  if (!is_flat_map(right) && l_size < r_size / 8) {
    MapCursor cursor(left);
    Term merged = right;
    for (MapPair p; cursor.next(p.key, p.value);) {
      if (!map_get(context, right, p.key).is_value()) {
        merged = map_put(context, merged, p.key, p.value);
      }
    }
    return merged;
  }
  std::vector<MapPair> pairs = map_pairs(left);
  const std::vector<MapPair> more = map_pairs(right);
  pairs.insert(pairs.end(), more.begin(), more.end());
  return map_from_pairs(context, std::move(pairs));
}

}  // namespace parley
