// The directory of tables.
#include "vm/ets/tables.h"

#include <array>

#include "vm/heap/scratch_heap.h"
#include "vm/process/signal.h"

namespace parley {

namespace {

// What the end of any process frees of deleted tables: some 100 microseconds.
constexpr std::size_t kSweptAtExit = 1000;

}  // namespace

Term table_identifier(Heap& heap, const Table& table) {
  if (table.options.named) return Term(table.name.load(std::memory_order_relaxed));
  Word* words = heap.allocate(2);
  words[0] = make_header(Subtag::kRef, 1);
  words[1] = table.id;
  return Term::boxed(words);
}

std::shared_ptr<Table> Tables::create(const TableOptions& options, Term name, Term owner,
                                      std::uint64_t id) {
  auto table = std::make_shared<Table>(processes_.atoms(), seed_, options, name, owner, id);
  table->heir = options.heir;
  if (options.heir.is_pid()) {
    table->heir_data = make_message(processes_, MessageKind::kMessage, options.heir_data, 0);
  }
  std::unique_lock guard(lock_);
  if (options.named && !by_name_.emplace(name.raw, table).second) return nullptr;
  by_id_.emplace(id, table);
  guard.unlock();
  note_user(owner);
  return table;
}

std::shared_ptr<Table> Tables::find(std::uint64_t id) const {
  std::shared_lock guard(lock_);
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

std::shared_ptr<Table> Tables::find_named(Term name) const {
  std::shared_lock guard(lock_);
  const auto found = by_name_.find(name.raw);
  return found == by_name_.end() ? nullptr : found->second;
}

bool Tables::remove(const Table& table) {
  std::unique_lock guard(lock_);
  const auto found = by_id_.find(table.id);
  if (found == by_id_.end()) return false;
  std::shared_ptr<Table> pointer = std::move(found->second);
  by_id_.erase(found);
  if (table.options.named) by_name_.erase(table.name.load(std::memory_order_relaxed));
  guard.unlock();
  add_deleted(std::move(pointer));
  return true;
}

void Tables::add_deleted(std::shared_ptr<Table> table) {
  std::unique_lock guard(deleted_lock_);
  deleted_.push_back(std::move(table));
  deleted_count_.store(deleted_.size(), std::memory_order_relaxed);
}

void Tables::empty(Table& table) {
  auto husk = std::make_shared<Table>(processes_.atoms(), seed_, table.options, kAtom_none,
                                      kAtom_none, table.id);
  std::unique_lock guard(table.lock);
  if (!table.hand_objects_to(*husk)) {
    table.clear(~std::size_t{0});
    return;
  }
  guard.unlock();
  add_deleted(std::move(husk));
}

bool Tables::rename(Table& table, Term name) {
  std::unique_lock guard(lock_);
  if (table.options.named) {
    const Word old = table.name.load(std::memory_order_relaxed);
    const auto found = by_name_.find(old);
    if (found == by_name_.end() || found->second.get() != &table) return false;
    if (!by_name_.emplace(name.raw, found->second).second) return false;
    by_name_.erase(old);
  }
  table.name.store(name.raw, std::memory_order_relaxed);
  return true;
}

std::vector<std::shared_ptr<Table>> Tables::all() const {
  std::shared_lock guard(lock_);
  std::vector<std::shared_ptr<Table>> tables;
  for (const auto& [id, table] : by_id_) tables.push_back(table);
  return tables;
}

bool Tables::sweep(std::size_t count) {
  while (count > 0) {
    std::shared_ptr<Table> table;
    {
      std::unique_lock guard(deleted_lock_);
      if (deleted_.empty()) return true;
      table = deleted_.back();
    }
    std::unique_lock guard(table->lock);
    const std::size_t part = std::min(count, table->size());
    table->unfix_everybody();
    const bool empty = table->clear(part);
    guard.unlock();
    count -= std::min(count, part + 1);
    if (!empty) continue;
    std::unique_lock deleted_guard(deleted_lock_);
    std::erase(deleted_, table);
    deleted_count_.store(deleted_.size(), std::memory_order_relaxed);
  }
  return !has_deleted();
}

bool Tables::note_user(Term pid) { return processes_.mark_alive(pid, state_bit::kOwnsTables); }

Fragment* Tables::transfer_message(const Table& table, Term from, Term data) const {
  ScratchHeap scratch;
  const std::array elements{kAtom_ETS_TRANSFER, table_identifier(scratch.heap, table), from, data};
  return make_signal(processes_, MessageKind::kMessage, elements, 0);
}

bool Tables::hand_over(Table& table, Term from, Term to, Term data) {
  return hand_over(table, from, to, transfer_message(table, from, data));
}

// The message is made before the new owner can change anything.
bool Tables::hand_over(Table& table, Term from, Term to, Fragment* message) {
  table.owner.store(to.raw, std::memory_order_release);
  Process* receiver = note_user(to) ? processes_.find(to) : nullptr;
  if (receiver != nullptr) {
    deliver(processes_, *receiver, message, MessageKind::kMessage);
    return true;
  }
  free_fragment(message);
  Word expected = to.raw;
  table.owner.compare_exchange_strong(expected, from.raw, std::memory_order_acq_rel);
  return false;
}

bool Tables::hand_to_heir(Table& table, Term pid) {
  Term heir;
  Fragment* message;
  {
    std::shared_lock guard(table.lock);
    heir = table.heir;
    if (!heir.is_pid() || heir == pid) return false;
    message = transfer_message(table, pid, Table::root_of(table.heir_data));
  }
  return hand_over(table, pid, heir, message);
}

void Tables::process_ended(Process& process, Term pid, Term) {
  if (has_deleted()) sweep(kSweptAtExit);
  if ((process.state.load(std::memory_order_acquire) & state_bit::kOwnsTables) == 0) return;
  for (const auto& table : all()) {
    {
      std::unique_lock guard(table->lock);
      table->unfix_all(pid);
    }
    if (table->owner.load(std::memory_order_acquire) != pid.raw) continue;
    if (!hand_to_heir(*table, pid)) remove(*table);
  }
  if (has_deleted()) sweep(kSweptAtExit);
}

}  // namespace parley
