// Work that one scheduler is given is taken over by those that idle: each of them runs reductions,
// and soon.
#include <doctest/doctest.h>

#include "tests/unit/nodes/running_node.h"

namespace parley {
namespace {

using test::Library;
using test::RunningNode;

// All processes are spawned by one, so that all stand in its scheduler's queue.
const char* const kProgram = R"(
-module(spread).
-export([main/1]).

main([Processes, Rounds]) ->
    Count = list_to_integer(Rounds),
    All = [spawn_monitor(fun() -> spin(Count) end)
           || _ <- lists:seq(1, list_to_integer(Processes))],
    [receive {'DOWN', Ref, process, Pid, normal} -> ok end || {Pid, Ref} <- All],
    ok.

spin(0) -> ok;
spin(N) -> spin(N - 1).
)";

constexpr std::chrono::seconds kLimit{60};

std::uint64_t reductions_of(Node& node, unsigned thread) {
  return node.scheduler().thread(thread).counters().reductions.load();
}

// How many of the schedulers have run something.
unsigned busy_threads(Node& node) {
  unsigned busy = 0;
  for (unsigned i = 0; i < node.scheduler().thread_count(); ++i) {
    busy += reductions_of(node, i) > 0;
  }
  return busy;
}

}  // namespace

TEST_CASE("processes that one scheduler was given run on all of them") {
  Library library;
  const auto bytes = test::compile_text("spread", kProgram);
  for (const unsigned schedulers : {2u, 4u}) {
    RunningNode running(library, test::threaded(schedulers), bytes);
    running.start("spread", "main", {"64", "400000"});
    const auto begin = std::chrono::steady_clock::now();
    CHECK(running.join() == 0);
    CHECK(std::chrono::steady_clock::now() - begin < kLimit);
    std::uint64_t sum = 0, least = ~std::uint64_t{0};
    for (unsigned i = 0; i < schedulers; ++i) {
      const std::uint64_t mine = reductions_of(running.node, i);
      sum += mine;
      least = std::min(least, mine);
    }
    CHECK(busy_threads(running.node) == schedulers);
    CHECK(sum > 64u * 400000u);
    // How evenly depends on the machine; that nobody was left with scraps does not.
    CHECK(least > sum / schedulers / 20);
  }
}

}  // namespace parley
