// The callbacks of the standard library's behaviours, so that they are checked even where the
// library's modules are not at hand.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "compiler/passes/lint.h"

namespace parley {

/// Nothing when the module is no behaviour of the standard library.
std::optional<std::vector<BehaviourCallback>> standard_behaviour(std::string_view module);

}  // namespace parley
