// Macros, conditions, inclusion.
#include "compiler/syntax/preprocessor.h"

#include <doctest/doctest.h>

#include <map>

#include "compiler/syntax/parse.h"

namespace {

std::string forms(std::string text, parley::ParseOptions options = {}) {
  auto result = parley::parse_module({"dir/m.erl", std::move(text)}, options);
  return parley::render(result.diagnostics.all(), result.module->files, {.excerpt = false}) +
         parley::ast::dump(*result.module);
}

// The dump of what a macro call expands to after the definitions.
std::string expanded(const std::string& definitions, const std::string& call) {
  std::string text = forms("-module(m).\n" + definitions + "\nf(A, {B, C}) ->\n" + call + ".\n");
  size_t at = text.find(" -> [");
  return at == std::string::npos ? text : text.substr(at + 5, text.size() - at - 8);
}

}  // namespace

TEST_CASE("macros with and without arguments") {
  CHECK(expanded("-define(X, 1).\n-define(X(A), A).", "{?X, ?X(2)}") == "(tuple 1 2)");
  CHECK(expanded("-define(F(A, B), {A, B}).", "?F(g(1, 2), [3, 4])") ==
        "(tuple (call g 1 2) (list [3 4]))");
  CHECK(expanded("-define(F(A), A).", "?F(fun(X, Y) -> ok end)") == "(fun ([X Y] -> [ok]))");
  CHECK(expanded("-define(F(A), A).", "?F(begin 1, 2 end)") == "(begin 1 2)");
  CHECK(expanded("-define(NONE(), none).", "?NONE()") == "none");
  CHECK(expanded("-define(INNER(X), {X}).\n-define(OUTER(X), ?INNER(X)).", "?OUTER(?OUTER(1))") ==
        "(tuple (tuple 1))");
  CHECK(expanded("-define(SHOW(X), {??X, X}).", "?SHOW(a + \"b\")") ==
        "(tuple \"a + \\\"b\\\"\" (+ a \"b\"))");
}

TEST_CASE("built-in macros") {
  CHECK(expanded("", "{?MODULE, ?LINE, ?FILE, ?FUNCTION_NAME, ?FUNCTION_ARITY}") ==
        "(tuple m 4 \"dir/m.erl\" f 2)");
  CHECK(expanded("", "{?OTP_RELEASE, ?MACHINE, ?MODULE_STRING}") == "(tuple 28 'BEAM' \"m\")");
  CHECK(expanded("-file(\"other.yrl\", 100).", "{?FILE, ?LINE}") == "(tuple \"other.yrl\" 102)");
}

TEST_CASE("conditions") {
  CHECK(forms("-ifdef(X).\n-a(1).\n-else.\n-a(2).\n-endif.") == "attribute a 2\n");
  CHECK(forms("-ifdef(X).\n-a(1).\n-else.\n-a(2).\n-endif.", {.defines = {{"X", ""}}}) ==
        "attribute a 1\n");
  CHECK(forms("-ifndef(X).\n-ifdef(Y).\n-a(1).\n-else.\n-a(2).\n-endif.\n-endif.") ==
        "attribute a 2\n");
  CHECK(forms("-if(?OTP_RELEASE >= 26 andalso not defined(X)).\n-a(1).\n-elif(true).\n-a(2).\n"
              "-else.\n-a(3).\n-endif.") == "attribute a 1\n");
  CHECK(forms("-if(false).\n-a(1).\n-elif(1 + 1 =:= 2).\n-a(2).\n-else.\n-a(3).\n-endif.") ==
        "attribute a 2\n");
  CHECK(forms("-ifdef(X).\nnot a [ form \"\\q\" 1#1.\n-endif.") == "");
  for (const char* holds :
       {"length(\"abc\") =:= 3", "abs(-1) =:= 1", "{1, 2} < {1, 3}", "{9} < {0, 0}",
        "[1, 2] == [1.0, 2]", "[1] =/= [1.0]", "hd([a]) =:= a andalso tl([a]) =:= []",
        "element(2, {a, b}) =:= b", "tuple_size({}) == 0", "is_boolean(true)", "is_float(1.5)",
        "a < {} andalso {} < []", "erlang:round(2.5) =:= 3", "max(1, 2.0) =:= 2.0",
        "1 bsl 62 > 0", "-1 bsr 100 =:= -1", "-(-9223372036854775807) > 0",
        "9007199254740993 > 9007199254740992.0"}) {
    CAPTURE(holds);
    CHECK(forms("-if(" + std::string(holds) + ").\n-a(1).\n-endif.") == "attribute a 1\n");
  }
  CHECK(forms("-if(1 / 0 > 1).\n-a(1).\n-endif.") == "");
  CHECK(forms("-if(1.0e308 * 10 > 1).\n-a(1).\n-endif.") == "");
}

TEST_CASE("inclusion") {
  std::map<std::string, std::string> files = {
      {"dir/a.hrl", "-include(\"b.hrl\").\n-a(?B).\n"},
      {"dir/b.hrl", "-define(B, 1).\n"},
      {"lib/app-1/include/c.hrl", "-c(?LINE).\n"},
      {"dir/loop.hrl", "-include(\"loop.hrl\").\n"},
  };
  parley::ParseOptions options;
  options.load = [&](const std::string& path) -> std::optional<std::string> {
    auto found = files.find(path);
    return found == files.end() ? std::nullopt : std::optional(found->second);
  };
  options.library_dir = [](std::string_view application) -> std::optional<std::string> {
    return application == "app" ? std::optional<std::string>("lib/app-1") : std::nullopt;
  };
  CHECK(forms("-include(\"a.hrl\").\n-d(?B).", options) == "attribute a 1\nattribute d 1\n");
  CHECK(forms("-include_lib(\"app/include/c.hrl\").", options) == "attribute c 1\n");
  CHECK(forms("-include(\"loop.hrl\").", options).find("error[PAR-0048]") != std::string::npos);
  CHECK(forms("-include(\"no.hrl\").\n-a(1).", options) ==
        "dir/m.erl:1:10: error[PAR-0047]: the file \"no.hrl\" is not found\nattribute a 1\n");
}

TEST_CASE("expansion has an end") {
  std::string bomb = "-define(M0, x, x).\n";
  for (int i = 1; i < 40; ++i) {
    bomb += "-define(M" + std::to_string(i) + ", ?M" + std::to_string(i - 1) + ", ?M" +
            std::to_string(i - 1) + ").\n";
  }
  CHECK(forms(bomb + "f() -> {?M39}.").find("error[PAR-0043]") != std::string::npos);
  CHECK(forms("-define(A(X), ?B(X)).\n-define(B(X), ?A(X)).\nf() -> ?A(1).")
            .find("error[PAR-0042]") != std::string::npos);
}
