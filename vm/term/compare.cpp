// Comparison as a machine with an explicit stack.
//
// Invariant: a frame is a range of pairs still to be compared, in order. The first difference is
// the answer, except below a kSmallestKey frame, which asks for the smallest of a set of keys and
// so takes many answers: a difference unwinds to the nearest such frame, or to the end.
//
// Two large maps with the same number of pairs differ first at the smallest key that only one of
// them has, else at the smallest key whose values differ. Their tries are walked side by side to
// collect those keys, then the smallest is found; no map is sorted.
#include "vm/term/compare.h"

#include <cmath>
#include <memory>
#include <vector>

#include "vm/base/work_list.h"
#include "vm/term/bits.h"
#include "vm/term/fun.h"
#include "vm/term/integer.h"
#include "vm/term/map_layout.h"

namespace parley {

namespace {

enum class Rank : std::uint8_t {
  kNumber, kAtom, kReference, kFun, kExportFun, kPort, kPid, kTuple, kMap, kNil, kList, kBits,
};

Rank rank_of_boxed(Term t) {
  switch (header_subtag(t.header())) {
    case Subtag::kTuple: return Rank::kTuple;
    case Subtag::kFloat:
    case Subtag::kBigPositive:
    case Subtag::kBigNegative: return Rank::kNumber;
    case Subtag::kHeapBits:
    case Subtag::kBlobBits:
    case Subtag::kSliceBits: return Rank::kBits;
    case Subtag::kFun: return Rank::kFun;
    case Subtag::kExportFun: return Rank::kExportFun;
    case Subtag::kRef:
    case Subtag::kAliasRef:
    case Subtag::kTimerRef: return Rank::kReference;
    case Subtag::kFlatMap:
    case Subtag::kHashMap: return Rank::kMap;
    default: PARLEY_UNREACHABLE("internal objects are never compared");
  }
}

Rank rank_of(Term t) {
  if (t.is_small() || t.is_immediate_double()) return Rank::kNumber;
  if (t.is_cons()) return Rank::kList;
  if (t.is_boxed()) return rank_of_boxed(t);
  if (t.is_atom()) return Rank::kAtom;
  if (t.is_nil()) return Rank::kNil;
  if (t.is_pid()) return Rank::kPid;
  PARLEY_ASSERT(t.is_socket(), "a value");
  return Rank::kPort;
}

template <class T>
int order(T left, T right) {
  return left < right ? -1 : left > right ? 1 : 0;
}

int compare_numbers(Term left, Term right, bool exact) {
  const bool l_float = left.is_float(), r_float = right.is_float();
  if (!l_float && !r_float) return compare_integers(left, right);
  if (l_float && r_float) {
    const double l = float_value(left), r = float_value(right);
    if (l != r || !exact) return order(l, r);
    return static_cast<int>(std::signbit(r)) - static_cast<int>(std::signbit(l));
  }
  if (exact) return l_float ? 1 : -1;
  return l_float ? -compare_integer_to_double(right, float_value(left))
                 : compare_integer_to_double(left, float_value(right));
}

int compare_references(Term left, Term right) {
  if (const int o = order(left.box()[1], right.box()[1]); o != 0) return o;
  const Subtag l = header_subtag(left.header()), r = header_subtag(right.header());
  if (l != r) return order(l, r);
  return l == Subtag::kAliasRef ? order(left.box()[2], right.box()[2]) : 0;
}

int compare_export_funs(Term left, Term right, const AtomTable& atoms) {
  const ExportCell& l = export_cell(left);
  const ExportCell& r = export_cell(right);
  if (const int o = atoms.compare(l.module, r.module); o != 0) return o;
  if (const int o = atoms.compare(l.function, r.function); o != 0) return o;
  return order(l.arity, r.arity);
}

int compare_fun_entries(const FunEntry& l, const FunEntry& r, const AtomTable& atoms) {
  if (&l == &r) return 0;
  if (const int o = atoms.compare(l.module, r.module); o != 0) return o;
  if (l.index != r.index) return order(l.index, r.index);
  if (l.unique != r.unique) return order(l.unique, r.unique);
  return order(l.free_count, r.free_count);
}

// ---- large maps side by side -----------------------------------------------------------------

// A key at which two maps differ: of one side only, or (kBoth) with values that differ.
enum class Side : std::int8_t { kLeft = -1, kBoth = 0, kRight = 1 };
struct Difference {
  Word key;
  Side side;
  Word left_value = 0, right_value = 0;
};
struct Differences {
  std::vector<Difference> keys, values;
};

// All [Key | Value] cells below a child.
std::vector<Term> pairs_below(Word child) {
  std::vector<Term> pairs;
  WorkList<Word> pending;
  if (child != 0) pending.push(child);
  while (!pending.empty()) {
    const Term t(pending.pop());
    if (t.is_cons()) {
      pairs.push_back(t);
      continue;
    }
    const HashNodeView node(t);
    for (Word i = 0; i < node.count; ++i) pending.push(node.children[i]);
  }
  return pairs;
}

void compare_pairs(Term left, Term right, bool exact, Differences& out) {
  const bool same =
      exact ? exactly_equal(left.tail(), right.tail()) : equal(left.tail(), right.tail());
  if (!same)
    out.values.push_back({left.head().raw, Side::kBoth, left.tail().raw, right.tail().raw});
}

// Children of different shapes: few pairs, except where one side has nothing.
void match_pairs(Word left, Word right, bool exact, Differences& out) {
  std::vector<Term> rights = pairs_below(right);
  for (const Term pair : pairs_below(left)) {
    bool found = false;
    for (Term& other : rights) {
      if (!other.is_value() || !exactly_equal(pair.head(), other.head())) continue;
      compare_pairs(pair, other, exact, out);
      other = Term();
      found = true;
      break;
    }
    if (!found) out.keys.push_back({pair.head().raw, Side::kLeft});
  }
  for (const Term other : rights) {
    if (other.is_value()) out.keys.push_back({other.head().raw, Side::kRight});
  }
}

Differences differences(Term left_root, Term right_root, bool exact) {
  struct Pair {
    Word left, right;  // children; 0: nothing there
  };
  Differences out;
  WorkList<Pair, 64> pending;
  pending.push({left_root.raw, right_root.raw});
  while (!pending.empty()) {
    const auto [left, right] = pending.pop();
    if (left == right) continue;
    if (left == 0 || right == 0 || Term(left).is_cons() || Term(right).is_cons()) {
      match_pairs(left, right, exact, out);
      continue;
    }
    const HashNodeView l{Term(left)}, r{Term(right)};
    if (l.is_collision() || r.is_collision()) {
      match_pairs(left, right, exact, out);
      continue;
    }
    for (unsigned slot = 0; slot < 1u << kHashLevelBits; ++slot) {
      if (!l.has(slot) && !r.has(slot)) continue;
      pending.push({l.has(slot) ? l.children[l.index_of(slot)] : 0,
                 r.has(slot) ? r.children[r.index_of(slot)] : 0});
    }
  }
  return out;
}

// ---- the machine -----------------------------------------------------------------------------

class Comparer {
 public:
  explicit Comparer(const AtomTable& atoms) : atoms_(atoms) {}

