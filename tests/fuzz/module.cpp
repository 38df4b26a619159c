// Fuzzer: bytes behind the checksum of a module file → reader, verifier, disassembler, writer.
// Any bytes give an error or a module; a module that is read can be written and read again, equal;
// the verifier gives it a verdict, and the same one both times.
#include <algorithm>
#include <cstdint>
#include <random>
#include <span>

#include "vm/base/assert.h"
#include "vm/code/verify.h"
#include "vm/isa/module_file.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t size_max);

namespace {

using namespace parley;

// Changes one operand, or copies, moves or removes one instruction, of a module that could be read:
// so the verifier is reached more often than by changes of bytes.
void mutate_code(isa::ModuleFile& module, std::minstd_rand& random) {
  if (module.functions.empty()) return;
  auto& code = module.functions[random() % module.functions.size()].code;
  if (code.empty()) return;
  const auto at = code.begin() + static_cast<std::ptrdiff_t>(random() % code.size());
  switch (random() % 8) {
    case 0:
      code.erase(at);
      return;
    case 1:
      code.insert(at, code[random() % code.size()]);
      return;
    case 2:
      std::iter_swap(at, code.begin() + static_cast<std::ptrdiff_t>(random() % code.size()));
      return;
    default:
      break;
  }
  if (at->operands.empty()) return;
  isa::Operand& operand = at->operands[random() % at->operands.size()];
  const bool open = operand.tag <= isa::OperandTag::kLiteral;
  if (open && random() % 3 == 0) operand.tag = static_cast<isa::OperandTag>(random() % 6);
  operand.value = random() % 4 == 0 ? random() % 300 : random() % 6;
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t size_max, unsigned seed) {
  std::minstd_rand random(seed);
  auto module = isa::parse_module_file({data, size}, isa::Checksum::kIgnore);
  if (!module.has_value() || random() % 2 == 0) return LLVMFuzzerMutate(data, size, size_max);
  for (unsigned n = 1 + random() % 3; n > 0; --n) mutate_code(*module, random);
  const auto bytes = isa::write_module_file(*module);
  if (bytes.size() > size_max) return LLVMFuzzerMutate(data, size, size_max);
  std::copy(bytes.begin(), bytes.end(), data);
  return bytes.size();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto module = isa::parse_module_file({data, size}, isa::Checksum::kIgnore);
  if (!module.has_value()) {
    PARLEY_ASSERT(module.error().offset <= size, "an error's place lies in the file");
    return 0;
  }
  const auto again = isa::parse_module_file(isa::write_module_file(*module));
  PARLEY_ASSERT(again.has_value() && *again == *module, "written and read again, it is equal");
  PARLEY_ASSERT(!isa::disassemble(*module).empty(), "what was read can be printed");
  const auto verdict = verify(*module);
  const auto second = verify(*again);
  PARLEY_ASSERT(verdict.has_value() == second.has_value(), "the verdict depends on the module");
  if (!verdict.has_value()) {
    PARLEY_ASSERT(!verdict.error().rule.empty(), "a refusal names its rule");
  }
  return 0;
}
