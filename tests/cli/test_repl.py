"""parley repl and attach: through a pipe, and on a real terminal."""
import os
import pty
import re
import select
import termios
import time

import harness


class Terminal:
    """The program on a terminal of its own."""

    def __init__(self, case, *arguments, cwd=None):
        self.process, self.descriptor = pty.fork()
        if self.process == 0:
            os.chdir(cwd or case.folder)
            os.execve(harness.BINARY, [harness.BINARY, *arguments],
                      dict(case.environment, TERM="xterm"))
        self.seen = ""
        self.status = None
        case.addCleanup(self.clean_up)

    def type(self, text):
        os.write(self.descriptor, text.encode())

    def wait_for(self, pattern):
        """Reads until the pattern is in what came since the last call."""
        end = time.monotonic() + harness.LIMIT_S
        while time.monotonic() < end:
            found = re.search(pattern, self.seen)
            if found:
                self.seen = self.seen[found.end():]
                return found
            if select.select([self.descriptor], [], [], 0.1)[0]:
                try:
                    data = os.read(self.descriptor, 65536)
                except OSError:
                    break
                self.seen += data.decode(errors="replace")
        raise AssertionError(f"no {pattern!r} in {self.seen!r}")

    def wait_for_editor(self):
        """The prompt is written a moment before the editor takes the keys, Ctrl-C among them."""
        end = time.monotonic() + harness.LIMIT_S
        while termios.tcgetattr(self.descriptor)[3] & termios.ISIG:
            if time.monotonic() > end:
                raise AssertionError("the editor does not take the terminal")
            time.sleep(0.01)

    def join(self):
        end = time.monotonic() + harness.LIMIT_S
        while time.monotonic() < end:
            done, status = os.waitpid(self.process, os.WNOHANG)
            if done:
                self.status = os.waitstatus_to_exitcode(status)
                return self.status
            if select.select([self.descriptor], [], [], 0.02)[0]:
                try:
                    os.read(self.descriptor, 65536)
                except OSError:
                    pass
        raise AssertionError("the program does not end")

    def clean_up(self):
        if self.status is None:
            os.kill(self.process, 9)
            os.waitpid(self.process, 0)
        os.close(self.descriptor)


