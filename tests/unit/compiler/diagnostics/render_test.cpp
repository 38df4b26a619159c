// How diagnostics look: columns under tabs and wide characters, order, limit, colour.
#include <doctest/doctest.h>

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/passes/lint.h"
#include "compiler/syntax/parse.h"

namespace {

std::string diagnose(std::string text, const parley::RenderOptions& options = {}) {
  auto result = parley::parse_module({"m.erl", "-module(m).\n-export([f/0]).\n" + text});
  if (result.ok()) {
    parley::lint(*result.module, {}, result.diagnostics);
  }
  return parley::render(result.diagnostics.all(), result.module->files, options);
}

}  // namespace

TEST_CASE("the underline stands under tabs, wide characters and combining marks") {
  CHECK(diagnose("f() ->\n\t{\"日本語\", Aa}.") ==
        "m.erl:4:10: error[PAR-0107]: the variable Aa has no value here\n"
        " 4 |         {\"日本語\", Aa}.\n"
        "   |                    ^^\n");
  CHECK(diagnose("f() ->\n {\"e\xCC\x81\", Aa}.") ==
        "m.erl:4:9: error[PAR-0107]: the variable Aa has no value here\n"
        " 4 |  {\"e\xCC\x81\", Aa}.\n"
        "   |        ^^\n");
}

TEST_CASE("of a long line the part round the place is shown") {
  std::string many;
  for (int i = 0; i < 20'000; ++i) many += "1, ";
  const std::string text = diagnose("f() -> {" + many + "Aa, " + many + "1}.");
  CHECK(text.size() < 1000);
  const size_t shown = text.find("Aa, 1, 1"), underline = text.find("^^");
  REQUIRE(shown != std::string::npos);
  REQUIRE(underline != std::string::npos);
  CHECK(shown - text.rfind('\n', shown) == underline - text.rfind('\n', underline));
}

TEST_CASE("diagnostics are sorted and limited") {
  std::string text = diagnose("f() ->\n    {A, B, C}.\ng() -> ok.", {.limit_count = 2});
  CHECK(text.find("variable A") < text.find("variable B"));
  CHECK(text.find("variable C") == std::string::npos);
  CHECK(text.ends_with("and 1 error and 1 warning more\n"));
}

TEST_CASE("colour only when asked") {
  CHECK(diagnose("f() -> A.").find('\x1b') == std::string::npos);
  CHECK(diagnose("f() -> A.", {.colour = true}).find("\x1b[1;31merror") != std::string::npos);
}

TEST_CASE("names are guessed") {
  std::string_view names[] = {"length", "list_to_atom", "X"};
  CHECK(parley::nearest_name("lenght", names) == "length");
  CHECK(parley::nearest_name("list_to_atm", names) == "list_to_atom");
  CHECK(parley::nearest_name("Y", names).empty());
  CHECK(parley::nearest_name("completely", names).empty());
}