  int run(Term left, Term right, bool exact) {
    pair_ = {left, right, exact};
    for (;;) {
      int o = step();
      if (o != 0 && !unwind(o)) return o;
      if (o == 0 && !next()) return 0;
    }
  }

 private:
  struct Pair {
    Term left, right;
    bool exact;
  };
  enum class Kind : std::uint8_t { kTerms, kSmallestKey };
  struct Frame {
    const Word* left;
    const Word* right;
    Word count;
    bool exact;
    Kind kind = Kind::kTerms;
  };
  // Which of `candidates` has the smallest key: `best` of those before `at`.
  struct SmallestKey {
    std::vector<Difference> candidates;
    std::size_t best = 0, at = 1;
    bool exact;
  };

  void push(const Word* left, const Word* right, Word count, bool exact) {
    if (count != 0) frames_.push({left, right, count, exact});
  }

  // The next pair of the topmost frame. False: all were equal.
  bool next() {
    while (!frames_.empty()) {
      Frame& f = frames_.top();
      PARLEY_ASSERT(f.kind == Kind::kTerms, "different keys compare as different");
      while (f.count != 0 && *f.left == *f.right) ++f.left, ++f.right, --f.count;
      if (f.count == 0) {
        frames_.pop();
        continue;
      }
      pair_ = {Term(*f.left), Term(*f.right), f.exact};
      ++f.left, ++f.right;
      if (--f.count == 0) frames_.pop();  // before the last pair: a long chain keeps no frames
      return true;
    }
    return false;
  }

