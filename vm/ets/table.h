// A table: immutable objects by key.
//
// Invariant: an object is a fragment whose root is a tuple at least `key_position` wide; it is never
// changed after it was published, but for a counter in place (update_counter on a small integer).
// Readers hold the lock shared while they copy out, writers hold it alone.
//
// First simple: one lock a table (docs/decisions/0003-table-lock.md).
#pragma once

#include <cstdint>
#include <map>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

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
};

class Table {
 public:
  Table(const AtomTable& atoms, std::uint64_t seed, TableOptions options, Term name, Term owner,
        std::uint64_t id)
      : options(options), name(name), owner(owner), id(id), atoms_(atoms), seed_(seed),
        ordered_(KeyOrder{&atoms}) {}
  ~Table();
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  const TableOptions options;
  const Term name;  // atom
  Term owner;       // pid
  const std::uint64_t id;

  std::shared_mutex lock;
  // Lock held alone. Takes the fragment over.
  void insert(Fragment* object);
  bool erase_key(Term key);                 // true: there was something
  bool erase_object(Term object);
  void clear();
  // Lock held. All objects with the key, oldest first; empty: none.
  const std::vector<Fragment*>* find(Term key) const;
  std::size_t size() const { return size_; }
  std::size_t words() const { return words_; }
  Term key_of(Term object) const { return object.element(options.key_position - 1); }

  // Walking: the first key, or the key after one (which must be there, but in an ordered_set);
  // the non-value: none. Order: of keys in an ordered_set, else of their hashes.
  Term first() const;
  Term next(Term key, bool& known) const;
  Term last() const;
  Term previous(Term key) const;
  template <class Visit>
  void each(Visit visit) const {
    if (options.kind == TableKind::kOrderedSet) {
      for (const auto& [key, objects] : ordered_) {
        for (Fragment* o : objects) visit(o);
      }
      return;
    }
    for (const auto& [hash, chain] : hashed_) {
      for (const Entry& entry : chain) {
        for (Fragment* o : entry.objects) visit(o);
      }
    }
  }

 private:
  struct KeyOrder {
    const AtomTable* atoms;
    bool operator()(Term l, Term r) const { return compare(l, r, *atoms) < 0; }
  };
  struct Entry {
    Term key;  // of the first object
    std::vector<Fragment*> objects;
  };
  std::uint64_t hash(Term key) const;
  void add_to(std::vector<Fragment*>& objects, Fragment* object);
  void drop(std::vector<Fragment*>& objects);

  const AtomTable& atoms_;
  std::uint64_t seed_;
  std::size_t size_ = 0, words_ = 0;
  std::map<std::uint64_t, std::vector<Entry>> hashed_;  // by hash, so that walks can go on
  std::map<Term, std::vector<Fragment*>, KeyOrder> ordered_;
};

}  // namespace parley
