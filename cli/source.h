// Reading and compiling source files, as every verb does it.
//
// Invariant: whatever is wrong with a file, its path and the reason are told on standard error.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/compile.h"

namespace parley::cli {

// What a module whose name the library has already is.
enum class LibraryNames : std::uint8_t { kAllowed, kWarned, kRefused };

struct SourceOptions {
  std::vector<std::string> include_dirs;
  std::vector<std::string> defines;  // NAME or NAME=VALUE
  LibraryNames library_names = LibraryNames::kAllowed;
  bool advice = false;  // warns of what is better said otherwise, and of a file's misleading name
};

std::optional<std::string> read_file(const std::string& path);
bool write_file(const std::string& path, std::span<const std::uint8_t> bytes);

// The module, its diagnostics printed; nullopt: there were errors, or no file.
std::optional<isa::ModuleFile> compile_file(const std::string& path, const SourceOptions& options);
// Prints what the compiler has to say. True: no errors.
bool print_diagnostics(const CompileResult& result);
CompileOptions compile_options(const SourceOptions& options);

bool is_library_module(std::string_view name);

// Writes out what was printed. False: it was lost, which has been told.
bool output_is_out();

// One clear line on standard error, "parley: ...".
void complain(const std::string& message);

}  // namespace parley::cli
