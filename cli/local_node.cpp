// Making a node, and giving it modules.
#include "cli/local_node.h"

#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>

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

// The folders of the code path, then the library. A file is read each time, for it may be another
// one now. The bytes of an answer are there until the same thread asks again.
class ModuleFinder {
 public:
  explicit ModuleFinder(std::vector<std::string> folders) : folders_(std::move(folders)) {}

  std::optional<Bytes> find(std::string_view module) {
    // A name is no path: a module called '../x' is not looked for on disk.
    if (module.find('/') != std::string_view::npos) return find_in_library(module);
    for (const std::string& folder : folders_) {
      auto text = read_file(folder + "/" + std::string(module) + ".parc");
      if (!text) continue;
      std::lock_guard guard(lock_);
      std::string& kept = latest_[std::this_thread::get_id()];
      kept = std::move(*text);
      return bytes_of(kept);
    }
    return find_in_library(module);
  }

 private:
  static Bytes bytes_of(const std::string& text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
  }

  std::vector<std::string> folders_;
  std::mutex lock_;
  std::map<std::thread::id, std::string> latest_;
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

// What a shell may call without a module.
constexpr const char* kCommands =
    "-import(parley_commands, [b/0, f/0, f/1, v/1, c/1, l/1, i/0, i/1, h/1, regs/0, flush/0, pid/3,"
    " help/0, q/0]).";

void bring_compiler(Node& node) {
  // A module that is compiled in the shell finds the headers that its project has.
  const SourceOptions options{.include_dirs = {"include", "src"}};
  node.compile_module = [options](const std::string& source, const std::string& file) {
    return compiled_text(
        parley::compile_module(SourceFile{file, source}, compile_options(options)));
  };
  node.compile_expressions = [](const std::string& source, const std::string& module,
                                const std::vector<std::string>& bound_names, bool is_line) {
    CompileOptions with = compile_options({});
    with.stop_may_miss = !is_line;
    if (is_line) {
      with.parse.prelude = kCommands;
      with.parse.takes_variable = "f";
    }
    CompileResult result =
        parley::compile_expressions(SourceFile{"shell", source}, module, bound_names, with);
    if (!result.incomplete) return compiled_text(std::move(result));
    CompiledText unfinished;
    unfinished.incomplete = true;
    return unfinished;
  };
}

// The modules that are found in the folders of the code path when the node starts.
std::vector<std::string> modules_in(const std::vector<std::string>& folders) {
  std::vector<std::string> names;
  for (const std::string& folder : folders) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
      if (entry.path().extension() == ".parc") names.push_back(entry.path().stem().string());
    }
  }
  return names;
}

std::size_t open_descriptors() {
  std::error_code error;
  const std::filesystem::directory_iterator files("/proc/self/fd", error);
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

// A node cannot do without its own descriptors, and says so before it begins.
bool may_open_enough(unsigned schedulers) {
  constexpr rlim_t kOfNode = 12, kOfScheduler = 3;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return true;
  const unsigned threads = schedulers != 0 ? schedulers : std::thread::hardware_concurrency();
  const rlim_t needed = open_descriptors() + kOfNode + kOfScheduler * std::max(1u, threads);
  if (needed <= limit.rlim_cur) return true;
  complain("a node with " + std::to_string(threads) + " schedulers needs " +
           std::to_string(needed) + " open files, the limit is " +
           std::to_string(limit.rlim_cur) + " (ulimit -n)");
  return false;
}

}  // namespace

std::unique_ptr<Node> make_node(const RunOptions& options) {
  if (!may_open_enough(options.schedulers)) return nullptr;
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
  for (const LibraryModule& m : library_image()) made->image.emplace(m.name, m.bytes);
  made->project_modules = modules_in(options.code_paths);
  return made;
}

bool load_into(Node& node, const isa::ModuleFile& module, const std::string& path) {
  const std::vector<std::uint8_t> bytes = isa::write_module_file(module);
  if (const auto loaded = node.load(bytes); !loaded) {
    complain(path + ": " + loaded.error().text);
    return false;
  }
  return true;
}

}  // namespace parley::cli
