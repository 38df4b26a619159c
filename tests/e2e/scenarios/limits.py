"""Limits: speed, time to register, signs of life, rooms a user, connections of the node."""
import os
import re
import resource
import time

from chat_node import Node, Peer, engine, eventually, numerics, settings


def main():
    flood()
    times()
    never_activated()
    sizes()
    texts()
    one_connection()
    processes()
    files()


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


def texts():
    """A topic and an away text are cut, at the end of a character, and their author is told."""
    with Node(*settings(topic_bytes_max=20, away_bytes_max=10)) as node:
        writer, reader = Peer(node, "writer"), Peer(node, "reader")
        writer.join("#t")
        reader.join("#t")
        writer.sync()
        lines = writer.ask("TOPIC #t :" + "é" * 10)
        assert len(lines) == 1 and " TOPIC #t :" in lines[0], lines
        lines = writer.ask("TOPIC #t :x" + "é" * 10)
        assert [line.split(" ")[1] for line in lines].count("NOTICE") == 1, lines
        assert any("The topic was cut to 20 bytes" in line for line in lines), lines
        assert any(line.endswith(" TOPIC #t :x" + "é" * 9) for line in lines), lines
        reader.until(" TOPIC #t :x" + "é" * 9 + "$")
        assert reader.ask("TOPIC #t")[0].endswith(" 332 reader #t :x" + "é" * 9)
        assert not any("NOTICE" in line for line in writer.ask("AWAY :" + "é" * 5))
        lines = writer.ask("AWAY :x" + "é" * 5)
        assert any("The text was cut to 10 bytes" in line for line in lines), lines
        lines = reader.ask("PRIVMSG writer :there?")
        assert lines[0].endswith(" 301 reader writer :x" + "é" * 4), lines


def one_connection():
    """The limit counts for all acceptors together, whatever becomes of them."""
    with Node(*settings(acceptors=3, connections_max=1)) as node:
        for _round in range(2):
            first = Peer(node, "first")
            assert all("full" in Peer(node).line() for _ in range(6))
            node.rpc("[exit(Pid, kill) || {{chat_acceptor, _}, Pid, _, _} <- "
                     "supervisor:which_children(chat_listener_sup)]")
            eventually(lambda: node.rpc(
                "length([1 || {{chat_acceptor, _}, Pid, _, _} <- "
                "supervisor:which_children(chat_listener_sup), is_pid(Pid)])") == "3", "acceptors")
            assert all("full" in Peer(node).line() for _ in range(6))
            first.send("QUIT")
            first.all_until_closed()
            first.close()
            eventually(lambda: node.rpc("ets:info(chat_connections, size)") == "0", "it is gone")
        # Who is killed is not counted for ever either.
        victim = Peer(node, "victim")
        node.rpc('exit(chat_registry:whereis(<<"victim">>), kill)')
        eventually(lambda: welcomed(node), "there is room again", 20)
        victim.close()
        told = [line for line in node.log if "connections are refused" in line]
        assert len(told) == 1 and "connections_max (1) is reached" in told[0], node.log


def never_activated():
    """A connection whose acceptor died before it could hand the socket over does not stay."""
    with Node(*settings(registration_timeout_ms=300)) as node:
        assert node.rpc(
            "{ok, S} = gen_tcp:listen(0, []), "
            "{ok, P} = supervisor:start_child(chat_connection_sup_1, [S]), "
            "M = monitor(process, P), receive {'DOWN', M, process, P, R} -> R "
            "after 5000 -> stays end") == "normal"


def processes():
    """Where no process can be started, those who come are refused, and the log says so once."""
    if engine() != "parley":
        return
    with Node("--schedulers", "2", "--max-processes", "80") as node:
        peers = [Peer(node) for _ in range(100)]
        refused = [peer for peer in peers[90:] if is_closed(peer)]
        assert refused, "nobody was refused"
        for peer in peers:
            peer.close()
        eventually(lambda: welcomed(node), "the node takes connections again", 20)
        told = [line for line in node.log if "connections are refused" in line]
        assert len(told) == 1, node.log


def files():
    """Without a file for it a connection is closed; those who are here do not notice."""
    if engine() != "parley":
        return
    with Node() as node:
        early = Peer(node, "early")
        open_count = len(os.listdir(f"/proc/{node.process.pid}/fd"))
        limit = resource.prlimit(node.process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(node.process.pid, resource.RLIMIT_NOFILE, (open_count + 3, limit[1]))
        crowd = [Peer(node) for _ in range(12)]
        eventually(lambda: any("are refused: too many open files" in line for line in node.log),
                   "the log says why")
        assert early.ask("PRIVMSG early :still here")[0].endswith(":still here")
        resource.prlimit(node.process.pid, resource.RLIMIT_NOFILE, limit)
        for peer in crowd:
            peer.close()
        eventually(lambda: welcomed(node), "the node takes connections again", 20)
        told = [line for line in node.log if "connections are refused" in line]
        assert len(told) == 1, node.log


def is_closed(peer):
    try:
        return peer.line(2) is None
    except TimeoutError:
        return False


def welcomed(node):
    try:
        Peer(node, "late").close()
        return True
    except (AssertionError, OSError):
        return False
