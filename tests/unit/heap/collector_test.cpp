// The collector: random programs that it must not disturb, and the generations, the depth and the
// counts that it promises.
#include "vm/heap/collector.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/unit/heap/mutator.h"
#include "tests/unit/small_stack.h"

namespace parley {
namespace {

using test::Mutator;
using test::Snapshot;
using Kind = Collector::Kind;

void check_counts(Mutator& m, const Snapshot& reached, bool exact) {
  for (Blob* blob : m.blobs()) {
    const std::uint64_t expected = m.expected_count(reached, blob);
    const std::uint64_t count = blob->references.load();
    // A minor collection may leave the dead of the old generation for later, but frees nothing
    // that lives.
    if (exact ? count != expected : count < expected) {
      FAIL_CHECK("a blob is counted " << count << " times instead of " << expected);
    }
  }
}

void check_collected(Mutator& m, Kind kind, const Snapshot& before,
                     const std::vector<Word>& literals, std::size_t wanted) {
  const Snapshot after = m.snapshot();
  CHECK(after.words == before.words);
  CHECK(m.literal_words() == literals);
  CHECK(m.dead_words_are_nil());
  CHECK(m.dead_registers_are_kept());
  CHECK(m.heap.fragments() == nullptr);
  CHECK(static_cast<std::size_t>(m.heap.limit() - m.heap.top()) >= wanted);
  const std::size_t held =
      m.nursery_words() + (m.old.block.words == nullptr ? 0 : m.old.used_words());
  const std::size_t blob_bytes = m.heap.off_heap_bytes() + m.old.off_heap_bytes;
  if (kind == Kind::kMinor) {
    CHECK(held >= after.heap_words);
    CHECK(blob_bytes >= after.blob_bytes);
  } else {
    // Nothing that is dead was copied, and nothing twice.
    CHECK(held == after.heap_words);
    CHECK(blob_bytes == after.blob_bytes);
  }
  check_counts(m, after, kind != Kind::kMinor);
}

// Receives, examines, keeps or drops messages between the steps.
void mail_step(Mutator& m) {
  switch (m.random() % 6) {
    case 0:
      if (!m.has_message()) m.receive(m.make_small_term());
      break;
    case 1:
      if (m.has_message() && !m.examining()) m.examine();
      break;
    default:
      if (m.has_message()) m.end_examination();
  }
}

void run_program(std::uint64_t seed, bool generations) {
  Mutator m(seed, 1 + static_cast<unsigned>(seed % 6));
  const std::vector<Word> literals = m.literal_words();
  for (unsigned round = 0; round < 40; ++round) {
    const unsigned steps = static_cast<unsigned>(m.random() % 120);
    for (unsigned i = 0; i < steps; ++i) m.step();
    mail_step(m);
    Kind kind = generations ? Collector::due(&m.old, m.block.words) : Kind::kWhole;
    if (kind == Kind::kMinor && m.old.block.words != nullptr && m.random() % 5 == 0) {
      kind = Kind::kMajor;
    }
    const Snapshot before = m.snapshot();
    const std::size_t wanted = m.random() % 300;
    CAPTURE(seed);
    CAPTURE(round);
    CAPTURE(static_cast<int>(kind));
    m.collect(kind, wanted, m.random() % 2 == 0 ? Collector::Fit::kTight : Collector::Fit::kRoomy);
    check_collected(m, kind, before, literals, wanted);
  }
}

}  // namespace

TEST_CASE("a collection changes nothing that a program can see, and keeps nothing else") {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) run_program(seed, false);
}

TEST_CASE("nor does it with generations") {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) run_program(seed, true);
}

TEST_CASE("what survives twice is promoted, and stays where it is until a major collection") {
  Mutator m(1);
  Word& root = m.dictionary[0];
  const auto is_old = [&m](Word word) {
    const Word* at = Term(word).address();
    return at >= m.old.block.words && at < m.old.top;
  };
  root = m.make_blob_object().raw;
  m.collect(Kind::kWhole);
  CHECK_FALSE(is_old(root));
  Word& young = m.dictionary[1];
  young = m.make_blob_object().raw;
  m.collect(Collector::due(&m.old, m.block.words));
  CHECK(is_old(root));
  CHECK_FALSE(is_old(young));  // it lay above the mark
  const Word place = root;
  m.collect(Kind::kMinor);
  CHECK(root == place);
  CHECK(is_old(young));
  CHECK(m.old.used_words() == 10);
  CHECK(m.nursery_words() == 0);
  // The dead of the old generation stay until it is looked at.
  Blob* blob = reinterpret_cast<Blob*>(Term(young).box()[3]);
  const std::uint64_t count = blob->references.load();
  young = kTagNil;
  m.collect(Kind::kMinor);
  CHECK(m.old.used_words() == 10);
  CHECK(blob->references.load() == count);
  m.collect(Kind::kMajor);
  CHECK(m.old.used_words() == 5);
  CHECK(blob->references.load() == count - 1);
  CHECK(root != place);
  CHECK(is_old(root));
}

