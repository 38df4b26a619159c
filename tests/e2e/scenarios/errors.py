"""Bad input gets the numeric that it should, and nobody else is disturbed."""
import random
import time

from chat_node import Node, Peer, numerics

# What an unregistered user sends => the numerics it gets.
BEFORE = [
    ("JOIN #a", ["451"]),
    ("PRIVMSG bob :hi", ["451"]),
    ("WHO #a", ["451"]),
    ("NICK", ["431"]),
    ("NICK :", ["431"]),
    ("NICK 9lives", ["432"]),
    ("NICK -dash", ["432"]),
    ("NICK has,comma", ["432"]),
    ("NICK " + "x" * 31, ["432"]),
    ("NICK alice", ["433"]),
    ("NICK ALICE", ["433"]),
    ("NICK BR{CK}|", ["433"]),
    ("USER", ["461"]),
    ("USER one 0 *", ["461"]),
    ("PASS", ["461"]),
    ("CAP", ["461"]),
    ("CAP DANCE", ["410"]),
    ("PING", ["409"]),
    ("DANCE", ["421"]),
]

# What a registered user sends => the numerics it gets. alice is in #a, the sender in none.
AFTER = [
    ("USER again 0 * :again", ["462"]),
    ("PASS secret", ["462"]),
    ("DANCE", ["421"]),
    ("DANCE with me :now", ["421"]),
    ("JOIN", ["461"]),
    ("JOIN lobby", ["403"]),
    ("JOIN #", ["403"]),
    ("JOIN #bad:name", ["403"]),
    ("JOIN #" + "x" * 60, ["403"]),
    ("PART", ["461"]),
    ("PART #nowhere", ["403"]),
    ("PART #a", ["442"]),
    ("TOPIC", ["461"]),
    ("TOPIC #nowhere", ["403"]),
    ("TOPIC #a", ["442"]),
    ("TOPIC #a :mine", ["442"]),
    ("PRIVMSG", ["411"]),
    ("PRIVMSG :", ["411"]),
    ("PRIVMSG alice", ["412"]),
    ("PRIVMSG alice :", ["412"]),
    ("PRIVMSG nobody :hi", ["401"]),
    ("PRIVMSG #nowhere :hi", ["403"]),
    ("PRIVMSG #a :hi", ["404"]),
    ("PRIVMSG a,b,c,d,e :hi", ["407"]),
    ("PRIVMSG nobody,noone :hi", ["401", "401"]),
    ("NOTICE nobody :hi", []),
    ("NOTICE #nowhere :hi", []),
    ("NICK", ["431"]),
    ("NICK 1", ["432"]),
    ("NICK Alice", ["433"]),
    ("WHOIS", ["431"]),
    ("WHOIS nobody", ["401", "318"]),
    ("WHOIS alice", ["311", "319", "312", "317", "318"]),
    ("WHOWAS nobody", ["406", "369"]),
    ("WHOWAS", ["431"]),
    ("WHOIS alice,nobody", ["311", "319", "312", "317", "401", "318"]),
    ("WHOIS chat.parley alice", ["311", "319", "312", "317", "318"]),
    ("WHO #nowhere", ["315"]),
    ("WHO", ["352", "352", "352", "315"]),
    ("WHO *", ["352", "352", "352", "315"]),
    ("WHO * o", ["315"]),
    ("WHO alice", ["352", "315"]),
    ("ISON", ["461"]),
    ("ISON alice nobody", ["303"]),
    ("USERHOST", ["461"]),
    ("USERHOST alice", ["302"]),
    ("NAMES #nowhere", ["366"]),
    ("NAMES #a", ["353", "366"]),
    ("LIST", ["321", "322", "322", "323"]),
    ("LIST #nowhere", ["321", "323"]),
    ("INVITE alice", ["461"]),
    ("INVITE nobody #a", ["401"]),
    ("INVITE alice #a", ["442"]),
    ("KICK #a", ["461"]),
    ("KICK #a alice", ["482"]),
    ("MODE", ["461"]),
    ("MODE #nowhere", ["403"]),
    ("MODE #a", ["324", "329"]),
    ("MODE #a b", ["368"]),
    ("MODE #a +o alice", ["482"]),
    ("MODE alice +i", ["502"]),
    ("MODE nobody", ["401"]),
    ("MODE tester", ["221"]),
    ("MODE tester +i", []),
    ("MODE tester -i", []),
    ("MODE tester +x", ["501"]),
    ("HISTORY", ["461"]),
    ("HISTORY #nowhere", ["403"]),
    ("HISTORY #a", ["442"]),
    ("AWAY :lunch", ["306"]),
    ("AWAY", ["305"]),
    ("VERSION", ["351", "005"]),
    ("TIME", ["391"]),
    ("LUSERS", ["251", "252", "253", "254", "255"]),
    ("MOTD", ["375", "372", "376"]),
    ("MOTD chat.parley", ["375", "372", "376"]),
    ("MOTD other.server", ["402"]),
    ("TIME alice", ["391"]),
    ("TIME other.server", ["402"]),
    ("VERSION other.server", ["402"]),
    ("PING", ["409"]),
    ("PONG", []),
    ("", []),
    ("   ", []),
    (":source.only", []),
    ("@tag=1;x :me PRIVMSG nobody :hi", ["401"]),
    ("privmsg nobody hi", ["401"]),
]


