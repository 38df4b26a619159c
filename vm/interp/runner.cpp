// Loading and saving the machine of a process.
#include "vm/interp/runner.h"

#include <algorithm>

#include "vm/code/code_index.h"
#include "vm/interp/slow.h"
#include "vm/process/suspend.h"

namespace parley {

Runner::Runner(Services& services, SchedulerThread* thread, unsigned thread_number,
               RunnerOptions options, const ProcessEntry& entry, OnCrash on_crash)
    : options_(options), on_crash_(std::move(on_crash)) {
  context_.counters = &counters;
  context_.services = &services;
  context_.scheduler = thread;
  context_.thread = thread_number;
  context_.process_end = entry.bottom;
  context_.slice_reductions = options.slice_reductions;
  context_.collect_always = options.collect_always;
}

RunResult Runner::run(Process& process) {
  const bool must_exit = handle_signals(process);
  if (!must_exit && is_suspended(process)) return RunResult::kWaiting;
  Machine machine{};
  load(process, machine);
  if (must_exit) {
    context_.exit_reason = process.extension.load(std::memory_order_relaxed)->pending_exit;
    return RunResult::kExited;
  }
  engine_run(options_.engine, machine);
  RunCounters::add(counters.reductions,
                   static_cast<std::uint64_t>(std::max<std::int64_t>(
                       0, context_.slice_reductions - machine.reductions)));
  if (context_.result != RunResult::kExited) store(process, machine);
  return context_.result;
}

// True: a fatal signal was waiting. A suspended process takes all its mail, or it could not wait.
bool Runner::handle_signals(Process& process) {
  const ProcessExtension* extension = process.extension.load(std::memory_order_relaxed);
  const bool is_needed = process.mailbox.has_signal() ||
                         (extension != nullptr && extension->has_pending_exit) ||
                         (is_suspended(process) && !process.mailbox.is_empty());
  return is_needed && take_incoming(*context_.services->processes, process);
}

void Runner::load(Process& process, Machine& m) {
  Context& c = context_;
  c.process = &process;
  c.active_code = c.services->code->active_index();
  c.heap.set_bounds(process.block + process.top_words, process.block + process.stack_words);
  c.heap.set_fragments(process.fragments);
  process.fragments = nullptr;
  ProcessExtension* extension = process.extension.load(std::memory_order_relaxed);
  if (extension != nullptr) {
    c.heap.set_off_heap(extension->off_heap, extension->off_heap_bytes, extension->off_heap_limit);
  } else {
    c.heap.set_off_heap(nullptr, 0, Heap::kOffHeapBytesMin);
  }
  c.withheld_reductions = 0;
  c.error_trace = Term();
  c.uncaught_class = Term();
  c.failed_call = Term::nil();
  process.clear_flag(process_flag::kSaved);
  process.clear_flag(process_flag::kGoesOn);
  Word* sp = process.block + process.stack_words;
  for (unsigned i = 0; i < process.saved_x; ++i) c.x[i] = *sp++;
  ++sp;  // the descriptor: only who collects a parked process needs it
  const auto* ip = reinterpret_cast<const Word*>(*sp++);
  m = Machine{ip, &c, c.heap.top(), sp, c.slice_reductions};
}

void Runner::store(Process& process, const Machine& m) {
  Context& c = context_;
  process.top_words = static_cast<std::uint32_t>(c.heap.top() - process.block);
  process.stack_words = static_cast<std::uint32_t>(m.sp - process.block);
  process.set_flag(process_flag::kSaved);
  if (c.result == RunResult::kYielded) process.set_flag(process_flag::kGoesOn);
  process.fragments = c.heap.take_fragments();
  ProcessExtension* extension = process.extension.load(std::memory_order_relaxed);
  if (extension == nullptr && c.heap.off_heap() != nullptr) {
    extension = &c.services->processes->extension(process);
  }
  if (extension != nullptr) {
    extension->off_heap = c.heap.off_heap();
    extension->off_heap_bytes = c.heap.off_heap_bytes();
    extension->off_heap_limit = c.heap.off_heap_limit();
    extension->reductions_total +=
        static_cast<std::uint64_t>(std::max<std::int64_t>(0, c.slice_reductions - m.reductions));
  }
  c.heap.clear_off_heap();
}

void Runner::finish(Process& process) {
  Context& c = context_;
  if ((c.uncaught_class == kAtom_error || c.uncaught_class == kAtom_throw_) && on_crash_) {
    Machine m{nullptr, &c, c.heap.top(), c.heap.limit(), c.slice_reductions};
    BifCall call = make_bif_call(m);
    on_crash_(call, c.uncaught_class, c.exit_reason);
  }
  process.fragments = c.heap.take_fragments();
  ProcessExtension* extension = process.extension.load(std::memory_order_relaxed);
  if (extension == nullptr && c.heap.off_heap() != nullptr) {
    extension = &c.services->processes->extension(process);
  }
  if (extension != nullptr) extension->off_heap = c.heap.off_heap();
  c.heap.clear_off_heap();
  end_process(*c.services->processes, process, c.exit_reason);
  c.process = nullptr;
}

}  // namespace parley
