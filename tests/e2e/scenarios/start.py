"""What the program says when it cannot start: a message that names the cause, and no status 0."""
import subprocess

from chat_node import ROOT, Node

# Parley's command line refuses some names itself, the chat application all of them.
NO_NAME = ("server_name: expected a binary of 1 to 63 letters",
           "--server-name: a server's name has 1 to 63 bytes")
# Options => what the last line of output must contain.
REFUSED = [
    (["--port", "high"], "--port: not a number: high"),
    (["--port", "70000"], "port: expected an integer from 0 to 65535, got 70000"),
    # The program's own reader of options says the first, Erlang/OTP's start script the second.
    (["--port"], ("--port: 1 required", "lacks its value: --port")),
    (["--ip", "nowhere"], "--ip: not an address: nowhere"),
    (["--set", "lines_burst=0"], "lines_burst: expected a positive integer, got 0"),
    (["--set", "lines_burst=many"], "--set: not a number: many"),
    (["--set", "no_such_thing=1"], "name of a setting: no_such_thing=1"),
    (["--dance"], ("no option --dance", "unknown option")),
    (["lobby"], ("lobby", "unknown option")),
    (["--server-name", "a b"], NO_NAME),
    (["--server-name", "a:b"], NO_NAME),
    (["--server-name", "x" * 64], NO_NAME),
    (["--motd", "with\rreturn"], "motd: expected a list of lines"),
]


def main():
    for options, message in REFUSED:
        refused(options, message)
    with Node("--server-name", "named.example", "--ip", "::1") as node:
        assert f"chat: listening on [::1]:{node.port}" in node.log, node.log
        cannot_listen(["--ip", "::1", "--port", str(node.port)],
                      f"[::1]:{node.port}: address already in use")
        cannot_listen(["--ip", "192.0.2.1", "--port", "6667"],
                      "192.0.2.1:6667: can't assign requested address")
        assert node.rpc("chat:start(#{})") == "{error,already_started}"
        assert node.rpc("chat:port()") == str(node.port)


def cannot_listen(options, message):
    """One line says it, and no reports of supervisors."""
    output = refused(options, message)
    mine = [line for line in output.splitlines() if "{error," not in line]
    assert mine == ["chat: cannot listen on " + message], output


def refused(options, message):
    done = subprocess.run([*Node.command(), *options], stdin=subprocess.DEVNULL, timeout=30,
                          capture_output=True, text=True, cwd=ROOT)
    output = done.stdout + done.stderr
    assert done.returncode not in (0, None), f"{options}: status {done.returncode}: {output}"
    wanted = (message,) if isinstance(message, str) else message
    assert any(text in output for text in wanted), f"{options}: {output}"
    return output
