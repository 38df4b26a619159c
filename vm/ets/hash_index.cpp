// Chains of objects; hash_index.h says in which order.
#include "vm/ets/hash_index.h"

#include <algorithm>

#include "vm/base/assert.h"
#include "vm/ets/table.h"

namespace parley {

namespace {

bool has_key(Fragment* object, std::uint32_t hash, Term key, const Table& table) {
  return HashIndex::hash_of(object) == hash &&
         exactly_equal(table.key_of(Table::root_of(object)), key);
}

}  // namespace

Fragment* HashIndex::find(std::uint32_t hash, Term key, const Table& table) const {
  for (Fragment* o = chains_[hash >> shift_]; o != nullptr; o = o->next) {
    if (has_key(o, hash, key, table)) return o;
    if (hash_of(o) > hash) return nullptr;
  }
  return nullptr;
}

Fragment* HashIndex::older(Fragment* object, const Table& table) const {
  Fragment* next = object->next;
  const Term key = table.key_of(Table::root_of(object));
  return next != nullptr && has_key(next, hash_of(object), key, table) ? next : nullptr;
}

void HashIndex::insert(std::uint32_t hash, Fragment* object, Term key, const Table& table) {
  object->cause = hash;
  Fragment** place = &chains_[hash >> shift_];
  while (*place != nullptr && hash_of(*place) < hash) place = &(*place)->next;
  // Among equal hashes: before those with the same key, else behind all.
  Fragment** same = place;
  while (*same != nullptr && hash_of(*same) == hash && !has_key(*same, hash, key, table)) {
    same = &(*same)->next;
  }
  object->next = *same;
  *same = object;
  ++count_;
  emptied_ = std::min<std::size_t>(emptied_, hash >> shift_);
  if (count_ > chains_.size() && shift_ > 1) grow();
}

Fragment** HashIndex::place_of(const Fragment* object) {
  Fragment** place = &chains_[hash_of(object) >> shift_];
  while (*place != object) {
    PARLEY_ASSERT(*place != nullptr, "the object is in its chain");
    place = &(*place)->next;
  }
  return place;
}

void HashIndex::replace(Fragment* old, Fragment* fresh) {
  fresh->cause = old->cause;
  fresh->next = old->next;
  *place_of(old) = fresh;
}

void HashIndex::remove(Fragment* object) {
  *place_of(object) = object->next;
  --count_;
}

Fragment* HashIndex::remove_any() {
  for (; emptied_ < chains_.size(); ++emptied_) {
    Fragment* object = chains_[emptied_];
    if (object == nullptr) continue;
    chains_[emptied_] = object->next;
    --count_;
    return object;
  }
  return nullptr;
}

// A chain falls in two: it is in the order of hashes, so it is cut at one place.
void HashIndex::grow() {
  std::vector<Fragment*> chains(chains_.size() * 2, nullptr);
  --shift_;
  for (std::size_t i = 0; i < chains_.size(); ++i) {
    Fragment** place = &chains_[i];
    while (*place != nullptr && (hash_of(*place) >> shift_) == 2 * i) place = &(*place)->next;
    chains[2 * i + 1] = *place;
    *place = nullptr;
    chains[2 * i] = chains_[i];
  }
  chains_ = std::move(chains);
  emptied_ *= 2;
}

Fragment* HashIndex::first_from(std::uint64_t hash) const {
  for (std::size_t i = hash >> shift_; i < chains_.size(); ++i) {
    for (Fragment* o = chains_[i]; o != nullptr; o = o->next) {
      if (hash_of(o) >= hash) return o;
    }
  }
  return nullptr;
}

Fragment* HashIndex::after(const Fragment* object) const {
  if (object->next != nullptr) return object->next;
  const std::uint64_t chain = (hash_of(object) >> shift_) + 1;
  return first_from(chain << shift_);
}

void HashIndex::collect(std::uint64_t& hash, std::size_t count,
                        std::vector<Fragment*>& objects) const {
  std::size_t i = hash >> shift_;
  for (; i < chains_.size() && objects.size() < count; ++i) {
    for (Fragment* o = chains_[i]; o != nullptr; o = o->next) {
      if (hash_of(o) >= hash) objects.push_back(o);
    }
    hash = (i + 1) << shift_;
  }
}

}  // namespace parley
