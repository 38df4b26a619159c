// Fuzzer: bytes behind the checksum of a module file → reader, verifier, disassembler, writer, and
// the machine. Any bytes give an error or a module; a module that is read can be written and read
// again, equal; the verifier gives it a verdict, and the same one both times; what it accepts is
// loaded, and its exported functions run for some slices, each of which ends.
#include <algorithm>
#include <cstdint>
#include <random>
#include <span>

#include "vm/base/assert.h"
#include "vm/bif/support.h"
#include "vm/code/verify.h"
#include "vm/heap/scratch_heap.h"
#include "vm/isa/module_file.h"
#include "tests/unit/freeze/hand_node.h"

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

constexpr std::uint32_t kArityMax = 4;
constexpr std::size_t kExportsMax = 8;
constexpr unsigned kSlices = 40;
constexpr std::int64_t kSliceReductions = 50;

// A value of any kind, small.
Term some_term(Heap& heap, std::minstd_rand& random) {
  switch (random() % 7) {
    case 0: return Term::small(static_cast<std::int64_t>(random() % 5) - 1);
    case 1: return kAtom_ok;
    case 2: return Term::nil();
    case 3: return make_tuple(heap, {kAtom_ok, Term::small(7)});
    case 4: return make_cons(heap, Term::small(1), make_cons(heap, kAtom_ok, Term::nil()));
    case 5: return make_binary(heap, std::string_view("abc"));
    default: return Term::small(std::int64_t{1} << 40);
  }
}

// Modules under names of their own in one node, which is made anew now and then: code and literals
// are not freed before it.
class Guests {
 public:
  void run(isa::ModuleFile module, std::minstd_rand& random) {
    if (loaded_++ % 64 == 0) renew();
    const std::string name = "fuzz_" + std::to_string(loaded_);
    module.atoms[module.name] = name;
    const auto loaded = hand_->node().load(isa::write_module_file(module));
    if (!loaded) return;  // two atoms of one text, say
    const std::size_t exports = std::min(module.exports.size(), kExportsMax);
    for (std::size_t i = 0; i < exports; ++i) {
      const isa::Function& function = module.functions[module.exports[i].function];
      if (function.arity > kArityMax) continue;
      call(name, module.atoms[function.name], function.arity, random);
    }
  }

 private:
  void renew() {
    hand_ = std::make_unique<test::HandNode>(library_, 1);
    hand_->node().find_library = nullptr;
  }

  void call(const std::string& module, const std::string& function, std::uint32_t arity,
            std::minstd_rand& random) {
    ScratchHeap scratch;
    Term arguments = Term::nil();
    for (std::uint32_t i = 0; i < arity; ++i) {
      arguments = make_cons(scratch.heap, some_term(scratch.heap, random), arguments);
    }
    Process* process = hand_->spawn(module, function, arguments);
    if (process == nullptr) return renew();  // the modules before spawned too many
    for (unsigned n = 0; n < kSlices && !hand_->ended(); ++n) {
      hand_->slice(*process, kSliceReductions);
      if (!hand_->ended() && state_of(*process) == ProcessState::kWaiting) break;
    }
    if (hand_->ended()) hand_->take_reason();
    else hand_->destroy(*process);
  }

  static ProcessState state_of(const Process& process) {
    return state_word::of(process.state.load(std::memory_order_relaxed));
  }

  test::Library library_;
  std::unique_ptr<test::HandNode> hand_;
  std::size_t loaded_ = 0;
};

}  // namespace

// What hangs on the table of processes, which lies in mapped memory, would count as leaked between
// two runs. (The tests of the dev build end their nodes and check for leaks.)
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }

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
    return 0;
  }
  static Guests guests;
  std::minstd_rand random(static_cast<unsigned>(size));
  guests.run(*module, random);
  return 0;
}
