// Built-ins: arrays of atomic 64-bit integers, of `atomics` and `counters`.
//
// An array lives in a blob, so it is counted, shared by all processes that hold it, and freed with
// the last of them. What a program sees of the blob is its first eight bytes, the array's number,
// as a binary: so two arrays differ and one is equal to itself, whatever is in it. No program can
// make such a binary: a part of a large binary is a slice, and a small copy of one lies on a heap.
//
//   blob: [ number | mark | size, signed bit | integer 1 | integer 2 ... ]
//
// Thread: any; every access is sequentially consistent.
#include <atomic>
#include <cstring>
#include <optional>

#include "vm/bif/support.h"
#include "vm/heap/blob.h"
#include "vm/process/bif_support.h"
#include "vm/term/integer.h"

namespace parley {

namespace {

constexpr Word kMark = 0x70617272'61797321;
constexpr std::int64_t kSizeMax = std::int64_t{1} << 27;  // 1 GiB
constexpr std::size_t kHeaderWords = 3;

struct Array {
  Word* integers = nullptr;
  std::int64_t size = 0;
  bool is_signed = true;
  std::atomic_ref<Word> at(std::int64_t index) const {
    return std::atomic_ref<Word>(integers[index - 1]);
  }
};

Term make_array(BifCall& call, std::int64_t size, bool is_signed) {
  const std::size_t bytes = (kHeaderWords + static_cast<std::size_t>(size)) * sizeof(Word);
  Blob* blob = blob_create(bytes);
  auto* words = reinterpret_cast<Word*>(blob->data());
  std::memset(words, 0, bytes);
  words[0] = call.services.processes->next_reference();
  words[1] = kMark;
  words[2] = static_cast<Word>(size) << 1 | (is_signed ? 1 : 0);
  Word* box = call.heap.allocate(5);
  box[0] = make_header(Subtag::kBlobBits, 4);
  box[1] = 64;
  box[2] = 0;
  box[3] = reinterpret_cast<Word>(blob);
  call.heap.link_off_heap(box);
  return Term::boxed(box);
}

std::optional<Array> array_of(Term term) {
  if (!term.is_box(Subtag::kBlobBits) || term.box()[1] != 64 || term.box()[2] != 0) {
    return std::nullopt;
  }
  auto* blob = reinterpret_cast<Blob*>(term.box()[3]);
  if (blob->capacity_bytes < kHeaderWords * sizeof(Word)) return std::nullopt;
  auto* words = reinterpret_cast<Word*>(blob->data());
  if (words[1] != kMark) return std::nullopt;
  // A bit string that only looks like an array says nothing of memory that is not its own.
  if (words[2] >> 1 > blob->capacity_bytes / sizeof(Word) - kHeaderWords) return std::nullopt;
  return Array{words + kHeaderWords, static_cast<std::int64_t>(words[2] >> 1),
               (words[2] & 1) != 0};
}

// One of counters:new/2: {atomics, Array}.
std::optional<Array> counters_of(Term term) {
  if (!term.is_tuple() || term.arity() != 2 || term.element(0) != kAtom_atomics) {
    return std::nullopt;
  }
  return array_of(term.element(1));
}

enum class Range : std::uint8_t { kSigned, kUnsigned, kEither };

// An integer of 64 bits, signed or not, as its bits.
std::optional<Word> bits_of(Term term, Range range) {
  if (term.is_small()) {
    if (term.small_value() < 0 && range == Range::kUnsigned) return std::nullopt;
    return static_cast<Word>(term.small_value());
  }
  if (!term.is_big()) return std::nullopt;
  const IntegerView view(term);
  if (view.count > 1) return std::nullopt;
  constexpr Word kHalf = Word{1} << 63;
  const Word magnitude = view.limbs[0];
  if (view.negative) {
    if (range == Range::kUnsigned || magnitude > kHalf) return std::nullopt;
    return ~magnitude + 1;
  }
  if (range == Range::kSigned && magnitude >= kHalf) return std::nullopt;
  return magnitude;
}

Range range_of(const Array& array) { return array.is_signed ? Range::kSigned : Range::kUnsigned; }

Term integer_of(BifCall& call, const Array& array, Word bits) {
  return array.is_signed ? make_int64(call.heap, static_cast<std::int64_t>(bits))
                         : make_uint64(call.heap, bits);
}

bool is_index(const Array& array, Term index) {
  return index.is_small() && index.small_value() >= 1 && index.small_value() <= array.size;
}

enum class Change : std::uint8_t { kAdd, kSubtract };

// The sum after it; the non-value: badarg was raised.
std::optional<Word> add_to(const std::optional<Array>& array, const Term* a, Change kind) {
  if (!array || !is_index(*array, a[1])) return std::nullopt;
  const auto bits = bits_of(a[2], Range::kEither);
  if (!bits) return std::nullopt;
  const Word change = kind == Change::kAdd ? *bits : ~*bits + 1;
  return array->at(a[1].small_value()).fetch_add(change) + change;
}
Term add(BifCall& call, const std::optional<Array>& array, const Term* a, Change kind) {
  return add_to(array, a, kind) ? kAtom_ok : call.badarg();
}
Term add_get(BifCall& call, const Term* a, Change kind) {
  const auto array = array_of(a[0]);
  const auto sum = add_to(array, a, kind);
  return sum ? integer_of(call, *array, *sum) : call.badarg();
}
Term get(BifCall& call, const std::optional<Array>& array, const Term* a) {
  if (!array || !is_index(*array, a[1])) return call.badarg();
  return integer_of(call, *array, array->at(a[1].small_value()).load());
}
Term put(BifCall& call, const std::optional<Array>& array, const Term* a) {
  if (!array || !is_index(*array, a[1])) return call.badarg();
  const auto bits = bits_of(a[2], range_of(*array));
  if (!bits) return call.badarg();
  array->at(a[1].small_value()).store(*bits);
  return kAtom_ok;
}

Term describe(BifCall& call, const Array& array) {
  const auto words = static_cast<std::int64_t>(kHeaderWords) + array.size;
  const Word max = array.is_signed ? ~Word{0} >> 1 : ~Word{0};
  const Term min =
      array.is_signed ? make_int64(call.heap, INT64_MIN) : Term::small(0);
  return map_from_pairs(map_context(call), {{kAtom_size, Term::small(array.size)},
                                            {kAtom_max, make_uint64(call.heap, max)},
                                            {kAtom_min, min},
                                            {kAtom_memory, Term::small(words * 8)}});
}

bool is_positive(Term term) {
  return term.is_small() ? term.small_value() >= 1 : term.is_box(Subtag::kBigPositive);
}
bool is_size(Term term) { return term.is_small() && term.small_value() <= kSizeMax; }

}  // namespace

Term bif_atomics_new(BifCall& call, const Term* a) {
  bool is_signed = true;
  Term list = a[1];
  for (; list.is_cons(); list = list.tail()) {
    const Term option = list.head();
    if (!option.is_tuple() || option.arity() != 2 || option.element(0) != kAtom_signed_) {
      return call.badarg();
    }
    const Term value = option.element(1);
    if (value != kAtom_true_ && value != kAtom_false_) return call.badarg();
    is_signed = value == kAtom_true_;
  }
  if (!list.is_nil() || !is_positive(a[0])) return call.badarg();
  if (!is_size(a[0])) return call.fail(kAtom_system_limit);
  return make_array(call, a[0].small_value(), is_signed);
}
Term bif_atomics_put(BifCall& call, const Term* a) { return put(call, array_of(a[0]), a); }
Term bif_atomics_get(BifCall& call, const Term* a) { return get(call, array_of(a[0]), a); }
Term bif_atomics_add(BifCall& call, const Term* a) {
  return add(call, array_of(a[0]), a, Change::kAdd);
}
Term bif_atomics_sub(BifCall& call, const Term* a) {
  return add(call, array_of(a[0]), a, Change::kSubtract);
}
Term bif_atomics_add_get(BifCall& call, const Term* a) { return add_get(call, a, Change::kAdd); }
Term bif_atomics_sub_get(BifCall& call, const Term* a) {
  return add_get(call, a, Change::kSubtract);
}
Term bif_atomics_exchange(BifCall& call, const Term* a) {
  const auto array = array_of(a[0]);
  if (!array || !is_index(*array, a[1])) return call.badarg();
  const auto bits = bits_of(a[2], range_of(*array));
  if (!bits) return call.badarg();
  return integer_of(call, *array, array->at(a[1].small_value()).exchange(*bits));
}
Term bif_atomics_compare_exchange(BifCall& call, const Term* a) {
  const auto array = array_of(a[0]);
  if (!array || !is_index(*array, a[1])) return call.badarg();
  const auto expected = bits_of(a[2], range_of(*array)), wanted = bits_of(a[3], range_of(*array));
  if (!expected || !wanted) return call.badarg();
  Word seen = *expected;
  if (array->at(a[1].small_value()).compare_exchange_strong(seen, *wanted)) return kAtom_ok;
  return integer_of(call, *array, seen);
}
Term bif_atomics_info(BifCall& call, const Term* a) {
  const auto array = array_of(a[0]);
  return array ? describe(call, *array) : call.badarg();
}

Term bif_counters_new(BifCall& call, const Term* a) {
  Term list = a[1];
  // One option or none: both kinds count in the same way here.
  if (list.is_cons()) {
    if (list.head() != kAtom_atomics && list.head() != kAtom_write_concurrency) {
      return call.badarg();
    }
    list = list.tail();
  }
  if (!list.is_nil() || !is_positive(a[0])) return call.badarg();
  if (!is_size(a[0])) return call.fail(kAtom_system_limit);
  return make_tuple(call.heap, {kAtom_atomics, make_array(call, a[0].small_value(), true)});
}
Term bif_counters_get(BifCall& call, const Term* a) { return get(call, counters_of(a[0]), a); }
Term bif_counters_put(BifCall& call, const Term* a) { return put(call, counters_of(a[0]), a); }
Term bif_counters_add(BifCall& call, const Term* a) {
  return add(call, counters_of(a[0]), a, Change::kAdd);
}
Term bif_counters_sub(BifCall& call, const Term* a) {
  return add(call, counters_of(a[0]), a, Change::kSubtract);
}
Term bif_counters_info(BifCall& call, const Term* a) {
  const auto array = counters_of(a[0]);
  return array ? describe(call, *array) : call.badarg();
}

}  // namespace parley
