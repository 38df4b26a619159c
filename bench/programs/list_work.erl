%% Lists: recursion, sorting, folding, backtracking.
-module(list_work).
-export([main/0]).

main() ->
    L = lists:seq(1, 500),
    row("nrev", fun() -> repeat(200, fun() -> length(nrev(L)) end) end),
    R = random_list(200000, 42, []),
    row("sort", fun() -> checksum(msort(R), 1, 0) end),
    row("quicksort", fun() -> checksum(quicksort(R), 1, 0) end),
    row("library_lists", fun() -> repeat(10, fun() -> library(R) end) end),
    row("queens", fun() -> repeat(20, fun() -> length(queens(9)) end) end).

repeat(1, F) -> F();
repeat(N, F) -> F(), repeat(N - 1, F).

nrev([]) -> [];
nrev([H | T]) -> app(nrev(T), [H]).

app([], L) -> L;
app([H | T], L) -> [H | app(T, L)].

random_list(0, _, Acc) -> Acc;
random_list(N, Seed, Acc) ->
    Next = (Seed * 1103515245 + 12345) band 16#7fffffff,
    random_list(N - 1, Next, [Next bsr 8 | Acc]).

checksum([], _, Sum) -> Sum;
checksum([H | T], I, Sum) -> checksum(T, I + 1, (Sum + H * I) band 16#ffffffff).

msort([]) -> [];
msort([X]) -> [X];
msort(L) ->
    {A, B} = split(L, [], []),
    merge(msort(A), msort(B)).

split([], A, B) -> {A, B};
split([H | T], A, B) -> split(T, [H | B], A).

merge([], B) -> B;
merge(A, []) -> A;
merge([X | A], [Y | _] = B) when X =< Y -> [X | merge(A, B)];
merge(A, [Y | B]) -> [Y | merge(A, B)].

quicksort([]) -> [];
quicksort([P | T]) ->
    quicksort([X || X <- T, X < P]) ++ [P | quicksort([X || X <- T, X >= P])].

library(L) ->
    A = lists:map(fun(X) -> X band 1023 end, L),
    B = lists:filter(fun(X) -> X rem 3 =:= 0 end, A),
    lists:foldl(fun(X, Sum) -> (Sum + X) band 16#ffffff end, 0, lists:reverse(B)).

queens(N) -> queens(N, N).

queens(0, _) -> [[]];
queens(K, N) -> [[Q | Qs] || Qs <- queens(K - 1, N), Q <- lists:seq(1, N), safe(Q, 1, Qs)].

safe(_, _, []) -> true;
safe(Q, D, [Q1 | Qs]) -> Q =/= Q1 andalso abs(Q - Q1) =/= D andalso safe(Q, D + 1, Qs).

%% Prints the row: its name, the microseconds that F took, and its result for the runner to compare.
row(Name, F) ->
    T0 = erlang:monotonic_time(microsecond),
    Result = F(),
    T1 = erlang:monotonic_time(microsecond),
    io:format("row ~s ~b ~w~n", [Name, T1 - T0, Result]).
