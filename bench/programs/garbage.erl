%% Garbage: a large live heap with churn.
-module(garbage).
-export([main/0]).

main() ->
    row("churn_small", fun() -> churn(3000000, [], 0) end),
    row("churn_large", fun() -> large(30) end).

%% A window of a thousand live cells over a stream of garbage.
churn(0, Live, Sum) -> Sum + length(Live);
churn(N, Live, Sum) when N rem 1000 =:= 0 -> churn(N - 1, [], Sum + length(Live));
churn(N, Live, Sum) -> churn(N - 1, [{N, [N, N]} | Live], Sum).

%% Some 100 MB live, and lists built and dropped beside it.
large(Rounds) ->
    Live = [{I, I * 2, [I]} || I <- lists:seq(1, 1000000)],
    dropped(Rounds, 0) + length(Live).

dropped(0, Sum) -> Sum;
dropped(N, Sum) -> dropped(N - 1, Sum + length(lists:seq(1, 200000))).

%% Prints the row: its name, the microseconds that F took, and its result for the runner to compare.
row(Name, F) ->
    T0 = erlang:monotonic_time(microsecond),
    Result = F(),
    T1 = erlang:monotonic_time(microsecond),
    io:format("row ~s ~b ~w~n", [Name, T1 - T0, Result]).
