// Built-ins: sockets. The contract stands at the top of stdlib/net/gen_tcp.par.
#include <array>
#include <cerrno>

#include "vm/bif/support.h"
#include "vm/net/network.h"
#include "vm/net/option_terms.h"
#include "vm/process/bif_support.h"

namespace parley {

namespace {

Term ok(BifCall& call, Term value) { return make_tuple(call.heap, {kAtom_ok, value}); }
Term error(BifCall& call, Term reason) { return make_tuple(call.heap, {kAtom_error, reason}); }
Term error(BifCall& call, SystemError e) { return error(call, error_atom(call.atoms, e)); }
Term closed(BifCall& call) { return error(call, kAtom_closed); }

// A port with its shard locked; empty where the socket is closed.
class LockedPort {
 public:
  LockedPort(BifCall& call, Term socket) : network_(*call.services.network) {
    const SocketHandle handle = SocketHandle::unpack(socket.socket_handle());
    shard_ = network_.shard_of(handle);
    if (shard_ == nullptr) return;
    guard_ = std::unique_lock(shard_->lock());
    port_ = network_.find(*shard_, handle);
  }
  explicit operator bool() const { return port_ != nullptr; }
  Port* operator->() { return port_; }
  Port& operator*() { return *port_; }
  Shard& shard() { return *shard_; }
  Network& network() { return network_; }

