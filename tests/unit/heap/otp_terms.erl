%% Makes otp_terms.txt, what Erlang/OTP says of some hundred terms, one a line:
%%   external format (hex), erlang:phash2 of 2^32, ~w text
%% in the standard order, each term a little different from its neighbours. Run:
%%   escript tests/unit/heap/otp_terms.erl > tests/unit/heap/otp_terms.txt
-mode(compile).

main(_) ->
    io:setopts([{encoding, unicode}]),
    rand:seed(exsss, {1, 2, 3}),
    Terms = lists:sort(fixed() ++ [term(4) || _ <- lists:seq(1, 600)]),
    [line(T) || T <- Terms].

line(T) ->
    Hex = string:lowercase(binary:encode_hex(term_to_binary(T, [deterministic]))),
    io:format("~s ~w ~tw~n", [Hex, erlang:phash2(T, 1 bsl 32), T]).

fixed() ->
    Large = 1 bsl 200,
    [0, -1, 255, 256, 1 bsl 27, -(1 bsl 27), (1 bsl 27) - 1, 1 bsl 60, -(1 bsl 60), 1 bsl 61,
     -(1 bsl 61), -(1 bsl 61) - 1, 1 bsl 64, -(1 bsl 64), Large, -Large, Large + 1, 1.0e60,
     float(Large), 9007199254740991.0, 9007199254740992.0, 9007199254740993, 9007199254740992,
     0.1, 0.5, 1.5, -1.5, 1.0e300, -1.0e-300, 5.0e-324, 1.7976931348623157e308, 123456789.0,
     1.0e21, 1.0e22, 0.001, 0.0001, 0.00001, 100000.0, 1.0e15, 1.0e16, 12345678901234567.0,
     [], {}, #{}, <<>>, <<0>>, <<1:1>>, <<5:3>>, <<255, 1:7>>, "abc", [a | b], [300, 1, 2],
     [1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 300], fun lists:map/2, fun erlang:abs/1,
     '', a, b, 'A b', 'it\'s', 'é', 'ÿb', '日本', 'when', abcdefghi, abcdefghij,
     #{a => 1, b => 2}, #{1 => a, 1.0 => b}, #{b => 2, c => 3}, #{a => 1.0, b => 2},
     maps:from_list([{I, I * I} || I <- lists:seq(1, 32)]),
     maps:from_list([{I, I * I} || I <- lists:seq(1, 33)]),
     maps:from_list([{I, I * I} || I <- lists:seq(1, 100)]),
     maps:from_list([{I, x} || I <- lists:seq(1, 100)]),
     maps:from_list([{{k, I}, [I]} || I <- lists:seq(1, 100)]),
     list_to_binary(lists:seq(0, 99)), binary:copy(<<"xyz">>, 100)].

term(Depth) ->
    case rand:uniform(if Depth =< 0 -> 7; true -> 12 end) of
        1 -> rand:uniform(20) - 10;
        2 -> rand:uniform(1 bsl (rand:uniform(300))) - (1 bsl rand:uniform(150));
        3 -> float(rand:uniform(20) - 10) + 0.0;
        4 -> number();
        5 -> lists:nth(rand:uniform(7), [a, b, ab, abc, 'hello world', true, undefined]);
        6 -> list_to_binary([rand:uniform(256) - 1 || _ <- lists:seq(1, rand:uniform(100))]);
        7 -> Bits = rand:uniform(70), <<(rand:uniform(1 bsl Bits)):Bits>>;
        8 -> list_to_tuple(terms(Depth));
        9 -> terms(Depth);
        10 -> [rand:uniform(300) - 1 || _ <- lists:seq(1, rand:uniform(12))];
        11 -> maps:from_list([{term(Depth - 2), term(Depth - 1)}
                              || _ <- lists:seq(1, rand:uniform(6))]);
        12 -> [term(Depth - 1) | term(Depth - 1)]
    end.

terms(Depth) -> [term(Depth - 1) || _ <- lists:seq(1, rand:uniform(4))].

number() ->
    F = math:pow(10, rand:uniform(60) - 30) * (rand:uniform() - 0.5),
    case rand:uniform(2) of
        1 -> F;
        2 -> binary_to_term(term_to_binary(round(F * 1000000) / 1000000))
    end.
