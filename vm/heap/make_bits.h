// Making bit strings, and reading and writing the values that the bit syntax names.
//
// Invariant: a bit string of at most kHeapBitsMaxBytes bytes lies on the heap, a longer one in a
// blob; what is cut from a blob shares it, unless it is so short that a copy takes no more room.
// Bits of a finished bit string never change; see vm/heap/blob.h for growth at the end.
//
// Thread: the heap's owner. Nothing here collects.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "vm/heap/blob.h"
#include "vm/heap/heap.h"
#include "vm/term/bits.h"
#include "vm/term/term.h"

namespace parley {

// A bit string to be filled by its maker: `size_bits` bits from `bit_offset` of `bytes` on.
struct NewBits {
  Term term;
  std::uint8_t* bytes;
  std::uint64_t bit_offset = 0;
};
// Starts at bit 0. Contents are undefined, the padding in the last byte zero.
NewBits make_bits(Heap& heap, std::uint64_t size_bits);
inline NewBits make_binary(Heap& heap, std::uint64_t size_bytes) {
  return make_bits(heap, size_bytes * 8);
}
Term make_binary(Heap& heap, std::span<const std::uint8_t> bytes);
Term make_binary(Heap& heap, std::string_view text);
Term make_bits_copy(Heap& heap, const BitsView& view);
// Takes over the caller's reference.
Term make_blob_bits(Heap& heap, Blob* blob, std::uint64_t bit_offset, std::uint64_t size_bits);
// `size_bits` bits of `bits` from `position`; both within the bit string.
Term make_slice(Heap& heap, Term bits, std::uint64_t position, std::uint64_t size_bits);

// The blob that a bit string looks into; null for heap bits.
inline Blob* blob_of(Term bits) {
  const Word* box = bits.box();
  if (header_subtag(box[0]) == Subtag::kHeapBits) return nullptr;
  if (header_subtag(box[0]) == Subtag::kSliceBits) box = Term(box[3]).box();
  return reinterpret_cast<Blob*>(box[3]);
}

// A bit string that begins with all of `prefix` and goes on with `added_bits` bits for the caller
// to fill: `bit_offset` is where these start, behind the prefix. In place where `prefix` ends at
// the end of its blob's used part, on a byte, with room; capacities double, so that appending again
// and again costs each byte a constant.
NewBits bits_append(Heap& heap, Term prefix, std::uint64_t added_bits);

// ---- integers and floats of the bit syntax ---------------------------------------------------
enum class Sign : std::uint8_t { kUnsigned, kSigned };

// The integer of `size_bits` bits at `position` (all of them within the view).
Term read_integer(Heap& heap, const BitsView& view, std::uint64_t position,
                  std::uint64_t size_bits, Endian endian, Sign sign);
// Writes the low `size_bits` bits of the integer, in two's complement, at any bit.
void write_integer(std::uint8_t* bytes, std::uint64_t bit_offset, std::uint64_t size_bits,
                   Term integer, Endian endian);
// 16, 32 or 64 bits; nullopt: another size, an infinity, or not a number.
std::optional<double> read_float(const BitsView& view, std::uint64_t position,
                                 std::uint64_t size_bits, Endian endian);
// Out of the range of the size an infinity is written, as OTP does, which matches no float. False:
// another size; nothing is written then.
bool write_float(std::uint8_t* bytes, std::uint64_t bit_offset, std::uint64_t size_bits,
                 double value, Endian endian);

}  // namespace parley
