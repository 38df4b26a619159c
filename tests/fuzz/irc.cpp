// Fuzzer: bytes of an IRC client → a chat node in this process, over a real socket. Whatever a
// client says, its connection's process does not crash (a report of one is caught below), it is
// answered or closed in bounded time, and a second client that watches is answered all the while.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "cli/local_node.h"
#include "compiler/compile.h"
#include "vm/base/assert.h"

namespace {

using namespace parley;

constexpr int kAnswerMs = 8000;

// Starts the application without its limits of pace, which would end most runs at the first lines.
// A report of an error, which is what a process that crashes leaves, ends the whole chat node: then
// nobody is answered any more.
constexpr std::string_view kMain = R"(
-module(fuzz_irc_main).
-export([main/1, log/2]).
main([Port]) ->
    logger:set_primary_config(level, error),
    ok = logger:add_handler(fuzz, ?MODULE, #{level => error}),
    {ok, _} = chat:start(#{port => list_to_integer(Port), acceptors => 1, routers => 2,
                           lines_a_second => 1000000, lines_burst => 1000000,
                           odd_lines_max => 1000000}),
    receive stop -> ok end.
log(Event, _) ->
    io:format("~p~n", [Event]),
    case whereis(chat) of
        undefined -> ok;
        Chat -> exit(Chat, kill)
    end.
)";

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

std::uint16_t free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  PARLEY_ASSERT(bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0, "a free port");
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  close(fd);
  return ntohs(address.sin_port);
}

class Client {
 public:
  explicit Client(std::uint16_t port) {
    const sockaddr_in address = loopback(port);
    for (int attempt = 0; attempt < 400; ++attempt) {
      fd_ = socket(AF_INET, SOCK_STREAM, 0);
      const int yes = 1;  // otherwise each run waits for a delayed acknowledgement
      setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return;
      close(fd_);
      usleep(10000);  // the node is starting
    }
    PARLEY_ASSERT(false, "the node accepts a connection");
  }
  ~Client() { close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void say(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent <= 0) return;  // closed: the peer may do that to a client that says nonsense
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  enum class Heard : std::uint8_t { kText, kEnd, kNothing };
  // Reads until `text` was heard, the connection ended, or the time is over.
  Heard hear(std::string_view text) {
    std::string heard;
    for (;;) {
      pollfd waiting{fd_, POLLIN, 0};
      const int ready = poll(&waiting, 1, kAnswerMs);
      if (ready < 0 && errno == EINTR) continue;  // the fuzzer's own alarm
      if (ready <= 0) {
        std::fprintf(stderr, "heard only: %s\n", heard.c_str());
        return Heard::kNothing;
      }
      char part[4096];
      const ssize_t got = recv(fd_, part, sizeof part, 0);
      if (got <= 0) return Heard::kEnd;
      heard.append(part, static_cast<std::size_t>(got));
      if (heard.find(text) != std::string::npos) return Heard::kText;
      if (heard.size() > 1 << 16) heard.erase(0, heard.size() - text.size());
    }
  }

 private:
  int fd_ = -1;
};

class ChatNode {
 public:
  ChatNode() : port_(free_port()) {
    std::signal(SIGPIPE, SIG_IGN);
    cli::RunOptions options;
    options.schedulers = 2;
    node_ = cli::make_node(options);
    const CompileResult made = compile_module({"fuzz_irc_main.par", std::string(kMain)});
    PARLEY_ASSERT(made.module.has_value(), "the fuzzer's own module compiles");
    PARLEY_ASSERT(cli::load_into(*node_, *made.module, "fuzz_irc_main.par"), "and loads");
    node_->start();
    node_->run_main({"fuzz_irc_main", "main", std::vector{std::to_string(port_)}, false});
    watcher_ = std::make_unique<Client>(port_);
    watcher_->say("NICK watcher\r\nUSER w 0 * :w\r\nJOIN #r\r\n");
    PARLEY_ASSERT(watcher_->hear(" 366 watcher #r ") == Client::Heard::kText, "who watches is in");
  }
  std::uint16_t port() const { return port_; }
  bool answers() {
    watcher_->say("PING :still-here\r\n");
    return watcher_->hear("still-here") == Client::Heard::kText;
  }

 private:
  std::uint16_t port_;
  std::unique_ptr<Node> node_;
  std::unique_ptr<Client> watcher_;
};

}  // namespace

// The node lives to the end of the program, and its pointers carry tags: what hangs on them would
// count as leaked. (The tests of the dev build end their nodes and check for leaks.)
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static ChatNode& chat = *new ChatNode;  // lives as long as the program
  std::string_view text(reinterpret_cast<const char*>(data), size);
  Client client(chat.port());
  // The first byte says whether the client has a name already, and how its bytes are cut up.
  const unsigned how = text.empty() ? 0 : static_cast<std::uint8_t>(text.front());
  text.remove_prefix(text.empty() ? 0 : 1);
  if ((how & 1) != 0) client.say("NICK fuzz\r\nUSER f 0 * :f\r\nJOIN #r\r\n");
  const std::size_t first = (how & 2) != 0 ? text.size() / 2 : text.size();
  client.say(text.substr(0, first));
  client.say(text.substr(first));
  client.say("\r\nPING :fuzz-done\r\n");
  const Client::Heard heard = client.hear("fuzz-done");
  PARLEY_ASSERT(heard != Client::Heard::kNothing, "a client is answered or closed");
  PARLEY_ASSERT(chat.answers(), "no process crashed, and others are answered");
  return 0;
}
