// Maps: guards, the natives of the module `maps`, and the step of its iterators.
#include "vm/bif/support.h"

namespace parley {

namespace {

Term badmap(BifCall& call, Term not_a_map) {
  return call.fail(make_tuple(call.heap, {kAtom_badmap, not_a_map}));
}
Term badkey(BifCall& call, Term key) {
  return call.fail(make_tuple(call.heap, {kAtom_badkey, key}));
}

// Either the keys or the values, in the map's order.
template <class Pick>
Term list_of(BifCall& call, Term map, Pick pick) {
  if (!map.is_map()) return badmap(call, map);
  pay_words(call, 4 * map_size(map));
  ListBuilder list(call.heap);
  MapCursor cursor(map);
  for (MapPair p; cursor.next(p.key, p.value);) list.append(pick(p));
  return list.finish();
}

// 2^64 more than the position: always a big integer, so that its header can say what it is.
Term position_term(Heap& heap, std::uint64_t position) {
  Word* box = heap.allocate(3);
  box[0] = make_header(Subtag::kBigPositive, 2) | kHeaderPositionBit;
  box[1] = position;
  box[2] = 1;
  return Term::boxed(box);
}

}  // namespace

Term bif_map_size(BifCall& call, const Term* a) {
  if (!a[0].is_map()) return badmap(call, a[0]);
  return Term::small(static_cast<std::int64_t>(map_size(a[0])));
}

Term bif_map_get(BifCall& call, const Term* a) {
  if (!a[1].is_map()) return badmap(call, a[1]);
  const Term value = map_get(map_context(call), a[1], a[0]);
  return value.is_value() ? value : badkey(call, a[0]);
}
Term bif_maps_get(BifCall& call, const Term* a) { return bif_map_get(call, a); }

Term bif_is_map_key(BifCall& call, const Term* a) {
  if (!a[1].is_map()) return badmap(call, a[1]);
  return boolean(map_get(map_context(call), a[1], a[0]).is_value());
}
Term bif_maps_is_key(BifCall& call, const Term* a) { return bif_is_map_key(call, a); }

Term bif_maps_find(BifCall& call, const Term* a) {
  if (!a[1].is_map()) return badmap(call, a[1]);
  const Term value = map_get(map_context(call), a[1], a[0]);
  return value.is_value() ? make_tuple(call.heap, {kAtom_ok, value}) : kAtom_error;
}

Term bif_maps_put(BifCall& call, const Term* a) {
  if (!a[2].is_map()) return badmap(call, a[2]);
  return map_put(map_context(call), a[2], a[0], a[1]);
}

Term bif_maps_update(BifCall& call, const Term* a) {
  if (!a[2].is_map()) return badmap(call, a[2]);
  const Term updated = map_update(map_context(call), a[2], a[0], a[1]);
  return updated.is_value() ? updated : badkey(call, a[0]);
}

Term bif_maps_remove(BifCall& call, const Term* a) {
  if (!a[1].is_map()) return badmap(call, a[1]);
  return map_remove(map_context(call), a[1], a[0]);
}

Term bif_maps_take(BifCall& call, const Term* a) {
  if (!a[1].is_map()) return badmap(call, a[1]);
  const Term value = map_get(map_context(call), a[1], a[0]);
  if (!value.is_value()) return kAtom_error;
  return make_tuple(call.heap, {value, map_remove(map_context(call), a[1], a[0])});
}

Term bif_maps_keys(BifCall& call, const Term* a) {
  return list_of(call, a[0], [](const MapPair& p) { return p.key; });
}
Term bif_maps_values(BifCall& call, const Term* a) {
  return list_of(call, a[0], [](const MapPair& p) { return p.value; });
}

Term bif_maps_merge(BifCall& call, const Term* a) {
  if (!a[0].is_map()) return badmap(call, a[0]);
  if (!a[1].is_map()) return badmap(call, a[1]);
  pay_words(call, 8 * (map_size(a[0]) + map_size(a[1])));
  return map_merge(map_context(call), a[0], a[1]);
}

Term bif_maps_from_list(BifCall& call, const Term* a) {
  std::vector<MapPair> pairs;
  Term list = a[0];
  for (; list.is_cons(); list = list.tail()) {
    const Term t = list.head();
    if (!t.is_tuple() || t.arity() != 2) return call.badarg();
    pairs.push_back({t.element(0), t.element(1)});
  }
  if (!list.is_nil()) return call.badarg();
  pay_words(call, 16 * pairs.size());
  return map_from_pairs(map_context(call), std::move(pairs));
}

Term bif_maps_from_keys(BifCall& call, const Term* a) {
  std::vector<MapPair> pairs;
  Term list = a[0];
  for (; list.is_cons(); list = list.tail()) pairs.push_back({list.head(), a[1]});
  if (!list.is_nil()) return call.badarg();
  pay_words(call, 16 * pairs.size());
  return map_from_pairs(map_context(call), std::move(pairs));
}

// erts_internal:map_next(Path, Map, iterator | Acc): the next pairs of an iterator, a batch at a
// time. Path is a position of MapCursor, an integer; 0 is the start.
//   iterator  {K, V, {K, V, ... [Path | Map]}}, `none` instead of the last where the map ends
//   Acc       the pairs as {K, V} before Acc, and [Path, Map | ...] in front if there are more
Term bif_map_next(BifCall& call, const Term* a) {
  const bool nested = a[2] == kAtom_iterator;
  // Within a batch of a list the order is the map's; most maps fit into one.
  const std::size_t batch = nested ? 64 : 8192;
  if (!a[1].is_map() || !a[0].is_integer() || (!nested && !a[2].is_list())) return call.badarg();
  const Term path = a[0];
  std::uint64_t position = 0;
  if (path.is_small()) position = static_cast<std::uint64_t>(path.small_value());
  else position = path.box()[1];
  MapCursor cursor(a[1], position);
  std::vector<MapPair> pairs;
  MapPair p;
  // A batch ends only where a position starts: it goes on from there.
  while ((pairs.size() < batch || !cursor.at_position_start()) && cursor.next(p.key, p.value)) {
    pairs.push_back(p);
  }
  pay_words(call, 4 * pairs.size());
  const bool more = !cursor.done();
  const Term next_path = more ? position_term(call.heap, cursor.position()) : Term::nil();
  if (nested) {
    Term rest = more ? make_cons(call.heap, next_path, a[1]) : kAtom_none;
    for (std::size_t i = pairs.size(); i > 0; --i) {
      rest = make_tuple(call.heap, {pairs[i - 1].key, pairs[i - 1].value, rest});
    }
    return rest;
  }
  Term list = a[2];
  for (std::size_t i = pairs.size(); i > 0; --i) {
    const Term pair = make_tuple(call.heap, {pairs[i - 1].key, pairs[i - 1].value});
    list = make_cons(call.heap, pair, list);
  }
  if (!more) return list;
  return make_cons(call.heap, next_path, make_cons(call.heap, a[1], list));
}

}  // namespace parley
