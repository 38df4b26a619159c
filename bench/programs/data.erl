%% Tuples, records and closures.
-module(data).
-export([main/0]).

-record(user, {name, age = 0, visits = 0, last = none, tags = [], level = 1}).

main() ->
    row("tuples", fun() -> tuples(5000000, {1, 2, 3, 4}) end),
    row("records", fun() -> records(5000000, #user{name = alice}) end),
    row("closures", fun() -> closures(3000000, 0) end),
    row("trees", fun() -> trees(12, 0) end).

tuples(0, {A, B, C, D}) -> A + B + C + D;
tuples(N, {A, B, C, D}) -> tuples(N - 1, {B, C, D, (A + N) band 65535}).

records(0, #user{age = A, visits = V, level = L}) -> {A, V, L};
records(N, #user{visits = V} = U) when N rem 3 =:= 0 ->
    records(N - 1, U#user{visits = V + 1, last = N});
records(N, #user{age = A, level = L} = U) ->
    records(N - 1, U#user{age = (A + L) band 1023}).

closures(0, Acc) -> Acc;
closures(N, Acc) ->
    Add = fun(X) -> X + N end,
    Twice = fun(F, X) -> F(F(X)) end,
    closures(N - 1, Twice(Add, Acc) band 16#ffffff).

trees(0, Sum) -> Sum;
trees(N, Sum) -> trees(N - 1, Sum + count(build(15))).

build(0) -> leaf;
build(D) -> {node, build(D - 1), build(D - 1)}.

count(leaf) -> 1;
count({node, L, R}) -> count(L) + count(R).

%% Prints the row: its name, the microseconds that F took, and its result for the runner to compare.
row(Name, F) ->
    T0 = erlang:monotonic_time(microsecond),
    Result = F(),
    T1 = erlang:monotonic_time(microsecond),
    io:format("row ~s ~b ~w~n", [Name, T1 - T0, Result]).
