// The bytecode of small programs, as text. PARLEY_GOLDEN=write takes what the compiler makes now;
// read the difference before you commit it.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "compiler/compile.h"
#include "vm/code/verify.h"

namespace parley {
namespace {

std::optional<std::string> read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::filesystem::path> sources() {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator("tests/golden/bytecode")) {
    if (entry.path().extension() == ".par") found.push_back(entry.path());
  }
  std::ranges::sort(found);
  return found;
}

// The hash of the code stands for the rest of the text, and is left out of it.
std::string without_hashes(std::string text) {
  for (std::size_t at = 0; (at = text.find(", unique ", at)) != std::string::npos;) {
    text.erase(at, text.find('\n', at) - at);
  }
  return text;
}

TEST_CASE("programs compile to the bytecode that they compiled to before") {
  const char* mode = std::getenv("PARLEY_GOLDEN");
  const bool write = mode != nullptr && std::string_view(mode) == "write";
  const auto all = sources();
  REQUIRE(all.size() >= 8);
  for (const auto& path : all) {
    CAPTURE(path.string());
    CompileResult result = compile_module({path.filename().string(), read(path).value_or("")});
    REQUIRE(result.module.has_value());
    CHECK(result.diagnostics.all().empty());
    const auto verified = verify(*result.module);
    CHECK_MESSAGE(verified.has_value(), (verified ? std::string() : verified.error().message));
    const std::string text = without_hashes(isa::disassemble(*result.module));
    auto expected = path;
    expected.replace_extension(".expected");
    if (write) std::ofstream(expected, std::ios::binary) << text;
    CHECK(text == read(expected).value_or("no file"));
  }
}

}  // namespace
}  // namespace parley
