%% Big integers, exceptions, formatting.
-module(numbers_and_text).
-export([main/0]).

main() ->
    row("bigints", fun() -> bigints(3) end),
    row("exceptions", fun() -> exceptions(1000000, 0) end),
    row("format", fun() -> formats(60000, 0) end).

bigints(1) -> digits_sum(factorial(1500, 1)) + power(3, 20000, 1) rem 1000007;
bigints(N) -> digits_sum(factorial(1500, 1)), bigints(N - 1).

factorial(1, Acc) -> Acc;
factorial(N, Acc) -> factorial(N - 1, Acc * N).

digits_sum(0) -> 0;
digits_sum(N) -> N rem 10 + digits_sum(N div 10).

power(_, 0, Acc) -> Acc;
power(B, N, Acc) -> power(B, N - 1, Acc * B).

exceptions(0, Sum) -> Sum;
exceptions(N, Sum) ->
    Caught = try risky(N) catch throw:{too_small, X} -> X; error:badarith -> 1 end,
    exceptions(N - 1, (Sum + Caught) band 16#ffffff).

risky(N) when N rem 3 =:= 0 -> throw({too_small, N});
risky(N) -> 100 div (N rem 5).

formats(0, Sum) -> Sum;
formats(N, Sum) ->
    Text = io_lib:format("~s: ~p of ~w at ~b (~.2f)~n", ["user", {item, N}, [a, N], N, N / 3]),
    formats(N - 1, Sum + iolist_size(Text)).

%% Prints the row: its name, the microseconds that F took, and its result for the runner to compare.
row(Name, F) ->
    T0 = erlang:monotonic_time(microsecond),
    Result = F(),
    T1 = erlang:monotonic_time(microsecond),
    io:format("row ~s ~b ~w~n", [Name, T1 - T0, Result]).
