// Running a node in this process to its end: signals, the control socket, the exit status.
//
// Invariant: SIGINT, SIGTERM and SIGHUP end the node in an orderly way, a second SIGINT or SIGTERM
// at once; the control socket's file is gone when the node is.
#pragma once

#include <string>
#include <thread>

#include "cli/local_node.h"

namespace parley::cli {

// What a signal of the terminal does: the repl keeps SIGINT to itself.
enum class Interrupts : std::uint8_t { kEndTheNode, kAreTheCallers };

class RunningNode {
 public:
  // Starts the node with its target, and the control socket where the options want one.
  RunningNode(Node& node, const Node::Target& target, const RunOptions& options,
              Interrupts interrupts = Interrupts::kEndTheNode);
  ~RunningNode();
  RunningNode(const RunningNode&) = delete;
  RunningNode& operator=(const RunningNode&) = delete;

  // Empty: there is none.
  const std::string& control_path() const { return control_path_; }
  // Waits for the node's end; its status.
  int join();

 private:
  void watch_signals();
  void start_control();

  Node& node_;
  std::string control_path_;
  bool control_started_ = false;
  int signals_ = -1, ended_ = -1;
  std::thread watcher_;
};

// All of the above at once.
int run_node(Node& node, const Node::Target& target, const RunOptions& options);

}  // namespace parley::cli
