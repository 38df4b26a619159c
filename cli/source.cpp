// Source files on disk.
#include "cli/source.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "cli/library_image.h"

namespace parley::cli {

void complain(const std::string& message) {
  std::fprintf(stderr, "parley: %s\n", message.c_str());
}

bool output_is_out() {
  errno = 0;
  std::cout.flush();
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0 && std::cout) return true;
  complain(std::string("cannot write to standard output") +
           (errno == 0 ? "" : std::string(": ") + std::strerror(errno)));
  return false;
}

bool is_library_module(std::string_view name) {
  return std::ranges::any_of(library_image(), [&](const auto& m) { return name == m.name; });
}

std::optional<std::string> read_file(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    errno = EISDIR;
    return std::nullopt;
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::ostringstream text;
  text << in.rdbuf();
  return in.bad() ? std::nullopt : std::optional(std::move(text).str());
}

bool write_file(const std::string& path, std::span<const std::uint8_t> bytes) {
  // Written beside and renamed, so that nobody ever reads half a file.
  const std::string beside = path + ".new" + std::to_string(getpid());
  std::ofstream out(beside, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (out && std::rename(beside.c_str(), path.c_str()) == 0) return true;
  std::remove(beside.c_str());
  return false;
}

namespace {

// What -include_lib("eunit/include/eunit.hrl") means: the header inside the program.
constexpr std::string_view kLibraryFolder = "(library)/";

std::optional<std::string> read_include(const std::string& path) {
  if (!path.starts_with(kLibraryFolder)) return read_file(path);
  const std::string name = path.substr(path.rfind('/') + 1);
  for (const LibraryModule& header : library_headers()) {
    if (name == header.name) return std::string(header.bytes.begin(), header.bytes.end());
  }
  return std::nullopt;
}

}  // namespace

CompileOptions compile_options(const SourceOptions& options) {
  CompileOptions result;
  for (const std::string& define : options.defines) {
    const auto equals = define.find('=');
    result.parse.defines.emplace_back(define.substr(0, equals),
                                      equals == std::string::npos ? "" : define.substr(equals + 1));
  }
  result.parse.include_dirs = options.include_dirs;
  result.parse.load = read_include;
  result.parse.library_dir = [](std::string_view application) {
    return std::optional(std::string(kLibraryFolder) + std::string(application));
  };
  return result;
}

bool print_diagnostics(const CompileResult& result) {
  const bool terminal = isatty(STDERR_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  RenderOptions options;
  options.colour = terminal;
  const std::string text = render(result.diagnostics.all(), result.tree->files, options);
  std::fputs(text.c_str(), stderr);
  return !result.diagnostics.has_errors();
}

namespace {

void check_name(CompileResult& result, const std::string& path, const SourceOptions& options) {
  const std::string name(result.tree->name.text());
  const ast::Location place = result.tree->name_location;
  const std::string stem = std::filesystem::path(path).stem().string();
  if (options.advice && name != stem) {
    result.diagnostics.warning(Code::kMisnamedFile, place,
                               "the file of the module " + name + " is called " + stem)
        .hint = "a module " + name + " is looked for in a file of its name";
  }
  if (options.library_names == LibraryNames::kAllowed || !is_library_module(name)) return;
  Diagnostic diagnostic{Severity::kWarning, Code::kLibraryModule, place,
                        "the library has a module " + name, "choose another name", {}};
  if (options.library_names == LibraryNames::kRefused) diagnostic.severity = Severity::kError;
  result.diagnostics.add(std::move(diagnostic));
}

}  // namespace

std::optional<isa::ModuleFile> compile_file(const std::string& path,
                                            const SourceOptions& options) {
  if (path.ends_with(".parc")) {
    complain(path + " is a compiled module: a source file is wanted");
    return std::nullopt;
  }
  const auto text = read_file(path);
  if (!text) {
    complain("cannot read " + path + ": " + std::strerror(errno));
    return std::nullopt;
  }
  CompileOptions with = compile_options(options);
  with.lint.dialect = options.advice && path.ends_with(".par");
  CompileResult result = compile_module(SourceFile{path, *text}, with);
  if (result.module) check_name(result, path, options);
  if (!print_diagnostics(result)) return std::nullopt;
  return std::move(result.module);
}

}  // namespace parley::cli
