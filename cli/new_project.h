// What `parley new` writes: a line server under a supervisor, with a test that talks to it.
#pragma once

#include <span>

namespace parley::cli {

struct TemplateFile {
  const char* path;  // NAME stands for the project's name, here and in the text
  const char* text;
};

std::span<const TemplateFile> new_project_files();

}  // namespace parley::cli
