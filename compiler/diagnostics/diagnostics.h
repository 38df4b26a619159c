// What the compiler tells people: the one form of every error and warning about source text.
//
// A diagnostic has a stable code (PAR-0042) whose long explanation stands in diagnostics.def; a
// code is never given a second meaning. Rendering is separate from finding: see render().
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/diagnostics/source_text.h"

namespace parley {

enum class Severity : uint8_t { kError, kWarning };

/// The codes, one a row of diagnostics.def.
enum class Code : uint16_t {
#define PARLEY_DIAGNOSTIC(name, number, title, explanation) name = number,
#include "compiler/diagnostics/diagnostics.def"
};

/// A second place that helps to understand the first: `f/1 is defined here`.
struct Note {
  ast::Location place;  // line 0: no place
  std::string message;
};

struct Diagnostic {
  Severity severity = Severity::kError;
  Code code{};
  ast::Location place;
  std::string message;  // one sentence without full stop, names quoted as `f/1`
  std::string hint;     // what to do about it, or empty
  std::vector<Note> notes;
};

/// Collects diagnostics; the order is that of finding, render() sorts.
class Diagnostics {
 public:
  Diagnostic& error(Code code, ast::Location place, std::string message);
  Diagnostic& warning(Code code, ast::Location place, std::string message);
  void add(Diagnostic diagnostic);

  /// Takes back the last one.
  void drop_last();

  [[nodiscard]] const std::vector<Diagnostic>& all() const { return list_; }
  [[nodiscard]] std::vector<Diagnostic>& all() { return list_; }
  [[nodiscard]] bool has_errors() const { return error_count_ != 0; }
  [[nodiscard]] uint32_t error_count() const { return error_count_; }

 private:
  std::vector<Diagnostic> list_;
  uint32_t error_count_ = 0;
};

struct RenderOptions {
  bool colour = false;
  bool excerpt = true;        // the source line and the underline
  uint32_t limit_count = 50;  // more are counted, not shown; 0: all
};

/// All diagnostics as text for a terminal, sorted by place, each
///   file:line:column: error[PAR-0042]: message
/// then the source line with the place underlined, notes and the hint. Empty when there are none.
std::string render(std::span<const Diagnostic> diagnostics, std::span<const ast::File> files,
                   const RenderOptions& options = {});

/// `PAR-0042`
std::string code_text(Code code);
/// One line about the code; empty when there is no such code.
std::string_view code_title(Code code);
/// The long explanation for `parley explain PAR-0042` (`42` and `par-42` do too); empty: no such
/// code.
std::string_view explain(std::string_view code);

/// The candidate nearest to `name` by edit distance, or empty when none is near enough to be meant.
std::string_view nearest_name(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace parley
