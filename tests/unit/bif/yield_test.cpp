// Built-ins that yield: in slices of a few reductions they answer what they answer at once, and no
// slice does much more than it has.
#include <doctest/doctest.h>

#include "tests/unit/bif/slices.h"

namespace parley {
Term bif_append(BifCall& call, const Term* a);
Term bif_lists_reverse(BifCall& call, const Term* a);
Term bif_lists_member(BifCall& call, const Term* a);
Term bif_lists_keyfind(BifCall& call, const Term* a);
Term bif_iolist_to_binary(BifCall& call, const Term* a);
Term bif_list_to_binary(BifCall& call, const Term* a);
Term bif_iolist_to_iovec(BifCall& call, const Term* a);
Term bif_iolist_size(BifCall& call, const Term* a);
Term bif_binary_to_list_1(BifCall& call, const Term* a);
Term bif_binary_bin_to_list_3(BifCall& call, const Term* a);
Term bif_maps_keys(BifCall& call, const Term* a);
Term bif_maps_values(BifCall& call, const Term* a);
Term bif_maps_merge(BifCall& call, const Term* a);
Term bif_maps_from_list(BifCall& call, const Term* a);
Term bif_maps_from_keys(BifCall& call, const Term* a);
Term bif_term_to_binary_1(BifCall& call, const Term* a);
Term bif_term_to_binary_2(BifCall& call, const Term* a);
Term bif_term_to_iovec_1(BifCall& call, const Term* a);
Term bif_external_size_1(BifCall& call, const Term* a);
Term bif_external_size_2(BifCall& call, const Term* a);
}  // namespace parley

using namespace parley;
using parley::test::check_moving;
using parley::test::check_slices;
using parley::test::Run;
using parley::test::run;
using parley::test::TestHeap;

namespace {

Term numbers(TestHeap& t, int count, Term tail = Term::nil()) {
  for (int i = count; i > 0; --i) tail = t.cons(Term::small(i % 256), tail);
  return tail;
}

constexpr int kLong = 60'000;

}  // namespace

TEST_CASE("long lists are appended in slices") {
  TestHeap t(1 << 20);
  const Term right = t.list({kAtom_ok});
  check_slices(t, bif_append, {numbers(t, kLong), right});
  check_slices(t, bif_append, {numbers(t, kLong), kAtom_ok});
  check_slices(t, bif_append, {numbers(t, kLong, kAtom_ok), right});
  const Run r = run(t, bif_append, {numbers(t, kLong, kAtom_ok), right}, 100);
  CHECK(r.failed);
  CHECK(r.result == kAtom_badarg);
  const Run good = run(t, bif_append, {numbers(t, kLong), right}, 100);
  CHECK(exactly_equal(good.result, numbers(t, kLong, right)));
}

TEST_CASE("lists are reversed and searched in slices") {
  TestHeap t(1 << 20);
  check_slices(t, bif_lists_reverse, {numbers(t, kLong), Term::nil()});
  check_slices(t, bif_lists_member, {kAtom_ok, numbers(t, kLong)});
  check_slices(t, bif_lists_member, {kAtom_ok, numbers(t, kLong, kAtom_ok)});
  check_slices(t, bif_lists_keyfind, {kAtom_ok, Term::small(1), numbers(t, kLong)});
}

