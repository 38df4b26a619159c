"""compile, check, dis, explain, run of files, and how the program complains."""
import os
import resource
import subprocess
import zlib

import harness

HELLO = '-module(hello).\n-export([main/1]).\nmain(Args) -> io:format("~p~n", [Args]).\n'


class Compile(harness.CommandLineCase):
    def test_compile_then_run(self):
        self.write("hello.par", HELLO)
        self.succeeds("compile", "-o", ".", "hello.par")
        self.assertEqual(self.succeeds("run", "hello.parc", "a", "b"), '["a","b"]\n')

    def test_a_compiled_module_finds_those_beside_it(self):
        self.write("other.par", "-module(other).\n-export([f/0]).\nf() -> 42.\n")
        self.write("boot.par", '-module(boot).\n-export([main/0]).\n'
                   'main() -> io:format("~p~n", [other:f()]).\n')
        os.mkdir(os.path.join(self.folder, "out"))
        self.succeeds("compile", "-o", "out", "other.par", "boot.par")
        self.assertEqual(self.succeeds("run", "out/boot.parc"), "42\n")
        self.assertEqual(self.succeeds("run", "boot.parc",
                                       cwd=os.path.join(self.folder, "out")), "42\n")

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

    def test_values_out_of_range(self):
        def wrong(*arguments):
            return self.one_line(self.fails("eval", *arguments, "1.", status=2))
        self.assertIn("not in range 1 to 255", wrong("--schedulers", "99999"))
        self.assertIn("not in range 1 to", wrong("--slice", "0"))
        self.assertIn("foo not in {tail,loop}", wrong("--engine", "foo"))
        self.assertIn("does not exist: /nowhere", wrong("-p", "/nowhere"))
        for verb, name in (("repl", "../x"), ("chat", "12"), ("run", "a b"), ("chat", "")):
            self.assertIn("--name", self.one_line(self.fails(verb, "--name", name, status=2)))

    def test_too_few_open_files(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_NOFILE, (12, 12))
        done = subprocess.run([harness.BINARY, "eval", "--schedulers", "2", "1."],
                              capture_output=True, text=True, preexec_fn=limit,
                              timeout=harness.LIMIT_S, env=self.environment)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("open files, the limit is 12", self.one_line(done.stderr))

    def test_output_that_cannot_be_written(self):
        path = self.write("hello.par", HELLO)
        for arguments in (["dis", path], ["compile", "--emit", "asm", path], ["--help"],
                          ["explain", "PAR-0107"]):
            with open("/dev/full", "w", encoding="utf-8") as full:
                done = subprocess.run([harness.BINARY, *arguments], stdout=full, text=True,
                                      stderr=subprocess.PIPE, timeout=harness.LIMIT_S,
                                      env=self.environment)
            self.assertEqual(done.returncode, 1, arguments)
            self.assertIn("cannot write to standard output", self.one_line(done.stderr))

    def test_what_is_no_source_file(self):
        os.mkdir(os.path.join(self.folder, "d"))
        self.write("m.parc", "")
        for verb in ("compile", "check", "dis", "test"):
            self.assertIn("d: Is a directory", self.one_line(self.fails(verb, "d")))
        for verb in ("compile", "check", "test"):
            self.assertIn("m.parc is a compiled module", self.one_line(self.fails(verb, "m.parc")))

    def test_a_bad_byte_is_told_once(self):
        path = os.path.join(self.folder, "m.par")
        with open(path, "wb") as file:
            file.write(b"\xff\xfe-module(m).\n-export([f/0]).\nf() -> 1.\n")
        self.assertRegex(self.fails("check", path), r"^[^\n]*:1:1: error\[PAR-0008\][^[]*$")

    def test_an_atom_that_is_too_long(self):
        for atom in ("a" * 256, "'" + "\u00fc" * 256 + "'"):
            self.write("m.par", f"-module(m).\n-export([f/0]).\nf() -> {atom}.\n")
            self.assertIn("m.par:3:8: error[PAR-0010]", self.fails("check", "m.par"))
        self.write("m.par", f"-module(m).\n-export([main/0]).\nmain() -> {'a' * 255}.\n")
        self.succeeds("run", "m.par")

    def test_a_damaged_module_file_is_refused_by_place(self):
        self.write("m.par", "-module(m).\n-export([main/0]).\nmain() -> show([1, {a, <<1>>}]).\n"
                   "show([H | T]) -> io:format(\"~p ~p~n\", [H, T]);\nshow([]) -> ok.\n")
        self.succeeds("compile", "-o", ".", "m.par")
        with open(os.path.join(self.folder, "m.parc"), "rb") as file:
            whole = bytearray(file.read())
        header = 12  # the checksum of what follows is in its last four bytes
        refused = 0
        for at in range(header, len(whole), 3):
            damaged = bytearray(whole)
            damaged[at] ^= 0x11
            damaged[8:header] = zlib.crc32(damaged[header:]).to_bytes(4, "little")
            with open(os.path.join(self.folder, "m.parc"), "wb") as file:
                file.write(damaged)
            status, _, err = self.parley("run", "m.parc")
            self.assertGreaterEqual(status, 0, err)
            if status == 0 or not err.startswith("parley: m.parc: ") or "exports neither" in err:
                continue  # a text or a value: another program, and a sound one
            refused += 1
            self.assertRegex(err, r"^parley: m\.parc: section \S+, offset \d+: .+\n$")
        self.assertGreater(refused, 50)

    def test_names_of_modules(self):
        self.write("lists.par", "-module(lists).\n")
        self.write("wrong.par", "-module(ok).\n")
        for verb in ("check", "compile"):
            status, _, err = self.parley(verb, "lists.par", "wrong.par")
            self.assertEqual(status, 0)
            self.assertIn("lists.par:1:9: warning[PAR-0221]: the library has a module lists", err)
            self.assertIn("wrong.par:1:9: warning[PAR-0220]: the file of the module ok", err)

    def test_advice(self):
        text = ("-module(m).\n-behaviour(gen_server).\n"
                "-export([f/0, init/1, handle_call/3, handle_cast/2]).\nf() -> catch (a and b).\n"
                "init(_) -> x.\nhandle_call(_, _, _) -> x.\nhandle_cast(_, _) -> x.\n")
        self.write("m.par", text)
        self.write("m.erl", text)
        _, _, err = self.parley("check", "m.par")
        for code in ("0300", "0301", "0302"):
            self.assertEqual(err.count(f"warning[PAR-{code}]"), 1, err)
        self.assertEqual(self.parley("check", "m.erl"), (0, "", ""))

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
