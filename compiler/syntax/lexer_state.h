// What the lexer's parts share: the cursor, the place counter and the tokens made so far.
// Private to lexer.re and lexer_*.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/syntax/lexer.h"

namespace parley {

class Lexer {
 public:
  Lexer(ast::Module& module, uint32_t file);
  LexResult run();

 private:
  // An interpolated string whose hole is being read.
  struct Interpolation {
    const char* start = nullptr;     // the tilde
    const char* text_end = nullptr;  // triple-quoted: where the content ends; else null
    uint32_t quote_count = 1;
    std::string_view indent;   // triple-quoted: stripped from each line
    uint32_t brace_depth = 0;  // braces open inside the hole
  };

  // The lines of a triple-quoted string between its delimiters.
  struct TripleQuoted {
    const char* content = nullptr;      // the first character of the first line
    const char* content_end = nullptr;  // its last line's newline, or `content` when there is none
    const char* after = nullptr;        // behind the closing quotes
    std::string_view indent;
  };

  enum class Escapes : uint8_t { kDecoded, kVerbatim };

  // lexer.re: reads one token or skips white space; false at the end.
  bool next();

  // lexer_tokens.cpp
  void move_to(const char* to);
  Token& push(TokenKind kind, const char* start);
  Diagnostic& bad(const char* start, Code code, std::string message);
  Diagnostic& bad_at(const char* at, const char* start, Code code, std::string message);
  void push_word(TokenKind kind, const char* start);  // keyword, atom, variable
  void push_dot(const char* start);
  void open_brace(const char* start);
  void skip_comment();
  void close_brace(const char* start);
  void illegal_character(const char* start);
  void push_integer(const char* start);
  void push_based_integer(const char* start);
  void push_float(const char* start);
  void push_based_float(const char* start);
  void push_char(const char* start);
  std::string_view digits_of(std::string_view text);
  void set_integer(const char* start, uint32_t base, std::string_view digits);
  bool parse_base(const char* start, std::string_view text, uint32_t& base);

  // lexer_strings.cpp
  void string(const char* start);
  void quoted_atom(const char* start);
  bool check_atom(std::string_view text, const char* start);  // false: too long, and said so
  bool in_unclosed_hole(const char* start) const;
  void close_interpolations();
  void sigil(const char* start);
  void interpolation(const char* start);
  void resume_interpolation(const char* piece_start, bool first);
  bool read_delimited(const char* start, char close, Escapes escapes, std::string_view& text,
                      const char* what);
  bool find_triple(const char* start, uint32_t quote_count, TripleQuoted& found);
  bool read_triple(const char* start, uint32_t quote_count, Escapes escapes,
                   std::string_view& text);
  bool strip_lines(const char* start, const TripleQuoted& found, std::string& out);
  bool escape(const char*& at, const char* end, std::string& out, std::string& problem);
  bool decode(const char* start, std::string_view raw, std::string& out);
  void unterminated(const char* start, const char* what);
  void refuse_adjacent_string(const char* start);
  uint32_t count_quotes(const char* at) const;

  ast::Module& module_;
  uint32_t file_;
  const char* cursor_;
  const char* end_;  // the zero byte
  // The place of `counted_`: everything before it has been counted.
  const char* counted_;
  uint32_t line_ = 1;
  uint32_t column_ = 1;
  bool space_ = true;  // white space since the last token
  std::vector<Interpolation> interpolations_;
  LexResult result_;
};

/// Appends the code point as UTF-8.
void append_utf8(std::string& out, uint32_t code_point);

}  // namespace parley
