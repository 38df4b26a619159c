// Processes that are written out at a random yield, destroyed and read back, half of them in
// another node with other hashes and other pids, end as they would have ended undisturbed.
#include "vm/node/freeze.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>

#include "tests/unit/freeze/hand_node.h"
#include "tests/unit/freeze/random_program.h"
#include "tests/unit/heap/test_heap.h"
#include "vm/heap/decode_external.h"
#include "vm/term/compare.h"
#include "vm/term/print.h"

namespace parley {
namespace {

using test::HandNode;

constexpr unsigned kProgramsAModule = 50;
constexpr unsigned kStatesWanted = 10'000;
constexpr unsigned kSlicesMax = 100'000;

std::int64_t reductions(std::mt19937_64& random) {
  // Mostly short, so that every kind of place is met; now and then a long one.
  return static_cast<std::int64_t>(1 + random() % (random() % 8 == 0 ? 3000 : 60));
}

void make_runnable(HandNode& node, Process& process) {
  if (process.current_state() == ProcessState::kWaiting) node.let_time_pass(process);
}

std::vector<std::uint8_t> undisturbed(HandNode& node, const std::string& module,
                                      const std::string& function) {
  Process* process = node.spawn(module, function);
  for (unsigned slices = 0; !node.ended(); ++slices) {
    REQUIRE(slices < kSlicesMax);
    make_runnable(node, *process);
    node.slice(*process, 2000);
  }
  return node.take_reason();
}

struct Counts {
  unsigned moved = 0, stayed = 0;
};

struct Hop {
  HandNode* node;
  Process* process;
};

// Written out, read back where `to` says, the first one destroyed. Where it cannot go at this
// moment it stays.
Hop hop(Hop from, HandNode& to, unsigned& stayed) {
  const auto bytes = freeze_process(from.node->node().services(), *from.process);
  REQUIRE_MESSAGE(bytes.has_value(), bytes.error());
  const auto back = thaw_process(to.node().services(), *bytes);
  if (!back && back.error() == "it is enumerating a large map" && from.node != &to) {
    ++stayed;
    return from;
  }
  from.node->destroy(*from.process);
  REQUIRE_MESSAGE(back.has_value(), back.error());
  return {&to, *back};
}

// The reason it ended with; adds up the states that were written out.
std::vector<std::uint8_t> disturbed(HandNode& one, HandNode& two, std::mt19937_64& random,
                                    const std::string& module, const std::string& function,
                                    Counts& counts) {
  Hop at{&one, one.spawn(module, function)};
  // How many slices until the next hop.
  unsigned slices_left = static_cast<unsigned>(random() % 20);
  for (unsigned slices = 0;; ++slices) {
    REQUIRE(slices < kSlicesMax);
    if (slices_left-- == 0) {
      const unsigned stayed_before = counts.stayed;
      at = hop(at, random() % 2 == 0 ? one : two, counts.stayed);
      if (counts.stayed == stayed_before) ++counts.moved;
      slices_left = static_cast<unsigned>(random() % 40);
    }
    make_runnable(*at.node, *at.process);
    at.node->slice(*at.process, reductions(random));
    if (at.node->ended()) return at.node->take_reason();
  }
}

bool same_term(test::TestHeap& t, const std::vector<std::uint8_t>& a,
               const std::vector<std::uint8_t>& b, std::string& shown) {
  struct NoFuns : FunResolver {
    const ExportCell* export_cell(Term, Term, std::uint32_t) override { return nullptr; }
    const FunEntry* fun_entry(const FunEntry&) override { return nullptr; }
  } funs;
  const DecodeOptions options{.funs = &funs, .seed = t.seed};
  const auto left = decode_external(t.heap, t.atoms, a, options);
  const auto right = decode_external(t.heap, t.atoms, b, options);
  REQUIRE(left.has_value());
  REQUIRE(right.has_value());
  if (exactly_equal(left->term, right->term)) return true;
  print_term(shown, left->term, t.atoms);
  shown += "\n";
  print_term(shown, right->term, t.atoms);
  return false;
}

}  // namespace

TEST_CASE("processes survive being written out and read back, here or elsewhere") {
  std::mt19937_64 random(20240607);
  test::Library library;
  HandNode one(library, 1), two(library, 2);
  Counts counts;
  unsigned programs = 0, bad = 0;
  for (unsigned m = 0; counts.moved < kStatesWanted && bad < 5; ++m) {
    const std::string module = "random_" + std::to_string(m);
    const std::string text = test::random_module(random, module, kProgramsAModule);
    const auto bytes = test::compile_text(module, text);
    REQUIRE(one.node().load(bytes).has_value());
    REQUIRE(two.node().load(bytes).has_value());
    for (unsigned p = 0; p < kProgramsAModule && bad < 5; ++p, ++programs) {
      const std::string function = "p" + std::to_string(p);
      const auto expected = undisturbed(one, module, function);
      const auto got = disturbed(one, two, random, module, function, counts);
      test::TestHeap heap;
      std::string shown;
      if (!same_term(heap, expected, got, shown)) {
        ++bad;
        FAIL_CHECK(module << ":" << function << "\n" << shown);
      }
    }
  }
  CHECK(one.node().processes().count() == 0);
  CHECK(two.node().processes().count() == 0);
  // Only what walks a large map may have to stay, and that is rare.
  CHECK(counts.stayed * 50 < counts.moved);
  std::printf("%u states of %u programs written out and read back, %u could not go then\n",
              counts.moved, programs, counts.stayed);
}

TEST_CASE("bytes that are cut short, and code of another version, are refused") {
  test::Library library;
  HandNode one(library, 1), two(library, 2);
  const std::string text =
      "-module(cut).\n-export([p0/0]).\n"
      "p0() -> put(key, [self(), fun(X) -> X end]), self() ! mail, loop(1000000, #{b => <<9>>}).\n"
      "loop(0, Map) -> Map;\n"
      "loop(N, Map) -> {N, loop(N - 1, Map#{n => N * 1.0e200})}.\n";
  REQUIRE(one.node().load(test::compile_text("cut", text)).has_value());
  Process* process = one.spawn("cut", "p0");
  for (unsigned i = 0; i < 12; ++i) {
    make_runnable(one, *process);
    one.slice(*process, 5);
    REQUIRE_FALSE(one.ended());
  }
  const auto bytes = freeze_process(one.node().services(), *process);
  REQUIRE(bytes.has_value());
  for (std::size_t size = 0; size < bytes->size(); ++size) {
    CHECK_FALSE(thaw_process(one.node().services(), {bytes->data(), size}).has_value());
  }
  CHECK(one.node().processes().count() == 1);
  REQUIRE(two.node().load(test::compile_text("cut", text + "\nother() -> 1.\n")).has_value());
  const auto elsewhere = thaw_process(two.node().services(), *bytes);
  REQUIRE_FALSE(elsewhere.has_value());
  CHECK(elsewhere.error() == "no such code here: cut");
  CHECK(two.node().processes().count() == 0);
  one.destroy(*process);
}

}  // namespace parley
