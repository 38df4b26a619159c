// A project: a folder with parley.toml, src/, test/, and build/ for what is compiled.
//
//   [project]
//   name = "greeter"      # required
//   version = "0.1.0"
//   main = "greeter"      # the module that `parley run` starts; the name, where it is missing
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/source.h"

namespace parley::cli {

struct Project {
  std::string folder, name, version, main;

  std::string build_folder() const { return folder + "/build"; }
};

// Whether a folder holds a project.
bool is_project(const std::string& folder);
// The project of a folder; nullopt: what is wrong with it has been told.
std::optional<Project> read_project(const std::string& folder);

// The .par and .erl files of a folder of the project, in order of their names.
std::vector<std::string> sources_in(const Project& project, const std::string& folder);

// The options with the project's folders of headers, and with what is an error in a project.
SourceOptions project_options(const Project& project, SourceOptions options);

// Compiles files to the project's build folder; the names of the modules. nullopt: there were
// errors, all of which have been told.
std::optional<std::vector<std::string>> build(const Project& project,
                                              const std::vector<std::string>& files,
                                              const SourceOptions& options);

}  // namespace parley::cli
