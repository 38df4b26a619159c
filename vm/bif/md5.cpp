// MD5 as RFC 1321 describes it: 64 steps a block, each with a rotation and a constant.
#include "vm/bif/md5.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace parley {

namespace {

constexpr unsigned kRotations[4][4] = {
    {7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

// The integer part of 2^32 * abs(sin(i + 1)), as the RFC defines the constants.
std::array<std::uint32_t, 64> make_constants() {
  std::array<std::uint32_t, 64> constants{};
  for (unsigned i = 0; i < 64; ++i) {
    constants[i] = static_cast<std::uint32_t>(std::fabs(std::sin(i + 1.0)) * 4294967296.0);
  }
  return constants;
}

std::uint32_t round_function(unsigned round, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  switch (round) {
    case 0: return (b & c) | (~b & d);
    case 1: return (d & b) | (~d & c);
    case 2: return b ^ c ^ d;
    default: return c ^ (b | ~d);
  }
}

}  // namespace

void Md5::add_block(const std::uint8_t* block) {
  static const std::array<std::uint32_t, 64> kConstants = make_constants();
  constexpr unsigned kFactors[4] = {1, 5, 3, 7}, kOffsets[4] = {0, 1, 5, 0};
  std::uint32_t words[16];
  for (unsigned i = 0; i < 16; ++i) {
    words[i] = std::uint32_t{block[4 * i]} | std::uint32_t{block[4 * i + 1]} << 8 |
               std::uint32_t{block[4 * i + 2]} << 16 | std::uint32_t{block[4 * i + 3]} << 24;
  }
  auto [a, b, c, d] = state_;
  for (unsigned i = 0; i < 64; ++i) {
    const unsigned round = i / 16;
    const unsigned word = (kFactors[round] * i + kOffsets[round]) % 16;
    const std::uint32_t sum = a + round_function(round, b, c, d) + kConstants[i] + words[word];
    a = d;
    d = c;
    c = b;
    b += std::rotl(sum, static_cast<int>(kRotations[round][i % 4]));
  }
  state_[0] += a;
  state_[1] += b;
  state_[2] += c;
  state_[3] += d;
}

void Md5::add(std::span<const std::uint8_t> bytes) {
  std::size_t used = size_bytes_ % 64;
  size_bytes_ += bytes.size();
  while (!bytes.empty()) {
    const std::size_t take = std::min(64 - used, bytes.size());
    std::memcpy(rest_.data() + used, bytes.data(), take);
    bytes = bytes.subspan(take);
    used += take;
    if (used == 64) {
      add_block(rest_.data());
      used = 0;
    }
  }
}

Md5::Digest Md5::finish() {
  const std::uint64_t size_bits = size_bytes_ * 8;
  const std::uint8_t one = 0x80, zero = 0;
  add({&one, 1});
  while (size_bytes_ % 64 != 56) add({&zero, 1});
  std::uint8_t length[8];
  for (unsigned i = 0; i < 8; ++i) length[i] = static_cast<std::uint8_t>(size_bits >> (8 * i));
  add(length);
  Digest digest;
  for (unsigned i = 0; i < 16; ++i) {
    digest[i] = static_cast<std::uint8_t>(state_[i / 4] >> (8 * (i % 4)));
  }
  return digest;
}

}  // namespace parley
