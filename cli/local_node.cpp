// Making a node, and giving it modules.
#include "cli/local_node.h"

#include <cstring>
#include <map>
#include <mutex>

#include "cli/library_image.h"

namespace parley::cli {

namespace {

using Bytes = std::span<const std::uint8_t>;

std::optional<Bytes> find_in_library(std::string_view module) {
  for (const LibraryModule& m : library_image()) {
    if (module == m.name) return m.bytes;
  }
  return std::nullopt;
}

// The folders of the code path, then the library. What was read is kept: the answer points to it.
class ModuleFinder {
 public:
  explicit ModuleFinder(std::vector<std::string> folders) : folders_(std::move(folders)) {}

  std::optional<Bytes> find(std::string_view module) {
    // A name is no path: a module called '../x' is not looked for on disk.
    if (module.find('/') != std::string_view::npos) return find_in_library(module);
    std::lock_guard guard(lock_);
    if (const auto kept = kept_.find(module); kept != kept_.end()) return bytes_of(kept->second);
    for (const std::string& folder : folders_) {
      auto text = read_file(folder + "/" + std::string(module) + ".parc");
      if (text) return bytes_of(kept_.emplace(module, std::move(*text)).first->second);
    }
    return find_in_library(module);
  }

 private:
  static Bytes bytes_of(const std::string& text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
  }

  std::vector<std::string> folders_;
  std::mutex lock_;
  std::map<std::string, std::string, std::less<>> kept_;
};

CompiledText compiled_text(CompileResult result) {
  CompiledText made;
  made.messages = render(result.diagnostics.all(), result.tree->files);
  if (!result.module) return made;
  made.module = result.module->atoms[result.module->name];
  made.makes_funs = !result.module->lambdas.empty();
  made.bytes = isa::write_module_file(*result.module);
  return made;
}

void bring_compiler(Node& node) {
  node.compile_module = [](const std::string& source, const std::string& file) {
    return compiled_text(parley::compile_module(SourceFile{file, source}, compile_options({})));
  };
  node.compile_expressions = [](const std::string& source, const std::string& module,
                                const std::vector<std::string>& bound_names) {
    CompileResult result = parley::compile_expressions(SourceFile{"shell", source}, module,
                                                       bound_names, compile_options({}));
    if (!result.incomplete) return compiled_text(std::move(result));
    CompiledText unfinished;
    unfinished.incomplete = true;
    return unfinished;
  };
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
  made->find_library = [finder = std::make_shared<ModuleFinder>(options.code_paths)](
                           std::string_view module) { return finder->find(module); };
  bring_compiler(*made);
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
