%% Assertions. A failed one raises {Kind, [{module, _}, {line, _}, {expression, _} | Details]}.
-ifdef(NOASSERT).
-define(assert(E), ok).
-define(assertNot(E), ok).
-else.
-define(assert(E),
        begin
            ((fun() ->
                      case (E) of
                          true -> ok;
                          X__V ->
                              erlang:error({assert, [{module, ?MODULE}, {line, ?LINE},
                                                     {expression, (??E)}, {expected, true},
                                                     case X__V of
                                                         false -> {value, X__V};
                                                         _ -> {not_boolean, X__V}
                                                     end]})
                      end
              end)())
        end).
-define(assertNot(E),
        begin
            ((fun() ->
                      case (E) of
                          false -> ok;
                          X__V ->
                              erlang:error({assert, [{module, ?MODULE}, {line, ?LINE},
                                                     {expression, (??E)}, {expected, false},
                                                     case X__V of
                                                         true -> {value, X__V};
                                                         _ -> {not_boolean, X__V}
                                                     end]})
                      end
              end)())
        end).
-endif.
-define(assert(E, Comment), ?assert(E)).
-define(assertNot(E, Comment), ?assertNot(E)).

-define(assertMatch(Guard, E),
        begin
            ((fun() ->
                      case (E) of
                          Guard -> ok;
                          X__V ->
                              erlang:error({assertMatch, [{module, ?MODULE}, {line, ?LINE},
                                                          {expression, (??E)},
                                                          {pattern, (??Guard)}, {value, X__V}]})
                      end
              end)())
        end).
-define(assertMatch(Guard, E, Comment), ?assertMatch(Guard, E)).

-define(assertNotMatch(Guard, E),
        begin
            ((fun() ->
                      X__V = (E),
                      case X__V of
                          Guard ->
                              erlang:error({assertNotMatch, [{module, ?MODULE}, {line, ?LINE},
                                                             {expression, (??E)},
                                                             {pattern, (??Guard)},
                                                             {value, X__V}]});
                          _ -> ok
                      end
              end)())
        end).
-define(assertNotMatch(Guard, E, Comment), ?assertNotMatch(Guard, E)).

-define(assertEqual(Expected, E),
        begin
            ((fun() ->
                      X__X = (Expected),
                      case (E) of
                          X__X -> ok;
                          X__V ->
                              erlang:error({assertEqual, [{module, ?MODULE}, {line, ?LINE},
                                                          {expression, (??E)}, {expected, X__X},
                                                          {value, X__V}]})
                      end
              end)())
        end).
-define(assertEqual(Expected, E, Comment), ?assertEqual(Expected, E)).

-define(assertNotEqual(Unexpected, E),
        begin
            ((fun() ->
                      X__X = (Unexpected),
                      case (E) of
                          X__X ->
                              erlang:error({assertNotEqual, [{module, ?MODULE}, {line, ?LINE},
                                                             {expression, (??E)},
                                                             {value, X__X}]});
                          _ -> ok
                      end
              end)())
        end).
-define(assertNotEqual(Unexpected, E, Comment), ?assertNotEqual(Unexpected, E)).

-define(assertException(Class, Term, E),
        begin
            ((fun() ->
                      try (E) of
                          X__V ->
                              erlang:error({assertException,
                                            [{module, ?MODULE}, {line, ?LINE},
                                             {expression, (??E)},
                                             {pattern, "{ " ++ (??Class) ++ " , " ++ (??Term) ++
                                                  " , [...] }"},
                                             {unexpected_success, X__V}]})
                      catch
                          Class:Term -> ok;
                          X__C:X__T:X__S ->
                              erlang:error({assertException,
                                            [{module, ?MODULE}, {line, ?LINE},
                                             {expression, (??E)},
                                             {pattern, "{ " ++ (??Class) ++ " , " ++ (??Term) ++
                                                  " , [...] }"},
                                             {unexpected_exception, {X__C, X__T, X__S}}]})
                      end
              end)())
        end).
-define(assertException(Class, Term, E, Comment), ?assertException(Class, Term, E)).
-define(assertError(Term, E), ?assertException(error, Term, E)).
-define(assertError(Term, E, Comment), ?assertError(Term, E)).
-define(assertExit(Term, E), ?assertException(exit, Term, E)).
-define(assertExit(Term, E, Comment), ?assertExit(Term, E)).
-define(assertThrow(Term, E), ?assertException(throw, Term, E)).
-define(assertThrow(Term, E, Comment), ?assertThrow(Term, E)).

-define(assertNotException(Class, Term, E),
        begin
            ((fun() ->
                      try (E) of
                          _ -> ok
                      catch
                          X__C:X__T:X__S ->
                              case X__C of
                                  Class ->
                                      case X__T of
                                          Term ->
                                              erlang:error({assertNotException,
                                                            [{module, ?MODULE}, {line, ?LINE},
                                                             {expression, (??E)},
                                                             {pattern, "{ " ++ (??Class) ++ " , "
                                                              ++ (??Term) ++ " , [...] }"},
                                                             {unexpected_exception,
                                                              {X__C, X__T, X__S}}]});
                                          _ -> ok
                                      end;
                                  _ -> ok
                              end
                      end
              end)())
        end).
