// OTP's portable hashes: the values that Erlang programs store and send, so bit for bit the same.
//
// `phash2` mixes with Bob Jenkins' 1996 block hash ("A Hash Function for Hash Table Lookup"): three
// 32-bit words, of which the third is the running hash. Terms are visited depth first; the stack
// holds terms still to visit and, for maps, the hash to return to.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "vm/base/work_list.h"
#include "vm/term/bits.h"
#include "vm/term/fun.h"
#include "vm/term/hash.h"
#include "vm/term/integer.h"
#include "vm/term/map_layout.h"

namespace parley {

namespace {

constexpr std::uint32_t kGolden = 0x9E3779B9u;
// Each kind of term has its own multiple of the golden ratio.
constexpr std::uint32_t golden(std::uint32_t n) { return kGolden * n; }

void jenkins_mix(std::uint32_t& a, std::uint32_t& b, std::uint32_t& c) {
  a = (a - b - c) ^ (c >> 13);
  b = (b - c - a) ^ (a << 8);
  c = (c - a - b) ^ (b >> 13);
  a = (a - b - c) ^ (c >> 12);
  b = (b - c - a) ^ (a << 16);
  c = (c - a - b) ^ (b >> 5);
  a = (a - b - c) ^ (c >> 3);
  b = (b - c - a) ^ (a << 10);
  c = (c - a - b) ^ (b >> 15);
}

std::uint32_t little_endian(const std::uint8_t* bytes, std::size_t count) {
  std::uint32_t v = 0;
  for (std::size_t i = 0; i < count; ++i) v |= std::uint32_t{bytes[i]} << (8 * i);
  return v;
}

std::uint32_t block_hash(const std::uint8_t* bytes, std::size_t count, std::uint32_t seed) {
  std::uint32_t a = kGolden, b = kGolden, c = seed;
  std::size_t left = count;
  for (; left >= 12; bytes += 12, left -= 12) {
    a += little_endian(bytes, 4);
    b += little_endian(bytes + 4, 4);
    c += little_endian(bytes + 8, 4);
    jenkins_mix(a, b, c);
  }
  c += static_cast<std::uint32_t>(count);  // its lowest byte is kept free for the length
  if (left > 8) c += little_endian(bytes + 8, left - 8) << 8;
  if (left > 4) b += little_endian(bytes + 4, std::min<std::size_t>(left - 4, 4));
  a += little_endian(bytes, std::min<std::size_t>(left, 4));
  jenkins_mix(a, b, c);
  return c;
}

class PortableHasher {
 public:
  explicit PortableHasher(const AtomTable& atoms) : atoms_(atoms) {}

  std::uint32_t run(Term term) {
    visit(term);
    while (!todo_.empty()) {
      const Entry e = todo_.pop();
      switch (e.kind) {
        case Kind::kTerm: visit(Term(e.word)); break;
        case Kind::kPair:
          pairs_ ^= hash_;
          hash_ = 0;
          break;
        case Kind::kNode: push_children(Term(e.word)); break;
        case Kind::kMapEnd:
          hash_ = static_cast<std::uint32_t>(e.word);
          mix(pairs_, golden(19));
          pairs_ = static_cast<std::uint32_t>(e.word >> 32);
          break;
      }
    }
    return hash_;
  }

 private:
  enum class Kind : std::uint8_t { kTerm, kPair, kNode, kMapEnd };
  struct Entry {
    Kind kind;
    Word word;
  };

  void mix2(std::uint32_t first, std::uint32_t second, std::uint32_t constant) {
    std::uint32_t a = constant + first, b = constant + second;
    jenkins_mix(a, b, hash_);
  }
  void mix(std::uint32_t value, std::uint32_t constant) { mix2(value, 0, constant); }
  void mix_word(Word value, std::uint32_t constant) {
    mix2(static_cast<std::uint32_t>(value), static_cast<std::uint32_t>(value >> 32), constant);
  }
  void push(Word term) { todo_.push({Kind::kTerm, term}); }
  void push_backwards(const Word* terms, Word count) {
    while (count > 0) push(terms[--count]);
  }

  void visit(Term t) {
    while (t.is_cons()) t = visit_list(t);
    if (t.is_boxed()) return visit_boxed(t);
    if (t.is_small()) return visit_integer(t);
    if (t.is_immediate_double()) return visit_float(t.immediate_double());
    if (t.is_atom()) {
      // A lone atom is its own hash.
      if (hash_ == 0) hash_ = atoms_.hash(t);
      else mix(atoms_.hash(t), golden(3));
    } else if (t.is_nil()) {
      if (hash_ == 0) hash_ = 3468870702u;
      else mix(2, golden(2));
    } else if (t.is_pid()) {
      mix(t.pid_slot(), golden(5));
    } else {
      mix(static_cast<std::uint32_t>(t.raw >> 7), golden(6));
    }
  }

