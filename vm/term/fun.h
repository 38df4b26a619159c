// What terms need to know of the code behind a fun: the first fields of its entry.
//
// Invariant: the raw word of a kFun points to a FunEntry, that of a kExportFun to an ExportCell;
// the layer `code`, which makes both, derives from these and adds where the code is. Entries live
// as long as the node, and what stands here never changes, so any thread may read it.
#pragma once

#include <cstdint>

#include "vm/term/term.h"

namespace parley {

struct FunEntry {
  Term module;
  std::uint32_t index = 0;       // number of the lambda in its module
  std::uint32_t arity = 0;       // as callers see it, free variables not counted
  std::uint32_t free_count = 0;
  std::uint64_t unique = 0;      // hash of the code: a fun of another version differs
  Term function;                 // the local function that is its body; `undefined`: not known
};

struct ExportCell {
  Term module;
  Term function;
  std::uint32_t arity = 0;
};

inline const FunEntry& fun_entry(Term fun) {
  return *reinterpret_cast<const FunEntry*>(fun.box()[1]);
}
inline const ExportCell& export_cell(Term fun) {
  return *reinterpret_cast<const ExportCell*>(fun.box()[1]);
}
inline std::uint32_t fun_arity(Term fun) {
  return fun.is_box(Subtag::kFun) ? fun_entry(fun).arity : export_cell(fun).arity;
}
// The free variables of a kFun: `fun_entry(fun).free_count` terms.
inline const Word* fun_free_variables(Term fun) { return fun.box() + 2; }

// Finds or makes entries when a fun comes from outside as bytes or names. The layer `code`
// implements it.
class FunResolver {
 public:
  virtual ~FunResolver() = default;
  // A cell of a function that is not loaded yet raises `undef` when it is called. Null: too many
  // such cells were made already.
  virtual const ExportCell* export_cell(Term module, Term function, std::uint32_t arity) = 0;
  // The entry of exactly this version of the code; made, with code that raises `badfun`, if the
  // version is not loaded. Null if no code can have such numbers, or too many were made already.
  virtual const FunEntry* fun_entry(const FunEntry& wanted) = 0;
};

}  // namespace parley
