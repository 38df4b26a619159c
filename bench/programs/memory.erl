%% Memory of many waiting processes. The runner reads the resident size from outside at each line
%% `rss NAME COUNT`, while the program sleeps; the difference of two lines of one name is divided
%% by the difference of their counts.
-module(memory).
-export([main/0]).

main() ->
    mark("process", 0),
    Pids = spawn_many(200000, []),
    mark("process", 200000),
    [P ! stop || P <- Pids],
    ok.

mark(Name, Count) ->
    timer:sleep(3000),
    io:format("rss ~s ~b~n", [Name, Count]),
    timer:sleep(1000).

spawn_many(0, Pids) -> Pids;
spawn_many(N, Pids) -> spawn_many(N - 1, [spawn(fun wait/0) | Pids]).

wait() -> receive stop -> ok end.
