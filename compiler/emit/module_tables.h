// The tables of a module beside its code: exports, records, attributes, types and documentation.
#pragma once

#include "compiler/emit/bytecode.h"
#include "compiler/syntax/ast.h"

namespace parley::compiler {

void write_tables(const ast::Module& tree, ModuleIr& ir, BytecodeWriter& writer,
                  isa::ModuleFile& file);

// A literal term in the tree as a constant; `f/1` is {f, 1}. None: it is not one.
Ref literal_term(const ast::Expr& e, ConstantPool& constants);

}  // namespace parley::compiler
