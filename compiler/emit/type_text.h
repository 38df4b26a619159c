// Types and specifications as canonical source text, for the module file: one space where Erlang's
// own printer has one, no comments, no line breaks. What is printed can be parsed again as the same
// tree.
#pragma once

#include <string>

#include "compiler/syntax/ast.h"

namespace parley::compiler {

/// `A | b | [c()]`
std::string type_text(const ast::Type& type);
/// `t(A) :: [A]`, as it stands behind `-type `.
std::string type_form_text(const ast::TypeForm& form);
/// `f(A) -> B when A :: t(); (c) -> d`, as it stands behind `-spec ` or `-callback `.
std::string spec_text(const ast::SpecForm& form);

}  // namespace parley::compiler
