"""SIGTERM: every client is told, the port closes, the node ends with status 0."""
import signal
import socket

from chat_node import WAIT_S, Node, Peer
from irc_library import Client

NEEDS = ["python:irc"]


def main():
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


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False
