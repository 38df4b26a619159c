// Bit strings on a heap, in blobs, and the values read from and written to them.
#include "vm/heap/make_bits.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

#include "vm/base/assert.h"
#include "vm/heap/make_integer.h"
#include "vm/term/integer.h"

namespace parley {

namespace {

// A slice takes four words: so many bytes fit into heap bits of the same size.
constexpr std::uint64_t kCopiedSliceBitsMax = 16 * 8;
constexpr std::size_t kAppendCapacityMin = 256;

std::uint8_t* bytes_of(Word* heap_bits_box) {
  return reinterpret_cast<std::uint8_t*>(heap_bits_box + 2);
}

}  // namespace

NewBits make_bits(Heap& heap, std::uint64_t size_bits) {
  const std::uint64_t size_bytes = (size_bits + 7) >> 3;
  if (size_bytes <= kHeapBitsMaxBytes) {
    const std::uint64_t words = (size_bytes + 7) >> 3;
    Word* box = heap.allocate(2 + words);
    box[0] = make_header(Subtag::kHeapBits, 1 + words);
    box[1] = size_bits;
    if (words != 0) box[1 + words] = 0;
    return {Term::boxed(box), bytes_of(box)};
  }
  Blob* blob = blob_create(size_bytes);
  blob->used_bits.store(size_bits, std::memory_order_relaxed);
  blob->data()[size_bytes - 1] = 0;
  return {make_blob_bits(heap, blob, 0, size_bits), blob->data()};
}

Term make_binary(Heap& heap, std::span<const std::uint8_t> bytes) {
  const NewBits made = make_binary(heap, bytes.size());
  if (!bytes.empty()) std::memcpy(made.bytes, bytes.data(), bytes.size());
  return made.term;
}

Term make_binary(Heap& heap, std::string_view text) {
  return make_binary(heap, std::span(reinterpret_cast<const std::uint8_t*>(text.data()),
                                     text.size()));
}

Term make_bits_copy(Heap& heap, const BitsView& view) {
  const NewBits made = make_bits(heap, view.size_bits);
  copy_bits(view.bytes, view.bit_offset, made.bytes, 0, view.size_bits);
  return made.term;
}

Term make_blob_bits(Heap& heap, Blob* blob, std::uint64_t bit_offset, std::uint64_t size_bits) {
  Word* box = heap.allocate(5);
  box[0] = make_header(Subtag::kBlobBits, 4);
  box[1] = size_bits;
  box[2] = bit_offset;
  box[3] = reinterpret_cast<Word>(blob);
  heap.link_off_heap(box);
  return Term::boxed(box);
}

Term make_slice(Heap& heap, Term bits, std::uint64_t position, std::uint64_t size_bits) {
  const Word* box = bits.box();
  PARLEY_DEBUG_ASSERT(position <= box[1] && size_bits <= box[1] - position, "within the bits");
  if (size_bits == box[1]) return bits;
  const Subtag subtag = header_subtag(box[0]);
  if (subtag == Subtag::kHeapBits || size_bits <= kCopiedSliceBitsMax) {
    return make_bits_copy(heap, bits_view(bits).part(position, size_bits));
  }
  Word* slice = heap.allocate(4);
  slice[0] = make_header(Subtag::kSliceBits, 3);
  slice[1] = size_bits;
  slice[2] = box[2] + position;
  slice[3] = subtag == Subtag::kSliceBits ? box[3] : bits.raw;
  return Term::boxed(slice);
}

NewBits bits_append(Heap& heap, Term prefix, std::uint64_t added_bits) {
  const Word* box = prefix.box();
  const std::uint64_t size = box[1], total = size + added_bits;
  const BitsView view = bits_view(prefix);
  if ((total + 7) >> 3 <= kHeapBitsMaxBytes) {
    const NewBits made = make_bits(heap, total);
    copy_bits(view.bytes, view.bit_offset, made.bytes, 0, size);
    return {made.term, made.bytes, size};
  }
  bool at_end = false;
  if (Blob* blob = blob_of(prefix); blob != nullptr) {
    const std::uint64_t begin = box[2];
    std::uint64_t end = begin + size;
    at_end = blob->used_bits.load(std::memory_order_relaxed) == end;
    const bool room = end + added_bits <= std::uint64_t{blob->capacity_bytes} * 8;
    // On a byte: the bits before share no byte with the new ones, which other threads may read.
    if (at_end && room && (end & 7) == 0 &&
        blob->used_bits.compare_exchange_strong(end, end + added_bits,
                                                std::memory_order_acq_rel)) {
      Word* slice = heap.allocate(4);
      slice[0] = make_header(Subtag::kSliceBits, 3);
      slice[1] = total;
      slice[2] = begin;
      slice[3] = header_subtag(box[0]) == Subtag::kSliceBits ? box[3] : prefix.raw;
      return {Term::boxed(slice), blob->data(), end};
    }
  }
  // The first append may be the only one and gets what it needs; one that met the end of a blob is
  // a loop that builds, and gets twice as much.
  const std::size_t bytes = (total + 7) >> 3;
  Blob* blob = blob_create(bytes, at_end ? std::max(kAppendCapacityMin, 2 * bytes) : 0);
  blob->used_bits.store(total, std::memory_order_relaxed);
  copy_bits(view.bytes, view.bit_offset, blob->data(), 0, size);
  return {make_blob_bits(heap, blob, 0, total), blob->data(), size};
}

namespace {

// Reads more than 64 bits as limbs, least significant first.
std::vector<Word> read_limbs(const BitsView& view, std::uint64_t position, std::uint64_t size,
                             Endian endian) {
  std::vector<Word> limbs((size + 63) / 64);
  if (endian == Endian::kBig) {
    std::uint64_t left = size;
    for (Word& limb : limbs) {
      const auto take = static_cast<unsigned>(std::min<std::uint64_t>(left, 64));
      left -= take;
      limb = read_bits(view, position + left, take);
    }
    return limbs;
  }
  for (std::uint64_t at = 0; at < size; at += 8) {
    const auto take = static_cast<unsigned>(std::min<std::uint64_t>(size - at, 8));
    limbs[at / 64] |= read_bits(view, position + at, take) << (at % 64);
  }
  return limbs;
}

Word sign_extend(Word value, unsigned size_bits) {
  const unsigned shift = 64 - size_bits;
  return static_cast<Word>(static_cast<std::int64_t>(value << shift) >> shift);
}

}  // namespace

Term read_integer(Heap& heap, const BitsView& view, std::uint64_t position,
                  std::uint64_t size_bits, Endian endian, Sign sign) {
  if (size_bits == 0) return Term::small(0);
  if (size_bits <= 64) {
    const auto size = static_cast<unsigned>(size_bits);
    const Word value = endian == Endian::kBig ? read_bits(view, position, size)
                                              : read_limbs(view, position, size, endian)[0];
    if (sign == Sign::kUnsigned) return make_uint64(heap, value);
    return make_int64(heap, static_cast<std::int64_t>(sign_extend(value, size)));
  }
  std::vector<Word> limbs = read_limbs(view, position, size_bits, endian);
  const unsigned top_bits = (size_bits - 1) % 64 + 1;
  bool negative = false;
  if (sign == Sign::kSigned) {
    limbs.back() = sign_extend(limbs.back(), top_bits);
    negative = (limbs.back() >> 63) != 0;
    Word carry = 1;
    for (Word& limb : limbs) {
      if (!negative) break;
      limb = ~limb + carry;
      carry = carry & (limb == 0);
    }
  }
  return make_integer(heap, negative, limbs);
}

void write_integer(std::uint8_t* bytes, std::uint64_t bit_offset, std::uint64_t size_bits,
                   Term integer, Endian endian) {
  const IntegerView view(integer);
  Word carry = 1;
  Word limb = 0;
  // Least significant byte first: bits low .. low + 7 of the two's complement.
  for (std::uint64_t low = 0; low < size_bits; low += 8) {
    if (low % 64 == 0) {
      const std::uint64_t at = low / 64;
      limb = at < view.count ? view.limbs[at] : 0;
      if (view.negative) {
        limb = ~limb + carry;
        carry = carry & (limb == 0);
      }
    }
    const auto take = static_cast<unsigned>(std::min<std::uint64_t>(size_bits - low, 8));
    const auto value = static_cast<std::uint8_t>(limb >> (low % 64));
    const auto high_aligned = static_cast<std::uint8_t>(value << (8 - take));
    const std::uint64_t place = endian == Endian::kBig ? size_bits - low - take : low;
    const std::uint64_t at = bit_offset + place;
    if (take == 8 && (at & 7) == 0) {
      bytes[at >> 3] = value;
    } else {
      copy_bits(&high_aligned, 0, bytes, at, take);
    }
  }
}

std::optional<double> read_float(const BitsView& view, std::uint64_t position,
                                 std::uint64_t size_bits, Endian endian) {
  if (size_bits != 16 && size_bits != 32 && size_bits != 64) return std::nullopt;
  const auto size = static_cast<unsigned>(size_bits);
  Word raw = read_bits(view, position, size);
  if (endian == Endian::kLittle) raw = __builtin_bswap64(raw) >> (64 - size);
  const double value = size == 64   ? std::bit_cast<double>(raw)
                       : size == 32 ? std::bit_cast<float>(static_cast<std::uint32_t>(raw))
                                    : half_to_double(static_cast<std::uint16_t>(raw));
  if (!std::isfinite(value)) return std::nullopt;
  return value;
}

bool write_float(std::uint8_t* bytes, std::uint64_t bit_offset, std::uint64_t size_bits,
                 double value, Endian endian) {
  Word raw = 0;
  if (size_bits == 64) {
    raw = std::bit_cast<Word>(value);
  } else if (size_bits == 32) {
    raw = std::bit_cast<std::uint32_t>(static_cast<float>(value));
  } else if (size_bits == 16) {
    raw = double_to_half(value);
  } else {
    return false;
  }
  std::uint8_t out[8];
  const unsigned count = static_cast<unsigned>(size_bits) / 8;
  for (unsigned i = 0; i < count; ++i) {
    const unsigned shift = endian == Endian::kBig ? 8 * (count - 1 - i) : 8 * i;
    out[i] = static_cast<std::uint8_t>(raw >> shift);
  }
  copy_bits(out, 0, bytes, bit_offset, size_bits);
  return true;
}

}  // namespace parley
