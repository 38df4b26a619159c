// Reading parley.toml, and building.
#include "cli/project.h"

#include <algorithm>
#include <filesystem>
#include <sstream>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

namespace parley::cli {

namespace fs = std::filesystem;

bool is_project(const std::string& folder) {
  std::error_code error;
  return fs::is_regular_file(fs::path(folder) / "parley.toml", error);
}

std::optional<Project> read_project(const std::string& folder) {
  const std::string path = (fs::path(folder) / "parley.toml").lexically_normal().string();
  const auto text = read_file(path);
  if (!text) {
    complain("no project here: there is no " + path + " (`parley new NAME` makes one)");
    return std::nullopt;
  }
  const toml::parse_result parsed = toml::parse(*text, path);
  if (!parsed) {
    const auto place = parsed.error().source().begin;
    complain(path + ":" + std::to_string(place.line) + ":" + std::to_string(place.column) + ": " +
             std::string(parsed.error().description()));
    return std::nullopt;
  }
  const auto entry = [&](const char* key) {
    return parsed["project"][key].value<std::string>().value_or("");
  };
  Project project{folder, entry("name"), entry("version"), entry("main")};
  if (project.name.empty()) {
    complain(path + ": there is no name in [project]");
    return std::nullopt;
  }
  if (project.main.empty()) project.main = project.name;
  return project;
}

std::vector<std::string> sources_in(const Project& project, const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(fs::path(project.folder) / folder, error)) {
    const auto extension = entry.path().extension();
    if (extension == ".par" || extension == ".erl") {
      files.push_back(entry.path().lexically_normal().string());
    }
  }
  std::ranges::sort(files);
  return files;
}

SourceOptions project_options(const Project& project, SourceOptions options) {
  options.include_dirs.push_back(project.folder + "/include");
  options.include_dirs.push_back(project.folder + "/src");
  options.library_names = LibraryNames::kRefused;
  return options;
}

std::optional<std::vector<std::string>> build(const Project& project,
                                              const std::vector<std::string>& files,
                                              const SourceOptions& options) {
  std::error_code error;
  fs::create_directories(project.build_folder(), error);
  if (error) {
    complain("cannot make " + project.build_folder() + ": " + error.message());
    return std::nullopt;
  }
  std::vector<std::string> modules;
  bool good = true;
  for (const std::string& file : files) {
    const auto module = compile_file(file, options);
    if (!module) {
      good = false;
      continue;
    }
    modules.push_back(module->atoms[module->name]);
    const std::string path = project.build_folder() + "/" + modules.back() + ".parc";
    if (!write_file(path, isa::write_module_file(*module))) {
      complain("cannot write " + path);
      good = false;
    }
  }
  return good ? std::optional(std::move(modules)) : std::nullopt;
}

}  // namespace parley::cli
