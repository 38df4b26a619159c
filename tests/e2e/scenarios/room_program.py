"""The chat room of lang-examples, as the README shows it: `nc` is enough to talk."""
import socket
import subprocess
import tempfile
import time

from chat_node import ROOT, WAIT_S, binary, engine

SOURCE = ROOT / "lang-examples/room.par"


def main():
    with socket.create_server(("127.0.0.1", 0)) as finder:
        port = finder.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="parley_room_") as folder:
        process = subprocess.Popen(command(folder, port), stdin=subprocess.DEVNULL)
        try:
            talk(port)
            assert process.poll() is None, "the room is gone"
            port_is_taken(folder, port)
        finally:
            process.kill()
            process.wait()


def command(folder, port):
    if engine() == "parley":
        return [binary(), "run", str(SOURCE), str(port)]
    copy = f"{folder}/room.erl"
    with open(copy, "w", encoding="utf-8") as file:
        file.write(SOURCE.read_text(encoding="utf-8"))
    subprocess.run(["erlc", "-o", folder, copy], check=True, timeout=60)
    return ["erl", "-noshell", "-pa", folder, "-eval", f'room:main(["{port}"])']


def port_is_taken(folder, port):
    done = subprocess.run(command(folder, port), stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=30)
    assert done.returncode == 1, done
    wanted = f"room: cannot listen on {port}: address already in use\n"
    assert done.stdout + done.stderr == wanted, done


def talk(port):
    first, second, third = connect(port), connect(port), connect(port)
    time.sleep(0.3)
    first.sendall(b"hello\n")
    assert line(second) == b"hello\n"
    assert line(third) == b"hello\n"
    third.close()
    second.sendall(b"hi there\n")
    assert line(first) == b"hi there\n"


def connect(port):
    end_s = time.monotonic() + WAIT_S * 2
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), WAIT_S)
        except ConnectionRefusedError:
            if time.monotonic() > end_s:
                raise
            time.sleep(0.05)


def line(guest):
    data = b""
    while not data.endswith(b"\n"):
        more = guest.recv(1024)
        assert more, "closed"
        data += more
    return data
