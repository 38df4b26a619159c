// Reading and writing socket options and addresses.
#include "vm/net/option_terms.h"

#include "vm/bif/support.h"
#include "vm/heap/make_bits.h"
#include "vm/process/bif_support.h"

namespace parley {

namespace {

struct FlagRow {
  Term name;
  SocketOption option;
};
constexpr FlagRow kFlags[] = {
    {kAtom_nodelay, SocketOption::kNoDelay},       {kAtom_keepalive, SocketOption::kKeepAlive},
    {kAtom_reuseaddr, SocketOption::kReuseAddress}, {kAtom_reuseport, SocketOption::kReusePort},
    {kAtom_ipv6_v6only, SocketOption::kInet6Only},
};
constexpr FlagRow kSizes[] = {
    {kAtom_sndbuf, SocketOption::kSendBuffer},
    {kAtom_recbuf, SocketOption::kReceiveBuffer},
};

bool is_small_up_to(Term t, std::int64_t max) {
  return t.is_small() && t.small_value() >= 0 && t.small_value() <= max;
}

bool parse_active(Term value, ParsedOptions& o) {
  o.active_set = true;
  PortOptions& port = o.port;
  if (value == kAtom_true_) port.active = ActiveMode::kAlways;
  else if (value == kAtom_false_) port.active = ActiveMode::kPassive;
  else if (value == kAtom_once) port.active = ActiveMode::kOnce;
  else if (value.is_small()) {
    const std::int64_t before = port.active == ActiveMode::kCounted ? port.active_count : 0;
    const std::int64_t count = before + value.small_value();
    if (count > 32767) return false;
    port.active_count = static_cast<std::int32_t>(std::max<std::int64_t>(0, count));
    port.active = count > 0 ? ActiveMode::kCounted : ActiveMode::kPassive;
  } else {
    return false;
  }
  return true;
}

bool parse_packet(Term value, PortOptions& port) {
  if (value == kAtom_raw || value == Term::small(0)) port.packet = 0;
  else if (value == kAtom_line) port.packet = 'l';
  else if (value == Term::small(1) || value == Term::small(2) || value == Term::small(4)) {
    port.packet = static_cast<std::uint8_t>(value.small_value());
  } else {
    return false;
  }
  return true;
}

bool parse_number(Term name, Term value, PortOptions& port) {
  if (!is_small_up_to(value, 0x7FFF'FFFF)) return false;
  const auto n = static_cast<std::uint32_t>(value.small_value());
  if (name == kAtom_packet_size) port.packet_size = n;
  else if (name == kAtom_buffer) port.buffer = n;
  else if (name == kAtom_backlog) port.backlog = static_cast<int>(n);
  else if (name == kAtom_high_watermark) port.watermarks.high_bytes = n;
  else if (name == kAtom_low_watermark) port.watermarks.low_bytes = n;
  else if (name == kAtom_send_timeout) port.send_timeout_ms = n;
  // Others (priority, tos, ...) are accepted and have no effect.
  return true;
}

bool parse_linger(Term value, ParsedOptions& o) {
  if (!value.is_tuple() || value.arity() != 2 || !value.element(1).is_small()) return false;
  const std::int64_t seconds = value.element(1).small_value();
  if (seconds < 0 || seconds > 0x7FFF'FFFF) return false;
  if (value.element(0) == kAtom_true_) {
    o.port.flush_limit_ms = seconds * 1000;
    if (seconds == 0) o.socket.emplace_back(SocketOption::kLinger, 0);
  }
  return true;
}

bool parse_source(Term option, ParsedOptions& o) {
  const Term port = option.element(2), ip = option.element(1);
  if (!is_small_up_to(port, 0xFFFF)) return false;
  const auto number = static_cast<std::uint16_t>(port.small_value());
  if (ip == kAtom_any) {
    o.source = SocketAddress::inet({0, 0, 0, 0}, number);
    return true;
  }
  if (!ip.is_tuple() || ip.arity() != 4) return false;
  std::array<std::uint8_t, 4> bytes{};
  for (unsigned i = 0; i < 4; ++i) {
    if (!is_small_up_to(ip.element(i), 0xFF)) return false;
    bytes[i] = static_cast<std::uint8_t>(ip.element(i).small_value());
  }
  o.source = SocketAddress::inet(bytes, number);
  return true;
}

bool parse_option(Term name, Term value, ParsedOptions& o) {
  if (name == kAtom_active) return parse_active(value, o);
  if (name == kAtom_packet) return parse_packet(value, o.port);
  if (name == kAtom_linger) return parse_linger(value, o);
  if (name == kAtom_mode) {
    o.port.binary_mode = value == kAtom_binary;
    return value == kAtom_binary || value == kAtom_list;
  }
  if (name == kAtom_send_timeout && value == kAtom_infinity) {
    o.port.send_timeout_ms = -1;
    return true;
  }
  for (const FlagRow& row : kFlags) {
    if (row.name == name) {
      o.socket.emplace_back(row.option, value == kAtom_true_ ? 1 : 0);
      return value == kAtom_true_ || value == kAtom_false_;
    }
  }
  for (const FlagRow& row : kSizes) {
    if (row.name == name) {
      if (!is_small_up_to(value, 0x7FFF'FFFF)) return false;
      o.socket.emplace_back(row.option, static_cast<int>(value.small_value()));
      return true;
    }
  }
  if (name == kAtom_exit_on_close) o.port.exit_on_close = value == kAtom_true_;
  if (name == kAtom_send_timeout_close) o.port.send_timeout_close = value == kAtom_true_;
  if (value == kAtom_true_ || value == kAtom_false_) return true;
  return parse_number(name, value, o.port);
}

Term number(std::int64_t n) { return Term::small(n); }

}  // namespace

bool parse_socket_options(Term list, ParsedOptions& options) {
  for (; list.is_cons(); list = list.tail()) {
    const Term option = list.head();
    if (!option.is_tuple()) return false;
    if (option.arity() == 3 && option.element(0) == kAtom_source) {
      if (!parse_source(option, options)) return false;
    } else if (option.arity() != 2 ||
               !parse_option(option.element(0), option.element(1), options)) {
      return false;
    }
  }
  return list.is_nil();
}

Term socket_option_value(BifCall&, const Port& port, Shard& shard, Term name) {
  const PortOptions& o = port.options;
  if (name == kAtom_active) {
    switch (o.active) {
      case ActiveMode::kAlways: return kAtom_true_;
      case ActiveMode::kPassive: return kAtom_false_;
      case ActiveMode::kOnce: return kAtom_once;
      case ActiveMode::kCounted: return number(o.active_count);
    }
  }
  if (name == kAtom_mode) return o.binary_mode ? kAtom_binary : kAtom_list;
  if (name == kAtom_packet) return o.packet == 'l' ? kAtom_line : number(o.packet);
  if (name == kAtom_packet_size) return number(o.packet_size);
  if (name == kAtom_buffer) return number(o.buffer);
  if (name == kAtom_backlog) return number(o.backlog);
  if (name == kAtom_high_watermark) return number(o.watermarks.high_bytes);
  if (name == kAtom_low_watermark) return number(o.watermarks.low_bytes);
  if (name == kAtom_exit_on_close) return boolean(o.exit_on_close);
  if (name == kAtom_send_timeout_close) return boolean(o.send_timeout_close);
  if (name == kAtom_send_timeout) {
    return o.send_timeout_ms < 0 ? kAtom_infinity : number(o.send_timeout_ms);
  }
  for (const FlagRow& row : kFlags) {
    if (row.name != name) continue;
    const auto value = shard.option(port.handle, row.option);
    return boolean(value.value_or(0) != 0);
  }
  for (const FlagRow& row : kSizes) {
    if (row.name != name) continue;
    const auto value = shard.option(port.handle, row.option);
    return value ? number(*value) : Term();
  }
  return Term();
}

std::optional<SocketAddress> parse_address(Term term) {
  if (!term.is_tuple() || term.arity() < 2) return std::nullopt;
  if (term.element(0) == kAtom_local && term.arity() == 2) {
    std::vector<std::uint8_t> path;
    if (!append_iodata(path, term.element(1)) || path.empty()) return std::nullopt;
    return SocketAddress::local(std::string(path.begin(), path.end()));
  }
  if (term.arity() != 3 || !term.element(1).is_tuple() || !term.element(2).is_small()) {
    return std::nullopt;
  }
  const Term ip = term.element(1);
  const std::int64_t port = term.element(2).small_value();
  if (port < 0 || port > 65535) return std::nullopt;
  const unsigned groups = term.element(0) == kAtom_inet ? 4 : 8;
  if (ip.arity() != groups) return std::nullopt;
  std::array<std::uint8_t, 16> bytes{};
  for (unsigned i = 0; i < groups; ++i) {
    const Term part = ip.element(i);
    const std::int64_t most = groups == 4 ? 255 : 65535;
    if (!part.is_small() || part.small_value() < 0 || part.small_value() > most) {
      return std::nullopt;
    }
    if (groups == 4) {
      bytes[i] = static_cast<std::uint8_t>(part.small_value());
    } else {
      bytes[2 * i] = static_cast<std::uint8_t>(part.small_value() >> 8);
      bytes[2 * i + 1] = static_cast<std::uint8_t>(part.small_value());
    }
  }
  const auto number16 = static_cast<std::uint16_t>(port);
  if (groups == 8) return SocketAddress::inet6(bytes, number16);
  return SocketAddress::inet({bytes[0], bytes[1], bytes[2], bytes[3]}, number16);
}

Term address_term(BifCall& call, const SocketAddress& address) {
  Heap& heap = call.heap;
  switch (address.kind) {
    case SocketAddress::Kind::kInet: {
      const auto& b = address.bytes;
      const Term ip = make_tuple(heap, {number(b[0]), number(b[1]), number(b[2]), number(b[3])});
      return make_tuple(heap, {kAtom_inet, ip, number(address.port)});
    }
    case SocketAddress::Kind::kInet6: {
      Word* words = heap.allocate(9);
      words[0] = make_header(Subtag::kTuple, 8);
      for (unsigned i = 0; i < 8; ++i) {
        words[1 + i] = number((address.bytes[2 * i] << 8) | address.bytes[2 * i + 1]).raw;
      }
      return make_tuple(heap, {kAtom_inet6, Term::boxed(words), number(address.port)});
    }
    default: {
      const Term path = make_binary(heap, std::string_view(address.path));
      return make_tuple(heap, {kAtom_local, path});
    }
  }
}

}  // namespace parley
