%% Evaluates the examples of the documentation on Erlang/OTP. A file N.in of the given folder
%% holds the expressions of one text with a zero byte between; N.out gets their answers in the
%% same order: `value TEXT`, `undef` or `failed TEXT`. What comes after a failure is not run.
-module(evaluate).
-export([main/1]).

main([Folder, Count]) ->
    Last = list_to_integer(Count) - 1,
    [one(filename:join(Folder, integer_to_list(N))) || N <- lists:seq(0, Last)],
    halt(0).

one(Path) ->
    {ok, Bytes} = file:read_file(Path ++ ".in"),
    Expressions = [unicode:characters_to_list(E) || E <- binary:split(Bytes, <<0>>, [global])],
    Self = self(),
    {Pid, Ref} = spawn_monitor(fun() -> Self ! {answers, self(), answers(Expressions, [])} end),
    Answers = receive
                  {answers, Pid, A} -> A;
                  {'DOWN', Ref, process, Pid, Reason} -> [io_lib:format("failed ~tp", [Reason])]
              after 20000 ->
                  ["failed: ran past 20 s"]
              end,
    exit(Pid, kill),
    ok = file:write_file(Path ++ ".out",
                         unicode:characters_to_binary(lists:join([0], Answers))).

answers([], _) ->
    [];
answers([Expression | Rest], Bindings) ->
    case answer(Expression, Bindings) of
        {value, Value, More} -> [io_lib:format("value ~tp", [Value]) | answers(Rest, More)];
        {exception, Text} -> [Text | answers(Rest, Bindings)]
    end.

answer(Expression, Bindings) ->
    try
        {ok, Tokens, _} = erl_scan:string(Expression),
        {ok, Forms} = erl_parse:parse_exprs(Tokens),
        {value, _, _} = erl_eval:exprs(Forms, Bindings)
    catch
        error:undef -> {exception, "undef"};
        Class:Reason -> {exception, io_lib:format("failed ~p ~tp", [Class, Reason])}
    end.
