// A node from its start to its end.
#include "cli/serve.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>

#include "cli/control_path.h"
#include "vm/base/need.h"

namespace parley::cli {

namespace {

sigset_t signals_of(Interrupts interrupts) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  // Of a terminal that closes. Where it is ignored, as under nohup, it does not come.
  sigaddset(&set, SIGHUP);
  if (interrupts == Interrupts::kEndTheNode) sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

RunningNode::RunningNode(Node& node, const Node::Target& target, const RunOptions& options,
                         Interrupts interrupts)
    : node_(node) {
  std::signal(SIGPIPE, SIG_IGN);
  // Blocked before the node's threads begin, which inherit it: only the watcher reads them.
  const sigset_t set = signals_of(interrupts);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_ = signalfd(-1, &set, SFD_CLOEXEC);
  ended_ = eventfd(0, EFD_CLOEXEC);
  need(signals_ >= 0 && ended_ >= 0, "descriptors for the signals of the system");
  if (options.control) {
    if (const auto path = new_control_path(options.name)) control_path_ = *path;
  }
  node_.start();
  node_.run_main(target);
  if (interrupts == Interrupts::kAreTheCallers) start_control();
  watcher_ = std::thread([this] { watch_signals(); });
}

RunningNode::~RunningNode() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(ended_, &one, sizeof one);
  watcher_.join();
  close(signals_);
  close(ended_);
  if (!control_path_.empty()) unlink(control_path_.c_str());
}

int RunningNode::join() { return node_.join(); }

void RunningNode::start_control() {
  if (control_path_.empty() || control_started_) return;
  control_started_ = true;
  node_.start_process("parley_control", "start", control_path_);
}

// A program that is over in a moment is not made to wait for a socket that nobody will use.
void RunningNode::watch_signals() {
  constexpr int kControlDelayMs = 5;
  bool asked = false;
  for (;;) {
    pollfd ready[2] = {{signals_, POLLIN, 0}, {ended_, POLLIN, 0}};
    const int count = poll(ready, 2, control_started_ ? -1 : kControlDelayMs);
    if (count == 0) start_control();
    control_started_ = control_started_ || control_path_.empty();
    if (count <= 0) continue;
    if (ready[1].revents != 0) return;
    signalfd_siginfo info{};
    if (read(signals_, &info, sizeof info) != sizeof info) continue;
    // A terminal that closes may say so more than once: only a person is impatient.
    if (asked && info.ssi_signo == SIGHUP) continue;
    if (asked) {
      if (!control_path_.empty()) unlink(control_path_.c_str());
      _exit(128 + static_cast<int>(info.ssi_signo));
    }
    asked = true;
    node_.start_process("parley_main", "signal", "sigterm");
  }
}

int run_node(Node& node, const Node::Target& target, const RunOptions& options) {
  RunningNode running(node, target, options);
  return running.join();
}

}  // namespace parley::cli
