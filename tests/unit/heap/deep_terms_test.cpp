// Terms of great depth: no walk over a term may use the C++ stack for its depth. The threads that
// run these walks have small stacks, so that one that recurses dies.
#include <doctest/doctest.h>

#include <vector>

#include "tests/unit/heap/test_heap.h"
#include "tests/unit/small_stack.h"
#include "vm/heap/copy.h"
#include "vm/heap/decode_external.h"
#include "vm/term/compare.h"
#include "vm/term/hash.h"
#include "vm/term/print.h"

using namespace parley;
using parley::test::run_on_small_stack;
using parley::test::TestHeap;

namespace {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr std::size_t kDepth = 200'000;
#else
constexpr std::size_t kDepth = 2'000'000;
#endif
#else
constexpr std::size_t kDepth = 2'000'000;
#endif

// Everything that walks a term, on two equal ones and one that differs at the bottom.
void walk_all(TestHeap& t, Term one, Term same, Term other) {
  run_on_small_stack([&] {
    CHECK(exactly_equal(one, same));
    CHECK(equal(one, same));
    CHECK(compare(one, same, t.atoms) == 0);
    CHECK(!exactly_equal(one, other));
    CHECK(compare(one, other, t.atoms) == -1);
    CHECK(internal_hash(one, t.atoms, 1) == internal_hash(same, t.atoms, 1));
    CHECK(internal_hash(one, t.atoms, 1) != internal_hash(other, t.atoms, 1));
    CHECK(portable_hash(one, t.atoms) == portable_hash(same, t.atoms));
    const bool same_text = print_term(one, t.atoms) == print_term(same, t.atoms);
    CHECK(same_text);
    const Term copy = copy_to_heap(one, t.heap, {});
    CHECK(exactly_equal(one, copy));
    std::vector<std::uint8_t> bytes{external::kVersion};
    encode_external(bytes, one, t.atoms);
    const auto decoded = decode_external(t.heap, t.atoms, bytes, {.seed = t.seed});
    REQUIRE(decoded.has_value());
    CHECK(exactly_equal(one, decoded->term));
  });
}

template <class Wrap>
void check_depth(std::size_t depth, Wrap wrap) {
  TestHeap t;
  Term one = Term::small(1), same = Term::small(1), other = Term::small(2);
  for (std::size_t i = 0; i < depth; ++i) {
    one = wrap(t, one);
    same = wrap(t, same);
    other = wrap(t, other);
  }
  walk_all(t, one, same, other);
}

}  // namespace

TEST_CASE("lists nested in their heads") {
  check_depth(kDepth, [](TestHeap& t, Term x) { return t.cons(x, Term::nil()); });
}
TEST_CASE("lists nested in their heads, with tails") {
  check_depth(kDepth, [](TestHeap& t, Term x) { return t.cons(x, t.list({kAtom_ok})); });
}
TEST_CASE("long lists") {
  check_depth(kDepth, [](TestHeap& t, Term x) { return t.cons(kAtom_ok, x); });
}
TEST_CASE("tuples nested at their end") {
  check_depth(kDepth, [](TestHeap& t, Term x) { return t.tuple({kAtom_ok, x}); });
}
TEST_CASE("tuples nested at their front") {
  check_depth(kDepth, [](TestHeap& t, Term x) { return t.tuple({x, kAtom_ok}); });
}
TEST_CASE("maps nested in values") {
  check_depth(kDepth / 10, [](TestHeap& t, Term x) {
    return map_from_pairs(t.maps(), {{kAtom_ok, x}, {kAtom_error, Term::small(1)}});
  });
}
TEST_CASE("maps nested in keys") {
  check_depth(kDepth / 10, [](TestHeap& t, Term x) {
    return map_from_pairs(t.maps(), {{t.tuple({x}), kAtom_ok}});
  });
}
TEST_CASE("large maps nested in keys and values") {
  std::size_t calls = 0;  // three a level
  check_depth(200, [&](TestHeap& t, Term x) {
    std::vector<MapPair> pairs;
    for (int i = 0; i < 33; ++i) pairs.push_back({Term::small(i), Term::small(i)});
    pairs.push_back(calls++ / 3 % 2 == 0 ? MapPair{kAtom_ok, x} : MapPair{t.tuple({x}), kAtom_ok});
    return map_from_pairs(t.maps(), std::move(pairs));
  });
}
