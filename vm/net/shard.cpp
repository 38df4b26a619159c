// The shard: a table of sockets with its poller.
//
// The poller is edge-triggered, so a slot remembers what it was told: `readable` until a read found
// less than it had room for (and the end was not seen); a queue exists from a send that was not
// taken whole until all is sent. An armed and readable slot stands in the ready list, and every
// poll reads once from each, so that no socket holds up the others.
#include "vm/net/shard.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "vm/base/assert.h"

namespace parley {

namespace {

constexpr std::size_t kPartsMax = 64;
constexpr std::size_t kDrainReadsMax = 16;  // of a closed socket, to end it without a reset
constexpr std::uint32_t kSlotsMax = 1u << SocketHandle::kSlotBits;
constexpr std::uint32_t kGenerationMask = (1u << SocketHandle::kGenerationBits) - 1;

std::unexpected<SystemError> not_open() { return system_failure(EBADF); }

bool is_out_of_descriptors(SystemError error) {
  return error.number == EMFILE || error.number == ENFILE;
}

std::uint64_t token_of(SocketHandle handle) { return handle.packed(); }

}  // namespace

Shard::Shard(std::uint32_t number, Sockets& sockets, Clock& clock, ShardEvents& events)
    : number_(number),
      sockets_(sockets),
      clock_(clock),
      events_(events),
      poller_(sockets.make_poller()),
      scratch_(kScratchBytes) {
  refill_spares();
}

Shard::~Shard() {
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
    if (slots_[slot].state != State::kFree) sockets_.close(slots_[slot].number);
  }
  if (spare_ >= 0) sockets_.close(spare_);
  if (local_spare_ >= 0) sockets_.close(local_spare_);
}

// ---- the table ---------------------------------------------------------------------------------

Shard::Slot* Shard::find(SocketHandle socket) {
  if (socket.shard != number_ || socket.slot >= slots_.size()) return nullptr;
  Slot& slot = slots_[socket.slot];
  const bool open = slot.state != State::kFree && slot.state != State::kClosing;
  return open && slot.generation == socket.generation ? &slot : nullptr;
}

// Gives the socket a slot; on failure closes it.
SystemResult<SocketHandle> Shard::adopt(SocketNumber number, State state) {
  if (free_slots_.empty() && slots_.size() >= kSlotsMax) {
    sockets_.close(number);
    return system_failure(ENFILE);
  }
  std::uint32_t index = static_cast<std::uint32_t>(slots_.size());
  if (free_slots_.empty()) {
    slots_.emplace_back();
  } else {
    index = free_slots_.back();
    free_slots_.pop_back();
  }
  Slot& slot = slots_[index];
  slot.number = number;
  slot.state = state;
  const SocketHandle handle = handle_of(index);
  ++open_count_;
  if (const auto added = poller_->add(number, token_of(handle)); !added) {
    free_slot(index);
    return std::unexpected(added.error());
  }
  return handle;
}

// Closes the socket and makes its handle dead. It may still stand in the ready list; whoever takes
// it from there looks at `state`.
void Shard::free_slot(std::uint32_t index) {
  Slot& slot = slots_[index];
  const bool was_closing = slot.state == State::kClosing;
  sockets_.close(slot.number);
  refill_spares();
  const bool in_ready = slot.in_ready;
  const std::uint32_t generation = (slot.generation + 1) & kGenerationMask;
  slot = Slot{};
  slot.generation = generation == 0 ? 1 : generation;
  slot.in_ready = in_ready;
  free_slots_.push_back(index);
  if (!was_closing) --open_count_;
}

std::vector<SocketHandle> Shard::all() const {
  std::vector<SocketHandle> handles;
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
    const State state = slots_[slot].state;
    if (state != State::kFree && state != State::kClosing) handles.push_back(handle_of(slot));
  }
  return handles;
}

void Shard::fail(std::uint32_t index, SystemError error) {
  const SocketHandle handle = handle_of(index);
  slots_[index].armed = false;
  slots_[index].queue.reset();  // nobody takes it any more
  events_.on_error(handle, error);
  if (find(handle) != nullptr) free_slot(index);
}

