// Built-ins: what a table is, whose it is, how it is called.
#include "vm/ets/table_access.h"
#include "vm/heap/make_integer.h"

namespace parley {

namespace {

enum class FixTime : std::uint8_t { kTimestamp, kMonotonic };

// {Since, [{Pid, Count}]}; a timestamp is {MegaSeconds, Seconds, MicroSeconds}.
Term describe_fixes(BifCall& call, const Table& table, FixTime time) {
  const Table::Fixes* fixes = table.fixes();
  if (fixes == nullptr) return kAtom_false_;
  ListBuilder list(call.heap);
  for (const auto& [pid, count] : fixes->by_pid) {
    list.append(make_tuple(call.heap, {Term(pid), Term::small(count)}));
  }
  const Term users = list.finish();
  if (time == FixTime::kMonotonic) {
    return make_tuple(call.heap, {make_int64(call.heap, fixes->since_monotonic_ns), users});
  }
  const std::int64_t us = fixes->since_system_ns / 1000;
  constexpr std::int64_t kMillion = 1'000'000;
  const Term since = make_tuple(call.heap, {Term::small(us / kMillion / kMillion),
                                            Term::small(us / kMillion % kMillion),
                                            Term::small(us % kMillion)});
  return make_tuple(call.heap, {since, users});
}

// The non-value: no such item. The table's lock is held.
Term describe(BifCall& call, const Table& table, Term item) {
  constexpr Term kKinds[] = {kAtom_set, kAtom_ordered_set, kAtom_bag, kAtom_duplicate_bag};
  constexpr Term kAccesses[] = {kAtom_public_, kAtom_protected_, kAtom_private_};
  const TableOptions& options = table.options;
  if (item == kAtom_size) return Term::small(static_cast<std::int64_t>(table.size()));
  if (item == kAtom_memory) return Term::small(static_cast<std::int64_t>(table.words()));
  if (item == kAtom_type) return kKinds[static_cast<unsigned>(options.kind)];
  if (item == kAtom_protection) return kAccesses[static_cast<unsigned>(table.access.load())];
  if (item == kAtom_name) return Term(table.name.load());
  if (item == kAtom_owner) return Term(table.owner.load());
  if (item == kAtom_heir) {
    const bool alive =
        table.heir.is_pid() && call.services.processes->find(table.heir) != nullptr;
    return alive ? table.heir : kAtom_none;
  }
  if (item == kAtom_keypos) return Term::small(options.key_position);
  if (item == kAtom_named_table) return boolean(options.named);
  if (item == kAtom_compressed) return boolean(options.compressed);
  if (item == kAtom_read_concurrency) return boolean(options.read_concurrency);
  if (item == kAtom_write_concurrency) return options.write_concurrency;
  if (item == kAtom_decentralized_counters) return boolean(options.decentralized_counters);
  if (item == kAtom_fixed) return boolean(table.fixes() != nullptr);
  if (item == kAtom_safe_fixed) return describe_fixes(call, table, FixTime::kTimestamp);
  if (item == kAtom_safe_fixed_monotonic_time) {
    return describe_fixes(call, table, FixTime::kMonotonic);
  }
  if (item == kAtom_node) return kAtom_nonode_at_nohost;
  return Term();
}

Term make_reference(BifCall& call, std::uint64_t id) {
  Word* words = call.heap.allocate(2);
  words[0] = make_header(Subtag::kRef, 1);
  words[1] = id;
  return Term::boxed(words);
}

}  // namespace

Term bif_ets_info(BifCall& call, const Term* a) {
  const TablePointer table = table_named(call, a[0]);
  if (!a[0].is_atom() && !a[0].is_ref()) return call.badarg();
  if (table == nullptr) return kAtom_undefined;
  if (a[1] == kAtom_id) return make_reference(call, table->id);
  std::shared_lock guard(table->lock);
  const Term value = describe(call, *table, a[1]);
  return value.is_value() ? value : call.badarg();
}

Term bif_ets_whereis(BifCall& call, const Term* a) {
  if (!a[0].is_atom()) return call.badarg();
  const TablePointer table = call.services.tables->find_named(a[0]);
  return table == nullptr ? kAtom_undefined : make_reference(call, table->id);
}

Term bif_ets_all(BifCall& call, const Term*) {
  ListBuilder list(call.heap);
  for (const TablePointer& table : call.services.tables->all()) {
    list.append(table_identifier(call.heap, *table));
    --call.reductions;
  }
  return list.finish();
}

Term bif_ets_rename(BifCall& call, const Term* a) {
  const TablePointer table = find_table(call, a[0], TableUse::kWrite);
  if (table == nullptr || !a[1].is_atom()) return call.badarg();
  if (!call.services.tables->rename(*table, a[1])) return call.badarg();
  return table_identifier(call.heap, *table);
}

Term bif_ets_give_away(BifCall& call, const Term* a) {
  const TablePointer table = find_table(call, a[0], TableUse::kOwner);
  const Term self = own_pid(call);
  if (table == nullptr || !a[1].is_pid() || a[1] == self) return call.badarg();
  if (call.services.processes->find(a[1]) == nullptr) return call.badarg();
  pay_words(call, 64);
  if (!call.services.tables->hand_over(*table, self, a[1], a[2])) return call.badarg();
  return kAtom_true_;
}

namespace {

struct NewOptions {
  bool has_heir = false, has_access = false;
  Term heir, heir_data = Term::nil();
  TableAccess access = TableAccess::kPublic;
};

bool parse_change(Term option, NewOptions& wanted) {
  if (!option.is_tuple() || option.arity() < 2 || option.arity() > 3) return false;
  const Term key = option.element(0), value = option.element(1);
  if (key == kAtom_heir && !wanted.has_heir) {
    wanted.has_heir = true;
    wanted.heir = value;
    if (option.arity() == 2) return value == kAtom_none;
    wanted.heir_data = option.element(2);
    return value.is_pid();
  }
  if (key != kAtom_protection || option.arity() != 2 || wanted.has_access) return false;
  wanted.has_access = true;
  if (value == kAtom_public_) wanted.access = TableAccess::kPublic;
  else if (value == kAtom_protected_) wanted.access = TableAccess::kProtected;
  else if (value == kAtom_private_) wanted.access = TableAccess::kPrivate;
  else return false;
  return true;
}

bool parse_all_changes(Term options, NewOptions& wanted) {
  if (!options.is_list()) return parse_change(options, wanted);
  for (; options.is_cons(); options = options.tail()) {
    if (!parse_change(options.head(), wanted)) return false;
  }
  return options.is_nil();
}

}  // namespace

Term bif_ets_setopts(BifCall& call, const Term* a) {
  const TablePointer table = find_table(call, a[0], TableUse::kOwner);
  NewOptions wanted;
  if (table == nullptr || !parse_all_changes(a[1], wanted)) return call.badarg();
  if (wanted.has_access) table->access.store(wanted.access);
  if (!wanted.has_heir) return kAtom_true_;
  Fragment* data = wanted.heir.is_pid() ? copy_in(call, wanted.heir_data) : nullptr;
  std::unique_lock guard(table->lock);
  table->heir = wanted.heir;
  std::swap(table->heir_data, data);
  guard.unlock();
  if (data != nullptr) free_fragment(data);
  return kAtom_true_;
}

}  // namespace parley
