// A node in this process, with the library inside the program.
#pragma once

#include <memory>

#include "cli/verbs.h"
#include "vm/node/node.h"

namespace parley::cli {

// Null where an option makes no sense; the complaint is printed.
std::unique_ptr<Node> make_node(const RunOptions& options);

// Loads a compiled module; false: the complaint is printed.
bool load_into(Node& node, const isa::ModuleFile& module, const std::string& path);

}  // namespace parley::cli
