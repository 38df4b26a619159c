// Sending to a process, and what a process does with what has arrived.
//
// Invariant: everything between two processes travels through the one mailbox in the order in which
// it was sent: messages, exits, links, monitors. What is not a message is handled where it stands
// in that order. Nobody but the owner (runner or claim holder) touches links, monitors or the
// queue.
//
// A signal to a waiting process does not wake it: the sender claims it (see state_word) and handles
// the signal in its place. A claim holder runs no exit and claims nobody: a fatal signal stays
// pending in the extension and the process is made runnable, so a chain of a million linked
// processes unwinds one process at a time.
#pragma once

#include <span>

#include "vm/process/space.h"

namespace parley {

// A fragment with `root` copied into it, ready to be pushed.
Fragment* make_message(const ProcessSpace& space, MessageKind kind, Term root,
                       std::uint32_t cause);
// The same with a tuple of the elements as its root.
Fragment* make_signal(const ProcessSpace& space, MessageKind kind, std::span<const Term> elements,
                      std::uint32_t cause);

// Whether the receiver of a signal may be claimed, so that it need not be woken: not by who holds a
// claim itself, or a chain of answers would be a chain of C++ frames.
enum class Claim : std::uint8_t { kMay, kMayNot };

// Pushes and wakes or claims. False: the receiver does not exist any more; then the fragment is
// freed (a link or monitor is answered with noproc by `refuse`). Any scheduler thread.
bool deliver(ProcessSpace& space, Process& receiver, Fragment* fragment, MessageKind kind,
             Claim claim = Claim::kMay);

// Copies and sends. Nothing happens where the receiver does not exist. Words copied.
std::size_t send_message(ProcessSpace& space, Term receiver_pid, Term message,
                         std::uint32_t cause);
void send_signal(ProcessSpace& space, Term receiver_pid, MessageKind kind,
                 std::span<const Term> elements, std::uint32_t cause,
                 Claim claim = Claim::kMay);
// What a dead receiver's side answers to a link or monitor.
void refuse(ProcessSpace& space, MessageKind kind, Term root, Term dead_pid);
// Refuses what a fragment holds, if it wants an answer, and frees the fragment.
void answer_as_dead(ProcessSpace& space, Fragment* fragment, Term dead_pid);

// Owner: moves what has arrived into the private queue, handling signals on the way.
// True: the process must exit now; the reason is the extension's pending_exit.
bool take_incoming(ProcessSpace& space, Process& process);

// A reference object {id} that names its owner: for monitors and aliases.
inline constexpr std::size_t kAliasRefWords = 3;
Term make_alias_ref(Word* at, std::uint64_t id, Term owner);
inline std::uint64_t reference_id(Term reference) { return reference.box()[1]; }

// Owner: this process becomes linked, watched and so on, on its own side.
void add_link(ProcessSpace& space, Process& process, Term peer);
// Owner: this process watches no more, and the other side is told. False: it did not.
bool end_monitor(ProcessSpace& space, Process& process, std::uint64_t id);

// ---- birth and death ---------------------------------------------------------------------------

// The largest first heap that may be asked for: 1 GiB.
inline constexpr std::size_t kMinHeapWordsMax = std::size_t{1} << 27;

struct SpawnRequest {
  Term module, function, arguments;  // arguments: a proper list
  Process* parent = nullptr;
  Term group_leader;
  bool link = false;
  // A monitor of the parent: the reference that the parent holds; non-value: none.
  Term monitor_reference;
  Term monitor_tag = kAtom_DOWN;
  std::uint32_t priority = 1;
  std::size_t min_heap_words = 0;
  std::size_t max_heap_words = 0;
};
// The child's pid; the non-value where the limit of processes is reached, or the arguments are
// larger than a heap can be. The child may have run
// and gone when this returns.
Term spawn_process(ProcessSpace& space, const ProcessEntry& entry, const SpawnRequest& request);

// Owner, its heap still there: the whole of a process's death, in the order that the design fixes:
// EXITING, names and whatever else is owned becomes invisible, the mailbox closes, what is left in
// it is answered, EXIT and DOWN go out, memory is freed, the slot is retired.
void end_process(ProcessSpace& space, Process& process, Term reason);

}  // namespace parley
