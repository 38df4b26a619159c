// All tables of a node, by identifier and by name.
//
// Invariant: a table is found until it is deleted or its owner has ended without an heir; who found
// it may use it as long as it holds the pointer. A deleted table's objects are freed a few at a
// time (`sweep`), by whoever makes, changes or deletes tables, and by every process that ends: so
// no process's end takes long because it owned a large one.
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
  Tables(ProcessSpace& processes, std::uint64_t seed) : processes_(processes), seed_(seed) {}

  // Null: the name is taken.
  std::shared_ptr<Table> create(const TableOptions& options, Term name, Term owner,
                                std::uint64_t id);
  std::shared_ptr<Table> find(std::uint64_t id) const;
  std::shared_ptr<Table> find_named(Term name) const;
  // False: it was deleted before.
  bool remove(const Table& table);
  // The table is empty at once; its objects are freed by and by, like those of a deleted table.
  void empty(Table& table);
  // False: the name is taken.
  bool rename(Table& table, Term name);
  std::vector<std::shared_ptr<Table>> all() const;

  // Frees up to so many objects of deleted tables. True: none is left.
  bool sweep(std::size_t count);
  bool has_deleted() const { return deleted_count_.load(std::memory_order_relaxed) != 0; }

  // Makes `to` the owner and sends it {'ETS-TRANSFER', Table, From, Data}. False: it is not alive,
  // and nothing has changed.
  bool hand_over(Table& table, Term from, Term to, Term data);
  // Remembers that the process has to do with tables, so that its end looks at them. False: it is
  // not alive.
  bool note_user(Term pid);

  void process_ended(Process& process, Term pid, Term reason) override;

 private:
  Fragment* transfer_message(const Table& table, Term from, Term data) const;
  bool hand_over(Table& table, Term from, Term to, Fragment* message);
  bool hand_to_heir(Table& table, Term pid);
  void add_deleted(std::shared_ptr<Table> table);

  ProcessSpace& processes_;
  std::uint64_t seed_;
  mutable std::shared_mutex lock_;
  std::unordered_map<std::uint64_t, std::shared_ptr<Table>> by_id_;
  std::unordered_map<Word, std::shared_ptr<Table>> by_name_;
  std::mutex deleted_lock_;
  std::vector<std::shared_ptr<Table>> deleted_;
  std::atomic<std::size_t> deleted_count_{0};
};

// How programs name a table: its name, or a reference made in the heap.
Term table_identifier(Heap& heap, const Table& table);

}  // namespace parley
