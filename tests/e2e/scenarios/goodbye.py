"""SIGTERM or SIGHUP: every client is told, the port closes, the node ends with status 0."""
import fcntl
import os
import pathlib
import pty
import re
import signal
import socket
import subprocess
import tempfile
import termios
import types

from chat_node import ROOT, WAIT_S, Node, Peer, engine
from irc_library import Client

NEEDS = ["python:irc"]


def main():
    sigterm()
    last_words()
    sighup()
    if engine() == "parley":
        terminal_closes()


def sigterm():
    with Node() as node:
        library = Client(node, "library")
        library.join("#end")
        peers = [Peer(node, f"peer{number}") for number in range(50)]
        halfway = Peer(node)
        halfway.send("NICK halfway")
        halfway.sync()
        for peer in peers:
            peer.join("#end")
        for peer in peers:
            peer.sync()
        node.process.send_signal(signal.SIGTERM)
        for peer in peers:
            lines = peer.all_until_closed()
            assert any("NOTICE" in line and "shutting down" in line for line in lines), lines
            assert lines[-1].startswith("ERROR :Closing link"), lines
            assert not any("QUIT" in line for line in lines), "a storm of quits"
        assert halfway.all_until_closed()[-1].startswith("ERROR :Closing link")
        library.wait("error")
        library.wait("disconnect")
        assert node.process.wait(WAIT_S) == 0
        assert not accepts(node.port), "still listening"


def last_words():
    """What the node prints last is out before it ends, every time."""
    for _round in range(10):
        with Node() as node:
            assert node.terminate() == 0
            assert node.log[-1] == "chat: stopped", node.log


def sighup():
    """Several of them, as a terminal sends that closes."""
    with Node() as node:
        peer = Peer(node, "peer")
        node.process.send_signal(signal.SIGHUP)
        node.process.send_signal(signal.SIGHUP)
        assert "shutting down" in peer.all_until_closed()[-1]
        assert node.process.wait(WAIT_S) == 0
        assert not list(pathlib.Path(node.folder.name).rglob("*.sock")), "the socket's file is left"


def terminal_closes():
    """The window that the node runs in is closed; nobody reads what it prints any more."""
    ours, its = pty.openpty()
    with tempfile.TemporaryDirectory(prefix="parley_e2e_") as folder:
        process = subprocess.Popen(
            [*Node.command(), "--port", "0"], stdin=its, stdout=its, stderr=its, cwd=ROOT,
            env=dict(os.environ, XDG_RUNTIME_DIR=folder), start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        try:
            os.close(its)
            text = ""
            while not (found := re.search(r"listening on \S*:(\d+)\s", text)):
                text += os.read(ours, 1024).decode()
            peer = Peer(types.SimpleNamespace(port=int(found[1])), "peer")
            os.close(ours)
            assert "shutting down" in peer.all_until_closed()[-1]
            assert process.wait(WAIT_S) == 0
        finally:
            process.kill()
            process.wait()


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False
