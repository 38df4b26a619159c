// The two equalities, as a machine with an explicit stack that stops at the first difference.
//
// Invariant: two large maps of one node with the same keys have tries of the same shape, so they
// are equal if and only if their nodes are equal child by child (see map_layout.h).
#include <cmath>

#include "vm/base/work_list.h"
#include "vm/term/bits.h"
#include "vm/term/compare.h"
#include "vm/term/fun.h"
#include "vm/term/integer.h"
#include "vm/term/map_layout.h"

namespace parley {

namespace {

// Terms to compare by == or by =:=, or children of trie nodes whose values are compared so.
enum class Kind : std::uint8_t { kTerms, kExactTerms, kChildren, kExactChildren };

struct Frame {
  const Word* left;
  const Word* right;
  Word count;
  Kind kind;
};

class Equality {
 public:
  bool run(Term left, Term right, bool exact) {
    if (!step(left, right, exact ? Kind::kExactTerms : Kind::kTerms)) return false;
    while (!frames_.empty()) {
      Frame& f = frames_.top();
      while (f.count != 0 && *f.left == *f.right) ++f.left, ++f.right, --f.count;
      if (f.count == 0) {
        frames_.pop();
        continue;
      }
      const Term l(*f.left++), r(*f.right++);
      const Kind kind = f.kind;
      if (--f.count == 0) frames_.pop();  // before the last pair: a long chain keeps no frames
      if (!step(l, r, kind)) return false;
    }
    return true;
  }

 private:
  void push(const Word* left, const Word* right, Word count, Kind kind) {
    if (count != 0) frames_.push({left, right, count, kind});
  }

  static bool equal_floats(double l, double r, bool exact) {
    return l == r && (!exact || std::signbit(l) == std::signbit(r));
  }

  static bool equal_numbers(Term left, Term right, bool exact) {
    const bool l_float = left.is_float(), r_float = right.is_float();
    if (l_float && r_float) return equal_floats(float_value(left), float_value(right), exact);
    if (!l_float && !r_float) return compare_integers(left, right) == 0;
    if (exact) return false;
    return l_float ? compare_integer_to_double(right, float_value(left)) == 0
                   : compare_integer_to_double(left, float_value(right)) == 0;
  }

  bool step(Term left, Term right, Kind kind) {
    if (left == right) return true;
    if (kind >= Kind::kChildren) return step_children(left, right, kind);
    if (left.is_cons()) return right.is_cons() && step_lists(left, right, kind);
    const bool exact = kind == Kind::kExactTerms;
    if (left.is_boxed() && right.is_boxed()) return step_boxed(left, right, kind);
    return !exact && left.is_number() && right.is_number() && equal_numbers(left, right, exact);
  }

  bool step_lists(Term left, Term right, Kind kind) {
    for (;;) {
      const Term l = left.head(), r = right.head();
      const Term l_rest = left.tail(), r_rest = right.tail();
      if (l.is_pointer() && r.is_pointer() && l != r) {
        if (l_rest != r_rest) push(left.address() + 1, right.address() + 1, 1, kind);
        push(left.address(), right.address(), 1, kind);
        return true;
      }
      if (l != r && !step(l, r, kind)) return false;  // not both compound: nothing is pushed
      if (l_rest == r_rest) return true;
      if (!l_rest.is_cons() || !r_rest.is_cons()) {
        push(left.address() + 1, right.address() + 1, 1, kind);
        return true;
      }
      left = l_rest, right = r_rest;
    }
  }

  bool step_boxed(Term left, Term right, Kind kind) {
    const Word l_header = left.header(), r_header = right.header();
    const Subtag l = header_subtag(l_header), r = header_subtag(r_header);
    switch (l) {
      case Subtag::kTuple:
        if (r != l || header_size(l_header) != header_size(r_header)) return false;
        push(left.box() + 1, right.box() + 1, header_size(l_header), kind);
        return true;
      case Subtag::kFloat:
      case Subtag::kBigPositive:
      case Subtag::kBigNegative:
        return right.is_number() && equal_numbers(left, right, kind == Kind::kExactTerms);
      case Subtag::kHeapBits:
      case Subtag::kBlobBits:
      case Subtag::kSliceBits:
        return right.is_bits() && bits_size(left) == bits_size(right) &&
               equal_bits(bits_view(left), bits_view(right));
      case Subtag::kFun: return r == l && step_funs(left, right, kind);
      case Subtag::kExportFun: return r == l && equal_exports(left, right);
      case Subtag::kRef:
      case Subtag::kTimerRef: return r == l && left.box()[1] == right.box()[1];
      case Subtag::kAliasRef:
        return r == l && left.box()[1] == right.box()[1] && left.box()[2] == right.box()[2];
      case Subtag::kFlatMap: return r == l && step_flat_maps(left, right, kind);
      case Subtag::kHashMap:
        if (r != l || map_size(left) != map_size(right)) return false;
        return step_children(hash_map_root(left), hash_map_root(right),
                             kind == Kind::kTerms ? Kind::kChildren : Kind::kExactChildren);
      default: PARLEY_UNREACHABLE("internal objects are never compared");
    }
  }

  static bool equal_exports(Term left, Term right) {
    const ExportCell& l = export_cell(left);
    const ExportCell& r = export_cell(right);
    return l.module == r.module && l.function == r.function && l.arity == r.arity;
  }

  bool step_funs(Term left, Term right, Kind kind) {
    const FunEntry& l = fun_entry(left);
    const FunEntry& r = fun_entry(right);
    if (&l != &r && (l.module != r.module || l.index != r.index || l.unique != r.unique ||
                     l.free_count != r.free_count)) {
      return false;
    }
    push(fun_free_variables(left), fun_free_variables(right), l.free_count, kind);
    return true;
  }

  bool step_flat_maps(Term left, Term right, Kind kind) {
    const Word size = map_size(left);
    if (size != map_size(right)) return false;
    push(flat_map_value_words(left), flat_map_value_words(right), size, kind);
    if (flat_map_keys(left) != flat_map_keys(right)) {
      push(flat_map_key_words(left), flat_map_key_words(right), size, Kind::kExactTerms);
    }
    return true;
  }

  // Children of two nodes at the same place: pairs, or nodes of the next level.
  bool step_children(Term left, Term right, Kind kind) {
    if (left == right) return true;
    if (left.is_cons() != right.is_cons()) return false;
    if (left.is_cons()) {
      push(left.address() + 1, right.address() + 1, 1,
           kind == Kind::kChildren ? Kind::kTerms : Kind::kExactTerms);
      push(left.address(), right.address(), 1, Kind::kExactTerms);
      return true;
    }
    const HashNodeView l(left), r(right);
    if (l.bitmap != r.bitmap || l.count != r.count) return false;
    push(l.children, r.children, l.count, kind);
    return true;
  }

  WorkList<Frame> frames_;
};

}  // namespace

bool detail::equal_slow(Term left, Term right, bool exact) {
  // Tuples are mostly decided by their immediates, without the machine.
  if (exact && left.is_tuple() && right.is_tuple()) {
    if (left.arity() != right.arity()) return false;
    bool same = true;
    for (Word i = 0; i < left.arity(); ++i) {
      const Term l = left.element(i), r = right.element(i);
      if (l == r) continue;
      if (l.is_immediate() || r.is_immediate()) return false;
      same = false;
    }
    if (same) return true;
  }
  Equality machine;  // not `Equality()`, which would clear the work list first
  return machine.run(left, right, exact);
}

}  // namespace parley
