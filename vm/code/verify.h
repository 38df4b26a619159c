// The verifier: whether code that was read from a file is safe to run.
//
// Invariant: code that `verify` accepted, whatever its origin, makes no instruction read a register
// that holds nothing, take a term apart that is not of the kind the instruction needs, leave a
// frame out of balance, or hide a term from the collector. Everything else an instruction checks
// itself.
//
// What it may rely on of the instructions: they check the bounds of binaries against any small
// integer as position, and they trust no type of a call's result, message or free variable.
//
// Thread: pure.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "vm/isa/module_file.h"

namespace parley {

struct VerifyError {
  std::uint32_t function = 0;     // index
  std::uint32_t instruction = 0;  // index within the function
  std::string_view rule;          // a name of the list in verify.cpp; static
  std::string message;            // what and where, for people
};

// Takes time in the size of the code times the registers that labels declare.
std::expected<void, VerifyError> verify(const isa::ModuleFile& module);

}  // namespace parley
