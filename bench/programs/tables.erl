%% Tables in memory.
-module(tables).
-export([main/0]).

main() ->
    T = ets:new(users, [set, public]),
    row("ets_insert", fun() -> insert(300000, T), ets:info(T, size) end),
    row("ets_lookup", fun() -> lookup(600000, T, 0) end),
    row("ets_counter", fun() -> counter(2000000, T) end),
    row("ets_lookup_2", fun() -> together(2, fun() -> lookup(600000, T, 0) end) end),
    O = ets:new(log, [ordered_set, public]),
    row("ets_ordered", fun() -> ordered(100000, O) end).

insert(0, _) -> ok;
insert(N, T) ->
    ets:insert(T, {N, {user, N, <<"name">>}, 0}),
    insert(N - 1, T).

lookup(0, _, Sum) -> Sum;
lookup(N, T, Sum) ->
    [{_, {user, M, _}, _}] = ets:lookup(T, (N * 7919) rem 300000 + 1),
    lookup(N - 1, T, (Sum + M) band 16#ffffff).

counter(0, T) -> ets:lookup_element(T, 17, 3);
counter(N, T) -> ets:update_counter(T, 17, {3, 1}), counter(N - 1, T).

together(Workers, F) ->
    Self = self(),
    Pids = [spawn(fun() -> Self ! {self(), F()} end) || _ <- lists:seq(1, Workers)],
    lists:sum([receive {P, R} -> R end || P <- Pids]).

ordered(N, T) ->
    [ets:insert(T, {(I * 7919) rem 1000003, I}) || I <- lists:seq(1, N)],
    walk(ets:first(T), T, 0).

walk('$end_of_table', _, Count) -> Count;
walk(Key, T, Count) -> walk(ets:next(T, Key), T, Count + 1).

%% Prints the row: its name, the microseconds that F took, and its result for the runner to compare.
row(Name, F) ->
    T0 = erlang:monotonic_time(microsecond),
    Result = F(),
    T1 = erlang:monotonic_time(microsecond),
    io:format("row ~s ~b ~w~n", [Name, T1 - T0, Result]).
