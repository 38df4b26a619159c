// The lexer's run, places, names and numbers.
#include <charconv>
#include <cmath>
#include <cstring>

#include <fmt/format.h>
#include "compiler/syntax/lexer_state.h"

namespace parley {

namespace {

constexpr uint32_t kLargestBase = 36;
// An integer of more digits than this would take longer to convert than a program could want.
constexpr size_t kIntegerDigitsMax = 400'000;

struct TokenRow {
  std::string_view text;
  bool keyword;
};

constexpr TokenRow kTokenRows[] = {
#define PARLEY_TOKEN(kind, grammar, text) {text, false},
#define PARLEY_KEYWORD(kind, grammar, text) {text, true},
#include "compiler/syntax/tokens.def"
};

int digit_value(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'z') {
    return c - 'a' + 10;
  }
  return c >= 'A' && c <= 'Z' ? c - 'A' + 10 : 99;
}

// The first digit that the base does not have, or npos.
size_t find_alien_digit(std::string_view digits, uint32_t base) {
  for (size_t i = 0; i < digits.size(); ++i) {
    if (digits[i] != '_' && static_cast<uint32_t>(digit_value(digits[i])) >= base) {
      return i;
    }
  }
  return std::string_view::npos;
}

}  // namespace

std::string_view describe(TokenKind kind) { return kTokenRows[static_cast<size_t>(kind)].text; }

bool is_keyword(TokenKind kind) { return kTokenRows[static_cast<size_t>(kind)].keyword; }

Lexer::Lexer(ast::Module& module, uint32_t file)
    : module_(module), file_(file), cursor_(module.files[file].text.data()) {
  end_ = cursor_ + module.files[file].text.size();
  counted_ = cursor_;
  PARLEY_ASSERT(*end_ == '\0', "the source ends in a zero byte");
}

LexResult Lexer::run() {
  result_.tokens.reserve(module_.files[file_].text.size() / 5 + 16);
  if (std::string_view(cursor_, end_ - cursor_).starts_with("#!")) {
    skip_comment();
  }
  while (next()) {
  }
  if (!interpolations_.empty()) {
    const char* start = interpolations_.front().start;
    interpolations_.clear();
    bad_at(start, end_, Code::kUnterminatedString, "this interpolated string is never closed");
  }
  cursor_ = end_;
  push(TokenKind::kEndOfFile, end_);
  return std::move(result_);
}

// Places are counted once, left to right; `to` never goes back.
void Lexer::move_to(const char* to) {
  const char* at = counted_;
  uint32_t column = column_;
  for (; at < to; ++at) {
    if (*at == '\n') {
      ++line_;
      column = 1;
    } else {
      column += (static_cast<unsigned char>(*at) & 0xC0) != 0x80;
    }
  }
  counted_ = at;
  column_ = column;
}

Token& Lexer::push(TokenKind kind, const char* start) {
  move_to(start);
  Token& token = result_.tokens.emplace_back();
  token.kind = kind;
  token.after_space = space_;
  token.text = {start, static_cast<size_t>(cursor_ - start)};
  token.location = {file_, line_, column_, 0};
  move_to(cursor_);
  token.end_line = line_;
  token.location.end_column = column_;
  space_ = false;
  return token;
}

Diagnostic& Lexer::bad(const char* start, Code code, std::string message) {
  Token& token = push(TokenKind::kBad, start);
  token.diagnostic = static_cast<uint32_t>(result_.diagnostics.size());
  ast::Location place = token.location;
  if (token.end_line != place.line) {
    place.end_column = 0;
  }
  return result_.diagnostics.emplace_back(
      Diagnostic{Severity::kError, code, place, std::move(message), {}, {}});
}

