// The seeded hash of maps and tables: one pass over the term in a fixed order, mixing in what each
// object is before what it holds.
#include "vm/term/hash.h"

#include <algorithm>

#include "vm/base/work_list.h"
#include "vm/term/bits.h"
#include "vm/term/fun.h"
#include "vm/term/map_layout.h"

namespace parley {

namespace {

std::uint64_t hash_bits(Term bits, std::uint64_t seed) {
  const BitsView view = bits_view(bits);
  std::uint64_t h = detail::hash_word(seed, view.size_bits + 0xB175);
  for (std::uint64_t at = 0; at < view.size_bits; at += 64) {
    const auto take = static_cast<unsigned>(std::min<std::uint64_t>(64, view.size_bits - at));
    std::uint64_t word = 0;
    if (view.aligned() && take == 64) {
      __builtin_memcpy(&word, view.bytes + (at >> 3), 8);
      word = __builtin_bswap64(word);
    } else {
      word = read_bits(view, at, take);
    }
    h = detail::hash_word(h, word);
  }
  return detail::fold_multiply(h, detail::kHashMultiplier);
}

class Hasher {
 public:
  Hasher(const AtomTable& atoms, std::uint64_t seed) : atoms_(atoms), hash_(seed) {}

  std::uint64_t run(Term term) {
    add(term);
    while (!ranges_.empty()) {
      Range& r = ranges_.top();
      const Term next(*r.at++);
      if (--r.count == 0) ranges_.pop();  // before the last: a long chain keeps no ranges
      add(next);
    }
    return detail::fold_multiply(hash_, detail::kHashMultiplier);
  }

 private:
  // Terms still to be added.
  struct Range {
    const Word* at;
    Word count;
  };

  void mix(std::uint64_t word) {
    hash_ = detail::fold_multiply(hash_ ^ word ^ 0x9E3779B97F4A7C15u, detail::kHashMultiplier);
  }
  void push(const Word* at, Word count) {
    if (count != 0) ranges_.push({at, count});
  }

  void add(Term t) {
    while (t.is_cons()) {
      mix(kTagCons);
      const Term head = t.head();
      if (head.is_immediate()) {
        add_immediate(head);
        t = t.tail();
      } else {
        if (!t.tail().is_nil()) push(t.address() + 1, 1);
        t = head;
      }
    }
    if (t.is_boxed()) {
      add_boxed(t);
    } else {
      add_immediate(t);
    }
  }

  void add_immediate(Term t) { mix(t.is_atom() ? kTagAtom + (Word{atoms_.hash(t)} << 8) : t.raw); }

  void add_boxed(Term t) {
    const Word* box = t.box();
    const Subtag subtag = header_subtag(box[0]);
    if (t.is_bits()) return mix(hash_bits(t, 0));  // by content: slices equal copies
    mix(static_cast<Word>(subtag) + (header_size(box[0]) << 8));
    switch (subtag) {
      case Subtag::kTuple: return push(box + 1, header_size(box[0]));
      case Subtag::kFlatMap:
        push(flat_map_value_words(t), map_size(t));
        return push(flat_map_key_words(t), map_size(t));
      case Subtag::kHashMap:
        mix(box[1]);
        return push(box + 2, 1);
      case Subtag::kHashNode:
        mix(box[1]);
        return push(box + 2, header_size(box[0]) - 1);
      case Subtag::kFun: {
        const FunEntry& entry = fun_entry(t);
        mix(atoms_.hash(entry.module) + (Word{entry.index} << 32));
        mix(entry.unique);
        return push(fun_free_variables(t), entry.free_count);
      }
      case Subtag::kExportFun: {
        const ExportCell& cell = export_cell(t);
        mix(atoms_.hash(cell.module) + (Word{atoms_.hash(cell.function)} << 32));
        return mix(cell.arity);
      }
      case Subtag::kTimerRef: return mix(box[1]);  // what makes two of them equal
      default:  // raw words: numbers and references
        for (Word i = 1; i <= header_size(box[0]); ++i) mix(box[i]);
    }
  }

  const AtomTable& atoms_;
  std::uint64_t hash_;
  WorkList<Range> ranges_;
};

}  // namespace

std::uint64_t internal_hash_slow(Term term, const AtomTable& atoms, std::uint64_t seed) {
  if (term.is_atom()) return detail::hash_word(seed, detail::hash_word(seed, atoms.hash(term)));
  if (term.is_bits()) return hash_bits(term, seed);
  return Hasher(atoms, seed).run(term);
}

}  // namespace parley
