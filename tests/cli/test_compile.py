"""compile, check, dis, explain, run of files, and how the program complains."""
import os

import harness

HELLO = '-module(hello).\n-export([main/1]).\nmain(Args) -> io:format("~p~n", [Args]).\n'


class Compile(harness.CommandLineCase):
    def test_compile_then_run(self):
        self.write("hello.par", HELLO)
        self.succeeds("compile", "-o", ".", "hello.par")
        self.assertEqual(self.succeeds("run", "hello.parc", "a", "b"), '["a","b"]\n')

    def test_run_a_source_file(self):
        self.write("hello.par", HELLO)
        self.assertEqual(self.succeeds("run", "hello.par", "a"), '["a"]\n')
        self.assertEqual(self.succeeds("run", "hello.par", "--", "-x"), '["-x"]\n')

    def test_defines_and_includes(self):
        self.write("include/limit.hrl", "-define(LIMIT, 7).\n")
        self.write("m.par", '-module(m).\n-export([main/0]).\n-include("limit.hrl").\n'
                   'main() -> io:format("~p ~p~n", [?LIMIT, ?GREETING]).\n')
        self.assertEqual(self.succeeds("run", "-I", "include", "-D", "GREETING=hi", "m.par"),
                         "7 hi\n")

    def test_emit(self):
        path = self.write("hello.par", HELLO)
        self.assertIn("3:1\t", self.succeeds("compile", "--emit", "tokens", path))
        self.assertIn("main", self.succeeds("compile", "--emit", "ast", path))
        listing = self.succeeds("compile", "--emit", "asm", path)
        self.assertIn("main/1", listing)
        self.assertEqual(listing, self.succeeds("dis", path))
        self.assertFalse(os.path.exists(os.path.join(self.folder, "hello.parc")))

    def test_exit_statuses_of_programs(self):
        self.write("m.par", "-module(m).\n-export([main/0]).\nmain() -> halt(7).\n")
        self.fails("run", "m.par", status=7)
        self.write("m.par", "-module(m).\n-export([main/0]).\nmain() -> error(oops).\n")
        self.assertIn("exception error: oops", self.fails("run", "m.par"))


class Complaints(harness.CommandLineCase):
    def one_line(self, text):
        self.assertEqual(text.count("\n"), 1, text)
        self.assertTrue(text.startswith("parley: "), text)
        return text

    def test_verbs_and_options(self):
        def wrong(*arguments):
            return self.one_line(self.fails(*arguments, status=2))
        self.assertIn("no verb evall; did you mean eval?", wrong("evall", "1."))
        self.assertIn("did you mean --schedulers?", wrong("run", "--schedulerz", "2", "x.par"))
        self.assertIn("did you mean --node?", wrong("rpc", "--nod", "x", "1."))
        self.assertIn("expressions is required", wrong("eval"))
        self.assertIn("--slice", wrong("run", "--slice", "none", "x.par"))

    def test_files(self):
        self.assertIn("cannot read none.par", self.one_line(self.fails("run", "none.par")))
        self.assertIn("cannot read none.par", self.one_line(self.fails("check", "none.par")))
        self.write("bytes.parc", "no module")
        self.assertIn("bytes.parc", self.one_line(self.fails("run", "bytes.parc")))
        self.write("m.par", "-module(m).\n-export([f/0]).\nf() -> ok.\n")
        self.assertIn("neither main/0 nor main/1", self.one_line(self.fails("run", "m.par")))

    def test_no_colour_where_it_is_not_wanted(self):
        self.write("m.par", "-module(m).\n-export([f/0]).\nf() -> X.\n")
        self.assertNotIn("\x1b", self.fails("check", "m.par"))

    def test_help(self):
        for arguments in (["--help"], ["help"], []):
            self.assertIn("Subcommands:", self.succeeds(*arguments))
        for verb in ("new", "run", "eval", "repl", "check", "build", "compile", "test", "attach",
                     "rpc", "ps", "load", "undo", "chat", "dis", "explain"):
            self.assertIn(f"parley {verb}", self.succeeds(verb, "--help"))
            self.assertEqual(self.succeeds("help", verb), self.succeeds(verb, "--help"))
        self.assertIn("Parley", self.succeeds("--version"))

    def test_explain(self):
        self.assertIn("variable", self.succeeds("explain", "PAR-0107"))
        self.assertIn("no such code", self.one_line(self.fails("explain", "PAR-9999")))


if __name__ == "__main__":
    harness.main()
