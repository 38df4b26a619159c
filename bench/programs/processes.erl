%% Processes and messages.
-module(processes).
-export([main/0]).

main() ->
    row("spawn_exit", fun() -> spawn_exit(300000, 0) end),
    row("ring", fun() -> ring(1000, 300) end),
    row("ping_pong", fun() -> ping_pong(300000) end),
    row("call", fun() -> server_calls(200000, 0) end),
    row("call_waiting", fun() -> server_calls(200000, 10000) end),
    row("fan_in", fun() -> fan_in(100, 3000) end),
    row("fan_out", fun() -> fan_out(1000, 300) end),
    row("broadcast", fun() -> broadcast(1000, 200) end),
    row("parallel_1", fun() -> parallel(1, 30) end),
    row("parallel_2", fun() -> parallel(2, 30) end).

spawn_exit(0, Sum) -> Sum;
spawn_exit(N, Sum) ->
    Self = self(),
    spawn(fun() -> Self ! {result, N} end),
    receive {result, R} -> spawn_exit(N - 1, (Sum + R) band 16#ffffff) end.

ring(Size, Rounds) ->
    Last = lists:foldl(fun(_, Next) -> spawn(fun() -> forward(Next) end) end, self(),
                       lists:seq(1, Size)),
    turn(Rounds, Last, 0).

turn(0, First, Sum) ->
    First ! stop,
    receive stop -> Sum end;
turn(N, First, Sum) ->
    First ! {token, N},
    receive {token, M} -> turn(N - 1, First, Sum + M) end.

forward(Next) ->
    receive
        {token, N} ->
            Next ! {token, N},
            forward(Next);
        stop ->
            Next ! stop
    end.

ping_pong(N) ->
    Pong = spawn(fun pong/0),
    Result = ping(N, Pong, 0),
    Pong ! stop,
    Result.

ping(0, _, Sum) -> Sum;
ping(N, Pong, Sum) ->
    Pong ! {ping, self(), N},
    receive {pong, M} -> ping(N - 1, Pong, (Sum + M) band 16#ffffff) end.

pong() ->
    receive
        {ping, From, N} ->
            From ! {pong, N},
            pong();
        stop ->
            ok
    end.

%% A call as generic servers make it: monitor, send, receive, demonitor; with so many messages
%% of others waiting in the caller's mailbox.
server_calls(N, Waiting) ->
    Server = spawn(fun() -> serve(0) end),
    fill(Waiting),
    Result = calls(N, Server, 0),
    drain(Waiting),
    Server ! stop,
    Result.

fill(0) -> ok;
fill(N) -> self() ! {waiting, N}, fill(N - 1).

drain(0) -> ok;
drain(N) -> receive {waiting, N} -> drain(N - 1) end.

calls(0, _, Sum) -> Sum;
calls(N, Server, Sum) -> calls(N - 1, Server, (Sum + call(Server, N)) band 16#ffffff).

call(Server, Request) ->
    Ref = erlang:monitor(process, Server),
    Server ! {call, {self(), Ref}, Request},
    receive
        {Ref, Reply} ->
            erlang:demonitor(Ref, [flush]),
            Reply;
        {'DOWN', Ref, process, _, Reason} ->
            exit(Reason)
    end.

serve(State) ->
    receive
        {call, {From, Ref}, Request} ->
            From ! {Ref, Request + State},
            serve((State + 1) band 7);
        stop ->
            ok
    end.

fan_in(Senders, Each) ->
    Self = self(),
    [spawn(fun() -> send_many(Each, Self) end) || _ <- lists:seq(1, Senders)],
    take(Senders * Each, 0).

send_many(0, _) -> ok;
send_many(N, To) -> To ! {item, N, [N]}, send_many(N - 1, To).

take(0, Sum) -> Sum;
take(N, Sum) -> receive {item, M, _} -> take(N - 1, (Sum + M) band 16#ffffff) end.

fan_out(Receivers, Rounds) ->
    Self = self(),
    Pids = [spawn(fun() -> count(Rounds, 0, Self) end) || _ <- lists:seq(1, Receivers)],
    rounds(Rounds, Pids, {news, 1}),
    total(Pids, 0).

%% One larger term to many.
broadcast(Receivers, Rounds) ->
    Self = self(),
    Pids = [spawn(fun() -> count(Rounds, 0, Self) end) || _ <- lists:seq(1, Receivers)],
    Term = {news, 1, [{field, N, "some text of the message"} || N <- lists:seq(1, 4)]},
    rounds(Rounds, Pids, Term),
    total(Pids, 0).

rounds(0, _, _) -> ok;
rounds(N, Pids, Term) ->
    [P ! Term || P <- Pids],
    rounds(N - 1, Pids, Term).

count(0, Sum, To) -> To ! {count, self(), Sum};
count(N, Sum, To) -> receive News -> count(N - 1, Sum + element(2, News), To) end.

total([], Sum) -> Sum;
total([P | Ps], Sum) -> receive {count, P, C} -> total(Ps, Sum + C) end.

%% The same work in one process or shared by so many.
parallel(Workers, Depth) ->
    Self = self(),
    Jobs = 8 div Workers,
    Pids = [spawn(fun() -> Self ! {self(), jobs(Jobs, Depth, 0)} end)
            || _ <- lists:seq(1, Workers)],
    lists:sum([receive {P, R} -> R end || P <- Pids]).

jobs(0, _, Sum) -> Sum;
jobs(N, Depth, Sum) -> jobs(N - 1, Depth, Sum + fib(Depth)).

fib(N) when N < 2 -> N;
fib(N) -> fib(N - 1) + fib(N - 2).

%% Prints the row: its name, the microseconds that F took, and its result for the runner to compare.
row(Name, F) ->
    T0 = erlang:monotonic_time(microsecond),
    Result = F(),
    T1 = erlang:monotonic_time(microsecond),
    io:format("row ~s ~b ~w~n", [Name, T1 - T0, Result]).
