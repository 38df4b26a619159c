"""What the tests of the command line share: a folder of their own, the program, running nodes.

Every program that a test starts has a time limit and is ended by its own process id. The control
sockets lie in the test's folder, so that tests beside each other do not see each other's nodes.
"""
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

LIMIT_S = 60 if os.environ.get("PARLEY_SLOW") else 20
BINARY = os.path.abspath(os.environ.get("PARLEY_BINARY", "build/release/bin/parley"))


class Node:
    """A running program, its output read as it comes into a file."""

    def __init__(self, case, *arguments, cwd=None):
        self.log_path = os.path.join(case.folder, f"node{len(case.nodes)}.log")
        self.log = open(self.log_path, "wb")
        self.process = subprocess.Popen([BINARY, *arguments], stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=subprocess.STDOUT,
                                        cwd=cwd or case.folder, env=case.environment)
        case.nodes.append(self)

    def output(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def wait_for(self, pattern):
        """The match of a pattern in the output, as soon as it is there."""
        end = time.monotonic() + LIMIT_S
        while time.monotonic() < end:
            found = re.search(pattern, self.output())
            if found:
                return found
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError(f"no {pattern!r} in the output:\n{self.output()}")

    def end(self, number=signal.SIGTERM):
        """Sends the signal and returns the exit status."""
        self.process.send_signal(number)
        return self.process.wait(LIMIT_S)

    def clean_up(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(LIMIT_S)
        self.log.close()


class CommandLineCase(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="parley-cli-")
        self.folder = self.temporary.name
        self.nodes = []
        self.environment = dict(os.environ, XDG_RUNTIME_DIR=self.folder, NO_COLOR="1",
                                XDG_STATE_HOME=self.folder, LANG="C.UTF-8", TERM="dumb")

    def tearDown(self):
        for node in self.nodes:
            node.clean_up()
        self.temporary.cleanup()

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def parley(self, *arguments, stdin="", cwd=None):
        """Runs the program to its end: (status, standard output, standard error)."""
        done = subprocess.run([BINARY, *arguments], input=stdin, capture_output=True, text=True,
                              timeout=LIMIT_S, cwd=cwd or self.folder, env=self.environment)
        return done.returncode, done.stdout, done.stderr

    def start(self, *arguments, cwd=None):
        return Node(self, *arguments, cwd=cwd)

    def succeeds(self, *arguments, **options):
        status, out, err = self.parley(*arguments, **options)
        self.assertEqual(status, 0, f"{arguments}: {out}{err}")
        return out

    def fails(self, *arguments, status=1, **options):
        """Standard error of a run that ends with the status."""
        found, out, err = self.parley(*arguments, **options)
        self.assertEqual(found, status, f"{arguments}: {out}{err}")
        return err


def main():
    if not os.path.exists(BINARY):
        print(f"no program at {BINARY}", file=sys.stderr)
        sys.exit(77)
    unittest.main()
