// How long the slices of built-ins take, in time of the thread, when their arguments are large. A
// slice of 2,000 reductions is meant to take a millisecond; the bound is loose, since machines are
// shared, and of three runs the best counts. `unit_bif -tc="slices*" -s` prints the numbers.
#include <cstdio>
#include <string>

#include "tests/unit/bif/slices.h"

namespace parley {
#define BUILT_IN(name) Term name(BifCall& call, const Term* a)
BUILT_IN(bif_append);
BUILT_IN(bif_lists_reverse);
BUILT_IN(bif_iolist_to_binary);
BUILT_IN(bif_iolist_size);
BUILT_IN(bif_binary_to_list_1);
BUILT_IN(bif_binary_copy_2);
BUILT_IN(bif_binary_match_2);
BUILT_IN(bif_binary_matches_2);
BUILT_IN(bif_unicode_characters_to_list);
BUILT_IN(bif_unicode_characters_to_binary);
BUILT_IN(bif_md5);
BUILT_IN(bif_crc32_1);
BUILT_IN(bif_maps_keys);
BUILT_IN(bif_maps_merge);
BUILT_IN(bif_maps_from_list);
BUILT_IN(bif_maps_from_keys);
BUILT_IN(bif_term_to_binary_1);
BUILT_IN(bif_binary_to_term_1);
BUILT_IN(bif_external_size_1);
#undef BUILT_IN
}  // namespace parley

using namespace parley;
using namespace parley::test;

namespace {

#ifdef __has_feature
#if __has_feature(thread_sanitizer)
#define IS_SLOW 1
#endif
#endif
#if defined(PARLEY_DEV) || defined(IS_SLOW) || defined(__SANITIZE_THREAD__)
constexpr double kBoundMs = 300;  // under sanitizers
constexpr int kSize = 30'000;
constexpr std::int64_t kSlice = 100;  // a tenth of the data, and none done in one slice
#else
constexpr double kBoundMs = 15;
constexpr int kSize = 300'000;
constexpr std::int64_t kSlice = 2000;
#endif

Term check(TestHeap& t, const char* name, BifFunction function, std::vector<Term> arguments) {
  Run best = run(t, function, arguments, kSlice);
  for (int i = 0; i < 2; ++i) {
    const Run again = run(t, function, arguments, kSlice);
    best.longest_ms = std::min(best.longest_ms, again.longest_ms);
  }
  char line[100];
  std::snprintf(line, sizeof line, "%-24s %6zu slices, the longest %.2f ms", name, best.yields + 1,
                best.longest_ms);
  INFO(line);
  CHECK(best.longest_ms < kBoundMs);
  CHECK(best.yields > 0);
  return best.result;
}

Term numbers(TestHeap& t, int count) {
  Term list = Term::nil();
  for (int i = count; i > 0; --i) list = t.cons(Term::small(i), list);
  return list;
}
Term pairs(TestHeap& t, int from, int count) {
  Term list = Term::nil();
  for (int i = 0; i < count; ++i) {
    list = t.cons(t.tuple({Term::small(from + i), t.list({Term::small(i)})}), list);
  }
  return list;
}

}  // namespace

TEST_CASE("slices of large lists and maps are short") {
  TestHeap t(1 << 25);
  const Term list = numbers(t, kSize);
  check(t, "++", bif_append, {list, list});
  check(t, "reverse", bif_lists_reverse, {list, Term::nil()});
  const Term map = check(t, "from_list", bif_maps_from_list, {pairs(t, 0, kSize)});
  const Term more = check(t, "from_list", bif_maps_from_list, {pairs(t, kSize / 2, kSize)});
  const Term few = check(t, "from_list", bif_maps_from_list, {pairs(t, kSize - 50, kSize / 10)});
  check(t, "from_keys", bif_maps_from_keys, {list, kAtom_ok});
  check(t, "keys", bif_maps_keys, {map});
  check(t, "merge", bif_maps_merge, {map, more});
  check(t, "merge few", bif_maps_merge, {map, few});
  check(t, "merge into few", bif_maps_merge, {few, map});
}

TEST_CASE("slices of large binaries are short") {
  TestHeap t(1 << 25);
  const Term part = make_binary(t.heap, std::string_view("some text "));
  const Term binary = check(t, "copy", bif_binary_copy_2, {part, Term::small(10 * kSize)});
  const Term bytes = make_binary(t.heap, std::string(static_cast<std::size_t>(kSize), 'x'));
  Term io = Term::nil();
  for (int i = 0; i < kSize; ++i) io = t.cons(t.list({part, Term::small(i % 256)}), io);
  check(t, "iolist_to_binary", bif_iolist_to_binary, {t.list({binary, io})});
  check(t, "iolist_size", bif_iolist_size, {io});
  check(t, "binary_to_list", bif_binary_to_list_1, {bytes});
  const Term absent = make_binary(t.heap, std::string_view("some tez"));
  check(t, "match", bif_binary_match_2, {binary, absent});
  check(t, "matches", bif_binary_matches_2, {binary, make_binary(t.heap, std::string_view("te"))});
  check(t, "characters_to_list", bif_unicode_characters_to_list, {bytes, t.atom("utf8")});
  check(t, "characters_to_binary", bif_unicode_characters_to_binary, {binary, t.atom("utf8")});
  check(t, "latin1 to binary", bif_unicode_characters_to_binary, {io, t.atom("latin1")});
  check(t, "md5", bif_md5, {binary});
  check(t, "crc32", bif_crc32_1, {binary});
}

TEST_CASE("slices of large terms are short") {
  TestHeap t(1 << 25);
  const Term list = t.list({pairs(t, 0, kSize), numbers(t, kSize)});
  const Term map = run(t, bif_maps_from_list, {pairs(t, 0, kSize)}, 2000).result;
  for (const Term term : {list, map}) {
    const Term binary = check(t, "term_to_binary", bif_term_to_binary_1, {term});
    check(t, "binary_to_term", bif_binary_to_term_1, {binary});
    check(t, "external_size", bif_external_size_1, {term});
  }
}
