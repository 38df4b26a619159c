// Hashes and checksums.
#include <zlib.h>

#include <cstring>
#include <type_traits>

#include "vm/bif/md5.h"
#include "vm/bif/support.h"
#include "vm/term/hash.h"
#include "vm/term/integer.h"

namespace parley {

Term bif_iolist_to_binary(BifCall& call, const Term* a);

namespace {

std::optional<std::uint32_t> to_uint32(Term t) {
  const auto n = to_size(t);
  if (!n || *n > 0xFFFFFFFF) return std::nullopt;
  return static_cast<std::uint32_t>(*n);
}

Term uint32_term(std::uint32_t n) { return Term::small(n); }

using Checksum = uLong (*)(uLong, const Bytef*, uInt);

// What walks all bytes of iodata, a step at a time: a list is flattened first. `Sum` has a word as
// its state between slices, or a term. State: 0; the state of flattening, the sum, the first
// argument. Then 1, the place; the binary, the sum.
constexpr std::uint64_t kStepBytes = std::uint64_t{1} << 14;

template <class Sum>
Term sum_binary(BifCall& call, Term binary, Word at, Sum sum) {
  const std::uint64_t size = bits_size(binary) / 8;
  while (at < size) {
    const std::uint64_t step = std::min(kStepBytes, size - at);
    std::vector<std::uint8_t> copy;
    const Term part = make_slice(call.heap, binary, 8 * at, 8 * step);
    sum.add(binary_bytes(part, copy));
    at += step;
    call.reductions -= static_cast<std::int64_t>(step / 256 + 1);
    if (at < size && must_yield(call)) {
      return yield_with(call, make_trap(call.heap, {1, at}, {binary, sum.save(call)}));
    }
  }
  return sum.result(call);
}

template <class Sum>
Term sum_iodata(BifCall& call, Term iodata, Term shown, Sum sum) {
  const Term binary = bif_iolist_to_binary(call, &iodata);
  if (call.answer == BifAnswer::kYield) {
    return yield_with(call, make_trap(call.heap, 0, {call.x[0], sum.save(call), shown}));
  }
  if (!binary.is_value()) {
    if (shown.is_value()) call.first_argument = shown;
    return binary;
  }
  return sum_binary(call, binary, 0, sum);
}

template <class Sum>
Term sum_on(BifCall& call, Term trap, Sum sum) {
  sum.load(trap_term(trap, 1));
  if (trap_raw(trap) == 1) return sum_binary(call, trap_term(trap, 0), trap_raw(trap, 1), sum);
  return sum_iodata(call, trap_term(trap, 0), trap_term(trap, 2), sum);
}

struct ZlibSum {
  Checksum update;
  uLong sum;
  void add(std::span<const std::uint8_t> bytes) {
    sum = update(sum, bytes.data(), static_cast<uInt>(bytes.size()));
  }
  Term save(BifCall&) const { return uint32_term(static_cast<std::uint32_t>(sum)); }
  void load(Term saved) { sum = static_cast<uLong>(saved.small_value()); }
  Term result(BifCall& call) const { return save(call); }
};

// Goes on from `start` with the bytes of iodata; `a` are the arguments, or a state.
Term checksum(BifCall& call, const Term* a, Term iodata, std::uint32_t start, Checksum update) {
  const ZlibSum sum{update, start};
  return is_trap(a[0]) ? sum_on(call, a[0], sum) : sum_iodata(call, iodata, a[0], sum);
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

namespace {

struct Md5Sum {
  Md5 md5;
  bool is_digest;  // whether the digest is wanted, or the state
  void add(std::span<const std::uint8_t> bytes) { md5.add(bytes); }
  Term save(BifCall& call) const { return md5_term(call, md5); }
  void load(Term saved) { md5 = *to_md5(saved); }
  Term result(BifCall& call) {
    return is_digest ? make_binary(call.heap, md5.finish()) : save(call);
  }
};

}  // namespace

Term bif_md5(BifCall& call, const Term* a) {
  const Md5Sum sum{Md5(), true};
  return is_trap(a[0]) ? sum_on(call, a[0], sum) : sum_iodata(call, a[0], a[0], sum);
}
Term bif_md5_init(BifCall& call, const Term*) { return md5_term(call, Md5()); }
Term bif_md5_update(BifCall& call, const Term* a) {
  if (is_trap(a[0])) return sum_on(call, a[0], Md5Sum{Md5(), false});
  const auto md5 = to_md5(a[0]);
  return md5 ? sum_iodata(call, a[1], a[0], Md5Sum{*md5, false}) : call.badarg();
}
Term bif_md5_final(BifCall& call, const Term* a) {
  auto md5 = to_md5(a[0]);
  return md5 ? make_binary(call.heap, md5->finish()) : call.badarg();
}

Term bif_crc32_1(BifCall& call, const Term* a) { return checksum(call, a, a[0], 0, ::crc32); }
Term bif_crc32_2(BifCall& call, const Term* a) {
  const auto start = is_trap(a[0]) ? std::optional<std::uint32_t>(0) : to_uint32(a[0]);
  return start ? checksum(call, a, a[1], *start, ::crc32) : call.badarg();
}
Term bif_crc32_combine(BifCall& call, const Term* a) { return combine(call, a, ::crc32_combine); }
Term bif_adler32_1(BifCall& call, const Term* a) { return checksum(call, a, a[0], 1, ::adler32); }
Term bif_adler32_2(BifCall& call, const Term* a) {
  const auto start = is_trap(a[0]) ? std::optional<std::uint32_t>(0) : to_uint32(a[0]);
  return start ? checksum(call, a, a[1], *start, ::adler32) : call.badarg();
}
Term bif_adler32_combine(BifCall& call, const Term* a) {
  return combine(call, a, ::adler32_combine);
}

}  // namespace parley
