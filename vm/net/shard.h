// A shard: a table of sockets with its poller. Sockets are named by handles, never by descriptors.
//
//   arm(h)  ->  on_data(h, bytes) ... on_eof(h)     as long as it answers kGoOn
//   write(h, parts)  ->  on_written(h)              when the queue has gone down again
//   connect(...)  ->  on_connected(h)               or on_error(h): then h is closed
//   arm(listener)  ->  on_acceptable(listener)      once; then accept(listener) until EAGAIN
//
// Invariant: a handle that was closed answers EBADF to everything and is named in no further
// callback, also when its slot is used again. Bytes given to on_data are borrowed until it returns.
// An idle socket holds its slot and nothing else: reads go to one scratch buffer of the shard, and
// a queue exists only while something waits in it.
//
// Thread: one thread owns the shard and calls `poll`. Others may call everything but `poll` while
// they hold `lock()`; `wake` needs no lock. Callbacks run in `poll` with the lock held, and may
// call everything but `poll` and `lock`.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "vm/base/wait_observer.h"
#include "vm/net/handle.h"
#include "vm/net/output_queue.h"
#include "vm/sys/clock.h"
#include "vm/sys/sockets.h"

namespace parley {

// Who is told. Knows processes; the shard does not.
class ShardEvents {
 public:
  enum class Then : std::uint8_t { kGoOn, kPause };
  virtual ~ShardEvents() = default;
  virtual Then on_data(SocketHandle socket, std::span<const std::uint8_t> bytes) = 0;
  // Once, after all data. The socket can still be written to.
  virtual void on_eof(SocketHandle socket) = 0;
  // The socket is broken and closed when this returns.
  virtual void on_error(SocketHandle socket, SystemError error) = 0;
  virtual void on_connected(SocketHandle socket) = 0;
  // The listener is no longer armed.
  virtual void on_acceptable(SocketHandle listener) = 0;
  // After a write that answered kAbove: the queue is at or below the low watermark.
  virtual void on_written(SocketHandle socket) = 0;
};

using SocketOptions = std::vector<std::pair<SocketOption, int>>;

enum class WriteState : std::uint8_t {
  kBelow,  // the queue is below the high watermark
  kAbove,  // it is not: on_written will come
};

struct Watermarks {
  std::uint32_t high_bytes = 65536, low_bytes = 16384;
};

struct SocketCounts {
  std::uint64_t received_bytes = 0, received_reads = 0, sent_bytes = 0, sent_writes = 0;
  std::uint64_t pending_bytes = 0;
};

class Shard {
 public:
  static constexpr std::size_t kScratchBytes = 65536;
  static constexpr std::uint64_t kFlushLimitMs = 5000;

  // `number` is the shard's part of its handles. The references outlive the shard.
  Shard(std::uint32_t number, Sockets& sockets, Clock& clock, ShardEvents& events);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  std::mutex& lock() { return lock_; }

  // The path of a local address is made with mode 0600; one that a dead process left is replaced.
  // A descriptor is kept for a connection to a local address: who operates the node comes that way,
  // also when others have used up all.
  SystemResult<SocketHandle> listen(const SocketAddress& address, const SocketOptions& options,
                                    int backlog);
  // The next connection; EAGAIN: none waits. EMFILE, ENFILE: it was dropped for want of a
  // descriptor; one to a local address goes on waiting.
  SystemResult<SocketHandle> accept(SocketHandle listener);
  // `source`: bind to it first, if it is an address.
  SystemResult<SocketHandle> connect(const SocketAddress& address, const SocketAddress& source,
                                     const SocketOptions& options);
  SystemResult<void> arm(SocketHandle socket);
  SystemResult<void> disarm(SocketHandle socket);
  // Takes all parts or, with an error, none. Sends at once what the system takes.
  SystemResult<WriteState> write(SocketHandle socket, std::span<const OutputPart> parts);
  // kWrite and kBoth: the end of the stream follows what is queued.
  SystemResult<void> shutdown(SocketHandle socket, ShutdownWay way);
  // The handle is dead at once; what is queued is sent in the background for so long at most.
  SystemResult<void> close(SocketHandle socket, std::uint64_t flush_limit_ms = kFlushLimitMs);

