// The natives of the module `binary`, searching aside (binary_search.cpp).
#include <algorithm>
#include <cstring>

#include "vm/bif/byte_chunks.h"
#include "vm/term/integer.h"

namespace parley {

Term bif_binary_part_2(BifCall& call, const Term* a);
Term bif_binary_part_3(BifCall& call, const Term* a);
Term bif_binary_to_list_1(BifCall& call, const Term* a);
Term bif_list_to_binary(BifCall& call, const Term* a);

namespace {

constexpr std::uint64_t kBinaryMax = std::uint64_t{1} << 40;  // bytes: beyond any memory

Term byte_term(const BitsView& view, std::uint64_t index) {
  return Term::small(byte_at(view, index * 8));
}

std::optional<Endian> to_endian(Term t, const BifCall& call) {
  const std::string_view name = t.is_atom() ? call.atoms.text(t) : "";
  if (name == "big") return Endian::kBig;
  if (name == "little") return Endian::kLittle;
  return std::nullopt;
}

Term decode_unsigned(BifCall& call, Term binary, Endian endian) {
  if (!is_binary(binary)) return call.badarg();
  const BitsView view = bits_view(binary);
  pay_bytes(call, view.size_bits / 8);
  const Term t = read_integer(call.heap, view, 0, view.size_bits, endian, Sign::kUnsigned);
  return t.is_value() ? t : call.fail(kAtom_system_limit);
}

Term encode_unsigned(BifCall& call, Term integer, Endian endian) {
  if (!integer.is_integer()) return call.badarg();
  const IntegerView view(integer);
  if (view.negative) return call.badarg();
  const std::uint64_t bytes = std::max<std::uint64_t>(1, (view.bit_length() + 7) / 8);
  pay_bytes(call, bytes);
  const NewBits made = make_binary(call.heap, bytes);
  write_integer(made.bytes, 0, bytes * 8, integer, endian);
  return made.term;
}

// Fills `made` with repetitions of a binary from byte `done` on. State: that; both.
Term fill_with_copies(BifCall& call, Term binary, Term made, std::uint64_t done) {
  constexpr std::uint64_t kStepBytes = std::uint64_t{1} << 16;
  const BitsView view = bits_view(binary);
  const std::uint64_t size = view.size_bits / 8, total = bits_size(made) / 8;
  std::uint8_t* const bytes = own_bytes(made);
  while (done < total) {
    std::uint64_t step = 0;
    if (done < size) {
      step = std::min(size - done, kStepBytes);
      copy_bits(view.bytes, view.bit_offset + 8 * done, bytes, 8 * done, 8 * step);
    } else {  // from the whole ones that are there
      const std::uint64_t from = done % size;
      step = std::min({done - from, total - done, kStepBytes});
      std::memcpy(bytes + done, bytes + from, step);
    }
    done += step;
    pay_bytes(call, step);
    if (done < total && must_yield(call)) {
      return yield_with(call, make_trap(call.heap, done, {binary, made}));
    }
  }
  return made;
}

Term copies(BifCall& call, Term binary, std::uint64_t count) {
  if (is_trap(binary)) {
    return fill_with_copies(call, trap_term(binary, 0), trap_term(binary, 1), trap_raw(binary));
  }
  if (!is_binary(binary)) return call.badarg();
  const std::uint64_t size = bits_size(binary) / 8;
  if (size != 0 && count > kBinaryMax / size) return call.fail(kAtom_system_limit);
  return fill_with_copies(call, binary, make_binary(call.heap, size * count).term, 0);
}

enum class End : std::uint8_t { kFront, kBack };

// How many bytes all binaries of a list have in common at one end.
Term longest_common(BifCall& call, Term list, End end) {
  if (!list.is_cons() || !is_binary(list.head())) return call.badarg();
  const BitsView first = bits_view(list.head());
  std::uint64_t common = first.size_bits / 8;
  for (list = list.tail(); list.is_cons(); list = list.tail()) {
    if (!is_binary(list.head())) return call.badarg();
    const BitsView other = bits_view(list.head());
    const std::uint64_t limit = std::min(common, other.size_bits / 8);
    std::uint64_t same = 0;
    const auto at = [&](const BitsView& view) {
      return byte_at(view, end == End::kFront ? 8 * same : view.size_bits - 8 * (same + 1));
    };
    while (same < limit && at(first) == at(other)) ++same;
    common = same;
    pay_bytes(call, 16 + common);
  }
  if (!list.is_nil()) return call.badarg();
  return Term::small(static_cast<std::int64_t>(common));
}

}  // namespace

Term bif_binary_at(BifCall& call, const Term* a) {
  const auto i = to_size(a[1]);
  if (!is_binary(a[0]) || !i || *i >= bits_size(a[0]) / 8) return call.badarg();
  return byte_term(bits_view(a[0]), *i);
}
Term bif_binary_first(BifCall& call, const Term* a) {
  if (!is_binary(a[0]) || bits_size(a[0]) == 0) return call.badarg();
  return byte_term(bits_view(a[0]), 0);
}
Term bif_binary_last(BifCall& call, const Term* a) {
  if (!is_binary(a[0]) || bits_size(a[0]) == 0) return call.badarg();
  return byte_term(bits_view(a[0]), bits_size(a[0]) / 8 - 1);
}

Term bif_binary_bin_to_list_1(BifCall& call, const Term* a) {
  return bif_binary_to_list_1(call, a);
}
Term bif_binary_bin_to_list_2(BifCall& call, const Term* a) {
  if (is_trap(a[0])) return bif_binary_to_list_1(call, a);  // of the part already
  const Term part = bif_binary_part_2(call, a);
  return part.is_value() ? bif_binary_to_list_1(call, &part) : part;
}
Term bif_binary_bin_to_list_3(BifCall& call, const Term* a) {
  if (is_trap(a[0])) return bif_binary_to_list_1(call, a);  // of the part already
  const Term part = bif_binary_part_3(call, a);
  return part.is_value() ? bif_binary_to_list_1(call, &part) : part;
}
Term bif_binary_list_to_bin(BifCall& call, const Term* a) { return bif_list_to_binary(call, a); }

Term bif_binary_copy_1(BifCall& call, const Term* a) { return copies(call, a[0], 1); }
Term bif_binary_copy_2(BifCall& call, const Term* a) {
  const auto count = to_size(a[1]);
  return count ? copies(call, a[0], *count) : call.badarg();
}

Term bif_binary_decode_unsigned_1(BifCall& call, const Term* a) {
  return decode_unsigned(call, a[0], Endian::kBig);
}
Term bif_binary_decode_unsigned_2(BifCall& call, const Term* a) {
  const auto endian = to_endian(a[1], call);
  return endian ? decode_unsigned(call, a[0], *endian) : call.badarg();
}
Term bif_binary_encode_unsigned_1(BifCall& call, const Term* a) {
  return encode_unsigned(call, a[0], Endian::kBig);
}
Term bif_binary_encode_unsigned_2(BifCall& call, const Term* a) {
  const auto endian = to_endian(a[1], call);
  return endian ? encode_unsigned(call, a[0], *endian) : call.badarg();
}

Term bif_binary_longest_common_prefix(BifCall& call, const Term* a) {
  return longest_common(call, a[0], End::kFront);
}
Term bif_binary_longest_common_suffix(BifCall& call, const Term* a) {
  return longest_common(call, a[0], End::kBack);
}

Term bif_binary_referenced_byte_size(BifCall& call, const Term* a) {
  if (!is_binary(a[0])) return call.badarg();
  const Blob* blob = blob_of(a[0]);
  const std::uint64_t bytes = blob == nullptr ? bits_size(a[0]) / 8 : blob->capacity_bytes;
  return Term::small(static_cast<std::int64_t>(bytes));
}

}  // namespace parley
