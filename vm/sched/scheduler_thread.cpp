// A scheduler thread: taking processes, running slices, sleeping; scheduler.h has the picture.
#include <algorithm>

#include "vm/base/assert.h"
#include "vm/heap/collector.h"
#include "vm/process/suspend.h"
#include "vm/sched/pool.h"
#include "vm/sched/scheduler.h"

namespace parley {

namespace {

constexpr unsigned kSlicesBetweenPolls = 32;
constexpr std::uint32_t kLowPrioritySkips = 8;  // a low process runs once in so many turns
constexpr int kSleepUsMax = 1'000'000;
constexpr int kReclaimUs = 1000;
// Slots of the dead go through a grace period by so many: it asks every thread.
constexpr std::size_t kRetiredAtOnce = 16;

}  // namespace

SchedulerThread::SchedulerThread(Scheduler& scheduler, unsigned number)
    : scheduler_(scheduler), number_(number), timers_(monotonic_ns()) {}

void SchedulerThread::push(Process& process) {
  const std::uint32_t priority =
      (process.state.load(std::memory_order_relaxed) & state_bit::kPriorityMask) >>
      state_bit::kPriorityShift;
  std::lock_guard guard(queue_lock_);
  queues_[priority].push_back(&process);
  if (priority == kLowPriority) low_length_.fetch_add(1, std::memory_order_relaxed);
  // Sequentially consistent: pairs with the load in sleep(), so that either the sleeper sees the
  // process or the pusher sees the sleeper.
  queue_length_.fetch_add(1, std::memory_order_seq_cst);
}

// With queue_lock_ held.
Process* SchedulerThread::take(std::uint32_t priority, End end) {
  auto& queue = queues_[priority];
  Process* const process = end == End::kFront ? queue.front() : queue.back();
  if (end == End::kFront) queue.pop_front();
  else queue.pop_back();
  if (priority == kLowPriority) low_length_.fetch_sub(1, std::memory_order_relaxed);
  queue_length_.fetch_sub(1, std::memory_order_relaxed);
  return process;
}

Process* SchedulerThread::take_own() {
  if (queue_length_.load(std::memory_order_acquire) == 0) return nullptr;
  std::lock_guard guard(queue_lock_);
  for (unsigned priority = kPriorities; priority-- > 0;) {
    if (queues_[priority].empty()) continue;
    // Low priority is not starved: it gets a turn when it was passed over often enough.
    if (priority == kLowPriority + 1 && !queues_[kLowPriority].empty() &&
        ++skipped_low_ >= kLowPrioritySkips) {
      skipped_low_ = 0;
      return take(kLowPriority, End::kFront);
    }
    return take(priority, End::kFront);
  }
  return nullptr;
}

SchedulerThread::Lengths SchedulerThread::lengths() const {
  const std::uint32_t low = low_length_.load(std::memory_order_relaxed);
  const std::uint32_t all = queue_length_.load(std::memory_order_relaxed);
  return {all > low ? all - low : 0, low};
}

Process* SchedulerThread::next_process() {
  if (Process* own = take_own()) return own;
  for (unsigned i = 1; i < scheduler_.threads_.size(); ++i) {
    SchedulerThread& victim = *scheduler_.threads_[(number_ + i) % scheduler_.threads_.size()];
    if (victim.queue_length_.load(std::memory_order_relaxed) == 0) continue;
    if (Process* stolen = victim.take_own()) return stolen;
  }
  return nullptr;
}

// A thread that never idles never steals in next_process(); of busy threads the shorter queues are
// filled up from the longest, or processes would wait several times as long on one as on another.
// Those of low priority count only where the others are even: they run seldom.
void SchedulerThread::balance() {
  const Lengths own = lengths();
  SchedulerThread* longest = nullptr;
  Lengths most = own;
  for (const auto& thread : scheduler_.threads_) {
    const Lengths theirs = thread->lengths();
    if (thread.get() == this || !theirs.exceed(own) || theirs < most) continue;
    most = theirs;
    longest = thread.get();
  }
  if (longest == nullptr) return;
  if (Process* surplus = longest->take_surplus(own)) push(*surplus);
}

// The one that would have waited longest here, if there still are more than enough.
Process* SchedulerThread::take_surplus(Lengths taker) {
  std::lock_guard guard(queue_lock_);
  const Lengths own = lengths();
  if (!own.exceed(taker)) return nullptr;
  if (own.urgent <= taker.urgent + 1) return take(kLowPriority, End::kBack);
  for (std::uint32_t priority = kLowPriority + 1; priority < kPriorities; ++priority) {
    if (!queues_[priority].empty()) return take(priority, End::kBack);
  }
  return nullptr;
}

void SchedulerThread::loop() {
  unsigned slices = 0;
  while (!scheduler_.stopping()) {
    if (++slices % kSlicesBetweenPolls == 0) {
      poller_->poll(0, nullptr);
      balance();
      reclaim();
    }
    fire_timers();
    if (pool_finished()) scheduler_.pool_->deliver_finished();
    Process* process = next_process();
    if (process == nullptr) {
      sleep();
      continue;
    }
    run_slice(*process);
    quiescent_.fetch_add(2, std::memory_order_acq_rel);
    if (retired_.size() >= kRetiredAtOnce) reclaim();
  }
  quiescent_.fetch_or(1, std::memory_order_acq_rel);
}

bool SchedulerThread::pool_finished() const {
  return scheduler_.pool_ != nullptr && scheduler_.pool_->has_finished();
}

void SchedulerThread::sleep() {
  asleep_.store(true, std::memory_order_seq_cst);
  scheduler_.sleepers_.fetch_add(1, std::memory_order_seq_cst);
  if (queue_length_.load(std::memory_order_seq_cst) == 0 && !pool_finished() &&
      !scheduler_.stopping()) {
    int timeout_us = kSleepUsMax;
    {
      TimerWheel::Guard guard(timers_.lock());
      if (const auto next = timers_.next_ns(guard)) {
        const std::uint64_t now = monotonic_ns();
        const std::uint64_t left_us = *next <= now ? 0 : (*next - now + 999) / 1000;
        timeout_us = static_cast<int>(std::min<std::uint64_t>(left_us, kSleepUsMax));
      }
    }
    if (!retired_.empty() || !retiring_.empty()) timeout_us = std::min(timeout_us, kReclaimUs);
    poller_->poll(timeout_us, this);
  }
  scheduler_.sleepers_.fetch_sub(1, std::memory_order_seq_cst);
  asleep_.store(false, std::memory_order_seq_cst);
  if (!retired_.empty() || !retiring_.empty()) reclaim();
}

void SchedulerThread::reclaim() {
  if (!retiring_.empty() && scheduler_.grace_passed(retiring_since_)) {
    ProcessSpace& space = scheduler_.processes_;
    for (Process* process : retiring_) space.release_slot(*process);
    retiring_.clear();
  }
  if (retiring_.empty() && !retired_.empty()) {
    retiring_.swap(retired_);
    scheduler_.grace_begin(retiring_since_);
  }
}

void SchedulerThread::fire_timers() {
  if (timers_.armed_count() == 0) return;
  const std::uint64_t now = monotonic_ns();
  {
    TimerWheel::Guard guard(timers_.lock());
    timers_.advance(guard, now, due_);
  }
  ProcessSpace& space = scheduler_.processes_;
  for (const Timer& timer : due_) {
    const Term pid = timer.target.is_atom() ? space.whereis(timer.target) : timer.target;
    Process* process = pid.is_pid() ? space.find(pid) : nullptr;
    if (timer.message != nullptr) {
      if (process == nullptr) free_fragment(timer.message);
      else deliver(space, *process, timer.message, MessageKind::kMessage);
    } else if (process != nullptr && timeout_word::try_fire(process->timeout, timer.sequence)) {
      if (state_word::wake(process->state)) scheduler_.enqueue(*process);
    }
  }
  due_.clear();
}

// ---- a slice -----------------------------------------------------------------------------------

void SchedulerThread::run_slice(Process& process) {
  state_word::become(process.state, ProcessState::kRunning);
  switch (runner_->run(process)) {
    case RunResult::kYielded:
      state_word::become(process.state, ProcessState::kRunnable);
      scheduler_.enqueue(process);
      return;
    case RunResult::kWaiting: wait(process); return;
    case RunResult::kExited: runner_->finish(process); return;
  }
}

void SchedulerThread::wait(Process& process) {
  // A suspended process cannot make use of a time-out: who resumes it looks.
  const bool has_timer = process.has_flag(process_flag::kTimerSet) && !is_suspended(process);
  if (state_word::enter_wait(process.state, process.mailbox, [&process, has_timer] {
        return has_timer && timeout_word::has_fired(process.timeout);
      })) {
    return;  // it may be anywhere by now
  }
  state_word::become(process.state, ProcessState::kRunnable);
  scheduler_.enqueue(process);
}

}  // namespace parley
