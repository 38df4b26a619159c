// Which names the language knows by itself: functions of `erlang` that need no module, and types.
// Everything else about built-ins stands in bif.def.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace parley {

struct BuiltinName {
  std::string_view name;
  uint32_t arity;
};

/// Sorted by name and arity.
std::span<const BuiltinName> auto_imported_functions();
/// Whether `name(...)` of this arity means erlang:name when the module neither defines nor imports
/// it.
bool is_auto_imported(std::string_view name, uint32_t arity);
/// Whether guards may call erlang:name; the functions behind operators are among them.
bool is_guard_function(std::string_view name, uint32_t arity);

std::span<const BuiltinName> builtin_types();
bool is_builtin_type(std::string_view name, uint32_t arity);

}  // namespace parley
