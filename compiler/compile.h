// The compiler's one door: source text to a module, or diagnostics.
//
// Total: any bytes give a result, never a crash; what is too deep or too large for the machine is a
// diagnostic. Pure: the same text and options give the same bytes. Any thread.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/passes/lint.h"
#include "compiler/syntax/parse.h"
#include "vm/isa/module_file.h"

namespace parley {

struct CompileOptions {
  ParseOptions parse;
  LintOptions lint;
  bool stop_may_miss = false;  // compile_expressions: the end of the text is a full stop, too
};

struct CompileResult {
  std::optional<isa::ModuleFile> module;  // present if and only if there is no error
  Diagnostics diagnostics;
  bool incomplete = false;            // compile_expressions: more lines are needed
  std::unique_ptr<ast::Module> tree;  // what the diagnostics' places and files refer to
};

CompileResult compile_module(SourceFile source, const CompileOptions& options = {});

// A module of that name with the exported function '-expressions-'/1: it takes a map from variable
// names (atoms) to values, in which all `bound_names` are, and returns {Value, Map}, where Map
// holds the same and what the expressions bound anew. Local functions, records and attributes:
// none.
CompileResult compile_expressions(SourceFile source, const std::string& module_name,
                                  std::span<const std::string> bound_names,
                                  const CompileOptions& options = {});

}  // namespace parley
