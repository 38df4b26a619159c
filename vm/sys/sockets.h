// Stream sockets and a poller, as the operating system gives them: the floor under vm/net.
//
// Invariant: no call here blocks but Poller::wait; every socket is non-blocking and closed on exec.
// Would block is the error EAGAIN, on its way is EINPROGRESS; EINTR is never answered.
//
// Thread: calls on one socket from one thread at a time; Poller::wake from any.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "vm/sys/system_error.h"

namespace parley {

// A socket of this interface; only its implementation knows what the number means.
using SocketNumber = int;

struct SocketAddress {
  enum class Kind : std::uint8_t { kNone, kInet, kInet6, kLocal };
  Kind kind = Kind::kNone;
  std::uint16_t port = 0;
  std::uint32_t scope = 0;               // of a link-local IPv6 address
  std::array<std::uint8_t, 16> bytes{};  // kInet: the first four
  std::string path;                      // kLocal; empty: unnamed; first byte 0: abstract

  static SocketAddress inet(std::array<std::uint8_t, 4> address, std::uint16_t port);
  static SocketAddress inet6(std::array<std::uint8_t, 16> address, std::uint16_t port);
  static SocketAddress local(std::string path);
  bool operator==(const SocketAddress&) const = default;
};

enum class SocketOption : std::uint8_t {
  kNoDelay,
  kKeepAlive,
  kReuseAddress,
  kReusePort,
  kSendBuffer,
  kReceiveBuffer,
  kInet6Only,
  kLinger,  // seconds; -1: off
};

enum class ShutdownWay : std::uint8_t { kRead, kWrite, kBoth };

// A part of what is to be sent.
using BytesPart = std::span<const std::uint8_t>;

struct PollEvent {
  std::uint64_t token = 0;
  bool readable = false;  // or at its end, or broken: read to know
  bool writable = false;  // likewise
  bool ended = false;     // the peer's end or an error was seen: read until that comes
};

// Tells which sockets became ready, each change once (edge-triggered): who is told reads or writes
// until EAGAIN.
class SocketPoller {
 public:
  virtual ~SocketPoller() = default;
  virtual SystemResult<void> add(SocketNumber socket, std::uint64_t token) = 0;
  // How many events were put into `events`. -1: waits for ever; 0: not at all.
  virtual std::size_t wait(std::span<PollEvent> events, int timeout_us) = 0;
  // Ends a wait, this one or the next. Any thread.
  virtual void wake() = 0;
};

class Sockets {
 public:
  virtual ~Sockets() = default;
  virtual SystemResult<SocketNumber> open(SocketAddress::Kind kind) = 0;
  // The path of a local socket is made with mode 0600; one that nobody listens at, which a process
  // left that ended without removing it, is replaced.
  virtual SystemResult<void> bind(SocketNumber socket, const SocketAddress& address) = 0;
  virtual SystemResult<void> listen(SocketNumber socket, int backlog) = 0;
  virtual SystemResult<SocketNumber> accept(SocketNumber listener) = 0;
  virtual SystemResult<void> connect(SocketNumber socket, const SocketAddress& address) = 0;
  // What became of a connect that was on its way, once the socket is writable.
  virtual SystemResult<void> connect_result(SocketNumber socket) = 0;
  // 0: the peer's end.
  virtual SystemResult<std::size_t> receive(SocketNumber socket, std::span<std::uint8_t> into) = 0;
  // How many bytes were taken, counted over all parts. Never raises a signal.
  virtual SystemResult<std::size_t> send(SocketNumber socket, std::span<const BytesPart> parts) = 0;
  virtual SystemResult<void> shutdown(SocketNumber socket, ShutdownWay way) = 0;
  virtual void close(SocketNumber socket) = 0;
  virtual SystemResult<void> set_option(SocketNumber socket, SocketOption option, int value) = 0;
  virtual SystemResult<int> option(SocketNumber socket, SocketOption option) = 0;
  virtual SystemResult<SocketAddress> own_address(SocketNumber socket) = 0;
  virtual SystemResult<SocketAddress> peer_address(SocketNumber socket) = 0;
  virtual std::unique_ptr<SocketPoller> make_poller() = 0;
};

std::unique_ptr<Sockets> make_posix_sockets();

}  // namespace parley
