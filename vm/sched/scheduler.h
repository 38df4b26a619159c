// The scheduler of a node: one thread a core, each with its run queue, timers and poller.
//
//   enqueue --> own queue of the calling scheduler thread (or round robin from outside)
//   thread:     take own | steal the oldest of another | sleep in the poller
//   a slice:    RUNNABLE -> RUNNING, signals, engine, then by its result: queue, wait, end
//
// Invariant: a process is in at most one run queue, and exactly while it is RUNNABLE; only the
// thread that took it from there touches its line 1.
//
// Grace periods (QSBR: quiescent-state based reclamation, Hart et al. 2007): every thread counts
// the boundaries of its slices; a slot is reused, and a code load settles, when every thread has
// passed a boundary since or sleeps.
//
// First simple: the run queues are behind a mutex each, a thief takes one.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "vm/base/wait_observer.h"
#include "vm/process/signal.h"
#include "vm/process/slice.h"
#include "vm/sched/timer_wheel.h"

namespace parley {

// Where an idle scheduler sleeps and what it looks at between slices; sockets implement it.
class Poller {
 public:
  virtual ~Poller() = default;
  // Handles what is ready; waits up to so long for something (0: not at all; -1: no limit). Tells
  // `observer`, if there is one, just before and after the wait: it handles everything outside.
  virtual void poll(int timeout_us, WaitObserver* observer) = 0;
  // Ends a wait of another thread, or the next one at once. Any thread.
  virtual void wake() = 0;
};
// A poller of nothing, for a node without a network.
std::unique_ptr<Poller> make_plain_poller();

struct SchedulerOptions {
  unsigned threads = 1;
};

class BlockingPool;
class Scheduler;

class SchedulerThread final : private WaitObserver {
 public:
  SchedulerThread(Scheduler& scheduler, unsigned number);

  unsigned number() const { return number_; }
  Poller& poller() { return *poller_; }
  TimerWheel& timers() { return timers_; }
  const RunCounters& counters() const { return runner_->counters; }

 private:
  friend class Scheduler;
  static constexpr unsigned kPriorities = 4, kLowPriority = 0;

  void loop();
  Process* next_process();
  enum class End : std::uint8_t { kFront, kBack };
  Process* take(std::uint32_t priority, End end);
  Process* take_own();
  // How many wait of normal priority and above, and of low.
  struct Lengths {
    std::uint32_t urgent = 0, low = 0;
    auto operator<=>(const Lengths&) const = default;
    // Whether giving one to a thread with so many makes the two more even.
    bool exceed(Lengths other) const {
      return urgent > other.urgent + 1 ||
             (urgent + 1 >= other.urgent && urgent <= other.urgent + 1 && low > other.low + 1);
    }
  };
  Lengths lengths() const;
  void balance();
  Process* take_surplus(Lengths taker);
  void run_slice(Process& process);
  void wait(Process& process);
  void fire_timers();
  bool pool_finished() const;
  void sleep();
  void reclaim();
  // Odd from here: what the thread looked up before, it has let go of.
  void wait_begins() override { quiescent_.fetch_add(1, std::memory_order_acq_rel); }
  // Even again, before it looks anything up.
  void wait_ended() override { quiescent_.fetch_add(1, std::memory_order_acq_rel); }
  void push(Process& process);

  Scheduler& scheduler_;
  unsigned number_;
  std::unique_ptr<Poller> poller_;
  std::unique_ptr<SliceRunner> runner_;
  TimerWheel timers_;
  std::thread thread_;

  std::mutex queue_lock_;
  std::array<std::deque<Process*>, kPriorities> queues_;
  // Changed under the lock; read without it.
  std::atomic<std::uint32_t> queue_length_{0}, low_length_{0};
  std::uint32_t skipped_low_ = 0;

  // Odd while asleep. Release on change, acquire by who waits for a grace period: what the thread
  // did before is then visible.
  std::atomic<std::uint64_t> quiescent_{0};
  std::atomic<bool> asleep_{false};
  std::vector<Process*> retired_, retiring_;
  std::vector<std::uint64_t> retiring_since_;
  std::vector<Timer> due_;
};

class Scheduler : public SchedulerInterface {
 public:
  using MakePoller = std::function<std::unique_ptr<Poller>(SchedulerThread&)>;
  using MakeRunner = std::function<std::unique_ptr<SliceRunner>(SchedulerThread&)>;
  Scheduler(ProcessSpace& processes, SchedulerOptions options, const MakePoller& make_poller,
            const MakeRunner& make_runner);
  ~Scheduler() override;

  void start();
  // Ends all threads after their slice and waits for them. Not from a scheduler thread.
  void stop_and_join();
  void request_stop();
  bool stopping() const { return stop_.load(std::memory_order_acquire); }

  void enqueue(Process& process) override;
  void retire(Process& process) override;
  bool arm_receive_timer(Process& process, std::uint64_t milliseconds) override;
  void cancel_receive_timer(Process& process) override;
  std::optional<std::uint64_t> receive_timer_left_ms(const Process& process) override;

  // Whose finished jobs the threads hand on; set before `start`. See pool.h.
  void serve_pool(BlockingPool& pool) { pool_ = &pool; }
  // Makes one thread look at the pool if all might sleep. Any thread.
  void wake_sleeper();

  // A token for a grace period, and whether it has passed.
  void grace_begin(std::vector<std::uint64_t>& since);
  bool grace_passed(const std::vector<std::uint64_t>& since) const;

  unsigned thread_count() const { return static_cast<unsigned>(threads_.size()); }
  SchedulerThread& thread(unsigned number) { return *threads_[number]; }
  // The scheduler thread that runs the caller, if it is one of this node.
  SchedulerThread* current() const;
  ProcessSpace& processes() { return processes_; }
  std::uint32_t run_queue_length() const;
  // Sums over all threads since the start.
  struct Totals {
    std::uint64_t reductions = 0, collections = 0, collected_words = 0;
  };
  Totals totals() const;

 private:
  friend class SchedulerThread;
  void wake_someone(unsigned except);

  ProcessSpace& processes_;
  BlockingPool* pool_ = nullptr;
  std::vector<std::unique_ptr<SchedulerThread>> threads_;
  std::atomic<bool> stop_{false};
  std::atomic<unsigned> round_robin_{0};
  std::atomic<unsigned> sleepers_{0};
};

// Nanoseconds of the monotonic clock. Any thread.
std::uint64_t monotonic_ns();

}  // namespace parley