class Piped(harness.CommandLineCase):
    def shell(self, text):
        return self.succeeds("repl", stdin=text)

    def test_values_and_variables(self):
        self.assertEqual(self.shell("X = 5.\nX * 2.\n"), "5\n10\n")

    def test_an_expression_of_several_lines(self):
        self.assertEqual(self.shell("lists:map(fun(X) ->\n  X + 1\nend,\n[1, 2]).\n"), "[2,3]\n")

    def test_a_last_line_without_full_stop(self):
        self.assertEqual(self.shell("1 + 1"), "2\n")

    def test_errors_leave_the_variables(self):
        out = self.shell("X = 1.\n1 / 0.\nY.\nexit(self(), kill), receive a -> b end.\nX.\n")
        self.assertIn("exception error: badarith", out)
        self.assertIn("the variable Y has no value", out)
        self.assertIn("** the evaluating process ended: killed", out)
        self.assertTrue(out.endswith("\n1\n"), out)

    def test_a_match_that_fails(self):
        self.assertIn("{badmatch,2}", self.shell("X = 1.\nX = 2.\n"))

    def test_funs_live_on(self):
        lines = ["F = fun(X) -> X + 1 end."] + ["G = fun() -> 1 end, f(G)."] * 8 + ["F(1)."]
        self.assertTrue(self.shell("\n".join(lines) + "\n").endswith("\n2\n"))

    def test_commands(self):
        out = self.shell("X = 7.\nb().\nv(1) + v(-1 - 1).\nf(X).\nb().\n")
        self.assertEqual(out, "7\nX = 7\nok\n14\nok\nok\n")
        self.assertIn("lists:map/2", self.shell("h(lists).\n"))
        self.assertRegex(self.shell("i().\n"), r"\d+ processes\nok\n")
        self.assertIn("leave", self.shell("help().\n"))
        self.assertEqual(self.shell('"b()", q().\n1.\n'), "")
        self.assertIn("no_result_of_line", self.shell("v(9).\n"))

    def test_compiling_a_module(self):
        self.write("twice.par", "-module(twice).\n-export([by/1]).\nby(X) -> 2 * X.\n")
        self.assertEqual(self.shell("c(twice).\ntwice:by(4).\nc(twice).\n"),
                         "{ok,twice}\n8\n{ok,twice}\n")
        self.assertIn("no_source_of", self.shell("c(nothing).\n"))

    def test_the_shell_s_lines_are_shown_as_they_were_typed(self):
        out = self.shell("f(X) -> X.\nA = b(), Y.\nA = 1, f(A).\nA.\n")
        self.assertIn(" 1 | f(X) -> X.\n", out)
        self.assertIn(" 1 | A = b(), Y.\n", out)
        self.assertIn("the variable A has no value", out)

    def test_an_expression_that_reads(self):
        self.assertEqual(self.shell('io:get_line("? ").\nann\n1.\nio:get_line("").\n'),
                         '? "ann\\n"\n1\neof\n')

    def test_compiling_a_module_of_the_project(self):
        self.succeeds("new", "greeter")
        project = os.path.join(self.folder, "greeter")
        self.write("greeter/include/a.hrl", "-define(A, 41).\n")
        self.write("greeter/src/extra.par", '-module(extra).\n-export([f/0]).\n'
                   '-include("a.hrl").\nf() -> ?A + 1.\n')
        self.assertEqual(self.succeeds("repl", stdin="c(extra).\nextra:f().\nc(greeter_line).\n",
                                       cwd=project), "{ok,extra}\n42\n{ok,greeter_line}\n")

    def test_own_messages(self):
        self.assertEqual(self.shell("self() ! hi, ok.\nflush().\n"), "ok\nShell got hi\nok\n")

    def test_a_paste_of_200_lines(self):
        lines = ["L = ["] + [f"  {n}," for n in range(198)] + ["  198], lists:sum(L)."]
        self.assertEqual(self.shell("\n".join(lines) + "\n"), f"{sum(range(199))}\n")

    def test_halt_gives_the_status(self):
        self.fails("repl", stdin="halt(4).\n", status=4)

    def test_attach(self):
        self.write("main.par", '-module(main).\n-export([main/0]).\nmain() -> '
                   'io:format("ready~n"), register(main, self()), receive stop -> ok end.\n')
        node = self.start("run", "main.par")
        node.wait_for("ready")
        out = self.succeeds("attach", stdin="X = whereis(main).\nis_pid(X).\nq().\n")
        self.assertIn("true\n", out)
        self.assertIsNone(node.process.poll())
        self.assertIn("ended", self.fails("attach", stdin="halt(0).\n"))
        self.assertEqual(node.process.wait(harness.LIMIT_S), 0)

    def test_attach_to_nothing(self):
        self.assertIn("no node is running", self.fails("attach"))