// ---- opening -----------------------------------------------------------------------------------

namespace {
SystemResult<void> set_all(Sockets& sockets, SocketNumber number, const SocketOptions& options) {
  for (const auto& [option, value] : options) {
    if (const auto set = sockets.set_option(number, option, value); !set) return set;
  }
  return {};
}
}  // namespace

SystemResult<SocketHandle> Shard::listen(const SocketAddress& address, const SocketOptions& options,
                                         int backlog) {
  const auto number = sockets_.open(address.kind);
  if (!number) return std::unexpected(number.error());
  auto done = set_all(sockets_, *number, options);
  if (done) done = sockets_.bind(*number, address);
  if (done) done = sockets_.listen(*number, backlog);
  if (!done) {
    sockets_.close(*number);
    return std::unexpected(done.error());
  }
  const auto listener = adopt(*number, State::kListening);
  if (listener && address.kind == SocketAddress::Kind::kLocal) {
    slots_[listener->slot].is_local = true;
    listens_locally_ = true;
    refill_spares();
  }
  return listener;
}

SystemResult<SocketHandle> Shard::accept(SocketHandle listener) {
  Slot* slot = find(listener);
  if (slot == nullptr) return not_open();
  if (slot->state != State::kListening) return system_failure(EINVAL);
  for (;;) {
    auto number = sockets_.accept(slot->number);
    if (!number && is_out_of_descriptors(number.error())) {
      number = accept_with_spare(*slot, number.error());
    }
    if (number) return adopt(*number, State::kOpen);
    const int error = number.error().number;
    if (error == ECONNABORTED) continue;  // it was gone before it was taken
    if (error == EAGAIN) slot->readable = false;
    return std::unexpected(number.error());
  }
}

// The system complains of descriptors before it looks whether anybody waits; with a spare one it
// tells. A connection that gets none is taken and dropped: in the backlog it would wait for ever,
// and the listener be acceptable without anything to accept. One to a local address may wait: the
// spare comes back when the one before it ends.
SystemResult<SocketNumber> Shard::accept_with_spare(const Slot& listener, SystemError error) {
  SocketNumber& spare = listener.is_local ? local_spare_ : spare_;
  if (spare < 0) return std::unexpected(error);
  sockets_.close(std::exchange(spare, -1));
  const auto number = sockets_.accept(listener.number);
  if (number && listener.is_local) return number;
  if (number) sockets_.close(*number);
  refill_spares();
  if (!number) return number;
  return std::unexpected(error);
}

void Shard::refill_spares() {
  const auto refill = [this](SocketNumber& spare) {
    if (spare < 0) spare = sockets_.open(SocketAddress::Kind::kLocal).value_or(-1);
  };
  refill(spare_);
  if (listens_locally_) refill(local_spare_);
}

SystemResult<SocketHandle> Shard::connect(const SocketAddress& address, const SocketAddress& source,
                                          const SocketOptions& options) {
  const auto number = sockets_.open(address.kind);
  if (!number) return std::unexpected(number.error());
  auto done = set_all(sockets_, *number, options);
  if (done && source.kind != SocketAddress::Kind::kNone) done = sockets_.bind(*number, source);
  if (done) {
    done = sockets_.connect(*number, address);
    // It is on its way; success, too, is told by the poller.
    if (!done && done.error().number == EINPROGRESS) done = {};
  }
  if (!done) {
    sockets_.close(*number);
    return std::unexpected(done.error());
  }
  return adopt(*number, State::kConnecting);
}

void Shard::finish_connect(std::uint32_t index) {
  Slot& slot = slots_[index];
  const auto result = sockets_.connect_result(slot.number);
  if (!result) {
    if (result.error().number != EINPROGRESS) fail(index, result.error());
    return;
  }
  slot.state = State::kOpen;
  const SocketHandle handle = handle_of(index);
  events_.on_connected(handle);
  if (find(handle) == nullptr) return;
  if (slot.queue != nullptr) after_flush(index, flush(slot));
}

