// Facts about nodes that need no pass.
#include "compiler/syntax/ast.h"

#include <algorithm>

namespace parley::ast {

namespace {

constexpr std::string_view kBinaryOps[] = {"*",  "/",   "div",  "rem",     "band",   "and", "+",
                                           "-",  "bor", "bxor", "bsl",     "bsr",    "or",  "xor",
                                           "++", "--",  "==",   "/=",      "=<",     "<",   ">=",
                                           ">",  "=:=", "=/=",  "andalso", "orelse", "!"};
static_assert(std::size(kBinaryOps) == static_cast<size_t>(BinaryOp::kSend) + 1);

constexpr std::string_view kUnaryOps[] = {"+", "-", "not", "bnot"};

uint64_t digit_value(char c) {
  if (c <= '9') {
    return static_cast<uint64_t>(c - '0');
  }
  return static_cast<uint64_t>((c | 0x20) - 'a' + 10);
}

}  // namespace

std::string_view spelling(BinaryOp op) { return kBinaryOps[static_cast<size_t>(op)]; }

std::string_view spelling(UnaryOp op) { return kUnaryOps[static_cast<size_t>(op)]; }

// As many digits at a time as fit a limb, so that the quadratic part is small.
std::vector<uint64_t> magnitude_of(const Integer& integer) {
  std::vector<uint64_t> limbs;
  std::string_view digits = integer.digits;
  for (size_t at = 0; at < digits.size();) {
    uint64_t chunk = 0;
    uint64_t scale = 1;
    while (at < digits.size() && scale <= UINT64_MAX / integer.base) {
      chunk = chunk * integer.base + digit_value(digits[at++]);
      scale *= integer.base;
    }
    unsigned __int128 carry = chunk;
    for (uint64_t& limb : limbs) {
      carry += static_cast<unsigned __int128>(limb) * scale;
      limb = static_cast<uint64_t>(carry);
      carry >>= 64;
    }
    if (carry != 0) {
      limbs.push_back(static_cast<uint64_t>(carry));
    }
  }
  return limbs;
}

uint32_t next_code_point(std::string_view text, size_t& at) {
  auto byte = [&](size_t i) -> uint32_t {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0;
  };
  uint32_t first = byte(0);
  if (first < 0xC0) {
    at += 1;
    return first;
  }
  if (first < 0xE0) {
    uint32_t value = ((first & 0x1F) << 6) | (byte(1) & 0x3F);
    at = std::min(at + 2, text.size());
    return value;
  }
  if (first < 0xF0) {
    uint32_t value = ((first & 0x0F) << 12) | ((byte(1) & 0x3F) << 6) | (byte(2) & 0x3F);
    at = std::min(at + 3, text.size());
    return value;
  }
  uint32_t value = ((first & 0x07) << 18) | ((byte(1) & 0x3F) << 12) | ((byte(2) & 0x3F) << 6) |
                   (byte(3) & 0x3F);
  at = std::min(at + 4, text.size());
  return value;
}

}  // namespace parley::ast
