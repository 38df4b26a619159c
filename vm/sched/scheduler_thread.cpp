// A scheduler thread: taking processes, running slices, sleeping; scheduler.h has the picture.
#include <algorithm>

#include "vm/base/assert.h"
#include "vm/code/code_index.h"
#include "vm/heap/collector.h"
#include "vm/sched/scheduler.h"

namespace parley {

namespace {

constexpr unsigned kSlicesBetweenPolls = 32;
constexpr std::uint32_t kLowPrioritySkips = 8;  // a low process runs once in so many turns
constexpr int kSleepMsMax = 1000;

}  // namespace

SchedulerThread::SchedulerThread(Scheduler& scheduler, unsigned number,
                                 std::unique_ptr<Poller> poller)
    : scheduler_(scheduler), number_(number), poller_(std::move(poller)), timers_(monotonic_ms()) {
  context_.services = &scheduler.services_;
  context_.scheduler = this;
  context_.process_end = scheduler.entry_.bottom;
  context_.slice_reductions = scheduler.options_.slice_reductions;
  context_.collect_always = scheduler.options_.collect_always;
}

void SchedulerThread::push(Process& process) {
  const std::uint32_t priority =
      (process.state.load(std::memory_order_relaxed) & state_bit::kPriorityMask) >>
      state_bit::kPriorityShift;
  {
    std::lock_guard guard(queue_lock_);
    queues_[priority].push_back(&process);
  }
  // Sequentially consistent: pairs with the load in sleep(), so that either the sleeper sees the
  // process or the pusher sees the sleeper.
  queue_length_.fetch_add(1, std::memory_order_seq_cst);
}

Process* SchedulerThread::take_own() {
  if (queue_length_.load(std::memory_order_acquire) == 0) return nullptr;
  std::lock_guard guard(queue_lock_);
  for (unsigned priority = kPriorities; priority-- > 0;) {
    auto& queue = queues_[priority];
    if (queue.empty()) continue;
    // Low priority is not starved: it gets a turn when it was passed over often enough.
    if (priority == 1 && !queues_[0].empty() && ++skipped_low_ >= kLowPrioritySkips) {
      skipped_low_ = 0;
      Process* low = queues_[0].front();
      queues_[0].pop_front();
      queue_length_.fetch_sub(1, std::memory_order_relaxed);
      return low;
    }
    Process* process = queue.front();
    queue.pop_front();
    queue_length_.fetch_sub(1, std::memory_order_relaxed);
    return process;
  }
  return nullptr;
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

void SchedulerThread::loop() {
  unsigned slices = 0;
  while (!scheduler_.stopping()) {
    if (++slices % kSlicesBetweenPolls == 0) poller_->poll(0);
    fire_timers();
    Process* process = next_process();
    if (process == nullptr) {
      sleep();
      continue;
    }
    run_slice(*process);
    quiescent_.fetch_add(2, std::memory_order_acq_rel);
    if (!retired_.empty() || !retiring_.empty()) reclaim();
  }
  quiescent_.fetch_or(1, std::memory_order_acq_rel);
}

void SchedulerThread::sleep() {
  asleep_.store(true, std::memory_order_seq_cst);
  scheduler_.sleepers_.fetch_add(1, std::memory_order_seq_cst);
  if (queue_length_.load(std::memory_order_seq_cst) == 0 && !scheduler_.stopping()) {
    int timeout_ms = kSleepMsMax;
    {
      TimerWheel::Guard guard(timers_.lock());
      if (const auto next = timers_.next_ms(guard)) {
        const std::uint64_t now = monotonic_ms();
        timeout_ms = *next <= now ? 0
                                  : static_cast<int>(std::min<std::uint64_t>(*next - now, kSleepMsMax));
      }
    }
    if (!retired_.empty() || !retiring_.empty()) timeout_ms = std::min(timeout_ms, 1);
    quiescent_.fetch_add(1, std::memory_order_acq_rel);  // odd: asleep
    poller_->poll(timeout_ms);
    quiescent_.fetch_add(1, std::memory_order_acq_rel);
  }
  scheduler_.sleepers_.fetch_sub(1, std::memory_order_seq_cst);
  asleep_.store(false, std::memory_order_seq_cst);
  if (!retired_.empty() || !retiring_.empty()) reclaim();
}

void SchedulerThread::reclaim() {
  if (!retiring_.empty() && scheduler_.grace_passed(retiring_since_)) {
    ProcessSpace& space = *scheduler_.services_.processes;
    for (Process* process : retiring_) space.release_slot(*process);
    retiring_.clear();
  }
  if (retiring_.empty() && !retired_.empty()) {
    retiring_.swap(retired_);
    retiring_since_ = scheduler_.grace_begin();
  }
}

void SchedulerThread::fire_timers() {
  if (timers_.armed_count() == 0) return;
  const std::uint64_t now = monotonic_ms();
  {
    TimerWheel::Guard guard(timers_.lock());
    timers_.advance(guard, now, due_);
  }
  ProcessSpace& space = *scheduler_.services_.processes;
  for (const Timer& timer : due_) {
    const Term pid = timer.target.is_atom() ? space.whereis(timer.target) : timer.target;
    Process* process = pid.is_pid() ? space.find(pid) : nullptr;
    if (timer.message != nullptr) {
      if (process == nullptr) free_fragment(timer.message);
      else deliver(space, *process, timer.message, MessageKind::kMessage);
    } else if (process != nullptr &&
               process->timeout_sequence.load(std::memory_order_acquire) == timer.sequence) {
      if (state_word::wake(process->state, state_bit::kTimedOut)) scheduler_.enqueue(*process);
    }
  }
  due_.clear();
}

// ---- a slice -----------------------------------------------------------------------------------

void SchedulerThread::run_slice(Process& process) {
  state_word::become(process.state, ProcessState::kRunning);
  Machine machine{};
  if (!begin_slice(process, machine)) {
    finish(process);
    return;
  }
  engine_run(scheduler_.options_.engine, machine);
  end_slice(process, machine);
}

bool SchedulerThread::begin_slice(Process& process, Machine& m) {
  Context& c = context_;
  c.process = &process;
  c.active_code = scheduler_.services_.code->active_index();
  c.heap.set_bounds(process.block + process.top_words, process.block + process.stack_words);
  c.heap.set_fragments(process.fragments);
  process.fragments = nullptr;
  ProcessExtension* extension = process.extension.load(std::memory_order_relaxed);
  c.heap.clear_off_heap();
  if (extension != nullptr) c.heap.set_off_heap(extension->off_heap, extension->off_heap_bytes);
  c.withheld_reductions = 0;
  c.error_trace = Term();
  c.uncaught_class = Term();
  if (process.mailbox.has_signal() || (extension != nullptr && extension->has_pending_exit)) {
    if (take_incoming(*scheduler_.services_.processes, process)) {
      c.exit_reason = process.extension.load(std::memory_order_relaxed)->pending_exit;
      return false;
    }
  }
  Word* sp = process.block + process.stack_words;
  for (unsigned i = 0; i < process.saved_x; ++i) c.x[i] = *sp++;
  ++sp;  // the descriptor: who collects a parked process needs it
  const auto* ip = reinterpret_cast<const Word*>(*sp++);
  m = Machine{ip, &c, c.heap.top(), sp, c.slice_reductions};
  return true;
}

void SchedulerThread::store(Process& process, const Machine& m) {
  Context& c = context_;
  process.top_words = static_cast<std::uint32_t>(c.heap.top() - process.block);
  process.stack_words = static_cast<std::uint32_t>(m.sp - process.block);
  process.fragments = c.heap.take_fragments();
  ProcessExtension* extension = process.extension.load(std::memory_order_relaxed);
  if (extension == nullptr && c.heap.off_heap() != nullptr) {
    extension = &scheduler_.services_.processes->extension(process);
  }
  if (extension != nullptr) {
    extension->off_heap = c.heap.off_heap();
    extension->off_heap_bytes = c.heap.off_heap_bytes();
    extension->reductions_total +=
        static_cast<std::uint64_t>(std::max<std::int64_t>(0, c.slice_reductions - m.reductions));
  }
  c.heap.clear_off_heap();
}

void SchedulerThread::end_slice(Process& process, const Machine& m) {
  switch (context_.result) {
    case RunResult::kYielded:
      store(process, m);
      state_word::become(process.state, ProcessState::kRunnable);
      scheduler_.enqueue(process);
      return;
    case RunResult::kWaiting:
      store(process, m);
      wait(process);
      return;
    case RunResult::kExited: finish(process); return;
  }
}

void SchedulerThread::wait(Process& process) {
  // Release: pairs with the acquire of who claims or wakes it; the saved machine is visible.
  state_word::become(process.state, ProcessState::kWaiting);
  const bool timed_out =
      (process.state.load(std::memory_order_acquire) & state_bit::kTimedOut) != 0;
  if (!timed_out && process.mailbox.begin_wait()) return;  // it may be anywhere by now
  if (!state_word::take_back(process.state)) return;
  state_word::become(process.state, ProcessState::kRunnable);
  scheduler_.enqueue(process);
}

void SchedulerThread::finish(Process& process) {
  Context& c = context_;
  const bool crashed = c.uncaught_class == kAtom_error || c.uncaught_class == kAtom_throw_;
  if (crashed && scheduler_.on_crash) scheduler_.on_crash(process, c.uncaught_class, c.exit_reason);
  // What the dying process owns goes with it; its reason is copied out of there before.
  process.fragments = c.heap.take_fragments();
  ProcessExtension* extension = process.extension.load(std::memory_order_relaxed);
  if (c.heap.off_heap() != nullptr) {
    extension = &scheduler_.services_.processes->extension(process);
  }
  if (extension != nullptr) extension->off_heap = c.heap.off_heap();
  c.heap.clear_off_heap();
  end_process(*scheduler_.services_.processes, process, c.exit_reason);
  c.process = nullptr;
}

}  // namespace parley
