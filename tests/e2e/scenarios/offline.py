"""A message to one who is offline waits, and comes in order when the user returns."""
import re

from chat_node import Node, Peer, eventually, settings
from irc_library import Client

NEEDS = ["python:irc"]


def main():
    with Node(*settings(offline_a_user_max=30)) as node:
        by_library(node)
        in_order_and_bounded(node)
    with Node(*settings(routers=1, users_remembered_max=20, lines_burst=1000)) as node:
        never_dropped(node)
        mailboxes_are_bounded(node)
    with Node(*settings(routers=1)) as node:
        answers_too_late(node)


def by_library(node):
    alice, bob = Client(node, "alice"), Client(node, "bob")
    bob.quit()
    eventually(lambda: node.rpc('chat_registry:whereis(<<"bob">>)') == "undefined", "bob is gone")
    alice.say("bob", "read this later")
    assert "stored" in alice.wait("privnotice").arguments[0]
    alice.say("carol", "who are you?")
    alice.wait("nosuchnick")
    back = Client(node, "bob")
    event = back.wait("privmsg", source="alice")
    assert re.fullmatch(r"\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\] read this later",
                        event.arguments[0]), event.arguments
    alice.say("bob", "welcome back")
    back.wait("privmsg", text="welcome back")
    back.quit()
    alice.quit()
    Client.settle()


def in_order_and_bounded(node):
    dora = Peer(node, "dora")
    dora.send("QUIT")
    dora.all_until_closed()
    erik = Peer(node, "erik")
    replies = erik.ask(*[f"PRIVMSG dora :number {number}" for number in range(35)])
    assert sum("is stored" in line for line in replies) == 30, replies
    assert sum("not stored" in line for line in replies) == 5, replies
    dora = Peer(node, "Dora")
    lines = dora.sync()
    texts = [line.rsplit(" ", 1)[1] for line in lines if "PRIVMSG" in line]
    assert texts == [str(number) for number in range(30)], texts
    erik.send("PRIVMSG dora :live")
    dora.until(":live$")
    dora.send("QUIT")
    dora.all_until_closed()
    assert not [line for line in Peer(node, "dora").sync() if "PRIVMSG" in line], "twice"


def visit(node, nick):
    """Comes and goes; returns the texts that waited."""
    peer = Peer(node, nick)
    lines = peer.ask("PING :here")
    peer.send("QUIT")
    peer.all_until_closed()
    peer.close()
    return [line.split("] ", 1)[1] for line in lines if "PRIVMSG" in line]


def never_dropped(node):
    """Absent users are forgotten when there are too many, but not those whom mail waits for."""
    visit(node, "bob")
    visit(node, "carl")
    ann = Peer(node, "ann")
    assert "is stored" in ann.ask("PRIVMSG bob :keep this")[0]
    for number in range(100):
        ann.ask(f"NICK ann{number}")
    assert visit(node, "bob") == ["keep this"]
    assert visit(node, "bob") == []
    assert " 401 " in ann.ask("PRIVMSG carl :forgotten?")[0]
    ann.close()


def mailboxes_are_bounded(node):
    """Who comes too late for a mailbox is not said to have one."""
    zoe = Peer(node, "zoe")
    replies = []
    for number in range(25):
        visit(node, f"gone{number}")
        replies += zoe.ask(f"PRIVMSG gone{number} :for {number}")
    stored = [number for number, line in enumerate(replies) if "is stored" in line]
    refused = [line for line in replies if "mail waits for too many already: not stored" in line]
    assert len(replies) == 25 and len(stored) == 20 and len(refused) == 5, replies
    assert "is stored" in zoe.ask("PRIVMSG gone0 :and this")[0]
    assert visit(node, "gone0") == ["for 0", "and this"]
    assert "is stored" in zoe.ask("PRIVMSG gone24 :now")[0]
    assert visit(node, "gone24") == ["now"]
    for number in stored[1:]:
        assert visit(node, f"gone{number}") == [f"for {number}"]


def answers_too_late(node):
    """A router that answers after its callers gave up leaves nobody with half a truth."""
    visit(node, "lena")
    max_ = Peer(node, "max")
    assert "is stored" in max_.ask("PRIVMSG lena :late but there")[0]
    node.rpc("sys:suspend(chat_router_1)")
    lena = Peer(node)
    lena.send("NICK lena", "USER lena 0 * :lena")
    max_.send("JOIN #late")
    max_.until("NOTICE max :Try again in a moment")
    lena.until(" 376 ")
    node.rpc("sys:resume(chat_router_1)")
    lena.until(r"\] late but there$")
    lines = max_.ask("JOIN #late")
    assert [line.split(" ")[1] for line in lines] == ["JOIN", "353", "366"], lines
    assert "#late" in " ".join(max_.ask("WHOIS max"))
    lena.send("QUIT")
    lena.all_until_closed()
    assert visit(node, "lena") == [], "twice"
    # A PART that was carried out late: the room can be left, in the session too.
    node.rpc("sys:suspend(chat_router_1)")
    max_.send("PART #late")
    max_.until("NOTICE max :Try again in a moment")
    node.rpc("sys:resume(chat_router_1)")
    codes = [line.split(" ")[1] for line in max_.ask("PART #late", "JOIN #late")]
    assert codes == ["442", "JOIN", "353", "366"], codes
