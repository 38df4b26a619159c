// The lexer: valid UTF-8 source text to tokens, as OTP 28 reads it, plus ~f"..." and |>.
//
// Total: whatever the bytes, the result is a token vector that ends in kEndOfFile. What cannot be a
// token becomes kBad, whose diagnostic is kept beside the tokens: it counts only when the token is
// not skipped by -ifdef.
#pragma once

#include <string_view>
#include <vector>

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/syntax/ast.h"
#include "compiler/syntax/token.h"

namespace parley {

struct LexResult {
  std::vector<Token> tokens;
  std::vector<Diagnostic> diagnostics;  // of the kBad tokens
};

/// The tokens of files[file] of the module, whose text must be valid UTF-8 and be followed by a
/// zero byte. Names go to the module's table; texts point into the source or the module's arena.
LexResult lex(ast::Module& module, uint32_t file);

}  // namespace parley
