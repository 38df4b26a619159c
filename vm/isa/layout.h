// Where an operand of a specialised instruction stands in its words: one rule, read by the loader
// when it writes and by the instruction bodies (at compile time) when they read.
//
//   word 0      | handler: 32 bits | register bytes a, b, c, d |
//   words 1..   whole words: constants, sources that may be either, cells, built-ins, lambdas
//   then        halves of 32 bits, right-aligned: numbers, label distances, functions, frames,
//               destinations and registers of either bank
//   then        the list, if the row has one: a word with the number of items, then its words
//
// A frame operand is the last half, so the descriptor of a call is found at (return address - 4).
// A label or function is the distance in words from word 0 of the instruction; a frame the distance
// in words from the end of the fixed words (a call's return address) to the descriptor, which lies
// in the same code block.
#pragma once

#include <cstdint>
#include <string_view>

namespace parley::isa {

enum class Place : std::uint8_t { kByte, kWord, kHalf, kList };

constexpr Place place_of(char letter) {
  switch (letter) {
    case 'x': case 'y': return Place::kByte;
    case 'c': case 's': case 'i': case 'b': case 'n': case 'k': case 'a': return Place::kWord;
    case 'S': case 'P': case 'K': case 'G': return Place::kList;
    default: return Place::kHalf;
  }
}

// The kind letters of a row's operand text: "o fail, s left" -> "os".
struct Letters {
  char text[12] = {};
  unsigned count = 0;
  constexpr std::string_view view() const { return {text, count}; }
};
constexpr Letters letters_of(std::string_view operands) {
  Letters letters;
  bool at_start = true;
  for (const char c : operands) {
    if (c == ' ') continue;
    if (at_start) letters.text[letters.count++] = c;
    at_start = c == ',';
  }
  return letters;
}

struct Layout {
  unsigned bytes = 0, words = 0, halves = 0;
  bool has_list = false;
  constexpr unsigned half_words() const { return (halves + 1) / 2; }
  constexpr unsigned fixed_words() const { return 1 + words + half_words(); }  // list not counted
};
constexpr Layout layout_of(std::string_view letters) {
  Layout l;
  for (const char c : letters) {
    switch (place_of(c)) {
      case Place::kByte: ++l.bytes; break;
      case Place::kWord: ++l.words; break;
      case Place::kHalf: ++l.halves; break;
      case Place::kList: l.has_list = true; break;
    }
  }
  return l;
}

// Of operand `index`: a byte's number from the instruction's first byte, a word's number from
// word 0, or a half's number from word 0, as its place says.
constexpr unsigned position_of(std::string_view letters, unsigned index) {
  const Layout all = layout_of(letters);
  const Layout before = layout_of(letters.substr(0, index));
  switch (place_of(letters[index])) {
    case Place::kByte: return 4 + before.bytes;
    case Place::kWord: return 1 + before.words;
    case Place::kHalf: return 2 * all.fixed_words() - all.halves + before.halves;
    default: return all.fixed_words();
  }
}

static_assert(position_of("oxcx", 1) == 4 && position_of("oxcx", 3) == 5);
static_assert(position_of("oxcx", 2) == 1 && position_of("oxcx", 0) == 5);

// A register where either bank may stand, in a half: number, and this bit for y.
inline constexpr std::uint32_t kRegisterIsY = 256;

}  // namespace parley::isa
