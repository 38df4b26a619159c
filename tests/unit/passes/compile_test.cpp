// The compiler as a whole: total, deterministic, and never at odds with the verifier.
#include "compiler/compile.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <random>
#include <sstream>

#include "vm/code/verify.h"
#include "vm/isa/module_file.h"

namespace parley {
namespace {

std::optional<std::string> read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::pair<std::string, std::string>> library() {
  std::vector<std::pair<std::string, std::string>> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator("stdlib")) {
    if (entry.path().extension() != ".par") continue;
    files.emplace_back(entry.path().string(), read(entry.path().string()).value_or(""));
  }
  return files;
}

CompileResult compile(const std::string& name, const std::string& text) {
  CompileOptions options;
  options.parse.load = read;
  return compile_module({name, text}, options);
}

// Whatever comes out is a verified module, or diagnostics.
bool is_sound(const CompileResult& result) {
  if (!result.module) return result.diagnostics.has_errors();
  const auto verified = verify(*result.module);
  if (!verified) MESSAGE(verified.error().message);
  return verified.has_value();
}

bool compiles(const std::string& body) {
  const CompileResult result = compile_module({"t.par", "-module(t).\n-export([f/1]).\n" + body});
  if (!result.module) MESSAGE(render(result.diagnostics.all(), result.tree->files));
  return result.module.has_value() && is_sound(result);
}

TEST_CASE("the standard library compiles and is verified") {
  const auto files = library();
  REQUIRE(files.size() > 10);
  for (const auto& [name, text] : files) {
    CAPTURE(name);
    const CompileResult result = compile(name, text);
    CHECK(result.module.has_value());
    CHECK(is_sound(result));
  }
}

TEST_CASE("the same text gives the same bytes") {
  for (const auto& [name, text] : library()) {
    const CompileResult first = compile(name, text), second = compile(name, text);
    REQUIRE(first.module.has_value());
    CHECK(isa::write_module_file(*first.module) == isa::write_module_file(*second.module));
  }
}

TEST_CASE("text that was damaged gives a verified module or diagnostics") {
  const auto files = library();
  std::mt19937 random(20);  // NOLINT: the same damage every time
  for (int round = 0; round < 400; ++round) {
    const std::string& source = files[random() % files.size()].second;
    const std::size_t from = random() % source.size();
    std::string text = "-module(m).\n-compile(export_all).\n" + source.substr(from, 3000);
    for (int i = 0; i < 3; ++i) {
      const std::size_t at = random() % text.size();
      switch (random() % 4) {
        case 0: text.erase(at, 1 + random() % 8); break;
        case 1: text.insert(at, source.substr(random() % source.size(), random() % 12)); break;
        case 2: text[at] = static_cast<char>(random()); break;
        default: std::swap(text[at], text[random() % text.size()]); break;
      }
      if (text.empty()) text = ".";
    }
    CAPTURE(text);
    CHECK(is_sound(compile_module({"m.par", text})));
  }
}

TEST_CASE("more elements than registers are built in steps") {
  std::string items = "X";
  for (int i = 0; i < 1500; ++i) items += ", g(X, " + std::to_string(i) + ")";
  const std::string g = "g(X, Y) -> X + Y.\n";
  CHECK(compiles("f(X) -> [" + items + "].\n" + g));
  CHECK(compiles("f(X) -> {" + items + "}.\n" + g));
}

TEST_CASE("more values at once than registers is a diagnostic") {
  std::string body = "f(X) ->\n", sum = "X";
  for (int i = 0; i < 400; ++i) {
    body += "  V" + std::to_string(i) + " = g(X),\n";
    sum += " + V" + std::to_string(i);
  }
  const CompileResult result =
      compile_module({"t.par", "-module(t).\n-export([f/1]).\n" + body + sum + ".\ng(X) -> X.\n"});
  CHECK(!result.module.has_value());
  REQUIRE(result.diagnostics.all().size() == 1);
  CHECK(result.diagnostics.all()[0].code == Code::kFunctionTooLarge);
}

TEST_CASE("nesting up to the parser's limit is compiled") {
  const auto nest = [](const std::string& open, const std::string& close) {
    std::string text = "f(X) -> ";
    for (int i = 0; i < 300; ++i) text += open;
    text += "X";
    for (int i = 0; i < 300; ++i) text += close;
    return text + ".\n";
  };
  CHECK(compiles(nest("{a, ", "}")));
  CHECK(compiles(nest("fun() -> ", " end")));
  CHECK(compiles(nest("case X of 1 -> 2; _ -> ", " end")));
  CHECK(compiles(nest("try ", " catch _:_ -> X end")));
  CHECK(compiles(nest("try ", " after f(1) end")));
  CHECK(compiles(nest("[Y || Y <- ", "]")));
}

TEST_CASE("many clauses compile in time that grows with their number") {
  const auto many = [](const std::function<std::string(std::string)>& clause) {
    std::string text;
    for (int i = 0; i < 10'000; ++i) text += "f(" + clause(std::to_string(i)) + ";\n";
    return compiles(text + "f(_) -> none.\n");
  };
  using Text = std::string;
  CHECK(many([](Text i) { return "{key" + i + ", X}) -> X + " + i; }));
  CHECK(many([](Text i) { return "#{key" + i + " := X}) when X > 1 -> X"; }));
  CHECK(many([](Text i) { return "{" + i + ", a, [" + i + "|_]}) -> f(1)"; }));
  CHECK(many([](Text i) { return "X) when X =:= " + i + ", X > 0 -> X"; }));
  std::string list = "f([a";
  for (int i = 0; i < 20'000; ++i) list += ", a";
  CHECK(compiles(list + "]) -> 1;\n" + list + ", b]) -> 2.\n"));
}

// The size of the module of one function with so many clauses.
std::size_t size_of_clauses(int count, const std::function<std::string(std::string)>& clause) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "f(" + clause(std::to_string(i)) + ";\n";
  CompileResult result = compile_module(
      {"t.par", "-module(t).\n-export([f/1]).\n-compile(nowarn_unused_vars).\n" + text +
                    "f(_) -> none.\n"});
  REQUIRE(is_sound(result));
  REQUIRE(result.module.has_value());
  return isa::write_module_file(*result.module).size();
}

TEST_CASE("code grows with the number of clauses, whatever they test") {
  const auto grows_linearly = [](const std::function<std::string(std::string)>& clause) {
    return size_of_clauses(160, clause) < 4 * 3 / 2 * size_of_clauses(40, clause);
  };
  using Text = std::string;
  CHECK(grows_linearly([](Text i) { return "#{a" + i + " := X}) when X > 1 -> X"; }));
  CHECK(grows_linearly([](Text i) { return "#{a" + i + " := X, b" + i + " := 0}) -> X"; }));
  CHECK(grows_linearly([](Text i) { return "{" + i + ", _}) -> 1;\nf({_, " + i + "}) -> 2"; }));
  CHECK(grows_linearly([](Text i) { return "<<_:" + i + ", 1, R/bits>>) -> R"; }));
  CHECK(grows_linearly([](Text i) { return "[" + i + "|_]) -> 1;\nf([_, " + i + "|_]) -> 2"; }));
}

TEST_CASE("expressions know the variables that they are given, and give new ones back") {
  const std::vector<std::string> bound{"X"};
  CompileResult result = compile_expressions({"shell", "Y = X + 1, {Y, X}."}, "shell_1", bound);
  REQUIRE(result.module.has_value());
  CHECK(is_sound(result));
  result = compile_expressions({"shell", "Y = Z + 1."}, "shell_1", bound);
  CHECK(!result.module.has_value());
  CHECK(result.diagnostics.has_errors());
  result = compile_expressions({"shell", "foo("}, "shell_1", bound);
  CHECK(result.incomplete);
}

}  // namespace
}  // namespace parley
