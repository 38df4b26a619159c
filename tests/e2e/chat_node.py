"""A chat node under test: started, asked, loaded into, stopped; and raw clients to talk to it.

Everything has a time limit. A node is ended by its own process id.
"""
import os
import pathlib
import queue
import re
import shlex
import signal
import socket
import subprocess
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
APP = ROOT / "stdlib/apps/chat"
WAIT_S = float(os.environ.get("E2E_WAIT_S", "10"))


def engine():
    return os.environ.get("E2E_ENGINE", "otp")


def binary():
    return os.environ.get("E2E_BINARY", str(ROOT / "build/release/bin/parley"))


def otp_ebin():
    """The folder of the chat modules compiled for Erlang/OTP; otp_node fills it."""
    return pathlib.Path(os.environ["E2E_FOLDER"]) / "ebin"


def settings(**numbers):
    """Options of `parley chat` that change settings."""
    return [word for name, value in numbers.items() for word in ("--set", f"{name}={value}")]


class Node:
    """A running node. Use it in a `with`; `log` holds the lines it has printed."""

    def __init__(self, *options):
        self.folder = tempfile.TemporaryDirectory(prefix="parley_e2e_")
        self.log = []
        self.answers = queue.Queue()
        self.expect_status = int(os.environ.get("NODE_STATUS", "0"))
        environment = dict(os.environ, XDG_RUNTIME_DIR=self.folder.name)
        self.environment = environment
        self.process = subprocess.Popen(
            [*self.command(), "--port", "0", *options], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            cwd=ROOT, env=environment)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        self.port = self.wait_for_port()

    @staticmethod
    def command():
        if "NODE_CMD" in os.environ:
            return shlex.split(os.environ["NODE_CMD"])
        if engine() == "parley":
            return [binary(), "chat"]
        return [str(HERE / "otp_node"), str(otp_ebin())]

    def read(self):
        for line in self.process.stdout:
            if line.startswith("RPC "):
                self.answers.put(line[4:].rstrip("\n"))
            else:
                self.log.append(line.rstrip("\n"))

    def wait_for_port(self, limit_s=60):
        end_s = time.monotonic() + limit_s
        while time.monotonic() < end_s:
            for line in list(self.log):
                if match := re.search(r"listening on \S*:(\d+)$", line):
                    return int(match[1])
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        self.kill()
        raise AssertionError("the node did not start:\n" + "\n".join(self.log[-20:]))

    def rpc(self, expression):
        """Evaluates an expression in the node; returns its value as the node prints it."""
        words = None
        if "RPC_CMD" in os.environ:
            words = shlex.split(os.environ["RPC_CMD"])
        elif engine() == "parley":
            words = [binary(), "rpc"]
        if words:
            return self.helper([*words, expression])
        self.process.stdin.write(expression + ".\n")
        self.process.stdin.flush()
        return self.answers.get(timeout=WAIT_S * 3)

    def load(self, source):
        """Loads the source file of a module into the node."""
        if "LOAD_CMD" in os.environ:
            return self.helper([*shlex.split(os.environ["LOAD_CMD"]), str(source)])
        out = source.parent / "out"
        out.mkdir(exist_ok=True)
        if engine() == "parley":
            self.helper([binary(), "compile", "-I", str(APP), "-o", str(out), str(source)])
            return self.helper([binary(), "load", str(out / (source.stem + ".parc"))])
        self.helper([str(HERE / "par2erl"), str(out), str(source), *map(str, APP.glob("*.hrl"))])
        self.helper(["erlc", "-o", str(out), str(out / (source.stem + ".erl"))])
        answer = self.rpc(f'otp_control:load("{out / source.stem}.beam")')
        assert answer == "loaded", answer
        return answer

    def helper(self, words):
        done = subprocess.run(words, capture_output=True, text=True, timeout=60,
                              env=self.environment, cwd=ROOT)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def memory_kib(self):
        """Resident memory of the node's process."""
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text)[1])

    def terminate(self):
        """SIGTERM; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(WAIT_S * 2)
        self.reader.join(WAIT_S)
        return status

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.folder.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        try:
            if kind is None and self.process.poll() is None:
                status = self.terminate()
                assert status == self.expect_status, f"exit status {status}\n" + self.tail()
            elif kind is not None:
                print("the node printed:\n" + self.tail())
        finally:
            self.kill()

    def tail(self):
        return "\n".join(self.log[-40:])


class Peer:
    """A raw socket that speaks lines of IRC."""

    def __init__(self, node, nick=None, receive_bytes=None):
        self.socket = socket.socket()
        if receive_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(WAIT_S)
        self.socket.connect(("127.0.0.1", node.port))
        self.buffer = b""
        self.nick = nick
        if nick:
            self.send(f"NICK {nick}", f"USER {nick} 0 * :{nick} the tester")
            answer = self.until(r" (376|422|433) ")[-1]
            assert " 433 " not in answer, answer

    def send(self, *lines):
        for line in lines:
            data = line if isinstance(line, bytes) else line.encode()
            self.socket.sendall(data + b"\r\n")

    def line(self, limit_s=None):
        """The next line without its end, or None at the end of the connection."""
        self.socket.settimeout(limit_s or WAIT_S)
        while b"\n" not in self.buffer:
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError:
                return None
            if not data:
                return None
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.rstrip(b"\r").decode("utf-8", "backslashreplace")

    def until(self, pattern, limit_s=None):
        """Reads up to the first line that the pattern is found in; returns all lines read."""
        end_s = time.monotonic() + (limit_s or WAIT_S)
        lines = []
        while True:
            left_s = end_s - time.monotonic()
            try:
                line = self.line(max(0.01, left_s))
            except TimeoutError:
                raise AssertionError(f"{self.nick} waits for /{pattern}/, had: {lines[-15:]}")
            if line is None:
                raise AssertionError(f"{self.nick}: closed before /{pattern}/, had: {lines[-15:]}")
            lines.append(line)
            if re.search(pattern, line):
                return lines

    def all_until_closed(self, limit_s=None):
        """Every line up to the end of the connection."""
        lines = []
        while (line := self.line(limit_s)) is not None:
            lines.append(line)
        return lines

    def sync(self):
        """Waits until the node has dealt with what was sent; returns the lines on the way."""
        self.send("PING :sync")
        return self.until(r"PONG \S+ :sync$")[:-1]

    def ask(self, *lines):
        """Sends lines; returns what comes back until they are dealt with."""
        self.send(*lines)
        return self.sync()

    def join(self, room):
        self.send(f"JOIN {room}")
        return self.until(r" 366 ")

    def close(self):
        self.socket.close()


def numerics(lines):
    """The numeric codes of replies, in order."""
    return [match[1] for line in lines if (match := re.match(r":\S+ (\d{3}) ", line))]


def eventually(check, what, limit_s=None):
    """Calls until it answers something true."""
    end_s = time.monotonic() + (limit_s or WAIT_S)
    while time.monotonic() < end_s:
        if result := check():
            return result
        time.sleep(0.05)
    raise AssertionError(f"did not happen in time: {what}")
