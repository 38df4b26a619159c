%% Binaries: parsing lines byte by byte, splitting, building, fields of bits.
-module(binaries).
-export([main/0]).

main() ->
    Line = <<":nick!user@host.example PRIVMSG #channel :hello there, how are you today?\r\n">>,
    Text = << <<Line/binary>> || _ <- lists:seq(1, 2000) >>,
    row("bytes", fun() -> repeat(50, fun() -> bytes(Text, 0) end) end),
    row("parse", fun() -> repeat(25, fun() -> parse(Text, 0) end) end),
    row("split", fun() -> repeat(40, fun() -> split(Text) end) end),
    row("build", fun() -> byte_size(build(2000000, <<>>)) end),
    row("comprehension", fun() -> repeat(40, fun() -> comprehension(Text) end) end),
    Packets = packets(20000, <<>>),
    row("packets", fun() -> repeat(100, fun() -> unpack(Packets, 0) end) end).

repeat(1, F) -> F();
repeat(N, F) -> F(), repeat(N - 1, F).

bytes(<<C, Rest/binary>>, Sum) -> bytes(Rest, (Sum * 31 + C) band 16#ffffff);
bytes(<<>>, Sum) -> Sum.

%% Counts the words of each line as an IRC parser meets them.
parse(<<>>, Sum) -> Sum;
parse(Text, Sum) ->
    {Words, Rest} = line(Text, <<>>, []),
    parse(Rest, Sum + length(Words)).

line(<<"\r\n", Rest/binary>>, Word, Words) -> {[Word | Words], Rest};
line(<<" :", Rest/binary>>, Word, Words) -> trailing(Rest, 0, Rest, [Word | Words]);
line(<<$\s, Rest/binary>>, Word, Words) -> line(Rest, <<>>, [Word | Words]);
line(<<C, Rest/binary>>, Word, Words) -> line(Rest, <<Word/binary, C>>, Words).

trailing(<<"\r\n", Rest/binary>>, N, Whole, Words) ->
    <<Word:N/binary, _/binary>> = Whole,
    {[Word | Words], Rest};
trailing(<<_, Rest/binary>>, N, Whole, Words) -> trailing(Rest, N + 1, Whole, Words).

split(Text) ->
    Lines = binary:split(Text, <<"\r\n">>, [global]),
    lists:sum([length(binary:split(L, <<" ">>, [global])) || L <- Lines]).

build(0, Acc) -> Acc;
build(N, Acc) -> build(N - 1, <<Acc/binary, (N band 255), N:16>>).

comprehension(Text) -> erlang:crc32(<< <<(C bxor 32)>> || <<C>> <= Text, C =/= $\s >>).

packets(0, Acc) -> Acc;
packets(N, Acc) ->
    packets(N - 1, <<Acc/binary, (N rem 16):4, 1:1, 0:3, (N rem 7):8, N:16/little,
                     (N * 5):32/signed, "pad">>).

unpack(<<Kind:4, Flag:1, _:3, Size:8, Id:16/little, Value:32/signed, _:24, Rest/binary>>, Sum) ->
    unpack(Rest, (Sum + Kind + Flag + Size + Id + Value) band 16#ffffff);
unpack(<<>>, Sum) -> Sum.

%% Prints the row: its name, the microseconds that F took, and its result for the runner to compare.
row(Name, F) ->
    T0 = erlang:monotonic_time(microsecond),
    Result = F(),
    T1 = erlang:monotonic_time(microsecond),
    io:format("row ~s ~b ~w~n", [Name, T1 - T0, Result]).
