// parley new, build, test, and what run and check do in a project.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "cli/new_project.h"
#include "cli/project.h"
#include "cli/serve.h"

namespace parley::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kNameBytesMax = 60;

// It becomes the name of modules.
bool is_module_name(const std::string& name) {
  if (name.empty() || name.size() > kNameBytesMax || name[0] < 'a' || name[0] > 'z') return false;
  return name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
}

// Whether it is no name of its own in an expression.
bool is_reserved(const std::string& name) {
  return !parse_expressions(SourceFile{"name", name + "."}).ok();
}

std::string with_name(std::string text, const std::string& name) {
  constexpr std::string_view kName = "NAME";
  for (std::size_t at = 0; (at = text.find(kName, at)) != std::string::npos; at += name.size()) {
    text.replace(at, kName.size(), name);
  }
  return text;
}

bool write_text(const fs::path& path, const std::string& text) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  return !error && write_file(path.string(), {reinterpret_cast<const std::uint8_t*>(text.data()),
                                              text.size()});
}

// Whether a module holds tests: NAME_test/0 or NAME_test_/0.
bool has_tests(const isa::ModuleFile& module) {
  return std::ranges::any_of(module.exports, [&](const isa::Export& e) {
    const isa::Function& f = module.functions[e.function];
    const std::string& name = module.atoms[f.name];
    return f.arity == 0 && (name.ends_with("_test") || name.ends_with("_test_"));
  });
}

// The modules to be tested, compiled, loaded into the node. False: errors have been told.
bool load_tests(Node& node, const std::vector<std::string>& files, const SourceOptions& source,
                std::vector<std::string>& modules) {
  bool good = true;
  for (const std::string& file : files) {
    const auto module = compile_file(file, source);
    if (!module || !load_into(node, *module, file)) {
      good = false;
      continue;
    }
    if (has_tests(*module)) modules.push_back(module->atoms[module->name]);
  }
  return good;
}

}  // namespace

int verb_new(const std::string& path) {
  const fs::path folder = fs::path(path).lexically_normal();
  const std::string name = (folder.has_filename() ? folder : folder.parent_path())
                               .filename().string();
  if (!is_module_name(name)) {
    complain("a project's name is of small letters, digits and _, beginning with a letter, not " +
             (name.empty() ? path : name));
    return 1;
  }
  for (const std::string& module : {name, name + "_listener", name + "_line"}) {
    if (!is_reserved(module) && !is_library_module(module)) continue;
    const std::string why = is_reserved(module)
                                ? " is a reserved word of the language"
                                : " makes a module " + module + ", and the library has one";
    complain(name + why + ": choose another name");
    return 1;
  }
  std::error_code error;
  if (fs::exists(folder, error)) {
    complain(folder.string() + " is there already");
    return 1;
  }
  for (const TemplateFile& file : new_project_files()) {
    const fs::path target = folder / with_name(file.path, name);
    if (!write_text(target, with_name(file.text, name))) {
      complain("cannot write " + target.string() + ": " + std::strerror(errno));
      return 1;
    }
  }
  std::printf("made %s; next: cd %s && parley run\n", folder.c_str(), folder.c_str());
  return 0;
}

int verb_build(const SourceOptions& source) {
  const auto project = read_project(".");
  if (!project) return 1;
  const auto modules = build(*project, sources_in(*project, "src"),
                             project_options(*project, source));
  if (!modules) return 1;
  std::printf("built %zu modules of %s in build/\n", modules->size(), project->name.c_str());
  return 0;
}

int check_project(const SourceOptions& source) {
  const auto project = read_project(".");
  if (!project) return 1;
  std::vector<std::string> files = sources_in(*project, "src");
  for (std::string& file : sources_in(*project, "test")) files.push_back(std::move(file));
  return verb_check(files, project_options(*project, source));
}

int run_project(const std::string& folder, const std::vector<std::string>& arguments,
                const SourceOptions& source, RunOptions options) {
  const auto project = read_project(folder);
  if (!project) return 1;
  if (!build(*project, sources_in(*project, "src"), project_options(*project, source))) return 1;
  options.code_paths.push_back(project->build_folder());
  const std::string main = project->build_folder() + "/" + project->main + ".parc";
  std::error_code error;
  if (!fs::exists(main, error)) {
    complain("the main module " + project->main + " of parley.toml is not in src/");
    return 1;
  }
  if (options.name.empty()) options.name = project->name;
  return run_file(main, arguments, source, options);
}

int verb_test(std::vector<std::string> files, SourceOptions source, RunOptions options) {
  options.control = false;
  if (is_project(".")) {
    const auto project = read_project(".");
    if (!project) return 1;
    source = project_options(*project, source);
    const std::vector<std::string> sources = sources_in(*project, "src");
    if (!build(*project, sources, source)) return 1;
    options.code_paths.push_back(project->build_folder());
    if (files.empty()) {
      files = sources_in(*project, "test");
      files.insert(files.end(), sources.begin(), sources.end());
    }
  } else if (files.empty()) {
    complain("no project here, and no files named: what is to be tested?");
    return 1;
  }
  const auto node = make_node(options);
  std::vector<std::string> modules;
  if (node == nullptr || !load_tests(*node, files, source, modules)) return 1;
  if (modules.empty()) {
    complain("no tests: a module of tests exports NAME_test/0 or NAME_test_/0");
    return 1;
  }
  return run_node(*node, {"parley_main", "test", modules, false}, options);
}

}  // namespace parley::cli
