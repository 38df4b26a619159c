// A process space without code and without threads: the test is the scheduler, and calls the
// built-ins of processes in their place.
//
// Invariant: a process is either RUNNABLE (then what is sent to it lies in its mailbox until the
// test takes it) or at rest, WAITING (then whoever sends a signal claims it and handles it).
#pragma once

#include <initializer_list>
#include <mutex>
#include <vector>

#include "vm/bif/bif.h"
#include "vm/process/signal.h"

namespace parley {
#define BIF(module, name, arity, symbol, kind, effect, spec, documentation) \
  Term bif_##symbol(BifCall& call, const Term* arguments);
#include "vm/isa/bif_process.def"
#undef BIF
}  // namespace parley

namespace parley::test {

// Remembers what it is asked for. Any thread.
struct BareScheduler : SchedulerInterface {
  void enqueue(Process& process) override {
    std::lock_guard guard(lock);
    runnable.push_back(&process);
  }
  void retire(Process& process) override {
    std::lock_guard guard(lock);
    retired.push_back(&process);
  }
  bool arm_receive_timer(Process&, std::uint64_t) override { return true; }
  void cancel_receive_timer(Process&) override {}
  std::optional<std::uint64_t> receive_timer_left_ms(const Process&) override {
    return std::nullopt;
  }
  Process* take_runnable() {
    std::lock_guard guard(lock);
    if (runnable.empty()) return nullptr;
    Process* process = runnable.back();
    runnable.pop_back();
    return process;
  }
  std::mutex lock;
  std::vector<Process*> runnable, retired;
};

struct BareSpace {
  explicit BareSpace(SpaceOptions options = {.processes_max = 1 << 16}) : space(atoms, options) {
    space.scheduler = &scheduler;
    services.atoms = &atoms;
    services.processes = &space;
  }

  AtomTable atoms{1 << 12};
  ProcessSpace space;
  BareScheduler scheduler;
  Services services;

  Term atom(std::string_view text) { return *atoms.intern(text); }
  Term pid(const Process& process) const { return space.pid_of(process); }
  // Null: at the limit of processes.
  Process* try_spawn() {
    SpawnRequest request;
    request.module = request.function = kAtom_ok;
    request.arguments = Term::nil();
    request.group_leader = Term::pid(0, 1);
    const Term made = spawn_process(space, ProcessEntry{}, request);
    return made.is_value() ? space.find(made) : nullptr;
  }
  Process& spawn() {
    Process* process = try_spawn();
    PARLEY_ASSERT(process != nullptr, "a free slot");
    return *process;
  }
  Process& spawn_trapping() {
    Process& process = spawn();
    process.set_flag(process_flag::kTrapExit);
    return process;
  }

  // A built-in called by the process. The non-value: it threw `thrown`, or the process has ended.
  // By the thread that owns the process.
  Term call(BifFunction function, Process& p, std::initializer_list<Term> arguments) {
    Heap heap;
    heap.set_bounds(p.block + p.top_words, p.block + p.stack_words);
    heap.set_fragments(p.fragments);
    p.fragments = nullptr;
    p.clear_flag(process_flag::kSaved);
    std::int64_t reductions = 4000;
    Term x[8];
    BifCall made{.heap = heap,
                 .atoms = atoms,
                 .services = services,
                 .process = &p,
                 .reductions = reductions,
                 .x = x};
    const Term result = function(made, arguments.begin());
    p.set_flag(process_flag::kSaved);
    p.top_words = static_cast<std::uint32_t>(heap.top() - p.block);
    p.fragments = heap.take_fragments();
    if (made.answer == BifAnswer::kThrow) thrown = made.reason;
    if (made.answer == BifAnswer::kExit) end_as_told(p);
    return result;
  }
  Term thrown;  // the last reason

  // Handles what has arrived, as a slice begins. False: the process has ended of it.
  bool take(Process& p) {
    if (!take_incoming(space, p)) return true;
    end_as_told(p);
    return false;
  }
  // The process waits. False: mail had come, it is RUNNABLE still.
  bool rest(Process& p) {
    return state_word::enter_wait(p.state, p.mailbox, [] { return false; });
  }
  void end(Process& p, Term reason) { end_process(space, p, reason); }
  bool is_alive(Term who) const { return space.find(who) != nullptr; }
  // The grace period is over: all slots that were retired may be used again.
  void release_retired() {
    for (Process* process : scheduler.retired) space.release_slot(*process);
    scheduler.retired.clear();
  }

  // What lies in the private queue, oldest first. The terms stay the queue's.
  static std::vector<Term> mail(const Process& p) {
    std::vector<Term> all;
    for (Fragment* f = p.queue_head; f != nullptr; f = f->next) all.emplace_back(f->terms()[0]);
    return all;
  }
  static void drop_mail(Process& p) {
    for (Fragment* f = p.queue_head; f != nullptr; f = f->next) ++p.removed;
    free_fragments(p.queue_head);
    p.queue_head = nullptr;
    p.queue_tail = p.scan = &p.queue_head;
  }

 private:
  void end_as_told(Process& p) { end(p, p.extension.load()->pending_exit); }
};

}  // namespace parley::test
