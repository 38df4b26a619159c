// The control block of a process: 128 bytes in a table that is never unmapped; its slot is its pid.
//
// Invariant: line 0 may be touched by any thread, through its atomics; line 1 belongs to whoever
// owns the process: the scheduler that runs it, or the holder of its claim.
//
//   offset  bytes  line 0: others touch                     offset  bytes  line 1: owner
//   0       16     mailbox head                             64      8      heap block
//   16      4      generation                               72      4      top, words from block
//   20      4      state, flags, priority                   76      4      stack pointer, likewise
//   24      4      reserved: run-queue link                 80      4      size of block, words
//   28      4      time-out word                            84      4      saved x registers, flags
//   32      8      extension                                88      24     inner queue
//   40      8      group leader                             112     8      fragments
//   48      8      awaiting                                 120     4      removed messages
//   56      4      cause                                    124     4      timer: generation
//   60      4      receive timer: slot, wheel
//
// The saved machine of a process that is not running lies on its own stack:
//
//   sp -> x0 .. x(n-1) | frame descriptor | instruction pointer | frame | return address ...
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "vm/process/mailbox.h"
#include "vm/term/term.h"

namespace parley {

struct ProcessExtension;

enum class ProcessState : std::uint32_t {
  kFree = 0,
  kRunnable = 1,  // in a run queue, or about to be put there by whoever made it so
  kRunning = 2,
  kWaiting = 3,
  kClaimed = 4,  // was waiting; a claim holder works on it
  kExiting = 5,
};

namespace state_bit {
inline constexpr std::uint32_t kStateMask = 7;
inline constexpr std::uint32_t kWake = 1u << 3;       // wake owed by the claim holder
inline constexpr std::uint32_t kPriorityShift = 5;    // two bits: 0 low, 1 normal, 2 high, 3 max
inline constexpr std::uint32_t kPriorityMask = 3u << kPriorityShift;
inline constexpr std::uint32_t kSuspended = 1u << 8;  // runs no code until resumed: suspend.h
inline constexpr std::uint32_t kHooked = 1u << 9;     // reserved: a hook wants to know
inline constexpr std::uint32_t kRegistered = 1u << 11;  // has, or had, a registered name
inline constexpr std::uint32_t kOwnsSockets = 1u << 12; // has, or had, a socket
inline constexpr std::uint32_t kOwnsTables = 1u << 13;  // has, or had, a table
inline constexpr std::uint32_t kOwnsFiles = 1u << 14;   // has asked for an open file
}  // namespace state_bit

// What `after` takes at most, as in Erlang/OTP: 2^32 - 1 ms.
inline constexpr std::int64_t kReceiveMsMax = 0xFFFFFFFF;

namespace process_flag {
inline constexpr std::uint16_t kExamining = 1;      // between loop_rec and remove_message
inline constexpr std::uint16_t kTimerSet = 2;       // the running receive has its deadline
inline constexpr std::uint16_t kTrapExit = 4;
inline constexpr std::uint16_t kMailFetched = 8;    // `after 0` has looked at the outer queue
inline constexpr std::uint16_t kHasMarkers = 16;    // see receive_marker.h
inline constexpr std::uint16_t kSaved = 32;         // its machine lies on its stack
inline constexpr std::uint16_t kFlippedBack = 64;   // waits for a load that it undid to settle
inline constexpr std::uint16_t kGoesOn = 128;       // saved, but not to wait for anything
}  // namespace process_flag

struct alignas(64) Process {
  // line 0
  Mailbox mailbox;
  std::atomic<std::uint32_t> generation;
  std::atomic<std::uint32_t> state;
  std::uint32_t run_link;
  std::atomic<std::uint32_t> timeout;  // see timeout_word
  std::atomic<ProcessExtension*> extension;
  std::atomic<Word> group_leader;
  std::atomic<Word> awaiting;
  std::uint32_t cause;
  std::uint32_t timer_slot : 24;
  std::uint32_t timer_thread : 8;
  // line 1
  Word* block;
  std::uint32_t top_words;
  std::uint32_t stack_words;
  std::uint32_t size_words;
  std::uint16_t saved_x;
  std::uint16_t flags;
  Fragment* queue_head;
  Fragment** queue_tail;
  Fragment** scan;
  Fragment* fragments;
  std::uint32_t removed;
  std::uint32_t timer_generation;

