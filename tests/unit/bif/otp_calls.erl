%% Makes otp_calls.txt, what Erlang/OTP answers to calls of built-ins, one a line:
%%   {Module, Function, Arguments} and {value, Result} or {Class, Reason}, both in the external
%% format as hex. Run:
%%   escript tests/unit/bif/otp_calls.erl > tests/unit/bif/otp_calls.txt
-mode(compile).

main(_) ->
    rand:seed(exsss, {4, 5, 6}),
    [line(C) || C <- fixed() ++ arithmetic() ++ random()].

line({M, F, A}) ->
    Answer = try {value, apply(M, F, A)} catch Class:Reason -> {Class, Reason} end,
    io:format("~s ~s~n", [hex({M, F, A}), hex(Answer)]).

hex(T) -> string:lowercase(binary:encode_hex(term_to_binary(T, [deterministic]))).

numbers() ->
    [0, -1, 7, 1 bsl 60, -(1 bsl 61), (1 bsl 61) - 1, 1 bsl 64, -(1 bsl 63), 1 bsl 200,
     -(1 bsl 200) + 12345, 0.0, -1.5, 1.0e10, -1.0e300, 2305843009213693952.0, a].

arithmetic() ->
    Ops2 = ['+', '-', '*', '/', 'div', 'rem', 'band', 'bor', 'bxor', '==', '/=', '=:=', '=/=', '<',
            '=<', '>', '>=', max, min],
    [{erlang, Op, [X, Y]} || Op <- Ops2, X <- numbers(), Y <- numbers()]
        ++ [{erlang, Op, [X, Y]} || Op <- ['bsl', 'bsr'], X <- numbers(), Y <- [0, 1, 5, 63, 64,
            65, 200, -1, -64, -70, a, 1.0]]
        ++ [{erlang, Op, [X]} || Op <- ['+', '-', 'bnot', abs, trunc, round, floor, ceil, float],
            X <- numbers()]
        ++ [{erlang, Op, [big(), big()]} || Op <- ['+', '-', '*', 'div', 'rem', 'band', 'bor',
            'bxor'],
                                            _ <- lists:seq(1, 60)].

big() -> (rand:uniform(1 bsl rand:uniform(600)) - 1) * (2 * rand:uniform(2) - 3).

bools() -> [true, false, a, 1].

fixed() ->
    [{erlang, Op, [X, Y]} || Op <- ['and', 'or', 'xor'], X <- bools(), Y <- bools()]
        ++ [{erlang, 'not', [X]} || X <- bools()]
        ++ types() ++ tuples() ++ lists_() ++ maps_() ++ binaries() ++ text() ++ hashes()
        ++ unicode_() ++ util() ++ math_() ++ external().

values() ->
    [1, 1 bsl 70, 1.5, a, true, [], [1], {}, {a}, {a, b}, <<>>, <<1>>, <<1:1>>, #{}, #{a => 1},
     fun lists:map/2].

