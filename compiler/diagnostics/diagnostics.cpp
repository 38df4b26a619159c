// The registry of codes, and the collection of diagnostics.
#include "compiler/diagnostics/diagnostics.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace parley {

namespace {

struct CodeRow {
  Code code;
  std::string_view title;
  std::string_view explanation;
};

constexpr CodeRow kCodes[] = {
#define PARLEY_DIAGNOSTIC(name, number, title, explanation) {Code::name, title, explanation},
#include "compiler/diagnostics/diagnostics.def"
};

const CodeRow* find(uint32_t number) {
  for (const CodeRow& row : kCodes) {
    if (static_cast<uint32_t>(row.code) == number) {
      return &row;
    }
  }
  return nullptr;
}

// Edit distance with neighbours swapped counting one, given up beyond `limit`.
uint32_t distance(std::string_view a, std::string_view b, uint32_t limit) {
  constexpr size_t kLengthMax = 40;
  if (a.size() > kLengthMax || b.size() > kLengthMax) {
    return limit + 1;
  }
  uint32_t rows[3][kLengthMax + 1];
  for (uint32_t j = 0; j <= b.size(); ++j) {
    rows[0][j] = j;
  }
  for (size_t i = 1; i <= a.size(); ++i) {
    uint32_t* row = rows[i % 3];
    const uint32_t* above = rows[(i + 2) % 3];
    const uint32_t* two_above = rows[(i + 1) % 3];
    row[0] = static_cast<uint32_t>(i);
    uint32_t least = row[0];
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], two_above[j - 2] + 1);
      }
      least = std::min(least, row[j]);
    }
    if (least > limit) {
      return limit + 1;
    }
  }
  return rows[a.size() % 3][b.size()];
}

}  // namespace

Diagnostic& Diagnostics::error(Code code, ast::Location place, std::string message) {
  ++error_count_;
  return list_.emplace_back(Diagnostic{Severity::kError, code, place, std::move(message), {}, {}});
}

Diagnostic& Diagnostics::warning(Code code, ast::Location place, std::string message) {
  return list_.emplace_back(
      Diagnostic{Severity::kWarning, code, place, std::move(message), {}, {}});
}

void Diagnostics::add(Diagnostic diagnostic) {
  error_count_ += diagnostic.severity == Severity::kError;
  list_.push_back(std::move(diagnostic));
}

void Diagnostics::drop_last() {
  error_count_ -= list_.back().severity == Severity::kError;
  list_.pop_back();
}

std::string code_text(Code code) { return fmt::format("PAR-{:04}", static_cast<unsigned>(code)); }

std::string_view code_title(Code code) {
  const CodeRow* row = find(static_cast<uint32_t>(code));
  return row ? row->title : std::string_view{};
}

std::string_view explain(std::string_view code) {
  if (code.size() > 4 && (code[0] | 0x20) == 'p' && (code[1] | 0x20) == 'a' &&
      (code[2] | 0x20) == 'r' && code[3] == '-') {
    code.remove_prefix(4);
  }
  uint32_t number = 0;
  auto [stop, error] = std::from_chars(code.data(), code.data() + code.size(), number);
  if (error != std::errc{} || stop != code.data() + code.size()) {
    return {};
  }
  const CodeRow* row = find(number);
  return row ? row->explanation : std::string_view{};
}

std::string_view nearest_name(std::string_view name, std::span<const std::string_view> candidates) {
  uint32_t limit = name.size() < 3 ? 1 : name.size() < 6 ? 2 : 3;
  // Half of the letters wrong is another word.
  limit = std::min<uint32_t>(limit, static_cast<uint32_t>(name.size()) / 2);
  std::string_view best;
  for (std::string_view candidate : candidates) {
    if (limit == 0 || candidate == name) {
      continue;
    }
    uint32_t found = distance(name, candidate, limit);
    if (found <= limit) {
      best = candidate;
      limit = found - 1;
    }
  }
  return best;
}

}  // namespace parley