// ---- reading -----------------------------------------------------------------------------------

SystemResult<void> Shard::arm(SocketHandle socket) {
  Slot* slot = find(socket);
  if (slot == nullptr) return not_open();
  slot->armed = true;
  if (slot->readable && !slot->eof) make_ready(socket.slot);
  return {};
}

SystemResult<void> Shard::disarm(SocketHandle socket) {
  Slot* slot = find(socket);
  if (slot == nullptr) return not_open();
  slot->armed = false;
  return {};
}

void Shard::make_ready(std::uint32_t index) {
  Slot& slot = slots_[index];
  if (slot.in_ready) return;
  slot.in_ready = true;
  ready_.push_back(index);
  if (sleeping_) poller_->wake();  // it was armed by another thread
}

bool Shard::run_ready() {
  running_ready_.swap(ready_);
  const bool has_run = !running_ready_.empty();
  for (const std::uint32_t index : running_ready_) {
    Slot& slot = slots_[index];
    slot.in_ready = false;
    if (!slot.armed || !slot.readable || slot.eof) continue;
    if (slot.state == State::kListening) {
      slot.armed = false;
      events_.on_acceptable(handle_of(index));
    } else if (slot.state == State::kOpen) {
      read_once(index);
    }
  }
  running_ready_.clear();
  return has_run;
}

void Shard::read_once(std::uint32_t index) {
  Slot& slot = slots_[index];
  const SocketHandle handle = handle_of(index);
  const auto got = sockets_.receive(slot.number, scratch_);
  if (!got) {
    slot.readable = slot.ended;
    if (got.error().number != EAGAIN) fail(index, got.error());
    return;
  }
  if (*got == 0) {
    slot.eof = true;
    slot.armed = false;
    events_.on_eof(handle);
    return;
  }
  // Less than there was room for: all that had come. What comes now is told by the poller.
  if (*got < scratch_.size() && !slot.ended) slot.readable = false;
  slot.counts.received_bytes += *got;
  totals_.received_bytes += *got;
  ++slot.counts.received_reads;
  const auto then = events_.on_data(handle, std::span(scratch_).first(*got));
  if (find(handle) == nullptr) return;
  if (then == ShardEvents::Then::kPause) slot.armed = false;
  if (slot.armed && slot.readable) make_ready(index);
}

// ---- writing -----------------------------------------------------------------------------------

SystemResult<WriteState> Shard::write(SocketHandle socket, std::span<const OutputPart> parts) {
  Slot* slot = find(socket);
  if (slot == nullptr) return not_open();
  if (slot->state == State::kListening || slot->end_after_queue) return system_failure(EPIPE);
  std::size_t total = 0, sent = 0;
  for (const OutputPart& part : parts) total += part.bytes.size();
  if (slot->queue == nullptr && slot->state == State::kOpen) {
    for (std::size_t first = 0; first < parts.size() && sent < total;) {
      std::array<BytesPart, kPartsMax> some;
      const std::size_t count = std::min(parts.size() - first, kPartsMax);
      std::size_t asked = 0;
      for (std::size_t i = 0; i < count; ++i) {
        some[i] = parts[first + i].bytes;
        asked += some[i].size();
      }
      const auto taken = sockets_.send(slot->number, std::span(some).first(count));
      if (!taken && taken.error().number != EAGAIN) {
        // Bytes that were sent before cannot be taken back: they count as queued and lost.
        if (sent == 0) return std::unexpected(taken.error());
        break;
      }
      sent += taken.value_or(0);
      if (taken.value_or(0) < asked) break;
      first += count;
    }
    slot->counts.sent_bytes += sent;
    totals_.sent_bytes += sent;
    ++slot->counts.sent_writes;
    if (sent == total) return WriteState::kBelow;
  }
  if (slot->queue == nullptr) slot->queue = std::make_unique<OutputQueue>();
  for (const OutputPart& part : parts) {
    const std::size_t skip = std::min(sent, part.bytes.size());
    sent -= skip;
    slot->queue->push({part.bytes.subspan(skip), part.owner});
  }
  if (slot->queue->bytes() < slot->watermarks.high_bytes) return WriteState::kBelow;
  slot->above = true;
  return WriteState::kAbove;
}

