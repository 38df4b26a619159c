// Tuples.
#include <algorithm>

#include "vm/bif/support.h"

namespace parley {

namespace {

constexpr std::uint64_t kTupleMax = (1u << 24) - 1;

// An index from 1 to `last`, as 0 to last - 1.
std::optional<std::uint64_t> to_index(Term t, std::uint64_t last) {
  const auto n = to_size(t);
  if (!n || *n < 1 || *n > last) return std::nullopt;
  return *n - 1;
}

Word* allocate_tuple(BifCall& call, std::uint64_t arity) {
  pay_words(call, arity);
  Word* box = call.heap.allocate(1 + arity);
  box[0] = make_header(Subtag::kTuple, arity);
  return box;
}

}  // namespace

Term bif_element(BifCall& call, const Term* a) {
  if (!a[1].is_tuple()) return call.badarg();
  const auto i = to_index(a[0], a[1].arity());
  return i ? a[1].element(*i) : call.badarg();
}

Term bif_setelement(BifCall& call, const Term* a) {
  if (!a[1].is_tuple()) return call.badarg();
  const std::uint64_t arity = a[1].arity();
  const auto i = to_index(a[0], arity);
  if (!i) return call.badarg();
  Word* box = allocate_tuple(call, arity);
  std::copy_n(a[1].box() + 1, arity, box + 1);
  box[1 + *i] = a[2].raw;
  return Term::boxed(box);
}

Term bif_tuple_size(BifCall& call, const Term* a) {
  if (!a[0].is_tuple()) return call.badarg();
  return Term::small(static_cast<std::int64_t>(a[0].arity()));
}

Term bif_make_tuple_2(BifCall& call, const Term* a) {
  const auto arity = to_size(a[0]);
  if (!arity || *arity > kTupleMax) return call.badarg();
  Word* box = allocate_tuple(call, *arity);
  std::fill_n(box + 1, *arity, a[1].raw);
  return Term::boxed(box);
}

Term bif_make_tuple_3(BifCall& call, const Term* a) {
  const Term made = bif_make_tuple_2(call, a);
  if (!made.is_value()) return made;
  Term list = a[2];
  for (; list.is_cons(); list = list.tail()) {
    const Term pair = list.head();
    if (!pair.is_tuple() || pair.arity() != 2) return call.badarg();
    const auto i = to_index(pair.element(0), made.arity());
    if (!i) return call.badarg();
    made.box()[1 + *i] = pair.element(1).raw;
  }
  return list.is_nil() ? made : call.badarg();
}

Term bif_append_element(BifCall& call, const Term* a) {
  if (!a[0].is_tuple() || a[0].arity() >= kTupleMax) return call.badarg();
  const std::uint64_t arity = a[0].arity();
  Word* box = allocate_tuple(call, arity + 1);
  std::copy_n(a[0].box() + 1, arity, box + 1);
  box[1 + arity] = a[1].raw;
  return Term::boxed(box);
}

Term bif_insert_element(BifCall& call, const Term* a) {
  if (!a[1].is_tuple() || a[1].arity() >= kTupleMax) return call.badarg();
  const std::uint64_t arity = a[1].arity();
  const auto i = to_index(a[0], arity + 1);
  if (!i) return call.badarg();
  const Word* from = a[1].box() + 1;
  Word* box = allocate_tuple(call, arity + 1);
  std::copy_n(from, *i, box + 1);
  box[1 + *i] = a[2].raw;
  std::copy(from + *i, from + arity, box + 2 + *i);
  return Term::boxed(box);
}

Term bif_delete_element(BifCall& call, const Term* a) {
  if (!a[1].is_tuple()) return call.badarg();
  const std::uint64_t arity = a[1].arity();
  const auto i = to_index(a[0], arity);
  if (!i) return call.badarg();
  const Word* from = a[1].box() + 1;
  Word* box = allocate_tuple(call, arity - 1);
  std::copy_n(from, *i, box + 1);
  std::copy(from + *i + 1, from + arity, box + 1 + *i);
  return Term::boxed(box);
}

Term bif_tuple_to_list(BifCall& call, const Term* a) {
  if (!a[0].is_tuple()) return call.badarg();
  const std::uint64_t arity = a[0].arity();
  pay_words(call, 2 * arity);
  Term list = Term::nil();
  for (std::uint64_t i = arity; i > 0; --i) list = make_cons(call.heap, a[0].element(i - 1), list);
  return list;
}

Term bif_list_to_tuple(BifCall& call, const Term* a) {
  const auto arity = proper_length(a[0]);
  if (!arity) return call.badarg();
  if (*arity > kTupleMax) return call.fail(kAtom_system_limit);
  Word* box = allocate_tuple(call, *arity);
  Word* at = box;
  for (Term l = a[0]; l.is_cons(); l = l.tail()) *++at = l.head().raw;
  return Term::boxed(box);
}

}  // namespace parley
