// Golden tests of diagnostics: tests/golden/diagnostics/X.par is read and linted, and what people
// see must be X.expected. PARLEY_REGENERATE=1 writes the expected files anew; review them as a
// diff.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/passes/lint.h"
#include "compiler/syntax/parse.h"

namespace fs = std::filesystem;

namespace {

const fs::path kFolder = "tests/golden/diagnostics";

std::optional<std::string> read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    return {};
  }
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string diagnose(const fs::path& path) {
  parley::ParseOptions options;
  options.load = [](const std::string& name) { return read(kFolder / name); };
  auto result = parley::parse_module({path.filename().string(), *read(path)}, options);
  if (result.ok()) {
    parley::LintOptions lint_options;
    lint_options.dialect = path.stem() == "dialect";
    lint_options.behaviour =
        [](std::string_view module) -> std::optional<std::vector<parley::BehaviourCallback>> {
      if (module == "counter") {
        return std::vector<parley::BehaviourCallback>{
            {"init", 1, false}, {"add", 2, false}, {"stop", 0, true}};
      }
      return {};
    };
    parley::lint(*result.module, lint_options, result.diagnostics);
  }
  return parley::render(result.diagnostics.all(), result.module->files, {.limit_count = 0});
}

}  // namespace

TEST_CASE("diagnostics are as expected") {
  std::vector<fs::path> sources;
  for (const auto& entry : fs::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".par") {
      sources.push_back(entry.path());
    }
  }
  std::ranges::sort(sources);
  REQUIRE(sources.size() >= 10);
  for (const fs::path& source : sources) {
    INFO(source.string());
    fs::path expected_path = fs::path(source).replace_extension(".expected");
    std::string found = diagnose(source);
    if (std::getenv("PARLEY_REGENERATE") != nullptr) {
      std::ofstream(expected_path, std::ios::binary) << found;
    }
    std::optional<std::string> expected = read(expected_path);
    REQUIRE(expected.has_value());
    CHECK(found == *expected);
  }
}

TEST_CASE("every code that a golden file shows can be explained") {
  size_t count = 0;
  for (const auto& entry : fs::directory_iterator(kFolder)) {
    if (entry.path().extension() != ".expected") {
      continue;
    }
    std::string text = *read(entry.path());
    for (size_t at = text.find("[PAR-"); at != std::string::npos; at = text.find("[PAR-", at + 1)) {
      std::string code = text.substr(at + 1, 8);
      CHECK_MESSAGE(!parley::explain(code).empty(), code);
      ++count;
    }
  }
  CHECK(count > 100);
  CHECK(parley::explain("PAR-0001") == parley::explain("1"));
  CHECK(parley::explain("PAR-9999").empty());
  CHECK(parley::explain("x").empty());
}
