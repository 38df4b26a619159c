// From source text to tree: the one door to lexer, preprocessor and grammar.
//
// Total: any bytes give a module and diagnostics. The module holds every form that could be read;
// it is fit for later passes only when there is no error.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/syntax/ast.h"

namespace parley {

struct SourceFile {
  std::string name;  // as diagnostics and ?FILE show it; includes are looked for beside it
  std::string text;  // any bytes
};

struct ParseOptions {
  /// Macros that exist from the start: name and replacement text (empty: true).
  std::vector<std::pair<std::string, std::string>> defines;
  /// Folders in which -include looks, after that of the including file.
  std::vector<std::string> include_dirs;
  /// The content of a file, or nothing when there is none; without it no -include works.
  std::function<std::optional<std::string>(const std::string& path)> load;
  /// The folder of an application for -include_lib("app/include/x.hrl"), or nothing.
  std::function<std::optional<std::string>(std::string_view application)> library_dir;
  /// parse_expressions only: an attribute that is read first, such as the imports of a shell.
  std::string prelude;
  /// parse_expressions only: where a whole expression calls this function with a variable, the
  /// variable is meant and not its value; its name takes its place as an atom.
  std::string takes_variable;
};

struct ParseResult {
  std::unique_ptr<ast::Module> module;  // never null
  Diagnostics diagnostics;
  /// parse_expressions only: the text ends inside an expression or a string, or before a full stop.
  bool incomplete = false;

  [[nodiscard]] bool ok() const { return !diagnostics.has_errors(); }
};

/// A module, or any run of forms: a missing -module is the lint pass's concern.
ParseResult parse_module(SourceFile source, const ParseOptions& options = {});

/// `Expr, Expr.` as the shell reads it, into Module::expressions. Without a full stop the result is
/// `incomplete` but is parsed as if there were one.
ParseResult parse_expressions(SourceFile source, const ParseOptions& options = {});

}  // namespace parley
