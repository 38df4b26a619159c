// Reading and compiling source files, as every verb does it.
//
// Invariant: whatever is wrong with a file, its path and the reason are told on standard error.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/compile.h"

namespace parley::cli {

struct SourceOptions {
  std::vector<std::string> include_dirs;
  std::vector<std::string> defines;  // NAME or NAME=VALUE
};

std::optional<std::string> read_file(const std::string& path);
bool write_file(const std::string& path, std::span<const std::uint8_t> bytes);

// The module, its diagnostics printed; nullopt: there were errors, or no file.
std::optional<isa::ModuleFile> compile_file(const std::string& path, const SourceOptions& options);
// Prints what the compiler has to say. True: no errors.
bool print_diagnostics(const CompileResult& result);
CompileOptions compile_options(const SourceOptions& options);

// One clear line on standard error, "parley: ...".
void complain(const std::string& message);

}  // namespace parley::cli
