// Built-ins: tables.
#include "vm/bif/arith.h"
#include "vm/bif/support.h"
#include "vm/ets/tables.h"
#include "vm/heap/copy.h"
#include "vm/heap/make_integer.h"
#include "vm/process/bif_support.h"

namespace parley {

namespace {

using TablePointer = std::shared_ptr<Table>;
enum class Use : std::uint8_t { kRead, kWrite };

TablePointer find_table(BifCall& call, Term identifier, Use use) {
  TablePointer table;
  if (identifier.is_atom()) table = call.services.tables->find_named(identifier);
  else if (identifier.is_box(Subtag::kRef)) {
    table = call.services.tables->find(identifier.box()[1]);
  }
  if (table == nullptr) return nullptr;
  const TableAccess needed =
      use == Use::kWrite ? TableAccess::kPublic : TableAccess::kProtected;
  if (table->options.access > needed && table->owner != own_pid(call)) return nullptr;
  return table;
}

Term identifier_of(BifCall& call, const Table& table) {
  if (table.options.named) return table.name;
  Word* words = call.heap.allocate(2);
  words[0] = make_header(Subtag::kRef, 1);
  words[1] = table.id;
  return Term::boxed(words);
}

Term copy_out(BifCall& call, Fragment* object) {
  const Term copy =
      copy_to_heap(Term(object->terms()[0]), call.heap, call.services.processes->literals);
  pay_words(call, object->words());
  return copy;
}

Fragment* copy_in(BifCall& call, Term object) {
  pay_words(call, 64);
  return make_message(*call.services.processes, MessageKind::kMessage, object, 0);
}

bool fits(const Table& table, Term object) {
  return object.is_tuple() && object.arity() >= table.options.key_position;
}

bool parse_option(Term option, TableOptions& options) {
  if (option == kAtom_set) options.kind = TableKind::kSet;
  else if (option == kAtom_ordered_set) options.kind = TableKind::kOrderedSet;
  else if (option == kAtom_bag) options.kind = TableKind::kBag;
  else if (option == kAtom_duplicate_bag) options.kind = TableKind::kDuplicateBag;
  else if (option == kAtom_public_) options.access = TableAccess::kPublic;
  else if (option == kAtom_protected_) options.access = TableAccess::kProtected;
  else if (option == kAtom_private_) options.access = TableAccess::kPrivate;
  else if (option == kAtom_named_table) options.named = true;
  else if (option == kAtom_compressed) return true;
  else if (option.is_tuple() && option.arity() >= 2) {
    const Term key = option.element(0), value = option.element(1);
    if (key == kAtom_keypos) {
      if (!value.is_small() || value.small_value() < 1) return false;
      options.key_position = static_cast<std::uint32_t>(value.small_value());
      return true;
    }
    return key == kAtom_read_concurrency || key == kAtom_write_concurrency ||
           key == kAtom_decentralized_counters || key == kAtom_heir;
  } else {
    return false;
  }
  return true;
}

// The objects to insert: one tuple or a list of tuples. False: not that.
bool collect_objects(const Table& table, Term what, std::vector<Term>& objects) {
  if (fits(table, what)) {
    objects.push_back(what);
    return true;
  }
  for (; what.is_cons(); what = what.tail()) {
    if (!fits(table, what.head())) return false;
    objects.push_back(what.head());
  }
  return what.is_nil();
}

}  // namespace

Term bif_ets_new(BifCall& call, const Term* a) {
  TableOptions options;
  Term list = a[1];
  for (; list.is_cons(); list = list.tail()) {
    if (!parse_option(list.head(), options)) return call.badarg();
  }
  if (!a[0].is_atom() || !list.is_nil()) return call.badarg();
  const auto table = call.services.tables->create(options, a[0], *call.process, own_pid(call),
                                                  call.services.processes->next_reference());
  return table == nullptr ? call.badarg() : identifier_of(call, *table);
}

Term bif_ets_insert(BifCall& call, const Term* a) {
  const TablePointer table = find_table(call, a[0], Use::kWrite);
  std::vector<Term> objects;
  if (table == nullptr || !collect_objects(*table, a[1], objects)) return call.badarg();
  std::vector<Fragment*> copies;
  for (const Term object : objects) copies.push_back(copy_in(call, object));
  std::unique_lock guard(table->lock);
  for (Fragment* copy : copies) table->insert(copy);
  return kAtom_true_;
}

Term bif_ets_insert_new(BifCall& call, const Term* a) {
  const TablePointer table = find_table(call, a[0], Use::kWrite);
  std::vector<Term> objects;
  if (table == nullptr || !collect_objects(*table, a[1], objects)) return call.badarg();
  std::vector<Fragment*> copies;
  for (const Term object : objects) copies.push_back(copy_in(call, object));
  std::unique_lock guard(table->lock);
  for (const Term object : objects) {
    if (table->find(table->key_of(object)) == nullptr) continue;
    for (Fragment* copy : copies) free_fragment(copy);
    return kAtom_false_;
  }
  for (Fragment* copy : copies) table->insert(copy);
  return kAtom_true_;
}

Term bif_ets_lookup(BifCall& call, const Term* a) {
  const TablePointer table = find_table(call, a[0], Use::kRead);
  if (table == nullptr) return call.badarg();
  ListBuilder found(call.heap);
  std::shared_lock guard(table->lock);
  if (const auto* objects = table->find(a[1])) {
    for (Fragment* object : *objects) found.append(copy_out(call, object));
  }
  return found.finish();
}

static Term lookup_element(BifCall& call, const Term* a, Term otherwise) {
  const TablePointer table = find_table(call, a[0], Use::kRead);
  if (table == nullptr || !a[2].is_small() || a[2].small_value() < 1) return call.badarg();
  const auto index = static_cast<Word>(a[2].small_value() - 1);
  std::shared_lock guard(table->lock);
  const auto* objects = table->find(a[1]);
  if (objects == nullptr) return otherwise.is_value() ? otherwise : call.badarg();
  std::vector<Term> elements;
  for (Fragment* object : *objects) {
    const Term tuple(object->terms()[0]);
    if (index >= tuple.arity()) return call.badarg();
    elements.push_back(copy_to_heap(tuple.element(index), call.heap,
                                    call.services.processes->literals));
  }
  const bool single = table->options.kind == TableKind::kSet ||
                      table->options.kind == TableKind::kOrderedSet;
  if (single) return elements.front();
  ListBuilder list(call.heap);
  for (const Term element : elements) list.append(element);
  return list.finish();
}
Term bif_ets_lookup_element(BifCall& call, const Term* a) {
  return lookup_element(call, a, Term());
}
Term bif_ets_lookup_element_default(BifCall& call, const Term* a) {
  return lookup_element(call, a, a[3]);
}

Term bif_ets_member(BifCall& call, const Term* a) {
  const TablePointer table = find_table(call, a[0], Use::kRead);
  if (table == nullptr) return call.badarg();
  std::shared_lock guard(table->lock);
  return boolean(table->find(a[1]) != nullptr);
}

Term bif_ets_delete_table(BifCall& call, const Term* a) {
  const TablePointer table = find_table(call, a[0], Use::kWrite);
  if (table == nullptr) return call.badarg();
  call.services.tables->remove(*table);
  return kAtom_true_;
}
Term bif_ets_delete(BifCall& call, const Term* a) {
  const TablePointer table = find_table(call, a[0], Use::kWrite);
  if (table == nullptr) return call.badarg();
  std::unique_lock guard(table->lock);
  table->erase_key(a[1]);
  return kAtom_true_;
}
Term bif_ets_delete_object(BifCall& call, const Term* a) {
  const TablePointer table = find_table(call, a[0], Use::kWrite);
  if (table == nullptr || !fits(*table, a[1])) return call.badarg();
  std::unique_lock guard(table->lock);
  table->erase_object(a[1]);
  return kAtom_true_;
}
Term bif_ets_delete_all_objects(BifCall& call, const Term* a) {
  const TablePointer table = find_table(call, a[0], Use::kWrite);
  if (table == nullptr) return call.badarg();
  std::unique_lock guard(table->lock);
  table->clear();
  return kAtom_true_;
}
Term bif_ets_take(BifCall& call, const Term* a) {
  const TablePointer table = find_table(call, a[0], Use::kWrite);
  if (table == nullptr) return call.badarg();
  ListBuilder taken(call.heap);
  std::unique_lock guard(table->lock);
  if (const auto* objects = table->find(a[1])) {
    for (Fragment* object : *objects) taken.append(copy_out(call, object));
    table->erase_key(a[1]);
  }
  return taken.finish();
}

// ---- counters ----------------------------------------------------------------------------------

namespace {

struct CounterStep {
  Word index = 1;  // from 0
  Term increment, threshold, reset;  // non-values: none
};

bool parse_step(const Table& table, Term term, CounterStep& step) {
  step.index = table.options.key_position;
  if (term.is_integer()) {
    step.increment = term;
    return true;
  }
  if (!term.is_tuple() || (term.arity() != 2 && term.arity() != 4)) return false;
  if (!term.element(0).is_small() || term.element(0).small_value() < 1) return false;
  step.index = static_cast<Word>(term.element(0).small_value() - 1);
  step.increment = term.element(1);
  if (term.arity() == 4) step.threshold = term.element(2), step.reset = term.element(3);
  return step.increment.is_integer();
}

Term stepped(BifCall& call, Term value, const CounterStep& step) {
  Term sum = arith_add(call, value, step.increment);
  if (!sum.is_value() || !step.threshold.is_value()) return sum;
  const bool up = compare(step.increment, Term::small(0), call.atoms) >= 0;
  const int order = compare(sum, step.threshold, call.atoms);
  return (up && order > 0) || (!up && order < 0) ? step.reset : sum;
}

// The object with some elements changed, as a fragment of its own.
Fragment* changed(BifCall& call, Term object, const std::vector<std::pair<Word, Term>>& changes) {
  const Word arity = object.arity();
  Word* words = call.heap.allocate(arity + 1);
  words[0] = make_header(Subtag::kTuple, arity);
  for (Word i = 0; i < arity; ++i) words[1 + i] = object.element(i).raw;
  for (const auto& [index, value] : changes) words[1 + index] = value.raw;
  return copy_in(call, Term::boxed(words));
}

Term update_counter(BifCall& call, const Term* a, Term initial) {
  const TablePointer table = find_table(call, a[0], Use::kWrite);
  if (table == nullptr) return call.badarg();
  std::vector<CounterStep> steps;
  const bool many = a[2].is_list();
  for (Term list = a[2]; many && list.is_cons(); list = list.tail()) {
    CounterStep step;
    if (!parse_step(*table, list.head(), step)) return call.badarg();
    steps.push_back(step);
  }
  if (!many) {
    CounterStep step;
    if (!parse_step(*table, a[2], step)) return call.badarg();
    steps.push_back(step);
  }
  std::unique_lock guard(table->lock);
  const auto* objects = table->find(a[1]);
  Term object = objects == nullptr ? initial : Term(objects->front()->terms()[0]);
  if (!object.is_value() || !fits(*table, object)) return call.badarg();
  std::vector<std::pair<Word, Term>> changes;
  ListBuilder results(call.heap);
  Term last;
  for (const CounterStep& step : steps) {
    if (step.index >= object.arity() || step.index == table->options.key_position - 1) {
      return call.badarg();
    }
    Term value = object.element(step.index);
    for (const auto& [index, before] : changes) {
      if (index == step.index) value = before;
    }
    if (!value.is_integer()) return call.badarg();
    last = stepped(call, value, step);
    if (!last.is_value()) return last;
    changes.emplace_back(step.index, last);
    if (many) results.append(last);
  }
  const bool in_place = objects != nullptr && changes.size() == 1 && last.is_small() &&
                        object.element(changes[0].first).is_small();
  if (in_place) {
    object.box()[1 + changes[0].first] = last.raw;
  } else {
    if (objects == nullptr) {
      // The key of a default object is the one that was asked for.
      changes.emplace_back(table->options.key_position - 1, a[1]);
    }
    table->insert(changed(call, object, changes));
  }
  return many ? results.finish() : last;
}

}  // namespace

Term bif_ets_update_counter(BifCall& call, const Term* a) {
  return update_counter(call, a, Term());
}
Term bif_ets_update_counter_default(BifCall& call, const Term* a) {
  return update_counter(call, a, a[3]);
}

// ---- walking -----------------------------------------------------------------------------------

static Term key_or_end(BifCall& call, Term key) {
  if (!key.is_value()) return kAtom_end_of_table;
  return copy_to_heap(key, call.heap, call.services.processes->literals);
}
Term bif_ets_first(BifCall& call, const Term* a) {
  const TablePointer table = find_table(call, a[0], Use::kRead);
  if (table == nullptr) return call.badarg();
  std::shared_lock guard(table->lock);
  return key_or_end(call, table->first());
}
Term bif_ets_next(BifCall& call, const Term* a) {
  const TablePointer table = find_table(call, a[0], Use::kRead);
  if (table == nullptr) return call.badarg();
  std::shared_lock guard(table->lock);
  bool known = false;
  const Term key = table->next(a[1], known);
  return known ? key_or_end(call, key) : call.badarg();
}
Term bif_ets_last(BifCall& call, const Term* a) {
  const TablePointer table = find_table(call, a[0], Use::kRead);
  if (table == nullptr) return call.badarg();
  std::shared_lock guard(table->lock);
  return key_or_end(call, table->last());
}
Term bif_ets_prev(BifCall& call, const Term* a) {
  const TablePointer table = find_table(call, a[0], Use::kRead);
  if (table == nullptr) return call.badarg();
  std::shared_lock guard(table->lock);
  if (table->options.kind == TableKind::kOrderedSet) {
    return key_or_end(call, table->previous(a[1]));
  }
  bool known = false;
  const Term key = table->next(a[1], known);
  return known ? key_or_end(call, key) : call.badarg();
}
Term bif_ets_tab2list(BifCall& call, const Term* a) {
  const TablePointer table = find_table(call, a[0], Use::kRead);
  if (table == nullptr) return call.badarg();
  ListBuilder list(call.heap);
  std::shared_lock guard(table->lock);
  table->each([&](Fragment* object) { list.append(copy_out(call, object)); });
  return list.finish();
}

Term bif_ets_info(BifCall& call, const Term* a) {
  TablePointer table = a[0].is_atom() ? call.services.tables->find_named(a[0])
                       : a[0].is_box(Subtag::kRef)
                           ? call.services.tables->find(a[0].box()[1])
                           : nullptr;
  if (!a[0].is_atom() && !a[0].is_ref()) return call.badarg();
  if (table == nullptr) return kAtom_undefined;
  std::shared_lock guard(table->lock);
  const Term kinds[] = {kAtom_set, kAtom_ordered_set, kAtom_bag, kAtom_duplicate_bag};
  const Term accesses[] = {kAtom_public_, kAtom_protected_, kAtom_private_};
  if (a[1] == kAtom_size) return Term::small(static_cast<std::int64_t>(table->size()));
  if (a[1] == kAtom_memory) return Term::small(static_cast<std::int64_t>(table->words()));
  if (a[1] == kAtom_type) return kinds[static_cast<unsigned>(table->options.kind)];
  if (a[1] == kAtom_protection) return accesses[static_cast<unsigned>(table->options.access)];
  if (a[1] == kAtom_name) return table->name;
  if (a[1] == kAtom_owner) return table->owner;
  if (a[1] == kAtom_keypos) return Term::small(table->options.key_position);
  if (a[1] == kAtom_named_table) return boolean(table->options.named);
  if (a[1] == kAtom_id) return identifier_of(call, *table);
  if (a[1] == kAtom_node) return kAtom_nonode_at_nohost;
  return call.badarg();
}
Term bif_ets_whereis(BifCall& call, const Term* a) {
  if (!a[0].is_atom()) return call.badarg();
  const TablePointer table = call.services.tables->find_named(a[0]);
  if (table == nullptr) return kAtom_undefined;
  Word* words = call.heap.allocate(2);
  words[0] = make_header(Subtag::kRef, 1);
  words[1] = table->id;
  return Term::boxed(words);
}
Term bif_ets_all(BifCall& call, const Term*) {
  ListBuilder list(call.heap);
  for (const auto& table : call.services.tables->all()) list.append(identifier_of(call, *table));
  return list.finish();
}

}  // namespace parley
