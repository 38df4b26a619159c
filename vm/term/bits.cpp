// Reading and moving bits. Whole bytes take the fast way; everything else shifts byte by byte.
#include "vm/term/bits.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace parley {

namespace {

// Bits of `mask` come from `value`, the others stay.
void merge(std::uint8_t* p, std::uint8_t value, std::uint8_t mask) {
  *p = static_cast<std::uint8_t>((*p & ~mask) | (value & mask));
}

}  // namespace

std::uint64_t read_bits(const BitsView& view, std::uint64_t position, unsigned size_bits) {
  std::uint64_t at = view.bit_offset + position;
  std::uint64_t value = 0;
  while (size_bits > 0) {
    const unsigned in_byte = at & 7;
    const unsigned take = std::min(8 - in_byte, size_bits);
    const unsigned byte = view.bytes[at >> 3];
    value = (value << take) | ((byte >> (8 - in_byte - take)) & ((1u << take) - 1));
    at += take;
    size_bits -= take;
  }
  return value;
}

void copy_bits(const std::uint8_t* source, std::uint64_t source_bit, std::uint8_t* destination,
               std::uint64_t destination_bit, std::uint64_t size_bits) {
  if (size_bits == 0) return;
  source += source_bit >> 3;
  destination += destination_bit >> 3;
  const BitsView view{source, source_bit & 7, size_bits};
  std::uint64_t done = 0;
  if (const unsigned in_byte = destination_bit & 7; in_byte != 0) {
    const auto take = static_cast<unsigned>(std::min<std::uint64_t>(8 - in_byte, size_bits));
    const unsigned left = 8 - in_byte - take;
    const auto mask = static_cast<std::uint8_t>(((1u << take) - 1) << left);
    merge(destination, static_cast<std::uint8_t>(read_bits(view, 0, take) << left), mask);
    ++destination;
    done = take;
  }
  const std::uint64_t bytes = (size_bits - done) >> 3;
  const BitsView middle = view.part(done, size_bits - done);
  if (middle.bit_offset == 0) {
    std::memcpy(destination, middle.bytes, bytes);
  } else {
    const unsigned shift = static_cast<unsigned>(middle.bit_offset);
    for (std::uint64_t i = 0; i < bytes; ++i) {
      destination[i] = static_cast<std::uint8_t>((middle.bytes[i] << shift) |
                                                 (middle.bytes[i + 1] >> (8 - shift)));
    }
  }
  done += bytes * 8;
  if (const unsigned rest = static_cast<unsigned>(size_bits - done); rest != 0) {
    const auto mask = static_cast<std::uint8_t>(0xFF00u >> rest);
    merge(destination + bytes, static_cast<std::uint8_t>(read_bits(view, done, rest) << (8 - rest)),
          mask);
  }
}

int compare_bits(const BitsView& left, const BitsView& right) {
  const std::uint64_t common = std::min(left.size_bits, right.size_bits);
  std::uint64_t done = 0;
  if (left.aligned() && right.aligned()) {
    if (const int order = std::memcmp(left.bytes, right.bytes, common >> 3); order != 0) {
      return order < 0 ? -1 : 1;
    }
    done = common & ~std::uint64_t{7};
  }
  while (done < common) {
    const auto take = static_cast<unsigned>(std::min<std::uint64_t>(common - done, 32));
    const std::uint64_t l = read_bits(left, done, take);
    const std::uint64_t r = read_bits(right, done, take);
    if (l != r) return l < r ? -1 : 1;
    done += take;
  }
  if (left.size_bits == right.size_bits) return 0;
  return left.size_bits < right.size_bits ? -1 : 1;
}

bool equal_bits(const BitsView& left, const BitsView& right) {
  return left.size_bits == right.size_bits && compare_bits(left, right) == 0;
}

std::optional<CodePoint> read_utf8(const BitsView& view, std::uint64_t position) {
  const std::uint64_t left = view.size_bits - position;
  if (left < 8) return std::nullopt;
  const std::uint32_t first = byte_at(view, position);
  if (first < 0x80) return CodePoint{first, 8};
  const unsigned more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
  if (first < 0xC2 || first > 0xF4 || left < 8 * (more + 1)) return std::nullopt;
  std::uint32_t value = first & (0x3Fu >> more);
  for (unsigned i = 1; i <= more; ++i) {
    const std::uint32_t next = byte_at(view, position + 8 * i);
    if ((next & 0xC0) != 0x80) return std::nullopt;
    value = (value << 6) | (next & 0x3F);
  }
  if (utf8_bytes(value) != more + 1 || !is_code_point(value)) return std::nullopt;
  return CodePoint{value, 8 * (more + 1)};
}

