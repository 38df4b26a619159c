// Hashes and checksums.
#include <zlib.h>

#include <cstring>
#include <type_traits>

#include "vm/bif/md5.h"
#include "vm/bif/support.h"
#include "vm/term/hash.h"
#include "vm/term/integer.h"

namespace parley {

namespace {

std::optional<std::uint32_t> to_uint32(Term t) {
  const auto n = to_size(t);
  if (!n || *n > 0xFFFFFFFF) return std::nullopt;
  return static_cast<std::uint32_t>(*n);
}

Term uint32_term(std::uint32_t n) { return Term::small(n); }

using Checksum = uLong (*)(uLong, const Bytef*, uInt);

// Goes on from `start` with the bytes of iodata.
Term checksum(BifCall& call, Term iodata, std::uint32_t start, Checksum update) {
  constexpr std::size_t kStep = 1u << 30;  // zlib counts bytes in 32 bits
  std::vector<std::uint8_t> bytes;
  if (!(iodata.is_list() || iodata.is_bits()) || !append_iodata(bytes, iodata)) {
    return call.badarg();
  }
  pay_bytes(call, bytes.size());
  uLong sum = start;
  for (std::size_t at = 0; at < bytes.size(); at += kStep) {
    sum = update(sum, bytes.data() + at, static_cast<uInt>(std::min(kStep, bytes.size() - at)));
  }
  return uint32_term(static_cast<std::uint32_t>(sum));
}

template <class Combine>
Term combine(BifCall& call, const Term* a, Combine combine_function) {
  const auto first = to_uint32(a[0]), second = to_uint32(a[1]);
  const auto size = to_size(a[2]);
  if (!first || !second || !size) return call.badarg();
  return uint32_term(static_cast<std::uint32_t>(
      combine_function(*first, *second, static_cast<z_off_t>(*size))));
}

// The state of an unfinished MD5 is a binary that holds it.
static_assert(std::is_trivially_copyable_v<Md5>);

std::optional<Md5> to_md5(Term t) {
  if (!is_binary(t) || bits_size(t) != sizeof(Md5) * 8) return std::nullopt;
  std::vector<std::uint8_t> copy;
  Md5 md5;
  std::memcpy(&md5, binary_bytes(t, copy).data(), sizeof md5);
  return md5;
}

Term md5_term(BifCall& call, const Md5& md5) {
  const NewBits made = make_binary(call.heap, sizeof md5);
  std::memcpy(made.bytes, &md5, sizeof md5);
  return made.term;
}

}  // namespace

Term bif_phash2_1(BifCall& call, const Term* a) {
  constexpr std::uint32_t kRange = (1u << 27) - 1;
  return uint32_term(portable_hash(a[0], call.atoms) & kRange);
}
Term bif_phash2_2(BifCall& call, const Term* a) {
  const auto range = to_size(a[1]);
  if (!range || *range == 0 || *range > std::uint64_t{1} << 32) return call.badarg();
  return Term::small(static_cast<std::int64_t>(portable_hash(a[0], call.atoms) % *range));
}

Term bif_md5(BifCall& call, const Term* a) {
  std::vector<std::uint8_t> bytes;
  if (!(a[0].is_list() || a[0].is_bits()) || !append_iodata(bytes, a[0])) return call.badarg();
  pay_bytes(call, 4 * bytes.size());
  Md5 md5;
  md5.add(bytes);
  return make_binary(call.heap, md5.finish());
}
Term bif_md5_init(BifCall& call, const Term*) { return md5_term(call, Md5()); }
Term bif_md5_update(BifCall& call, const Term* a) {
  std::vector<std::uint8_t> bytes;
  auto md5 = to_md5(a[0]);
  if (!md5 || !(a[1].is_list() || a[1].is_bits()) || !append_iodata(bytes, a[1])) {
    return call.badarg();
  }
  pay_bytes(call, 4 * bytes.size());
  md5->add(bytes);
  return md5_term(call, *md5);
}
Term bif_md5_final(BifCall& call, const Term* a) {
  auto md5 = to_md5(a[0]);
  return md5 ? make_binary(call.heap, md5->finish()) : call.badarg();
}

Term bif_crc32_1(BifCall& call, const Term* a) { return checksum(call, a[0], 0, ::crc32); }
Term bif_crc32_2(BifCall& call, const Term* a) {
  const auto start = to_uint32(a[0]);
  return start ? checksum(call, a[1], *start, ::crc32) : call.badarg();
}
Term bif_crc32_combine(BifCall& call, const Term* a) { return combine(call, a, ::crc32_combine); }
Term bif_adler32_1(BifCall& call, const Term* a) { return checksum(call, a[0], 1, ::adler32); }
Term bif_adler32_2(BifCall& call, const Term* a) {
  const auto start = to_uint32(a[0]);
  return start ? checksum(call, a[1], *start, ::adler32) : call.badarg();
}
Term bif_adler32_combine(BifCall& call, const Term* a) {
  return combine(call, a, ::adler32_combine);
}

}  // namespace parley
