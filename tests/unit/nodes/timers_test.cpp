// Timers on several schedulers, cancelled by whoever has their reference, while they fire: each is
// either cancelled or fires, once, and not before its time.
#include <doctest/doctest.h>

#include "tests/unit/nodes/running_node.h"

namespace parley {
namespace {

using test::Library;
using test::RunningNode;

// An owner arms timers for itself and has most of them cancelled by another process, which runs on
// another scheduler as often as not. A cancellation answers what was left, or false: then the
// message has come, or is about to. What comes out must account for every timer.
const char* const kProgram = R"(
-module(alarms).
-export([main/1]).

main([Owners, Rounds]) ->
    Count = list_to_integer(Rounds),
    All = [spawn_monitor(fun() -> owner(I, Count) end)
           || I <- lists:seq(1, list_to_integer(Owners))],
    [receive {'DOWN', Ref, process, Pid, Reason} -> Reason = {accounted, Count} end
     || {Pid, Ref} <- All],
    ok.

owner(I, Rounds) ->
    rand:seed(exsss, {I, 2, 3}),
    Canceller = spawn_link(fun canceller/0),
    [round(Canceller) || _ <- lists:seq(1, Rounds)],
    unlink(Canceller),
    exit(Canceller, kill),
    exit({accounted, Rounds}).

round(Canceller) ->
    Timers = [arm(N) || N <- lists:seq(1, 20)],
    receive after rand:uniform(8) - 1 -> ok end,
    [Canceller ! {cancel, self(), N, Timer} || {N, Timer, _, _} <- Timers, rand:uniform(4) > 1],
    [false = is_integer(receive_time_out(rand:uniform(4) - 1)) || _ <- [1, 2, 3]],
    Canceller ! {done, self()},
    Cancelled = answers([]),
    [settle(Timer, lists:keyfind(N, 1, Cancelled)) || {N, _, _, _} = Timer <- Timers],
    receive {alarm, _} = Twice -> exit({fired_twice, Twice}) after 0 -> ok end.

arm(N) ->
    Ms = rand:uniform(12) - 1,
    Now = erlang:monotonic_time(millisecond),
    {N, erlang:send_after(Ms, self(), {alarm, N}), Now, Ms}.

%% A time-out of a receive is a timer too; the mail above is left where it is.
receive_time_out(Ms) ->
    Begin = erlang:monotonic_time(millisecond),
    receive never -> 0
    after Ms ->
        case erlang:monotonic_time(millisecond) - Begin >= Ms of
            true -> in_time;
            false -> exit(early)
        end
    end.

answers(All) ->
    receive
        {answer, N, Answer} -> answers([{N, Answer} | All]);
        done -> All
    end.

settle({N, _, _, _}, {N, Left}) when is_integer(Left) ->
    receive {alarm, N} -> exit({cancelled_and_fired, N}) after 0 -> ok end;
settle({N, Timer, Begin, Ms}, _) ->
    receive {alarm, N} -> ok after 20000 -> exit({lost, N}) end,
    erlang:monotonic_time(millisecond) - Begin >= Ms orelse exit({early, N}),
    false = erlang:cancel_timer(Timer),
    false = erlang:read_timer(Timer).

canceller() ->
    receive
        {cancel, From, N, Timer} ->
            From ! {answer, N, erlang:cancel_timer(Timer)},
            canceller();
        {done, From} ->
            From ! done,
            canceller()
    end.
)";

}  // namespace

TEST_CASE("a timer is cancelled or fires, once, and not early") {
  Library library;
  const auto bytes = test::compile_text("alarms", kProgram);
  for (const unsigned schedulers : {1u, 2u, 4u}) {
    RunningNode running(library, test::threaded(schedulers), bytes);
    running.start("alarms", "main", {"12", "15"});
    CHECK(running.join() == 0);
    for (unsigned i = 0; i < schedulers; ++i) {
      // What belonged to processes that ended fires into the void, or has been cancelled.
      CHECK(running.node.scheduler().thread(i).timers().armed_count() == 0);
    }
  }
}

}  // namespace parley