TEST_CASE("a major collection is due when the old generation is full, or was left alone too long") {
  Mutator m(2);
  CHECK(Collector::due(nullptr, m.block.words) == Kind::kWhole);
  CHECK(Collector::due(&m.old, m.block.words) == Kind::kWhole);
  m.collect(Kind::kWhole);
  unsigned minors = 0;
  while (Collector::due(&m.old, m.block.words) == Kind::kMinor) {
    m.collect(Kind::kMinor);
    ++minors;
    REQUIRE(minors < 1000);
  }
  CHECK(minors == 64);
  m.collect(Kind::kMajor);
  CHECK(Collector::due(&m.old, m.block.words) == Kind::kMinor);
  // A long list that lives does not fit behind what is old already.
  for (unsigned rounds = 0; Collector::due(&m.old, m.block.words) == Kind::kMinor; ++rounds) {
    REQUIRE(rounds < 60);
    for (unsigned i = 0; i < 10000; ++i) {
      Word* cell = m.heap.allocate(2);
      cell[0] = kTagNil;
      cell[1] = m.dictionary[0];
      m.dictionary[0] = Term::cons(cell).raw;
    }
    m.collect(Kind::kMinor);
  }
  m.collect(Kind::kMajor);
  CHECK(m.old.free_words() >= static_cast<std::size_t>(m.old.high_water - m.block.words));
}

TEST_CASE("a term that is shared by all levels of a term stays one") {
  Mutator m(3);
  Term t = Term::nil();
  constexpr unsigned kLevels = 60;  // 2^60 leaves, were it a tree
  for (unsigned i = 0; i < kLevels; ++i) {
    Word* box = m.heap.allocate(3);
    box[0] = make_header(Subtag::kTuple, 2);
    box[1] = box[2] = t.raw;
    t = Term::boxed(box);
  }
  m.dictionary[0] = t.raw;
  for (const Kind kind : {Kind::kWhole, Kind::kMinor, Kind::kMinor, Kind::kMajor}) {
    m.collect(kind);
    unsigned levels = 0;
    for (Term at(m.dictionary[0]); at.is_boxed(); at = at.element(1), ++levels) {
      REQUIRE(at.element(0) == at.element(1));
    }
    CHECK(levels == kLevels);
    CHECK(m.snapshot().heap_words == 3 * kLevels);
  }
}

namespace {

constexpr std::size_t kDepth = 10'000'000;

// `wrap` puts a term into the object of so many words at `at`; `unwrap` takes it out again.
template <class Wrap, class Unwrap>
void check_deep(std::size_t words, Wrap wrap, Unwrap unwrap) {
  Mutator m(4, 4, kDepth * words + 1000);
  Term t = Term::small(7);
  for (std::size_t i = 0; i < kDepth; ++i) t = wrap(m.heap.allocate(words), t);
  m.dictionary[0] = t.raw;
  CHECK(m.heap.fragments() == nullptr);
  test::run_on_small_stack([&] {
    for (const Kind kind : {Kind::kWhole, Kind::kMinor, Kind::kMajor}) m.collect(kind);
  });
  CHECK(m.old.used_words() == kDepth * words);
  CHECK(m.nursery_words() == 0);
  std::size_t depth = 0;
  Term at(m.dictionary[0]);
  for (; !at.is_small(); at = unwrap(at)) ++depth;
  CHECK(depth == kDepth);
  CHECK(at == Term::small(7));
}

}  // namespace

TEST_CASE("ten million lists in each other's heads are collected on a small stack") {
  check_deep(
      2,
      [](Word* cell, Term t) {
        cell[0] = t.raw;
        cell[1] = kTagNil;
        return Term::cons(cell);
      },
      [](Term t) { return t.head(); });
}

TEST_CASE("ten million tuples in each other are collected on a small stack") {
  check_deep(
      2,
      [](Word* box, Term t) {
        box[0] = make_header(Subtag::kTuple, 1);
        box[1] = t.raw;
        return Term::boxed(box);
      },
      [](Term t) { return t.element(0); });
}

}  // namespace parley
