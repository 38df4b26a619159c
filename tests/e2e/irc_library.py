"""Clients of python3-irc, an IRC library that knows nothing of this server."""
import time

import irc.client

from chat_node import WAIT_S


class Client:
    """One connection; keeps every event that it gets."""

    reactor = irc.client.IRC()

    def __init__(self, node, nick):
        self.nick = nick
        self.events = []
        self.connection = self.reactor.server()
        self.reactor.add_global_handler("all_events", self.keep)
        self.connection.connect("127.0.0.1", node.port, nick, username=nick, ircname=nick)
        self.wait("endofmotd", "nomotd")

    def keep(self, connection, event):
        if connection is self.connection and event.type != "all_raw_messages":
            self.events.append(event)

    def wait(self, *types, text=None, source=None):
        """The first event of one of these types (with this text, from this nick); it and all
        before it are taken out."""
        end_s = time.monotonic() + WAIT_S
        while time.monotonic() < end_s:
            for index, event in enumerate(self.events):
                if event.type in types and (text is None or text in event.arguments) \
                        and (source is None or event.source.nick == source):
                    del self.events[:index + 1]
                    return event
            self.reactor.process_once(0.05)
        seen = [(event.type, event.arguments) for event in self.events]
        raise AssertionError(f"{self.nick} waits for {types} {text}, has {seen[-10:]}")

    def join(self, room):
        self.connection.join(room)
        self.wait("endofnames")

    def say(self, target, text):
        self.connection.privmsg(target, text)

    def quit(self, text="bye"):
        self.connection.disconnect(text)

    @classmethod
    def settle(cls, seconds=0.3):
        """Lets events come in for a while."""
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            cls.reactor.process_once(0.05)
