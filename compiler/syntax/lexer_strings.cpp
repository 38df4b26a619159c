// Everything between quotes: strings, quoted atoms, characters, sigils, triple-quoted strings and
// interpolation. The escapes are OTP's.
#include <cstring>

#include <fmt/format.h>
#include "compiler/syntax/lexer_state.h"

namespace parley {

namespace {

constexpr uint32_t kCodePointMax = 0x10FFFF;
constexpr uint32_t kAtomLengthMax = 255;

bool is_surrogate(uint32_t code_point) { return code_point >= 0xD800 && code_point <= 0xDFFF; }

bool is_octal(char c) { return c >= '0' && c <= '7'; }

int hex_value(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

uint32_t count_code_points(std::string_view text) {
  uint32_t count = 0;
  for (char c : text) {
    count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }
  return count;
}

char closing_of(char open) {
  switch (open) {
    case '(':
      return ')';
    case '[':
      return ']';
    case '{':
      return '}';
    case '<':
      return '>';
    case '/':
    case '|':
    case '\'':
    case '"':
    case '`':
    case '#':
      return open;
    default:
      return '\0';
  }
}

// `\x41` and `\x{1F600}`: `at` is behind the x.
bool hex_escape(const char*& at, const char* end, uint32_t& value) {
  value = 0;
  if (at < end && *at == '{') {
    const char* first = ++at;
    while (at < end && hex_value(*at) >= 0) {
      value = value > kCodePointMax ? value : value * 16 + hex_value(*at);
      ++at;
    }
    if (at == end || *at != '}' || at == first) {
      return false;
    }
    ++at;
    return value <= kCodePointMax && !is_surrogate(value);
  }
  if (end - at < 2 || hex_value(at[0]) < 0 || hex_value(at[1]) < 0) {
    return false;
  }
  value = hex_value(at[0]) * 16 + hex_value(at[1]);
  at += 2;
  return true;
}

// What `\n` and its like stand for, or -1.
int simple_escape(char c) {
  switch (c) {
    case 'b':
      return 8;
    case 'd':
      return 127;
    case 'e':
      return 27;
    case 'f':
      return 12;
    case 'n':
      return 10;
    case 'r':
      return 13;
    case 's':
      return 32;
    case 't':
      return 9;
    case 'v':
      return 11;
    default:
      return -1;
  }
}

}  // namespace

void append_utf8(std::string& out, uint32_t code_point) {
  if (code_point < 0x80) {
    out.push_back(static_cast<char>(code_point));
  } else if (code_point < 0x800) {
    out.push_back(static_cast<char>(0xC0 | (code_point >> 6)));
    out.push_back(static_cast<char>(0x80 | (code_point & 0x3F)));
  } else if (code_point < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | (code_point >> 12)));
    out.push_back(static_cast<char>(0x80 | ((code_point >> 6) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (code_point & 0x3F)));
  } else {
    out.push_back(static_cast<char>(0xF0 | (code_point >> 18)));
    out.push_back(static_cast<char>(0x80 | ((code_point >> 12) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | ((code_point >> 6) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (code_point & 0x3F)));
  }
}

// `at` is behind the backslash. False: `problem` says why.
bool Lexer::escape(const char*& at, const char* end, std::string& out, std::string& problem) {
  if (at == end) {
    problem = "nothing follows the backslash";
    return false;
  }
  char c = *at;
  if (int simple = simple_escape(c); simple >= 0) {
    out.push_back(static_cast<char>(simple));
    ++at;
  } else if (is_octal(c)) {
    uint32_t value = 0;
    for (int i = 0; i < 3 && at < end && is_octal(*at); ++i) {
      value = value * 8 + (*at++ - '0');
    }
    append_utf8(out, value);
  } else if (c == 'x') {
    uint32_t value = 0;
    ++at;
    if (!hex_escape(at, end, value)) {
      problem = "a \\x escape is two hexadecimal digits, or a code point in braces";
      return false;
    }
    append_utf8(out, value);
  } else if (c == '^') {
    ++at;
    bool control = at < end && ((*at >= '@' && *at <= '_') || (*at >= 'a' && *at <= 'z'));
    if (at < end && *at == '?') {
      out.push_back(127);
    } else if (control) {
      out.push_back(static_cast<char>(*at & 0x1F));
    } else {
      problem = "\\^ is followed by a letter or one of @[\\]^_?";
      return false;
    }
    ++at;
  } else {
    // Any other character stands for itself, and may be longer than a byte.
    do {
      out.push_back(*at++);
    } while (at < end && (static_cast<unsigned char>(*at) & 0xC0) == 0x80);
  }
  return true;
}

// `raw` with its escapes replaced. False: a bad token was pushed, the cursor is behind the string.
bool Lexer::decode(const char* start, std::string_view raw, std::string& out) {
  const char* at = raw.data();
  const char* end = at + raw.size();
  while (at < end) {
    const char* slash = static_cast<const char*>(std::memchr(at, '\\', end - at));
    const char* stop = slash ? slash : end;
    out.append(at, stop);
    at = stop;
    if (slash) {
      ++at;
      std::string problem;
      if (!escape(at, end, out, problem)) {
        bad_at(slash, start, Code::kIllegalEscape, problem);
        return false;
      }
    }
  }
  return true;
}

// What is never closed is taken to end with its line, so that the rest of the file is still read.
void Lexer::unterminated(const char* start, const char* what) {
  cursor_ = start;
  skip_comment();
  bad_at(start, start, Code::kUnterminatedString, fmt::format("this {} is never closed", what));
}

// Reads from the cursor up to `close`, which is passed over.
bool Lexer::read_delimited(const char* start, char close, Escapes escapes, std::string_view& text,
                           const char* what) {
  const char* content = cursor_;
  const char* at = content;
  bool escaped = false;
  while (at < end_ && *at != close) {
    if (*at == '\\' && escapes == Escapes::kDecoded) {
      escaped = true;
      at += at + 1 < end_ ? 2 : 1;
    } else {
      ++at;
    }
  }
  if (at >= end_) {
    unterminated(start, what);
    return false;
  }
  cursor_ = at + 1;
  text = {content, static_cast<size_t>(at - content)};
  if (escaped) {
    std::string decoded;
    if (!decode(start, text, decoded)) {
      return false;
    }
    text = module_.arena.copy_text(decoded);
  }
  return true;
}

uint32_t Lexer::count_quotes(const char* at) const {
  const char* first = at;
  while (*at == '"') {
    ++at;
  }
  return static_cast<uint32_t>(at - first);
}

void Lexer::refuse_adjacent_string(const char* start) {
  if (*cursor_ == '"') {
    bad_at(cursor_, start, Code::kAdjacentStrings, "two strings without white space between them")
        .hint = "a quote inside a string is written \\\"";
  }
}

void Lexer::string(const char* start) {
  uint32_t quote_count = count_quotes(start);
  std::string_view text;
  if (quote_count >= 3) {
    cursor_ = start + quote_count;
    if (read_triple(start, quote_count, Escapes::kVerbatim, text)) {
      push(TokenKind::kString, start).text = text;
    }
  } else if (in_unclosed_hole(start)) {
    cursor_ = start;
    skip_comment();
    close_interpolations();
  } else if (read_delimited(start, '"', Escapes::kDecoded, text, "string")) {
    push(TokenKind::kString, start).text = text;
    refuse_adjacent_string(start);
  }
}

// Whether this quote, inside a hole of an interpolated string of one line, opens nothing on its
// line: then it was meant to close the interpolated string, and the hole was left open.
bool Lexer::in_unclosed_hole(const char* start) const {
  if (interpolations_.empty() || interpolations_.back().text_end != nullptr) {
    return false;
  }
  for (const char* at = start + 1; at < end_ && *at != '\n'; ++at) {
    if (*at == '"') {
      return false;
    }
    at += *at == '\\' && at + 1 < end_;
  }
  return true;
}

// A hole was left open: says so, once for all that are nested.
void Lexer::close_interpolations() {
  const char* open = interpolations_.front().start;
  interpolations_.clear();
  bad_at(open, cursor_, Code::kUnterminatedString,
         "a ~{ of this interpolated string is never closed");
}

void Lexer::quoted_atom(const char* start) {
  std::string_view text;
  if (!read_delimited(start, '\'', Escapes::kDecoded, text, "quoted atom")) {
    return;
  }
  if (!check_atom(text, start)) {
    return;
  }
  push(TokenKind::kAtom, start).name = module_.names.intern(text).entry();
}

bool Lexer::check_atom(std::string_view text, const char* start) {
  if (text.size() <= kAtomLengthMax || count_code_points(text) <= kAtomLengthMax) {
    return true;
  }
  bad(start, Code::kAtomTooLong, fmt::format("an atom of more than {} characters", kAtomLengthMax));
  return false;
}

void Lexer::push_char(const char* start) {
  if (cursor_ == end_) {
    bad(start, Code::kIllegalCharacter, "nothing follows the dollar sign");
    return;
  }
  std::string text;
  if (*cursor_ == '\\') {
    ++cursor_;
    std::string problem;
    if (!escape(cursor_, end_, text, problem)) {
      bad(start, Code::kIllegalEscape, problem);
      return;
    }
  } else {
    do {
      text.push_back(*cursor_++);
    } while ((static_cast<unsigned char>(*cursor_) & 0xC0) == 0x80);
  }
  size_t at = 0;
  push(TokenKind::kChar, start).code_point = ast::next_code_point(text, at);
}

void Lexer::sigil(const char* start) {
  const char* name = cursor_;
  while ((*cursor_ >= 'a' && *cursor_ <= 'z') || (*cursor_ >= 'A' && *cursor_ <= 'Z')) {
    ++cursor_;
  }
  std::string_view letters(name, cursor_ - name);
  char open = *cursor_;
  char close = closing_of(open);
  if (close == '\0') {
    bad(start, Code::kBadSigil, "a sigil is ~, letters, and a quote or bracket");
    return;
  }
  if (letters == "f") {
    interpolation(start);
    return;
  }
  uint32_t quote_count = open == '"' ? count_quotes(cursor_) : 1;
  bool triple = quote_count >= 3;
  bool verbatim = letters == "S" || letters == "B" || (letters.empty() && triple);
  Escapes escapes = verbatim ? Escapes::kVerbatim : Escapes::kDecoded;
  std::string_view text;
  if (letters.size() > 1 || (!letters.empty() && std::strchr("sSbB", letters[0]) == nullptr)) {
    cursor_ += 1;
    if (read_delimited(start, close, Escapes::kVerbatim, text, "sigil")) {
      bad(start, Code::kBadSigil, fmt::format("there is no sigil ~{}", letters)).hint =
          "~s and ~S make strings, ~b, ~B and ~ binaries, ~f interpolates";
    }
    return;
  }
  cursor_ += triple ? quote_count : 1;
  bool good = triple ? read_triple(start, quote_count, escapes, text)
                     : read_delimited(start, close, escapes, text, "sigil");
  if (!good) {
    return;
  }
  bool list = letters == "s" || letters == "S";
  push(list ? TokenKind::kString : TokenKind::kBinaryString, start).text = text;
  if (close == '"') {
    refuse_adjacent_string(start);
  }
}

// Finds the closing line of a triple-quoted string; the cursor is behind the opening quotes.
bool Lexer::find_triple(const char* start, uint32_t quote_count, TripleQuoted& found) {
  const char* at = cursor_;
  while (is_blank(*at) || *at == '\r') {
    ++at;
  }
  if (*at != '\n') {
    if (at == end_) {
      unterminated(start, "triple-quoted string");
    } else {
      skip_comment();
      bad(start, Code::kBadTripleQuoted,
          "the text of a triple-quoted string starts on the line after the quotes");
    }
    return false;
  }
  found.content = found.content_end = at + 1;
  for (const char* line = at + 1; line < end_;) {
    const char* first = line;
    while (is_blank(*first)) {
      ++first;
    }
    if (count_quotes(first) >= quote_count) {
      found.indent = {line, static_cast<size_t>(first - line)};
      found.after = first + quote_count;
      return true;
    }
    const void* newline = std::memchr(line, '\n', end_ - line);
    if (newline == nullptr) {
      break;
    }
    found.content_end = static_cast<const char*>(newline);
    line = found.content_end + 1;
  }
  unterminated(start, "triple-quoted string");
  return false;
}

bool Lexer::strip_lines(const char* start, const TripleQuoted& found, std::string& out) {
  for (const char* line = found.content; line < found.content_end;) {
    const void* newline = std::memchr(line, '\n', found.content_end - line);
    const char* stop = newline ? static_cast<const char*>(newline) : found.content_end;
    std::string_view text(line, stop - line);
    if (text.starts_with(found.indent)) {
      text.remove_prefix(found.indent.size());
    } else if (text.find_first_not_of(" \t\r") == std::string_view::npos) {
      text = {};
    } else {
      bad_at(line, start, Code::kBadTripleQuoted,
             "this line is indented less than the closing quotes");
      return false;
    }
    out.append(text);
    if (newline) {
      out.push_back('\n');
    }
    line = stop + 1;
  }
  if (out.ends_with('\r')) {
    out.pop_back();
  }
  return true;
}

bool Lexer::read_triple(const char* start, uint32_t quote_count, Escapes escapes,
                        std::string_view& text) {
  TripleQuoted found;
  if (!find_triple(start, quote_count, found)) {
    return false;
  }
  cursor_ = found.after;
  std::string lines;
  if (!strip_lines(start, found, lines)) {
    return false;
  }
  if (escapes == Escapes::kDecoded) {
    // The escapes are decoded in a copy, so a bad one is reported at the start of the string.
    std::string decoded;
    const char* at = lines.data();
    const char* end = at + lines.size();
    while (at < end) {
      std::string problem;
      if (*at != '\\') {
        decoded.push_back(*at++);
      } else if (!escape(++at, end, decoded, problem)) {
        bad(start, Code::kIllegalEscape, problem);
        return false;
      }
    }
    lines = std::move(decoded);
  }
  text = module_.arena.copy_text(lines);
  return true;
}

void Lexer::interpolation(const char* start) {
  if (*cursor_ != '"') {
    cursor_ += 1;
    bad(start, Code::kBadSigil, "~f is followed by a double quote");
    return;
  }
  Interpolation state;
  state.start = start;
  uint32_t quote_count = count_quotes(cursor_);
  const char* piece = cursor_ + 1;
  if (quote_count >= 3) {
    cursor_ += quote_count;
    TripleQuoted found;
    std::string ignored;
    if (!find_triple(start, quote_count, found)) {
      return;
    }
    if (!strip_lines(start, found, ignored)) {
      cursor_ = found.after;
      return;
    }
    state.text_end = found.content_end;
    state.quote_count = quote_count;
    state.indent = found.indent;
    piece = found.content;
  }
  interpolations_.push_back(state);
  cursor_ = piece;
  resume_interpolation(start, true);
}

// Reads text up to the next hole or the end. `piece_start` is where the token starts: the tilde of
// the first piece, the brace that closed a hole of the others; the cursor is at the text.
void Lexer::resume_interpolation(const char* piece_start, bool first) {
  const Interpolation state = interpolations_.back();
  std::string text;
  bool triple = state.text_end != nullptr;
  const char* at = cursor_;
  bool line_start = triple && first;
  while (true) {
    if (line_start && std::string_view(at, end_ - at).starts_with(state.indent)) {
      at += state.indent.size();
    }
    line_start = false;
    if (at >= (triple ? state.text_end : end_) || (!triple && *at == '"')) {
      break;
    }
    if (at[0] == '~' && at[1] == '{') {
      cursor_ = at + 2;
      push(first ? TokenKind::kInterpolationStart : TokenKind::kInterpolationMiddle, piece_start)
          .text = module_.arena.copy_text(text);
      return;
    }
    if (*at == '\\') {
      const char* slash = at++;
      std::string problem;
      if (!escape(at, end_, text, problem)) {
        cursor_ = at < end_ ? at + 1 : end_;
        interpolations_.pop_back();
        bad_at(slash, piece_start, Code::kIllegalEscape, problem);
        return;
      }
    } else {
      line_start = triple && *at == '\n';
      text.push_back(*at++);
    }
  }
  interpolations_.pop_back();
  if (!triple && at >= end_) {
    unterminated(state.start < counted_ ? counted_ : state.start, "interpolated string");
    return;
  }
  if (triple) {
    at = std::max(at, state.text_end);
    at += std::string_view(at, end_ - at).find('"');
  }
  cursor_ = at + state.quote_count;
  if (first) {
    // Without holes it is an ordinary binary string.
    push(TokenKind::kBinaryString, piece_start).text = module_.arena.copy_text(text);
    return;
  }
  push(TokenKind::kInterpolationEnd, piece_start).text = module_.arena.copy_text(text);
}

}  // namespace parley
