// Modules for tests of whole nodes: compiled from text, or found in the library.
#pragma once

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "compiler/compile.h"
#include "vm/base/assert.h"

namespace parley::test {

inline std::optional<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// The bytes of a module that must have no errors.
inline std::vector<std::uint8_t> compile_text(const std::string& name, const std::string& text) {
  CompileOptions compile_options;
  compile_options.parse.load = read_file;
  const CompileResult result = compile_module({name, text}, compile_options);
  if (!result.module) {
    const std::string messages = render(result.diagnostics.all(), result.tree->files);
    std::fprintf(stderr, "%s\n", messages.c_str());
  }
  PARLEY_ASSERT(result.module.has_value(), "what a test compiles has no errors");
  return isa::write_module_file(*result.module);
}

// The bytes of library modules, compiled on first use; shared by the nodes of a test. Any thread.
class Library {
 public:
  // As it stands under stdlib/; nullopt: there is none.
  std::optional<std::span<const std::uint8_t>> find(std::string_view module) {
    std::lock_guard guard(lock_);
    const auto known = modules_.find(module);
    if (known != modules_.end()) return known->second;
    for (const auto& entry : std::filesystem::recursive_directory_iterator("stdlib")) {
      if (entry.path().extension() != ".par" || entry.path().stem() != module) continue;
      const std::string path = entry.path().string();
      auto& bytes = modules_[std::string(module)];
      bytes = compile_text(path, read_file(path).value_or(""));
      return bytes;
    }
    return std::nullopt;
  }

 private:
  std::mutex lock_;
  std::map<std::string, std::vector<std::uint8_t>, std::less<>> modules_;
};

}  // namespace parley::test
