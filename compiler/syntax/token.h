// A token: its kind, its place and what it says.
#pragma once

#include <cstdint>
#include <string_view>

#include "compiler/syntax/expr.h"
#include "compiler/syntax/name.h"

namespace parley {

enum class TokenKind : uint8_t {
#define PARLEY_TOKEN(kind, grammar, text) kind,
#include "compiler/syntax/tokens.def"
};

/// How people read the kind: `an atom`, `'->'`.
std::string_view describe(TokenKind kind);
bool is_keyword(TokenKind kind);

struct Token {
  TokenKind kind;
  uint8_t base = 10;        // kInteger
  bool after_space = true;  // white space, a comment or the start of the file comes before it
  uint32_t end_line = 0;    // of its last character
  ast::Location location;   // end_column counts on end_line here, also for tokens of many lines
  std::string_view text;    // see below
  union {
    const ast::Name::Entry* name = nullptr;  // kAtom, kVariable and keywords
    int64_t integer;                         // kInteger that fits
    double real;                             // kFloat
    uint32_t code_point;                     // kChar
    uint32_t diagnostic;                     // kBad: index into the lexer's diagnostics
  };
  // text: kInteger: its digits; strings: the decoded content in UTF-8; kBad: nothing; all others:
  // as written. kInteger that does not fit int64_t has is_big.
  bool is_big = false;
};

}  // namespace parley
