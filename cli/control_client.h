// A client of a node's control socket.
//
// Thread: one at a time; `interrupt` may come from a signal handler's thread as well.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "cli/wire_term.h"

namespace parley::cli {

class ControlClient {
 public:
  // The text of why not. A node that is just starting is waited for.
  static std::expected<ControlClient, std::string> connect(const std::string& path);
  ~ControlClient();
  ControlClient(ControlClient&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
  ControlClient& operator=(ControlClient&&) = delete;

  // What may happen until the answer is there; what is missing does nothing.
  struct Meanwhile {
    std::function<void(const std::string&)> output;  // the node prints
    std::function<bool()> interrupted;               // true: the evaluation is broken off
    // The node asks for a line: {input, Bytes}, {input, eof} or {interrupt}. Missing: eof.
    std::function<WireTerm()> input;
    int descriptor = -1;  // called is `readable` when it is
    std::function<void()> readable;
  };
  // Sends a request and waits for its answer. nullopt: the node is gone.
  std::optional<WireTerm> ask(const WireTerm& request, const Meanwhile& meanwhile);
  // The node has sent something between two answers: what it prints. nullopt: it is gone.
  std::optional<std::string> take_output();
  int descriptor() const { return socket_; }

 private:
  explicit ControlClient(int socket) : socket_(socket) {}
  bool send(const WireTerm& term);
  std::optional<WireTerm> receive();
  bool wait_readable(const Meanwhile& meanwhile);

  int socket_;
};

// The path of the node that `--node` means: a name, an OS process id, or a path. Empty: the only
// one that runs. The text of why there is none.
std::expected<std::string, std::string> find_node(const std::string& wanted);

}  // namespace parley::cli