def main():
    with Node() as node:
        alice = Peer(node, "alice")
        alice.join("#a")
        bracket = Peer(node, "br[ck]\\")
        bracket.join("#[]")
        assert numerics(bracket.ask("TOPIC #{}")) == ["331"]
        table(node, BEFORE, None)
        table(node, AFTER, "tester")
        modes_of_oneself(node)
        history_always_answers(node)
        capabilities(node)
        invalid_text(node, alice)
        garbage(node)
        long_lines(node)
        bystander_noticed_nothing(alice)


def table(node, rows, nick):
    """A few rows a connection, or the limits on odd lines and speed would answer instead."""
    for begin in range(0, len(rows), 10):
        peer = Peer(node, nick)
        for line, wanted in rows[begin:begin + 10]:
            got = numerics(peer.ask(line))
            assert got == wanted, f"{line!r} gave {got}, not {wanted}"
        peer.send("QUIT")
        peer.all_until_closed()


def modes_of_oneself(node):
    peer = Peer(node, "moody")
    shown = [line.split()[-1] for line in peer.ask(
        "MODE moody", "MODE moody +i", "MODE moody", "MODE moody -i", "MODE moody")]
    assert shown == ["+", ":+i", "+i", ":-i", "+"], shown
    peer.close()


def history_always_answers(node):
    peer = Peer(node, "reader")
    peer.join("#quiet")
    for line, wanted in [("HISTORY #quiet", "Nothing was said in #quiet"),
                         ("HISTORY #quiet x", "a number from 1"),
                         ("HISTORY #quiet 0", "a number from 1")]:
        lines = peer.ask(line)
        assert len(lines) == 1 and "NOTICE reader" in lines[0] and wanted in lines[0], lines
    lines = peer.ask("PRIVMSG #quiet :now", "HISTORY #quiet 1")
    assert lines[-1].endswith("] now"), lines
    peer.close()


def capabilities(node):
    """Registration waits for the end of capability negotiation; none is offered."""
    peer = Peer(node)
    peer.send("CAP LS 302", "NICK cappy", "USER cappy 0 * :c", "CAP REQ :sasl multi-prefix")
    lines = peer.sync()
    assert any(line.endswith("CAP cappy LS :") or line.endswith("CAP * LS :") for line in lines)
    assert any("NAK :sasl multi-prefix" in line for line in lines), lines
    assert "001" not in numerics(lines), lines
    peer.send("CAP END")
    peer.until(" 376 ")
    peer.close()


def invalid_text(node, alice):
    peer = Peer(node, "latin")
    peer.join("#a")
    alice.until("latin!.* JOIN")
    lines = peer.ask(b"PRIVMSG #a :caf\xe9")
    assert any("UTF-8" in line for line in lines), lines
    lines = peer.ask(b"NICK caf\xe9")
    assert any("UTF-8" in line for line in lines), lines
    peer.send("PRIVMSG #a :" + "é" * 245)
    line = alice.until("latin!.* (PRIVMSG|NOTICE)")[-1]
    assert set(line.split(":", 2)[2]) == {"é"}, line
    peer.close()
    alice.until("latin!.* QUIT")


def garbage(node):
    """Random bytes: answered, logged once a connection, and too many of them end it."""
    random.seed(1)
    before = sum(" sent " in line for line in node.log)
    for number in range(20):
        peer = Peer(node)
        noise = random.randbytes(300).replace(b"\n", b"") + b"\xff"
        for _line in range(25):
            try:
                peer.send(noise)
            except OSError:
                break
        last = peer.all_until_closed()[-1]
        assert last.startswith("ERROR :Closing link"), last
        peer.close()
    # The log is written by another process than the one that closes the connection.
    deadline = time.monotonic() + 10
    while True:
        sent = [line for line in node.log if " sent " in line]
        if len(sent) - before >= 20 or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    assert len(sent) - before == 20, sent
    assert max(map(len, sent)) < 200, sent


def long_lines(node):
    peer = Peer(node, "longer")
    exactly = "PRIVMSG longer :" + "x" * (512 - 2 - 16)
    lines = peer.ask(exactly)
    assert len(lines) == 1 and numerics(lines) == [], lines
    assert len(lines[0]) == 510, "an answer longer than a line"
    for size in (511, 1024, 1025, 5000):
        got = numerics(peer.ask("PRIVMSG longer :" + "x" * (size - 16)))
        assert got == ["417"], (size, got)
    lines = peer.ask("PRIVMSG longer :still here")
    assert lines[0].endswith("PRIVMSG longer :still here"), lines
    peer.close()
    endless(node)


def endless(node):
    """A line that never ends is cut off, and the node does not grow with it."""
    before_kib = node.memory_kib()
    peer = Peer(node, "endless")
    try:
        for _chunk in range(500):
            peer.socket.sendall(b"x" * 65536)
    except OSError:
        pass
    else:
        last = peer.all_until_closed()[-1]
        assert "Input line too long" in last, last
    grown_kib = node.memory_kib() - before_kib
    assert grown_kib < 16384, f"grew by {grown_kib} KiB"


def bystander_noticed_nothing(alice):
    lines = alice.ask("PRIVMSG #a :alone here")
    assert lines == [], lines
