"""Two irssi sessions in tmux join a room and talk; their screens are read."""
import pathlib
import subprocess
import tempfile
import time

from chat_node import WAIT_S, Node

NEEDS = ["irssi", "tmux"]


class Screen:
    """A tmux server of its own, with one irssi a window."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.names = []

    def tmux(self, *words):
        done = subprocess.run(["tmux", "-f", "/dev/null", "-S", str(self.folder / "tmux"), *words],
                              capture_output=True, text=True, timeout=20)
        assert done.returncode == 0, (words, done.stderr)
        return done.stdout

    def start(self, nick, port):
        home = self.folder / nick
        home.mkdir()
        command = (f"env TERM=screen LC_ALL=C.UTF-8 irssi --home={home} -n {nick} "
                   f"-c 127.0.0.1 -p {port}")
        self.tmux("new-session", "-d", "-s", nick, "-x", "110", "-y", "40", command)
        self.names.append(nick)

    def type(self, nick, text):
        self.tmux("send-keys", "-t", nick, "-l", text)
        self.tmux("send-keys", "-t", nick, "Enter")

    def shows(self, nick, text, limit_s=WAIT_S * 2):
        end_s = time.monotonic() + limit_s
        while time.monotonic() < end_s:
            screen = self.tmux("capture-pane", "-p", "-t", nick)
            if text in screen:
                return screen
            time.sleep(0.1)
        raise AssertionError(f"{nick}'s screen does not show {text!r}:\n{screen}")

    def stop(self):
        if self.names:
            subprocess.run(["tmux", "-S", str(self.folder / "tmux"), "kill-server"],
                           capture_output=True, timeout=20)


def main():
    with Node() as node, tempfile.TemporaryDirectory(prefix="parley_irssi_") as folder:
        screen = Screen(folder)
        try:
            talk(screen, node)
        finally:
            screen.stop()


def talk(screen, node):
    for nick in ("ann", "ben"):
        screen.start(nick, node.port)
        screen.shows(nick, "Welcome to a chat node written in Parley.")
    screen.type("ann", "/join #garden")
    screen.shows("ann", "Irssi: #garden: Total of 1 nicks")
    screen.type("ben", "/join #garden")
    screen.shows("ben", "Irssi: #garden: Total of 2 nicks")
    screen.shows("ann", "ben [")
    screen.type("ann", "do you see the roses?")
    screen.shows("ben", "ann> do you see the roses?")
    screen.type("ben", "and the tülips")
    screen.shows("ann", "ben> and the tülips")
    screen.type("ann", "/topic Flowers only")
    screen.shows("ben", "Flowers only")
    screen.type("ben", "/me waters")
    screen.shows("ann", "* ben waters")
    screen.type("ann", "/whois ben")
    screen.type("ann", "/window 1")
    screen.shows("ann", "End of WHOIS")
    screen.type("ann", "/window 2")
    screen.type("ben", "/nick benjamin")
    screen.shows("ann", "ben is now known as benjamin")
    screen.type("ann", "/msg benjamin a secret")
    screen.shows("ben", "Act: 3")
    screen.type("ben", "/window 3")
    screen.shows("ben", "a secret")
    node.rpc('exit(chat_registry:whereis(<<"benjamin">>), kill)')
    screen.shows("ann", "benjamin [")
    screen.shows("ann", "has quit [Connection lost]")
