// Built-ins: all objects of a table that match. They walk it a batch at a time and may yield after
// each, without the lock; where they are is a position that stays good whatever others do
// (table.h).
// So an object that is there during the whole walk is visited once, and others once or not at all.
#include <optional>

#include "vm/ets/match_spec.h"
#include "vm/ets/table_access.h"

namespace parley {

namespace {

enum class WalkKind : std::uint8_t { kList, kSelect, kCount, kDelete, kDeleteAll, kReplace };

// A walk under way. Between slices it is a trap object: the terms in this order.
struct Walk {
  WalkKind kind{};
  WalkDirection direction = WalkDirection::kForward;
  std::uint64_t table_id = 0;
  WalkPosition position;
  Term spec = Term::nil();
  Term found = Term::nil();  // the latest first
  std::int64_t count = 0;    // found, or changed
  std::int64_t limit = 0;    // 0: none
};

Word pack(const Walk& w) {
  return static_cast<Word>(w.kind) | static_cast<Word>(w.direction) << 8 | w.position.hash << 16;
}
void unpack(Word packed, Walk& w) {
  w.kind = static_cast<WalkKind>(packed & 0xFF);
  w.direction = static_cast<WalkDirection>((packed >> 8) & 0xFF);
  w.position.hash = packed >> 16;
}

Term yield(BifCall& call, const Walk& w) {
  call.x[0] = make_trap(call.heap, pack(w),
                        {Term::small(static_cast<std::int64_t>(w.table_id)), w.position.key, w.spec,
                         w.found, Term::small(w.count), Term::small(w.limit)});
  return call.again(BifAnswer::kYield);
}
Walk resumed(Term trap) {
  Walk w;
  unpack(trap_raw(trap), w);
  w.table_id = static_cast<std::uint64_t>(trap_term(trap, 0).small_value());
  w.position.key = trap_term(trap, 1);
  w.spec = trap_term(trap, 2);
  w.found = trap_term(trap, 3);
  w.count = trap_term(trap, 4).small_value();
  w.limit = trap_term(trap, 5).small_value();
  return w;
}

// What programs hold between calls with a limit:
// {'$select', Table, Hash, [Key], Direction, Limit, Spec, Remainder}.
constexpr Word kContinuationArity = 8;

Term reference_of(BifCall& call, const Walk& w) {
  Word* reference = call.heap.allocate(2);
  reference[0] = make_header(Subtag::kRef, 1);
  reference[1] = w.table_id;
  return Term::boxed(reference);
}

Term make_continuation(BifCall& call, const Walk& w, Term remainder) {
  const Term key = w.position.key.is_value()
                       ? make_cons(call.heap, w.position.key, Term::nil()) : Term::nil();
  return make_tuple(call.heap,
                    {kAtom_select, reference_of(call, w),
                     Term::small(static_cast<std::int64_t>(w.position.hash)), key,
                     boolean(w.direction == WalkDirection::kForward), Term::small(w.limit), w.spec,
                     remainder});
}

Term reversed(BifCall& call, Term list) {
  Term result = Term::nil();
  for (; list.is_cons(); list = list.tail()) result = make_cons(call.heap, list.head(), result);
  return result;
}

// The first `limit` of what was found, and the way on: the surplus and the position.
Term answer_page(BifCall& call, Walk& w, bool at_end) {
  Term remainder = Term::nil();
  for (; w.count > w.limit; --w.count, w.found = w.found.tail()) {
    remainder = make_cons(call.heap, w.found.head(), remainder);
  }
  if (at_end && w.count == 0) return kAtom_end_of_table;
  const bool is_last = at_end && remainder.is_nil() && w.count < w.limit;
  return make_tuple(call.heap, {reversed(call, w.found),
                                is_last ? kAtom_end_of_table
                                        : make_continuation(call, w, remainder)});
}

Term answer(BifCall& call, Walk& w, bool at_end) {
  if (w.limit != 0) return answer_page(call, w, at_end);
  if (w.kind == WalkKind::kDeleteAll) return kAtom_true_;
  if (w.kind == WalkKind::kList || w.kind == WalkKind::kSelect) return w.found;
  return Term::small(w.count);
}

void replace_object(BifCall& call, Table& table, Fragment* object, Term result, Walk& w) {
  if (!result.is_tuple() || !table.fits(result)) return;
  if (!exactly_equal(table.key_of(result), table.key_of(Table::root_of(object)))) return;
  table.replace(object, copy_in(call, result));
  ++w.count;
}

void visit(BifCall& call, Table& table, MatchSpec& spec, Fragment* object, Walk& w) {
  --call.reductions;
  if (w.kind == WalkKind::kList) {
    w.found = make_cons(call.heap, copy_out(call, object), w.found);
    return;
  }
  const Term result = spec.run(call, Table::root_of(object));
  if (!result.is_value()) return;
  switch (w.kind) {
    case WalkKind::kSelect:
      w.found = make_cons(call.heap, copy_out(call, result), w.found);
      if (result.is_boxed()) pay_words(call, object->words());
      ++w.count;
      return;
    case WalkKind::kReplace: return replace_object(call, table, object, result, w);
    default:
      if (result != kAtom_true_) return;
      ++w.count;
      if (w.kind != WalkKind::kCount) table.erase(object);
  }
}

constexpr std::uint64_t kEndHash = std::uint64_t{1} << 32;

// The objects to look at next. False: there are none.
bool next_batch(BifCall& call, const Table& table, const MatchSpec& spec, Walk& w,
                std::vector<Fragment*>& batch) {
  constexpr std::int64_t kBatchMax = 64;
  const Term key = w.kind == WalkKind::kList ? Term() : spec.bound_key(table.options.key_position);
  if (key.is_value() && is_constant_pattern(call.atoms, key)) {
    batch.clear();
    if (w.position.hash >= kEndHash) return false;
    w.position.hash = kEndHash;
    for (Fragment* o = table.find(key); o != nullptr; o = table.older(o)) batch.push_back(o);
    return !batch.empty();
  }
  const std::int64_t wanted =
      w.limit == 0 ? kBatchMax : std::min(kBatchMax, w.limit - w.count);
  table.next_batch(w.position, w.direction, static_cast<std::size_t>(wanted), batch);
  // The object that has the key may go.
  if (table.is_ordered() && !batch.empty()) w.position.key = copy_out(call, w.position.key);
  return !batch.empty();
}

bool changes_table(WalkKind kind) { return kind >= WalkKind::kDelete; }

Term go_on(BifCall& call, Walk& w, Table& table, MatchSpec& spec) {
  if (w.limit != 0 && w.count >= w.limit) return answer(call, w, false);
  std::unique_lock alone(table.lock, std::defer_lock);
  std::shared_lock shared(table.lock, std::defer_lock);
  changes_table(w.kind) ? alone.lock() : shared.lock();
  std::vector<Fragment*> batch;
  while (next_batch(call, table, spec, w, batch)) {
    for (Fragment* object : batch) visit(call, table, spec, object, w);
    if (w.limit != 0 && w.count >= w.limit) return answer(call, w, false);
    if (must_yield(call)) return yield(call, w);
  }
  return answer(call, w, true);
}

Term resume(BifCall& call, Term trap) {
  Walk w = resumed(trap);
  const TablePointer table = call.services.tables->find(w.table_id);
  MatchSpec spec;
  if (table == nullptr || !spec.compile(call, w.spec)) {  // it was deleted meanwhile
    call.first_argument = reference_of(call, w);
    return call.badarg();
  }
  return go_on(call, w, *table, spec);
}

// Begins a walk. Where all is wanted, it goes in the order in which a list grows at its front.
Term begin(BifCall& call, Walk w, Term identifier) {
  const TablePointer table = find_table(
      call, identifier, changes_table(w.kind) ? TableUse::kWrite : TableUse::kRead);
  MatchSpec spec;
  if (table == nullptr || !spec.compile(call, w.spec)) return call.badarg();
  if (w.kind == WalkKind::kReplace &&
      (!(table->options.kind == TableKind::kSet || table->is_ordered()) ||
       !spec.keeps_key(table->options.key_position))) {
    return call.badarg();
  }
  w.table_id = table->id;
  if (w.limit == 0) {
    w.direction = w.direction == WalkDirection::kForward ? WalkDirection::kBackward
                                                         : WalkDirection::kForward;
  }
  return go_on(call, w, *table, spec);
}

bool parse_limit(Term term, std::int64_t& limit) {
  if (!term.is_small() || term.small_value() < 1) return false;
  limit = term.small_value();
  return true;
}

// Goes on with a continuation: first what was left over, then the table.
Term begin_again(BifCall& call, Term continuation) {
  if (continuation == kAtom_end_of_table) return continuation;
  if (!continuation.is_tuple() || continuation.arity() != kContinuationArity ||
      continuation.element(0) != kAtom_select || !continuation.element(2).is_small()) {
    return call.badarg();
  }
  const TablePointer table = find_table(call, continuation.element(1), TableUse::kRead);
  Walk w{.kind = WalkKind::kSelect, .spec = continuation.element(6)};
  MatchSpec spec;
  if (table == nullptr || !parse_limit(continuation.element(5), w.limit) ||
      !spec.compile(call, w.spec)) {
    return call.badarg();
  }
  w.table_id = table->id;
  w.position.hash = static_cast<std::uint64_t>(continuation.element(2).small_value()) &
                    (2 * kEndHash - 1);
  if (continuation.element(3).is_cons()) w.position.key = continuation.element(3).head();
  if (continuation.element(4) != kAtom_true_) w.direction = WalkDirection::kBackward;
  for (Term rest = continuation.element(7); rest.is_cons(); rest = rest.tail(), ++w.count) {
    w.found = make_cons(call.heap, rest.head(), w.found);
  }
  return go_on(call, w, *table, spec);
}

Term select(BifCall& call, const Term* a, WalkKind kind,
            WalkDirection direction = WalkDirection::kForward) {
  if (is_trap(a[0])) return resume(call, a[0]);
  return begin(call, {.kind = kind, .direction = direction, .spec = a[1]}, a[0]);
}
Term select_page(BifCall& call, const Term* a, WalkDirection direction) {
  if (is_trap(a[0])) return resume(call, a[0]);
  Walk w{.kind = WalkKind::kSelect, .direction = direction, .spec = a[1]};
  return parse_limit(a[2], w.limit) ? begin(call, w, a[0]) : call.badarg();
}
Term select_again(BifCall& call, const Term* a) {
  return is_trap(a[0]) ? resume(call, a[0]) : begin_again(call, a[0]);
}

// [{Pattern, [], [Body]}]
Term pattern_spec(BifCall& call, Term pattern, Term body) {
  const Term clause = make_tuple(
      call.heap, {pattern, Term::nil(), make_cons(call.heap, body, Term::nil())});
  return make_cons(call.heap, clause, Term::nil());
}
Term match(BifCall& call, const Term* a, Term body, WalkKind kind = WalkKind::kSelect) {
  if (is_trap(a[0])) return resume(call, a[0]);
  return begin(call, {.kind = kind, .spec = pattern_spec(call, a[1], body)}, a[0]);
}
Term match_page(BifCall& call, const Term* a, Term body) {
  if (is_trap(a[0])) return resume(call, a[0]);
  Walk w{.kind = WalkKind::kSelect, .spec = pattern_spec(call, a[1], body)};
  return parse_limit(a[2], w.limit) ? begin(call, w, a[0]) : call.badarg();
}

}  // namespace

Term bif_ets_tab2list(BifCall& call, const Term* a) {
  if (is_trap(a[0])) return resume(call, a[0]);
  return begin(call, {.kind = WalkKind::kList}, a[0]);
}
Term bif_ets_select(BifCall& call, const Term* a) { return select(call, a, WalkKind::kSelect); }
Term bif_ets_select_limit(BifCall& call, const Term* a) {
  return select_page(call, a, WalkDirection::kForward);
}
Term bif_ets_select_again(BifCall& call, const Term* a) { return select_again(call, a); }
Term bif_ets_select_reverse(BifCall& call, const Term* a) {
  return select(call, a, WalkKind::kSelect, WalkDirection::kBackward);
}
Term bif_ets_select_reverse_limit(BifCall& call, const Term* a) {
  return select_page(call, a, WalkDirection::kBackward);
}
Term bif_ets_select_reverse_again(BifCall& call, const Term* a) { return select_again(call, a); }
Term bif_ets_select_count(BifCall& call, const Term* a) {
  return select(call, a, WalkKind::kCount);
}
Term bif_ets_select_delete(BifCall& call, const Term* a) {
  return select(call, a, WalkKind::kDelete);
}
Term bif_ets_select_replace(BifCall& call, const Term* a) {
  return select(call, a, WalkKind::kReplace);
}
Term bif_ets_match(BifCall& call, const Term* a) { return match(call, a, kAtom_all_variables); }
Term bif_ets_match_limit(BifCall& call, const Term* a) {
  return match_page(call, a, kAtom_all_variables);
}
Term bif_ets_match_again(BifCall& call, const Term* a) { return select_again(call, a); }
Term bif_ets_match_object(BifCall& call, const Term* a) {
  return match(call, a, kAtom_whole_object);
}
Term bif_ets_match_object_limit(BifCall& call, const Term* a) {
  return match_page(call, a, kAtom_whole_object);
}
Term bif_ets_match_object_again(BifCall& call, const Term* a) { return select_again(call, a); }
Term bif_ets_match_delete(BifCall& call, const Term* a) {
  return match(call, a, kAtom_true_, WalkKind::kDeleteAll);
}

// ---- match specifications without a table ------------------------------------------------------

Term bif_ets_test_ms(BifCall& call, const Term* a) {
  MatchSpec spec;
  if (!spec.compile(call, a[1])) {
    const Term text = make_byte_list(call.heap, spec.problem());
    const Term problem = make_tuple(call.heap, {kAtom_error, text});
    return make_tuple(call.heap, {kAtom_error, make_cons(call.heap, problem, Term::nil())});
  }
  const Term result = spec.run(call, a[0]);
  return make_tuple(call.heap, {kAtom_ok, result.is_value() ? result : kAtom_false_});
}

Term bif_ets_match_spec_compile(BifCall& call, const Term* a) {
  MatchSpec spec;
  if (!spec.compile(call, a[0])) return call.badarg();
  return make_tuple(call.heap, {kAtom_compiled_match_spec, a[0]});
}

// The results of a list of terms, before the list `a[2]`, the latest first. Where it yields, its
// arguments say what is left.
Term bif_ets_match_spec_run_r(BifCall& call, const Term* a) {
  MatchSpec spec;
  if (!a[1].is_tuple() || a[1].arity() != 2 || a[1].element(0) != kAtom_compiled_match_spec ||
      !spec.compile(call, a[1].element(1))) {
    return call.badarg();
  }
  Term list = a[0], results = a[2];
  for (; list.is_cons(); list = list.tail()) {
    const Term result = spec.run(call, list.head());
    if (result.is_value()) results = make_cons(call.heap, result, results);
    --call.reductions;
    if (must_yield(call)) {
      call.x[0] = list.tail(), call.x[1] = a[1], call.x[2] = results;
      return call.again(BifAnswer::kYield);
    }
  }
  return list.is_nil() ? results : call.badarg();
}

}  // namespace parley
