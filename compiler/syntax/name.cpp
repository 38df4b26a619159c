// The intern table: open addressing with linear probing over entries that never move.
#include "compiler/syntax/name.h"

namespace parley::ast {

namespace {

constexpr size_t kFirstSlotCount = 256;

// FNV-1a: names are short, so the loop is cheaper than a stronger hash's set-up.
uint32_t hash_text(std::string_view text) {
  uint32_t hash = 2166136261U;
  for (char c : text) {
    hash = (hash ^ static_cast<uint8_t>(c)) * 16777619U;
  }
  return hash;
}

}  // namespace

NameTable::NameTable(Arena& arena) : arena_(&arena), slots_(kFirstSlotCount, nullptr) {}

size_t NameTable::slot_of(std::string_view text, uint32_t hash) const {
  size_t mask = slots_.size() - 1;
  size_t slot = hash & mask;
  while (slots_[slot] != nullptr && (slots_[slot]->hash != hash || slots_[slot]->text != text)) {
    slot = (slot + 1) & mask;
  }
  return slot;
}

Name NameTable::intern(std::string_view text) {
  uint32_t hash = hash_text(text);
  size_t slot = slot_of(text, hash);
  if (slots_[slot] == nullptr) {
    slots_[slot] = arena_->make<Name::Entry>(arena_->copy_text(text), count_++, hash);
    const Name::Entry* entry = slots_[slot];
    if (count_ * 2 > slots_.size()) {
      rehash(slots_.size() * 2);
    }
    return Name(entry);
  }
  return Name(slots_[slot]);
}

Name NameTable::find(std::string_view text) const {
  return Name(slots_[slot_of(text, hash_text(text))]);
}

void NameTable::rehash(size_t slot_count) {
  std::vector<const Name::Entry*> old(slot_count, nullptr);
  old.swap(slots_);
  for (const Name::Entry* entry : old) {
    if (entry != nullptr) {
      slots_[slot_of(entry->text, entry->hash)] = entry;
    }
  }
}

}  // namespace parley::ast
