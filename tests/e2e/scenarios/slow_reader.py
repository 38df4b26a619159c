"""One member of a busy room does not read: it is cut off, and the others lose nothing."""
import threading

from chat_node import Node, Peer, settings

LINES = 12000


def main():
    limits = settings(lines_a_second=1000000, lines_burst=1000000, send_timeout_ms=1000)
    with Node(*limits) as node:
        writer, reader = Peer(node, "writer"), Peer(node, "reader")
        sleeper = Peer(node, "sleeper", receive_bytes=4096)
        for peer in (writer, reader, sleeper):
            peer.join("#busy")
        reader.sync()
        writer.sync()
        before_kib = node.memory_kib()
        sender = threading.Thread(target=send, args=(writer,))
        sender.start()
        for number in range(LINES):
            line = reader.until("PRIVMSG|QUIT")[-1]
            while "QUIT" in line:
                line = reader.until("PRIVMSG|QUIT")[-1]
            assert f":{number} x" in line, (number, line[:100])
        sender.join()
        # The 12,000 lines are 6 MB; the sleeper's kernel buffers hold what it was sent.
        lines = writer.until("sleeper!.* QUIT", 20)
        assert lines
        assert node.memory_kib() - before_kib < 65536, node.memory_kib() - before_kib


def send(writer):
    for number in range(LINES):
        writer.send(f"PRIVMSG #busy :{number} " + "x" * 440)