  // Bytes at the front are hashed four at a time; answers what to visit next.
  Term visit_list(Term t) {
    const auto is_byte = [](Term x) { return x.is_small() && x.raw <= (Word{255} << 2); };
    std::uint32_t four = 0;
    int count = 0;
    while (t.is_cons() && is_byte(t.head())) {
      four = (four << 8) + static_cast<std::uint32_t>(t.head().small_value());
      if (++count == 4) {
        mix(four, golden(4));
        four = 0, count = 0;
      }
      t = t.tail();
    }
    if (count > 0) mix(four, golden(4));
    if (!t.is_cons()) return t;
    push(t.tail().raw);
    return t.head();
  }

  void visit_integer(Term t) {
    constexpr std::int64_t kLimit = std::int64_t{1} << 27;
    if (t.is_small() && t.small_value() >= -kLimit && t.small_value() < kLimit) {
      const auto v = static_cast<std::int32_t>(t.small_value());
      if (v < 0) mix(static_cast<std::uint32_t>(-v), golden(1));
      return mix(static_cast<std::uint32_t>(v), golden(1));
    }
    const IntegerView view(t);
    for (std::uint32_t i = 0; i < view.count; ++i) {
      mix_word(view.limbs[i], golden(view.negative ? 10 : 11));
    }
  }

  void visit_float(double value) {
    const Word raw = value == 0 ? 0 : std::bit_cast<Word>(value);
    mix2(static_cast<std::uint32_t>(raw >> 32), static_cast<std::uint32_t>(raw), golden(12));
  }

  void visit_bits(Term t) {
    const BitsView view = bits_view(t);
    const std::uint32_t seed = golden(13) + hash_;
    if (view.size_bits == 0) {
      hash_ = seed;
      return;
    }
    std::vector<std::uint8_t> copy;
    const std::uint8_t* bytes = view.bytes;
    if (!view.aligned()) {
      copy.resize(view.size_bytes());
      copy_bits(view.bytes, view.bit_offset, copy.data(), 0, view.size_bits);
      bytes = copy.data();
    }
    hash_ = block_hash(bytes, view.size_bits >> 3, seed);
    if (const unsigned rest = view.size_bits & 7; rest != 0) {
      mix2(rest, bytes[view.size_bits >> 3] >> (8 - rest), golden(15));
    }
  }

  // The hash of a map does not depend on the order of its pairs: each pair is hashed alone, the
  // results are combined by exclusive or, and that is mixed into the hash from before.
  void visit_map(Term t) {
    const Word size = map_size(t);
    mix(static_cast<std::uint32_t>(size), golden(16));
    if (size == 0) return;
    todo_.push({Kind::kMapEnd, (Word{pairs_} << 32) | hash_});
    hash_ = 0;
    pairs_ = 0;
    if (!is_flat_map(t)) return push_children(hash_map_root(t));
    for (Word i = 0; i < size; ++i) {
      push_pair(flat_map_key_words(t)[i], flat_map_value_words(t)[i]);
    }
  }
  void push_pair(Word key, Word value) {
    todo_.push({Kind::kPair, 0});
    push(value);
    push(key);
  }
  void push_children(Term node_term) {
    const HashNodeView node(node_term);
    for (Word i = 0; i < node.count; ++i) {
      const Term child(node.children[i]);
      if (child.is_cons()) push_pair(child.head().raw, child.tail().raw);
      else todo_.push({Kind::kNode, child.raw});
    }
  }

  void visit_boxed(Term t) {
    const Word* box = t.box();
    switch (header_subtag(box[0])) {
      case Subtag::kTuple:
        mix(static_cast<std::uint32_t>(t.arity()), golden(9));
        return push_backwards(box + 1, t.arity());
      case Subtag::kFloat: return visit_float(std::bit_cast<double>(box[1]));
      case Subtag::kBigPositive:
      case Subtag::kBigNegative: return visit_integer(t);
      case Subtag::kFlatMap:
      case Subtag::kHashMap: return visit_map(t);
      case Subtag::kFun: {
        const FunEntry& entry = fun_entry(t);
        mix2(entry.free_count, atoms_.hash(entry.module), golden(1));
        mix2(entry.index, static_cast<std::uint32_t>(entry.unique), golden(1));
        return push_backwards(fun_free_variables(t), entry.free_count);
      }
      case Subtag::kExportFun: {
        const ExportCell& cell = export_cell(t);
        mix2(cell.arity, atoms_.hash(cell.module), golden(1));
        return mix(atoms_.hash(cell.function), golden(14));
      }
      case Subtag::kRef:
      case Subtag::kAliasRef:
      case Subtag::kTimerRef: return mix(static_cast<std::uint32_t>(box[1]), golden(7));
      default: return visit_bits(t);
    }
  }

  const AtomTable& atoms_;
  std::uint32_t hash_ = 0;
  std::uint32_t pairs_ = 0;
  WorkList<Entry, 48> todo_;
};

}  // namespace

std::uint32_t portable_hash(Term term, const AtomTable& atoms) {
  return PortableHasher(atoms).run(term);
}

}  // namespace parley
