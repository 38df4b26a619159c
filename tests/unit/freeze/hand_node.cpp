// Running processes by hand.
#include "tests/unit/freeze/hand_node.h"

#include "vm/base/assert.h"
#include "vm/term/external.h"

namespace parley::test {

namespace {

NodeOptions options(std::uint64_t hash_seed) {
  NodeOptions o;
  o.schedulers = 1;
  o.hash_seed = hash_seed;
  return o;
}

}  // namespace

HandNode::HandNode(Library& library, std::uint64_t hash_seed)
    : node_(options(hash_seed)),
      runner_(node_.services(), nullptr, 0, RunnerOptions{.engine = default_engine()},
              node_.processes().entry, nullptr) {
  node_.processes().scheduler = this;
  node_.processes().exit_observers.push_back(this);
  node_.find_library = [&library](std::string_view module) { return library.find(module); };
}

Process* HandNode::spawn(const std::string& module, const std::string& function,
                         Term arguments) {
  SpawnRequest request;
  request.module = *node_.services().atoms->intern(module);
  request.function = *node_.services().atoms->intern(function);
  request.arguments = arguments;
  request.group_leader = Term::pid(0, 1);
  const Term pid = spawn_process(node_.processes(), node_.processes().entry, request);
  return node_.processes().find(pid);
}

void HandNode::slice(Process& process, std::int64_t reductions) {
  runner_.context().slice_reductions = reductions;
  state_word::become(process.state, ProcessState::kRunning);
  switch (runner_.run(process)) {
    case RunResult::kExited: runner_.finish(process); return;
    case RunResult::kYielded: state_word::become(process.state, ProcessState::kRunnable); return;
    case RunResult::kWaiting: break;
  }
  const auto timed_out = [&process] {
    return process.has_flag(process_flag::kTimerSet) && timeout_word::has_fired(process.timeout);
  };
  if (!state_word::enter_wait(process.state, process.mailbox, timed_out)) {
    state_word::become(process.state, ProcessState::kRunnable);
  }
}

std::vector<std::uint8_t> HandNode::take_reason() {
  std::vector<std::uint8_t> bytes = std::move(*reason_);
  reason_.reset();
  return bytes;
}

void HandNode::let_time_pass(Process& process) {
  const auto armed = timers_.find(&process);
  PARLEY_ASSERT(armed != timers_.end(), "a program that waits for ever");
  if (timeout_word::try_fire(process.timeout, armed->second.receive)) {
    state_word::wake(process.state);
  }
  timers_.erase(armed);
}

void HandNode::destroy(Process& process) {
  destroying_ = true;
  end_process(node_.processes(), process, kAtom_normal);
  destroying_ = false;
}

void HandNode::retire(Process& process) { node_.processes().release_slot(process); }

bool HandNode::arm_receive_timer(Process& process, std::uint64_t milliseconds) {
  timers_[&process] = {milliseconds, process.timeout.load(std::memory_order_relaxed)};
  return true;
}
void HandNode::cancel_receive_timer(Process& process) {
  timeout_word::renew(process.timeout);
  timers_.erase(&process);
}
std::optional<std::uint64_t> HandNode::receive_timer_left_ms(const Process& process) {
  const auto armed = timers_.find(&process);
  if (armed == timers_.end()) return std::nullopt;
  return armed->second.left_ms;
}

void HandNode::process_ended(Process&, Term, Term reason) {
  if (destroying_) return;
  std::vector<std::uint8_t> bytes{external::kVersion};
  encode_external(bytes, reason, *node_.services().atoms);
  reason_ = std::move(bytes);
}

}  // namespace parley::test
