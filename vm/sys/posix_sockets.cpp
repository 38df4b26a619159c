// Sockets by system calls.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "vm/sys/posix_poller.h"
#include "vm/sys/sockets.h"

namespace parley {

namespace {

constexpr std::size_t kPartsMax = 64;  // of one system call

std::unexpected<SystemError> failure() { return system_failure(errno); }

template <typename Call>
auto retry(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

union AnyAddress {
  sockaddr base;
  sockaddr_in inet;
  sockaddr_in6 inet6;
  sockaddr_un local;
};

// Answers the length, 0 where the address cannot be written down.
socklen_t to_system(const SocketAddress& address, AnyAddress& out) {
  std::memset(&out, 0, sizeof out);
  switch (address.kind) {
    case SocketAddress::Kind::kInet:
      out.inet.sin_family = AF_INET;
      out.inet.sin_port = htons(address.port);
      std::memcpy(&out.inet.sin_addr, address.bytes.data(), 4);
      return sizeof out.inet;
    case SocketAddress::Kind::kInet6:
      out.inet6.sin6_family = AF_INET6;
      out.inet6.sin6_port = htons(address.port);
      out.inet6.sin6_scope_id = address.scope;
      std::memcpy(&out.inet6.sin6_addr, address.bytes.data(), 16);
      return sizeof out.inet6;
    case SocketAddress::Kind::kLocal: {
      const std::string& path = address.path;
      if (path.size() >= sizeof out.local.sun_path) return 0;
      out.local.sun_family = AF_UNIX;
      std::memcpy(out.local.sun_path, path.data(), path.size());
      const bool abstract = !path.empty() && path[0] == '\0';
      return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() +
                                    (abstract ? 0 : 1));
    }
    default:
      return 0;
  }
}

SocketAddress from_system(const AnyAddress& address, socklen_t length) {
  SocketAddress out;
  switch (address.base.sa_family) {
    case AF_INET:
      out.kind = SocketAddress::Kind::kInet;
      out.port = ntohs(address.inet.sin_port);
      std::memcpy(out.bytes.data(), &address.inet.sin_addr, 4);
      break;
    case AF_INET6:
      out.kind = SocketAddress::Kind::kInet6;
      out.port = ntohs(address.inet6.sin6_port);
      out.scope = address.inet6.sin6_scope_id;
      std::memcpy(out.bytes.data(), &address.inet6.sin6_addr, 16);
      break;
    case AF_UNIX: {
      out.kind = SocketAddress::Kind::kLocal;
      const std::size_t head = offsetof(sockaddr_un, sun_path);
      if (length <= head) break;
      out.path.assign(address.local.sun_path, length - head);
      if (out.path[0] != '\0') out.path.resize(::strnlen(out.path.data(), out.path.size()));
      break;
    }
    default:
      break;
  }
  return out;
}

struct OptionName {
  int level, name;
};
OptionName name_of(SocketOption option) {
  switch (option) {
    case SocketOption::kNoDelay:
      return {IPPROTO_TCP, TCP_NODELAY};
    case SocketOption::kKeepAlive:
      return {SOL_SOCKET, SO_KEEPALIVE};
    case SocketOption::kReuseAddress:
      return {SOL_SOCKET, SO_REUSEADDR};
    case SocketOption::kReusePort:
      return {SOL_SOCKET, SO_REUSEPORT};
    case SocketOption::kSendBuffer:
      return {SOL_SOCKET, SO_SNDBUF};
    case SocketOption::kReceiveBuffer:
      return {SOL_SOCKET, SO_RCVBUF};
    case SocketOption::kInet6Only:
      return {IPPROTO_IPV6, IPV6_V6ONLY};
    default:
      return {SOL_SOCKET, SO_LINGER};
  }
}

class PosixSockets : public Sockets {
 public:
  SystemResult<SocketNumber> open(SocketAddress::Kind kind) override {
    const int family = kind == SocketAddress::Kind::kInet
                           ? AF_INET
                           : (kind == SocketAddress::Kind::kInet6 ? AF_INET6 : AF_UNIX);
    const int socket = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket < 0) return failure();
    return socket;
  }
  SystemResult<void> bind(SocketNumber socket, const SocketAddress& address) override {
    AnyAddress system;
    const socklen_t length = to_system(address, system);
    if (length == 0) return system_failure(EINVAL);
    // Linux gives the path the mode of the socket, so it never stands open to others, not even
    // between bind and a chmod.
    if (address.kind == SocketAddress::Kind::kLocal && ::fchmod(socket, 0600) < 0) {
      return failure();
    }
    if (::bind(socket, &system.base, length) == 0) return {};
    if (errno != EADDRINUSE || !remove_stale_path(address)) return failure();
    if (::bind(socket, &system.base, length) < 0) return failure();
    return {};
  }
  SystemResult<void> listen(SocketNumber socket, int backlog) override {
    if (::listen(socket, backlog) < 0) return failure();
    return {};
  }
  SystemResult<SocketNumber> accept(SocketNumber listener) override {
    const int socket =
        retry([&] { return ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC); });
    if (socket < 0) return failure();
    return socket;
  }
  SystemResult<void> connect(SocketNumber socket, const SocketAddress& address) override {
    AnyAddress system;
    const socklen_t length = to_system(address, system);
    if (length == 0) return system_failure(EINVAL);
    if (::connect(socket, &system.base, length) == 0) return {};
    // An interrupted connect goes on by itself.
    return system_failure(errno == EINTR ? EINPROGRESS : errno);
  }
  SystemResult<void> connect_result(SocketNumber socket) override {
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) < 0) return failure();
    if (error != 0) return system_failure(error);
    AnyAddress system;
    size = sizeof system;
    if (::getpeername(socket, &system.base, &size) < 0) {
      return system_failure(errno == ENOTCONN ? EINPROGRESS : errno);
    }
    return {};
  }
  SystemResult<std::size_t> receive(SocketNumber socket, std::span<std::uint8_t> into) override {
    const ssize_t got = retry([&] { return ::recv(socket, into.data(), into.size(), 0); });
    if (got < 0) return failure();
    return static_cast<std::size_t>(got);
  }
  SystemResult<std::size_t> send(SocketNumber socket, std::span<const BytesPart> parts) override {
    std::array<iovec, kPartsMax> vector;
    const std::size_t count = std::min(parts.size(), kPartsMax);
    for (std::size_t i = 0; i < count; ++i) {
      vector[i] = {const_cast<std::uint8_t*>(parts[i].data()), parts[i].size()};
    }
    msghdr message{};
    message.msg_iov = vector.data();
    message.msg_iovlen = count;
    const ssize_t put = retry([&] { return ::sendmsg(socket, &message, MSG_NOSIGNAL); });
    if (put < 0) return failure();
    return static_cast<std::size_t>(put);
  }
  SystemResult<void> shutdown(SocketNumber socket, ShutdownWay way) override {
    const int how =
        way == ShutdownWay::kRead ? SHUT_RD : (way == ShutdownWay::kWrite ? SHUT_WR : SHUT_RDWR);
    if (::shutdown(socket, how) < 0) return failure();
    return {};
  }
  void close(SocketNumber socket) override { ::close(socket); }

  SystemResult<void> set_option(SocketNumber socket, SocketOption option, int value) override {
    const auto [level, name] = name_of(option);
    const linger seconds{value >= 0, value >= 0 ? value : 0};
    const bool is_linger = option == SocketOption::kLinger;
    const void* data = is_linger ? static_cast<const void*>(&seconds) : &value;
    const socklen_t size = is_linger ? sizeof seconds : sizeof value;
    if (::setsockopt(socket, level, name, data, size) < 0) return failure();
    return {};
  }
  SystemResult<int> option(SocketNumber socket, SocketOption option) override {
    const auto [level, name] = name_of(option);
    linger seconds{};
    int value = 0;
    const bool is_linger = option == SocketOption::kLinger;
    void* data = is_linger ? static_cast<void*>(&seconds) : &value;
    socklen_t size = is_linger ? sizeof seconds : sizeof value;
    if (::getsockopt(socket, level, name, data, &size) < 0) return failure();
    return is_linger ? (seconds.l_onoff != 0 ? seconds.l_linger : -1) : value;
  }
  SystemResult<SocketAddress> own_address(SocketNumber socket) override {
    AnyAddress system;
    socklen_t length = sizeof system;
    if (::getsockname(socket, &system.base, &length) < 0) return failure();
    return from_system(system, length);
  }
  SystemResult<SocketAddress> peer_address(SocketNumber socket) override {
    AnyAddress system;
    socklen_t length = sizeof system;
    if (::getpeername(socket, &system.base, &length) < 0) return failure();
    return from_system(system, length);
  }
  std::unique_ptr<SocketPoller> make_poller() override { return make_epoll_poller(); }

 private:
  // Leaves errno at EADDRINUSE where it answers false.
  bool remove_stale_path(const SocketAddress& address) {
    const bool is_path = address.kind == SocketAddress::Kind::kLocal && !address.path.empty() &&
                         address.path[0] != '\0';
    bool removed = false;
    if (const auto probe = is_path ? open(address.kind) : system_failure(EINVAL)) {
      const auto connected = connect(*probe, address);
      removed = !connected && connected.error().number == ECONNREFUSED &&
                ::unlink(address.path.c_str()) == 0;
      close(*probe);
    }
    errno = EADDRINUSE;
    return removed;
  }
};

}  // namespace

SocketAddress SocketAddress::inet(std::array<std::uint8_t, 4> address, std::uint16_t port) {
  SocketAddress out;
  out.kind = Kind::kInet;
  out.port = port;
  std::copy(address.begin(), address.end(), out.bytes.begin());
  return out;
}
SocketAddress SocketAddress::inet6(std::array<std::uint8_t, 16> address, std::uint16_t port) {
  SocketAddress out;
  out.kind = Kind::kInet6;
  out.port = port;
  out.bytes = address;
  return out;
}
SocketAddress SocketAddress::local(std::string path) {
  SocketAddress out;
  out.kind = Kind::kLocal;
  out.path = std::move(path);
  return out;
}

std::unique_ptr<Sockets> make_posix_sockets() { return std::make_unique<PosixSockets>(); }

}  // namespace parley
