// What the compiler knows of functions of other modules: bif.def, and what has instructions of its
// own.
//
// Invariant: nothing here is mutable after it was built; all functions may be called by any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "vm/isa/opcode.h"

namespace parley::compiler {

enum class BuiltInKind : std::uint8_t { kNone, kGuard, kPlain, kTrapping, kBlocking };

// How bif.def lists the function; kNone: it does not.
BuiltInKind built_in_kind(std::string_view module, std::string_view name, std::uint32_t arity);

// Instructions that do the work of a function of `erlang`: `is_atom(X)`, `X + Y`.
std::optional<isa::Opcode> type_test(std::string_view name, std::uint32_t arity);
std::optional<isa::Opcode> arithmetic(std::string_view name, std::uint32_t arity);

}  // namespace parley::compiler
