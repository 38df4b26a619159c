// The mailbox head: where any thread hands a fragment to a process.
//
// Invariant: the head is 16 bytes, changed only by one 16-byte compare-and-swap, so that the newest
// node, the flags and the count of ordinary messages never disagree. A push never reads the node
// that was newest before. From the push on the fragment belongs to the receiver.
//
//   high half  | flags: 16 | ordinary messages ever enqueued: 48 |
//   low half   | newest node, linked to older ones by `next`     |
//
// The owner takes everything in one step and reverses it into its private queue: order of arrival.
//
// Waiting. Who waits: sets its state to WAITING, then sets kWaiting here, but only if the head is
// empty; if it is not, takes the state back. Who pushes and finds kWaiting clears it in the same
// step, and then owes the wake. So of the two, always one sees the other: no wake-up is lost.
// tests/unit/interleave runs every interleaving of this (the template parameter is for it).
//
// Prior art: the Treiber stack (1986), as used for actor mailboxes in Pony and in Tokio.
#pragma once

#include <cstdint>

#include "vm/heap/heap.h"
#include "vm/process/double_word.h"

namespace parley {

// What a fragment is when it travels through a mailbox. The payload of all but kMessage begins with
// a tuple that is described here by its elements.
enum class MessageKind : std::uint8_t {
  kOverflow = 0,    // not a message: room of a heap
  kMessage,         // the message
  kAliasMessage,    // {alias reference, message}: dropped where the alias is no longer active
  kExit,            // {from, reason}: from a broken link
  kExitRequest,     // {from, reason}: from exit/2
  kLink,            // {from}
  kUnlink,          // {from, id}: answered by kUnlinkAck
  kUnlinkAck,       // {from, id}
  kMonitor,         // {reference, watcher, name or pid it was asked for}
  kDemonitor,       // {reference, watcher}
  kDown,            // {reference, type, object, reason}
  kGroupLeader,     // {new leader}
  kInfoRequest,     // {reference, asker, items}
  kSuspend,         // {from}
  kResume,          // {from}
  kHasBlobs = 0x80, // a bit beside the kind: some objects count blobs
};
constexpr MessageKind kind_of(std::uint8_t byte) { return static_cast<MessageKind>(byte & 0x7F); }
constexpr bool is_ordinary(MessageKind kind) {
  return kind == MessageKind::kMessage || kind == MessageKind::kAliasMessage;
}

namespace mailbox_flag {
inline constexpr std::uint64_t kWaiting = std::uint64_t{1} << 48;
inline constexpr std::uint64_t kClosed = std::uint64_t{1} << 49;
inline constexpr std::uint64_t kHasSignal = std::uint64_t{1} << 50;
inline constexpr std::uint64_t kHasPriority = std::uint64_t{1} << 51;  // reserved
}  // namespace mailbox_flag
inline constexpr std::uint64_t kMailboxCountMask = (std::uint64_t{1} << 48) - 1;

enum class PushResult : std::uint8_t { kPushed, kPushedOwesWake, kClosed };

template <class DoubleWord>
class BasicMailbox {
 public:
  // Any thread. On kClosed the fragment still belongs to the caller.
  // Release: pairs with the acquire in take_all, so the owner sees the fragment's contents.
  PushResult push(Fragment* node, MessageKind kind) {
    Pair seen = head_.load();
    for (;;) {
      if ((seen.high & mailbox_flag::kClosed) != 0) return PushResult::kClosed;
      node->next = reinterpret_cast<Fragment*>(seen.low);
      Pair wanted{reinterpret_cast<std::uint64_t>(node), seen.high & ~mailbox_flag::kWaiting};
      if (is_ordinary(kind)) {
        wanted.high = (wanted.high & ~kMailboxCountMask) | ((wanted.high + 1) & kMailboxCountMask);
      } else {
        wanted.high |= mailbox_flag::kHasSignal;
      }
      if (head_.compare_exchange(seen, wanted)) {
        return (seen.high & mailbox_flag::kWaiting) != 0 ? PushResult::kPushedOwesWake
                                                         : PushResult::kPushed;
      }
    }
  }

  // Owner (or claim holder). Everything that has arrived, newest first; clears kHasSignal.
  // Acquire: pairs with the release of every push.
  Fragment* take_all() {
    Pair seen = head_.load();
    if (seen.low == 0 && (seen.high & mailbox_flag::kHasSignal) == 0) return nullptr;
    while (!head_.compare_exchange(seen, Pair{0, seen.high & ~mailbox_flag::kHasSignal})) {
    }
    return reinterpret_cast<Fragment*>(seen.low);
  }

  // Owner, its state being WAITING already. False: something has arrived, do not wait.
  bool begin_wait() {
    Pair seen = head_.load();
    for (;;) {
      if (seen.low != 0) return false;
      if (head_.compare_exchange(seen, Pair{0, seen.high | mailbox_flag::kWaiting})) return true;
    }
  }

  // Owner: from now on pushes are refused. Returns what was still there, newest first.
  Fragment* close() {
    Pair seen = head_.load();
    while (!head_.compare_exchange(
        seen, Pair{0, (seen.high | mailbox_flag::kClosed) & ~mailbox_flag::kWaiting})) {
    }
    return reinterpret_cast<Fragment*>(seen.low);
  }

  // Before a slot is used (again): open and empty. Nobody else may know the slot.
  void reset() { head_.store(Pair{0, 0}); }

  // Any thread: one 8-byte load.
  std::uint64_t flags_and_count() const { return head_.load_high(); }
  std::uint64_t enqueued() const { return flags_and_count() & kMailboxCountMask; }
  bool has_signal() const { return (flags_and_count() & mailbox_flag::kHasSignal) != 0; }
  bool is_empty() const { return head_.load_low() == 0; }

 private:
  DoubleWord head_;
};

using Mailbox = BasicMailbox<AtomicDoubleWord>;
static_assert(sizeof(Mailbox) == 16);

// Newest-first to oldest-first.
inline Fragment* reverse_fragments(Fragment* newest) {
  Fragment* oldest = nullptr;
  while (newest != nullptr) {
    Fragment* next = newest->next;
    newest->next = oldest;
    oldest = newest;
    newest = next;
  }
  return oldest;
}

}  // namespace parley