TEST_CASE("iodata of any shape becomes a binary in slices") {
  TestHeap t(1 << 20);
  const Term part = make_binary(t.heap, std::string(3'000'000, 'x'));
  Term nested = t.list({Term::small(1)});
  for (int i = 0; i < 20'000; ++i) nested = t.cons(nested, t.list({Term::small(i % 256)}));
  const Term big = t.list({nested, part, numbers(t, kLong, part), Term::nil(), nested});
  check_slices(t, bif_iolist_to_binary, {big});
  check_slices(t, bif_list_to_binary, {big});
  check_slices(t, bif_iolist_to_iovec, {big});
  check_slices(t, bif_list_to_binary, {t.list({big, kAtom_ok})});
  check_slices(t, bif_list_to_binary, {t.cons(big, Term::small(1))});
  check_slices(t, bif_list_to_binary, {t.list({big, Term::small(256)})});
  check_slices(t, bif_iolist_size, {big});
  check_slices(t, bif_iolist_size, {t.list({big, Term::small(256)})});
  check_slices(t, bif_iolist_size, {t.cons(big, Term::small(1))});
}

TEST_CASE("binaries become lists in slices") {
  TestHeap t(1 << 20);
  const Term binary = make_binary(t.heap, std::string(200'000, 'y'));
  check_slices(t, bif_binary_to_list_1, {binary});
  check_slices(t, bif_binary_bin_to_list_3, {binary, Term::small(3), Term::small(150'000)});
}

namespace {

Term pairs_from(TestHeap& t, int from, int count, Term tail = Term::nil()) {
  for (int i = from + count; i-- > from;) {
    const Term key = i % 3 == 0 ? t.number(i + 0.5) : t.list({Term::small(i)});
    tail = t.cons(t.tuple({key, Term::small(i)}), tail);
  }
  return tail;
}
Term map_from(TestHeap& t, int from, int count) {
  return run(t, bif_maps_from_list, {pairs_from(t, from, count)}, std::int64_t{1} << 40).result;
}

}  // namespace

TEST_CASE("maps are made of lists in slices") {
  TestHeap t(1 << 22);
  const Term twice = pairs_from(t, 0, 20'000, pairs_from(t, 10'000, 20'000));
  check_slices(t, bif_maps_from_list, {twice});
  check_slices(t, bif_maps_from_list, {pairs_from(t, 0, 20'000, kAtom_ok)});
  check_slices(t, bif_maps_from_list, {pairs_from(t, 0, 20'000, t.list({kAtom_ok}))});
  check_slices(t, bif_maps_from_keys, {twice, kAtom_ok});
  check_slices(t, bif_maps_from_keys, {numbers(t, kLong), kAtom_ok});
  CHECK(map_size(map_from(t, 0, 30'000)) == 30'000);
  // The last of equal keys counts, however often the pairs were dealt out.
  Term again = t.list({t.tuple({t.number(0.5), kAtom_error}), t.tuple({t.number(0.5), kAtom_ok})});
  again = pairs_from(t, 0, 5'000, again);
  const Term map = run(t, bif_maps_from_list, {again}, 1).result;
  CHECK(map_size(map) == 5'000);
  CHECK(map_get(t.maps(), map, t.number(0.5)) == kAtom_ok);
  check_moving(t, bif_maps_from_list, {pairs_from(t, 0, 5'000, again)});
  // Few different keys: a flat map.
  Term same = Term::nil();
  for (int i = 0; i < 10'000; ++i) same = t.cons(t.tuple({Term::small(i % 7), Term::small(i)}), same);
  check_slices(t, bif_maps_from_list, {same});
  CHECK(is_flat_map(run(t, bif_maps_from_list, {same}, 1).result));
}

TEST_CASE("maps with keys that collide are made and walked in slices") {
  TestHeap t(1 << 22);
  t.hash_mask = std::uint64_t{3} << 62;  // four different hashes
  Term map = map_empty(t.heap);
  for (int i = 0; i < 100; ++i) map = map_put(t.maps(), map, Term::small(i), Term::small(i));
  MapBackCursor whole(map);
  Term backwards = Term::nil(), stopped = Term::nil();
  for (Term c = whole.next(); c.is_value(); c = whole.next()) backwards = t.cons(c.head(), backwards);
  std::uint64_t position = 0;
  std::size_t stops = 0;
  MapBackCursor cursor(map);
  for (Term c = cursor.next(); c.is_value(); c = cursor.next()) {
    stopped = t.cons(c.head(), stopped);
    if (!cursor.can_stop()) continue;
    position = cursor.position();
    cursor = MapBackCursor(map, position);
    ++stops;
  }
  CHECK(stops == 4);
  CHECK(exactly_equal(stopped, backwards));
  Term forwards = Term::nil();
  MapCursor pairs(map);
  for (MapPair p; pairs.next(p.key, p.value);) forwards = t.cons(p.key, forwards);
  CHECK(exactly_equal(run(t, bif_lists_reverse, {forwards, Term::nil()}, 1000).result, backwards));
}

TEST_CASE("maps are taken apart and merged in slices") {
  TestHeap t(1 << 22);
  const Term map = map_from(t, 0, 20'000);
  check_slices(t, bif_maps_keys, {map});
  check_slices(t, bif_maps_values, {map});
  check_moving(t, bif_maps_keys, {map_from(t, 0, 3'000)});
  check_slices(t, bif_maps_merge, {map, map_from(t, 10'000, 30'000)});
  check_slices(t, bif_maps_merge, {map, map_from(t, 19'500, 1'000)});
  check_slices(t, bif_maps_merge, {map_from(t, 19'500, 1'000), map});
  check_moving(t, bif_maps_merge, {map_from(t, 0, 3'000), map_from(t, 2'000, 2'500)});
  check_moving(t, bif_maps_merge, {map_from(t, 0, 3'000), map_from(t, 2'900, 200)});
  check_moving(t, bif_maps_merge, {map_from(t, 2'900, 200), map_from(t, 0, 3'000)});
}

namespace {

// A term with everything in it that can be cut in the middle.
Term of_all_kinds(TestHeap& t, int size) {
  Term deep = t.list({Term::small(1)});
  for (int i = 0; i < size; ++i) deep = t.cons(deep, t.list({Term::small(i)}));
  const Term long_bits = make_bits_copy(
      t.heap, bits_view(make_binary(t.heap, std::string(static_cast<std::size_t>(size) * 40, 'x')))
                  .part(3, static_cast<std::uint64_t>(size) * 40 * 8 - 9));
  Term tuple = t.tuple({kAtom_ok, t.number(1.5), Term::nil()});
  for (int i = 0; i < size; ++i) tuple = t.tuple({tuple, Term::small(i * 1'000'000)});
  return t.list({deep, map_from(t, 0, size), map_from(t, 0, 20), tuple, long_bits, long_bits,
                 numbers(t, size), pairs_from(t, 0, size, kAtom_ok), numbers(t, 70'000)});
}

}  // namespace

TEST_CASE("terms are encoded in slices") {
  TestHeap t(1 << 22);
  const Term term = of_all_kinds(t, 5'000);
  check_slices(t, bif_term_to_binary_1, {term});
  check_slices(t, bif_term_to_iovec_1, {term});
  check_slices(t, bif_external_size_1, {term});
  check_slices(t, bif_external_size_2, {term, Term::nil()});
  check_slices(t, bif_term_to_binary_2, {term, t.list({t.atom("deterministic")})});
  check_moving(t, bif_term_to_binary_1, {of_all_kinds(t, 300)});
}
