"""parley chat: starts, tells where, says goodbye and ends with status 0."""
import signal
import socket

import harness


class Chat(harness.CommandLineCase):
    def begin(self, *arguments):
        node = self.start("chat", "--port", "0", "--ip", "127.0.0.1", *arguments)
        found = node.wait_for(r"listening on 127\.0\.0\.1:(\d+)")
        return node, int(found.group(1))

    def log_in(self, port):
        client = socket.create_connection(("127.0.0.1", port), timeout=harness.LIMIT_S)
        client.sendall(b"NICK ann\r\nUSER ann 0 * :Ann\r\n")
        reader = client.makefile("r", encoding="utf-8", newline="\n")
        welcome = []
        for line in reader:
            welcome.append(line)
            if " 376 " in line or " 422 " in line:
                break
        return client, reader, "".join(welcome)

    def ends_orderly(self, number):
        node, port = self.begin()
        client, reader, welcome = self.log_in(port)
        self.assertIn(" 001 ann ", welcome)
        node.process.send_signal(number)
        goodbye = reader.read()
        self.assertIn("ERROR", goodbye)
        self.assertEqual(node.process.wait(harness.LIMIT_S), 0)
        self.assertIn("stopped", node.output())
        reader.close()
        client.close()

    def test_sigterm(self):
        self.ends_orderly(signal.SIGTERM)

    def test_sigint(self):
        self.ends_orderly(signal.SIGINT)

    def test_sighup(self):
        self.ends_orderly(signal.SIGHUP)

    def test_message_of_the_day(self):
        _, port = self.begin("--motd", "Be kind.")
        client, reader, welcome = self.log_in(port)
        self.assertIn("Be kind.", welcome)
        reader.close()
        client.close()

    def test_a_port_in_use(self):
        _, port = self.begin()
        status, out, err = self.parley("chat", "--ip", "127.0.0.1", "--port", str(port))
        self.assertEqual(status, 1, out + err)
        self.assertEqual(out + err, f"chat: cannot listen on 127.0.0.1:{port}: "
                         "address already in use\n")

    def test_an_option_that_makes_no_sense(self):
        status, out, err = self.parley("chat", "--port", "many")
        self.assertEqual(status, 1, out + err)
        self.assertIn("--port: not a number: many", out + err)


if __name__ == "__main__":
    harness.main()
