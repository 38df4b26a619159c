// The name of a socket: which shard, which slot of its table, and which of the sockets that stood
// in that slot, one after the other.
//
// Invariant: a handle whose socket was closed never names another one (until 2^24 sockets have used
// the slot). It fits the 57 bits of a socket term.
#pragma once

#include <compare>
#include <cstdint>

namespace parley {

struct SocketHandle {
  static constexpr unsigned kShardBits = 12, kSlotBits = 21, kGenerationBits = 24;
  std::uint32_t shard = 0;
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;  // 0: no socket

  constexpr std::uint64_t packed() const {
    return (std::uint64_t{shard} << (kSlotBits + kGenerationBits)) |
           (std::uint64_t{slot} << kGenerationBits) | generation;
  }
  static constexpr SocketHandle unpack(std::uint64_t bits) {
    return {static_cast<std::uint32_t>(bits >> (kSlotBits + kGenerationBits)),
            static_cast<std::uint32_t>(bits >> kGenerationBits) & ((1u << kSlotBits) - 1),
            static_cast<std::uint32_t>(bits) & ((1u << kGenerationBits) - 1)};
  }
  auto operator<=>(const SocketHandle&) const = default;
};

}  // namespace parley
