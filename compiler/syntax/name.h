// Interned names: the text of atoms and variables, stored once a module.
//
// A Name is a pointer to its only entry, so equality is one comparison, and `index()` is dense
// from zero, so a pass may keep facts about names in a plain array. Names of different tables must
// not be compared.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "compiler/syntax/arena.h"

namespace parley::ast {

class Name {
 public:
  struct Entry {
    std::string_view text;  // UTF-8, owned by the table's arena
    uint32_t index;         // dense, in order of first appearance
    uint32_t hash;
  };

  constexpr Name() = default;
  constexpr explicit Name(const Entry* entry) : entry_(entry) {}

  /// UTF-8 without quotes or escapes; empty for the null name too.
  [[nodiscard]] std::string_view text() const { return entry_ ? entry_->text : std::string_view{}; }
  [[nodiscard]] uint32_t index() const { return entry_->index; }
  [[nodiscard]] const Entry* entry() const { return entry_; }
  /// The null name means "absent"; the atom '' is a name with empty text.
  [[nodiscard]] bool is_null() const { return entry_ == nullptr; }
  explicit operator bool() const { return entry_ != nullptr; }
  bool operator==(const Name& other) const = default;

 private:
  const Entry* entry_ = nullptr;
};

class NameTable {
 public:
  explicit NameTable(Arena& arena);

  /// The name with this text, made when it is new.
  Name intern(std::string_view text);
  /// The name with this text, or the null name when nobody interned it.
  [[nodiscard]] Name find(std::string_view text) const;
  [[nodiscard]] uint32_t size() const { return count_; }

 private:
  [[nodiscard]] size_t slot_of(std::string_view text, uint32_t hash) const;
  void rehash(size_t slot_count);

  Arena* arena_;
  std::vector<const Name::Entry*> slots_;  // open addressing, a power of two, at most half full
  uint32_t count_ = 0;
};

}  // namespace parley::ast

template <>
struct std::hash<parley::ast::Name> {
  size_t operator()(const parley::ast::Name& name) const noexcept {
    return name.is_null() ? 0 : name.index() + 1;
  }
};
