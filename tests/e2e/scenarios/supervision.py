"""Any process of the tree is killed: connected users talk on, or at most reconnect."""
from chat_node import WAIT_S, Node, Peer, eventually, settings

# Those whose death no connected user may notice.
UNNOTICED = ["chat_router_1", "chat_registry", "chat_presence", "chat_listener"]
# Those that take the connections with them.
RECONNECT = ["chat_connection_sup_1", "chat_connections_sup", "chat_engine_sup", "chat_tables"]


def main():
    with Node(*settings(lines_burst=1000)) as node:
        alice, bob = Peer(node, "alice"), Peer(node, "bob")
        rooms = [f"#r{number}" for number in range(8)]
        for room in rooms:
            alice.join(room)
            bob.join(room)
        for name in UNNOTICED:
            kill(node, name)
            alice.sync()
            bob.sync()
            talk(alice, bob, rooms)
            alice, bob = bob, alice
        node.rpc("[exit(Pid, kill) || {{chat_acceptor, _}, Pid, _, _} <- "
                 "supervisor:which_children(chat_listener_sup)]")
        talk(alice, bob, rooms)
        eventually(lambda: arrives(node), "there are acceptors again")
        talk(alice, bob, rooms)
        for name in RECONNECT:
            kill(node, name)
            node.port = int(eventually(lambda: port(node), "the listener is back"))
            alice.close()
            bob.close()
            alice, bob = reconnect(node, "alice"), reconnect(node, "bob")
            for room in rooms:
                alice.join(room)
                bob.join(room)
            alice.sync()
            talk(alice, bob, rooms)
    top_supervisor_dies()


def top_supervisor_dies():
    """The program says so and ends with the status that promises a restart by its keeper."""
    with Node() as node:
        peer = Peer(node, "peer")
        node.rpc("exit(whereis(chat_sup), kill)")
        peer.all_until_closed()
        assert node.process.wait(WAIT_S) == 70
        node.reader.join(WAIT_S)
        assert any("the top supervisor gave up: killed" in line for line in node.log), node.log


def kill(node, name):
    """Kills a registered process and waits for the one that takes its place."""
    before = node.rpc(f"whereis({name})")
    node.rpc(f"exit(whereis({name}), kill)")
    eventually(lambda: node.rpc(f"whereis({name})") not in (before, "undefined"), name + " again")


def port(node):
    answer = node.rpc("chat:port()")
    return answer if answer.isdigit() else None


def arrives(node):
    try:
        Peer(node, "visitor").close()
        return True
    except (AssertionError, OSError):
        return False


def reconnect(node, nick):
    def try_once():
        try:
            return Peer(node, nick)
        except (AssertionError, OSError):
            return None
    return eventually(try_once, f"{nick} is back")


def talk(alice, bob, rooms):
    for room in rooms:
        alice.send(f"PRIVMSG {room} :hello {room}")
        bob.until(f"PRIVMSG {room} :hello {room}$")
    alice.send(f"PRIVMSG {bob.nick} :and directly")
    bob.until(f"PRIVMSG {bob.nick} :and directly$")