types() ->
    [{erlang, F, [V]} || F <- [is_atom, is_binary, is_bitstring, is_boolean, is_float, is_function,
                               is_integer, is_list, is_map, is_number, is_pid, is_port,
                                   is_reference,
                               is_tuple, size, byte_size, bit_size, tuple_size, map_size, hd, tl,
                                   length],
                         V <- values()]
        ++ [{erlang, is_function, [V, N]} || V <- values(), N <- [0, 2, -1, a, 1 bsl 70]]
        ++ [{erlang, is_record, [V, a]} || V <- values()]
        ++ [{erlang, is_record, [V, a, N]} || V <- values(), N <- [0, 1, 2, -1, b]]
        ++ [{erlang, is_record, [{a}, 1]}, {erlang, is_map_key, [a, #{a => 1}]},
            {erlang, is_map_key, [b, #{a => 1}]}, {erlang, is_map_key, [b, c]},
            {erlang, map_get, [a, #{a => 1}]}, {erlang, map_get, [b, #{a => 1}]}, {erlang, map_get,
                [b, c]}].

tuples() ->
    T = {a, b, c},
    [{erlang, element, [I, X]} || I <- [0, 1, 3, 4, -1, a, 1 bsl 70], X <- [T, {}, b]]
        ++ [{erlang, setelement, [I, X, new]} || I <- [0, 1, 3, 4, a], X <- [T, {}, b]]
        ++ [{erlang, make_tuple, [N, x]} || N <- [0, 1, 5, -1, a, 1 bsl 70]]
        ++ [{erlang, make_tuple, [3, x, L]} || L <- [[], [{1, y}], [{1, y}, {1, z}], [{4, y}], [a],
            [{1, y} | b]]]
        ++ [{erlang, append_element, [X, new]} || X <- [T, {}, b]]
        ++ [{erlang, insert_element, [I, X, new]} || I <- [0, 1, 3, 4, 5], X <- [T, {}, b]]
        ++ [{erlang, delete_element, [I, X]} || I <- [0, 1, 3, 4], X <- [T, {}, b]]
        ++ [{erlang, tuple_to_list, [X]} || X <- [T, {}, b]]
        ++ [{erlang, list_to_tuple, [X]} || X <- [[], [a], [a, b], [a | b], c]].

lists_() ->
    Ls = [[], [a], [a, b, c], [1, 1.0, 2, a, 1], [a | b], c, "hello", [[1], [2]]],
    [{erlang, Op, [X, Y]} || Op <- ['++', '--'], X <- Ls, Y <- Ls]
        ++ [{lists, reverse, [X, Y]} || X <- Ls, Y <- [[], [z], z]]
        ++ [{lists, member, [E, X]} || E <- [a, 1, 1.0, $l, [1]], X <- Ls]
        ++ [{lists, F, [K, N, L]} || F <- [keyfind, keymember, keysearch], K <- [a, 1, 1.0, z],
            N <- [0, 1, 2, 3, a],
                                     L <- [[], [{a, 1}], [x, {b}, {b, 1.0}, {a, 1}, {1, a}], [{b,
                                         c} | d], c]]
        ++ [{erlang, '--', [[rand:uniform(9) || _ <- lists:seq(1, 60)],
            [rand:uniform(9) || _ <- lists:seq(1, N)]]}
            || N <- [3, 10, 20, 40, 80]].

map_of(N) -> maps:from_list([{I, I * 2} || I <- lists:seq(1, N)]).

maps_() ->
    Ms = [#{}, #{a => 1}, #{1 => a, 1.0 => b, "x" => c}, map_of(31), map_of(32), map_of(33),
        map_of(200), x],
    [{maps, F, [K, M]} || F <- [get, find, is_key, remove, take], K <- [a, 1, 1.0, "x", 33, 500],
        M <- Ms]
        ++ [{maps, F, [K, new, M]} || F <- [put, update], K <- [a, 1, 1.0, "x", 33, 500], M <- Ms]
        ++ [{maps, merge, [X, Y]} || X <- Ms, Y <- Ms]
        ++ [{maps, from_list, [L]} || L <- [[], [{a, 1}, {b, 2}, {a, 3}], [a], [{a, 1} | b], c,
                                            [{I rem 40, I} || I <- lists:seq(1, 100)],
                                            [{I rem 30, I} || I <- lists:seq(1, 100)]]]
        ++ [{maps, from_keys, [L, v]} || L <- [[], [a, b, a], [a | b], c, lists:seq(1, 50)]].

binaries() ->
    B = <<"hello world">>,
    Io = [[], <<>>, B, [1, 2, 255], [1, 256], [B, [B | B], 7 | B], [a], <<1:3>>, [<<1:3>>, 5,
        <<2:7>>], a, [1 | 2], [-1]],
    [{erlang, F, [I]} || F <- [iolist_size, iolist_to_binary, list_to_binary, list_to_bitstring,
                               binary_to_list, bitstring_to_list], I <- Io]
        ++ [{erlang, binary_part, [X, S, L]} || X <- [B, <<>>, <<1:3>>, a], S <- [0, 3, 11, 12, -1,
            a], L <- [0, 2, -2, 20, a]]
        ++ [{erlang, binary_part, [B, P]} || P <- [{0, 3}, {11, -11}, {1, 11}, a, {1}]]
        ++ [{erlang, split_binary, [X, N]} || X <- [B, <<1, 2:3>>, a], N <- [0, 1, 11, 12, -1, a]]
        ++ [{erlang, binary_to_list, [B, S, E]} || S <- [0, 1, 3, 11, 12], E <- [0, 1, 3, 11, 12]]
        ++ [{binary, F, [X]} || F <- [first, last, bin_to_list, copy, decode_unsigned,
            list_to_bin], X <- [B, <<>>, <<1:3>>, a, [1, B]]]
        ++ [{binary, at, [X, N]} || X <- [B, <<>>, a], N <- [0, 5, 10, 11, -1]]
        ++ [{binary, copy, [X, N]} || X <- [B, <<>>], N <- [0, 1, 9, -1, a]]
        ++ [{binary, decode_unsigned, [X, E]} || X <- [B, <<>>, <<0, 0, 1>>], E <- [big, little, a]]
        ++ [{binary, encode_unsigned, [X, E]} || X <- [0, 1, 255, 256, 1 bsl 70, -1, a], E <- [big,
            little, a]]
        ++ [{binary, encode_unsigned, [X]} || X <- [0, 1, 255, 256, 1 bsl 70, -1, a]]
        ++ [{binary, part, [B, 2, 3]}, {binary, part, [B, {2, 3}]}, {binary, bin_to_list, [B, 2,
            3]}, {binary, bin_to_list, [B, {4, -2}]}]
        ++ [{binary, F, [L]} || F <- [longest_common_prefix, longest_common_suffix],
                                L <- [[B], [B, <<"help">>], [B, <<"world">>], [], [a], [B, <<>>],
                                    [B, B]]]
        ++ [{binary, F, [S, P]} || F <- [match, matches], S <- [B, <<>>, <<"aaaa">>, <<"ababab">>],
                                   P <- [<<"o">>, <<"l">>, <<"aa">>, <<"world">>, [<<"ab">>,
                                       <<"aba">>], [<<"o">>, <<"wor">>, <<"lo">>], <<"zz">>, <<>>,
                                       a, [<<"a">>, <<>>]]]
        ++ [{binary, F, [B, <<"o">>, [{scope, Sc}]]} || F <- [match, matches], Sc <- [{0, 4}, {4,
            1}, {5, 6}, {11, -11}, {0, 12}, a]].

text() ->
    [{erlang, integer_to_list, [N]} || N <- [0, -5, 1 bsl 70, 1 bsl 64 - 1, a, 1.0]]
        ++ [{erlang, F, [N, Base]} || F <- [integer_to_list, integer_to_binary], N <- [0, -255, 35,
            1 bsl 100, -(1 bsl 99) + 7], Base <- [2, 8, 10, 16, 36, 1, 37, a]]
        ++ [{erlang, list_to_integer, [S]} || S <- ["0", "-5", "+5", "", "-", "1_0", " 1",
            "12345678901234567890123", "-4611686018427387905", "0000000000000000000012", "abc", a,
            [1.0]]]
        ++ [{erlang, F, [S, Base]} || {F, S} <- [{list_to_integer, "zZ"}, {list_to_integer, "-ff"},
            {list_to_integer, "1010"}, {binary_to_integer, <<"FFFFFFFFFFFFFFFFFF">>},
            {binary_to_integer, <<"-7">>}], Base <- [2, 8, 10, 16, 36, 1]]
        ++ [{erlang, F, [S]} || F <- [list_to_float], S <- ["1.5", "1", "1.", ".5", "1.0e5",
            "1.0E-3", "+1.5", "-1.5e+2", "1e5", "1.0e400", "1.0e-400", "a", "", "0.1",
            "123456789.123456789"]]
        ++ [{erlang, binary_to_float, [S]} || S <- [<<"1.5">>, <<"1">>, <<>>, a]]
        ++ [{erlang, F, [X]} || F <- [float_to_list, float_to_binary], X <- [1.5, 0.1, -2.0e-7,
            1.0e100, 1, a]]
        ++ [{erlang, float_to_list, [X, O]} || X <- [0.125, 2.675, 0.5, 1.5, 2.5, 0.1, 1.005,
            123.456, -0.05, 0.25, 0.35, 4.35, 0.999999, 1.0e15, 99999999999.95, 9007199254740993.0,
            1.0e22, 1.0e-5, 3],
                                              O <- [[{decimals, 0}], [{decimals, 1}], [{decimals,
                                                  2}], [{decimals, 5}, compact], [{decimals, 20}],
                                                  [{scientific, 3}], [{scientific, 0}], [short],
                                                  [], [a], [{decimals, -1}], [{decimals, 254}]]]
        ++ [{erlang, atom_to_list, [X]} || X <- [a, 'é', '日本', '', 1]]
        ++ [{erlang, atom_to_binary, [X]} || X <- [a, 'é', '日本', '', 1]]
        ++ [{erlang, atom_to_binary, [X, E]} || X <- [a, 'é', '日本', ''], E <- [latin1, utf8,
            unicode, x]]
        ++ [{erlang, F, [X]} || F <- [list_to_atom, list_to_existing_atom], X <- ["a", "", [233],
            [26085], [16#D800], [16#110000], lists:duplicate(256, $a), lists:duplicate(255, $é), a,
            [a], [97 | b]]]
        ++ [{erlang, F, [X, E]} || F <- [binary_to_atom, binary_to_existing_atom], X <- [<<"a">>,
            <<"é"/utf8>>, <<255>>, <<>>, a, binary:copy(<<"a">>, 256)], E <- [latin1, utf8, x]].

hashes() ->
    [{erlang, phash2, [a, R]} || R <- [1, 2, 1000, 1 bsl 32, 0, (1 bsl 32) + 1, a]]
        ++ [{erlang, F, [X]} || F <- [md5, crc32, adler32], X <- [[], <<>>, <<"abc">>, [<<"ab">>,
            $c], list_to_binary(lists:seq(0, 200)), binary:copy(<<"0123456789">>, 100), a, [256]]]
        ++ [{erlang, F, [N, <<"abc">>]} || F <- [crc32, adler32], N <- [0, 1, 12345, -1, 1 bsl 32]]
        ++ [{erlang, F, [N, 77, 3]} || F <- [crc32_combine, adler32_combine], N <- [0, 1, 12345]].

unicode_() ->
    Data = [[], <<>>, "abc", [97, 1024, 128512], <<"åäö"/utf8>>, ["a", <<"å"/utf8>>, [[98]]],
        [<<195>>, <<165>>], [<<195>>, 165],
            [<<195>>, "x"], [97, <<195>>], <<97, 195>>, ["abc", <<255>>, "x"], <<65, 255>>, [[97,
                <<255>>], 98], [[97, [[98], <<99, 255>>, 3], 4], 98],
            [97, 16#D800, <<228>>], [97, 16#110000, <<228>>], [97, -1], [97, a], [97 | <<226,
                130>>], [1, [2, <<237, 160>>, 3 | <<4>>] | <<5>>],
            [1, [2 | <<255, 6>>] | <<5>>], [1, [2, [<<226, 130>>]], []], [1, [2, [<<226, 130>>]],
                <<>>], [1, [2, [<<226, 130>>]], a],
            [1, <<5>>, [<<226>>, <<130>>], 99 | <<7>>], [1, <<5>>, [<<226>>, [[<<130>>, 5], 6]],
                99 | <<7>>], [<<255>>, a], [97 | 98], <<1:3>>, [<<1:3>>], a,
            <<240, 159, 152, 128>>, [<<240>>, <<159, 152>>, <<128, 65>>]],
    [{unicode, F, [X, E]} || F <- [characters_to_list, characters_to_binary], X <- Data,
        E <- [utf8, latin1, unicode]]
        ++ [{unicode, F, [X, {utf16, E}]} || F <- [characters_to_list, characters_to_binary],
            E <- [big, little],
                                            X <- [<<0, 65, 216, 0, 220, 1>>, <<0, 65>>, <<>>, <<0,
                                                65, 216, 0>>]]
        ++ [{unicode, bin_is_7bit, [X]} || X <- [<<>>, <<"abc">>, <<200>>, a, [1]]].

util() ->
    Data = ["abc", <<"abc">>, "e\x{301}x", "\r\nx", [$e, <<16#301/utf8, "y">>], [128512, 16#200D,
        128512, 97],
            [127462, 127463, 127464, 127465], "e\x{301}", [], <<>>, "ßx", "ǆx", "ŉ", "ΣΑ", "ﬁx",
                "각a", [16#1100, 16#1161, 16#11A8], "①", "å", "a\x{30a}x",
            "İx", "ABC", <<255, 1>>, [[97], 98], [[<<"abc">>], "d"]],
    [{unicode_util, F, [X]} || F <- [gc, uppercase, lowercase, titlecase, casefold, nfd, nfkd],
        X <- Data]
        ++ [{unicode_util, F, [X]} || F <- [nfc, nfkc], X <- Data].

math_() ->
    Fs = [acos, acosh, asin, asinh, atan, atanh, ceil, cos, cosh, erf, erfc, exp, floor, log, log2,
        log10, sin, sinh, sqrt, tan, tanh],
    [{math, F, [X]} || F <- Fs, X <- [0, 1, 0.5, -1, 2.5, 1000, a, 1 bsl 2000]]
        ++ [{math, F, [X, Y]} || F <- [atan2, fmod, pow], X <- [0, 2, -2.5, a], Y <- [0, 1, 0.5,
            3]].

external() ->
    [{erlang, binary_to_term, [B]} || B <- [<<>>, <<131>>, <<131, 97>>, <<131, 97, 5>>, <<130, 97,
        5>>, <<131, 97, 5, 6>>,
                                           <<131, 108, 255, 255, 255, 255>>, <<131, 110, 1, 0, 5>>,
                                               <<131, 110, 2, 1, 0, 0>>, <<131, 70, 127, 240, 0, 0,
                                               0, 0, 0, 0>>,
                                           <<131, 116, 0, 0, 0, 2, 97, 1, 97, 1, 97, 1, 97, 2>>,
                                               <<131, 119, 2, 255, 255>>, <<131, 77, 0, 0, 0, 1, 9,
                                               1>>, <<131, 77, 0, 0, 0, 1, 3, 255>>,
                                           <<131, 99, "1.50000000000000000000e+00", 0, 0, 0, 0,
                                               0>>, term_to_binary(lists:duplicate(1000, abc),
                                               [compressed]), a, <<1:3>>]]
        ++ [{erlang, binary_to_term, [B, O]} || B <- [<<131, 97, 5, 6>>, term_to_binary(a)],
            O <- [[], [used], [safe], [safe, used], [x]]]
        ++ [{erlang, external_size, [X]} || X <- [1, <<1>>, [1, 2, 3], {1.5}]].

%% Random terms through functions that take any.
random() ->
    [{erlang, phash2, [any(3)]} || _ <- lists:seq(1, 200)]
        ++ [{erlang, Op, [any(2), any(2)]} || Op <- ['<', '==', '=:='], _ <- lists:seq(1, 150)].

any(D) ->
    case rand:uniform(if D =:= 0 -> 5; true -> 9 end) of
        1 -> rand:uniform(4);
        2 -> float(rand:uniform(4));
        3 -> lists:nth(rand:uniform(3), [a, b, c]);
        4 -> list_to_binary(lists:seq(1, rand:uniform(3)));
        5 -> [];
        6 -> [any(D - 1) || _ <- lists:seq(1, rand:uniform(3))];
        7 -> list_to_tuple([any(D - 1) || _ <- lists:seq(1, rand:uniform(3))]);
        8 -> maps:from_list([{any(D - 1), any(D - 1)} || _ <- lists:seq(1, rand:uniform(3))]);
        9 -> [any(D - 1) | any(D - 1)]
    end.
