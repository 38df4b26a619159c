// Character data: code points, binaries of UTF-8, and lists of these at any depth, read one code
// point at a time.
//
// Invariant: `rest()` is character data that continues exactly where the reader stands; it shares
// all that the reader has not entered. Iterative.
#pragma once

#include <cstdint>
#include <optional>

#include "vm/base/work_list.h"
#include "vm/bif/support.h"

namespace parley {

enum class TextEncoding : std::uint8_t {
  kLatin1, kUtf8, kUtf16Big, kUtf16Little, kUtf32Big, kUtf32Little,
};

class CharReader {
 public:
  // `following`: a list of more data behind, as `suspend` gave it.
  CharReader(Heap& heap, Term data, TextEncoding encoding = TextEncoding::kUtf8,
             Term following = Term::nil())
      : heap_(heap), encoding_(encoding), data_(data), following_(following) {}

  enum class Status : std::uint8_t {
    kCharacter,   // `c` is the next one
    kEnd,
    kInvalid,     // what stands here is no code point; rest() begins with it
    kIncomplete,  // a binary ends inside a code point, and nothing after it can complete it
    kBad,         // not character data: an atom, a float, a bit string that is not whole bytes, ...
  };
  Status next(std::uint32_t& c);

  // The ASCII characters that stand next in a binary that starts on a byte, at most so many; they
  // are read. Maybe none, though there are some.
  std::span<const std::uint8_t> next_ascii(std::size_t count_max);

  // Where the reader stands, for another one: the data, and what follows it. Not after an end.
  Term suspend(Term& following);

  // What has not been read. kExact keeps the nesting as it was, kShort leaves out lists that end.
  enum class Shape : std::uint8_t { kExact, kShort };
  Term rest(Shape shape);
  // After kIncomplete: the bytes of the unfinished code point.
  Term unfinished();
  // After kIncomplete: whether nothing follows these bytes.
  bool at_end() const { return unfinished_at_end_; }

 private:
  Status next_of_binary(std::uint32_t& c);
  Status join_binaries(std::uint32_t& c);
  bool enter();
  std::uint64_t left_bits() const { return bits_size(data_) - at_; }

  Heap& heap_;
  TextEncoding encoding_;
  Term data_;             // what is being read: a list, or a binary from bit `at_` on
  std::uint64_t at_ = 0;
  WorkList<Word> tails_;  // what follows the lists that were entered
  Term following_;        // and what follows all those, as a list
  std::uint8_t joined_[4] = {};  // bytes of a code point that is spread over binaries
  unsigned joined_bytes_ = 0;
  bool unfinished_at_end_ = false;
};

}  // namespace parley