SystemResult<void> Shard::flush(Slot& slot) {
  while (slot.queue != nullptr && slot.queue->bytes() != 0) {
    std::array<BytesPart, kPartsMax> parts;
    const std::size_t count = slot.queue->front(parts);
    const auto taken = sockets_.send(slot.number, std::span(parts).first(count));
    if (!taken) {
      if (taken.error().number == EAGAIN) return {};
      return std::unexpected(taken.error());
    }
    slot.counts.sent_bytes += *taken;
    totals_.sent_bytes += *taken;
    ++slot.counts.sent_writes;
    slot.queue->pop(*taken);
  }
  slot.queue.reset();
  return {};
}

// What a flush of an open socket brings about.
void Shard::after_flush(std::uint32_t index, const SystemResult<void>& result) {
  Slot& slot = slots_[index];
  if (!result) return fail(index, result.error());
  if (slot.queue == nullptr && slot.end_after_queue) {
    [[maybe_unused]] const auto ended = sockets_.shutdown(slot.number, ShutdownWay::kWrite);
  }
  const std::size_t queued = slot.queue == nullptr ? 0 : slot.queue->bytes();
  if (!slot.above || queued > slot.watermarks.low_bytes) return;
  slot.above = false;
  events_.on_written(handle_of(index));
}

SystemResult<void> Shard::shutdown(SocketHandle socket, ShutdownWay way) {
  Slot* slot = find(socket);
  if (slot == nullptr) return not_open();
  if (slot->state != State::kOpen) return system_failure(ENOTCONN);
  if (way != ShutdownWay::kWrite) {
    if (const auto done = sockets_.shutdown(slot->number, ShutdownWay::kRead); !done) return done;
    if (way == ShutdownWay::kRead) return {};
  }
  if (slot->end_after_queue) return {};
  slot->end_after_queue = true;
  if (slot->queue != nullptr) return {};
  return sockets_.shutdown(slot->number, ShutdownWay::kWrite);
}

// ---- closing -----------------------------------------------------------------------------------

SystemResult<void> Shard::close(SocketHandle socket, std::uint64_t flush_limit_ms) {
  Slot* slot = find(socket);
  if (slot == nullptr) return not_open();
  if (slot->queue == nullptr || slot->state == State::kConnecting || flush_limit_ms == 0) {
    close_now(socket.slot);
    return {};
  }
  slot->state = State::kClosing;
  slot->armed = false;
  slot->deadline_ns = clock_.monotonic_ns() + flush_limit_ms * 1'000'000;
  --open_count_;
  closing_.push_back(socket.slot);
  if (sleeping_) poller_->wake();  // it sleeps longer than the limit, perhaps
  return {};
}

// Ends the stream, and reads what has come: a close with unread bytes resets the connection, and
// the peer may lose what was sent last.
void Shard::close_now(std::uint32_t index) {
  Slot& slot = slots_[index];
  if (slot.state == State::kOpen || slot.state == State::kClosing) {
    [[maybe_unused]] const auto ended = sockets_.shutdown(slot.number, ShutdownWay::kWrite);
    for (std::size_t n = 0; n < kDrainReadsMax && !slot.eof; ++n) {
      // Not into the scratch buffer: a callback may be looking at it.
      std::array<std::uint8_t, 4096> unread;
      const auto got = sockets_.receive(slot.number, unread);
      if (!got || *got == 0) break;
    }
  }
  free_slot(index);
}

void Shard::expire_closing() {
  if (closing_.empty()) return;
  const std::uint64_t now = clock_.monotonic_ns();
  std::erase_if(closing_, [&](std::uint32_t index) {
    if (slots_[index].state != State::kClosing) return true;  // closed since, perhaps used again
    if (slots_[index].deadline_ns > now) return false;
    free_slot(index);
    return true;
  });
}

