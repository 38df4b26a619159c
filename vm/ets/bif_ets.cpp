// Built-ins: making tables, and their objects by key. bif_ets_update.cpp changes parts of objects,
// bif_ets_walk.cpp and bif_ets_select.cpp walk tables, bif_ets_owner.cpp tells and changes what a
// table is.
#include "vm/ets/table_access.h"

namespace parley {

namespace {

bool parse_flag(Term value, bool& flag) {
  if (value != kAtom_true_ && value != kAtom_false_) return false;
  flag = value == kAtom_true_;
  return true;
}

bool parse_pair(Term key, Term value, TableOptions& options) {
  if (key == kAtom_keypos) {
    constexpr std::int64_t kKeyPositionMax = 1 << 24;
    if (!value.is_small() || value.small_value() < 1 || value.small_value() > kKeyPositionMax) {
      return false;
    }
    options.key_position = static_cast<std::uint32_t>(value.small_value());
    return true;
  }
  if (key == kAtom_read_concurrency) return parse_flag(value, options.read_concurrency);
  if (key == kAtom_decentralized_counters) return parse_flag(value, options.decentralized_counters);
  if (key == kAtom_write_concurrency) {
    options.write_concurrency = value;
    return value == kAtom_true_ || value == kAtom_false_ || value == kAtom_auto_;
  }
  if (key == kAtom_heir && value == kAtom_none) {
    options.heir = kAtom_none;
    return true;
  }
  return false;
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
  else if (option == kAtom_compressed) options.compressed = true;
  else if (option.is_tuple() && option.arity() == 2) {
    return parse_pair(option.element(0), option.element(1), options);
  } else if (option.is_tuple() && option.arity() == 3 && option.element(0) == kAtom_heir) {
    options.heir = option.element(1);
    options.heir_data = option.element(2);
    return options.heir.is_pid();
  } else {
    return false;
  }
  return true;
}

// The objects to insert: one tuple or a list of tuples. False: not that.
bool collect_objects(const Table& table, Term what, std::vector<Term>& objects) {
  if (table.fits(what)) {
    objects.push_back(what);
    return true;
  }
  for (; what.is_cons(); what = what.tail()) {
    if (!table.fits(what.head())) return false;
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
  const auto table = call.services.tables->create(options, a[0], own_pid(call),
                                                  call.services.processes->next_reference());
  return table == nullptr ? call.badarg() : table_identifier(call.heap, *table);
}

namespace {

// What is to be put into a table, and the copies that go into it. False: it does not fit.
struct Insertion {
  std::vector<Term> objects;
  std::vector<Fragment*> copies;
};
bool prepare_insertion(BifCall& call, const Table& table, Term what, Insertion& insertion) {
  if (!collect_objects(table, what, insertion.objects)) return false;
  insertion.copies.reserve(insertion.objects.size());
  for (const Term object : insertion.objects) insertion.copies.push_back(copy_in(call, object));
  call.reductions -= static_cast<std::int64_t>(insertion.objects.size() / 4);
  help_sweep(call);
  return true;
}

}  // namespace

Term bif_ets_insert(BifCall& call, const Term* a) {
  const TablePointer table = find_table(call, a[0], TableUse::kWrite);
  if (table == nullptr) return call.badarg();
  if (table->fits(a[1])) {  // the commonest case without a vector
    Fragment* copy = copy_in(call, a[1]);
    help_sweep(call);
    std::unique_lock guard(table->lock);
    table->insert(copy);
    return kAtom_true_;
  }
  Insertion insertion;
  if (!prepare_insertion(call, *table, a[1], insertion)) return call.badarg();
  std::unique_lock guard(table->lock);
  for (Fragment* copy : insertion.copies) table->insert(copy);
  return kAtom_true_;
}

Term bif_ets_insert_new(BifCall& call, const Term* a) {
  const TablePointer table = find_table(call, a[0], TableUse::kWrite);
  Insertion insertion;
  if (table == nullptr || !prepare_insertion(call, *table, a[1], insertion)) return call.badarg();
  std::unique_lock guard(table->lock);
  for (const Term object : insertion.objects) {
    if (table->find(table->key_of(object)) == nullptr) continue;
    guard.unlock();
    for (Fragment* copy : insertion.copies) free_fragment(copy);
    return kAtom_false_;
  }
  for (Fragment* copy : insertion.copies) table->insert(copy);
  return kAtom_true_;
}

// Objects come newest first, and are answered oldest first.
static Term copy_all(BifCall& call, const Table& table, Term key) {
  Term list = Term::nil();
  for (Fragment* object = table.find(key); object != nullptr; object = table.older(object)) {
    list = make_cons(call.heap, copy_out(call, object), list);
  }
  return list;
}

Term bif_ets_lookup(BifCall& call, const Term* a) {
  const TablePointer table = find_table(call, a[0], TableUse::kRead);
  if (table == nullptr) return call.badarg();
  std::shared_lock guard(table->lock);
  return copy_all(call, *table, a[1]);
}

static Term lookup_element(BifCall& call, const Term* a, Term otherwise) {
  const TablePointer table = find_table(call, a[0], TableUse::kRead);
  if (table == nullptr || !a[2].is_small() || a[2].small_value() < 1) return call.badarg();
  const auto index = static_cast<Word>(a[2].small_value() - 1);
  std::shared_lock guard(table->lock);
  Fragment* object = table->find(a[1]);
  if (object == nullptr) return otherwise.is_value() ? otherwise : call.badarg();
  Term list = Term::nil();
  for (; object != nullptr; object = table->older(object)) {
    const Term tuple = Table::root_of(object);
    if (index >= tuple.arity()) return call.badarg();
    const Term element = copy_out(call, tuple.element(index));
    if (table->is_set()) return element;
    list = make_cons(call.heap, element, list);
  }
  return list;
}
Term bif_ets_lookup_element(BifCall& call, const Term* a) {
  return lookup_element(call, a, Term());
}
Term bif_ets_lookup_element_default(BifCall& call, const Term* a) {
  return lookup_element(call, a, a[3]);
}

Term bif_ets_member(BifCall& call, const Term* a) {
  const TablePointer table = find_table(call, a[0], TableUse::kRead);
  if (table == nullptr) return call.badarg();
  std::shared_lock guard(table->lock);
  return boolean(table->find(a[1]) != nullptr);
}

namespace {

constexpr std::size_t kFreedAtOnce = 64;
constexpr std::int64_t kFreedPerReduction = 8;

// Frees what is deleted until nothing is left or the slice is over.
Term free_deleted(BifCall& call) {
  while (!call.services.tables->sweep(kFreedAtOnce)) {
    call.reductions -= kFreedAtOnce / kFreedPerReduction;
    if (!must_yield(call)) continue;
    call.x[0] = make_trap(call.heap, 0, {});
    return call.again(BifAnswer::kYield);
  }
  return kAtom_true_;
}

}  // namespace

// The table is gone at once, its memory by and by.
Term bif_ets_delete_table(BifCall& call, const Term* a) {
  if (is_trap(a[0])) return free_deleted(call);
  const TablePointer table = find_table(call, a[0], TableUse::kWrite);
  if (table == nullptr || !call.services.tables->remove(*table)) return call.badarg();
  return free_deleted(call);
}
Term bif_ets_delete(BifCall& call, const Term* a) {
  const TablePointer table = find_table(call, a[0], TableUse::kWrite);
  if (table == nullptr) return call.badarg();
  std::unique_lock guard(table->lock);
  table->erase_key(a[1]);
  return kAtom_true_;
}
Term bif_ets_delete_object(BifCall& call, const Term* a) {
  const TablePointer table = find_table(call, a[0], TableUse::kWrite);
  if (table == nullptr || !table->fits(a[1])) return call.badarg();
  std::unique_lock guard(table->lock);
  table->erase_object(a[1]);
  return kAtom_true_;
}
// Likewise. (A table that is fixed is emptied in one go.)
Term bif_ets_delete_all_objects(BifCall& call, const Term* a) {
  if (is_trap(a[0])) return free_deleted(call);
  const TablePointer table = find_table(call, a[0], TableUse::kWrite);
  if (table == nullptr) return call.badarg();
  call.services.tables->empty(*table);
  return free_deleted(call);
}

Term bif_ets_take(BifCall& call, const Term* a) {
  const TablePointer table = find_table(call, a[0], TableUse::kWrite);
  if (table == nullptr) return call.badarg();
  std::unique_lock guard(table->lock);
  const Term taken = copy_all(call, *table, a[1]);
  if (!taken.is_nil()) table->erase_key(a[1]);
  return taken;
}

}  // namespace parley