std::optional<CodePoint> read_utf16(const BitsView& view, std::uint64_t position, Endian endian) {
  const auto unit = [&](std::uint64_t at) {
    const auto v = static_cast<std::uint32_t>(read_bits(view, at, 16));
    return endian == Endian::kBig ? v : ((v >> 8) | (v << 8)) & 0xFFFF;
  };
  const std::uint64_t left = view.size_bits - position;
  if (left < 16) return std::nullopt;
  const std::uint32_t high = unit(position);
  if (high < 0xD800 || high > 0xDFFF) return CodePoint{high, 16};
  if (high > 0xDBFF || left < 32) return std::nullopt;
  const std::uint32_t low = unit(position + 16);
  if (low < 0xDC00 || low > 0xDFFF) return std::nullopt;
  return CodePoint{0x10000 + ((high & 0x3FF) << 10) + (low & 0x3FF), 32};
}

std::optional<CodePoint> read_utf32(const BitsView& view, std::uint64_t position, Endian endian) {
  if (view.size_bits - position < 32) return std::nullopt;
  auto value = static_cast<std::uint32_t>(read_bits(view, position, 32));
  if (endian == Endian::kLittle) value = __builtin_bswap32(value);
  if (!is_code_point(value)) return std::nullopt;
  return CodePoint{value, 32};
}

unsigned write_utf8(std::uint32_t c, std::uint8_t* out) {
  const unsigned bytes = utf8_bytes(c);
  if (bytes == 1) {
    out[0] = static_cast<std::uint8_t>(c);
    return 1;
  }
  for (unsigned i = bytes - 1; i > 0; --i, c >>= 6) {
    out[i] = static_cast<std::uint8_t>(0x80 | (c & 0x3F));
  }
  out[0] = static_cast<std::uint8_t>((0xF00u >> bytes) | c);
  return bytes;
}

unsigned write_utf16(std::uint32_t c, Endian endian, std::uint8_t* out) {
  const auto put = [&](std::uint32_t unit, std::uint8_t* p) {
    const auto high = static_cast<std::uint8_t>(unit >> 8);
    const auto low = static_cast<std::uint8_t>(unit);
    p[0] = endian == Endian::kBig ? high : low;
    p[1] = endian == Endian::kBig ? low : high;
  };
  if (c < 0x10000) {
    put(c, out);
    return 2;
  }
  put(0xD800 + ((c - 0x10000) >> 10), out);
  put(0xDC00 + ((c - 0x10000) & 0x3FF), out + 2);
  return 4;
}

unsigned write_utf32(std::uint32_t c, Endian endian, std::uint8_t* out) {
  for (unsigned i = 0; i < 4; ++i) {
    const unsigned shift = endian == Endian::kBig ? 24 - 8 * i : 8 * i;
    out[i] = static_cast<std::uint8_t>(c >> shift);
  }
  return 4;
}

double half_to_double(std::uint16_t half) {
  const int exponent = (half >> 10) & 31;
  const int fraction = half & 0x3FF;
  double value = 0;
  if (exponent == 0) {
    value = std::ldexp(fraction, -24);
  } else if (exponent == 31) {
    value = fraction == 0 ? HUGE_VAL : NAN;
  } else {
    value = std::ldexp(fraction + 1024, exponent - 25);
  }
  return (half & 0x8000) != 0 ? -value : value;
}

std::uint16_t double_to_half(double value) {
  const auto sign = static_cast<std::uint16_t>(std::signbit(value) ? 0x8000 : 0);
  const double magnitude = std::fabs(value);
  if (magnitude == 0) return sign;
  int exponent = 0;
  std::frexp(magnitude, &exponent);  // magnitude in [2^(exponent-1), 2^exponent)
  // The unit of the last place: 2^-24 for subnormals, else ten bits below the leading one.
  if (exponent > 17) return static_cast<std::uint16_t>(sign | 0x7C00);  // far beyond the range
  const int unit = std::max(exponent - 11, -24);
  const auto units = static_cast<std::uint32_t>(std::nearbyint(std::ldexp(magnitude, -unit)));
  // Adding instead of or-ing lets a carry of the rounding move into the exponent.
  const std::uint32_t bits =
      unit == -24 ? units : (static_cast<std::uint32_t>(unit + 25) << 10) + units - 1024;
  constexpr std::uint32_t kInfinity = 0x7C00;
  return static_cast<std::uint16_t>(sign | std::min(bits, kInfinity));
}

}  // namespace parley
