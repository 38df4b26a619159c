// Fuzzer: any bytes as source text, as a module and as a line of the shell. They give diagnostics,
// which can be shown and whose places lie in the text, or a module, which can be written and read
// and which the verifier accepts.
#include <algorithm>
#include <cstdint>
#include <string>

#include "compiler/compile.h"
#include "vm/base/assert.h"
#include "vm/code/verify.h"
#include "vm/isa/module_file.h"

namespace {

using namespace parley;

void check(const CompileResult& result, std::size_t lines) {
  PARLEY_ASSERT(result.incomplete ||
                    result.module.has_value() != result.diagnostics.has_errors(),
                "there is a module if and only if there is no error");
  for (const Diagnostic& diagnostic : result.diagnostics.all()) {
    PARLEY_ASSERT(!diagnostic.message.empty(), "a diagnostic says something");
    PARLEY_ASSERT(diagnostic.place.line <= lines + 1, "its place lies in the text");
    PARLEY_ASSERT(!explain(code_text(diagnostic.code)).empty(), "its code can be explained");
  }
  const std::string text = render(result.diagnostics.all(), result.tree->files);
  PARLEY_ASSERT(text.empty() == result.diagnostics.all().empty(), "diagnostics are shown");
  if (!result.module.has_value()) return;
  const auto read = isa::parse_module_file(isa::write_module_file(*result.module));
  PARLEY_ASSERT(read.has_value() && *read == *result.module, "written and read it is equal");
  const auto verdict = verify(*read);
  PARLEY_ASSERT(verdict.has_value(), "what the compiler makes is accepted");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  check(compile_module({"fuzz.par", text}), lines);
  check(compile_expressions({"shell", text}, "shell", {}), lines);
  return 0;
}
