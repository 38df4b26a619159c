// Terms: the 64-bit words that every Parley value is made of.
//
// Invariant: a word's low bits alone tell what it is; nothing on a heap or in a register is ever
// anything but a term, a header (heaps only) or raw payload that a header announces.
//
//   low bits   what                          payload
//   ----------------------------------------------------------------------------------------
//   ..xx00     small integer                 62 bits, two's complement, word = value << 2
//   ...001     cons pointer                  address of {head, tail}
//   ...101     boxed pointer                 address of {header, payload words}
//   ..1110     pid                           bits 4..31 slot, bits 32..63 generation
//   ..0110     other immediates              bits 4..6 say which, payload from bit 7:
//                000 atom    index           001 socket   shard:12 slot:21 generation:24
//                010 nil     (nothing)       011 special  engine-internal, never visible
//                111 header  (heaps only)    100 101 110 are free
//   ...010     immediate double              rotl(bits, 4) - 1; exponents near 1.0 below 1
//   ...011     immediate double              exponents of 2.0 and above
//   ...111     immediate double              0.0, -0.0 and the tiniest
//
// Doubles are self-tagged (Melancon, Serrano, Feeley, "Float Self-Tagging", arXiv 2411.16544,
// 2024): rotating by four brings sign and the three top exponent bits down; subtracting one maps
// the common exponents onto the three free tags. Infinity and NaN land on tag 110, so the float
// test rejects them too and arithmetic needs no other check. A double is immediate if and only if
// it can be, so `=:=` of immediates is a word compare.
//
// A header word:
//
//   63                16  15       14    13    12     11     7 6      0
//   | payload words     |position|trace|named|secret| subtag | 1110110 |
//
// *secret*: printers, reports, dumps and traces elide such a term. *named*: reserved for records
// that carry their name.
//
// Thread: terms are plain words; finished terms are immutable, so any thread may read them for as
// long as their memory lives.
#pragma once

#include <bit>
#include <cstdint>

