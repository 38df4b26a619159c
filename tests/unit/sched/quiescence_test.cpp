// A scheduler thread counts as quiescent exactly while it waits: what it handles when it wakes may
// look processes up, and a slot must not be used again meanwhile.
#include <doctest/doctest.h>

#include <chrono>
#include <future>

#include "vm/sched/scheduler.h"

namespace parley {
namespace {

constexpr std::chrono::seconds kLimit{10};

struct NoRunner : SliceRunner {
  RunResult run(Process&) override { return RunResult::kYielded; }
  void finish(Process&) override {}
};

// Stops once where it waits and once where it handles, until the test has looked.
class StoppingPoller : public Poller {
 public:
  void poll(int, WaitObserver* observer) override {
    if (observer != nullptr) observer->wait_begins();
    if (!stopped_) stop_at(waits, go_on);
    if (observer != nullptr) observer->wait_ended();
    if (!stopped_) stop_at(handles, end);
    stopped_ = true;
  }
  void wake() override {}

  std::promise<void> waits, go_on, handles, end;

 private:
  static void stop_at(std::promise<void>& reached, std::promise<void>& passed) {
    reached.set_value();
    passed.get_future().wait_for(kLimit);
  }
  bool stopped_ = false;
};

}  // namespace

TEST_CASE("a thread is quiescent while it waits, and not while it handles what came") {
  AtomTable atoms;
  ProcessSpace space(atoms, {.processes_max = 16});
  StoppingPoller* poller = nullptr;
  Scheduler scheduler(
      space, SchedulerOptions{1},
      [&](SchedulerThread&) {
        auto made = std::make_unique<StoppingPoller>();
        poller = made.get();
        return made;
      },
      [](SchedulerThread&) { return std::make_unique<NoRunner>(); });
  const auto grace_begin = [&scheduler] {
    std::vector<std::uint64_t> since;
    scheduler.grace_begin(since);
    return since;
  };
  scheduler.start();
  REQUIRE(poller->waits.get_future().wait_for(kLimit) == std::future_status::ready);
  CHECK(scheduler.grace_passed(grace_begin()));
  const auto since_wait = grace_begin();
  poller->go_on.set_value();
  REQUIRE(poller->handles.get_future().wait_for(kLimit) == std::future_status::ready);
  CHECK_FALSE(scheduler.grace_passed(grace_begin()));
  // Whoever waits for a grace period since before has it: the thread was at rest then.
  CHECK(scheduler.grace_passed(since_wait));
  poller->end.set_value();
  scheduler.stop_and_join();
}

}  // namespace parley
