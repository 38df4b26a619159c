// Fuzzer: any bytes as source text, as a module and as a line of the shell. They give a tree and
// diagnostics, which can be shown; every place that a diagnostic names lies in the text.
#include <algorithm>
#include <cstdint>
#include <string>

#include "compiler/syntax/parse.h"
#include "vm/base/assert.h"

namespace {

void check(const parley::ParseResult& result, std::size_t lines) {
  using namespace parley;
  PARLEY_ASSERT(result.module != nullptr, "there is always a tree");
  for (const Diagnostic& diagnostic : result.diagnostics.all()) {
    PARLEY_ASSERT(!diagnostic.message.empty(), "a diagnostic says something");
    PARLEY_ASSERT(diagnostic.place.line <= lines + 1, "its place lies in the text");
    PARLEY_ASSERT(!explain(code_text(diagnostic.code)).empty(), "its code can be explained");
  }
  const std::string text = render(result.diagnostics.all(), result.module->files);
  PARLEY_ASSERT(text.empty() == result.diagnostics.all().empty(), "diagnostics are shown");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  check(parley::parse_module({"fuzz.par", text}), lines);
  check(parley::parse_expressions({"shell", text}), lines);
  return 0;
}
