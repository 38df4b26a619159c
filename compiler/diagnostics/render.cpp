// Diagnostics as text: place, message, the source line and an underline.
//
// Columns count code points, terminals count cells: a wide character takes two, a combining one
// none, and a tab is shown as blanks up to the next multiple of eight.
#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include "compiler/diagnostics/diagnostics.h"

namespace parley {

namespace {

constexpr uint32_t kTabCells = 8;
constexpr uint32_t kLineCellsMax = 160;  // of longer lines a part round the place is shown
constexpr uint32_t kBeforeColumnsMax = 80;

struct Colours {
  std::string_view error, warning, note, bold, line, reset;
};
constexpr Colours kPlain{};
constexpr Colours kColoured{"\x1b[1;31m", "\x1b[1;35m", "\x1b[1;36m",
                            "\x1b[1m",    "\x1b[32m",   "\x1b[0m"};

struct Range {
  uint32_t first, last;
};
// East Asian wide and emoji; combining marks and zero-width characters.
constexpr Range kWide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0x33FF},
                           {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},
                           {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},
                           {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},   {0x1F300, 0x1F64F},
                           {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
constexpr Range kZero[] = {{0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x064B, 0x065F},
                           {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F}, {0x20D0, 0x20FF},
                           {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}};

uint32_t cells_of(uint32_t code_point) {
  auto within = [&](const Range& range) {
    return code_point >= range.first && code_point <= range.last;
  };
  if (std::ranges::any_of(kZero, within)) {
    return 0;
  }
  return std::ranges::any_of(kWide, within) ? 2 : 1;
}

std::string_view line_of(std::string_view text, uint32_t line) {
  size_t start = 0;
  for (uint32_t i = 1; i < line; ++i) {
    start = text.find('\n', start);
    if (start == std::string_view::npos) {
      return {};
    }
    ++start;
  }
  std::string_view rest = text.substr(start);
  rest = rest.substr(0, rest.find('\n'));
  if (rest.ends_with('\r')) {
    rest.remove_suffix(1);
  }
  return rest;
}

// The line for a terminal and the cells where the underline starts and ends.
struct Excerpt {
  std::string text;
  uint32_t first_cell = 0;
  uint32_t end_cell = 0;
};

Excerpt excerpt_of(std::string_view line, const ast::Location& place) {
  Excerpt result;
  uint32_t cell = 0;
  uint32_t column = 1;
  size_t at = 0;
  bool started = false;
  const uint32_t skipped = place.column > kLineCellsMax ? place.column - kBeforeColumnsMax : 0;
  if (skipped != 0) {
    result.text = "...";
    cell = 3;
  }
  auto mark = [&] {
    if (column == place.column) {
      result.first_cell = cell;
      started = true;
    }
    if (column == place.end_column) {
      result.end_cell = cell;
    }
  };
  for (; at < line.size(); ++column) {
    mark();
    if (started && cell > result.first_cell + kLineCellsMax) {
      result.text += "...";
      break;
    }
    size_t before = at;
    uint32_t code_point = ast::next_code_point(line, at);
    if (column < skipped) {
      continue;
    }
    if (code_point == '\t') {
      uint32_t blanks = kTabCells - cell % kTabCells;
      result.text.append(blanks, ' ');
      cell += blanks;
    } else if (code_point < 0x20 || code_point == 0x7F) {
      result.text.push_back('?');
      ++cell;
    } else {
      result.text.append(line.substr(before, at - before));
      cell += cells_of(code_point);
    }
  }
  mark();
  if (!started) {
    result.first_cell = cell;
  }
  if (place.end_column == 0 || result.end_cell <= result.first_cell) {
    result.end_cell = place.end_column == 0 ? cell : result.first_cell + 1;
  }
  result.end_cell = std::max(result.end_cell, result.first_cell + 1);
  return result;
}

class Renderer {
 public:
  Renderer(std::span<const ast::File> files, const RenderOptions& options)
      : files_(files), options_(options), colours_(options.colour ? kColoured : kPlain) {}

  void diagnostic(const Diagnostic& diagnostic) {
    bool error = diagnostic.severity == Severity::kError;
    heading(diagnostic.place, error ? "error" : "warning",
            error ? colours_.error : colours_.warning, code_text(diagnostic.code),
            diagnostic.message);
    source(diagnostic.place);
    for (const Note& note : diagnostic.notes) {
      heading(note.place, "note", colours_.note, {}, note.message);
      source(note.place);
    }
    if (!diagnostic.hint.empty()) {
      out += fmt::format("  {}hint{}: {}\n", colours_.note, colours_.reset, diagnostic.hint);
    }
  }

  std::string out;

 private:
  void heading(const ast::Location& place, std::string_view kind, std::string_view colour,
               std::string_view code, std::string_view message) {
    out += colours_.bold;
    if (place.file < files_.size()) {
      const ast::File& file = files_[place.file];
      out += file.name;
      if (place.line > 0) {
        out +=
            fmt::format(":{}:{}", static_cast<int64_t>(place.line) + file.line_delta, place.column);
      }
      out += ": ";
    }
    out += fmt::format("{}{}{}", colours_.reset, colour, kind);
    if (!code.empty()) {
      out += fmt::format("[{}]", code);
    }
    out += fmt::format("{}: {}\n", colours_.reset, message);
  }

  void source(const ast::Location& place) {
    if (!options_.excerpt || place.line == 0 || place.file >= files_.size()) {
      return;
    }
    std::string_view line = line_of(files_[place.file].text, place.line);
    if (line.empty()) {
      return;
    }
    Excerpt excerpt = excerpt_of(line, place);
    std::string number =
        std::to_string(static_cast<int64_t>(place.line) + files_[place.file].line_delta);
    std::string_view text = excerpt.text;
    out += fmt::format(" {} | {}\n {} | {}", number, text, std::string(number.size(), ' '),
                       std::string(excerpt.first_cell, ' '));
    uint32_t length = std::min(excerpt.end_cell - excerpt.first_cell, kLineCellsMax);
    out += fmt::format("{}{}{}\n", colours_.line, std::string(length, '^'), colours_.reset);
  }

  std::span<const ast::File> files_;
  const RenderOptions& options_;
  const Colours& colours_;
};

std::string counted(size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace

std::string render(std::span<const Diagnostic> diagnostics, std::span<const ast::File> files,
                   const RenderOptions& options) {
  std::vector<const Diagnostic*> sorted;
  for (const Diagnostic& diagnostic : diagnostics) {
    sorted.push_back(&diagnostic);
  }
  std::ranges::sort(sorted, [](const Diagnostic* a, const Diagnostic* b) {
    return std::tuple(a->place.file, a->place.line, a->place.column, a) <
           std::tuple(b->place.file, b->place.line, b->place.column, b);  // b: as found
  });
  Renderer renderer(files, options);
  size_t shown = sorted.size();
  if (options.limit_count != 0) {
    shown = std::min<size_t>(shown, options.limit_count);
  }
  for (size_t i = 0; i < shown; ++i) {
    renderer.diagnostic(*sorted[i]);
  }
  size_t errors = 0;
  for (size_t i = shown; i < sorted.size(); ++i) {
    errors += sorted[i]->severity == Severity::kError;
  }
  if (size_t rest = sorted.size() - shown; rest > 0) {
    renderer.out += fmt::format("and {} and {} more\n", counted(errors, "error"),
                                counted(rest - errors, "warning"));
  }
  return std::move(renderer.out);
}

}  // namespace parley
