// The directory of tables.
#include "vm/ets/tables.h"

namespace parley {

std::shared_ptr<Table> Tables::create(TableOptions options, Term name, Process& owner,
                                      Term owner_pid, std::uint64_t id) {
  auto table = std::make_shared<Table>(atoms_, seed_, options, name, owner_pid, id);
  std::unique_lock guard(lock_);
  if (options.named && !by_name_.emplace(name.raw, table).second) return nullptr;
  by_id_.emplace(id, table);
  owner.state.fetch_or(state_bit::kOwnsTables, std::memory_order_acq_rel);
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

void Tables::remove(const Table& table) {
  std::shared_ptr<Table> last;  // freed after the lock
  std::unique_lock guard(lock_);
  const auto found = by_id_.find(table.id);
  if (found == by_id_.end()) return;
  last = found->second;
  by_id_.erase(found);
  if (table.options.named) by_name_.erase(table.name.raw);
  guard.unlock();
}

std::vector<std::shared_ptr<Table>> Tables::all() const {
  std::shared_lock guard(lock_);
  std::vector<std::shared_ptr<Table>> tables;
  for (const auto& [id, table] : by_id_) tables.push_back(table);
  return tables;
}

void Tables::process_ended(Process& process, Term pid, Term) {
  if ((process.state.load(std::memory_order_acquire) & state_bit::kOwnsTables) == 0) return;
  for (const auto& table : all()) {
    if (table->owner == pid) remove(*table);
  }
}

}  // namespace parley