// As bad(), but the place is `at`, which may lie before what has been counted.
Diagnostic& Lexer::bad_at(const char* at, const char* start, Code code, std::string message) {
  Diagnostic& diagnostic = bad(start, code, std::move(message));
  constexpr size_t kExactPlacesMax = 100;  // each costs a walk through the text
  if (result_.diagnostics.size() > kExactPlacesMax) {
    return diagnostic;
  }
  const char* text = module_.files[file_].text.data();
  ast::Location place{file_, 1, 1, 0};
  for (const char* p = text; p < at; ++p) {
    if (*p == '\n') {
      ++place.line;
      place.column = 1;
    } else {
      place.column += (static_cast<unsigned char>(*p) & 0xC0) != 0x80;
    }
  }
  place.end_column = place.column + 1;
  diagnostic.place = place;
  return diagnostic;
}

void Lexer::skip_comment() {
  const void* newline = std::memchr(cursor_, '\n', end_ - cursor_);
  cursor_ = newline ? static_cast<const char*>(newline) : end_;
  space_ = true;
}

void Lexer::push_word(TokenKind kind, const char* start) {
  if (kind == TokenKind::kAtom && !check_atom(std::string_view(start, cursor_ - start), start)) {
    return;
  }
  Token& token = push(kind, start);
  token.name = module_.names.intern(token.text).entry();
}

void Lexer::push_dot(const char* start) {
  unsigned char next = static_cast<unsigned char>(*cursor_);
  bool blank_next = next <= ' ' || next == '%' || cursor_ == end_;
  if (!blank_next) {
    push(TokenKind::kField, start);
    return;
  }
  push(TokenKind::kDot, start);
  if (!interpolations_.empty()) {  // no expression holds a full stop: a hole was left open
    close_interpolations();
    result_.tokens.pop_back();
    Token dot = result_.tokens.back();
    result_.tokens.back().kind = TokenKind::kBad;
    result_.tokens.back().diagnostic = static_cast<uint32_t>(result_.diagnostics.size() - 1);
    result_.tokens.push_back(dot);
  }
}

void Lexer::open_brace(const char* start) {
  if (!interpolations_.empty()) {
    ++interpolations_.back().brace_depth;
  }
  push(TokenKind::kOpenBrace, start);
}

void Lexer::close_brace(const char* start) {
  if (interpolations_.empty()) {
    push(TokenKind::kCloseBrace, start);
  } else if (interpolations_.back().brace_depth == 0) {
    resume_interpolation(start, false);
  } else {
    --interpolations_.back().brace_depth;
    push(TokenKind::kCloseBrace, start);
  }
}

void Lexer::illegal_character(const char* start) {
  // A word in letters that atoms do not have is one mistake.
  while (cursor_ < end_ && static_cast<unsigned char>(*cursor_) >= 0x80) {
    ++cursor_;
  }
  std::string_view text(start, cursor_ - start);
  size_t at = 0;
  uint32_t code_point = ast::next_code_point(text, at);
  Diagnostic& diagnostic =
      bad(start, Code::kIllegalCharacter,
          code_point < 0x20 || code_point == 0x7F
              ? fmt::format("illegal character U+{:04X}", code_point)
              : fmt::format("illegal character{} {}", at < text.size() ? "s" : "", text));
  constexpr uint32_t kCurlyQuoteFirst = 0x2018;
  constexpr uint32_t kCurlyQuoteLast = 0x201F;
  if (code_point >= kCurlyQuoteFirst && code_point <= kCurlyQuoteLast) {
    diagnostic.hint = "quotes are straight: \" and '";
  } else if (code_point > 0x7F) {
    diagnostic.hint = "an atom with such letters is written in single quotes";
  }
}

std::string_view Lexer::digits_of(std::string_view text) {
  if (text.find('_') == std::string_view::npos) {
    return text;
  }
  std::string plain;
  for (char c : text) {
    if (c != '_') {
      plain.push_back(c);
    }
  }
  return module_.arena.copy_text(plain);
}

