// Tables by themselves: what is found after growing and deleting, walks that others disturb, and
// threads that read while others write.
#include <doctest/doctest.h>

#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include "tests/unit/heap/test_heap.h"
#include "vm/ets/tables.h"
#include "vm/heap/copy.h"
#include "vm/process/signal.h"

using namespace parley;
using parley::test::TestHeap;

namespace {

struct Fixture {
  explicit Fixture(TableKind kind, std::uint64_t seed = 42)
      : table(t.atoms, seed, TableOptions{.kind = kind}, kAtom_ok, Term::pid(1, 1), 1) {}
  // {key, value}, made without a heap, so by any thread.
  Fragment* object(std::int64_t key, std::int64_t value) {
    Word words[] = {make_header(Subtag::kTuple, 2), Term::small(key).raw, Term::small(value).raw};
    return make_message(space, MessageKind::kMessage, Term::boxed(words), 0);
  }
  void put(std::int64_t key, std::int64_t value) { table.insert(object(key, value)); }
  std::vector<std::int64_t> keys_by_next() {
    std::vector<std::int64_t> keys;
    bool known = true;
    for (Term key = table.first(); key.is_value(); key = table.next(key, known)) {
      CHECK(known);
      keys.push_back(key.small_value());
    }
    return keys;
  }

  TestHeap t;
  ProcessSpace space{t.atoms, {.processes_max = 16}};
  Table table;
};

constexpr std::int64_t kMany = 20'000;

}  // namespace

TEST_CASE("a hashed table grows, and every key is found and walked once") {
  for (const std::uint64_t seed : {1ull, 42ull, ~0ull}) {
    Fixture f(TableKind::kSet, seed);
    for (std::int64_t k = 0; k < kMany; ++k) f.put(k, k);
    for (std::int64_t k = 0; k < kMany; ++k) f.put(k, -k);
    CHECK(f.table.size() == kMany);
    for (std::int64_t k = 0; k < kMany; ++k) {
      Fragment* found = f.table.find(Term::small(k));
      REQUIRE(found != nullptr);
      REQUIRE(Table::root_of(found).element(1) == Term::small(-k));
    }
    CHECK(f.table.find(Term::small(kMany)) == nullptr);
    const auto keys = f.keys_by_next();
    CHECK(keys.size() == kMany);
    CHECK(std::set(keys.begin(), keys.end()).size() == kMany);
  }
}

TEST_CASE("objects of one key stay together, newest first") {
  Fixture f(TableKind::kDuplicateBag);
  for (std::int64_t i = 0; i < 300; ++i) f.put(i % 3, i);
  for (std::int64_t i = 0; i < 2000; ++i) f.put(1000 + i, i);
  std::int64_t expected = 298;
  for (Fragment* o = f.table.find(Term::small(1)); o != nullptr; o = f.table.older(o)) {
    CHECK(Table::root_of(o).element(1) == Term::small(expected));
    expected -= 3;
  }
  CHECK(expected == -2);
  f.table.erase_key(Term::small(1));
  CHECK(f.table.find(Term::small(1)) == nullptr);
  CHECK(f.table.size() == 2200);
}

TEST_CASE("a walk by positions meets what stays once, while the table grows and shrinks") {
  for (const TableKind kind : {TableKind::kSet, TableKind::kOrderedSet}) {
    Fixture f(kind);
    for (std::int64_t k = 0; k < kMany; ++k) f.put(k, 0);
    WalkPosition position;
    std::vector<Fragment*> batch;
    std::set<std::int64_t> met;
    std::int64_t added = kMany;
    for (;;) {
      f.table.next_batch(position, WalkDirection::kForward, 16, batch);
      if (batch.empty()) break;
      for (Fragment* o : batch) {
        const std::int64_t key = Table::root_of(o).element(0).small_value();
        if (key < kMany) CHECK(met.insert(key).second);
      }
      for (int i = 0; i < 20 && added < 3 * kMany; ++i) f.put(added++, 0);
    }
    CHECK(met.size() == kMany);
  }
}

TEST_CASE("while a table is fixed, a walk goes on after deleted keys") {
  Fixture f(TableKind::kSet);
  for (std::int64_t k = 0; k < 1000; ++k) f.put(k, 0);
  const Term pid = Term::pid(3, 1);
  f.table.fix(pid);
  bool known = true;
  std::size_t visited = 0;
  for (Term key = f.table.first(); key.is_value(); ++visited) {
    f.table.erase_key(key);
    key = f.table.next(key, known);
    CHECK(known);
  }
  CHECK(visited == 1000);
  f.table.next(Term::small(5000), known);
  CHECK(!known);
  f.table.unfix(pid);
  f.table.next(Term::small(5), known);
  CHECK(!known);
}

TEST_CASE("clearing in parts ends with nothing") {
  for (const TableKind kind : {TableKind::kBag, TableKind::kOrderedSet}) {
    Fixture f(kind);
    for (std::int64_t k = 0; k < 1000; ++k) f.put(k, 0);
    CHECK(!f.table.clear(400));
    CHECK(f.table.size() == 600);
    CHECK(f.table.clear(600));
    CHECK(!f.table.first().is_value());
  }
}

TEST_CASE("threads read whole objects while others replace them") {
  for (const TableKind kind : {TableKind::kSet, TableKind::kOrderedSet}) {
    Fixture f(kind);
    constexpr std::int64_t kKeys = 100;
    for (std::int64_t k = 0; k < kKeys; ++k) f.put(k, k);
    std::atomic<bool> stop{false};
    std::atomic<std::int64_t> torn{0}, reads{0};
    std::vector<std::thread> threads;
    for (int r = 0; r < 2; ++r) {
      threads.emplace_back([&] {
        for (std::int64_t k = 0; !stop.load(); k = (k + 1) % kKeys) {
          std::shared_lock guard(f.table.lock);
          Fragment* found = f.table.find(Term::small(k));
          // A value is its key and a multiple of the number of keys.
          if (found == nullptr ||
              Table::root_of(found).element(1).small_value() % kKeys != k) {
            torn.fetch_add(1);
          }
          reads.fetch_add(1);
        }
      });
    }
    for (int w = 0; w < 2; ++w) {
      threads.emplace_back([&, w] {
        for (std::int64_t i = 0; i < 20'000; ++i) {
          const std::int64_t k = (i * 7 + w) % kKeys;
          Fragment* fresh = f.object(k, k + kKeys * i);
          std::unique_lock guard(f.table.lock);
          f.table.insert(fresh);
        }
      });
    }
    threads[2].join(), threads[3].join();
    stop.store(true);
    threads[0].join(), threads[1].join();
    CHECK(torn.load() == 0);
    CHECK(reads.load() > 0);
    CHECK(f.table.size() == kKeys);
  }
}
