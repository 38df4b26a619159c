"""Random commands of many users, random ends and deaths: no server process fails, nothing is left.

A seed decides everything but the order in which the node's processes run; it is printed.
"""
import os
import random

from chat_node import Node, Peer, eventually, settings

SEED = int(os.environ.get("E2E_SEED", "1"))
STEPS = int(os.environ.get("E2E_STEPS", "4000"))
PEERS = 25
NICKS = ["ann", "Ann", "bob", "b[o]b", "cat", "dan", "eve", "x|y", "nobody", "9bad", "*", ""]
ROOMS = ["#a", "#A", "#b", "#[c]", "#{c}", "#d,#e", "#a,#b,#c,#d", "bad", "#", "0", ""]
TEXTS = [":hello", ":", "word", ":\x01ACTION waves\x01", ":é" + "x" * 300, ":[0] (1) {2}", ""]
SHAPES = [
    "NICK {nick}", "JOIN {room}", "JOIN {room}", "JOIN {room}", "PART {room}", "PART {room} {text}",
    "PRIVMSG {nick} {text}", "PRIVMSG {room} {text}", "PRIVMSG {room},{nick} {text}",
    "NOTICE {room} {text}", "TOPIC {room}", "TOPIC {room} {text}", "NAMES {room}", "LIST {room}",
    "WHO {room}", "WHO {nick}", "WHOIS {nick}", "WHOWAS {nick}", "ISON {nick} {nick}",
    "USERHOST {nick}", "AWAY {text}", "AWAY", "MODE {room}", "MODE {room} {text}", "MODE {nick} +i",
    "INVITE {nick} {room}", "KICK {room} {nick}", "HISTORY {room} {text}", "HISTORY {room} 3",
    "USER {nick} 0 * {text}", "CAP LS 302", "CAP END", "PING {text}", "LUSERS", "MOTD", "VERSION",
    "{text} {nick}",
]


class Chaos:
    """The users of one run."""

    def __init__(self, node):
        self.node = node
        self.random = random.Random(SEED)
        self.count = 0
        self.peers = [self.arrive() for _ in range(PEERS)]

    def arrive(self):
        self.count += 1
        # A few never finish their registration.
        return Peer(self.node, f"guest{self.count}" if self.random.random() < 0.9 else None)

    def step(self):
        index = self.random.randrange(len(self.peers))
        peer = self.peers[index]
        fate = self.random.random()
        if fate < 0.97:
            try:
                peer.send(self.line())
                if self.random.random() < 0.3:
                    peer.sync()
            except (AssertionError, OSError):
                peer.close()
                self.peers[index] = self.arrive()
            return
        if fate < 0.98:
            try:
                peer.send("QUIT :by chance")
                peer.all_until_closed()
            except OSError:
                pass  # its process was killed by an earlier step
        elif fate < 0.99:
            row = self.random.choice(["first", "last"])
            order = "" if row == "first" else "lists:reverse"
            self.node.rpc(f"case {order}(chat_registry:pids()) of "
                          "[P | _] -> exit(P, kill); [] -> none end")
        peer.close()
        self.peers[index] = self.arrive()

    def line(self):
        shape = self.random.choice(SHAPES)
        return shape.format(nick=self.random.choice(NICKS + [f"guest{self.count}"]),
                            room=self.random.choice(ROOMS), text=self.random.choice(TEXTS))


def main():
    limits = settings(lines_a_second=100000, lines_burst=100000, odd_lines_max=1000000,
                      rooms_a_user_max=4, offline_a_user_max=5, users_remembered_max=20,
                      history_a_room_max=5, rooms_a_router_max=6)
    print(f"seed {SEED}, {STEPS} steps")
    with Node(*limits) as node:
        routers = node.rpc("[whereis(Router) || Router <- chat_router:names()]")
        chaos = Chaos(node)
        for _step in range(STEPS):
            chaos.step()
        for peer in chaos.peers:
            peer.close()
        eventually(lambda: node.rpc("chat_registry:size()") == "0", "nobody is left")
        eventually(lambda: node.rpc("ets:info(chat_rooms, size)") == "0", "no room is left")
        watched = ("{left, lists:sum([map_size(element(5, sys:get_state(Router)))"
                   " || Router <- chat_router:names()])}")
        eventually(lambda: node.rpc(watched) == "{left,0}", "no session is watched any more")
        assert node.rpc("[whereis(Router) || Router <- chat_router:names()]") == routers
        failed = [line for line in node.log if "terminating" in line or "crasher" in line]
        assert not failed, "\n".join(node.log[-60:])
