// Maps against a model, with whole hashes and with hashes of few bits, where most keys collide.
#include "vm/heap/map.h"

#include <doctest/doctest.h>

#include <map>
#include <random>

#include "tests/unit/heap/test_heap.h"
#include "vm/term/compare.h"
#include "vm/term/hash.h"
#include "vm/term/print.h"

using namespace parley;
using parley::test::TestHeap;

namespace {

struct Less {
  const AtomTable* atoms;
  bool operator()(Term l, Term r) const { return compare_exact(l, r, *atoms) < 0; }
};
using Model = std::map<Term, Term, Less>;

// Keys of all kinds; equal numbers give equal keys that are made anew each time.
Term make_key(TestHeap& t, unsigned n) {
  switch (n % 5) {
    case 0: return Term::small(n);
    case 1: return t.number(n - 1.0);
    case 2: return t.tuple({Term::small(n)});
    case 3: return make_binary(t.heap, "key" + std::to_string(n));
    default: return t.atom("key" + std::to_string(n));
  }
}

void check_against(TestHeap& t, const Model& model, Term map) {
  REQUIRE(map_size(map) == model.size());
  REQUIRE(is_flat_map(map) == (model.size() <= kFlatMapMax));
  const auto pairs = map_sorted_pairs(t.atoms, map);
  REQUIRE(pairs.size() == model.size());
  std::size_t i = 0;
  for (const auto& [key, value] : model) {
    CHECK(exactly_equal(pairs[i].key, key));
    CHECK(pairs[i++].value == value);
    CHECK(map_get(t.maps(), map, key) == value);
  }
  // The shape depends on the pairs alone: built at once it is the same, node by node.
  const Term rebuilt = map_from_pairs(t.maps(), map_pairs(map));
  CHECK(exactly_equal(map, rebuilt));
  CHECK(compare_exact(map, rebuilt, t.atoms) == 0);
  CHECK(internal_hash(map, t.atoms, 5) == internal_hash(rebuilt, t.atoms, 5));
}

void random_changes(std::uint64_t hash_mask, unsigned key_count, unsigned changes) {
  TestHeap t(1 << 20);
  t.hash_mask = hash_mask;
  Model model(Less{&t.atoms});
  Term map = map_empty(t.heap);
  std::mt19937 random(7);
  for (unsigned i = 0; i < changes; ++i) {
    const Term key = make_key(t, random() % key_count);
    const Term value = Term::small(random() % 100);
    const bool known = model.contains(key);
    CHECK(map_get(t.maps(), map, key).is_value() == known);
    // Long phases of growing and of shrinking cross the border between the shapes both ways.
    const bool grow = random() % 8 < (i / (changes / 4) % 2 == 0 ? 6u : 2u);
    if (grow) {
      CHECK(map_update(t.maps(), map, key, value).is_value() == known);
      map = map_put(t.maps(), map, key, value);
      model.insert_or_assign(key, value);
    } else {
      const Term smaller = map_remove(t.maps(), map, key);
      CHECK((smaller == map) == !known);
      map = smaller;
      model.erase(key);
    }
    if (i % 37 == 0) check_against(t, model, map);
  }
  check_against(t, model, map);
}

}  // namespace

TEST_CASE("random changes agree with a model") { random_changes(~0ull, 300, 3000); }
TEST_CASE("random changes agree with a model near the border between the shapes") {
  random_changes(~0ull, 45, 3000);
}
TEST_CASE("random changes agree where hashes collide on the upper levels") {
  random_changes(0xFF, 200, 2000);
}
TEST_CASE("random changes agree where all hashes are one of four") {
  random_changes(0xC000000000000000u, 120, 1500);
}

TEST_CASE("a map that would not change is returned itself; values share the keys") {
  TestHeap t;
  const Term map =
      map_from_pairs(t.maps(), {{kAtom_ok, Term::small(1)}, {kAtom_error, Term::small(2)}});
  CHECK(map_put(t.maps(), map, kAtom_ok, Term::small(1)) == map);
  const Term changed = map_put(t.maps(), map, kAtom_ok, Term::small(3));
  CHECK(flat_map_keys(changed) == flat_map_keys(map));
  CHECK(map_remove(t.maps(), map, kAtom_exit) == map);
}

