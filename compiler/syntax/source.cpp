// Encodings: UTF-8 is checked, Latin-1 converted.
#include "compiler/syntax/source.h"

#include <cstring>

#include "compiler/syntax/lexer_state.h"

namespace parley {

namespace {

// Length of the UTF-8 sequence at `at`, or 0 when it is none. Surrogates and overlong forms are
// none.
size_t sequence_length(std::string_view text, size_t at) {
  auto byte = [&](size_t i) -> uint32_t {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0;
  };
  auto follows = [&](size_t i) { return (byte(i) & 0xC0) == 0x80; };
  uint32_t first = byte(0);
  if (first < 0x80) {
    return 1;
  }
  if (first >= 0xC2 && first <= 0xDF) {
    return follows(1) ? 2 : 0;
  }
  if (first >= 0xE0 && first <= 0xEF) {
    bool good = follows(1) && follows(2) && !(first == 0xE0 && byte(1) < 0xA0) &&
                !(first == 0xED && byte(1) > 0x9F);
    return good ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    bool good = follows(1) && follows(2) && follows(3) && !(first == 0xF0 && byte(1) < 0x90) &&
                !(first == 0xF4 && byte(1) > 0x8F);
    return good ? 4 : 0;
  }
  return 0;
}

// Whether one of the first two lines is a comment that says `coding: latin-1`.
bool says_latin1(std::string_view text) {
  for (int i = 0; i < 2; ++i) {
    std::string_view line = text.substr(0, text.find('\n'));
    size_t coding = line.find("coding");
    if (line.starts_with('%') && coding != std::string_view::npos) {
      std::string_view rest = line.substr(coding);
      if (rest.find("atin-1") != std::string_view::npos) {
        return true;
      }
    }
    if (line.size() == text.size()) {
      break;
    }
    text.remove_prefix(line.size() + 1);
  }
  return false;
}

std::string from_latin1(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 16);
  for (char c : text) {
    append_utf8(out, static_cast<unsigned char>(c));
  }
  return out;
}

bool all_ascii(std::string_view text) {
  uint64_t seen = 0;
  size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + at, 8);
    seen |= word;
  }
  for (; at < text.size(); ++at) {
    seen |= static_cast<unsigned char>(text[at]) & 0x80U;
  }
  return (seen & 0x8080808080808080ULL) == 0;
}

}  // namespace

uint32_t add_source(ast::Module& module, Diagnostics& diagnostics, const SourceFile& source,
                    ast::Location included_at) {
  std::string_view text = source.text;
  std::string converted;
  uint32_t file = static_cast<uint32_t>(module.files.size());
  if (text.starts_with("\xEF\xBB\xBF")) {
    text.remove_prefix(3);
  }
  if (!all_ascii(text)) {
    if (says_latin1(text)) {
      converted = from_latin1(text);
    } else {
      converted = text;
      ast::Location place{file, 1, 1, 2};
      bool reported = false;
      for (size_t at = 0; at < converted.size();) {
        size_t length = sequence_length(converted, at);
        if (length == 0) {
          if (!reported) {
            Diagnostic& diagnostic = diagnostics.error(
                Code::kNotUtf8, place, "this byte is not UTF-8, and no comment says otherwise");
            if (included_at.line != 0) {
              diagnostic.notes.push_back({included_at, "the file is included here"});
            }
            reported = true;
          }
          converted[at] = ' ';  // it starts no token that would be complained of, too
          length = 1;
        }
        place.column += 1;
        if (converted[at] == '\n') {
          ++place.line;
          place.column = 1;
        }
        place.end_column = place.column + 1;
        at += length;
      }
    }
    text = converted;
  }
  std::string ended(text);
  ended.push_back('\0');
  std::string_view kept = module.arena.copy_text(ended);
  kept.remove_suffix(1);
  module.files.push_back({module.arena.copy_text(source.name), kept, 0});
  return file;
}

}  // namespace parley
