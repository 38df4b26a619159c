// The files of a new project.
#include "cli/new_project.h"

#include <iterator>

namespace parley::cli {

namespace {

constexpr const char* kManifest = R"([project]
name = "NAME"
version = "0.1.0"
main = "NAME"
)";

constexpr const char* kReadme = R"(# NAME

A line server: it answers each line with the same line in capitals.

    parley run              # starts it on port 7000; Ctrl-C ends it
    nc 127.0.0.1 7000       # talk to it
    parley test             # runs the tests
    parley repl             # a shell with these modules

While it runs, `parley rpc 'NAME:port().'` asks it something, and after a change
`parley load src/NAME_line.par` puts the new code in without dropping a connection.

| file | what it is |
|---|---|
| `src/NAME.par` | the program and its supervisors |
| `src/NAME_listener.par` | the listening socket: opens it, accepts |
| `src/NAME_line.par` | one connection |
| `test/NAME_test.par` | the tests |
)";

constexpr const char* kMain = R"(-module(NAME).
-moduledoc "The program: starts the supervisors and waits.".
-behaviour(supervisor).
-export([main/1, start_link/1, port/0, init/1]).

-define(PORT, 7000).

-doc "Called by `parley run . PORT`.".
-spec main([string()]) -> ok.
main([]) -> run(?PORT);
main([Port]) -> run(list_to_integer(Port)).

run(Port) ->
    process_flag(trap_exit, true),
    case start_link(Port) of
        {ok, Supervisor} ->
            io:format("NAME: listening on 127.0.0.1:~w, try: nc 127.0.0.1 ~w~n",
                      [port(), port()]),
            receive
                {'EXIT', Supervisor, Reason} ->
                    io:format("NAME: the top supervisor gave up: ~tp~n", [Reason]),
                    init:stop(70)
            end;
        {error, {cannot_listen, Reason}} ->
            io:format("NAME: cannot listen on 127.0.0.1:~w: ~s~n",
                      [Port, inet:format_error(Reason)]),
            init:stop(1);
        {error, Reason} ->
            io:format("NAME: cannot start: ~tp~n", [Reason]),
            init:stop(1)
    end.

-doc "Starts everything; port 0 means any free one. The socket belongs to the calling process.".
-spec start_link(inet:port_number()) -> {ok, pid()} | {error, term()}.
start_link(Port) ->
    case NAME_listener:open(Port) of
        {ok, Socket} -> supervisor:start_link({local, ?MODULE}, ?MODULE, {top, Socket});
        {error, Reason} -> {error, {cannot_listen, Reason}}
    end.

-doc "The port that is listened on.".
-spec port() -> inet:port_number().
port() -> NAME_listener:port().

