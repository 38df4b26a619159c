// Maps: guards, the natives of the module `maps`, and the step of its iterators.
#include "vm/bif/map_builder.h"
#include "vm/term/map_cursor.h"

namespace parley {

namespace {

Term badmap(BifCall& call, Term not_a_map) {
  return call.fail(make_tuple(call.heap, {kAtom_badmap, not_a_map}));
}
Term badkey(BifCall& call, Term key) {
  return call.fail(make_tuple(call.heap, {kAtom_badkey, key}));
}

// What has more pairs than this is done in slices.
constexpr Word kAtOnceMax = 2048;

// Goes on with a walk from the last pair to the first that puts `pick(cell)` of each before `list`.
// The list when it is there; else the slice is over, and the cursor stands where it can stop.
template <class Pick>
std::optional<Term> list_before(BifCall& call, MapBackCursor& cursor, Term& list, Pick pick) {
  constexpr std::uint64_t kPairsPerReduction = 32;
  for (;;) {
    for (std::uint64_t i = 0; i < kPairsPerReduction || !cursor.can_stop(); ++i) {
      const Term cell = cursor.next();
      if (!cell.is_value()) return list;
      list = make_cons(call.heap, pick(cell), list);
    }
    --call.reductions;
    if (must_yield(call)) return std::nullopt;
  }
}

// Either the keys or the values, in the map's order. State: a position; the map, the list so far.
template <class Pick>
Term list_of(BifCall& call, Term map, Pick pick) {
  Term list = Term::nil();
  std::optional<MapBackCursor> cursor;
  if (is_trap(map)) {
    const Term trap = map;
    map = trap_term(trap, 0);
    list = trap_term(trap, 1);
    cursor.emplace(map, trap_raw(trap));
  } else if (!map.is_map()) {
    return badmap(call, map);
  } else if (map_size(map) <= kAtOnceMax) {
    pay_words(call, 4 * map_size(map));
    ListBuilder builder(call.heap);
    MapCursor pairs(map);
    for (MapPair p; pairs.next(p.key, p.value);) builder.append(pick(p.key, p.value));
    return builder.finish();
  } else {
    cursor.emplace(map);
  }
  const auto done = list_before(call, *cursor, list,
                                [&](Term cell) { return pick(cell.head(), cell.tail()); });
  return done ? *done : yield_with(call, make_trap(call.heap, cursor->position(), {map, list}));
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
  return list_of(call, a[0], [](Term key, Term) { return key; });
}
Term bif_maps_values(BifCall& call, const Term* a) {
  return list_of(call, a[0], [](Term, Term value) { return value; });
}

namespace {

Term build(BifCall& call, MapBuilder builder) {
  switch (builder.run()) {
    case MapBuilder::Step::kDone: return builder.map();
    case MapBuilder::Step::kYield: return yield_with(call, builder.save());
    case MapBuilder::Step::kBad: break;
  }
  call.first_argument = builder.kept();
  return call.badarg();
}

// How two maps are merged that are too large to do it at once.
enum class Merge : Word {
  kPut,    // the few pairs of the right one are put into the left one
  kKeep,   // the few pairs of the left one are put into the right one where it has no such key
  kCells,  // a list is made of the pairs of both, the left ones first
  kBuild,  // and a map of it
};

// State: kind and position; the map that is walked (its first pairs are still to come), what was
// made of it, and the other map. Of kBuild: the builder.
struct MergeState {
  Merge kind;
  MapBackCursor cursor;
  Term walked, made, other;
  Term save(BifCall& call) const {
    return make_trap(call.heap, {static_cast<Word>(kind), cursor.position()},
                     {walked, made, other});
  }
};

Term put_few(BifCall& call, MergeState s) {
  const MapContext context = map_context(call);
  for (Term cell = s.cursor.next(); cell.is_value(); cell = s.cursor.next()) {
    if (s.kind == Merge::kPut || !map_get(context, s.other, cell.head()).is_value()) {
      s.made = map_put(context, s.made, cell.head(), cell.tail());
    }
    --call.reductions;
    if (must_yield(call) && s.cursor.can_stop()) return yield_with(call, s.save(call));
  }
  return s.made;
}

Term merge_build(BifCall& call, MapBuilder builder) {
  if (builder.run() == MapBuilder::Step::kDone) return builder.map();
  return yield_with(call, make_trap(call.heap, static_cast<Word>(Merge::kBuild),
                                    {builder.save()}));
}

Term merge_cells(BifCall& call, MergeState s) {
  for (;;) {
    if (!list_before(call, s.cursor, s.made, [](Term cell) { return cell; })) {
      return yield_with(call, s.save(call));
    }
    if (s.other.is_nil()) break;
    s = {Merge::kCells, MapBackCursor(s.other), s.other, s.made, Term::nil()};
  }
  return merge_build(call, MapBuilder(call, PairShape::kCells, s.made, Term::nil(), Term::nil()));
}

Term merge_on(BifCall& call, Term trap) {
  const auto kind = static_cast<Merge>(trap_raw(trap));
  if (kind == Merge::kBuild) return merge_build(call, MapBuilder(call, trap_term(trap, 0)));
  const Term walked = trap_term(trap, 0);
  const MergeState state{kind, MapBackCursor(walked, trap_raw(trap, 1)), walked,
                         trap_term(trap, 1), trap_term(trap, 2)};
  return kind == Merge::kCells ? merge_cells(call, state) : put_few(call, state);
}

}  // namespace

Term bif_maps_merge(BifCall& call, const Term* a) {
  if (is_trap(a[0])) return merge_on(call, a[0]);
  if (!a[0].is_map()) return badmap(call, a[0]);
  if (!a[1].is_map()) return badmap(call, a[1]);
  const Word left = map_size(a[0]), right = map_size(a[1]);
  // A flat map has few pairs, and one of the two is not large.
  if (left + right <= kAtOnceMax || is_flat_map(a[0]) || is_flat_map(a[1]) || call.x == nullptr) {
    pay_words(call, 8 * (left + right < kAtOnceMax ? left + right : 8 * kFlatMapMax));
    return map_merge(map_context(call), a[0], a[1]);
  }
  if (right < left / 8) {
    return put_few(call, {Merge::kPut, MapBackCursor(a[1]), a[1], a[0], Term::nil()});
  }
  if (left < right / 8) {
    return put_few(call, {Merge::kKeep, MapBackCursor(a[0]), a[0], a[1], a[1]});
  }
  return merge_cells(call, {Merge::kCells, MapBackCursor(a[1]), a[1], Term::nil(), a[0]});
}

namespace {

// The pairs of a list that is short enough to be made a map at once; nullopt: it is not, or is no
// list of pairs.
template <class ToPair>
std::optional<std::vector<MapPair>> few_pairs(Term list, ToPair to_pair) {
  std::vector<MapPair> pairs;
  for (; list.is_cons() && pairs.size() < kAtOnceMax; list = list.tail()) {
    const Term t = list.head();
    if (!to_pair(t, pairs.emplace_back())) return std::nullopt;
  }
  if (!list.is_nil()) return std::nullopt;
  return pairs;
}

}  // namespace

Term bif_maps_from_list(BifCall& call, const Term* a) {
  if (is_trap(a[0])) return build(call, MapBuilder(call, a[0]));
  auto few = few_pairs(a[0], [](Term t, MapPair& p) {
    if (!t.is_tuple() || t.arity() != 2) return false;
    p = {t.element(0), t.element(1)};
    return true;
  });
  if (!few) return build(call, MapBuilder(call, PairShape::kTuples, a[0], Term::nil(), a[0]));
  pay_words(call, 16 * few->size());
  return map_from_pairs(map_context(call), std::move(*few));
}

Term bif_maps_from_keys(BifCall& call, const Term* a) {
  if (is_trap(a[0])) return build(call, MapBuilder(call, a[0]));
  auto few = few_pairs(a[0], [&](Term t, MapPair& p) {
    p = {t, a[1]};
    return true;
  });
  if (!few) return build(call, MapBuilder(call, PairShape::kKeys, a[0], a[1], a[0]));
  pay_words(call, 16 * few->size());
  return map_from_pairs(map_context(call), std::move(*few));
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