namespace parley {

using Word = std::uint64_t;

enum class Subtag : std::uint8_t {
  kTuple = 0,      // elements
  kFloat = 1,      // raw: one double that is not immediate
  kBigPositive = 2,  // raw: magnitude as GMP limbs, least significant first, no leading zero limb
  kBigNegative = 3,
  kHeapBits = 4,   // raw: size in bits, then the bytes, at most kHeapBitsMax bytes
  kBlobBits = 5,   // raw: size in bits, bit offset, Blob*, link of the heap's off-heap list
  kSliceBits = 6,  // raw: size in bits, bit offset; then one term: the kBlobBits it looks into
  kFun = 7,        // raw: FunEntry*; then the free variables
  kExportFun = 8,  // raw: ExportCell*
  kRef = 9,        // raw: 64 bits (scheduler, counter)
  kAliasRef = 10,  // raw: 64 bits; then one term: the owner's pid (monitors and aliases)
  kTimerRef = 11,  // raw: 64 bits, the timer's slot and generation
  kFlatMap = 12,   // term: tuple of keys in term order; then the values in the same order
  kHashMap = 13,   // raw: number of pairs; then one term: the root node
  kHashNode = 14,  // raw: bitmap of present children; then children: leaf cons [Key|Value] or node
  kTrap = 15,      // raw: word count R; R raw words; then terms: state of a trapping built-in
};

// Number of raw payload words before the terms of an object, or kAllRaw.
inline constexpr unsigned kAllRaw = ~0u;

enum class ImmediateKind : std::uint8_t {
  kAtom = 0,
  kSocket = 1,
  kNil = 2,
  kSpecial = 3,
  kHeader = 7,
};

inline constexpr Word kTagMask = 7;
inline constexpr Word kTagCons = 1;
inline constexpr Word kTagBoxed = 5;
inline constexpr Word kTagPid = 0xE;
inline constexpr Word kTagHeader = 0x76;
inline constexpr Word kTagAtom = 0x06;
inline constexpr Word kTagSocket = 0x16;
inline constexpr Word kTagNil = 0x26;
inline constexpr Word kTagSpecial = 0x36;
inline constexpr std::int64_t kSmallMax = (std::int64_t{1} << 61) - 1;
inline constexpr std::int64_t kSmallMin = -(std::int64_t{1} << 61);
inline constexpr unsigned kHeapBitsMaxBytes = 64;
inline constexpr unsigned kFlatMapMax = 32;
inline constexpr Word kBigBitsMax = Word{1} << 24;

// A header of `size` payload words (the header itself not counted).
constexpr Word make_header(Subtag subtag, Word size) {
  return (size << 16) | (static_cast<Word>(subtag) << 7) | kTagHeader;
}
inline constexpr Word kHeaderSecretBit = Word{1} << 12;
inline constexpr Word kHeaderNamedBit = Word{1} << 13;
// Of a tuple: a raw stack trace, whose smalls name places in this node's code (see vm/code).
inline constexpr Word kHeaderTraceBit = Word{1} << 14;
// Of a big integer: a position in the hash order of a map, which depends on the node's seed.
inline constexpr Word kHeaderPositionBit = Word{1} << 15;
constexpr Subtag header_subtag(Word h) { return static_cast<Subtag>((h >> 7) & 31); }
constexpr Word header_size(Word h) { return h >> 16; }
constexpr bool is_header(Word w) { return (w & 0x7F) == kTagHeader; }

// How a collector or copier walks an object: this many raw words, the rest are terms.
constexpr unsigned raw_words(Subtag s) {
  switch (s) {
    case Subtag::kTuple:
    case Subtag::kFlatMap: return 0;
    case Subtag::kFun:
    case Subtag::kAliasRef:
    case Subtag::kHashMap:
    case Subtag::kHashNode: return 1;
    case Subtag::kSliceBits: return 2;
    case Subtag::kTrap: return 1;  // plus as many as the first payload word says
    default: return kAllRaw;
  }
}

struct Term {
  Word raw = kTagSpecial;  // default: the non-value

  constexpr Term() = default;
  constexpr explicit Term(Word w) : raw(w) {}

  static constexpr Term small(std::int64_t v) { return Term(static_cast<Word>(v) << 2); }
  static constexpr Term atom(std::uint32_t index) { return Term((Word{index} << 7) | kTagAtom); }
  static constexpr Term nil() { return Term(kTagNil); }
  static constexpr Term pid(std::uint32_t slot, std::uint32_t generation) {
    return Term((Word{generation} << 32) | (Word{slot} << 4) | kTagPid);
  }
  static constexpr Term socket(Word handle) { return Term((handle << 7) | kTagSocket); }
  static constexpr Term special(Word n) { return Term((n << 7) | kTagSpecial); }
  static Term cons(const Word* p) { return Term(reinterpret_cast<Word>(p) | kTagCons); }
  static Term boxed(const Word* p) { return Term(reinterpret_cast<Word>(p) | kTagBoxed); }

  constexpr bool operator==(const Term&) const = default;  // identity of words, not `=:=`

  constexpr bool is_small() const { return (raw & 3) == 0; }
  constexpr bool is_cons() const { return (raw & kTagMask) == kTagCons; }
  constexpr bool is_boxed() const { return (raw & kTagMask) == kTagBoxed; }
  constexpr bool is_pointer() const { return (raw & 3) == 1; }
  constexpr bool is_immediate() const { return (raw & 3) != 1; }
  constexpr bool is_pid() const { return (raw & 0xF) == kTagPid; }
  constexpr bool is_atom() const { return (raw & 0x7F) == kTagAtom; }
  constexpr bool is_socket() const { return (raw & 0x7F) == kTagSocket; }
  constexpr bool is_nil() const { return raw == kTagNil; }
  constexpr bool is_list() const { return is_cons() || is_nil(); }
  constexpr bool is_special() const { return (raw & 0x7F) == kTagSpecial; }
  constexpr bool is_value() const { return raw != kTagSpecial; }
  // Tags 010, 011 and 111: one shift and one bit test.
  constexpr bool is_immediate_double() const { return ((0x8Cu >> (raw & 7)) & 1) != 0; }

