%% Runs Erlang source files one after the other in one emulator and keeps what each printed.
%% The first argument names a file that lists the sources, one a line; the second is the time
%% limit of one in milliseconds. Beside each source appear `status` (ok, exception, timeout or
%% compile) and `output` (what main/0 printed, or the compiler's errors, as UTF-8).
%%
%% Each program runs under a group leader of its own, which collects its output; when main/0
%% has returned, every process that still has this group leader is killed, so that no program
%% meets another's registered names or timers.
-module(oracle).
-export([main/1]).

main([List, Timeout]) ->
    logger:set_primary_config(level, none),
    {ok, Text} = file:read_file(List),
    Files = string:lexemes(binary_to_list(Text), "\n"),
    [one(File, list_to_integer(Timeout)) || File <- Files],
    halt(0).

one(File, Timeout) ->
    {Status, Output} = compile_and_run(File, Timeout),
    Dir = filename:dirname(File),
    ok = file:write_file(filename:join(Dir, "status"), atom_to_list(Status)),
    ok = file:write_file(filename:join(Dir, "output"), unicode:characters_to_binary(Output)).

compile_and_run(File, Timeout) ->
    case compile:file(File, [binary, return]) of
        {ok, Module, Code, _Warnings} ->
            {module, Module} = code:load_binary(Module, File, Code),
            Result = run(Module, Timeout),
            code:purge(Module),
            code:delete(Module),
            code:purge(Module),
            Result;
        {error, Errors, _Warnings} ->
            {compile, [[io_lib:format("~ts:~p: ~ts~n", [F, Line, M:format_error(D)])
                        || {Line, M, D} <- Es] || {F, Es} <- Errors]}
    end.

run(Module, Timeout) ->
    Leader = spawn(fun() -> collect([]) end),
    {Pid, Ref} = spawn_monitor(fun() ->
                                   group_leader(Leader, self()),
                                   exit(answer(Module))
                               end),
    Status = receive
                 {'DOWN', Ref, process, Pid, ok} -> ok;
                 {'DOWN', Ref, process, Pid, _} -> exception
             after Timeout ->
                 timeout
             end,
    kill_all_of(Leader, 20),
    Leader ! {output, self()},
    receive {output, Leader, Output} -> {Status, Output} end.

answer(Module) ->
    try Module:main() of
        _ -> ok
    catch
        Class:Reason -> {Class, Reason}
    end.

%% Killed processes may have children that only then get this group leader: a few rounds.
kill_all_of(_Leader, 0) ->
    ok;
kill_all_of(Leader, Rounds) ->
    case [P || P <- processes(), process_info(P, group_leader) =:= {group_leader, Leader}] of
        [] -> ok;
        Left ->
            [exit(P, kill) || P <- Left],
            timer:sleep(1),
            kill_all_of(Leader, Rounds - 1)
    end.

%% The part of the I/O protocol that a program which only prints can meet.
collect(Output) ->
    receive
        {io_request, From, Ref, Request} ->
            {Reply, More} = request(Request),
            From ! {io_reply, Ref, Reply},
            collect([Output, More]);
        {output, To} ->
            To ! {output, self(), Output}
    end.

request({put_chars, unicode, Chars}) -> printed(Chars, unicode);
request({put_chars, latin1, Chars}) -> printed(Chars, latin1);
request({put_chars, Encoding, M, F, A}) ->
    try apply(M, F, A) of
        Chars -> printed(Chars, Encoding)
    catch
        _:_ -> {{error, {put_chars, M, F, A}}, []}
    end;
request({setopts, _}) -> {ok, []};
request(getopts) -> {[{encoding, unicode}], []};
request({get_geometry, _}) -> {{error, enotsup}, []};
request({requests, Requests}) -> all(Requests, ok, []);
request(Request) when element(1, Request) =:= get_line;
                      element(1, Request) =:= get_chars;
                      element(1, Request) =:= get_until -> {eof, []};
request(_) -> {{error, request}, []}.

printed(Chars, Encoding) ->
    case unicode:characters_to_list(Chars, Encoding) of
        List when is_list(List) -> {ok, List};
        _ -> {{error, {put_chars, Encoding, Chars}}, []}
    end.

all([Request | Requests], ok, Output) ->
    {Reply, More} = request(Request),
    all(Requests, Reply, [Output, More]);
all(_, Reply, Output) ->
    {Reply, Output}.
