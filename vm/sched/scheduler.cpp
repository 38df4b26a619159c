// The scheduler's side that everybody sees: queues, wake-ups, timers, grace periods.
#include "vm/sched/scheduler.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>

#include "vm/base/assert.h"
#include "vm/base/need.h"

namespace parley {

namespace {

// Which scheduler thread runs this OS thread, and of which node: all that is thread-local in the
// machine.
thread_local SchedulerThread* current_thread = nullptr;
thread_local const Scheduler* current_scheduler = nullptr;

class PlainPoller : public Poller {
 public:
  PlainPoller() : event_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    need(event_ >= 0, "a descriptor for a scheduler's sleep");
  }
  ~PlainPoller() override { close(event_); }
  void poll(int timeout_us, WaitObserver* observer) override {
    pollfd fd{event_, POLLIN, 0};
    const timespec limit{timeout_us / 1'000'000, timeout_us % 1'000'000 * 1000L};
    if (observer != nullptr) observer->wait_begins();
    const int ready = ::ppoll(&fd, 1, timeout_us < 0 ? nullptr : &limit, nullptr);
    if (observer != nullptr) observer->wait_ended();
    if (ready > 0) {
      std::uint64_t count;
      [[maybe_unused]] const auto n = read(event_, &count, sizeof count);
    }
  }
  void wake() override {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto n = write(event_, &one, sizeof one);
  }

 private:
  int event_;
};

}  // namespace

std::unique_ptr<Poller> make_plain_poller() { return std::make_unique<PlainPoller>(); }

std::uint64_t monotonic_ns() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                        std::chrono::steady_clock::now().time_since_epoch())
                                        .count());
}

Scheduler::Scheduler(ProcessSpace& processes, SchedulerOptions options,
                     const MakePoller& make_poller, const MakeRunner& make_runner)
    : processes_(processes) {
  for (unsigned i = 0; i < options.threads; ++i) {
    threads_.push_back(std::make_unique<SchedulerThread>(*this, i));
    SchedulerThread& thread = *threads_.back();
    thread.poller_ = make_poller ? make_poller(thread) : make_plain_poller();
    thread.runner_ = make_runner(thread);
  }
}

Scheduler::~Scheduler() { stop_and_join(); }

void Scheduler::start() {
  for (auto& thread : threads_) {
    thread->thread_ = std::thread([this, t = thread.get()] {
      current_thread = t;
      current_scheduler = this;
      t->loop();
    });
  }
}

void Scheduler::request_stop() {
  stop_.store(true, std::memory_order_release);
  for (auto& thread : threads_) thread->poller_->wake();
}

void Scheduler::stop_and_join() {
  request_stop();
  for (auto& thread : threads_) {
    if (thread->thread_.joinable()) thread->thread_.join();
  }
}

SchedulerThread* Scheduler::current() const {
  return current_scheduler == this ? current_thread : nullptr;
}

void Scheduler::enqueue(Process& process) {
  SchedulerThread* own = current();
  SchedulerThread& target =
      own != nullptr
          ? *own
          : *threads_[round_robin_.fetch_add(1, std::memory_order_relaxed) % threads_.size()];
  target.push(process);
  // Another core is woken only for more than one runnable process: a wake-up costs 14 microseconds.
  if (&target != own) {
    if (target.asleep_.load(std::memory_order_seq_cst)) target.poller_->wake();
  } else if (target.queue_length_.load(std::memory_order_relaxed) > 1 &&
             sleepers_.load(std::memory_order_relaxed) > 0) {
    wake_someone(target.number_);
  }
}

void Scheduler::wake_someone(unsigned except) {
  for (auto& thread : threads_) {
    if (thread->number_ != except && thread->asleep_.load(std::memory_order_relaxed)) {
      thread->poller_->wake();
      return;
    }
  }
}

void Scheduler::wake_sleeper() {
  // Sequentially consistent, as in sleep(). A thread that is awake looks before it sleeps.
  for (auto& thread : threads_) {
    if (thread->asleep_.load(std::memory_order_seq_cst)) {
      thread->poller_->wake();
      return;
    }
  }
}

void Scheduler::retire(Process& process) {
  SchedulerThread* own = current();
  PARLEY_ASSERT(own != nullptr, "a process ends on a scheduler thread");
  own->retired_.push_back(&process);
}

// Read with a read-modify-write, which sees the latest number: of a thread that wakes and one that
// begins a grace period either the first sees what the other changed before, or is seen awake. An
// older number would be one that has passed already.
void Scheduler::grace_begin(std::vector<std::uint64_t>& since) {
  since.clear();
  for (const auto& thread : threads_) {
    since.push_back(thread->quiescent_.fetch_add(0, std::memory_order_acq_rel));
  }
}

bool Scheduler::grace_passed(const std::vector<std::uint64_t>& since) const {
  for (unsigned i = 0; i < since.size(); ++i) {
    const bool was_asleep = (since[i] & 1) != 0;
    if (!was_asleep && threads_[i]->quiescent_.load(std::memory_order_acquire) == since[i]) {
      return false;
    }
  }
  return true;
}

bool Scheduler::arm_receive_timer(Process& process, std::uint64_t milliseconds) {
  // From outside only for a process that is read back: it does not run yet.
  SchedulerThread* own = current() != nullptr ? current() : threads_.front().get();
  Timer timer;
  const std::uint64_t now = monotonic_ns();
  timer.deadline_ns = now + milliseconds * kNsPerMs;
  timer.target = processes_.pid_of(process);
  timer.sequence = process.timeout.load(std::memory_order_relaxed);
  TimerWheel::Guard guard(own->timers_.lock());
  const TimerHandle handle = own->timers_.arm(guard, timer, now);
  process.timer_slot = handle.slot;
  process.timer_generation = handle.generation;
  process.timer_thread = static_cast<std::uint8_t>(own->number_);
  return handle.slot != 0;
}

void Scheduler::cancel_receive_timer(Process& process) {
  timeout_word::renew(process.timeout);  // a timer that fires from now on does nothing
  if (process.timer_slot == 0) return;
  TimerWheel& wheel = threads_[process.timer_thread]->timers_;
  TimerWheel::Guard guard(wheel.lock());
  wheel.cancel(guard, TimerHandle{process.timer_slot, process.timer_generation});
  process.timer_slot = 0;
}

std::optional<std::uint64_t> Scheduler::receive_timer_left_ms(const Process& process) {
  if (process.timer_slot == 0) return std::nullopt;
  TimerWheel& wheel = threads_[process.timer_thread]->timers_;
  TimerWheel::Guard guard(wheel.lock());
  const Timer* timer = wheel.find(guard, TimerHandle{process.timer_slot, process.timer_generation});
  if (timer == nullptr) return std::nullopt;
  return timer->left_ms(monotonic_ns());
}

std::uint32_t Scheduler::run_queue_length() const {
  std::uint32_t sum = 0;
  for (const auto& thread : threads_) {
    sum += thread->queue_length_.load(std::memory_order_relaxed);
  }
  return sum;
}

Scheduler::Totals Scheduler::totals() const {
  Totals sum;
  for (const auto& thread : threads_) {
    const RunCounters& counters = thread->counters();
    sum.reductions += counters.reductions.load(std::memory_order_relaxed);
    sum.collections += counters.collections.load(std::memory_order_relaxed);
    sum.collected_words += counters.collected_words.load(std::memory_order_relaxed);
  }
  return sum;
}

}  // namespace parley
