"""parley new, run, build, check and test in a project."""
import os
import signal
import socket

import harness


class Project(harness.CommandLineCase):
    def setUp(self):
        super().setUp()
        self.succeeds("new", "greeter")
        self.project = os.path.join(self.folder, "greeter")

    def test_new_refuses(self):
        self.assertIn("greeter is there already", self.fails("new", "greeter"))
        self.assertIn("not Greeter-2", self.fails("new", "Greeter-2"))

    def test_names_that_cannot_work(self):
        for name in ("case", "receive", "maybe"):
            self.assertIn(f"{name} is a reserved word", self.fails("new", name))
        for name in ("lists", "init", "gen_server", "chat"):
            self.assertIn(f"a module {name}, and the library has one", self.fails("new", name))
            self.assertFalse(os.path.exists(os.path.join(self.folder, name)))

    def test_a_module_of_a_name_of_the_library(self):
        self.write("greeter/src/init.par", "-module(init).\n")
        for verb in ("build", "check", "run", "test"):
            self.assertIn("src/init.par:1:9: error[PAR-0221]", self.fails(verb, cwd=self.project))

    def test_it_is_written_as_advised(self):
        self.assertEqual(self.parley("check", cwd=self.project), (0, "", ""))

    def test_a_new_project_runs(self):
        node = self.start("run", ".", "0", cwd=self.project)
        port = int(node.wait_for(r"listening on 127\.0\.0\.1:(\d+)").group(1))
        with socket.create_connection(("127.0.0.1", port), timeout=harness.LIMIT_S) as client:
            client.sendall(b"hello\n")
            self.assertEqual(client.makefile("rb").readline(), b"HELLO\n")
        self.assertEqual(self.succeeds("rpc", "--node", "greeter", "greeter:port()."), f"{port}\n")
        self.assertEqual(node.end(signal.SIGINT), 0)

    def test_a_port_that_is_taken(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            status, out, err = self.parley("run", self.project, str(port))
        self.assertEqual(status, 1)
        self.assertEqual(out + err, f"greeter: cannot listen on 127.0.0.1:{port}: "
                         "address already in use\n")

    def test_the_top_supervisor_gives_up(self):
        node = self.start("run", self.project, "0")
        node.wait_for(r"listening on 127\.0\.0\.1:(\d+)")
        listener = "whereis(greeter_listener)"
        self.succeeds("rpc", "--node", "greeter",
                      f"P = {listener}, exit(P, kill), timer:sleep(500), {listener} =/= P.")
        self.parley("rpc", "--node", "greeter", f"exit({listener}, kill).")
        self.assertEqual(node.process.wait(harness.LIMIT_S), 70)
        self.assertIn("greeter: the top supervisor gave up: shutdown\n", node.output())

    def test_a_connection_lives_through_a_load(self):
        node = self.start("run", self.project, "0")
        port = int(node.wait_for(r"listening on 127\.0\.0\.1:(\d+)").group(1))
        with socket.create_connection(("127.0.0.1", port), timeout=harness.LIMIT_S) as client:
            reader = client.makefile("rb")
            client.sendall(b"one\n")
            self.assertEqual(reader.readline(), b"ONE\n")
            path = os.path.join(self.project, "src", "greeter_line.par")
            with open(path, encoding="utf-8") as file:
                text = file.read()
            with open(path, "w", encoding="utf-8") as file:
                file.write(text.replace("string:uppercase(Line)", "<<\"new \", Line/binary>>"))
            self.assertIn("loaded greeter_line", self.succeeds("load", path))
            client.sendall(b"two\n")
            self.assertEqual(reader.readline(), b"new two\n")

    def test_its_tests_pass(self):
        self.assertIn("All 2 tests passed", self.succeeds("test", cwd=self.project))

    def test_a_failing_test_is_shown(self):
        path = os.path.join(self.project, "test", "greeter_test.par")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace('<<"HELLO\\n">>', '<<"HELL\\n">>'))
        status, out, err = self.parley("test", cwd=self.project)
        self.assertEqual(status, 1, out + err)
        self.assertIn('expected: <<"HELL\\n">>', out)
        self.assertIn('got:      <<"HELLO\\n">>', out)
        self.assertIn("Failed: 1.", out)

    def test_how_failures_are_shown(self):
        self.write("t.par", '-module(t).\n-include_lib("eunit/include/eunit.hrl").\n'
                   "a_test() -> ?assertError(badarg, ok).\n"
                   "b_test_() -> {timeout, 0.05, fun() -> timer:sleep(5000) end}.\n")
        status, out, _ = self.parley("test", "t.par")
        self.assertEqual(status, 1)
        self.assertIn("  t: a_test ... FAILED", out)
        self.assertIn("      value:    ok\n", out)
        self.assertIn("it did not end within 50 ms", out)

    def test_files_without_tests(self):
        self.write("m.par", "-module(m).\n")
        self.assertIn("no tests", self.fails("test", "m.par"))

    def test_tests_of_files(self):
        self.write("sum_test.par", '-module(sum_test).\n-include_lib("eunit/include/eunit.hrl").\n'
                   "sum_test() -> ?assertEqual(6, lists:sum([1, 2, 3])).\n")
        self.assertIn("Test passed", self.succeeds("test", "sum_test.par"))
        self.assertIn("what is to be tested", self.fails("test"))

    def test_build_and_check(self):
        self.assertIn("built 3 modules", self.succeeds("build", cwd=self.project))
        self.assertIn("greeter.parc", os.listdir(os.path.join(self.project, "build")))
        self.succeeds("check", cwd=self.project)
        with open(os.path.join(self.project, "src", "bad.par"), "w", encoding="utf-8") as file:
            file.write("-module(bad).\n-export([f/0]).\nf() -> X.\n")
        self.assertIn("src/bad.par:3:8: error", self.fails("check", cwd=self.project))
        self.assertIn("src/bad.par:3:8: error", self.fails("build", cwd=self.project))
        self.assertIn("src/bad.par:3:8: error", self.fails("run", cwd=self.project))

    def test_no_project(self):
        for verb in ("run", "build", "check"):
            self.assertIn("no project here", self.fails(verb))

    def test_a_manifest_that_is_wrong(self):
        self.write("greeter/parley.toml", "[project\n")
        self.assertIn("parley.toml:1:", self.fails("build", cwd=self.project))
        self.write("greeter/parley.toml", "[project]\nversion = '1'\n")
        self.assertIn("there is no name", self.fails("build", cwd=self.project))
        self.write("greeter/parley.toml", "[project]\nname = 'greeter'\nmain = 'other'\n")
        self.assertIn("main module other", self.fails("run", cwd=self.project))


if __name__ == "__main__":
    harness.main()
