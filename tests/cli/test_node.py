"""rpc, ps and load: verbs that talk to a running node."""
import os
import resource
import signal
import socket
import stat
import subprocess
import time

import harness

COUNTER = """-module(counter).
-behaviour(gen_server).
-export([main/0, init/1, handle_call/3, handle_cast/2, code_change/3]).
main() ->
    {ok, _} = gen_server:start_link({local, counter}, ?MODULE, [], []),
    io:format("ready~n"),
    counter_wait:forever().
init([]) -> {ok, STATE}.
handle_call(get, _, State) -> {reply, {VERSION, State}, State}.
handle_cast(_, State) -> {noreply, State}.
code_change(_, State, _) -> CHANGE.
"""
WAIT = """-module(counter_wait).
-export([forever/0]).
forever() -> receive stop -> ok end.
"""


def counter(state, version, change):
    return COUNTER.replace("STATE", state).replace("VERSION", version).replace("CHANGE", change)


class RunningNode(harness.CommandLineCase):
    def begin(self, *arguments):
        return self.begin_with(counter("7", "one", "{ok, State}"), *arguments)

    def begin_with(self, text, *arguments):
        self.write("counter_wait.par", WAIT)
        self.write("counter.par", text)
        os.makedirs(os.path.join(self.folder, "out"), exist_ok=True)
        self.succeeds("compile", "-o", "out", "counter_wait.par")
        node = self.start("run", "-p", "out", *arguments, "counter.par")
        node.wait_for("ready")
        return node

    def test_rpc(self):
        node = self.begin()
        self.assertEqual(self.succeeds("rpc", "1 + 1"), "2\n")
        self.assertEqual(node.end(), 0)

    def test_values_and_output(self):
        self.begin()
        self.assertEqual(self.succeeds("rpc", 'io:format("hi~n"), gen_server:call(counter, get).'),
                         "hi\n{one,7}\n")
        self.assertIn("exception error: badarith", self.fails("rpc", "1 + a."))
        self.assertIn("ended: killed", self.fails("rpc", "exit(self(), kill), timer:sleep(9000)."))
        self.assertEqual(self.succeeds("rpc", "still."), "still\n")

    def test_only_the_owner_can_reach_the_socket(self):
        self.begin("--name", "mine")
        folder = os.path.join(self.folder, "parley")
        self.assertEqual(stat.S_IMODE(os.stat(folder).st_mode), 0o700)
        self.succeeds("rpc", "ok")
        (name,) = os.listdir(folder)
        self.assertTrue(name.endswith("-mine.sock"), name)
        self.assertEqual(stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode), 0o600)

    def test_choosing_a_node(self):
        self.assertIn("no node is running", self.fails("rpc", "1."))
        first = self.begin("--name", "first")
        self.begin("--name", "second")
        self.assertIn("several nodes are running", self.fails("rpc", "1."))
        self.assertIn("no node is called third", self.fails("rpc", "--node", "third", "1."))
        self.assertIn("no node listens at", self.fails("rpc", "--node", "/no/such", "1."))
        self.assertEqual(self.succeeds("rpc", "--node", "second", "b."), "b\n")
        self.assertEqual(self.succeeds("rpc", "--node", str(first.process.pid), "a."), "a\n")
        first.end()
        self.assertEqual(self.succeeds("rpc", "c."), "c\n")

    def test_the_socket_is_gone_with_the_node(self):
        node = self.begin()
        self.succeeds("rpc", "ok")
        node.end()
        self.assertEqual(os.listdir(os.path.join(self.folder, "parley")), [])

    def test_a_socket_that_nobody_listens_at(self):
        node = self.begin()
        self.succeeds("rpc", "ok")
        folder = os.path.join(self.folder, "parley")
        left = os.path.join(folder, f"{os.getpid()}-left.sock")
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(left)
        file = self.write(os.path.join("parley", f"{os.getpid()}.sock"), "")
        self.assertEqual(self.succeeds("rpc", "1."), "1\n")  # though that process lives
        self.assertTrue(os.path.exists(left))  # it might have been about to listen
        for path in (left, file):
            os.utime(path, (0, 0))
        self.assertEqual(self.succeeds("rpc", "1."), "1\n")
        self.assertEqual(os.listdir(folder), [f"{node.process.pid}.sock"])

    def test_the_end_is_answered(self):
        node = self.begin()
        self.assertEqual(self.succeeds("rpc", "init:stop()."), "ok\n")
        self.assertEqual(node.process.wait(harness.LIMIT_S), 0)

    def test_an_expression_that_reads(self):
        self.begin()
        self.assertEqual(self.succeeds("rpc", 'io:get_line("name? ").', stdin="ann\n"),
                         'name? "ann\\n"\n')
        self.assertEqual(self.succeeds("rpc", 'io:get_line("").'), "eof\n")

    def test_no_control(self):
        self.begin("--no-control")
        self.assertIn("no node is running", self.fails("rpc", "1."))

    def test_a_node_without_a_free_descriptor_says_so_and_can_be_asked(self):
        self.write("hall.par", """-module(hall).
-export([main/0]).
main() ->
    {ok, L} = gen_tcp:listen(0, [{ip, {127, 0, 0, 1}}]),
    {ok, Port} = inet:port(L),
    io:format("port ~p.~n", [Port]),
    accept(L, []).
accept(L, Guests) ->
    case gen_tcp:accept(L) of
        {ok, S} -> accept(L, [S | Guests]);
        {error, Reason} ->
            io:format("~p after ~p~n", [Reason, length(Guests)]),
            timer:sleep(200),
            accept(L, Guests)
    end.
""")
        node = self.start("run", "hall.par")
        port = int(node.wait_for(r"port (\d+)\.")[1])
        self.assertEqual(self.succeeds("rpc", "1 + 1."), "2\n")
        pid = node.process.pid
        in_use = len(os.listdir(f"/proc/{pid}/fd"))
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (in_use + 4, in_use + 4))
        guests = []
        for _ in range(6):
            guests.append(socket.create_connection(("127.0.0.1", port), harness.LIMIT_S))
            self.addCleanup(guests[-1].close)
        node.wait_for(r"emfile after \d")
        for _ in range(3):
            self.assertEqual(self.succeeds("rpc", "1 + 1."), "2\n")
            self.assertIn("processes", self.succeeds("ps"))
        for guest in guests:
            guest.close()

    def test_ps(self):
        self.begin()
        out = self.succeeds("ps")
        self.assertRegex(out, r"<0\.\d+\.\d+> +counter +gen_server:loop/7 +\d+ +0")
        self.assertRegex(out, r"\d+ processes")

    def test_load_changes_code_and_state(self):
        self.begin()
        self.write("counter.par", counter("7", "two", "{ok, {changed, State}}"))
        out = self.succeeds("load", "counter.par")
        self.assertRegex(out, r"loaded counter in \d+\.\d ms")
        self.assertRegex(out, r"<0\.\d+\.\d+> counter migrated")
        self.assertEqual(self.succeeds("rpc", "gen_server:call(counter, get)."),
                         "{two,{changed,7}}\n")

    def test_a_record_is_carried_over_by_its_fields(self):
        def version(record, answer):
            text = counter("#state{count = 7}", answer, "ok")
            return (text.replace("-export", f"-record(state, {record}).\n-export", 1)
                    .replace(", code_change/3", "").split("code_change(")[0])
        self.begin_with(version("{count, name = old}", "one"))
        self.assertEqual(self.succeeds("rpc", "gen_server:call(counter, get)."),
                         "{one,{state,7,old}}\n")
        self.write("counter.par", version("{name = new, extra = [], count}", "two"))
        self.assertIn("migrated", self.succeeds("load", "counter.par"))
        self.assertEqual(self.succeeds("rpc", "gen_server:call(counter, get)."),
                         "{two,{state,old,[],7}}\n")

    def test_a_second_signal_does_not_wait(self):
        node = self.begin()
        self.succeeds("rpc", "parley_main:at_stop(timer, sleep, [60000]).")
        node.process.send_signal(signal.SIGINT)
        with self.assertRaises(subprocess.TimeoutExpired):
            node.process.wait(0.3)
        self.assertEqual(node.end(signal.SIGINT), 128 + signal.SIGINT)
        self.assertEqual(os.listdir(os.path.join(self.folder, "parley")), [])

    def test_undo(self):
        self.begin()
        self.assertIn("no load to undo", self.fails("undo"))
        self.write("counter.par", counter("7", "two", "{ok, State}"))
        self.succeeds("load", "counter.par")
        self.assertEqual(self.succeeds("rpc", "gen_server:call(counter, get)."), "{two,7}\n")
        self.assertIn("current again", self.succeeds("undo"))
        self.assertEqual(self.succeeds("rpc", "gen_server:call(counter, get)."), "{one,7}\n")

    def test_a_failed_migration_goes_back(self):
        self.begin()
        self.write("counter.par", counter("7", "two", "exit(no)"))
        err = self.fails("load", "counter.par")
        self.assertIn("refused counter, nothing is changed", err)
        self.assertEqual(self.succeeds("rpc", "gen_server:call(counter, get)."), "{one,7}\n")

    def test_a_migration_that_never_ends_holds_nobody(self):
        self.begin()
        self.write("counter.par", counter("7", "two", "timer:sleep(infinity)"))
        start = time.monotonic()
        self.assertIn("still in its code_change", self.fails("load", "counter.par"))
        self.assertLess(time.monotonic() - start, harness.LIMIT_S - 5)
        self.assertIn("no load to undo", self.fails("undo"))
        called = self.succeeds("rpc", "counter:handle_call(get, from, 7).")
        self.assertEqual(called, "{reply,{one,7},7}\n")

    def test_a_damaged_file_refuses_the_batch(self):
        self.begin()
        self.write("counter.par", counter("7", "two", "{ok, State}"))
        self.succeeds("load", "counter.par")
        with open(os.path.join(self.folder, "out", "counter_wait.parc"), "rb") as file:
            whole = file.read()
        with open(os.path.join(self.folder, "short.parc"), "wb") as file:
            file.write(whole[:200])
        self.write("counter.par", counter("7", "three", "{ok, State}"))
        err = self.fails("load", "short.parc", "counter.par")
        self.assertRegex(err, r"refused .*short\.parc: section header, offset 8: ")
        self.assertEqual(self.succeeds("rpc", "gen_server:call(counter, get)."), "{two,7}\n")
        self.assertIn("current again", self.succeeds("undo"))

    def test_a_file_that_does_not_compile(self):
        self.begin()
        self.write("bad.par", "-module(bad).\nf( -> ok.\n")
        self.assertIn("bad.par:2:", self.fails("load", "bad.par", "counter.par"))
        self.assertIn("cannot read nowhere.par", self.fails("load", "nowhere.par"))

    def test_holders_of_an_old_version_are_listed(self):
        self.begin()
        for n in ("2", "3"):
            with_version = WAIT.replace("forever/0", "forever/0, v/0") + f"v() -> {n}.\n"
            self.write("counter_wait.par", with_version)
            status, out, err = self.parley("load", "counter_wait.par")
        self.assertEqual(status, 1, out + err)
        self.assertRegex(err, r"<0\.\d+\.\d+> holds the old counter_wait")
        self.assertEqual(self.succeeds("rpc", "counter_wait:v()."), "2\n")


if __name__ == "__main__":
    harness.main()
