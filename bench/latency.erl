%% Latency of 1 ms timers while hogs keep every scheduler busy. main/1 takes the seconds, the number
%% of hogs a core and their kind: none, loop, garbage, builtin or sender. Prints percentiles of how
%% late the timers were, in microseconds. Runs unchanged on Erlang/OTP.
-module(latency).
-export([main/1]).

main([Seconds, HogsPerCore, Kind]) ->
    Cores = erlang:system_info(schedulers_online),
    Hogs = [spawn(hog(list_to_atom(Kind)))
            || _ <- lists:seq(1, Cores * list_to_integer(HogsPerCore))],
    Late = measure(erlang:monotonic_time(millisecond) + 1000 * list_to_integer(Seconds), []),
    _ = [exit(Pid, kill) || Pid <- Hogs],
    report(lists:sort(Late)).

measure(End, Late) ->
    Begin = erlang:monotonic_time(microsecond),
    receive nobody_sends_this -> ok after 1 -> ok end,
    Now = erlang:monotonic_time(microsecond),
    case Now div 1000 >= End of
        true -> Late;
        false -> measure(End, [max(0, Now - Begin - 1000) | Late])
    end.

report(Late) ->
    N = length(Late),
    At = fun(Share) -> lists:nth(max(1, min(N, round(N * Share))), Late) end,
    io:format("~w ~w ~w ~w ~w~n", [N, At(0.5), At(0.99), At(0.999), lists:last(Late)]).

hog(none) -> fun() -> ok end;
hog(loop) -> fun loop/0;
hog(garbage) -> fun() -> garbage([]) end;
hog(builtin) -> fun() -> builtin(lists:seq(1, 100000)) end;
hog(sender) ->
    fun() ->
        Sink = spawn_link(fun sink/0),
        sender(Sink, 0)
    end.

loop() -> loop().

garbage(Kept) when length(Kept) > 2000 -> garbage([]);
garbage(Kept) -> garbage([lists:seq(1, 50) | Kept]).

builtin(List) ->
    _ = lists:reverse(List),
    builtin(List).

%% As fast as the receiver takes it: an answer every thousand messages.
sender(Sink, N) when N rem 1000 =:= 999 ->
    Sink ! {self(), N},
    receive N -> sender(Sink, N + 1) end;
sender(Sink, N) ->
    Sink ! {message, N, "some payload"},
    sender(Sink, N + 1).

sink() ->
    receive
        {message, _, _} -> sink();
        {From, N} when is_pid(From) ->
            From ! N,
            sink()
    end.
