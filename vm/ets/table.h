// A table: immutable objects by key.
//
// Invariant: an object is a fragment whose root is a tuple at least `key_position` wide; it is
// never changed after it was published, but for a counter in place (update_counter on a small
// integer).
// Readers hold the lock shared while they copy out, writers hold it alone.
//
// A hashed table (hash_index.h) is walked in the order of its keys' hashes, so a place in a walk is
// a hash, and stays one whatever is put in or taken out meanwhile. An ordered_set is walked by key.
//
// First simple: one lock a table (docs/decisions/0003-table-lock.md).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <set>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

#include "vm/ets/hash_index.h"
#include "vm/heap/collector.h"
#include "vm/term/atoms.h"
#include "vm/term/compare.h"

namespace parley {

enum class TableKind : std::uint8_t { kSet, kOrderedSet, kBag, kDuplicateBag };
enum class TableAccess : std::uint8_t { kPublic, kProtected, kPrivate };

struct TableOptions {
  TableKind kind = TableKind::kSet;
  TableAccess access = TableAccess::kProtected;
  std::uint32_t key_position = 1;  // from 1
  bool named = false;
  bool compressed = false;           // reported only
  bool read_concurrency = false;     // likewise
  Term write_concurrency = kAtom_false_;
  bool decentralized_counters = false;
  Term heir = kAtom_none;            // pid, or none
  Term heir_data = Term::nil();      // in the caller's heap; the table keeps a copy
};

enum class WalkDirection : std::uint8_t { kForward, kBackward };

// Where a walk goes on.
struct WalkPosition {
  std::uint64_t hash = 0;  // hashed: the least hash that was not visited
  Term key;                // ordered: the key visited last; the non-value: none
};

class Table {
 public:
  Table(const AtomTable& atoms, std::uint64_t seed, const TableOptions& options, Term name,
        Term owner, std::uint64_t id);
  ~Table();
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  const TableOptions options;             // as it was made; what may change is below
  const std::uint64_t id;
  std::atomic<TableAccess> access;
  std::atomic<Word> owner;                // pid
  std::atomic<Word> name;                 // atom

  // Guards all that follows.
  std::shared_mutex lock;
  Term heir = kAtom_none;                 // pid, or none
  Fragment* heir_data = nullptr;          // its root is the data; null: no heir

  bool is_ordered() const { return options.kind == TableKind::kOrderedSet; }
  bool is_set() const { return options.kind <= TableKind::kOrderedSet; }
  bool fits(Term object) const {
    return object.is_tuple() && object.arity() >= options.key_position;
  }
  Term key_of(Term object) const { return object.element(options.key_position - 1); }
  static Term root_of(Fragment* object) { return Term(object->terms()[0]); }
  std::size_t size() const { return size_; }
  // What it takes, in words: objects, chains and the table itself.
  std::size_t words() const {
    return words_ + hashed_.chains() + (sizeof(Table) + size_ * sizeof(Fragment)) / sizeof(Word);
  }

  // Lock held. The newest object with the key, and the next older one; null: none.
  Fragment* find(Term key) const {
    return is_ordered() ? find_ordered(key) : hashed_.find(hash(key), key, *this);
  }
  Fragment* older(Fragment* object) const {
    return is_set() ? nullptr : hashed_.older(object, *this);
  }

  // Lock held alone. Takes the fragment over.
  void insert(Fragment* object);
  // `fresh` has the key of `old`, which is in the table; both are single objects of a set.
  void replace(Fragment* old, Fragment* fresh);
  void erase_key(Term key);
  void erase_object(Term object);          // all that are exactly equal
  void erase(Fragment* object);            // one that is in the table
  // Frees up to `count` objects of whatever is there. True: nothing is left.
  bool clear(std::size_t count);
  // Gives all objects to `empty`, a table with the same options that nobody else has. False: it is
  // fixed, and its walks need them where they are.
  bool hand_objects_to(Table& empty);

  // Lock held. The first key, or the key after one; the non-value: none. `known` becomes false
  // where a hashed table has no such key, nor had it since it was fixed.
  Term first() const;
  Term next(Term key, bool& known) const;
  Term last() const;
  Term previous(Term key) const;
  // Lock held. The next objects from a position on, at least one if there are any: of an
  // ordered_set up to `count`; of a hashed table all of a hash, until there are `count`. The
  // position moves on; its key is that of the last object, in the table.
  void next_batch(WalkPosition& position, WalkDirection direction, std::size_t count,
                  std::vector<Fragment*>& batch) const;

  // Lock held alone. While somebody has it fixed, the keys of deleted objects can be walked on
  // from.
  void fix(Term pid);
  void unfix(Term pid);
  void unfix_all(Term pid);
  void unfix_everybody();
  struct Fixes {
    std::unordered_map<Word, std::uint32_t> by_pid;
    std::int64_t since_system_ns = 0, since_monotonic_ns = 0;
  };
  const Fixes* fixes() const { return fixes_.get(); }

  std::uint32_t hash(Term key) const;

 private:
  struct KeyOrder {
    using is_transparent = void;
    const AtomTable* atoms;
    std::uint32_t key_position;
    Term key(Term key) const { return key; }
    Term key(Fragment* object) const { return root_of(object).element(key_position - 1); }
    template <class L, class R>
    bool operator()(L l, R r) const {
      return compare(key(l), key(r), *atoms) < 0;
    }
  };
  using Ordered = std::set<Fragment*, KeyOrder>;

  Fragment* find_ordered(Term key) const {
    const auto found = ordered_.find(key);
    return found == ordered_.end() ? nullptr : *found;
  }
  void insert_ordered(Fragment* object);
  void next_ordered(WalkPosition& position, WalkDirection direction, std::size_t count,
                    std::vector<Fragment*>& batch) const;
  void count_in(Fragment* object) { ++size_, words_ += object->words(); }
  // Freed, or kept for walks while the table is fixed.
  void drop(Fragment* object);
  void free_departed();

  const AtomTable& atoms_;
  const std::uint64_t seed_;
  std::size_t size_ = 0, words_ = 0;
  HashIndex hashed_;
  Ordered ordered_;
  std::unique_ptr<Fixes> fixes_;
  std::unordered_multimap<std::uint32_t, Fragment*> departed_;  // by hash, while fixed
};

}  // namespace parley
