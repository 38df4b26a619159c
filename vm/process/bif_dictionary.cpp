// Built-ins: the process dictionary and the flags of a process.
//
// Invariant: the terms in the dictionary lie in the process's heap and are roots of its collection;
// the index of a large dictionary holds the place of each entry under the hash of its key, which no
// collection changes; a small one has none.
#include <algorithm>

#include "vm/base/assert.h"
#include "vm/bif/support.h"
#include "vm/process/bif_support.h"
#include "vm/term/compare.h"
#include "vm/term/hash.h"

namespace parley {

namespace {

std::vector<DictionaryEntry>* dictionary_of(const BifCall& call) {
  ProcessExtension* extension = call.process->extension.load(std::memory_order_relaxed);
  return extension == nullptr ? nullptr : &extension->dictionary;
}

// Up to so many entries a look at each is faster than a hash.
constexpr std::size_t kUnindexedMax = 16;

std::uint64_t hash_of(const BifCall& call, Term key) {
  return internal_hash(key, call.atoms, call.hash_seed);
}

// The index may be missing: a process that was thawed has none.
void complete_index(const BifCall& call, ProcessExtension& extension) {
  const std::vector<DictionaryEntry>& entries = extension.dictionary;
  auto& index = extension.dictionary_index;
  if (index.size() == entries.size()) return;
  index.clear();
  for (std::uint32_t i = 0; i < entries.size(); ++i) {
    index.emplace(hash_of(call, entries[i].key), i);
  }
}

auto find_in_index(const BifCall& call, ProcessExtension& extension, Term key) {
  complete_index(call, extension);
  auto [from, to] = extension.dictionary_index.equal_range(hash_of(call, key));
  for (; from != to; ++from) {
    if (exactly_equal(extension.dictionary[from->second].key, key)) return from;
  }
  return extension.dictionary_index.end();
}

DictionaryEntry* find_entry(const BifCall& call, Term key) {
  ProcessExtension* extension = call.process->extension.load(std::memory_order_relaxed);
  if (extension == nullptr) return nullptr;
  if (extension->dictionary.size() > kUnindexedMax) {
    const auto found = find_in_index(call, *extension, key);
    const bool is_there = found != extension->dictionary_index.end();
    return is_there ? &extension->dictionary[found->second] : nullptr;
  }
  for (DictionaryEntry& entry : extension->dictionary) {
    if (exactly_equal(entry.key, key)) return &entry;
  }
  return nullptr;
}

// The last entry takes the place of the one that goes.
void remove_entry(const BifCall& call, ProcessExtension& extension, DictionaryEntry& entry) {
  std::vector<DictionaryEntry>& entries = extension.dictionary;
  auto& index = extension.dictionary_index;
  if (entries.size() > kUnindexedMax) {
    const auto at = static_cast<std::uint32_t>(&entry - entries.data());
    index.erase(find_in_index(call, extension, entry.key));
    if (&entry != &entries.back()) {
      auto [from, to] = index.equal_range(hash_of(call, entries.back().key));
      while (from->second != entries.size() - 1) {
        ++from;
        PARLEY_ASSERT(from != to, "each entry is in the index");
      }
      from->second = at;
    }
  }
  entry = entries.back();
  entries.pop_back();
  if (entries.size() <= kUnindexedMax) index.clear();
}

Term as_list(BifCall& call) {
  Term list = Term::nil();
  if (const auto* entries = dictionary_of(call)) {
    for (const DictionaryEntry& entry : *entries) {
      list = make_cons(call.heap, make_tuple(call.heap, {entry.key, entry.value}), list);
    }
  }
  return list;
}

}  // namespace

Term bif_get_all(BifCall& call, const Term*) { return as_list(call); }
Term bif_get(BifCall& call, const Term* a) {
  const DictionaryEntry* entry = find_entry(call, a[0]);
  return entry == nullptr ? kAtom_undefined : entry->value;
}
Term bif_get_keys(BifCall& call, const Term*) {
  Term list = Term::nil();
  if (const auto* entries = dictionary_of(call)) {
    for (const DictionaryEntry& entry : *entries) list = make_cons(call.heap, entry.key, list);
  }
  return list;
}
Term bif_get_keys_of(BifCall& call, const Term* a) {
  Term list = Term::nil();
  if (const auto* entries = dictionary_of(call)) {
    for (const DictionaryEntry& entry : *entries) {
      if (exactly_equal(entry.value, a[0])) list = make_cons(call.heap, entry.key, list);
    }
  }
  return list;
}
Term bif_put(BifCall& call, const Term* a) {
  if (DictionaryEntry* entry = find_entry(call, a[0])) {
    const Term before = entry->value;
    entry->value = a[1];
    return before;
  }
  ProcessExtension& extension = own_extension(call);
  const auto at = static_cast<std::uint32_t>(extension.dictionary.size());
  extension.dictionary.push_back({a[0], a[1]});
  // Where the index was looked into, it is complete but for this entry.
  if (at > kUnindexedMax) extension.dictionary_index.emplace(hash_of(call, a[0]), at);
  return kAtom_undefined;
}
Term bif_erase_all(BifCall& call, const Term*) {
  const Term all = as_list(call);
  if (auto* entries = dictionary_of(call)) {
    entries->clear();
    own_extension(call).dictionary_index.clear();
  }
  return all;
}
Term bif_erase(BifCall& call, const Term* a) {
  DictionaryEntry* entry = find_entry(call, a[0]);
  if (entry == nullptr) return kAtom_undefined;
  const Term before = entry->value;
  remove_entry(call, own_extension(call), *entry);
  return before;
}

// ---- flags -------------------------------------------------------------------------------------

namespace {

Term set_priority(BifCall& call, Term value) {
  const Term names[] = {kAtom_low, kAtom_normal, kAtom_high, kAtom_max};
  const auto* found = std::find(std::begin(names), std::end(names), value);
  if (found == std::end(names)) return call.badarg();
  const auto wanted = static_cast<std::uint32_t>(found - std::begin(names));
  std::uint32_t seen = call.process->state.load(std::memory_order_relaxed);
  while (!call.process->state.compare_exchange_weak(
      seen, (seen & ~state_bit::kPriorityMask) | (wanted << state_bit::kPriorityShift),
      std::memory_order_acq_rel, std::memory_order_relaxed)) {
  }
  return names[(seen & state_bit::kPriorityMask) >> state_bit::kPriorityShift];
}

Term set_trap_exit(BifCall& call, Term value) {
  if (value != kAtom_true_ && value != kAtom_false_) return call.badarg();
  // Exits that came before are handled as the flag was when they came.
  if (settle_own_signals(call)) return call.again(BifAnswer::kExit);
  const bool before = call.process->has_flag(process_flag::kTrapExit);
  if (value == kAtom_true_) call.process->set_flag(process_flag::kTrapExit);
  else call.process->clear_flag(process_flag::kTrapExit);
  return boolean(before);
}

}  // namespace

bool parse_heap_words(BifCall& call, Term key, Term value, std::size_t& words) {
  const MapContext maps = map_context(call);
  bool kill = true;
  if (key == kAtom_max_heap_size && value.is_map()) {
    const Term no_kill = map_get(maps, value, kAtom_kill);
    kill = !no_kill.is_value() || no_kill != kAtom_false_;
    value = map_get(maps, value, kAtom_size);
    if (!value.is_value()) return false;
  }
  if (!value.is_small() || value.small_value() < 0) return false;
  words = kill ? static_cast<std::size_t>(value.small_value()) : 0;
  return key == kAtom_max_heap_size || words <= kMinHeapWordsMax;
}

Term bif_process_flag(BifCall& call, const Term* a) {
  if (a[0] == kAtom_trap_exit) return set_trap_exit(call, a[1]);
  if (a[0] == kAtom_priority) return set_priority(call, a[1]);
  ProcessExtension& extension = own_extension(call);
  if (a[0] == kAtom_min_heap_size || a[0] == kAtom_max_heap_size) {
    std::size_t words = 0;
    if (!parse_heap_words(call, a[0], a[1], words)) return call.badarg();
    std::size_t& field =
        a[0] == kAtom_min_heap_size ? extension.min_heap_words : extension.max_heap_words;
    const std::size_t before = field;
    field = words;
    return Term::small(static_cast<std::int64_t>(before));
  }
  if (a[0] == kAtom_message_queue_data) {
    if (a[1] != kAtom_on_heap && a[1] != kAtom_off_heap) return call.badarg();
    return kAtom_off_heap;  // messages always lie outside the heap
  }
  if (a[0] == kAtom_fullsweep_after || a[0] == kAtom_min_bin_vheap_size) {
    if (!a[1].is_small() || a[1].small_value() < 0) return call.badarg();
    return Term::small(0);  // every collection is a whole one
  }
  return call.badarg();
}

}  // namespace parley
