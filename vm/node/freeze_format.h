// What the writer and the reader of frozen processes agree on: tags, and bytes.
//
// A term is a tag and what follows; heap objects are announced before the first term that needs
// them, children before parents, and are then named by their number. Numbers are LEB128.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "vm/term/term.h"

namespace parley::frozen {

inline constexpr std::uint64_t kVersion = 1;

enum class TermTag : std::uint8_t {
  kWord,    // an immediate that means the same everywhere: its word
  kAtom,    // number of the atom; a new number is followed by its text
  kSelf,    // the pid of the process itself
  kObject,  // number of the object
  kDefine,  // not a term: an object follows, then the term goes on
};

enum class ObjectTag : std::uint8_t { kCons, kTerms, kTrace, kRaw, kBits, kFun, kExportFun, kMap,
                                      kTrap, kAliasRef };

enum class PlaceTag : std::uint8_t { kBottom, kStart, kStub, kCode, kUnknown };

// Header bits that are not the subtag: secret and named.
inline constexpr unsigned kHeaderFlagShift = 12;
inline constexpr Word kHeaderFlagMask = 15;

class ByteWriter {
 public:
  std::vector<std::uint8_t> take() { return std::move(bytes_); }
  void number(std::uint64_t n) {
    for (; n >= 128; n >>= 7) bytes_.push_back(static_cast<std::uint8_t>(n | 128));
    bytes_.push_back(static_cast<std::uint8_t>(n));
  }
  template <class Tag>
  void tag(Tag t) {
    bytes_.push_back(static_cast<std::uint8_t>(t));
  }
  void text(std::string_view s) {
    number(s.size());
    bytes_.insert(bytes_.end(), s.begin(), s.end());
  }
  // Room for so many bytes, to be filled at once.
  std::uint8_t* room(std::size_t count) {
    bytes_.resize(bytes_.size() + count);
    return bytes_.data() + bytes_.size() - count;
  }

 private:
  std::vector<std::uint8_t> bytes_;
};

}  // namespace parley::frozen
