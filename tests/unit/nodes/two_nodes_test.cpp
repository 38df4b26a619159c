// Several nodes in one OS process, all at work at once: they share nothing, so that each sees its
// own atoms, names, processes, tables and code; and a node that has ended leaves nothing behind.
#include <doctest/doctest.h>

#include <dirent.h>

#include "tests/unit/nodes/running_node.h"

namespace parley {
namespace {

using test::Library;
using test::RunningNode;

// What `work` computes depends on the node's own names, tables and processes, and would not come
// out with another's among them. A node ends with status 0 if all is as it should be.
const char* const kProgram = R"(
-module(worker).
-export([main/1, version/0]).

version() -> VERSION.

main([Own, Rounds]) ->
    Name = list_to_atom("name_of_" ++ Own),
    true = register(shared_name, self()),
    shared_table = ets:new(shared_table, [named_table, public]),
    true = ets:insert(shared_table, {owner, Own}),
    timer_stays(),
    ok = rounds(list_to_integer(Rounds), Own, Name),
    VERSION = ?MODULE:version(),
    ok.

%% They are armed still when the node ends, and hold a large binary.
timer_stays() ->
    erlang:send_after(3600000, self(), {late, binary:copy(<<"x">>, 1000)}),
    spawn(fun() -> receive never -> ok after 3600000 -> ok end end).

rounds(0, _, _) -> ok;
rounds(N, Own, Name) ->
    [{owner, Own}] = ets:lookup(shared_table, owner),
    Self = whereis(shared_name),
    Self = self(),
    undefined = whereis(Name),
    Tasks = [task(I, Own, Name) || I <- lists:seq(1, 12)],
    [ended(Task) || Task <- Tasks],
    true = ets:info(shared_table, size) =:= 13,
    rounds(N - 1, Own, Name).

task(I, Own, Name) ->
    spawn_monitor(fun() ->
        I =:= 1 andalso register(Name, self()),
        Blob = binary:copy(list_to_binary(Own), 200 + I),
        Echo = spawn_link(fun() -> echo() end),
        [Blob = ask(Echo, Blob) || _ <- lists:seq(1, 10)],
        Sum = lists:sum(lists:seq(1, 2000)),
        Sum = 2001000,
        true = ets:insert(shared_table, {I, Blob, Sum}),
        unlink(Echo),
        exit(Echo, kill),
        exit({done, I})
    end).

echo() -> receive {From, Ref, What} -> From ! {Ref, What}, echo() end.

ask(Echo, What) ->
    Ref = make_ref(),
    Echo ! {self(), Ref, What},
    receive {Ref, Answer} -> Answer end.

ended({Pid, Ref}) ->
    receive {'DOWN', Ref, process, Pid, {done, _}} -> ok end.
)";

std::vector<std::uint8_t> program(unsigned version) {
  std::string text = kProgram;
  const std::string name = "VERSION";
  for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at)) {
    text.replace(at, name.size(), std::to_string(version));
  }
  return test::compile_text("worker", text);
}

std::size_t entries(const char* folder) {
  std::size_t count = 0;
  DIR* all = opendir(folder);
  REQUIRE(all != nullptr);
  while (readdir(all) != nullptr) ++count;
  closedir(all);
  return count;
}
std::size_t threads_of_program() { return entries("/proc/self/task"); }
std::size_t open_files() { return entries("/proc/self/fd"); }

// A thread that has been joined may still be on its way out of the system.
bool comes_down_to(std::size_t count) {
  for (unsigned tries = 0; tries < 2000; ++tries) {
    if (threads_of_program() <= count) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

}  // namespace

TEST_CASE("two nodes at work at once each see their own world, again and again") {
  Library library;
  const auto one = program(1), two = program(2);
  std::size_t threads = 0, files = 0;
  for (unsigned round = 0; round < 5; ++round) {
    {
      RunningNode a(library, test::threaded(2), one), b(library, test::threaded(2), two);
      a.start("worker", "main", {"a", "15"});
      b.start("worker", "main", {"b", "15"});
      CHECK(a.join() == 0);
      CHECK(b.join() == 0);
      CHECK(a.node.scheduler().totals().reductions > 0);
      CHECK(b.node.scheduler().totals().reductions > 0);
    }
    // The first round may have started what stays with the program, as a sanitizer's thread.
    if (round == 0) threads = threads_of_program(), files = open_files();
    CHECK(comes_down_to(threads));
    CHECK(open_files() == files);
  }
}

TEST_CASE("a node ends while another works on") {
  Library library;
  const auto one = program(1), two = program(2);
  RunningNode lasting(library, test::threaded(2), one);
  lasting.start("worker", "main", {"lasting", "40"});
  for (unsigned round = 0; round < 4; ++round) {
    RunningNode passing(library, test::threaded(1 + round % 2), two);
    passing.start("worker", "main", {"passing", "1"});
    CHECK(passing.join() == 0);
  }
  CHECK(lasting.join() == 0);
}

TEST_CASE("a node is stopped in the middle of its work, and nothing stays of it") {
  Library library;
  const auto bytes = program(1);
  for (unsigned round = 0; round < 4; ++round) {
    RunningNode node(library, test::threaded(2), bytes);
    node.start("worker", "main", {"stopped", "1000000"});
    const auto begin = std::chrono::steady_clock::now();
    while (node.node.processes().count() < 5) {
      REQUIRE(std::chrono::steady_clock::now() - begin < std::chrono::seconds(30));
      std::this_thread::yield();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(3 * round));
  }
}

TEST_CASE("a node that was never started ends like any other") {
  Library library;
  const auto bytes = program(1);
  RunningNode node(library, test::threaded(2), bytes);
  CHECK(node.node.processes().count() == 0);
}

TEST_CASE("atoms of one node are unknown to another") {
  NodeOptions options = test::threaded(1);
  options.hash_seed = 1;
  Node a(options), b(options);
  const Term first = *a.services().atoms->intern("only_here");
  CHECK(*b.services().atoms->intern("something_else") == first);  // the same number
  CHECK(a.services().atoms->text(first) == "only_here");
  CHECK(b.services().atoms->text(first) == "something_else");
}

}  // namespace parley
