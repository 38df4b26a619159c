// A socket as its owner sees it: active or passive, framed, with those who wait for it.
//
// Invariant: guarded by the lock of the socket's shard. Whoever waits is told exactly once, or was
// cancelled, or is dead.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "vm/net/framing.h"
#include "vm/net/shard.h"
#include "vm/term/term.h"

namespace parley {

// A process that waits for one answer: it knows the reference by its id.
struct NetWaiter {
  Term pid;
  std::uint64_t reference = 0;
};

enum class ActiveMode : std::uint8_t { kPassive, kAlways, kOnce, kCounted };

struct PortOptions {
  ActiveMode active = ActiveMode::kAlways;
  std::int32_t active_count = 0;  // kCounted
  bool binary_mode = false;       // data as lists otherwise
  std::uint8_t packet = 0;        // 0 raw, 1, 2, 4, 'l' line
  std::uint32_t packet_size = 0;
  std::uint32_t buffer = 16384;
  bool exit_on_close = true;
  bool send_timeout_close = false;
  std::int64_t send_timeout_ms = -1;  // -1: infinity
  Watermarks watermarks;
  std::int64_t flush_limit_ms = Shard::kFlushLimitMs;
  int backlog = 1024;
};

struct Port {
  SocketHandle handle;
  Term owner;  // pid
  PortOptions options;
  Framer framer;
  bool is_listener = false;
  bool ended = false;               // the peer's end was seen
  std::deque<NetWaiter> accepters;
  NetWaiter receiver, connector;    // reference 0: nobody
  std::uint64_t receive_length = 0;
  std::vector<NetWaiter> writers;

  bool wants_data() const {
    return options.active != ActiveMode::kPassive || receiver.reference != 0;
  }
};

}  // namespace parley
