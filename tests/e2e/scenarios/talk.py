"""Two users of an IRC library talk in a room: messages, topic, names, nick, away, part, quit."""
from chat_node import Node
from irc_library import Client

NEEDS = ["python:irc"]


def main():
    with Node() as node:
        alice, bob = Client(node, "alice"), Client(node, "bob")
        alice.join("#talk")
        bob.join("#talk")
        alice.wait("join", source="bob")
        in_room(alice, bob)
        directly(alice, bob)
        bob.connection.part("#talk", "enough")
        assert alice.wait("part", source="robert").arguments == ["enough"]
        bob.join("#talk")
        alice.wait("join", source="robert")
        bob.quit("so long")
        assert alice.wait("quit", source="robert").arguments == ["Quit: so long"]
        alice.quit()


def in_room(alice, bob):
    for number in range(20):
        alice.say("#talk", f"line {number}")
        bob.say("#TALK", f"answer {number}")
    for number in range(20):
        event = bob.wait("pubmsg", text=f"line {number}", source="alice")
        assert event.target == "#talk", event.target
        alice.wait("pubmsg", text=f"answer {number}", source="bob")
    alice.say("#talk", "grüße, 世界")
    bob.wait("pubmsg", text="grüße, 世界")
    alice.connection.topic("#talk", "all about talking")
    assert bob.wait("topic", source="alice").arguments == ["all about talking"]
    alice.connection.names(["#talk"])
    assert alice.wait("namreply").arguments[2].split() == ["alice", "bob"]
    bob.connection.send_raw("AWAY :soon back")
    bob.wait("306", "nowaway")
    bob.connection.nick("robert")
    assert alice.wait("nick", source="bob").target == "robert"
    bob.wait("nick", source="bob")


def directly(alice, bob):
    alice.say("Robert", "psst")
    bob.wait("privmsg", text="psst", source="alice")
    assert "soon back" in alice.wait("away").arguments, "away was lost with the nick"
    bob.connection.send_raw("AWAY")
    bob.wait("305", "unaway")
    alice.say("Robert", "still here?")
    bob.wait("privmsg", text="still here?", source="alice")
    bob.connection.send_raw("AWAY :at lunch")
    bob.wait("306", "nowaway")
    alice.say("robert", "there?")
    assert "at lunch" in alice.wait("away").arguments
    bob.wait("privmsg", text="there?")
    alice.connection.whois(["robert"])
    assert alice.wait("whoisuser").arguments[0] == "robert"
    assert alice.wait("whoischannels").arguments == ["robert", "#talk"]
    alice.wait("endofwhois")
