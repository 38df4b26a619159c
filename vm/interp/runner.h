// Runs slices: loads a process into the machine of its scheduler thread, runs the engine, saves it.
//
// Invariant: between slices the Context holds nothing of any process.
// Thread: one runner a scheduler thread.
#pragma once

#include <functional>

#include "vm/interp/engine.h"
#include "vm/process/signal.h"
#include "vm/process/slice.h"

namespace parley {

struct RunnerOptions {
  std::int64_t slice_reductions = 2000;
  bool collect_always = false;
  Engine engine = Engine::kTail;
};

class Runner : public SliceRunner {
 public:
  // Told of every process that ends by an exception that nobody caught, its heap still there.
  using OnCrash = std::function<void(BifCall& call, Term error_class, Term reason)>;

  Runner(Services& services, SchedulerThread* thread, unsigned thread_number,
         RunnerOptions options, const ProcessEntry& entry, OnCrash on_crash);
  RunResult run(Process& process) override;
  void finish(Process& process) override;
  Context& context() { return context_; }

 private:
  bool handle_signals(Process& process);
  void load(Process& process, Machine& machine);
  void store(Process& process, const Machine& machine);

  RunnerOptions options_;
  OnCrash on_crash_;
  Context context_;
};

}  // namespace parley
