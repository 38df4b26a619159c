// A table's objects.
#include "vm/ets/table.h"

#include <chrono>

#include "vm/base/assert.h"
#include "vm/term/hash.h"

namespace parley {

Table::Table(const AtomTable& atoms, std::uint64_t seed, const TableOptions& options, Term name,
             Term owner, std::uint64_t id)
    : options(options), id(id), access(options.access), owner(owner.raw), name(name.raw),
      atoms_(atoms), seed_(seed), ordered_(KeyOrder{&atoms, options.key_position}) {}

Table::~Table() {
  fixes_.reset();
  free_departed();
  clear(~std::size_t{0});
  if (heir_data != nullptr) free_fragment(heir_data);
}

// The high half: the low bits of the product are the weaker ones.
std::uint32_t Table::hash(Term key) const {
  return static_cast<std::uint32_t>(internal_hash(key, atoms_, seed_) >> 32);
}

void Table::drop(Fragment* object) {
  --size_;
  words_ -= object->words();
  if (fixes_ == nullptr || is_ordered()) {
    free_fragment(object);
    return;
  }
  const std::uint32_t h = HashIndex::hash_of(object);
  const Term key = key_of(root_of(object));
  const auto [begin, end] = departed_.equal_range(h);
  for (auto it = begin; it != end; ++it) {
    if (!exactly_equal(key_of(root_of(it->second)), key)) continue;
    free_fragment(object);
    return;
  }
  departed_.emplace(h, object);
}

void Table::free_departed() {
  for (const auto& [h, object] : departed_) free_fragment(object);
  departed_.clear();
}

// The set holds the object itself, and its order looks at the key in it: where the key compares
// equal to that of an object that is there, the one can stand in the place of the other.
void Table::insert_ordered(Fragment* object) {
  const auto [place, is_new] = ordered_.insert(object);
  count_in(object);
  if (is_new) return;
  Fragment* const old = *place;
  const_cast<Fragment*&>(*place) = object;
  drop(old);
}

void Table::insert(Fragment* object) {
  if (is_ordered()) return insert_ordered(object);
  const Term root = root_of(object);
  const Term key = key_of(root);
  const std::uint32_t h = hash(key);
  if (options.kind == TableKind::kSet) {
    if (Fragment* old = hashed_.find(h, key, *this)) return replace(old, object);
  } else if (options.kind == TableKind::kBag) {
    for (Fragment* o = hashed_.find(h, key, *this); o != nullptr; o = older(o)) {
      if (!exactly_equal(root_of(o), root)) continue;
      free_fragment(object);
      return;
    }
  }
  hashed_.insert(h, object, key, *this);
  count_in(object);
}

void Table::replace(Fragment* old, Fragment* fresh) {
  if (is_ordered()) return insert_ordered(fresh);
  hashed_.replace(old, fresh);
  count_in(fresh);
  --size_;
  words_ -= old->words();
  free_fragment(old);
}

void Table::erase(Fragment* object) {
  if (is_ordered()) {
    ordered_.erase(ordered_.find(object));
  } else {
    hashed_.remove(object);
  }
  drop(object);
}

void Table::erase_key(Term key) {
  Fragment* object = find(key);
  while (object != nullptr) {
    Fragment* const next = older(object);
    erase(object);
    object = next;
  }
}

void Table::erase_object(Term object) {
  for (Fragment* o = find(key_of(object)); o != nullptr;) {
    Fragment* const next = older(o);
    if (exactly_equal(root_of(o), object)) erase(o);
    o = next;
  }
}

bool Table::clear(std::size_t count) {
  for (; count > 0 && size_ > 0; --count) {
    if (is_ordered()) {
      Fragment* const object = *ordered_.begin();
      ordered_.erase(ordered_.begin());
      drop(object);
    } else {
      drop(hashed_.remove_any());
    }
  }
  if (size_ > 0) return false;
  hashed_.reset();
  return true;
}

bool Table::hand_objects_to(Table& empty) {
  if (fixes_ != nullptr) return false;
  std::swap(size_, empty.size_);
  std::swap(words_, empty.words_);
  std::swap(hashed_, empty.hashed_);
  std::swap(ordered_, empty.ordered_);
  return true;
}

// ---- walking -----------------------------------------------------------------------------------

Term Table::first() const {
  if (is_ordered()) return ordered_.empty() ? Term() : key_of(root_of(*ordered_.begin()));
  Fragment* object = hashed_.first_from(0);
  return object == nullptr ? Term() : key_of(root_of(object));
}

Term Table::next(Term key, bool& known) const {
  known = true;
  if (is_ordered()) {
    const auto after = ordered_.upper_bound(key);
    return after == ordered_.end() ? Term() : key_of(root_of(*after));
  }
  const std::uint32_t h = hash(key);
  Fragment* object = hashed_.find(h, key, *this);
  if (object != nullptr) {
    while (Fragment* other = older(object)) object = other;
    object = hashed_.after(object);
  } else {
    known = false;
    const auto [begin, end] = departed_.equal_range(h);
    for (auto it = begin; it != end; ++it) {
      if (exactly_equal(key_of(root_of(it->second)), key)) known = true;
    }
    // Others with this very hash may be visited twice; none is left out.
    object = known ? hashed_.first_from(h) : nullptr;
  }
  return object == nullptr ? Term() : key_of(root_of(object));
}

Term Table::last() const {
  if (!is_ordered()) return first();
  return ordered_.empty() ? Term() : key_of(root_of(*ordered_.rbegin()));
}

Term Table::previous(Term key) const {
  const auto at = ordered_.lower_bound(key);
  return at == ordered_.begin() ? Term() : key_of(root_of(*std::prev(at)));
}

void Table::next_ordered(WalkPosition& position, WalkDirection direction, std::size_t count,
                         std::vector<Fragment*>& batch) const {
  if (direction == WalkDirection::kForward) {
    auto at = position.key.is_value() ? ordered_.upper_bound(position.key) : ordered_.begin();
    for (; at != ordered_.end() && batch.size() < count; ++at) batch.push_back(*at);
  } else {
    auto at = position.key.is_value() ? ordered_.lower_bound(position.key) : ordered_.end();
    while (at != ordered_.begin() && batch.size() < count) batch.push_back(*--at);
  }
  if (!batch.empty()) position.key = key_of(root_of(batch.back()));
}

void Table::next_batch(WalkPosition& position, WalkDirection direction, std::size_t count,
                       std::vector<Fragment*>& batch) const {
  batch.clear();
  if (is_ordered()) return next_ordered(position, direction, count, batch);
  hashed_.collect(position.hash, count, batch);
}

// ---- fixing ------------------------------------------------------------------------------------

namespace {

template <class Clock>
std::int64_t nanoseconds_of() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now().time_since_epoch())
      .count();
}

}  // namespace

void Table::fix(Term pid) {
  if (fixes_ == nullptr) {
    fixes_ = std::make_unique<Fixes>();
    fixes_->since_system_ns = nanoseconds_of<std::chrono::system_clock>();
    fixes_->since_monotonic_ns = nanoseconds_of<std::chrono::steady_clock>();
  }
  ++fixes_->by_pid[pid.raw];
}

void Table::unfix(Term pid) {
  if (fixes_ == nullptr) return;
  const auto found = fixes_->by_pid.find(pid.raw);
  if (found == fixes_->by_pid.end()) return;
  if (--found->second == 0) unfix_all(pid);
}

void Table::unfix_all(Term pid) {
  if (fixes_ == nullptr) return;
  fixes_->by_pid.erase(pid.raw);
  if (fixes_->by_pid.empty()) unfix_everybody();
}

void Table::unfix_everybody() {
  fixes_.reset();
  free_departed();
}

}  // namespace parley
