// A table's objects.
#include "vm/ets/table.h"

#include <algorithm>

#include "vm/term/hash.h"

namespace parley {

namespace {

Term root_of(Fragment* object) { return Term(object->terms()[0]); }

}  // namespace

Table::~Table() { clear(); }

std::uint64_t Table::hash(Term key) const { return internal_hash(key, atoms_, seed_); }

void Table::drop(std::vector<Fragment*>& objects) {
  for (Fragment* object : objects) {
    words_ -= object->words();
    --size_;
    free_fragment(object);
  }
  objects.clear();
}

void Table::add_to(std::vector<Fragment*>& objects, Fragment* object) {
  if (options.kind == TableKind::kSet || options.kind == TableKind::kOrderedSet) drop(objects);
  if (options.kind == TableKind::kBag) {
    for (Fragment* there : objects) {
      if (exactly_equal(root_of(there), root_of(object))) {
        free_fragment(object);
        return;
      }
    }
  }
  objects.push_back(object);
  ++size_;
  words_ += object->words();
}

void Table::insert(Fragment* object) {
  const Term key = key_of(root_of(object));
  if (options.kind == TableKind::kOrderedSet) {
    // The map's key must live as long as its entry, so an entry is made anew for a new object.
    if (const auto found = ordered_.find(key); found != ordered_.end()) {
      drop(found->second);
      ordered_.erase(found);
    }
    add_to(ordered_[key], object);
    return;
  }
  std::vector<Entry>& chain = hashed_[hash(key)];
  for (Entry& entry : chain) {
    if (!exactly_equal(entry.key, key)) continue;
    if (options.kind == TableKind::kSet) entry.key = key;
    add_to(entry.objects, object);
    return;
  }
  chain.push_back(Entry{key, {}});
  add_to(chain.back().objects, object);
}

bool Table::erase_key(Term key) {
  if (options.kind == TableKind::kOrderedSet) {
    const auto found = ordered_.find(key);
    if (found == ordered_.end()) return false;
    drop(found->second);
    ordered_.erase(found);
    return true;
  }
  const auto found = hashed_.find(hash(key));
  if (found == hashed_.end()) return false;
  std::vector<Entry>& chain = found->second;
  for (auto entry = chain.begin(); entry != chain.end(); ++entry) {
    if (!exactly_equal(entry->key, key)) continue;
    drop(entry->objects);
    chain.erase(entry);
    if (chain.empty()) hashed_.erase(found);
    return true;
  }
  return false;
}

bool Table::erase_object(Term object) {
  const Term key = key_of(object);
  auto* objects = const_cast<std::vector<Fragment*>*>(find(key));
  if (objects == nullptr) return false;
  const auto equal_one = [object](Fragment* o) { return exactly_equal(root_of(o), object); };
  const bool all = std::all_of(objects->begin(), objects->end(), equal_one);
  if (all) return erase_key(key);
  // The entry's key lies in one of its objects: keep one that stays in front.
  std::vector<Fragment*> kept, dropped;
  for (Fragment* o : *objects) (equal_one(o) ? dropped : kept).push_back(o);
  *objects = kept;
  if (options.kind != TableKind::kOrderedSet) {
    for (Entry& entry : hashed_[hash(key)]) {
      if (&entry.objects == objects) entry.key = key_of(root_of(kept.front()));
    }
  }
  const bool found = !dropped.empty();
  drop(dropped);
  return found;
}

void Table::clear() {
  for (auto& [h, chain] : hashed_) {
    for (Entry& entry : chain) drop(entry.objects);
  }
  hashed_.clear();
  for (auto& [key, objects] : ordered_) drop(objects);
  ordered_.clear();
}

const std::vector<Fragment*>* Table::find(Term key) const {
  if (options.kind == TableKind::kOrderedSet) {
    const auto found = ordered_.find(key);
    return found == ordered_.end() ? nullptr : &found->second;
  }
  const auto found = hashed_.find(hash(key));
  if (found == hashed_.end()) return nullptr;
  for (const Entry& entry : found->second) {
    if (exactly_equal(entry.key, key)) return &entry.objects;
  }
  return nullptr;
}

Term Table::first() const {
  if (options.kind == TableKind::kOrderedSet) {
    return ordered_.empty() ? Term() : ordered_.begin()->first;
  }
  return hashed_.empty() ? Term() : hashed_.begin()->second.front().key;
}

Term Table::next(Term key, bool& known) const {
  known = true;
  if (options.kind == TableKind::kOrderedSet) {
    const auto after = ordered_.upper_bound(key);
    return after == ordered_.end() ? Term() : after->first;
  }
  auto found = hashed_.find(hash(key));
  if (found != hashed_.end()) {
    for (std::size_t i = 0; i < found->second.size(); ++i) {
      if (!exactly_equal(found->second[i].key, key)) continue;
      if (i + 1 < found->second.size()) return found->second[i + 1].key;
      ++found;
      return found == hashed_.end() ? Term() : found->second.front().key;
    }
  }
  known = false;
  return Term();
}

Term Table::last() const {
  if (options.kind != TableKind::kOrderedSet) return first();
  return ordered_.empty() ? Term() : ordered_.rbegin()->first;
}

Term Table::previous(Term key) const {
  const auto at = ordered_.lower_bound(key);
  return at == ordered_.begin() ? Term() : std::prev(at)->first;
}

}  // namespace parley