  constexpr std::int64_t small_value() const { return static_cast<std::int64_t>(raw) >> 2; }
  constexpr std::uint32_t atom_index() const { return static_cast<std::uint32_t>(raw >> 7); }
  constexpr Word socket_handle() const { return raw >> 7; }
  constexpr Word special_value() const { return raw >> 7; }
  constexpr std::uint32_t pid_slot() const { return (raw >> 4) & 0x0FFFFFFF; }
  constexpr std::uint32_t pid_generation() const { return static_cast<std::uint32_t>(raw >> 32); }
  constexpr double immediate_double() const { return std::bit_cast<double>(std::rotr(raw + 1, 4)); }

  Word* address() const { return reinterpret_cast<Word*>(raw & ~kTagMask); }
  Term head() const { return Term(reinterpret_cast<Word*>(raw - kTagCons)[0]); }
  Term tail() const { return Term(reinterpret_cast<Word*>(raw - kTagCons)[1]); }
  Word* box() const { return reinterpret_cast<Word*>(raw - kTagBoxed); }
  Word header() const { return box()[0]; }
  bool is_box(Subtag s) const { return is_boxed() && header_subtag(header()) == s; }
  bool is_tuple() const { return is_box(Subtag::kTuple); }
  bool is_float() const { return is_immediate_double() || is_box(Subtag::kFloat); }
  bool is_big() const {
    return is_boxed() && (static_cast<unsigned>(header_subtag(header())) & ~1u) == 2;
  }
  bool is_integer() const { return is_small() || is_big(); }
  bool is_number() const { return is_integer() || is_float(); }
  bool is_bits() const {
    if (!is_boxed()) return false;
    const auto s = header_subtag(header());
    return s >= Subtag::kHeapBits && s <= Subtag::kSliceBits;
  }
  bool is_fun() const { return is_box(Subtag::kFun) || is_box(Subtag::kExportFun); }
  bool is_ref() const {
    if (!is_boxed()) return false;
    const auto s = header_subtag(header());
    return s >= Subtag::kRef && s <= Subtag::kTimerRef;
  }
  bool is_map() const { return is_box(Subtag::kFlatMap) || is_box(Subtag::kHashMap); }
  Word arity() const { return header_size(header()); }               // of a tuple
  Term element(Word zero_based) const { return Term(box()[1 + zero_based]); }
};
static_assert(sizeof(Term) == 8);

// The immediate double of `d`, or the non-value if `d` needs a box (or is not finite).
constexpr Term immediate_double(double d) {
  const Term t(std::rotl(std::bit_cast<Word>(d), 4) - 1);
  return t.is_immediate_double() ? t : Term();
}
constexpr bool fits_small(std::int64_t v) { return v >= kSmallMin && v <= kSmallMax; }

static_assert(immediate_double(0.0).raw == ~Word{0});
static_assert(immediate_double(1.5).immediate_double() == 1.5);
static_assert(!immediate_double(1e300).is_value());
static_assert(Term::pid(5, 9).is_pid() && !Term::pid(5, 9).is_atom());

// The words of a heap-allocated object, for copiers and collectors.
inline Word object_words(Word header) { return 1 + header_size(header); }
inline Word first_term_word(const Word* box) {
  const Subtag s = header_subtag(box[0]);
  const unsigned raw = raw_words(s);
  if (raw == kAllRaw) return object_words(box[0]);
  return 1 + raw + (s == Subtag::kTrap ? box[1] : 0);
}

}  // namespace parley
