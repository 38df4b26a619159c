// What the built-ins on tables have in common: finding a table and moving objects in and out.
#pragma once

#include "vm/bif/support.h"
#include "vm/ets/tables.h"
#include "vm/heap/copy.h"
#include "vm/process/bif_support.h"

namespace parley {

using TablePointer = std::shared_ptr<Table>;
enum class TableUse : std::uint8_t { kRead, kWrite, kOwner };

// By name or reference, whoever may use it; null: there is none.
inline TablePointer table_named(BifCall& call, Term identifier) {
  if (identifier.is_atom()) return call.services.tables->find_named(identifier);
  if (!identifier.is_box(Subtag::kRef)) return nullptr;
  return call.services.tables->find(identifier.box()[1]);
}

// Null: there is none that the caller may use so.
inline TablePointer find_table(BifCall& call, Term identifier, TableUse use) {
  TablePointer table = table_named(call, identifier);
  if (table == nullptr) return nullptr;
  const TableAccess needed =
      use == TableUse::kRead ? TableAccess::kProtected : TableAccess::kPublic;
  if (use != TableUse::kOwner && table->access.load(std::memory_order_relaxed) <= needed) {
    return table;
  }
  return table->owner.load(std::memory_order_acquire) == own_pid(call).raw ? table : nullptr;
}

// Into the caller's heap. The table's lock is held.
inline Term copy_out(BifCall& call, Term term) {
  return copy_to_heap(term, call.heap, call.services.processes->literals);
}
inline Term copy_out(BifCall& call, Fragment* object) {
  pay_words(call, object->words());
  return copy_out(call, Table::root_of(object));
}

// A fragment that the caller of this owns.
inline Fragment* copy_in(BifCall& call, Term object) {
  Fragment* copy =
      make_message(*call.services.processes, MessageKind::kMessage, object, 0);
  pay_words(call, copy->words());
  return copy;
}

// Objects of deleted tables are freed on the way.
inline void help_sweep(BifCall& call) {
  constexpr std::size_t kSweptAtOnce = 16;
  if (call.services.tables->has_deleted()) call.services.tables->sweep(kSweptAtOnce);
}

}  // namespace parley
