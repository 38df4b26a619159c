// The lint pass: tree to diagnostics. What it lets through the back-end may take for legal.
//
// Takes: a parsed module without errors. Gives: errors for what cannot be compiled (unbound and
// unsafe variables, undefined functions, records, fields and types, illegal patterns and guards)
// and Erlang's warnings. Changes nothing in the tree.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/syntax/ast.h"

namespace parley {

struct BehaviourCallback {
  std::string name;
  uint32_t arity = 0;
  bool optional = false;
};

struct LintOptions {
  /// The callbacks of a behaviour, or nothing when its module is not known. Without the function
  /// the standard library's behaviours are checked and others not.
  std::function<std::optional<std::vector<BehaviourCallback>>(std::string_view module)> behaviour;
  /// The advice of the .par dialect as well.
  bool dialect = false;
};

void lint(const ast::Module& module, const LintOptions& options, Diagnostics& diagnostics);

/// For the shell: checks Module::expressions, in which the named variables have values already and
/// unknown functions and records are the shell's concern.
void lint_expressions(const ast::Module& module, std::span<const std::string> bound,
                      Diagnostics& diagnostics);

}  // namespace parley
