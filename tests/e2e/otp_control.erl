%% The chat node on Erlang/OTP, as the end-to-end tests start it: what `parley chat` and
%% `parley rpc` do is imitated here, so that the tests can be proven on a second machine.
%%
%% Each line of standard input is an expression; `RPC ` and its value go to standard output.
-module(otp_control).
-export([main/0, load/1]).
-export([init/1, handle_event/2, handle_call/2]).

main() ->
    ok = gen_event:swap_handler(erl_signal_server, {erl_signal_handler, []}, {?MODULE, []}),
    ok = os:set_signal(sigterm, handle),
    ok = os:set_signal(sighup, handle),
    Self = self(),
    spawn(fun() -> Self ! {done, catch chat:main(init:get_plain_arguments())} end),
    spawn(fun read/0),
    receive
        {done, ok} -> halt(0);
        {done, {error, {gave_up, _}}} -> halt(70);
        {done, Other} -> io:format("~p~n", [Other]), halt(1)
    end.

read() ->
    case io:get_line("") of
        Line when is_list(Line) -> io:format("RPC ~s~n", [answer(Line)]), read();
        _Eof -> ok
    end.

answer(Line) ->
    try
        {ok, Tokens, _} = erl_scan:string(Line),
        {ok, Exprs} = erl_parse:parse_exprs(Tokens),
        {value, Value, _} = erl_eval:exprs(Exprs, []),
        io_lib:format("~0p", [Value])
    catch
        Class:Reason -> io_lib:format("~0p", [{Class, Reason}])
    end.

%% Loads a compiled module as `parley load` does: every router stands still, the code is
%% exchanged, each migrates its state, all go on. Nobody may hold the version before.
load(Beam) ->
    Routers = chat_router:names(),
    {ok, Binary} = file:read_file(Beam),
    true = purge(50),
    lists:foreach(fun sys:suspend/1, Routers),
    {module, chat_router} = code:load_binary(chat_router, Beam, Binary),
    lists:foreach(fun(R) -> ok = sys:change_code(R, chat_router, undefined, []) end, Routers),
    lists:foreach(fun sys:resume/1, Routers),
    loaded.

%% A connection that was inside the version before when that was exchanged leaves it soon.
purge(0) -> false;
purge(Tries) ->
    code:soft_purge(chat_router) orelse begin timer:sleep(10), purge(Tries - 1) end.

init(_) -> {ok, []}.

handle_event(Signal, State) when Signal =:= sigterm; Signal =:= sighup ->
    spawn(fun chat:stop/0),
    {ok, State};
handle_event(_Signal, State) ->
    {ok, State}.

handle_call(_Request, State) -> {ok, ok, State}.