  ProcessState current_state() const {
    return static_cast<ProcessState>(state.load(std::memory_order_acquire) &
                                     state_bit::kStateMask);
  }
  bool has_flag(std::uint16_t flag) const { return (flags & flag) != 0; }
  void set_flag(std::uint16_t flag) { flags = static_cast<std::uint16_t>(flags | flag); }
  void clear_flag(std::uint16_t flag) { flags = static_cast<std::uint16_t>(flags & ~flag); }
  // Ordinary messages in the box. Owner, O(1).
  std::uint32_t message_queue_length() const {
    return static_cast<std::uint32_t>(mailbox.enqueued()) - removed;
  }
};
static_assert(sizeof(Process) == 128);
static_assert(offsetof(Process, mailbox) == 0 && offsetof(Process, generation) == 16);
static_assert(offsetof(Process, timeout) == 28);
static_assert(offsetof(Process, extension) == 32 && offsetof(Process, awaiting) == 48);
static_assert(offsetof(Process, block) == 64 && offsetof(Process, queue_head) == 88);
static_assert(offsetof(Process, fragments) == 112 && offsetof(Process, timer_generation) == 124);

// The protocol of the state word. Every function is one compare-and-swap loop; `States` is the
// word's type, so that the interleaving explorer can put its own there.
//
//   RUNNABLE --start--> RUNNING --wait--> WAITING --wake--> RUNNABLE
//                          ^                |  ^ release
//                          +---take back ---+  v
//                                          CLAIMED  (+ kWake: release makes it RUNNABLE)
namespace state_word {

constexpr std::uint32_t with(std::uint32_t word, ProcessState s) {
  return (word & ~state_bit::kStateMask) | static_cast<std::uint32_t>(s);
}
constexpr ProcessState of(std::uint32_t word) {
  return static_cast<ProcessState>(word & state_bit::kStateMask);
}

// True: the caller made it RUNNABLE and must put it into a run queue.
// Acquire-release: pairs with the owner's release when it began to wait (its saved machine).
template <class States>
bool wake(States& state) {
  std::uint32_t seen = state.load(std::memory_order_acquire);
  for (;;) {
    std::uint32_t wanted = seen;
    bool enqueue = false;
    switch (of(seen)) {
      case ProcessState::kWaiting:
        wanted = with(wanted, ProcessState::kRunnable);
        enqueue = true;
        break;
      case ProcessState::kClaimed: wanted |= state_bit::kWake; break;
      default: break;
    }
    if (wanted == seen) return false;
    if (state.compare_exchange_weak(seen, wanted, std::memory_order_acq_rel,
                                    std::memory_order_acquire)) {
      return enqueue;
    }
  }
}

// True: WAITING became CLAIMED, the caller owns the process until it releases it.
template <class States>
bool try_claim(States& state) {
  std::uint32_t seen = state.load(std::memory_order_acquire);
  while (of(seen) == ProcessState::kWaiting) {
    if (state.compare_exchange_weak(seen, with(seen, ProcessState::kClaimed),
                                    std::memory_order_acq_rel, std::memory_order_acquire)) {
      return true;
    }
  }
  return false;
}

// Ends a claim. True: the process is RUNNABLE now and the caller must put it into a run queue.
template <class States>
bool release_claim(States& state, bool make_runnable) {
  std::uint32_t seen = state.load(std::memory_order_acquire);
  for (;;) {
    const bool wake_it = make_runnable || (seen & state_bit::kWake) != 0;
    const std::uint32_t wanted =
        with(seen & ~state_bit::kWake, wake_it ? ProcessState::kRunnable : ProcessState::kWaiting);
    if (state.compare_exchange_weak(seen, wanted, std::memory_order_acq_rel,
                                    std::memory_order_acquire)) {
      return wake_it;
    }
  }
}

// Owner: RUNNING (or RUNNABLE) becomes another state; bits are kept.
template <class States>
void become(States& state, ProcessState next) {
  std::uint32_t seen = state.load(std::memory_order_relaxed);
  while (!state.compare_exchange_weak(seen, with(seen, next), std::memory_order_acq_rel,
                                      std::memory_order_acquire)) {
  }
}

// Owner, after it became WAITING and found that it must not wait. True: it is RUNNING again.
// False: somebody has claimed or woken it; if claimed, the wake is now owed by that holder.
template <class States>
bool take_back(States& state) {
  std::uint32_t seen = state.load(std::memory_order_acquire);
  for (;;) {
    std::uint32_t wanted = seen;
    if (of(seen) == ProcessState::kWaiting) {
      wanted = with(seen, ProcessState::kRunning);
    } else if (of(seen) == ProcessState::kClaimed) {
      wanted = seen | state_bit::kWake;
    } else {
      return false;
    }
    if (state.compare_exchange_weak(seen, wanted, std::memory_order_acq_rel,
                                    std::memory_order_acquire)) {
      return of(seen) == ProcessState::kWaiting;
    }
  }
}

// Owner, its machine saved: begins to wait. True: it waits and may be anywhere by now, or somebody
// else has it. False: it is still the caller's, RUNNING. `timed_out` answers whether the running
// receive's timer has fired; it is asked when the state is WAITING already.
// Release in become: pairs with the acquire of who claims or wakes it.
template <class States, class Box, class TimedOut>
bool enter_wait(States& state, Box& mailbox, TimedOut timed_out) {
  become(state, ProcessState::kWaiting);
  if (!timed_out() && mailbox.begin_wait()) return true;
  return !take_back(state);
}

// Holder of a claim, everything that had arrived handled. True: put it into a run queue.
template <class States, class Box>
bool leave_claim(States& state, Box& mailbox, bool must_run) {
  return release_claim(state, must_run || !mailbox.begin_wait());
}

}  // namespace state_word

// The time-out of the running receive: an even number names the receive, the odd one above it says
// that its timer has fired. So a timer that comes late, for a receive that ended, changes nothing.
namespace timeout_word {

// Timer: true if that receive is still running; then the process is owed a wake.
template <class Words>
bool try_fire(Words& word, std::uint32_t receive) {
  return word.compare_exchange_strong(receive, receive | 1, std::memory_order_seq_cst,
                                      std::memory_order_relaxed);
}
// Owner. A read-modify-write, so that of a process that begins to wait and a timer that fires one
// always sees the other: either this reads the odd number, or the timer, which comes later, sees
// the state WAITING that was stored before.
template <class Words>
bool has_fired(Words& word) {
  return (word.fetch_add(0, std::memory_order_seq_cst) & 1) != 0;
}
// Owner: the receive is over.
template <class Words>
void renew(Words& word) {
  std::uint32_t seen = word.load(std::memory_order_relaxed);
  while (!word.compare_exchange_weak(seen, (seen & ~1u) + 2, std::memory_order_seq_cst,
                                     std::memory_order_relaxed)) {
  }
}

}  // namespace timeout_word
}  // namespace parley
