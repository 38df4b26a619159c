// A row of bif.def at run time.
#pragma once

#include "vm/bif/bif.h"

namespace parley {

struct BuiltIn {
  const char* module_text;
  const char* name_text;
  std::uint32_t arity;
  BifFunction function;
  BifKind kind;
  BifEffect effect;
  Term module;  // the node that owns this copy of the table fills in its atoms
  Term name;
};

}  // namespace parley
