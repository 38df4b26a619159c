// Source files on disk.
#include "cli/source.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

#include "cli/library_image.h"

namespace parley::cli {

void complain(const std::string& message) {
  std::fprintf(stderr, "parley: %s\n", message.c_str());
}

std::optional<std::string> read_file(const std::string& path) {
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

std::optional<isa::ModuleFile> compile_file(const std::string& path,
                                            const SourceOptions& options) {
  const auto text = read_file(path);
  if (!text) {
    complain("cannot read " + path + ": " + std::strerror(errno));
    return std::nullopt;
  }
  CompileResult result = compile_module(SourceFile{path, *text}, compile_options(options));
  if (!print_diagnostics(result)) return std::nullopt;
  return std::move(result.module);
}

}  // namespace parley::cli
