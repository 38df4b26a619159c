// Bit strings as views: where the bits are, and reading them.
//
// Invariant: a view is valid as long as its term is (and its blob, which the term holds). Bits
// count from the highest bit of a byte downwards; every bit string starts at any bit and ends at
// any bit.
//
//   kHeapBits    size in bits | bytes ...           starts at bit 0 of its bytes; padding is zero
//   kBlobBits    size | offset | Blob* | link       offset in bits into the blob's data
//   kSliceBits   size | offset | the kBlobBits      offset in bits into the same blob's data: the
//                                                   kBlobBits only holds the count
//
// Making bit strings needs a heap: vm/heap/make_bits.h.
#pragma once

#include <cstdint>
#include <optional>

#include "vm/term/term.h"

namespace parley {

struct BitsView {
  const std::uint8_t* bytes = nullptr;
  std::uint64_t bit_offset = 0;  // below 8
  std::uint64_t size_bits = 0;

  bool whole_bytes() const { return (size_bits & 7) == 0; }
  bool aligned() const { return bit_offset == 0; }
  std::uint64_t size_bytes() const { return (size_bits + 7) >> 3; }
  // Requires position + size <= size_bits.
  BitsView part(std::uint64_t position, std::uint64_t size) const {
    const std::uint64_t at = bit_offset + position;
    return {bytes + (at >> 3), at & 7, size};
  }
};

// Data starts so many bytes after the start of a Blob (vm/heap/blob.h).
inline constexpr std::uint64_t kBlobHeaderBytes = 24;

// Requires is_bits(). Any thread.
inline BitsView bits_view(Term bits) {
  const Word* box = bits.box();
  const Subtag subtag = header_subtag(box[0]);
  if (subtag == Subtag::kHeapBits) {
    return {reinterpret_cast<const std::uint8_t*>(box + 2), 0, box[1]};
  }
  const Word* owner = subtag == Subtag::kBlobBits ? box : Term(box[3]).box();
  const auto* data = reinterpret_cast<const std::uint8_t*>(owner[3]) + kBlobHeaderBytes;
  return {data + (box[2] >> 3), box[2] & 7, box[1]};
}
inline std::uint64_t bits_size(Term bits) { return bits.box()[1]; }
inline bool is_binary(Term t) { return t.is_bits() && (bits_size(t) & 7) == 0; }

// Copies `size_bits` bits; source and destination offsets are any bit numbers. Bits around the
// destination stay. The areas do not overlap.
void copy_bits(const std::uint8_t* source, std::uint64_t source_bit, std::uint8_t* destination,
               std::uint64_t destination_bit, std::uint64_t size_bits);

// The byte at a bit position that is not aligned; at least eight bits must be left.
inline std::uint8_t byte_at(const BitsView& view, std::uint64_t position) {
  const std::uint64_t at = view.bit_offset + position;
  const std::uint8_t* p = view.bytes + (at >> 3);
  const unsigned shift = at & 7;
  if (shift == 0) return *p;
  return static_cast<std::uint8_t>((p[0] << shift) | (p[1] >> (8 - shift)));
}
// Up to 64 bits from `position`, big endian, unsigned.
std::uint64_t read_bits(const BitsView& view, std::uint64_t position, unsigned size_bits);

// -1, 0, 1: bit by bit, a prefix is smaller.
int compare_bits(const BitsView& left, const BitsView& right);
bool equal_bits(const BitsView& left, const BitsView& right);

// One code point at `position` and how many bits it took; nullopt: not valid there (or too short).
struct CodePoint {
  std::uint32_t value;
  std::uint32_t size_bits;
};
std::optional<CodePoint> read_utf8(const BitsView& view, std::uint64_t position);
enum class Endian : std::uint8_t { kBig, kLittle };
std::optional<CodePoint> read_utf16(const BitsView& view, std::uint64_t position, Endian endian);
std::optional<CodePoint> read_utf32(const BitsView& view, std::uint64_t position, Endian endian);

constexpr bool is_code_point(std::int64_t v) {
  return v >= 0 && v <= 0x10FFFF && (v < 0xD800 || v > 0xDFFF);
}
// Write a valid code point; the bytes written (at most 4).
unsigned write_utf8(std::uint32_t code_point, std::uint8_t* out);
unsigned write_utf16(std::uint32_t code_point, Endian endian, std::uint8_t* out);
unsigned write_utf32(std::uint32_t code_point, Endian endian, std::uint8_t* out);
constexpr unsigned utf8_bytes(std::uint32_t c) {
  return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

// IEEE half precision, as <<F:16/float>> holds it.
double half_to_double(std::uint16_t half);
// Rounds to nearest, ties to even; out of range becomes an infinity.
std::uint16_t double_to_half(double value);

}  // namespace parley
