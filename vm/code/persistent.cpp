// Terms that live as long as the node, in the space of literals.
//
// Invariant: a value that was handed out stays where it is for ever, so it is never copied into
// messages and never collected.
#include <mutex>

#include "vm/code/code_index.h"
#include "vm/term/compare.h"
#include "vm/term/hash.h"

namespace parley {

Term CodeIndex::persistent_get(Term key) const {
  const std::uint64_t hash = internal_hash(key, atoms_, hash_seed_);
  std::shared_lock guard(lock_);
  const auto [begin, end] = persistent_.equal_range(hash);
  for (auto it = begin; it != end; ++it) {
    if (exactly_equal(it->second.first, key)) return it->second.second;
  }
  return Term();
}

bool CodeIndex::persistent_put(Term key, Term value) {
  const std::uint64_t hash = internal_hash(key, atoms_, hash_seed_);
  std::unique_lock guard(lock_);
  const auto [begin, end] = persistent_.equal_range(hash);
  for (auto it = begin; it != end; ++it) {
    if (!exactly_equal(it->second.first, key)) continue;
    if (exactly_equal(it->second.second, value)) return true;
    const auto kept = literals_.copy(value);
    if (kept) it->second.second = *kept;
    return kept.has_value();
  }
  const auto kept_key = literals_.copy(key), kept_value = literals_.copy(value);
  if (!kept_key || !kept_value) return false;
  persistent_.emplace(hash, std::pair(*kept_key, *kept_value));
  return true;
}

bool CodeIndex::persistent_erase(Term key) {
  const std::uint64_t hash = internal_hash(key, atoms_, hash_seed_);
  std::unique_lock guard(lock_);
  const auto [begin, end] = persistent_.equal_range(hash);
  for (auto it = begin; it != end; ++it) {
    if (!exactly_equal(it->second.first, key)) continue;
    persistent_.erase(it);
    return true;
  }
  return false;
}

}  // namespace parley