void Lexer::set_integer(const char* start, uint32_t base, std::string_view digits) {
  if (digits.size() > kIntegerDigitsMax) {
    bad(start, Code::kBadNumber,
        fmt::format("an integer of {} digits: {} are allowed", digits.size(), kIntegerDigitsMax));
    return;
  }
  Token& token = push(TokenKind::kInteger, start);
  token.base = static_cast<uint8_t>(base);
  token.text = digits;
  token.integer = 0;
  auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), token.integer,
                                       static_cast<int>(base));
  token.is_big = error == std::errc::result_out_of_range;
}

void Lexer::push_integer(const char* start) {
  set_integer(start, 10, digits_of({start, static_cast<size_t>(cursor_ - start)}));
}

// The base before the `#`; false after having said what is wrong with it.
bool Lexer::parse_base(const char* start, std::string_view text, uint32_t& base) {
  std::string_view digits = digits_of(text);
  auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), base);
  if (error != std::errc{} || base < 2 || base > kLargestBase) {
    bad(start, Code::kBadNumber, fmt::format("illegal base {}: 2 to 36 are allowed", digits));
    return false;
  }
  return true;
}

void Lexer::push_based_integer(const char* start) {
  std::string_view text(start, cursor_ - start);
  size_t hash = text.find('#');
  uint32_t base = 10;
  if (!parse_base(start, text.substr(0, hash), base)) {
    return;
  }
  std::string_view digits = text.substr(hash + 1);
  if (size_t alien = find_alien_digit(digits, base); alien != std::string_view::npos) {
    bad(start, Code::kBadNumber, fmt::format("{} is not a digit of base {}", digits[alien], base));
    return;
  }
  set_integer(start, base, digits_of(digits));
}

void Lexer::push_float(const char* start) {
  std::string_view digits = digits_of({start, static_cast<size_t>(cursor_ - start)});
  double value = 0;
  auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc::result_out_of_range) {
    // Out of range means too large, or too small to be anything but zero.
    size_t exponent = digits.find_first_of("eE");
    bool tiny = exponent != std::string_view::npos && digits[exponent + 1] == '-';
    if (!tiny) {
      bad(start, Code::kBadNumber, "this float is too large");
      return;
    }
    value = 0;
  }
  push(TokenKind::kFloat, start).real = value;
}

void Lexer::push_based_float(const char* start) {
  std::string_view text(start, cursor_ - start);
  size_t hash = text.find('#');
  uint32_t base = 10;
  if (!parse_base(start, text.substr(0, hash), base)) {
    return;
  }
  std::string_view rest = text.substr(hash + 1);
  std::string_view exponent_text;
  if (size_t second = rest.find('#'); second != std::string_view::npos) {
    exponent_text = digits_of(rest.substr(second + 2));
    rest = rest.substr(0, second);
  }
  long double value = 0;
  int64_t exponent = 0;
  bool fraction = false;
  for (char c : rest) {
    if (c == '.') {
      fraction = true;
    } else if (c != '_') {
      int digit = digit_value(c);
      if (static_cast<uint32_t>(digit) >= base) {
        bad(start, Code::kBadNumber, fmt::format("{} is not a digit of base {}", c, base));
        return;
      }
      value = value * base + digit;
      exponent -= fraction;
    }
  }
  if (!exponent_text.empty()) {
    bool plus = exponent_text[0] == '+';
    int64_t given = 0;
    auto [stop, error] = std::from_chars(exponent_text.data() + plus,
                                         exponent_text.data() + exponent_text.size(), given);
    constexpr int64_t kExponentMax = 100'000;  // far beyond any double
    exponent += error != std::errc{} || given > kExponentMax ? kExponentMax
                : given < -kExponentMax                      ? -kExponentMax
                                                             : given;
  }
  // In a base that is a power of two this is exact before the one rounding to double.
  double result = static_cast<double>(
      value == 0 ? 0 : value * std::pow(static_cast<long double>(base), exponent));
  if (!std::isfinite(result)) {
    bad(start, Code::kBadNumber, "this float is too large");
    return;
  }
  push(TokenKind::kFloat, start).real = result;
}

LexResult lex(ast::Module& module, uint32_t file) { return Lexer(module, file).run(); }

}  // namespace parley