  SystemResult<void> set_watermarks(SocketHandle socket, Watermarks watermarks);
  SystemResult<void> set_option(SocketHandle socket, SocketOption option, int value);
  SystemResult<int> option(SocketHandle socket, SocketOption option);
  SystemResult<SocketAddress> own_address(SocketHandle socket);
  SystemResult<SocketAddress> peer_address(SocketHandle socket);
  SystemResult<SocketCounts> counts(SocketHandle socket);
  // Bytes of all sockets that the shard ever had.
  const SocketCounts& totals() const { return totals_; }
  // A word of the owner's, 0 at first.
  SystemResult<void> set_user(SocketHandle socket, std::uint64_t user);
  SystemResult<std::uint64_t> user(SocketHandle socket);
  bool is_open(SocketHandle socket) { return find(socket) != nullptr; }
  std::vector<SocketHandle> all() const;
  std::size_t open_count() const { return open_count_; }

  // Handles what is ready; waits up to so long for something (0: not at all; -1: no limit).
  // `observer`: told just before and after the wait, no event being handled in between.
  void poll(int timeout_us, WaitObserver* observer = nullptr);
  // Ends a wait of the owner, or its next one. Any thread.
  void wake() { poller_->wake(); }

 private:
  enum class State : std::uint8_t { kFree, kListening, kConnecting, kOpen, kClosing };
  struct Slot {
    SocketNumber number = -1;
    std::uint32_t generation = 1;
    State state = State::kFree;
    bool armed = false;
    bool is_local = false;         // kListening: at a local address
    bool readable = false;         // as far as is known
    bool ended = false;            // the poller saw the end: it comes when all was read
    bool eof = false;              // on_eof was called
    bool above = false;            // on_written is owed
    bool end_after_queue = false;  // shutdown(kWrite) waits for the queue
    bool in_ready = false;
    Watermarks watermarks;
    std::unique_ptr<OutputQueue> queue;
    std::uint64_t user = 0;
    std::uint64_t deadline_ns = 0;  // kClosing
    SocketCounts counts;
  };

  SocketHandle handle_of(std::uint32_t slot) const {
    return {number_, slot, slots_[slot].generation};
  }
  Slot* find(SocketHandle socket);
  SystemResult<SocketHandle> adopt(SocketNumber number, State state);
  SystemResult<SocketNumber> accept_with_spare(const Slot& listener, SystemError error);
  void refill_spares();
  void free_slot(std::uint32_t slot);
  void make_ready(std::uint32_t slot);
  bool run_ready();  // whether there was anybody
  void read_once(std::uint32_t slot);
  void finish_connect(std::uint32_t slot);
  void handle_event(const PollEvent& event);
  // Sends what the system takes of the queue; false: the socket is broken.
  SystemResult<void> flush(Slot& slot);
  void after_flush(std::uint32_t slot, const SystemResult<void>& result);
  void close_now(std::uint32_t slot);
  void expire_closing();
  int wait_limit(int timeout_us) const;
  void fail(std::uint32_t slot, SystemError error);

  const std::uint32_t number_;
  Sockets& sockets_;
  Clock& clock_;
  ShardEvents& events_;
  std::mutex lock_;
  std::unique_ptr<SocketPoller> poller_;
  std::deque<Slot> slots_;  // never moves a slot
  std::vector<std::uint32_t> free_slots_;
  std::vector<std::uint32_t> ready_, running_ready_;  // armed, and may have something to read
  std::vector<std::uint32_t> closing_;
  std::size_t open_count_ = 0;
  // Given up when descriptors run out, taken back when one is free; -1: given up. `spare_` to take
  // and drop a connection, `local_spare_` for a connection to a local address.
  SocketNumber spare_ = -1, local_spare_ = -1;
  bool listens_locally_ = false;
  bool sleeping_ = false;
  std::vector<std::uint8_t> scratch_;
  SocketCounts totals_;  // bytes only
};

}  // namespace parley
