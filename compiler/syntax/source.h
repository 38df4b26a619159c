// Puts source text of any bytes into a module as valid UTF-8.
#pragma once

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/syntax/ast.h"
#include "compiler/syntax/parse.h"

namespace parley {

/// Adds the file to the module, its text followed by a zero byte, and answers its index. Latin-1 is
/// converted where a `coding` comment says so; bytes that are not UTF-8 are reported and become
/// blanks. `included_at` has line 0 for the module's own source.
uint32_t add_source(ast::Module& module, Diagnostics& diagnostics, const SourceFile& source,
                    ast::Location included_at);

}  // namespace parley
