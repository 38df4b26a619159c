"""Standard input and output, and calls of the system that do not return: nobody else waits."""
import os
import resource
import subprocess
import time

import harness

LINES = """
lines() ->
    case prim_io:read_line() of
        {ok, Line} -> io:format("~w~n", [Line]), lines();
        Other -> io:format("~p~n", [Other])
    end.
"""


def term(line):
    """How the programs here print a line that they have read."""
    return f"<<{','.join(str(byte) for byte in line)}>>\n".encode()


class Streams(harness.CommandLineCase):
    def program(self, text):
        return self.write("program.par", "-module(program).\n-export([main/0]).\n" + text)

    def begin(self, text, *flags, **options):
        """Starts a program, its streams pipes of the test; by default on one scheduler thread."""
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, **options}
        threads = [] if "--schedulers" in flags else ["--schedulers", "1"]
        command = [harness.BINARY, "run", *threads, *flags, self.program(text)]
        process = subprocess.Popen(command, env=self.environment, cwd=self.folder, **pipes)
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        if process.poll() is None:
            process.kill()
        process.wait(harness.LIMIT_S)
        for stream in (process.stdin, process.stdout):
            if stream and not stream.closed:
                stream.close()

    def wait_for_file(self, name):
        end = time.monotonic() + harness.LIMIT_S
        while not os.path.exists(os.path.join(self.folder, name)):
            self.assertLess(time.monotonic(), end, f"no file {name}")
            time.sleep(0.01)

    def test_lines_come_with_their_ends_and_the_last_without(self):
        process = self.begin("main() -> lines()." + LINES)
        out, _ = process.communicate(b"a\n\nb\xff\n\x01last", timeout=harness.LIMIT_S)
        lines = [b"a\n", b"\n", b"b\xff\n", b"\x01last"]
        self.assertEqual(out, b"".join(term(line) for line in lines) + b"eof\n")

    def test_no_input_is_the_end(self):
        process = self.begin("main() -> lines()." + LINES, stdin=subprocess.DEVNULL)
        self.assertEqual(process.communicate(timeout=harness.LIMIT_S)[0], b"eof\n")

    def test_a_long_line_comes_whole(self):
        process = self.begin("main() -> {ok, L} = prim_io:read_line(),"
                             " io:format(\"~p~n\", [{byte_size(L), prim_io:read_line()}]).")
        out, _ = process.communicate(b"x" * 500_000 + b"\n", timeout=harness.LIMIT_S)
        self.assertEqual(out, b"{500001,eof}\n")

    def test_a_line_is_given_as_soon_as_it_is_there(self):
        process = self.begin("main() -> lines()." + LINES)
        for line in (b"one", b"two"):
            process.stdin.write(line + b"\n")
            process.stdin.flush()
            self.assertEqual(process.stdout.readline(), term(line + b"\n"))

    def test_others_run_while_one_waits_for_input(self):
        process = self.begin("""
main() ->
    spawn(fun() -> prim_io:read_line() end),
    timer:sleep(20),
    io:format("~p~n", [lists:sum(lists:seq(1, 1000))]),
    ok = file:write_file("marker", "x"),
    io:format("~p~n", [file:read_file("marker")]).
""")
        self.assertEqual(process.stdout.read(), b'500500\n{ok,<<"x">>}\n')
        self.assertEqual(process.wait(harness.LIMIT_S), 0)  # though the input is still open

    def test_the_line_that_a_killed_reader_waited_for_is_the_next_reader_s(self):
        process = self.begin("""
main() ->
    {P, M} = spawn_monitor(fun() -> prim_io:read_line() end),
    timer:sleep(20),
    exit(P, kill),
    receive {'DOWN', M, process, P, Why} -> io:format("~p~n", [Why]) end,
    io:format("~p~n", [prim_io:read_line()]).
""")
        self.assertEqual(process.stdout.readline(), b"killed\n")
        process.stdin.write(b"for the living\n")
        process.stdin.flush()
        self.assertEqual(process.stdout.readline(), b'{ok,<<"for the living\\n">>}\n')

    def test_what_one_call_writes_stays_together(self):
        process = self.begin("""
main() ->
    Writers = [spawn_monitor(fun() -> write(binary:copy(<<C>>, 12000), 300) end)
               || C <- "abcdefgh"],
    [receive {'DOWN', M, process, P, normal} -> ok end || {P, M} <- Writers].
write(_, 0) -> ok;
write(Text, N) -> ok = prim_io:write(Text), write(Text, N - 1).
""", "--schedulers", "4")
        out, _ = process.communicate(timeout=harness.LIMIT_S)
        self.assertEqual(len(out), 8 * 300 * 12000)
        for start in range(0, len(out), 12000):
            self.assertEqual(len(set(out[start:start + 12000])), 1, f"mixed at {start}")

    def test_a_full_pipe_stops_its_writer_alone(self):
        process = self.begin("""
main() ->
    Self = self(),
    [spawn(fun() ->
               Result = prim_io:write(binary:copy(<<I, I, I, I, 10>>, 100000)),
               Self ! {I, Result}
           end) || I <- "abc"],
    timer:sleep(50),
    ok = file:write_file("marker", "x"),
    [receive {I, ok} -> ok end || I <- "abc"].
""")
        self.wait_for_file("marker")  # by the only scheduler thread, while nobody reads
        out = process.stdout.read().decode()
        self.assertEqual(sorted(out[i:i + 500_000] for i in range(0, len(out), 500_000)),
                         [f"{c * 4}\n" * 100_000 for c in "abc"])
        self.assertEqual(process.wait(harness.LIMIT_S), 0)

    def test_a_reader_that_goes_away_is_an_error_and_no_signal(self):
        process = self.begin("""
main() ->
    {ok, _} = prim_io:read_line(),
    Result = prim_io:write(binary:copy(<<"x">>, 1000000)),
    ok = file:write_file("result", io_lib:format("~p", [Result])).
""")
        process.stdout.close()
        process.stdin.write(b"go\n")
        process.stdin.flush()
        self.assertEqual(process.wait(harness.LIMIT_S), 0)
        with open(os.path.join(self.folder, "result"), encoding="utf-8") as result:
            self.assertEqual(result.read(), "{error,epipe}")

    def test_who_sits_in_a_call_that_does_not_return_can_be_killed(self):
        os.mkfifo(os.path.join(self.folder, "fifo"))
        process = self.begin("""
main() ->
    {P, M} = spawn_monitor(fun() -> file:open("fifo", [raw, read]) end),
    timer:sleep(20),
    exit(P, kill),
    receive {'DOWN', M, process, P, Why} -> io:format("~p~n", [Why]) end,
    ok = file:write_file("other", "x"),
    io:format("~p~n", [file:read_file("other")]).
""")
        self.assertEqual(process.stdout.read(), b'killed\n{ok,<<"x">>}\n')
        self.assertEqual(process.wait(harness.LIMIT_S), 0)

    def test_files_end_with_their_owner(self):
        process = self.begin("""
main() ->
    ok = file:write_file("f", "x"),
    Reasons = [begin
                   {P, M} = spawn_monitor(fun() ->
                                              {ok, _} = file:open("f", [raw, read]),
                                              exit(self(), opened),
                                              receive never -> ok end
                                          end),
                   receive {'DOWN', M, process, P, Why} -> Why end
               end || _ <- lists:seq(1, 300)],
    io:format("~p~n", [lists:usort(Reasons)]),
    Mine = [file:open("f", [raw, read]) || _ <- lists:seq(1, 300)],
    io:format("~p~n", [lists:member({error, emfile}, Mine)]).
""", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100)))
        self.assertEqual(process.stdout.read(), b"[opened]\ntrue\n")


if __name__ == "__main__":
    harness.main()
