// What happens on sockets, told to processes.
#include "vm/net/network.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "vm/base/assert.h"
#include "vm/heap/make_bits.h"
#include "vm/heap/scratch_heap.h"
#include "vm/process/bif_support.h"

namespace parley {

Network::Network(ProcessSpace& processes, unsigned shards)
    : processes_(processes), sockets_(make_posix_sockets()), clock_(make_posix_clock()) {
  for (unsigned i = 0; i < shards; ++i) {
    shards_.push_back(std::make_unique<Shard>(i, *sockets_, *clock_, *this));
  }
}

Network::~Network() {
  for (auto& shard : shards_) {
    std::lock_guard guard(shard->lock());
    for (const SocketHandle handle : shard->all()) {
      if (const auto user = shard->user(handle)) delete reinterpret_cast<Port*>(*user);
    }
  }
}

Term error_atom(AtomTable& atoms, SystemError error) {
  return atoms.intern(error.name(), AtomUse::kNode).value_or(kAtom_error);
}

Port* Network::find(Shard& shard, SocketHandle handle) {
  const auto user = shard.user(handle);
  return user ? reinterpret_cast<Port*>(*user) : nullptr;
}

Port& Network::add_port(Shard& shard, SocketHandle handle, Term owner,
                        const PortOptions& options) {
  auto* port = new Port;
  port->handle = handle;
  port->owner = owner;
  port->options = options;
  apply_framing(*port);
  const auto set = shard.set_user(handle, reinterpret_cast<std::uint64_t>(port));
  PARLEY_ASSERT(set.has_value(), "a fresh handle is open");
  (void)shard.set_watermarks(handle, options.watermarks);
  // Of an owner that has ended meanwhile the caller learns when it tells it.
  (void)own(owner, handle);
  return *port;
}

// The entry first: the end of a process that is alive with the bit set sees both.
bool Network::own(Term pid, SocketHandle handle) {
  {
    std::lock_guard guard(owners_lock_);
    owners_.emplace(pid.raw, handle);
  }
  if (processes_.mark_alive(pid, state_bit::kOwnsSockets)) return true;
  disown(pid, handle);
  return false;
}

void Network::disown(Term pid, SocketHandle handle) {
  std::lock_guard guard(owners_lock_);
  const auto [begin, end] = owners_.equal_range(pid.raw);
  const auto found =
      std::find_if(begin, end, [handle](const auto& item) { return item.second == handle; });
  if (found != end) owners_.erase(found);
}

// The end of the new owner, if it comes now, waits for the shard's lock and then looks at `owner`.
bool Network::give(Port& port, Term new_owner) {
  if (!own(new_owner, port.handle)) return false;
  disown(port.owner, port.handle);
  port.owner = new_owner;
  return true;
}

void Network::apply_framing(Port& port) {
  FramingOptions framing;
  switch (port.options.packet) {
    case 'l': framing.kind = FramingKind::kLine; break;
    case 1: framing.kind = FramingKind::kLength1; break;
    case 2: framing.kind = FramingKind::kLength2; break;
    case 4: framing.kind = FramingKind::kLength4; break;
    default: framing.kind = FramingKind::kRaw; break;
  }
  framing.line_max = std::max<std::uint32_t>(1, port.options.buffer);
  framing.frame_max = port.options.packet_size;
  port.framer.set_options(framing);
}

// ---- telling processes --------------------------------------------------------------------------

bool Network::tell(Term pid, std::span<const Term> elements) {
  Process* process = processes_.find(pid);
  if (process == nullptr) return false;
  return deliver(processes_, *process,
                 make_signal(processes_, MessageKind::kMessage, elements, 0),
                 MessageKind::kMessage);
}

bool Network::answer(const NetWaiter& waiter, SocketHandle socket, Term result) {
  std::array<Word, 2> reference{make_header(Subtag::kRef, 1), waiter.reference};
  const std::array elements{kAtom_net, socket_term(socket), Term::boxed(reference.data()), result};
  return tell(waiter.pid, elements);
}

void Network::give_frame(Port& port, std::span<const std::uint8_t> frame) {
  ScratchHeap scratch;
  Heap& heap = scratch.heap;
  Term data;
  if (port.options.binary_mode) {
    data = make_binary(heap, frame);
  } else {
    data = Term::nil();
    for (std::size_t i = frame.size(); i-- > 0;) {
      data = make_cons(heap, Term::small(frame[i]), data);
    }
  }
  if (port.options.active == ActiveMode::kPassive) {
    const NetWaiter waiter = port.receiver;
    port.receiver = {};
    answer(waiter, port.handle, make_tuple(heap, {kAtom_ok, data}));
    return;
  }
  const bool once = port.options.active == ActiveMode::kOnce;
  const bool used_up =
      port.options.active == ActiveMode::kCounted && --port.options.active_count <= 0;
  if (once || used_up) port.options.active = ActiveMode::kPassive;
  const std::array elements{kAtom_tcp, socket_term(port.handle), data};
  tell(port.owner, elements);
  if (used_up) {
    const std::array passive{kAtom_tcp_passive, socket_term(port.handle)};
    tell(port.owner, passive);
  }
}

// ---- reading ------------------------------------------------------------------------------------

void Network::feed(Port& port, std::span<const std::uint8_t> bytes) {
  Framer::Feed feed(port.framer, bytes);
  while (port.wants_data()) {
    const auto frame = feed.next();
    if (!frame) break;
    give_frame(port, *frame);
  }
}

ShardEvents::Then Network::on_data(SocketHandle socket, std::span<const std::uint8_t> bytes) {
  Shard& shard = *shard_of(socket);
  Port* port = find(shard, socket);
  if (port == nullptr) return Then::kPause;
  feed(*port, bytes);
  if (port->framer.too_long()) {
    fail_port(shard, *port, SystemError{EMSGSIZE});
    return Then::kPause;
  }
  return port->wants_data() ? Then::kGoOn : Then::kPause;
}

void Network::pump(Shard& shard, Port& port) {
  if (port.wants_data() && port.framer.kept_bytes() > 0) feed(port, {});
  if (!port.wants_data()) {
    (void)shard.disarm(port.handle);
    return;
  }
  if (port.ended) {
    give_end(shard, port);
    return;
  }
  (void)shard.arm(port.handle);
}

void Network::give_end(Shard& shard, Port& port) {
  if (port.options.active == ActiveMode::kPassive) {
    const NetWaiter waiter = port.receiver;
    port.receiver = {};
    ScratchHeap scratch;
    if (waiter.reference != 0) {
      answer(waiter, port.handle, make_tuple(scratch.heap, {kAtom_error, kAtom_closed}));
    }
    return;
  }
  const std::array elements{kAtom_tcp_closed, socket_term(port.handle)};
  tell(port.owner, elements);
  port.options.active = ActiveMode::kPassive;
  if (port.options.exit_on_close) close_port(shard, port, kAtom_closed);
}

void Network::on_eof(SocketHandle socket) {
  Shard& shard = *shard_of(socket);
  Port* port = find(shard, socket);
  if (port == nullptr) return;
  port->ended = true;
  if (port->wants_data()) give_end(shard, *port);
}

void Network::fail_port(Shard& shard, Port& port, SystemError error) {
  const Term reason = error_atom(processes_.atoms(), error);
  if (port.options.active != ActiveMode::kPassive) {
    const std::array told{kAtom_tcp_error, socket_term(port.handle), reason};
    tell(port.owner, told);
    const std::array closed{kAtom_tcp_closed, socket_term(port.handle)};
    tell(port.owner, closed);
  }
  close_port(shard, port, reason);
}

void Network::on_error(SocketHandle socket, SystemError error) {
  Shard& shard = *shard_of(socket);
  if (Port* port = find(shard, socket)) fail_port(shard, *port, error);
}

void Network::close_port(Shard& shard, Port& port, Term reason) {
  ScratchHeap scratch;
  const Term result = make_tuple(scratch.heap, {kAtom_error, reason});
  const SocketHandle handle = port.handle;
  for (const NetWaiter& waiter : port.accepters) answer(waiter, handle, result);
  for (const NetWaiter& waiter : port.writers) answer(waiter, handle, result);
  if (port.receiver.reference != 0) answer(port.receiver, handle, result);
  if (port.connector.reference != 0) answer(port.connector, handle, result);
  disown(port.owner, port.handle);
  const auto flush_limit = static_cast<std::uint64_t>(port.options.flush_limit_ms);
  (void)shard.set_user(handle, 0);
  delete &port;
  (void)shard.close(handle, flush_limit);
}

// ---- connecting, accepting, writing -------------------------------------------------------------

void Network::on_connected(SocketHandle socket) {
  Shard& shard = *shard_of(socket);
  Port* port = find(shard, socket);
  if (port == nullptr) return;
  const NetWaiter waiter = port->connector;
  port->connector = {};
  if (waiter.reference != 0) answer(waiter, socket, kAtom_ok);
  pump(shard, *port);
}

void Network::on_acceptable(SocketHandle listener) {
  Shard& shard = *shard_of(listener);
  if (Port* port = find(shard, listener)) serve_accepters(shard, *port);
}

// One accepter is told, as on Erlang/OTP: it pauses, so that the listener does not spin.
void Network::tell_accepter(Port& listener, SystemError error) {
  ScratchHeap scratch;
  const Term reason = error_atom(processes_.atoms(), error);
  const Term result = make_tuple(scratch.heap, {kAtom_error, reason});
  bool told = false;
  while (!told && !listener.accepters.empty()) {
    const NetWaiter waiter = listener.accepters.front();
    listener.accepters.pop_front();
    told = answer(waiter, listener.handle, result);
  }
}

// False: no connection waits.
bool Network::accept_one(Shard& shard, Port& listener) {
  const auto accepted = shard.accept(listener.handle);
  if (!accepted) {
    if (accepted.error().number == EAGAIN) return false;
    tell_accepter(listener, accepted.error());
    return true;
  }
  while (!listener.accepters.empty()) {
    const NetWaiter waiter = listener.accepters.front();
    listener.accepters.pop_front();
    if (processes_.find(waiter.pid) == nullptr) continue;
    PortOptions options = listener.options;
    Port& port = add_port(shard, *accepted, waiter.pid, options);
    ScratchHeap scratch;
    const Term result = make_tuple(scratch.heap, {kAtom_ok, socket_term(*accepted)});
    if (answer(waiter, listener.handle, result)) {
      pump(shard, port);
      return true;
    }
    disown(port.owner, port.handle);
    (void)shard.set_user(*accepted, 0);
    delete &port;
  }
  (void)shard.close(*accepted);
  return true;
}

void Network::serve_accepters(Shard& shard, Port& listener) {
  while (!listener.accepters.empty()) {
    if (!accept_one(shard, listener)) break;
  }
  if (!listener.accepters.empty()) (void)shard.arm(listener.handle);
}

void Network::on_written(SocketHandle socket) {
  Shard& shard = *shard_of(socket);
  Port* port = find(shard, socket);
  if (port == nullptr) return;
  std::vector<NetWaiter> writers;
  writers.swap(port->writers);
  for (const NetWaiter& waiter : writers) answer(waiter, socket, kAtom_ok);
}

// ---- owners -------------------------------------------------------------------------------------

void Network::process_ended(Process& process, Term pid, Term) {
  if ((process.state.load(std::memory_order_acquire) & state_bit::kOwnsSockets) == 0) return;
  std::vector<SocketHandle> handles;
  {
    std::lock_guard guard(owners_lock_);
    const auto [begin, end] = owners_.equal_range(pid.raw);
    for (auto it = begin; it != end; ++it) handles.push_back(it->second);
  }
  for (const SocketHandle handle : handles) {
    Shard& shard = *shard_of(handle);
    std::lock_guard guard(shard.lock());
    Port* port = find(shard, handle);
    if (port != nullptr && port->owner == pid) close_port(shard, *port, kAtom_closed);
  }
  std::lock_guard guard(owners_lock_);
  owners_.erase(pid.raw);
}

std::vector<SocketHandle> Network::all() {
  std::vector<SocketHandle> handles;
  for (auto& shard : shards_) {
    std::lock_guard guard(shard->lock());
    for (const SocketHandle handle : shard->all()) {
      if (find(*shard, handle) != nullptr) handles.push_back(handle);
    }
  }
  return handles;
}

}  // namespace parley
