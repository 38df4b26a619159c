"""Fifty loads of a changed router while two hundred clients chat: none drops, nothing is lost.

The N-th version of chat_router.par has N more fields in its state record; code_change/3 adds the
newest to the state of the version before and refuses any other. Every client numbers what it
says in its room and to its partner, and counts what it hears: each sender's numbers must come
without a gap, and at the end all of them must have come.
"""
import asyncio
import os
import pathlib
import re
import tempfile
import time

from chat_node import APP, Node, settings

CLIENTS = int(os.environ.get("E2E_CLIENTS", "200"))
LOADS = int(os.environ.get("E2E_LOADS", "50"))
A_ROOM = 10
SAY_EVERY_S = 0.5
LOAD_PAUSE_S = 0.1
DRAIN_S = 30


class Client(asyncio.Protocol):
    """One raw connection: says numbers, and checks the numbers of the others."""

    def __init__(self, index, report):
        self.nick = f"u{index}"
        self.room = f"#room{index // A_ROOM}"
        self.partner = f"u{index ^ 1}"
        self.report = report
        self.buffer = b""
        self.said = {"room": 0, "direct": 0}
        self.heard = {}
        self.is_ready = asyncio.get_running_loop().create_future()
        self.is_lost = False

    def connection_made(self, transport):
        self.transport = transport
        self.write(f"NICK {self.nick}\r\nUSER {self.nick} 0 * :load\r\nJOIN {self.room}\r\n")

    def write(self, text):
        self.transport.write(text.encode())

    def connection_lost(self, error):
        if not self.transport.is_closing() or error or not self.report.is_over:
            self.report.problem(f"{self.nick} lost its connection: {error}")
        self.is_lost = True

    def data_received(self, data):
        *lines, self.buffer = (self.buffer + data).split(b"\r\n")
        for line in lines:
            self.line(line.decode())

    def line(self, line):
        words = line.split(" ", 3)
        if words[1] == "PRIVMSG":
            self.message(words[0][1:].split("!")[0], words[2], int(words[3][1:]))
        elif words[0] == "PING":
            self.write(f"PONG {words[1]}\r\n")
        elif words[1] == "366":
            self.is_ready.set_result(True)
        elif words[1] in ("NOTICE", "QUIT", "PART") or words[0] == "ERROR" or words[1][0] == "4":
            self.report.problem(f"{self.nick} got: {line}")

    def message(self, sender, target, number):
        key = (sender, "room" if target[0] == "#" else "direct")
        wanted = self.heard.get(key, 0) + 1
        if number != wanted:
            self.report.problem(f"{self.nick} got {number} of {key}, not {wanted}")
        self.heard[key] = number

    async def talk(self):
        """Says a number in the room and one to the partner, again and again."""
        while not self.report.is_over and not self.is_lost:
            self.said["room"] += 1
            self.said["direct"] += 1
            self.write(f"PRIVMSG {self.room} :{self.said['room']}\r\n"
                       f"PRIVMSG {self.partner} :{self.said['direct']}\r\n")
            await asyncio.sleep(SAY_EVERY_S)


class Report:
    """What went wrong so far, and whether the talking is over."""

    def __init__(self):
        self.is_over = False
        self.problems = []

    def problem(self, text):
        self.problems.append(text)

    def check(self):
        assert not self.problems, f"{len(self.problems)} problems: {self.problems[:10]}"


def variant(number, folder):
    """The source of the version with `number` more fields, in a folder of its own."""
    text = (APP / "chat_router.par").read_text(encoding="utf-8")
    last_field = "    mailboxes = #{} :: #{binary() => []}\n}).\n"
    assert last_field in text, "the state record has changed: adapt this test"
    fields = "".join(f",\n    load_{n} = {n} :: integer()" for n in range(1, number + 1))
    text = text.replace(last_field, last_field[:-5] + fields + "\n}).\n")
    plain = re.search(r"code_change\(_OldVersion, State, _Extra\) ->\n    \{ok, State\}\.\n", text)
    assert plain, "code_change/3 has changed: adapt this test"
    migrate = (f"code_change(_OldVersion, State, _Extra) ->\n"
               f"    true = tuple_size(State) =:= record_info(size, state) - 1,\n"
               f"    {{ok, list_to_tuple(tuple_to_list(State) ++ [{number}])}}.\n")
    text = text.replace(plain[0], migrate)
    first_call = "handle_call({{room, Key}, Request}, _From, #state{rooms = Rooms} = State) ->\n"
    assert first_call in text, "handle_call/3 has changed: adapt this test"
    answer = (f"handle_call(load_number, _From, State) ->\n"
              f"    {{reply, State#state.load_{number}, State}};\n")
    text = text.replace(first_call, answer + first_call)
    place = pathlib.Path(folder) / str(number)
    place.mkdir()
    source = place / "chat_router.par"
    source.write_text(text, encoding="utf-8")
    return source


def load(node, number, folder):
    node.load(variant(number, folder))
    # Beyond any character, so that the list cannot print as a string.
    answer = node.rpc("{loads, lists:usort([gen_server:call(Router, load_number)"
                      " + 2000000 || Router <- chat_router:names()])}")
    assert answer == f"{{loads,[{number + 2000000}]}}", f"load {number}: {answer}"


async def chat(node, folder):
    report = Report()
    loop = asyncio.get_running_loop()
    clients = []
    for index in range(CLIENTS):
        client = Client(index, report)
        await loop.create_connection(lambda: client, "127.0.0.1", node.port)
        clients.append(client)
    await asyncio.wait_for(asyncio.gather(*[client.is_ready for client in clients]), 30)
    talkers = []
    for client in clients:
        talkers.append(asyncio.ensure_future(client.talk()))
        await asyncio.sleep(SAY_EVERY_S / CLIENTS)
    begin_s = time.monotonic()
    for number in range(1, LOADS + 1):
        # In a thread, so that the clients go on meanwhile.
        await loop.run_in_executor(None, load, node, number, folder)
        report.check()
        await asyncio.sleep(LOAD_PAUSE_S)
    took_s = time.monotonic() - begin_s
    report.is_over = True
    await asyncio.gather(*talkers)
    await drained(clients, report)
    said = sum(sum(client.said.values()) for client in clients)
    heard = sum(sum(client.heard.values()) for client in clients)
    result = (f"{LOADS} loads in {took_s:.1f} s; {said} messages said, {heard} heard by {CLIENTS}")
    report.check()
    for client in clients:
        client.transport.close()
    return result


async def drained(clients, report):
    """Waits until everyone has heard everything."""
    end_s = time.monotonic() + DRAIN_S
    by_nick = {client.nick: client for client in clients}
    while missing := first_missing(clients, by_nick):
        report.check()
        assert time.monotonic() < end_s, f"not heard: {missing}"
        await asyncio.sleep(0.05)


def first_missing(clients, by_nick):
    for client in clients:
        mates = [mate for mate in clients if mate.room == client.room and mate is not client]
        for mate in mates:
            if client.heard.get((mate.nick, "room"), 0) != mate.said["room"]:
                return client.nick, mate.nick, "room"
        said = by_nick[client.partner].said["direct"]
        if client.heard.get((client.partner, "direct"), 0) != said:
            return client.nick, client.partner, "direct"
    return None


def main():
    with Node(*settings(connections_max=2 * CLIENTS + 100)) as node, \
            tempfile.TemporaryDirectory(prefix="parley_upgrade_") as folder:
        print(asyncio.run(chat(node, folder)))