// ---- polling -----------------------------------------------------------------------------------

void Shard::handle_event(const PollEvent& event) {
  const SocketHandle handle = SocketHandle::unpack(event.token);
  if (handle.slot >= slots_.size()) return;
  Slot& slot = slots_[handle.slot];
  // An event of a socket that was closed while the event was on its way.
  if (slot.state == State::kFree || slot.generation != handle.generation) return;
  if (event.readable) slot.readable = true;
  if (event.ended) slot.ended = true;
  if (event.writable) {
    if (slot.state == State::kConnecting) {
      finish_connect(handle.slot);
    } else if (slot.state == State::kOpen && slot.queue != nullptr) {
      after_flush(handle.slot, flush(slot));
    } else if (slot.state == State::kClosing) {
      const auto result = flush(slot);
      if (!result || slot.queue == nullptr) close_now(handle.slot);
      return;
    }
  }
  if (find(handle) != nullptr && slot.armed && slot.readable && !slot.eof) make_ready(handle.slot);
}

int Shard::wait_limit(int timeout_us) const {
  if (!ready_.empty()) return 0;
  if (closing_.empty()) return timeout_us;
  static constexpr int kClosingCheckUs = 50'000;
  return timeout_us < 0 ? kClosingCheckUs : std::min(timeout_us, kClosingCheckUs);
}

void Shard::poll(int timeout_us, WaitObserver* observer) {
  std::array<PollEvent, 256> events;
  std::unique_lock guard(lock_);
  // Who was told something may run now: this thread must look at its queue before it sleeps.
  const bool has_told = run_ready();
  expire_closing();
  const int limit = has_told ? 0 : wait_limit(timeout_us);
  sleeping_ = limit != 0;
  guard.unlock();
  if (observer != nullptr) observer->wait_begins();
  const std::size_t count = poller_->wait(events, limit);
  if (observer != nullptr) observer->wait_ended();
  guard.lock();
  sleeping_ = false;
  for (std::size_t i = 0; i < count; ++i) handle_event(events[i]);
  run_ready();
}

// ---- the rest ----------------------------------------------------------------------------------

SystemResult<void> Shard::set_watermarks(SocketHandle socket, Watermarks watermarks) {
  Slot* slot = find(socket);
  if (slot == nullptr) return not_open();
  slot->watermarks = watermarks;
  return {};
}

SystemResult<void> Shard::set_option(SocketHandle socket, SocketOption option, int value) {
  Slot* slot = find(socket);
  return slot == nullptr ? not_open() : sockets_.set_option(slot->number, option, value);
}

SystemResult<int> Shard::option(SocketHandle socket, SocketOption option) {
  Slot* slot = find(socket);
  if (slot == nullptr) return not_open();
  return sockets_.option(slot->number, option);
}

SystemResult<SocketAddress> Shard::own_address(SocketHandle socket) {
  Slot* slot = find(socket);
  if (slot == nullptr) return not_open();
  return sockets_.own_address(slot->number);
}

SystemResult<SocketAddress> Shard::peer_address(SocketHandle socket) {
  Slot* slot = find(socket);
  if (slot == nullptr) return not_open();
  return sockets_.peer_address(slot->number);
}

SystemResult<SocketCounts> Shard::counts(SocketHandle socket) {
  Slot* slot = find(socket);
  if (slot == nullptr) return not_open();
  SocketCounts counts = slot->counts;
  counts.pending_bytes = slot->queue == nullptr ? 0 : slot->queue->bytes();
  return counts;
}

SystemResult<void> Shard::set_user(SocketHandle socket, std::uint64_t user) {
  Slot* slot = find(socket);
  if (slot == nullptr) return not_open();
  slot->user = user;
  return {};
}

SystemResult<std::uint64_t> Shard::user(SocketHandle socket) {
  Slot* slot = find(socket);
  if (slot == nullptr) return not_open();
  return slot->user;
}

}  // namespace parley