TEST_CASE("several changes at once are the same changes one by one, and leave the old map alone") {
  TestHeap t(1 << 20);
  std::mt19937 random(9);
  for (int i = 0; i < 300; ++i) {
    std::vector<MapPair> pairs;
    for (unsigned k = 0; k < random() % 40; ++k) pairs.push_back({make_key(t, k), kAtom_ok});
    const Term old = map_from_pairs(t.maps(), pairs);
    const Term kept = map_from_pairs(t.maps(), pairs);
    const MapContext context = t.maps();
    MapChange change(context, old);
    Term expected = old;
    for (unsigned k = 0; k < 6; ++k) {
      const Term key = make_key(t, random() % 45), value = Term::small(random() % 3);
      const bool known = map_get(context, expected, key).is_value();
      if (k % 2 == 0) {
        CHECK(change.update(key, value) == known);
        if (known) expected = map_put(context, expected, key, value);
      } else {
        change.put(key, value);
        expected = map_put(context, expected, key, value);
      }
    }
    CHECK(exactly_equal(change.map(), expected));
    CHECK(exactly_equal(old, kept));
  }
}

TEST_CASE("merging is putting every pair of the right map") {
  TestHeap t(1 << 20);
  for (const unsigned l_count : {0u, 3u, 20u, 40u, 500u}) {
    for (const unsigned r_count : {0u, 3u, 20u, 40u, 500u}) {
      std::vector<MapPair> left, right;
      for (unsigned i = 0; i < l_count; ++i) left.push_back({make_key(t, i), kAtom_ok});
      for (unsigned i = 0; i < r_count; ++i) right.push_back({make_key(t, i * 2), kAtom_error});
      const Term l = map_from_pairs(t.maps(), left), r = map_from_pairs(t.maps(), right);
      Term expected = l;
      for (const MapPair& p : right) expected = map_put(t.maps(), expected, p.key, p.value);
      CHECK(exactly_equal(map_merge(t.maps(), l, r), expected));
    }
  }
}

TEST_CASE("a cursor goes on from every position") {
  for (const std::uint64_t mask : {~0ull, 0xF000000000000000ull, 0xFFull}) {
    TestHeap t(1 << 20);
    t.hash_mask = mask;
    for (const unsigned count : {0u, 5u, 33u, 400u}) {
      std::vector<MapPair> pairs;
      for (unsigned i = 0; i < count; ++i) pairs.push_back({make_key(t, i), Term::small(i)});
      const Term map = map_from_pairs(t.maps(), pairs);
      const auto all = map_pairs(map);
      REQUIRE(all.size() == count);
      MapCursor cursor(map);
      for (std::size_t i = 0; i < all.size(); ++i) {
        if (cursor.at_position_start()) {
          MapCursor again(map, cursor.position());
          MapPair p;
          REQUIRE(again.next(p.key, p.value));
          CHECK(p.value == all[i].value);
        }
        MapPair p;
        REQUIRE(cursor.next(p.key, p.value));
        CHECK(p.value == all[i].value);
      }
      CHECK(cursor.done());
    }
  }
}

TEST_CASE("maps of one size are ordered by their smallest different key, then by values") {
  TestHeap t(1 << 20);
  std::mt19937 random(3);
  const auto make = [&](unsigned count, unsigned skip, unsigned special) {
    std::vector<MapPair> pairs;
    for (unsigned i = 0; i <= count; ++i) {
      if (i != skip) pairs.push_back({Term::small(i), Term::small(i == special ? 9 : 1)});
    }
    return map_from_pairs(t.maps(), pairs);
  };
  const auto by_definition = [&](Term l, Term r) {
    const auto a = map_sorted_pairs(t.atoms, l), b = map_sorted_pairs(t.atoms, r);
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (const int o = compare_exact(a[i].key, b[i].key, t.atoms); o != 0) return o;
    }
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (const int o = compare(a[i].value, b[i].value, t.atoms); o != 0) return o;
    }
    return 0;
  };
  for (const unsigned count : {10u, 60u, 300u}) {
    for (int i = 0; i < 60; ++i) {
      const Term l = make(count, random() % count, random() % (count * 2));
      const Term r = make(count, random() % count, random() % (count * 2));
      CHECK(compare(l, r, t.atoms) == by_definition(l, r));
      CHECK(compare(r, l, t.atoms) == -compare(l, r, t.atoms));
    }
  }
}