  // A difference: false if it is the answer, else `pair_` is the next pair to compare. `o` may
  // change on the way out.
  bool unwind(int& o) {
    while (!frames_.empty()) {
      if (frames_.top().kind == Kind::kTerms) {
        frames_.pop();
        continue;
      }
      SmallestKey& search = *searches_.back();
      if (o < 0) search.best = search.at;
      if (++search.at < search.candidates.size()) {
        pair_ = {Term(search.candidates[search.at].key),
                 Term(search.candidates[search.best].key), true};
        return true;
      }
      const Difference found = search.candidates[search.best];
      const bool exact = search.exact;
      frames_.pop();
      searches_.pop_back();
      if (found.side == Side::kBoth) {
        pair_ = {Term(found.left_value), Term(found.right_value), exact};
        return true;
      }
      o = static_cast<int>(found.side);
    }
    return false;
  }

  // Compares `pair_`, or pushes what it consists of and answers 0.
  int step() {
    const auto [left, right, exact] = pair_;
    if (left == right) return 0;
    const Rank rank = rank_of(left);
    if (const Rank other = rank_of(right); rank != other) return order(rank, other);
    switch (rank) {
      case Rank::kNumber: return compare_numbers(left, right, exact);
      case Rank::kAtom: return atoms_.compare(left, right);
      case Rank::kReference: return compare_references(left, right);
      case Rank::kFun: return step_funs();
      case Rank::kExportFun: return compare_export_funs(left, right, atoms_);
      case Rank::kPort:
      case Rank::kPid: return order(left.raw, right.raw);
      case Rank::kTuple:
        if (left.arity() != right.arity()) return order(left.arity(), right.arity());
        push(left.box() + 1, right.box() + 1, left.arity(), exact);
        return 0;
      case Rank::kMap: return step_maps();
      case Rank::kNil: return 0;
      case Rank::kList: return step_lists();
      case Rank::kBits: return compare_bits(bits_view(left), bits_view(right));
    }
    PARLEY_UNREACHABLE("every rank is handled");
  }

  // Walks the spine while heads are the same word or differ at once.
  int step_lists() {
    auto [left, right, exact] = pair_;
    for (;;) {
      const Term l = left.head(), r = right.head();
      const Term l_rest = left.tail(), r_rest = right.tail();
      if (l != r && (l.is_immediate() || r.is_immediate())) {
        pair_ = {l, r, exact};
        if (const int o = step(); o != 0) return o;  // nothing is pushed: no compound pair
      } else if (l != r) {
        if (l_rest != r_rest) push(left.address() + 1, right.address() + 1, 1, exact);
        push(left.address(), right.address(), 1, exact);
        return 0;
      }
      if (l_rest == r_rest) return 0;
      if (!l_rest.is_cons() || !r_rest.is_cons()) {
        push(left.address() + 1, right.address() + 1, 1, exact);
        return 0;
      }
      left = l_rest, right = r_rest;
    }
  }

  int step_funs() {
    const auto [left, right, exact] = pair_;
    const FunEntry& entry = fun_entry(left);
    if (const int o = compare_fun_entries(entry, fun_entry(right), atoms_); o != 0) return o;
    push(fun_free_variables(left), fun_free_variables(right), entry.free_count, exact);
    return 0;
  }

  int step_maps() {
    const auto [left, right, exact] = pair_;
    const Word size = map_size(left);
    if (size != map_size(right)) return order(size, map_size(right));
    if (is_flat_map(left)) {
      push(flat_map_value_words(left), flat_map_value_words(right), size, exact);
      if (flat_map_keys(left) != flat_map_keys(right)) {
        push(flat_map_key_words(left), flat_map_key_words(right), size, true);
      }
      return 0;
    }
    Differences found = differences(hash_map_root(left), hash_map_root(right), exact);
    std::vector<Difference>& candidates = found.keys.empty() ? found.values : found.keys;
    if (candidates.empty()) return 0;
    frames_.push({nullptr, nullptr, 0, exact, Kind::kSmallestKey});
    searches_.push_back(std::make_unique<SmallestKey>(std::move(candidates)));
    SmallestKey& search = *searches_.back();
    search.exact = exact;
    if (search.candidates.size() == 1) {
      // Nothing to search: as if the only candidate had just lost against itself.
      search.at = 0;
      return 1;
    }
    push(&search.candidates[1].key, &search.candidates[0].key, 1, true);
    return 0;
  }

  const AtomTable& atoms_;
  Pair pair_;
  WorkList<Frame> frames_;
  std::vector<std::unique_ptr<SmallestKey>> searches_;
};

}  // namespace

int detail::compare_slow(Term left, Term right, const AtomTable& atoms, bool exact) {
  if (left.is_atom() && right.is_atom()) return atoms.compare(left, right);
  return Comparer(atoms).run(left, right, exact);
}

}  // namespace parley
