// All tables of a node, by identifier and by name.
//
// Invariant: a table is found until it is deleted or its owner has ended; who found it may use it
// as long as it holds the pointer.
// Thread: any.
#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "vm/ets/table.h"
#include "vm/process/space.h"

namespace parley {

class Tables : public ExitObserver {
 public:
  Tables(AtomTable& atoms, std::uint64_t seed) : atoms_(atoms), seed_(seed) {}

  // Null: the name is taken.
  std::shared_ptr<Table> create(TableOptions options, Term name, Process& owner, Term owner_pid,
                                std::uint64_t id);
  std::shared_ptr<Table> find(std::uint64_t id) const;
  std::shared_ptr<Table> find_named(Term name) const;
  void remove(const Table& table);
  std::vector<std::shared_ptr<Table>> all() const;

  void process_ended(Process& process, Term pid, Term reason) override;

 private:
  AtomTable& atoms_;
  std::uint64_t seed_;
  mutable std::shared_mutex lock_;
  std::unordered_map<std::uint64_t, std::shared_ptr<Table>> by_id_;
  std::unordered_map<Word, std::shared_ptr<Table>> by_name_;
};

}  // namespace parley
