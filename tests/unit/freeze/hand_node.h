// A node whose processes a test runs by hand: which one, and for how many reductions. No threads;
// time passes when nothing else can happen.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/library.h"
#include "vm/node/node.h"

namespace parley::test {

class HandNode : public SchedulerInterface, public ExitObserver {
 public:
  HandNode(Library& library, std::uint64_t hash_seed);

  Node& node() { return node_; }
  // `arguments`: a proper list, copied.
  Process* spawn(const std::string& module, const std::string& function,
                 Term arguments = Term::nil());
  // One slice. The process is in the queue or waits afterwards, or has ended.
  void slice(Process& process, std::int64_t reductions);
  bool ended() const { return reason_.has_value(); }
  // What the process that ended last exited with, in the external format.
  std::vector<std::uint8_t> take_reason();
  // Makes a waiting process runnable by its timer, if it has one.
  void let_time_pass(Process& process);
  // Out of every queue; it must be runnable or waiting. Then ends it, silently.
  void destroy(Process& process);

  void enqueue(Process&) override {}
  void retire(Process& process) override;
  bool arm_receive_timer(Process& process, std::uint64_t milliseconds) override;
  void cancel_receive_timer(Process& process) override;
  std::optional<std::uint64_t> receive_timer_left_ms(const Process& process) override;
  void process_ended(Process& process, Term pid, Term reason) override;

 private:
  struct Armed {
    std::uint64_t left_ms;
    std::uint32_t receive;
  };
  Node node_;
  Runner runner_;
  std::map<const Process*, Armed> timers_;
  std::optional<std::vector<std::uint8_t>> reason_;
  bool destroying_ = false;
};

}  // namespace parley::test
