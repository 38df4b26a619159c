// MD5 (RFC 1321), for `erlang:md5` and what Erlang programs name by it. Not for security.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace parley {

class Md5 {
 public:
  using Digest = std::array<std::uint8_t, 16>;

  void add(std::span<const std::uint8_t> bytes);
  // Of all that was added; adding more afterwards makes no sense.
  Digest finish();

 private:
  void add_block(const std::uint8_t* block);

  std::array<std::uint32_t, 4> state_ = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476};
  std::uint64_t size_bytes_ = 0;
  std::array<std::uint8_t, 64> rest_ = {};  // the last block as far as it is known
};

}  // namespace parley
