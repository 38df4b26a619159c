// Built-ins: from key to key.
#include "vm/ets/table_access.h"

namespace parley {

static Term key_or_end(BifCall& call, Term key) {
  return key.is_value() ? copy_out(call, key) : kAtom_end_of_table;
}

Term bif_ets_first(BifCall& call, const Term* a) {
  const TablePointer table = find_table(call, a[0], TableUse::kRead);
  if (table == nullptr) return call.badarg();
  std::shared_lock guard(table->lock);
  return key_or_end(call, table->first());
}
Term bif_ets_next(BifCall& call, const Term* a) {
  const TablePointer table = find_table(call, a[0], TableUse::kRead);
  if (table == nullptr) return call.badarg();
  std::shared_lock guard(table->lock);
  bool known = false;
  const Term key = table->next(a[1], known);
  return known ? key_or_end(call, key) : call.badarg();
}
Term bif_ets_last(BifCall& call, const Term* a) {
  const TablePointer table = find_table(call, a[0], TableUse::kRead);
  if (table == nullptr) return call.badarg();
  std::shared_lock guard(table->lock);
  return key_or_end(call, table->last());
}
// In a hashed table the same as next/2.
Term bif_ets_prev(BifCall& call, const Term* a) {
  const TablePointer table = find_table(call, a[0], TableUse::kRead);
  if (table == nullptr) return call.badarg();
  if (!table->is_ordered()) return bif_ets_next(call, a);
  std::shared_lock guard(table->lock);
  return key_or_end(call, table->previous(a[1]));
}

Term bif_ets_safe_fixtable(BifCall& call, const Term* a) {
  const TablePointer table = find_table(call, a[0], TableUse::kRead);
  if (table == nullptr || (a[1] != kAtom_true_ && a[1] != kAtom_false_)) return call.badarg();
  const Term pid = own_pid(call);
  std::unique_lock guard(table->lock);
  if (a[1] == kAtom_false_) {
    table->unfix(pid);
  } else {
    table->fix(pid);
    call.services.tables->note_user(pid);
  }
  return kAtom_true_;
}

}  // namespace parley
