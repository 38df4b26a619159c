%% How long one call of a built-in with a large argument keeps another process of the same scheduler
%% waiting. main/1 takes a number that divides all sizes, and the names of rows (all without).
%% Prints for each the milliseconds of the call and the longest pause of a loop of 1 ms timers
%% beside it; collections of the caller's garbage count, as they do in life. Start it with one
%% scheduler. Runs unchanged on Erlang/OTP.
-module(pauses).
-export([main/1]).

main([Divisor | Names]) ->
    D = list_to_integer(Divisor),
    _ = [row(Name, make_worker(Prepare, Work), Work)
         || {Name, Prepare, Work} <- rows(D), Names =:= [] orelse lists:member(Name, Names)],
    ok.

make_worker(Prepare, Work) ->
    Parent = self(),
    fun() ->
        Input = Prepare(),
        erlang:garbage_collect(),
        Parent ! ready,
        receive go -> ok end,
        Begin = erlang:monotonic_time(microsecond),
        _ = Work(Input),
        Parent ! {done, erlang:monotonic_time(microsecond) - Begin}
    end.

row(Name, Worker, _) ->
    Pid = spawn_link(Worker),
    receive ready -> ok end,
    Pid ! go,
    {Total, Longest} = watch(erlang:monotonic_time(microsecond), 0),
    io:format("~s ~.1f ~.1f~n", [Name, Total / 1000, Longest / 1000]).

watch(Last, Longest) ->
    receive
        {done, Total} -> {Total, max(Longest, late(Last))}
    after 1 ->
        watch(erlang:monotonic_time(microsecond), max(Longest, late(Last)))
    end.

late(Last) -> max(0, erlang:monotonic_time(microsecond) - Last - 1000).

rows(D) -> list_rows(D) ++ map_rows(D) ++ binary_rows(D) ++ term_rows(D) ++ table_rows(D).

numbers(N) -> fun() -> lists:seq(1, N) end.

list_rows(D) ->
    N = 3000000 div D,
    [{"seq", fun() -> N end, fun(Count) -> lists:seq(1, Count) end},
     {"++", numbers(N), fun(L) -> L ++ [x] end},
     {"reverse", numbers(N), fun lists:reverse/1},
     {"length", numbers(N), fun(L) -> length(L) end},
     {"--_few", numbers(N), fun(L) -> L -- [a, b, 17] end},
     {"--_many", numbers(N div 6), fun(L) -> L -- lists:reverse(L) end},
     {"list_to_tuple", numbers(N), fun list_to_tuple/1},
     {"tuple_to_list", fun() -> list_to_tuple(lists:seq(1, N)) end, fun tuple_to_list/1},
     {"sort", fun() -> [erlang:phash2(I) || I <- lists:seq(1, N div 6)] end, fun lists:sort/1}].

map_of(From, N) -> maps:from_list([{I, I} || I <- lists:seq(From, From + N - 1)]).

map_rows(D) ->
    N = 500000 div D,
    Map = fun() -> map_of(1, N) end,
    [{"maps:from_list", fun() -> [{I, I} || I <- lists:seq(1, N)] end, fun maps:from_list/1},
     {"maps:from_keys", numbers(N), fun(L) -> maps:from_keys(L, x) end},
     {"maps:keys", Map, fun maps:keys/1},
     {"maps:values", Map, fun maps:values/1},
     {"maps:to_list", Map, fun maps:to_list/1},
     {"maps:merge", fun() -> {map_of(1, N), map_of(N div 2, N)} end,
      fun({A, B}) -> maps:merge(A, B) end},
     {"maps:merge_few", fun() -> {map_of(1, N), map_of(N div 2, N div 10)} end,
      fun({A, B}) -> maps:merge(A, B) end},
     {"maps:map", Map, fun(M) -> maps:map(fun(_, V) -> V + 1 end, M) end}].

