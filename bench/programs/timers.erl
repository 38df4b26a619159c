%% Timers armed and cancelled, and timers that fire.
-module(timers).
-export([main/0]).

main() ->
    row("timer_cancel", fun() -> cancel(500000, 0) end),
    row("timer_hold", fun() -> hold(200000) end),
    row("receive_after", fun() -> receive_after(2000000, 0) end).

cancel(0, Count) -> Count;
cancel(N, Count) ->
    Ref = erlang:send_after(60000 + N band 4095, self(), {late, N}),
    case erlang:cancel_timer(Ref) of
        Left when is_integer(Left) -> cancel(N - 1, Count + 1);
        false -> cancel(N - 1, Count)
    end.

%% All armed first, then all cancelled.
hold(N) ->
    Refs = [erlang:start_timer(60000 + I band 65535, self(), I) || I <- lists:seq(1, N)],
    length([R || R <- Refs, erlang:cancel_timer(R) =/= false]).

%% A receive with a time limit that a message ends.
receive_after(0, Count) -> Count;
receive_after(N, Count) ->
    self() ! go,
    receive go -> receive_after(N - 1, Count + 1) after 60000 -> Count end.

%% Prints the row: its name, the microseconds that F took, and its result for the runner to compare.
row(Name, F) ->
    T0 = erlang:monotonic_time(microsecond),
    Result = F(),
    T1 = erlang:monotonic_time(microsecond),
    io:format("row ~s ~b ~w~n", [Name, T1 - T0, Result]).
