"""Limits: speed, time to register, signs of life, rooms a user, connections of the node."""
import re
import time

from chat_node import Node, Peer, eventually, numerics, settings


def main():
    flood()
    times()
    sizes()


def flood():
    with Node(*settings(lines_a_second=5, lines_burst=10, lines_dropped_max=20)) as node:
        calm, wild = Peer(node, "calm"), Peer(node, "wild")
        calm.join("#flood")
        wild.join("#flood")
        wild.socket.sendall(b"".join(b"PRIVMSG #flood :%d\r\n" % n for n in range(500)))
        lines = wild.all_until_closed()
        assert sum("too fast" in line for line in lines) >= 1, lines
        assert "Excess flood" in lines[-1], lines
        calm.until("wild!.* QUIT :Excess flood")
        # Slow enough is never too much.
        for number in range(20):
            assert calm.ask(f"PRIVMSG calm :{number}"), number
            time.sleep(0.45)


def times():
    limits = settings(registration_timeout_ms=700, ping_after_ms=500, ping_timeout_ms=500)
    with Node(*limits) as node:
        begin_s = time.monotonic()
        silent = Peer(node)
        silent.send("NICK silent")
        assert "Registration timed out" in silent.all_until_closed()[-1]
        assert 0.5 < time.monotonic() - begin_s < 5
        alive, dead = Peer(node, "alive"), Peer(node, "dead")
        for _round in range(3):
            token = alive.until(r"^PING :\S+$")[-1].split(":")[1]
            alive.send(f"PONG :{token}")
        assert "Ping timeout" in dead.all_until_closed()[-1]
        alive.sync()


def sizes():
    limits = settings(rooms_a_user_max=3, acceptors=2, connections_max=8, members_a_room_max=2)
    with Node(*limits) as node:
        joiner = Peer(node, "joiner")
        lines = joiner.ask("JOIN #a,#b,#c,#d,#e")
        assert numerics(lines) == ["353", "366"] * 3 + ["405"] * 2, lines
        assert numerics(joiner.ask("PART #a", "JOIN #d")) == ["353", "366"]
        others = [Peer(node, f"other{number}") for number in range(2)]
        assert numerics(others[0].ask("JOIN #b")) == ["353", "366"]
        assert numerics(others[1].ask("JOIN #b")) == ["471"]
        crowd = [Peer(node) for _ in range(16)]
        assert any("full" in (peer.line() or "") for peer in crowd[8:]), "nobody was refused"
        for peer in crowd:
            peer.close()
        eventually(lambda: welcomed(node), "the node takes connections again", 20)
        assert re.match(r"#\{", node.rpc("chat:stats()"))


def welcomed(node):
    try:
        Peer(node, "late").close()
        return True
    except (AssertionError, OSError):
        return False
