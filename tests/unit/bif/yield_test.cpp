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
Term bif_binary_to_list_3(BifCall& call, const Term* a);
Term bif_bitstring_to_list(BifCall& call, const Term* a);
Term bif_binary_copy_2(BifCall& call, const Term* a);
Term bif_binary_to_list_1(BifCall& call, const Term* a);
Term bif_binary_bin_to_list_3(BifCall& call, const Term* a);
Term bif_binary_match_2(BifCall& call, const Term* a);
Term bif_binary_matches_2(BifCall& call, const Term* a);
Term bif_binary_matches_3(BifCall& call, const Term* a);
Term bif_unicode_characters_to_list(BifCall& call, const Term* a);
Term bif_unicode_characters_to_binary(BifCall& call, const Term* a);
Term bif_md5(BifCall& call, const Term* a);
Term bif_md5_init(BifCall& call, const Term* a);
Term bif_md5_update(BifCall& call, const Term* a);
Term bif_crc32_1(BifCall& call, const Term* a);
Term bif_crc32_2(BifCall& call, const Term* a);
Term bif_adler32_2(BifCall& call, const Term* a);
Term bif_maps_keys(BifCall& call, const Term* a);
Term bif_maps_values(BifCall& call, const Term* a);
Term bif_maps_merge(BifCall& call, const Term* a);
Term bif_maps_from_list(BifCall& call, const Term* a);
Term bif_maps_from_keys(BifCall& call, const Term* a);
Term bif_term_to_binary_1(BifCall& call, const Term* a);
Term bif_term_to_binary_2(BifCall& call, const Term* a);
Term bif_binary_to_term_1(BifCall& call, const Term* a);
Term bif_binary_to_term_2(BifCall& call, const Term* a);
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
  check_slices(t, bif_binary_to_list_3, {binary, Term::small(3), Term::small(150'000)});
  const Term bits = make_slice(t.heap, binary, 3, 8 * 150'000 + 2);
  check_slices(t, bif_bitstring_to_list, {bits});
}

TEST_CASE("binaries are repeated in slices") {
  TestHeap t(1 << 20);
  for (const std::uint64_t size : {1u, 3u, 70'001u}) {
    std::string text;
    for (std::uint64_t i = 0; i < size; ++i) text.push_back(static_cast<char>('a' + i % 23));
    const auto count = static_cast<std::int64_t>(1'000'000 / size);
    const Term part = make_binary(t.heap, text);
    check_slices(t, bif_binary_copy_2, {part, Term::small(count)});
    const Term made = run(t, bif_binary_copy_2, {part, Term::small(count)}, 1).result;
    const BitsView view = bits_view(made);
    bool same = view.size_bits / 8 == size * static_cast<std::uint64_t>(count);
    for (std::uint64_t i = 0; i < view.size_bits / 8; ++i) same &= view.bytes[i] == text[i % size];
    CHECK(same);
  }
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
  for (int i = 0; i < 10'000; ++i) {
    same = t.cons(t.tuple({Term::small(i % 7), Term::small(i)}), same);
  }
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
  for (Term c = whole.next(); c.is_value(); c = whole.next()) {
    backwards = t.cons(c.head(), backwards);
  }
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
  for (int i = 0; i < size; ++i) tuple = t.tuple({tuple, Term::small(std::int64_t{i} * 1'000'000)});
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

namespace {

Term text_of(TestHeap& t, std::string_view part, int times, unsigned cut_bits = 0) {
  std::string text;
  for (int i = 0; i < times; ++i) text += part;
  const Term whole = make_binary(t.heap, text);
  if (cut_bits == 0) return whole;
  // The same bytes, but they do not start on a byte.
  const NewBits shifted = make_bits(t.heap, 8 * text.size() + cut_bits);
  copy_bits(bits_view(whole).bytes, 0, shifted.bytes, cut_bits, 8 * text.size());
  return make_slice(t.heap, shifted.term, cut_bits, 8 * text.size());
}
Term text(TestHeap& t, std::string_view s) { return make_binary(t.heap, s); }

}  // namespace

TEST_CASE("binaries are searched in slices") {
  TestHeap t(1 << 22);
  for (const unsigned cut : {0u, 3u}) {
    const Term subject = text_of(t, "some words, and more of them", 40'000, cut);
    check_slices(t, bif_binary_matches_2, {subject, text(t, "o")});
    check_slices(t, bif_binary_matches_2, {subject, text(t, "none of these")});
    const Term long_pattern = text_of(t, "some words, and more of them", 90);
    check_slices(t, bif_binary_matches_2, {subject, long_pattern});
    check_slices(t, bif_binary_matches_2,
                 {subject, t.list({text(t, "m"), text(t, "more"), text(t, "themsome")})});
    check_slices(t, bif_binary_match_2, {subject, text(t, "there is no such text in it")});
    const Term scope = t.tuple({t.atom("scope"), t.tuple({Term::small(3), Term::small(900'000)})});
    check_slices(t, bif_binary_matches_3, {subject, text(t, "words"), t.list({scope})});
  }
  const Term late = text_of(t, "x", 1'000'000);
  const Term end = t.tuple({Term::small(999'999), Term::small(1)});
  const Term last = make_binary(t.heap, std::string(999'999, 'x') + "y");
  CHECK(exactly_equal(run(t, bif_binary_match_2, {last, text(t, "y")}, 100).result, end));
  CHECK(run(t, bif_binary_match_2, {late, text(t, "y")}, 100).result == kAtom_nomatch);
  check_moving(t, bif_binary_matches_2, {text_of(t, "abcdef", 60'000), text(t, "cde")});
}

TEST_CASE("a pattern is found wherever it lies across the parts of a search") {
  TestHeap t(1 << 22);
  for (std::size_t at = 65'530; at < 65'542; ++at) {
    std::string subject(200'000, '.');
    subject.replace(at, 6, "abcdef");
    const Term binary = make_binary(t.heap, subject);
    const Term patterns = t.list({text(t, "b"), text(t, "abc"), text(t, "abcdef")});
    const Term found = run(t, bif_binary_matches_2, {binary, patterns}, 1).result;
    const Term match =
        t.tuple({Term::small(static_cast<std::int64_t>(at)), Term::small(6)});
    CHECK(exactly_equal(found, t.list({match})));
  }
}

TEST_CASE("text is converted in slices") {
  TestHeap t(1 << 22);
  const Term utf8 = t.atom("utf8"), latin1 = t.atom("latin1");
  const Term plain = text_of(t, "plain ASCII text", 10'000);
  const Term mixed = text_of(t, "gr\xC3\xBC\xC3\x9F dich \xF0\x9F\x98\x80", 10'000, 5);
  Term nested = t.list({mixed, numbers(t, 1'000)});
  for (int i = 0; i < 2'000; ++i) nested = t.list({nested, Term::small(i), text(t, "ab")});
  for (const auto f : {bif_unicode_characters_to_list, bif_unicode_characters_to_binary}) {
    check_slices(t, f, {plain, utf8});
    check_slices(t, f, {mixed, utf8});
    check_slices(t, f, {mixed, latin1});
    check_slices(t, f, {nested, utf8});
    check_slices(t, f, {t.list({nested, text(t, "\xFF"), plain}), utf8});
    check_slices(t, f, {t.list({nested, nested, text(t, "\xC3")}), utf8});
    check_slices(t, f, {t.list({nested, nested, text(t, "\xC3"), Term::small(1)}), utf8});
    check_slices(t, f, {t.list({nested, nested, kAtom_ok}), utf8});
    check_slices(t, f, {t.list({t.list({nested, Term::small(0x110000)}), plain}), utf8});
    check_moving(t, f, {t.list({text_of(t, "gr\xC3\xBC\xC3\x9F", 3'000, 1), nested}), utf8});
  }
}

TEST_CASE("checksums are taken in slices") {
  TestHeap t(1 << 22);
  const Term binary = text_of(t, "0123456789", 200'000, 3);
  const Term list = t.list({text_of(t, "abc", 200'000), numbers(t, kLong), binary});
  for (const Term data : {binary, list}) {
    check_slices(t, bif_md5, {data});
    check_slices(t, bif_crc32_1, {data});
    check_slices(t, bif_crc32_2, {Term::small(77), data});
    check_slices(t, bif_adler32_2, {Term::small(77), data});
    check_slices(t, bif_md5_update, {run(t, bif_md5_init, {}, 100).result, data});
  }
  check_slices(t, bif_crc32_2, {Term::small(77), t.list({list, kAtom_ok})});
  check_moving(t, bif_md5, {t.list({text_of(t, "abc", 40'000), numbers(t, 5'000)})});
}

TEST_CASE("terms are decoded in slices") {
  TestHeap t(1 << 23);
  const auto encoded = [&](Term term) {
    return run(t, bif_term_to_binary_1, {term}, std::int64_t{1} << 40).result;
  };
  const Term term = of_all_kinds(t, 5'000);
  const Term binary = encoded(term);
  CHECK(exactly_equal(run(t, bif_binary_to_term_1, {binary}, 100).result, term));
  check_slices(t, bif_binary_to_term_1, {binary});
  const Term options = t.list({t.atom("safe"), t.atom("used")});
  check_slices(t, bif_binary_to_term_2, {binary, options});
  check_moving(t, bif_binary_to_term_1, {encoded(of_all_kinds(t, 1'500))});
  // Cut short anywhere it fails, whatever is under way there.
  const std::uint64_t size = bits_size(binary) / 8;
  for (std::uint64_t at = size / 2; at < size; at += size / 37) {
    const Run cut = run(t, bif_binary_to_term_1, {make_slice(t.heap, binary, 0, 8 * at)}, 1000);
    CHECK(cut.failed);
    CHECK(cut.result == kAtom_badarg);
  }
  // A large map that has a key twice.
  std::vector<std::uint8_t> twice{131, 116, 0, 0, 39, 16};  // 10,000 pairs
  for (int i = 0; i < 10'000; ++i) {
    const int key = i == 9'999 ? 5 : i;
    for (const int b : {98, 0, 0, key >> 8, key & 255, 97, 1}) {
      twice.push_back(static_cast<std::uint8_t>(b));
    }
  }
  CHECK(run(t, bif_binary_to_term_1, {make_binary(t.heap, twice)}, 100).result == kAtom_badarg);
}

TEST_CASE("compressed terms are decoded in slices") {
  TestHeap t(1 << 23);
  const Term term = numbers(t, 300'000);
  const Term level = t.list({t.tuple({t.atom("compressed"), Term::small(1)})});
  const Term zipped = run(t, bif_term_to_binary_2, {term, level}, std::int64_t{1} << 40).result;
  std::string more(40'000, 'x');  // is not looked at, and makes it long enough
  const Term longer = bits_append(t.heap, zipped, 8 * more.size()).term;
  check_slices(t, bif_binary_to_term_2, {longer, t.list({t.atom("used")})});
  CHECK(exactly_equal(run(t, bif_binary_to_term_1, {longer}, 1000).result, term));
}
