// All built-ins that a node has.
#pragma once

#include <vector>

#include "vm/code/built_in.h"

namespace parley {

std::vector<BuiltIn> all_built_ins();

}  // namespace parley
