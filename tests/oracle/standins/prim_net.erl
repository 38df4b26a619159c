%% The sockets of our machine, acted by Erlang/OTP's: enough to run gen_tcp.par beside gen_tcp.
-module(prim_net).
-export([listen/2, accept_start/1, connect_start/2, recv_start/2, cancel/2, send/2, close/1,
         shutdown/2, setopts/2, getopts/2, getstat/2, peername/1, sockname/1, owner/1, give/2,
         resolve/2]).

listen({local, Path}, Options) -> gen_tcp:listen(0, [{ifaddr, {local, Path}} | Options]);
listen({Family, Ip, Port}, Options) -> gen_tcp:listen(Port, [Family, {ip, Ip} | Options]).

%% A helper asks again and again, and answers like the native, until it is cancelled.
start(Socket, Fun) ->
    Caller = self(),
    Ref = make_ref(),
    Helper = spawn(fun() -> ask(Socket, Fun, Caller, Ref) end),
    put({?MODULE, Ref}, Helper),
    {ok, Ref}.

ask(Socket, Fun, Caller, Ref) ->
    receive
        {cancel, From} -> From ! {cancelled, Ref}
    after 0 ->
        case Fun(Caller) of
            {error, timeout} -> ask(Socket, Fun, Caller, Ref);
            Result -> Caller ! {'$net', Socket, Ref, Result}
        end
    end.

accept_start(L) ->
    start(L, fun(Caller) ->
                     case gen_tcp:accept(L, 5) of
                         {ok, S} -> ok = gen_tcp:controlling_process(S, Caller), {ok, S};
                         Error -> Error
                     end
             end).

connect_start(Address, Options) ->
    Result = case Address of
                 {local, Path} -> gen_tcp:connect({local, Path}, 0, [local | Options]);
                 {Family, Ip, Port} -> gen_tcp:connect(Ip, Port, [Family | Options])
             end,
    case Result of
        {ok, S} ->
            Ref = make_ref(),
            self() ! {'$net', S, Ref, ok},
            {ok, S, Ref};
        Error -> Error
    end.

recv_start(S, Length) ->
    case inet:getopts(S, [active]) of
        {ok, [{active, false}]} -> start(S, fun(_) -> gen_tcp:recv(S, Length, 5) end);
        {ok, _} -> {error, einval};
        {error, einval} -> {error, closed}
    end.

cancel(_, Ref) ->
    Helper = erase({?MODULE, Ref}),
    Mref = monitor(process, Helper),
    Helper ! {cancel, self()},
    receive
        {cancelled, Ref} -> demonitor(Mref, [flush]), ok;
        {'DOWN', Mref, _, _, _} -> ok
    end.

send(S, Data) -> gen_tcp:send(S, Data).
close(S) -> gen_tcp:close(S).
shutdown(S, How) -> gen_tcp:shutdown(S, How).
setopts(S, Options) -> inet:setopts(S, Options).
getopts(S, Keys) -> inet:getopts(S, Keys).
getstat(S, Items) -> inet:getstat(S, Items).
peername(S) -> tagged(inet:peername(S)).
sockname(S) -> tagged(inet:sockname(S)).

tagged({ok, {local, _} = Address}) -> {ok, Address};
tagged({ok, {Ip, Port}}) when tuple_size(Ip) =:= 4 -> {ok, {inet, Ip, Port}};
tagged({ok, {Ip, Port}}) -> {ok, {inet6, Ip, Port}};
tagged(Error) -> Error.

owner(S) ->
    case erlang:port_info(S, connected) of
        {connected, Pid} -> {ok, Pid};
        undefined -> {error, closed}
    end.

give(S, Pid) -> gen_tcp:controlling_process(S, Pid).
resolve(Name, Family) -> inet:getaddrs(binary_to_list(Name), Family).