-doc false.
init({top, Socket}) ->
    Connections = #{id => connections,
                    start => {supervisor, start_link,
                              [{local, NAME_connections}, ?MODULE, connections]},
                    type => supervisor},
    Listener = #{id => listener, start => {NAME_listener, start_link, [Socket]}},
    {ok, {#{strategy => one_for_one}, [Connections, Listener]}};
init(connections) ->
    Line = #{id => line, start => {NAME_line, start_link, []}, restart => temporary},
    {ok, {#{strategy => simple_one_for_one}, [Line]}}.
)";

constexpr const char* kListener = R"(-module(NAME_listener).
-moduledoc "Listens: a linked process accepts. The socket outlives this process.".
-behaviour(gen_server).
-export([open/1, start_link/1, port/0, init/1, handle_call/3, handle_cast/2]).

-doc "Opens a port of this machine; 0 means any free one.".
-spec open(inet:port_number()) -> {ok, gen_tcp:socket()} | {error, inet:posix()}.
open(Port) ->
    Options = [binary, {packet, line}, {active, false}, {reuseaddr, true},
               {ip, {127, 0, 0, 1}}],
    gen_tcp:listen(Port, Options).

-doc "Accepts connections of an open socket.".
-spec start_link(gen_tcp:socket()) -> {ok, pid()} | {error, term()}.
start_link(Socket) ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, Socket, []).

-doc "The port that is listened on.".
-spec port() -> inet:port_number().
port() -> gen_server:call(?MODULE, port).

-doc false.
init(Socket) ->
    spawn_link(fun() -> accept(Socket) end),
    {ok, Socket}.

%% Each connection gets a process of its own, under its supervisor.
accept(Listening) ->
    case gen_tcp:accept(Listening) of
        {ok, Socket} ->
            {ok, Line} = supervisor:start_child(NAME_connections, [Socket]),
            ok = gen_tcp:controlling_process(Socket, Line),
            Line ! {take, Socket},
            accept(Listening);
        {error, closed} ->
            ok;
        {error, _TooManyFiles} ->
            timer:sleep(200),
            accept(Listening)
    end.

-doc false.
handle_call(port, _From, Socket) ->
    {ok, Port} = inet:port(Socket),
    {reply, Port, Socket}.

-doc false.
handle_cast(_Message, Socket) -> {noreply, Socket}.
)";

constexpr const char* kLine = R"(-module(NAME_line).
-moduledoc "One connection: a line comes, an answer goes.".
-behaviour(gen_server).
-export([start_link/1, answer/1, init/1, handle_call/3, handle_cast/2, handle_info/2]).

-doc "Starts the process of a connection; it is told when it owns the socket.".
-spec start_link(gen_tcp:socket()) -> {ok, pid()}.
start_link(Socket) -> gen_server:start_link(?MODULE, Socket, []).

-doc "The answer to a line.

1> NAME_line:answer(<<\"hello\n\">>).
<<\"HELLO\n\">>".
-spec answer(binary()) -> binary().
answer(Line) -> string:uppercase(Line).

-doc false.
init(Socket) -> {ok, Socket}.

-doc false.
handle_info({take, Socket}, Socket) ->
    ok = inet:setopts(Socket, [{active, once}]),
    {noreply, Socket};
handle_info({tcp, Socket, Line}, Socket) ->
    ok = gen_tcp:send(Socket, answer(Line)),
    ok = inet:setopts(Socket, [{active, once}]),
    {noreply, Socket};
handle_info({tcp_closed, Socket}, Socket) -> {stop, normal, Socket}.

-doc false.
handle_call(_Request, _From, Socket) -> {reply, {error, unknown}, Socket}.

-doc false.
handle_cast(_Message, Socket) -> {noreply, Socket}.
)";

constexpr const char* kTest = R"(-module(NAME_test).
-include_lib("eunit/include/eunit.hrl").

answer_test() ->
    ?assertEqual(<<"HELLO\n">>, NAME_line:answer(<<"hello\n">>)).

server_test() ->
    {ok, Supervisor} = NAME:start_link(0),
    {ok, Socket} = gen_tcp:connect({127, 0, 0, 1}, NAME:port(),
                                   [binary, {packet, line}, {active, false}]),
    ok = gen_tcp:send(Socket, <<"how are you?\n">>),
    ?assertEqual({ok, <<"HOW ARE YOU?\n">>}, gen_tcp:recv(Socket, 0, 5000)),
    ok = gen_tcp:close(Socket),
    unlink(Supervisor),
    exit(Supervisor, shutdown).
)";

constexpr const char* kIgnore = "build/\n";

}  // namespace

std::span<const TemplateFile> new_project_files() {
  static constexpr TemplateFile kFiles[] = {
      {"parley.toml", kManifest},           {"README.md", kReadme},
      {".gitignore", kIgnore},              {"src/NAME.par", kMain},
      {"src/NAME_listener.par", kListener}, {"src/NAME_line.par", kLine},
      {"test/NAME_test.par", kTest},
  };
  return kFiles;
}

}  // namespace parley::cli
