%% Unit tests: assertions, test objects, output for debugging.
%%
%% Functions named NAME_test/0 are tests, NAME_test_/0 give tests. The compile option below asks
%% the compiler to export both; Erlang/OTP's compiler leaves it alone.
-ifndef(EUNIT_HRL_).
-define(EUNIT_HRL_, 1).
-ifndef(TEST).
-define(TEST, true).
-endif.
-ifndef(EUNIT).
-define(EUNIT, true).
-endif.
-compile(export_tests).

-include("assert.hrl").

-define(IF(Condition, Then, Else), case (Condition) of true -> (Then); false -> (Else) end).
-define(LET(Variable, Value, E), ((fun(Variable) -> (E) end)(Value))).

-define(_test(E), {?LINE, fun() -> (E) end}).
-define(_assert(E), ?_test(?assert(E))).
-define(_assertNot(E), ?_test(?assertNot(E))).
-define(_assertMatch(Guard, E), ?_test(?assertMatch(Guard, E))).
-define(_assertNotMatch(Guard, E), ?_test(?assertNotMatch(Guard, E))).
-define(_assertEqual(Expected, E), ?_test(?assertEqual(Expected, E))).
-define(_assertNotEqual(Unexpected, E), ?_test(?assertNotEqual(Unexpected, E))).
-define(_assertException(Class, Term, E), ?_test(?assertException(Class, Term, E))).
-define(_assertError(Term, E), ?_test(?assertError(Term, E))).
-define(_assertExit(Term, E), ?_test(?assertExit(Term, E))).
-define(_assertThrow(Term, E), ?_test(?assertThrow(Term, E))).

-define(debugMsg(Text), io:format(user, "~ts:~w: ~ts~n", [?FILE, ?LINE, Text])).
-define(debugHere, ?debugMsg("<-")).
-define(debugFmt(Format, Args), ?debugMsg(io_lib:format(Format, Args))).
-define(debugVal(E),
        begin
            ((fun(X__V) ->
                      ?debugFmt("~ts = ~tp", [(??E), X__V]),
                      X__V
              end)(E))
        end).
-define(debugTime(Text, E),
        begin
            ((fun() ->
                      {X__T, X__V} = timer:tc(fun() -> (E) end),
                      ?debugFmt("~ts: ~w ms", [Text, X__T div 1000]),
                      X__V
              end)())
        end).
-endif.