 private:
  Network& network_;
  Shard* shard_ = nullptr;
  std::unique_lock<std::mutex> guard_;
  Port* port_ = nullptr;
};

Term new_reference(BifCall& call, NetWaiter& waiter) {
  Word* words = call.heap.allocate(2);
  words[0] = make_header(Subtag::kRef, 1);
  words[1] = call.services.processes->next_reference();
  waiter = NetWaiter{own_pid(call), words[1]};
  return Term::boxed(words);
}

Shard& own_shard(BifCall& call) {
  Network& network = *call.services.network;
  return network.shard(call.thread % network.shard_count());
}

}  // namespace

Term bif_net_listen(BifCall& call, const Term* a) {
  const auto address = parse_address(a[0]);
  ParsedOptions options;
  if (!address || !parse_socket_options(a[1], options)) return error(call, kAtom_einval);
  Shard& shard = own_shard(call);
  std::lock_guard guard(shard.lock());
  const auto handle = shard.listen(*address, options.socket, options.port.backlog);
  if (!handle) return error(call, handle.error());
  Port& port = call.services.network->add_port(shard, *handle, own_pid(call), options.port);
  port.is_listener = true;
  return ok(call, socket_term(*handle));
}

Term bif_net_accept_start(BifCall& call, const Term* a) {
  if (!a[0].is_socket()) return call.badarg();
  LockedPort port(call, a[0]);
  if (!port) return closed(call);
  if (!port->is_listener) return error(call, kAtom_einval);
  NetWaiter waiter;
  const Term reference = new_reference(call, waiter);
  port->accepters.push_back(waiter);
  port.network().serve_accepters(port.shard(), *port);
  return ok(call, reference);
}

Term bif_net_connect_start(BifCall& call, const Term* a) {
  const auto address = parse_address(a[0]);
  ParsedOptions options;
  if (!address || !parse_socket_options(a[1], options)) return error(call, kAtom_einval);
  Shard& shard = own_shard(call);
  std::lock_guard guard(shard.lock());
  const auto handle = shard.connect(*address, options.source, options.socket);
  if (!handle) return error(call, handle.error());
  Port& port = call.services.network->add_port(shard, *handle, own_pid(call), options.port);
  const Term reference = new_reference(call, port.connector);
  return make_tuple(call.heap, {kAtom_ok, socket_term(*handle), reference});
}

Term bif_net_recv_start(BifCall& call, const Term* a) {
  if (!a[0].is_socket() || !a[1].is_small() || a[1].small_value() < 0) return call.badarg();
  LockedPort port(call, a[0]);
  if (!port) return closed(call);
  const auto length = static_cast<std::uint64_t>(a[1].small_value());
  const bool exact_of_frames = length > 0 && port->options.packet != 0;
  if (port->is_listener || exact_of_frames || port->options.active != ActiveMode::kPassive) {
    return error(call, kAtom_einval);
  }
  if (port->receiver.reference != 0) {
    if (call.services.processes->find(port->receiver.pid) != nullptr) {
      return error(call, kAtom_ealready);
    }
    port->receiver = {};
  }
  const Term reference = new_reference(call, port->receiver);
  port->framer.set_exact(length);
  port.network().pump(port.shard(), *port);
  return ok(call, reference);
}

Term bif_net_cancel(BifCall& call, const Term* a) {
  if (!a[0].is_socket() || !a[1].is_box(Subtag::kRef)) return call.badarg();
  LockedPort port(call, a[0]);
  if (!port) return kAtom_ok;
  const std::uint64_t id = a[1].box()[1];
  const auto is_it = [id](const NetWaiter& w) { return w.reference == id; };
  std::erase_if(port->accepters, is_it);
  std::erase_if(port->writers, is_it);
  if (is_it(port->receiver)) {
    port->receiver = {};
    port.network().pump(port.shard(), *port);
    return kAtom_ok;
  }
  if (is_it(port->connector)) port->connector = {};
  return kAtom_ok;
}

Term bif_net_send(BifCall& call, const Term* a) {
  if (!a[0].is_socket()) return call.badarg();
  std::vector<std::uint8_t> bytes;
  OutputPart body;
  if (a[1].is_bits() && is_binary(a[1]) && bits_view(a[1]).aligned()) {
    const BitsView view = bits_view(a[1]);
    body = OutputPart{{view.bytes, view.size_bits / 8}, blob_of(a[1])};
  } else {
    if (!append_iodata(bytes, a[1])) return error(call, kAtom_einval);
    body.bytes = bytes;
  }
  LockedPort port(call, a[0]);
  if (!port) return closed(call);
  if (port->is_listener) return error(call, kAtom_einval);
  FramingKind kind = port->framer.options().kind;
  const auto head = frame_head(kind, body.bytes.size());
  if (!head) return error(call, SystemError{EMSGSIZE});
  std::array<OutputPart, 2> parts{};
  std::size_t count = 0;
  if (head->size > 0) parts[count++].bytes = {head->bytes, head->size};
  parts[count++] = body;
  const auto written = port.shard().write(port->handle, std::span(parts).first(count));
  call.reductions -= static_cast<std::int64_t>(body.bytes.size() / 1024 + 1);
  if (!written) {
    const bool gone = written.error().number == EPIPE || written.error().number == EBADF;
    return gone ? closed(call) : error(call, written.error());
  }
  if (*written == WriteState::kBelow) return kAtom_ok;
  NetWaiter waiter;
  const Term reference = new_reference(call, waiter);
  port->writers.push_back(waiter);
  const std::int64_t timeout = port->options.send_timeout_ms;
  return make_tuple(call.heap, {kAtom_wait, reference,
                               timeout < 0 ? kAtom_infinity : Term::small(timeout),
                               boolean(port->options.send_timeout_close)});
}

Term bif_net_close(BifCall& call, const Term* a) {
  if (!a[0].is_socket()) return call.badarg();
  LockedPort port(call, a[0]);
  if (port) port.network().close_port(port.shard(), *port, kAtom_closed);
  return kAtom_ok;
}

Term bif_net_shutdown(BifCall& call, const Term* a) {
  if (!a[0].is_socket()) return call.badarg();
  LockedPort port(call, a[0]);
  if (!port) return closed(call);
  ShutdownWay way = ShutdownWay::kBoth;
  if (a[1] == kAtom_read) way = ShutdownWay::kRead;
  if (a[1] == kAtom_write) way = ShutdownWay::kWrite;
  const auto done = port.shard().shutdown(port->handle, way);
  return done ? kAtom_ok : error(call, done.error());
}

Term bif_net_setopts(BifCall& call, const Term* a) {
  if (!a[0].is_socket()) return call.badarg();
  LockedPort port(call, a[0]);
  if (!port) return closed(call);
  ParsedOptions options;
  options.port = port->options;
  if (!parse_socket_options(a[1], options)) return error(call, kAtom_einval);
  for (const auto& [option, value] : options.socket) {
    if (const auto set = port.shard().set_option(port->handle, option, value); !set) {
      return error(call, set.error());
    }
  }
  const bool framing = port->options.packet != options.port.packet ||
                       port->options.buffer != options.port.buffer ||
                       port->options.packet_size != options.port.packet_size;
  port->options = options.port;
  if (framing) port.network().apply_framing(*port);
  (void)port.shard().set_watermarks(port->handle, options.port.watermarks);
  if (options.port.active != ActiveMode::kPassive) port->framer.set_exact(0);
  if (!port->is_listener && port->connector.reference == 0) {
    port.network().pump(port.shard(), *port);
  }
  return kAtom_ok;
}

Term bif_net_getopts(BifCall& call, const Term* a) {
  if (!a[0].is_socket()) return call.badarg();
  LockedPort port(call, a[0]);
  if (!port) return closed(call);
  std::vector<Term> found;
  Term list = a[1];
  for (; list.is_cons(); list = list.tail()) {
    const Term value = socket_option_value(call, *port, port.shard(), list.head());
    if (!value.is_value()) return error(call, kAtom_einval);
    found.push_back(make_tuple(call.heap, {list.head(), value}));
  }
  ListBuilder values(call.heap);
  for (const Term pair : found) values.append(pair);
  return ok(call, values.finish());
}

Term bif_net_getstat(BifCall& call, const Term* a) {
  if (!a[0].is_socket()) return call.badarg();
  LockedPort port(call, a[0]);
  if (!port) return closed(call);
  const SocketCounts counts = port.shard().counts(port->handle).value_or(SocketCounts{});
  ListBuilder values(call.heap);
  for (Term list = a[1]; list.is_cons(); list = list.tail()) {
    std::uint64_t n = 0;
    if (list.head() == kAtom_recv_oct) n = counts.received_bytes;
    if (list.head() == kAtom_recv_cnt) n = counts.received_reads;
    if (list.head() == kAtom_send_oct) n = counts.sent_bytes;
    if (list.head() == kAtom_send_cnt) n = counts.sent_writes;
    if (list.head() == kAtom_send_pend) n = counts.pending_bytes;
    values.append(
        make_tuple(call.heap, {list.head(), Term::small(static_cast<std::int64_t>(n))}));
  }
  return ok(call, values.finish());
}

Term bif_net_peername(BifCall& call, const Term* a) {
  if (!a[0].is_socket()) return call.badarg();
  LockedPort port(call, a[0]);
  if (!port) return closed(call);
  const auto address = port.shard().peer_address(port->handle);
  return address ? ok(call, address_term(call, *address)) : error(call, address.error());
}
Term bif_net_sockname(BifCall& call, const Term* a) {
  if (!a[0].is_socket()) return call.badarg();
  LockedPort port(call, a[0]);
  if (!port) return closed(call);
  const auto address = port.shard().own_address(port->handle);
  return address ? ok(call, address_term(call, *address)) : error(call, address.error());
}

Term bif_net_owner(BifCall& call, const Term* a) {
  if (!a[0].is_socket()) return call.badarg();
  LockedPort port(call, a[0]);
  return port ? ok(call, port->owner) : closed(call);
}
Term bif_net_give(BifCall& call, const Term* a) {
  if (!a[0].is_socket()) return call.badarg();
  LockedPort port(call, a[0]);
  if (!port) return closed(call);
  if (port->owner != own_pid(call)) return error(call, kAtom_not_owner);
  if (!a[1].is_pid() || !port.network().give(*port, a[1])) return error(call, kAtom_badarg);
  return kAtom_ok;
}

Term bif_net_all(BifCall& call, const Term*) {
  ListBuilder list(call.heap);
  for (const SocketHandle handle : call.services.network->all()) list.append(socket_term(handle));
  return list.finish();
}

}  // namespace parley
