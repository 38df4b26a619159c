// The objects of a hashed table: an array of chains that doubles as it fills.
//
// Invariant: chain number i holds the objects whose hash begins with the bits of i, in the order of
// their hashes; objects with one key stand side by side, the newest first. So the chains one after
// another are in the order of hashes, however many chains there are: a walk that knows the hash it
// has come to goes on after the array has grown.
//
//   chains_[hash >> shift_] -> fragment -> fragment -> null     (Fragment::next, hash in `cause`)
//
// Thread: whoever holds the table's lock: shared for what is const, alone for the rest.
#pragma once

#include <cstdint>
#include <vector>

#include "vm/heap/heap.h"
#include "vm/term/term.h"

namespace parley {

class Table;

class HashIndex {
 public:
  HashIndex() : chains_(kChainsMin, nullptr) {}

  static std::uint32_t hash_of(const Fragment* object) { return object->cause; }

  Fragment* find(std::uint32_t hash, Term key, const Table& table) const;
  Fragment* older(Fragment* object, const Table& table) const;
  // Before the others with its key, if there are any.
  void insert(std::uint32_t hash, Fragment* object, Term key, const Table& table);
  void replace(Fragment* old, Fragment* fresh);
  // Takes it out; it is there.
  void remove(Fragment* object);
  // Takes some object out; null: none. Emptied so, an index costs each chain one look.
  Fragment* remove_any();
  void reset() {
    chains_ = std::vector<Fragment*>(kChainsMin, nullptr);
    count_ = emptied_ = 0;
    shift_ = kShiftMax;
  }

  // The first object whose hash is at least so much; null: none.
  Fragment* first_from(std::uint64_t hash) const;
  // The object after one in the order of hashes; null: none.
  Fragment* after(const Fragment* object) const;
  // The objects of whole chains, from the first of at least this hash, until there are `count`.
  // The hash moves on to that of the next chain.
  void collect(std::uint64_t& hash, std::size_t count, std::vector<Fragment*>& objects) const;
  std::size_t chains() const { return chains_.size(); }

 private:
  static constexpr std::size_t kChainsMin = 16;
  static constexpr unsigned kShiftMax = 28;  // 32 bits of hash, 16 chains

  Fragment** place_of(const Fragment* object);
  void grow();

  std::vector<Fragment*> chains_;
  std::size_t count_ = 0;
  std::size_t emptied_ = 0;  // the chains before this one are empty: where remove_any goes on
  unsigned shift_ = kShiftMax;
};

}  // namespace parley
