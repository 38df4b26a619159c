"""parley eval, and the general manners of the command line."""
import os
import subprocess

import harness


class Eval(harness.CommandLineCase):
    def test_prints_the_last_value(self):
        self.assertEqual(self.succeeds("eval", "lists:sum(lists:seq(1, 100))."), "5050\n")

    def test_tolerates_a_missing_full_stop(self):
        self.assertEqual(self.succeeds("eval", "X = 20, X + 1"), "21\n")

    def test_prints_as_the_shell_does(self):
        self.assertEqual(self.succeeds("eval", '["abc", <<"de">>, #{a => 1.5}].'),
                         '["abc",<<"de">>,#{a => 1.5}]\n')

    def test_output_comes_before_the_value(self):
        self.assertEqual(self.succeeds("eval", 'io:format("hi~n"), ok.'), "hi\nok\n")

    def test_funs_are_values(self):
        self.assertEqual(self.succeeds("eval", "F = fun(Y) -> Y * 2 end, lists:map(F, [1, 2])."),
                         "[2,4]\n")

    def test_an_exception_is_told_with_class_reason_and_stack(self):
        err = self.fails("eval", "lists:map(fun(X) -> X + a end, [1]).")
        self.assertIn("exception error: badarith", err)
        self.assertIn("lists:map/2", err)
        self.assertIn("exception throw: ball", self.fails("eval", "throw(ball)."))
        self.assertIn("exception exit: normal", self.fails("eval", "exit(normal)."))

    def test_a_syntax_error_names_its_place(self):
        self.assertIn("shell:1:3: error[PAR-", self.fails("eval", "1 ) + 2."))
        self.assertIn("error[PAR-", self.fails("eval", "foo("))
        self.assertIn("the variable X has no value", self.fails("eval", "X + 1."))

    def test_the_place_of_an_error_at_the_end(self):
        self.assertIn("shell:1:3: error[PAR-", self.fails("eval", "{a"))
        self.assertIn("shell:1:1: error[PAR-", self.fails("eval", ""))
        self.assertEqual(self.succeeds("eval", "1 + 1 % a comment"), "2\n")

    def test_the_evaluating_process_can_have_a_name(self):
        self.assertEqual(self.succeeds("eval", "register(foo, self()), whereis(foo) =:= self()."),
                         "true\n")

    def test_output_that_nobody_reads(self):
        self.write("p.par", '-module(p).\n-export([main/0]).\n'
                   'main() -> io:format("x~n"), main().\n')
        for arguments in (["eval", '[io:format("~p~n", [X]) || X <- lists:seq(1, 100000)].'],
                          ["run", "p.par"]):
            with subprocess.Popen([harness.BINARY, *arguments], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, cwd=self.folder,
                                  env=self.environment) as process:
                process.stdout.readline()
                process.stdout.close()
                self.assertEqual(process.stderr.read(), b"")
                self.assertEqual(process.wait(harness.LIMIT_S), 141)

    def test_output_that_cannot_be_written(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([harness.BINARY, "eval", "1."], stdout=full, text=True,
                                  stderr=subprocess.PIPE, timeout=harness.LIMIT_S,
                                  env=self.environment)
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot write to standard output: no space left on device", done.stderr)

    def test_halt_gives_the_status(self):
        self.fails("eval", "halt(3).", status=3)
        for status in ("a", "-1", "<<>>", "1.0"):
            self.assertIn("badarg", self.fails("eval", f"halt({status})."))
            self.assertEqual(self.succeeds("eval", f"catch halt({status}), ok."), "ok\n")

    def test_a_module_that_is_loaded_again_is_read_again(self):
        text = "-module(m).\n-export([v/0]).\nv() -> VERSION.\n"
        for version in ("1", "2"):
            self.write("m.par", text.replace("VERSION", version))
            os.makedirs(os.path.join(self.folder, version))
            self.succeeds("compile", "-o", version, "m.par")
        out = self.succeeds("eval", "-p", "1", 'One = m:v(), {ok, B} = file:read_file("2/m.parc"), '
                            'ok = file:write_file("1/m.parc", B), code:purge(m), '
                            "code:load_file(m), {One, m:v()}.")
        self.assertEqual(out, "{1,2}\n")

    def test_code_paths(self):
        self.write("greeting.par", "-module(greeting).\n-export([text/0]).\ntext() -> hello.\n")
        os.mkdir(os.path.join(self.folder, "out"))
        self.succeeds("compile", "-o", "out", "greeting.par")
        self.assertEqual(self.succeeds("eval", "-p", "out", "greeting:text()."), "hello\n")
        self.assertIn("undef", self.fails("eval", "greeting:text()."))

    # More atoms than --max-atoms leaves room for.
    ATOMS = '[list_to_atom("a" ++ integer_to_list(N)) || N <- lists:seq(1, 9000)], '

    def test_at_the_limit_of_atoms_the_library_still_loads(self):
        limit = ("--max-atoms", "8000")
        self.assertIn("error: system_limit", self.fails("eval", *limit, self.ATOMS + "ok."))
        self.assertEqual(self.succeeds("eval", *limit, f"""catch {self.ATOMS}
            [M || M <- prim_code:embedded_modules(), code:ensure_loaded(M) =/= {{module, M}}]."""),
            "[]\n")
        self.assertIn("{badkey,a}", self.fails("eval", *limit,
                                               f"catch {self.ATOMS} maps:get(a, #{{}})."))

    def test_a_program_s_module_above_the_limit_of_atoms_says_so(self):
        self.write("many.par", "-module(many).\n-export([f/0]).\nf() -> an_atom_of_its_own.\n")
        os.mkdir(os.path.join(self.folder, "out"))
        self.succeeds("compile", "-o", "out", "many.par")
        call = ("eval", "-p", "out", "--max-atoms", "8000")
        self.assertEqual(self.succeeds(*call, "many:f()."), "an_atom_of_its_own\n")
        err = self.fails(*call, f"catch {self.ATOMS} many:f().")
        self.assertIn("error: system_limit", err)
        self.assertNotIn("undef", err)


if __name__ == "__main__":
    harness.main()
