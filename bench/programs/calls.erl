%% Function calls and small integers.
-module(calls).
-export([main/0]).

main() ->
    fib(20),
    row("fib", fun() -> fib(33) end),
    row("tak", fun() -> taks(40, 0) end),
    row("loop", fun() -> loop(30000000, 0) end).

fib(N) when N < 2 -> N;
fib(N) -> fib(N - 1) + fib(N - 2).

taks(0, Sum) -> Sum;
taks(N, Sum) -> taks(N - 1, Sum + tak(22, 14, 7)).

tak(X, Y, Z) when Y < X -> tak(tak(X - 1, Y, Z), tak(Y - 1, Z, X), tak(Z - 1, X, Y));
tak(_, _, Z) -> Z.

loop(0, Acc) -> Acc;
loop(N, Acc) -> loop(N - 1, (Acc + N * 3) band 16#ffffff).

%% Prints the row: its name, the microseconds that F took, and its result for the runner to compare.
row(Name, F) ->
    T0 = erlang:monotonic_time(microsecond),
    Result = F(),
    T1 = erlang:monotonic_time(microsecond),
    io:format("row ~s ~b ~w~n", [Name, T1 - T0, Result]).
