// Making a node, and giving it modules.
#include "cli/local_node.h"

#include <cstring>

#include "cli/library_image.h"

namespace parley::cli {

namespace {

std::optional<std::span<const std::uint8_t>> find_in_library(std::string_view module) {
  for (const LibraryModule& m : library_image()) {
    if (module == m.name) return m.bytes;
  }
  return std::nullopt;
}

}  // namespace

std::unique_ptr<Node> make_node(const RunOptions& options) {
  NodeOptions node;
  node.schedulers = options.schedulers;
  node.slice_reductions = options.slice;
  node.collect_always = options.gc_stress;
  node.atoms_max = options.atoms_max;
  node.processes.processes_max = options.processes_max;
  node.processes.generation_bits = options.generation_bits;
  node.hash_seed = options.hash_seed;
  if (options.engine == "tail" || options.engine == "loop") {
    node.engine = options.engine == "tail" ? Engine::kTail : Engine::kLoop;
    if (!engine_available(*node.engine)) {
      complain("this build has no " + options.engine + " engine");
      return nullptr;
    }
  } else if (!options.engine.empty()) {
    complain("--engine is tail or loop, not " + options.engine);
    return nullptr;
  }
  auto made = std::make_unique<Node>(node);
  made->find_library = find_in_library;
  for (const LibraryModule& m : library_image()) made->library_modules.emplace_back(m.name);
  return made;
}

bool load_into(Node& node, const isa::ModuleFile& module, const std::string& path) {
  const std::vector<std::uint8_t> bytes = isa::write_module_file(module);
  if (const auto loaded = node.load(bytes); !loaded) {
    complain(path + ": " + loaded.error());
    return false;
  }
  return true;
}

}  // namespace parley::cli
