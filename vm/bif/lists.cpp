// Lists: those of `erlang`, and the natives of the module `lists`.
//
// The natives that walk a list yield when the reductions are used up, and go on with the rest of
// the list as their argument.
#include <algorithm>

#include "vm/bif/support.h"
#include "vm/term/compare.h"
#include "vm/term/hash.h"

namespace parley {

Term bif_hd(BifCall& call, const Term* a) { return a[0].is_cons() ? a[0].head() : call.badarg(); }
Term bif_tl(BifCall& call, const Term* a) { return a[0].is_cons() ? a[0].tail() : call.badarg(); }

Term bif_length(BifCall& call, const Term* a) {
  const auto length = proper_length(a[0]);
  if (!length) return call.badarg();
  pay_words(call, 2 * *length);
  return Term::small(static_cast<std::int64_t>(*length));
}

namespace {

// Long lists are reversed and reversed back, which can stop anywhere. State: phase; what is left of
// the list of the phase, what was made of it, the right operand, and the left one while it may turn
// out to be no list.
Term append_in_slices(BifCall& call, Word phase, Term rest, Term made, Term right, Term left) {
  for (;;) {
    for (std::uint64_t i = 0; i < kCellsPerReduction && rest.is_cons(); ++i, rest = rest.tail()) {
      made = make_cons(call.heap, rest.head(), made);
    }
    --call.reductions;
    if (!rest.is_cons()) {
      if (!rest.is_nil()) {
        call.first_argument = left;
        return call.badarg();
      }
      if (phase == 1) return made;
      left = Term::nil();
      phase = 1;
      rest = made;
      made = right;
    }
    if (must_yield(call)) {
      return yield_with(call, make_trap(call.heap, phase, {rest, made, right, left}));
    }
  }
}

}  // namespace

Term bif_append(BifCall& call, const Term* a) {
  constexpr std::uint64_t kAtOnceMax = 8192;  // cells
  if (is_trap(a[0])) {
    return append_in_slices(call, trap_raw(a[0]), trap_term(a[0], 0), trap_term(a[0], 1),
                            trap_term(a[0], 2), trap_term(a[0], 3));
  }
  if (a[0].is_nil()) return a[1];
  std::uint64_t length = 0;
  Term end = a[0];
  for (; end.is_cons() && length <= kAtOnceMax; end = end.tail()) ++length;
  if (end.is_cons()) return append_in_slices(call, 0, a[0], Term::nil(), a[1], a[0]);
  if (!end.is_nil()) return call.badarg();
  pay_words(call, 2 * length);
  if (a[1].is_nil()) return a[0];
  Word* cells = call.heap.allocate(2 * length);
  Word* at = cells;
  for (Term l = a[0]; l.is_cons(); l = l.tail(), at += 2) {
    at[0] = l.head().raw;
    at[1] = Term::cons(at + 2).raw;
  }
  at[-1] = a[1].raw;
  return Term::cons(cells);
}

namespace {

// For few elements to remove: each element of `left` is looked for among those left to remove.
Term subtract_few(BifCall& call, Term left, std::vector<Word>& remove) {
  ListBuilder kept(call.heap);
  for (; left.is_cons() && !remove.empty(); left = left.tail()) {
    const Term e = left.head();
    const auto found = std::find_if(remove.begin(), remove.end(),
                                    [&](Word r) { return exactly_equal(e, Term(r)); });
    if (found == remove.end()) kept.append(e);
    else remove.erase(found);
  }
  return kept.finish(left);
}

// For many: they are sorted with a count each, so that the work is n log n.
Term subtract_many(BifCall& call, Term left, std::vector<Word>& remove) {
  const auto less = [&](Word l, Word r) {
    return compare_exact(Term(l), Term(r), call.atoms) < 0;
  };
  std::sort(remove.begin(), remove.end(), less);
  std::vector<std::uint32_t> used(remove.size(), 0);  // at the first of equals: how many are gone
  std::size_t gone = 0;
  ListBuilder kept(call.heap);
  for (; left.is_cons() && gone < remove.size(); left = left.tail()) {
    const Word e = left.head().raw;
    const auto first = std::lower_bound(remove.begin(), remove.end(), e, less);
    const auto i = static_cast<std::size_t>(first - remove.begin());
    const std::size_t candidate = i < remove.size() ? i + used[i] : i;
    if (candidate < remove.size() && exactly_equal(Term(remove[candidate]), Term(e))) {
      ++used[i];
      ++gone;
    } else {
      kept.append(Term(e));
    }
  }
  return kept.finish(left);
}

Term subtract_short(BifCall& call, Term left, Term right, std::uint64_t cells) {
  constexpr std::size_t kFewMax = 16;
  pay_words(call, 8 * cells);
  std::vector<Word> remove;
  for (Term l = right; l.is_cons(); l = l.tail()) remove.push_back(l.head().raw);
  return remove.size() <= kFewMax ? subtract_few(call, left, remove)
                                  : subtract_many(call, left, remove);
}

// Long lists, once both are known to be proper, are the library's work. State: 0 or 1; what is left
// of the left or the right one, and both.
Term subtract_long(BifCall& call, Word phase, Term rest, Term left, Term right) {
  for (;;) {
    for (std::uint64_t i = 0; i < 4 * kCellsPerReduction && rest.is_cons(); ++i) rest = rest.tail();
    --call.reductions;
    if (!rest.is_cons()) {
      if (!rest.is_nil()) {
        call.first_argument = left;
        return call.badarg();
      }
      if (phase == 1) break;
      phase = 1;
      rest = right;
    }
    if (must_yield(call)) return yield_with(call, make_trap(call.heap, phase, {rest, left, right}));
  }
  if (right.is_nil()) return left;
  const auto module = call.atoms.intern("prim_lists"), function = call.atoms.intern("subtract");
  if (!module || !function) return call.fail(kAtom_system_limit);
  call.x[0] = left;
  call.x[1] = right;
  return call.tail_call(*module, *function, 2);
}

}  // namespace

Term bif_subtract(BifCall& call, const Term* a) {
  constexpr std::uint64_t kShortMax = 8192;  // cells of both
  if (is_trap(a[0])) {
    return subtract_long(call, trap_raw(a[0]), trap_term(a[0], 0), trap_term(a[0], 1),
                         trap_term(a[0], 2));
  }
  std::uint64_t cells = 0;
  Term left = a[0], right = a[1];
  for (; left.is_cons() && cells < kShortMax; left = left.tail()) ++cells;
  for (; right.is_cons() && cells < kShortMax; right = right.tail()) ++cells;
  if ((left.is_cons() || right.is_cons()) && call.x != nullptr) {
    return subtract_long(call, 0, left, a[0], a[1]);
  }
  if (!left.is_nil() || !right.is_nil()) return call.badarg();
  if (a[0].is_nil() || a[1].is_nil()) return a[0];
  return subtract_short(call, a[0], a[1], cells);
}

Term bif_lists_reverse(BifCall& call, const Term* a) {
  Term rest = a[0], reversed = a[1];
  if (!reverse_onto(call, rest, reversed)) {
    call.x[0] = rest;
    call.x[1] = reversed;
    return call.again(BifAnswer::kYield);
  }
  return rest.is_nil() ? reversed : call.badarg();
}

Term bif_lists_member(BifCall& call, const Term* a) {
  const Term wanted = a[0];
  Term rest = a[1];
  while (rest.is_cons()) {
    for (std::uint64_t i = 0; i < kCellsPerReduction && rest.is_cons(); ++i, rest = rest.tail()) {
      if (exactly_equal(wanted, rest.head())) return kAtom_true_;
    }
    --call.reductions;
    if (rest.is_cons() && must_yield(call)) {
      call.x[0] = wanted;
      call.x[1] = rest;
      return call.again(BifAnswer::kYield);
    }
  }
  return rest.is_nil() ? kAtom_false_ : call.badarg();
}

namespace {

// The first tuple whose element at a position equals (`==`) the key: the tuple, `false`, or what
// the built-in answers instead (then `call.answer` says so).
Term find_by_key(BifCall& call, const Term* a) {
  const auto position = to_size(a[1]);
  if (!position || *position == 0) return call.badarg();
  Term rest = a[2];
  while (rest.is_cons()) {
    for (std::uint64_t i = 0; i < kCellsPerReduction && rest.is_cons(); ++i, rest = rest.tail()) {
      const Term t = rest.head();
      if (t.is_tuple() && t.arity() >= *position && equal(a[0], t.element(*position - 1))) return t;
    }
    --call.reductions;
    if (rest.is_cons() && must_yield(call)) {
      call.x[0] = a[0];
      call.x[1] = a[1];
      call.x[2] = rest;
      return call.again(BifAnswer::kYield);
    }
  }
  return rest.is_nil() ? kAtom_false_ : call.badarg();
}

}  // namespace

Term bif_lists_keyfind(BifCall& call, const Term* a) { return find_by_key(call, a); }

Term bif_lists_keymember(BifCall& call, const Term* a) {
  const Term found = find_by_key(call, a);
  return found.is_value() ? boolean(found.is_tuple()) : found;
}

Term bif_lists_keysearch(BifCall& call, const Term* a) {
  const Term found = find_by_key(call, a);
  return found.is_value() && found.is_tuple() ? make_tuple(call.heap, {kAtom_value, found}) : found;
}

}  // namespace parley
