// Any bytes give a module or diagnostics: every prefix of a source file, random changes of it,
// random bytes, and texts made to exhaust the reader.
#include <doctest/doctest.h>

#include <fstream>
#include <random>
#include <sstream>

#include "compiler/passes/lint.h"
#include "compiler/syntax/parse.h"

namespace {

std::string read(const char* path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// Reads, lints and shows; answers whether it compiled.
bool survive(const std::string& text) {
  parley::ParseOptions options;
  options.load = [](const std::string&) { return std::optional<std::string>("-define(H, 1).\n"); };
  auto result = parley::parse_module({"m.par", text}, options);
  if (result.ok()) {
    parley::lint(*result.module, {}, result.diagnostics);
    CHECK(parley::ast::dump(*result.module).size() < 100'000'000);
  }
  std::string shown = parley::render(result.diagnostics.all(), result.module->files);
  CHECK(shown.empty() == result.diagnostics.all().empty());
  auto shell = parley::parse_expressions({"shell", text.substr(0, 200)});
  return result.ok() && shell.module != nullptr;
}

const char* const kSources[] = {"tests/golden/diagnostics/clean.par",
                                "tests/golden/diagnostics/macros.par",
                                "tests/golden/diagnostics/tokens.par"};

}  // namespace

TEST_CASE("every prefix is survived") {
  for (const char* path : kSources) {
    std::string text = read(path);
    REQUIRE(text.size() > 100);
    for (size_t length = 0; length <= text.size(); ++length) {
      survive(text.substr(0, length));
    }
  }
}

TEST_CASE("random changes are survived") {
  constexpr int kRounds = 2000;
  std::mt19937 random(20);
  int compiled = 0;
  std::string original = read(kSources[0]);
  std::string pieces = read(kSources[1]) + read(kSources[2]);
  for (int round = 0; round < kRounds; ++round) {
    std::string text = original;
    for (uint32_t changes = 1 + random() % 4; changes > 0; --changes) {
      size_t at = random() % text.size();
      switch (random() % 5) {
        case 0:
          text[at] = static_cast<char>(random());
          break;
        case 1:
          text.erase(at, 1 + random() % 20);
          break;
        case 2:
          text.insert(at, text.substr(random() % text.size(), random() % 30));
          break;
        case 3:
          text.insert(at, pieces.substr(random() % pieces.size(), random() % 30));
          break;
        default:
          text.insert(at, 1, "()[]{}<>\"'?~$.,;|\\#-%"[random() % 22]);
          break;
      }
    }
    compiled += survive(text);
  }
  // The changes are small enough that some do no harm, and large enough that most do.
  CHECK(compiled > 0);
  CHECK(compiled < kRounds);
}

TEST_CASE("random bytes are survived") {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::string text(random() % 400, '\0');
    for (char& c : text) {
      c = static_cast<char>(random());
    }
    survive(text);
  }
}

TEST_CASE("texts without end are refused, not suffered") {
  constexpr size_t kMany = 200'000;
  auto repeat = [](std::string_view piece, size_t count) {
    std::string out;
    for (size_t i = 0; i < count; ++i) {
      out += piece;
    }
    return out;
  };
  for (std::string_view piece :
       {"(",     "[",      "{",      "<<",     "fun(", "case ", "begin ", "- ",
        "not ",  "catch ", "1 + ",   "a = ",   "a ! ", "x ++ ", "[a|",    "#{a=>",
        "#r{a=", "try ",   "if a->", "~f\"~{", "?",    "x |> "}) {
    CHECK_FALSE(survive("-module(m).\nf() -> " + repeat(piece, kMany)));
  }
  CHECK_FALSE(survive("f() -> " + repeat("(", kMany) + "1" + repeat(")", kMany) + ".x"));
  CHECK_FALSE(survive("f() -> " + repeat("[", kMany) + repeat("]", kMany) + "."));
  CHECK_FALSE(survive("-type t() :: " + repeat("[", kMany) + repeat("]", kMany) + "."));
  CHECK_FALSE(survive("f() -> " + repeat("1+", kMany) + "1."));
  CHECK_FALSE(survive("f() -> " + repeat("9", kMany * 3) + "."));
  std::string macro = "-module(m).\n-define(A(X), X).\nf() -> ";
  CHECK_FALSE(survive(macro + repeat("?A(", kMany) + "1" + repeat(")", kMany) + "."));
  CHECK_FALSE(survive(macro + repeat("?A(", kMany)));
  CHECK_FALSE(survive("f() -> " + repeat("\"a\"", kMany) + "."));
  CHECK_FALSE(survive("f() -> " + repeat("'a\n", kMany) + "."));
  CHECK_FALSE(survive(repeat("f() -> \n", kMany)));
  CHECK_FALSE(survive(repeat("-ifdef(A).\n", kMany)));
  CHECK(survive("-module(m).\n-export([f/0]).\nf() -> [" + repeat("1,", kMany) + "1]."));
  CHECK(survive("-module(m).\n-export([f/0]).\nf() -> " + repeat("(", kMany) + "1" +
                repeat(")", kMany) + "."));
}
