// Hostile modules: each is the sample module with one edit, and each is refused for exactly the
// rule that the edit breaks.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "tests/unit/code/sample_module.h"
#include "vm/code/verify.h"
#include "vm/code/verify_rules.h"
#include "vm/isa/bif_table.h"
#include "vm/isa/module_file.h"

namespace parley {
namespace {

using namespace isa;

// The sample module under the knife.
struct Patient {
  ModuleFile module = sample_module();

  // The occurrence of an opcode in a function, counted from 0.
  std::size_t find(std::uint32_t function, Opcode opcode, int occurrence = 0) {
    auto& code = module.functions[function].code;
    for (std::size_t i = 0; i < code.size(); ++i) {
      if (code[i].opcode == opcode && occurrence-- == 0) return i;
    }
    FAIL("the sample module has no such instruction");
    return 0;
  }
  Instruction& at(std::uint32_t function, Opcode opcode, int occurrence = 0) {
    return module.functions[function].code[find(function, opcode, occurrence)];
  }
  void erase(std::uint32_t function, Opcode opcode, int occurrence = 0) {
    auto& code = module.functions[function].code;
    code.erase(code.begin() + static_cast<std::ptrdiff_t>(find(function, opcode, occurrence)));
  }
  void insert_before(std::uint32_t function, Opcode opcode, Instruction instruction,
                     int occurrence = 0) {
    auto& code = module.functions[function].code;
    code.insert(code.begin() + static_cast<std::ptrdiff_t>(find(function, opcode, occurrence)),
                std::move(instruction));
  }
  // The descriptor that an instruction names, at the given operand.
  FrameDescriptor& frame(std::uint32_t function, Opcode opcode, std::size_t operand,
                         int occurrence = 0) {
    return module.frames[at(function, opcode, occurrence).operands[operand].value];
  }
  LabelState& state(std::uint32_t label) {
    for (LabelState& state : module.label_states) {
      if (state.label == label) return state;
    }
    FAIL("the sample module has no such label");
    return module.label_states[0];
  }
  void declare(std::uint32_t label, Operand reg) {
    state(label).registers.push_back(
        {reg.tag, static_cast<std::uint8_t>(reg.value), StateType::kAny, 0, false});
  }
};

// A built-in that may not stand in guards.
const BifRow* first_plain_row() {
  for (const BifRow& row : bif_rows()) {
    if (row.kind == BifKind::kPlain) return &row;
  }
  return nullptr;
}

struct Hostile {
  std::string_view rule;
  std::string_view what;
  void (*edit)(Patient&);
};

// clang-format off
const Hostile kHostile[] = {
#include "tests/unit/code/hostile_modules.inc"
};
// clang-format on

TEST_CASE("every hostile module is refused for the rule that it breaks") {
  for (const Hostile& hostile : kHostile) {
    CAPTURE(hostile.what);
    Patient patient;
    REQUIRE(verify(patient.module).has_value());
    hostile.edit(patient);
    const auto verdict = verify(patient.module);
    if (hostile.rule == verifier::kBifGuard && first_plain_row() == nullptr) continue;
    CHECK_MESSAGE(!verdict.has_value(), hostile.what);
    if (verdict.has_value()) continue;
    CHECK_MESSAGE(verdict.error().rule == hostile.rule, verdict.error().message);
    CHECK(!verdict.error().message.empty());
  }
  CHECK(std::size(kHostile) >= 60);
}

TEST_CASE("every rule has a hostile module") {
  std::set<std::string_view> broken;
  for (const Hostile& hostile : kHostile) broken.insert(hostile.rule);
#define CHECK_BROKEN(symbol, name, text) CHECK_MESSAGE(broken.contains(name), name);
  PARLEY_VERIFIER_RULES(CHECK_BROKEN)
#undef CHECK_BROKEN
}

// A refusal must not depend on how the module came to the verifier.
TEST_CASE("a hostile module that can be read from a file is refused then, too") {
  std::size_t read = 0;
  for (const Hostile& hostile : kHostile) {
    CAPTURE(hostile.what);
    Patient patient;
    hostile.edit(patient);
    if (hostile.rule == verifier::kBifGuard && first_plain_row() == nullptr) continue;
    if (hostile.rule == verifier::kOperand) continue;  // the encoder need not be able to write it
    const auto parsed = parse_module_file(write_module_file(patient.module));
    if (!parsed.has_value()) continue;
    ++read;
    const auto verdict = verify(*parsed);
    REQUIRE(!verdict.has_value());
    CHECK(verdict.error().rule == hostile.rule);
  }
  CHECK(read > 50);
}

// The seeds of tests/fuzz/module.cpp. Run by hand after a change of the format:
//   unit_code --no-skip --test-case='write the seeds*'
TEST_CASE("write the seeds of the module fuzzer" * doctest::skip()) {
  const std::filesystem::path folder = "tests/fuzz/corpus/module";
  std::filesystem::create_directories(folder);
  const auto write = [&](const std::string& name, const ModuleFile& module) {
    const auto bytes = write_module_file(module);
    std::ofstream(folder / name, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  };
  write("sample", sample_module());
  std::set<std::string_view> written = {verifier::kOperand};  // those cannot all be written
  for (const Hostile& hostile : kHostile) {
    if (!written.insert(hostile.rule).second) continue;
    Patient patient;
    hostile.edit(patient);
    write(std::string(hostile.rule), patient.module);
  }
}

}  // namespace
}  // namespace parley