binary_rows(D) ->
    N = 100000000 div D,
    Big = fun() -> binary:copy(<<"abcdefghij">>, N div 10) end,
    [{"iolist_to_binary", fun() -> lists:duplicate(N div 100, [<<"abcdefghij">>, "0123456789"]) end,
      fun iolist_to_binary/1},
     {"iolist_of_big", fun() -> B = binary:copy(<<"x">>, N div 10), lists:duplicate(10, B) end,
      fun iolist_to_binary/1},
     {"iolist_size", fun() -> lists:duplicate(N div 100, [<<"abcdefghij">>, "0123456789"]) end,
      fun iolist_size/1},
     {"list_to_binary", fun() -> lists:duplicate(N div 10, $x) end, fun list_to_binary/1},
     {"binary_to_list", fun() -> binary:copy(<<"x">>, N div 10) end, fun binary_to_list/1},
     {"binary_to_list/3", fun() -> binary:copy(<<"x">>, N div 10) end,
      fun(B) -> binary_to_list(B, 2, byte_size(B)) end},
     {"binary:copy", fun() -> N end, fun(Count) -> binary:copy(<<"x">>, Count) end},
     {"binary:match", Big, fun(B) -> binary:match(B, <<"ji">>) end},
     {"binary:matches", fun() -> binary:copy(<<"abcdefghij">>, N div 100) end,
      fun(B) -> binary:matches(B, <<"j">>) end},
     {"binary:split", fun() -> binary:copy(<<"abcdefghij">>, N div 100) end,
      fun(B) -> binary:split(B, [<<"c">>, <<"ja">>], [global]) end},
     {"binary:replace", fun() -> binary:copy(<<"abcdefghij">>, N div 100) end,
      fun(B) -> binary:replace(B, <<"c">>, <<"cc">>, [global]) end},
     {"utf8_to_list", fun() -> binary:copy(<<"abcdefghij">>, N div 100) end,
      fun unicode:characters_to_list/1},
     {"utf8_to_binary", Big, fun unicode:characters_to_binary/1},
     {"list_to_utf8", fun() -> lists:duplicate(N div 20, 955) end,
      fun unicode:characters_to_binary/1},
     {"md5", Big, fun erlang:md5/1},
     {"crc32", Big, fun erlang:crc32/1},
     {"=:=_binary", fun() -> B = Big(), {B, <<B/binary, 1>>} end,
      fun({A, B}) -> A =:= binary:part(B, 0, byte_size(A)) end}].

pairs(N) -> [{I, <<"some text">>, [a, 1.5, I * 3]} || I <- lists:seq(1, N)].

term_rows(D) ->
    N = 300000 div D,
    Pairs = fun() -> pairs(N) end,
    Encoded = fun() -> term_to_binary(pairs(N)) end,
    Sink = fun() -> {spawn_link(fun() -> receive stop -> ok end end), pairs(N)} end,
    [{"term_to_binary", Pairs, fun erlang:term_to_binary/1},
     {"term_to_binary_numbers", numbers(10 * N), fun erlang:term_to_binary/1},
     {"term_to_binary_map", fun() -> map_of(1, N) end, fun erlang:term_to_binary/1},
     {"term_to_binary_bits", fun() -> binary:copy(<<"x">>, 300 * N) end,
      fun erlang:term_to_binary/1},
     {"term_to_binary_zip", Pairs, fun(T) -> term_to_binary(T, [compressed]) end},
     {"external_size", Pairs, fun erlang:external_size/1},
     {"binary_to_term", Encoded, fun erlang:binary_to_term/1},
     {"binary_to_term_map", fun() -> term_to_binary(map_of(1, N)) end, fun erlang:binary_to_term/1},
     {"binary_to_term_bits", fun() -> term_to_binary(binary:copy(<<"x">>, 300 * N)) end,
      fun erlang:binary_to_term/1},
     {"=:=", fun() -> {pairs(N), pairs(N)} end, fun({A, B}) -> A =:= B end},
     {"<", fun() -> {pairs(N), pairs(N)} end, fun({A, B}) -> A < B end},
     {"phash2", Pairs, fun erlang:phash2/1},
     {"send", Sink, fun({Pid, Term}) -> Pid ! Term end},
     {"spawn_with", Pairs, fun(T) -> spawn(fun() -> T end) end},
     {"garbage_collect", Pairs, fun(T) -> erlang:garbage_collect(), T end},
     {"integer_to_list", fun() -> 1 bsl (100 * N div 3) end, fun integer_to_list/1},
     {"list_to_integer", fun() -> lists:duplicate(10 * N div 3, $7) end, fun list_to_integer/1},
     {"multiply", fun() -> 1 bsl (20 * N) - 1 end, fun(I) -> I * I end}].

table_of(N, Kind) ->
    T = ets:new(t, [Kind, public]),
    fill(T, N).

fill(T, 0) -> T;
fill(T, N) ->
    ets:insert(T, {N, N, <<"text">>}),
    fill(T, N - 1).

table_rows(D) ->
    N = 300000 div D,
    Set = fun() -> table_of(N, set) end,
    All = [{{'$1', '_', '_'}, [], ['$1']}],
    [{"ets:insert_each", fun() -> N end, fun(Count) -> table_of(Count, set) end},
     {"ets:insert_list", fun() -> {ets:new(t, []), pairs(N)} end,
      fun({T, L}) -> ets:insert(T, L) end},
     {"ets:tab2list", Set, fun ets:tab2list/1},
     {"ets:tab2list_ordered", fun() -> table_of(N, ordered_set) end, fun ets:tab2list/1},
     {"ets:select", Set, fun(T) -> ets:select(T, All) end},
     {"ets:match_object", Set, fun(T) -> ets:match_object(T, {'_', '_', '_'}) end},
     {"ets:select_delete", Set,
      fun(T) -> ets:select_delete(T, [{{'_', '_', '_'}, [], [true]}]) end},
     {"ets:delete_all", Set, fun ets:delete_all_objects/1},
     {"ets:delete", Set, fun ets:delete/1}].
