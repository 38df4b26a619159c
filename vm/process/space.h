// All processes of a node: the table of control blocks, names, references, and the way to whoever
// schedules.
//
// Invariant: a slot's memory is never unmapped; its generation changes when the slot is given out
// again, so a pid names at most one process ever (within 2^32 lives of a slot). A thread that
// looked a process up may use line 0 until its own next quiescent point: a slot is given out again
// only after every scheduler has passed one.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "vm/process/extension.h"
#include "vm/process/process.h"
#include "vm/term/atoms.h"

namespace parley {

// What processes need of the scheduler; `sched` implements it.
class SchedulerInterface {
 public:
  virtual ~SchedulerInterface() = default;
  // The process has just become RUNNABLE by the caller's hand. Any thread.
  virtual void enqueue(Process& process) = 0;
  // The slot may be reused after a grace period. Any thread.
  virtual void retire(Process& process) = 0;
  // Receive time-outs: wakes the process after so many milliseconds, if it is then still
  // in the same receive (see timeout_word). False: there are too many timers. Owner only.
  virtual bool arm_receive_timer(Process& process, std::uint64_t milliseconds) = 0;
  virtual void cancel_receive_timer(Process& process) = 0;
  // What is left of the running receive's time; nullopt: its timer has fired. Owner only.
  virtual std::optional<std::uint64_t> receive_timer_left_ms(const Process& process) = 0;
};

// What the other layers free when a process ends: tables, sockets, timers. Called by the dying
// process's scheduler, in order of registration.
class ExitObserver {
 public:
  virtual ~ExitObserver() = default;
  virtual void process_ended(Process& process, Term pid, Term reason) = 0;
};

// How every process begins: the stub it starts in and the one below its stack. Set by the node.
struct ProcessEntry {
  const Word* ip = nullptr;
  const FrameDesc* frame = nullptr;
  const Word* bottom = nullptr;
};

struct SpaceOptions {
  std::uint32_t processes_max = 1u << 20;
  std::uint32_t generation_bits = 32;
};

class ProcessSpace {
 public:
  ProcessSpace(AtomTable& atoms, SpaceOptions options);
  ~ProcessSpace();
  ProcessSpace(const ProcessSpace&) = delete;
  ProcessSpace& operator=(const ProcessSpace&) = delete;

  // Null if it is not alive (any more). Any thread.
  Process* find(Term pid) const {
    const std::uint32_t slot = pid.pid_slot();
    if (slot >= high_slot_.load(std::memory_order_acquire)) return nullptr;
    Process* p = table_ + slot;
    // Acquire: pairs with the release in `allocate`, so line 0 is initialised.
    if (p->generation.load(std::memory_order_acquire) != pid.pid_generation()) return nullptr;
    const ProcessState state = p->current_state();
    return state == ProcessState::kFree || state == ProcessState::kExiting ? nullptr : p;
  }
  Term pid_of(const Process& process) const {
    return Term::pid(static_cast<std::uint32_t>(&process - table_),
                     process.generation.load(std::memory_order_relaxed));
  }
  std::uint32_t slot_of(const Process& process) const {
    return static_cast<std::uint32_t>(&process - table_);
  }
  // Sets a bit of the state word that the process's end looks at. True: it is alive, and its end
  // will see the bit, and with it (release) what the caller did before. Any scheduler thread.
  bool mark_alive(Term pid, std::uint32_t bit) const {
    Process* process = find(pid);
    if (process == nullptr) return false;
    process->state.fetch_or(bit, std::memory_order_acq_rel);
    // EXITING is entered by a read-modify-write of the same word: if the process is alive now, its
    // end comes after the bit.
    return find(pid) != nullptr;
  }
  Process& at(std::uint32_t slot) const { return table_[slot]; }

  // A fresh control block in state kFree-but-owned; null: at the limit.
  Process* allocate();
  // Its process has ended; the scheduler gives the slot back after the grace period.
  void retire_slot(Process& process) {
    retiring_.fetch_add(1, std::memory_order_relaxed);
    scheduler->retire(process);
  }
  // After the grace period.
  void release_slot(Process& process);
  // Slots that are on their way back: who finds none free may wait for these.
  std::uint32_t retiring() const { return retiring_.load(std::memory_order_relaxed); }
  std::uint32_t count() const { return count_.load(std::memory_order_relaxed); }
  std::uint32_t limit() const { return options_.processes_max; }
  std::uint32_t high_slot() const { return high_slot_.load(std::memory_order_acquire); }

  // Names. Any thread.
  // False: the name is taken, the process has one, or it is ending.
  bool register_name(Term name, Term pid, Process& process);
  bool unregister_name(Term name);
  void unregister_process(Term pid);             // whatever name it has
  Term name_of(Term pid) const;                  // atom, or nil
  Term whereis(Term name) const;                 // pid, or `undefined`
  std::vector<Term> registered() const;

  // Unique 64 bits for a reference.
  std::uint64_t next_reference() { return reference_.fetch_add(1, std::memory_order_relaxed); }

  ProcessExtension& extension(Process& process);  // made if missing; owner only

  AtomTable& atoms() { return atoms_; }
  SchedulerInterface* scheduler = nullptr;        // set before anything runs
  std::vector<ExitObserver*> exit_observers;
  AddressRange literals;
  ProcessEntry entry;
  // Whether an address is in the old version of a module; set by the node.
  std::function<bool(Term module, const Word* address)> is_old_code;
  // {Module, Function, Arity} of an address, made in the heap; set by the node, which knows code.
  std::function<Term(Heap& heap, const Word* address)> describe_place;

 private:
  AtomTable& atoms_;
  SpaceOptions options_;
  Process* table_;
  std::atomic<std::uint32_t> high_slot_{0};  // slots ever used
  std::atomic<std::uint32_t> count_{0};
  std::atomic<std::uint32_t> retiring_{0};
  std::atomic<std::uint64_t> reference_{1};
  std::mutex free_lock_;
  std::deque<std::uint32_t> free_slots_;
  mutable std::shared_mutex names_lock_;
  std::unordered_map<Word, Term> names_;        // name -> pid
  std::unordered_map<Word, Term> named_;        // pid -> name
};

}  // namespace parley
