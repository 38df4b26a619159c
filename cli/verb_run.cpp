// parley run, eval and chat: a program in a node of this process.
#include <algorithm>
#include <filesystem>

#include "cli/serve.h"

namespace parley::cli {

namespace {

bool exports(const isa::ModuleFile& module, std::string_view name, std::uint32_t arity) {
  return std::any_of(module.exports.begin(), module.exports.end(), [&](const isa::Export& e) {
    const isa::Function& f = module.functions[e.function];
    return f.arity == arity && module.atoms[f.name] == name;
  });
}

std::optional<isa::ModuleFile> read_target(const std::string& target,
                                           const SourceOptions& source) {
  if (!target.ends_with(".parc")) return compile_file(target, source);
  const auto bytes = read_file(target);
  if (!bytes) {
    complain("cannot read " + target);
    return std::nullopt;
  }
  auto parsed = isa::parse_module_file(
      {reinterpret_cast<const std::uint8_t*>(bytes->data()), bytes->size()});
  if (!parsed) {
    complain(target + ": " + parsed.error().text());
    return std::nullopt;
  }
  return std::move(*parsed);
}

}  // namespace

int verb_run(const std::string& target, const std::vector<std::string>& arguments,
             const SourceOptions& source, const RunOptions& options) {
  std::error_code error;
  if (target.empty() || std::filesystem::is_directory(target, error)) {
    return run_project(target.empty() ? "." : target, arguments, source, options);
  }
  return run_file(target, arguments, source, options);
}

int run_file(const std::string& target, const std::vector<std::string>& arguments,
             const SourceOptions& source, const RunOptions& options) {
  const auto module = read_target(target, source);
  if (!module) return 1;
  const bool takes_arguments = exports(*module, "main", 1);
  if (!takes_arguments && !exports(*module, "main", 0)) {
    complain(target + ": the module exports neither main/0 nor main/1");
    return 1;
  }
  RunOptions with = options;
  if (target.ends_with(".parc")) {  // what it calls lies beside it
    const std::string folder = std::filesystem::path(target).parent_path().string();
    const std::string beside = folder.empty() ? "." : folder;
    if (std::ranges::find(with.code_paths, beside) == with.code_paths.end()) {
      with.code_paths.push_back(beside);
    }
  }
  const auto node = make_node(with);
  if (node == nullptr || !load_into(*node, *module, target)) return 1;
  node->plain_arguments = arguments;
  Node::Target main{module->atoms[module->name], "main", std::nullopt, false};
  if (takes_arguments) main.arguments = arguments;
  return run_node(*node, main, options);
}

int verb_eval(const std::string& text, RunOptions options) {
  options.control = false;
  const auto node = make_node(options);
  if (node == nullptr) return 1;
  return run_node(*node, {"parley_main", "eval", std::vector{text}, false}, options);
}

int verb_chat(const std::vector<std::string>& arguments, const RunOptions& options) {
  const auto node = make_node(options);
  if (node == nullptr) return 1;
  node->plain_arguments = arguments;
  return run_node(*node, {"parley_main", "chat", arguments, false}, options);
}

}  // namespace parley::cli
