"""A message to one who is offline waits, and comes in order when the user returns."""
import re

from chat_node import Node, Peer, settings
from irc_library import Client

NEEDS = ["python:irc"]


def main():
    with Node(*settings(offline_a_user_max=30)) as node:
        by_library(node)
        in_order_and_bounded(node)


def by_library(node):
    alice, bob = Client(node, "alice"), Client(node, "bob")
    bob.quit()
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
