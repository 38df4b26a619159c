%% Maps, small and large.
-module(maps_work).
-export([main/0]).

main() ->
    row("small_maps", fun() -> small(5000000, #{a => 1, b => 2, c => 3, d => 4}) end),
    row("large_maps", fun() -> large(200000) end),
    Squares = maps:from_list([{N, N * N} || N <- lists:seq(1, 20000)]),
    row("map_folds", fun() -> folds(20, Squares, 0) end).

small(0, #{a := A, b := B, c := C, d := D}) -> A + B + C + D;
small(N, #{a := A, c := C} = M) -> small(N - 1, M#{a := (C + N) band 1023, c := A}).

large(N) ->
    M = insert(N, #{}),
    lookup(N, M, 0) + map_size(remove(N, M)).

insert(0, M) -> M;
insert(N, M) -> insert(N - 1, M#{(N * 7919) rem 1000003 => N}).

lookup(0, _, Sum) -> Sum;
lookup(N, M, Sum) -> lookup(N - 1, M, Sum + maps:get((N * 7919) rem 1000003, M)).

remove(0, M) -> M;
remove(N, M) when N rem 2 =:= 0 -> remove(N - 1, maps:remove((N * 7919) rem 1000003, M));
remove(N, M) -> remove(N - 1, M).

folds(0, _, Sum) -> Sum;
folds(N, M, Sum) ->
    M1 = maps:map(fun(_, V) -> V + 1 end, M),
    S = maps:fold(fun(_, V, Acc) -> (Acc + V) band 16#ffffff end, 0, M1),
    folds(N - 1, M1, (Sum + S) band 16#ffffff).

%% Prints the row: its name, the microseconds that F took, and its result for the runner to compare.
row(Name, F) ->
    T0 = erlang:monotonic_time(microsecond),
    Result = F(),
    T1 = erlang:monotonic_time(microsecond),
    io:format("row ~s ~b ~w~n", [Name, T1 - T0, Result]).