class OnATerminal(harness.CommandLineCase):
    def begin(self, **options):
        terminal = Terminal(self, "repl", **options)
        terminal.wait_for(r"1> ")
        return terminal

    def test_editing_completing_and_leaving(self):
        terminal = self.begin()
        terminal.type("lists:keyfi\t")
        terminal.wait_for(r"nd\(")  # what Tab put behind
        terminal.type("b, 1, [{a, 1},\n")
        terminal.wait_for(r"\.\. ")
        terminal.type("{b, 2}]).\n")
        terminal.wait_for(r"\{b,2\}\r\n")
        terminal.wait_for(r"2> ")
        terminal.type("\x1b[A")  # up: the expression before
        terminal.wait_for(r"keyfind")
        terminal.type("\n")
        terminal.wait_for(r"\{b,2\}\r\n")
        terminal.wait_for(r"3> ")
        terminal.type("q().\n")
        self.assertEqual(terminal.join(), 0)
        with open(os.path.join(self.folder, "parley", "history"), encoding="utf-8") as file:
            self.assertIn("keyfind", file.read())

    def test_history_keeps_lines(self):
        terminal = self.begin()
        terminal.type("A = 1, % one\n")
        terminal.wait_for(r"\.\. ")
        terminal.type('B = "x\n')
        terminal.wait_for(r"\.\. ")
        terminal.type('y".\n')
        terminal.wait_for(r'"x\\ny"\r\n')
        terminal.wait_for(r"2> ")
        terminal.type("f().\n")
        terminal.wait_for(r"3> ")
        terminal.type("\x1b[A\x1b[A\n")  # the expression before the last
        terminal.wait_for(r'"x\\ny"\r\n')
        terminal.wait_for(r"4> ")
        terminal.type("{A, B}.\n")
        terminal.wait_for(r'\{1,"x\\ny"\}\r\n')

    def test_tab_knows_modules_of_the_project(self):
        self.succeeds("new", "greeter")
        terminal = self.begin(cwd=os.path.join(self.folder, "greeter"))
        terminal.type("gree\t")
        terminal.wait_for("ter")
        terminal.type("_lin\t")
        terminal.wait_for("e:")
        terminal.type("answ\t")
        terminal.wait_for(r"er\(")

    def test_an_expression_that_reads(self):
        terminal = self.begin()
        terminal.type('io:get_line("name? ").\n')
        terminal.wait_for(r"\rname\? ")
        terminal.wait_for_editor()
        terminal.type("amm\x7f\x7fnn\n")
        terminal.wait_for(r'"ann\\n"\r\n')
        terminal.wait_for(r"2> ")
        terminal.type('io:get_line("again? ").\n')
        terminal.wait_for(r"\ragain\? ")
        terminal.wait_for_editor()
        terminal.type("\x03")
        terminal.wait_for(r"\*\* interrupted")
        terminal.wait_for(r"3> ")

    def test_output_of_others_stands_above_the_line(self):
        terminal = self.begin()
        terminal.type('register(other, spawn(fun() -> receive go -> io:format("of the shell~n") '
                      'end, receive go -> io:format(user, "of the node~n", []) end end)).\n')
        terminal.wait_for(r"2> ")
        terminal.wait_for_editor()
        terminal.type("40 +")
        terminal.wait_for(r"40 \+")
        for whose in ("shell", "node"):
            self.succeeds("rpc", "other ! go.")
            terminal.wait_for(r"\r\x1b\[Jof the " + whose + r"\r\n[^\n]*2> 40 \+")
        terminal.type(" 2.\n")
        terminal.wait_for(r"\n42\r\n")

    def test_a_node_that_ends_is_told_at_the_prompt(self):
        self.write("main.par", '-module(main).\n-export([main/0]).\nmain() -> '
                   'io:format("ready~n"), receive stop -> ok end.\n')
        node = self.start("run", "main.par")
        node.wait_for("ready")
        terminal = Terminal(self, "attach")
        terminal.wait_for("1> ")
        terminal.wait_for_editor()
        node.end()
        terminal.wait_for("the node ended")
        self.assertEqual(terminal.join(), 1)

    def test_ctrl_c(self):
        terminal = self.begin()
        terminal.type("X = 1.\n")
        terminal.wait_for(r"2> ")
        terminal.type("receive never -> ok end.\n")
        time.sleep(0.3)
        terminal.type("\x03")
        terminal.wait_for(r"\*\* interrupted")
        terminal.wait_for(r"3> ")
        terminal.type("(fun Loop(N) -> Loop(N + 1) end)(0).\n")
        time.sleep(0.3)
        terminal.type("\x03")
        terminal.wait_for(r"\*\* interrupted")
        terminal.wait_for(r"4> ")
        terminal.wait_for_editor()
        terminal.type("half a line\x03")
        terminal.wait_for(r"4> ")
        terminal.type("X + 41.\n")
        terminal.wait_for(r"\r\n42\r\n")
        terminal.wait_for(r"5> ")
        terminal.wait_for_editor()
        terminal.type("\x04")  # the end of the input
        self.assertEqual(terminal.join(), 0)


if __name__ == "__main__":
    harness.main()
