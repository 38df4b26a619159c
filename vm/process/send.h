// Sending as a program means it: to a pid, a name, {Name, Node} or an alias.
#pragma once

#include <optional>

#include "vm/bif/bif.h"

namespace parley {

// Words copied; nullopt: `call` holds the exception (badarg). To a dead pid or alias: 0.
std::optional<std::size_t> send_to(BifCall& call, Term to, Term message);

}  // namespace parley
