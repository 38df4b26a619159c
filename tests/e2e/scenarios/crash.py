"""A connection process is killed: the others go on and see the user quit."""
from chat_node import Node, Peer
from irc_library import Client

NEEDS = ["python:irc"]


def main():
    with Node() as node:
        by_library(node)
        in_many_rooms(node)


def by_library(node):
    alice, bob, carol = (Client(node, nick) for nick in ("alice", "bob", "carol"))
    for client in (alice, bob, carol):
        client.join("#boom")
    node.rpc('exit(chat_registry:whereis(<<"bob">>), kill)')
    assert alice.wait("quit").source.nick == "bob"
    assert carol.wait("quit").source.nick == "bob"
    bob.wait("disconnect")
    alice.say("#boom", "did you notice?")
    carol.wait("pubmsg", text="did you notice?")
    again = Client(node, "bob")
    again.join("#boom")
    alice.wait("join", source="bob")
    for client in (again, alice, carol):
        client.quit()
    Client.settle()


def in_many_rooms(node):
    """Rooms live at several routers; still one QUIT for each death."""
    watcher, victim = Peer(node, "watcher"), Peer(node, "victim")
    for number in range(12):
        watcher.join(f"#room{number}")
        victim.join(f"#room{number}")
    watcher.sync()
    for _round in range(5):
        node.rpc('exit(chat_registry:whereis(<<"victim">>), kill)')
        watcher.until(r":victim!\S+ QUIT :")
        extra = [line for line in watcher.sync() + watcher.sync() if "QUIT" in line]
        assert not extra, extra
        victim.close()
        victim = Peer(node, "victim")
        for number in range(12):
            victim.join(f"#room{number}")
        watcher.sync()
