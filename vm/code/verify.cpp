// The verifier's outer half: what holds for the module's tables. The rules stand in verify_rules.h,
// the pass over a function in verify_function.cpp.
//
// Invariant: a function is looked at only after all labels of the module are known to stand in one
// place and to declare a state.
#include "vm/code/verify.h"

#include <fmt/format.h>

#include <unordered_set>

#include "vm/code/verify_function.h"
#include "vm/isa/bif_table.h"

namespace parley {

namespace {

using isa::ModuleFile;
using isa::OperandTag;
using isa::StateType;
using verifier::ModuleFacts;
using verifier::Value;
using verifier::value_of;

// The kind of a literal, from the first bytes of its external term format. A literal that does not
// decode is refused by the loader, so these bytes are not trusted with more than they say.
Value literal_value(const std::vector<std::uint8_t>& bytes) {
  const auto number = [&](std::size_t size) -> std::uint32_t {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value = (value << 8) | bytes[2 + i];
    return value;
  };
  if (bytes.size() < 2 || bytes[0] != 131) return value_of(StateType::kAny);
  const std::uint8_t tag = bytes[1];
  switch (tag) {
    case 70:
      return value_of(StateType::kFloat);
    case 77:
    case 109:
      return value_of(StateType::kBits);
    case 97:
    case 98:
      return value_of(StateType::kSmall);
    case 116:
      return value_of(StateType::kMap);
    case 104:
      if (bytes.size() >= 3) return value_of(StateType::kTupleExact, number(1));
      break;
    case 105:
      if (bytes.size() >= 6) return value_of(StateType::kTupleExact, number(4));
      break;
    case 107:
      if (bytes.size() >= 4 && number(2) > 0) return value_of(StateType::kCons);
      break;
    case 108:
      if (bytes.size() >= 6 && number(4) > 0) return value_of(StateType::kCons);
      break;
    default:
      break;
  }
  return value_of(StateType::kAny);
}

class ModuleVerifier {
 public:
  explicit ModuleVerifier(const ModuleFile& module) : module_(module), facts_{module} {}

  std::expected<void, VerifyError> run() {
    if (tables() && labels() && label_states()) {
      for (std::uint32_t i = 0; i < module_.functions.size() && !error_; ++i) {
        error_ = verifier::FunctionVerifier(facts_, i).run();
      }
    }
    if (error_) return std::unexpected(std::move(*error_));
    return {};
  }

 private:
  bool fail(std::size_t function, std::size_t instruction, std::string_view rule,
            std::string message) {
    if (!error_) {
      error_ = VerifyError{static_cast<std::uint32_t>(function),
                           static_cast<std::uint32_t>(instruction), rule, std::move(message)};
    }
    return false;
  }
  bool atom(std::uint32_t index) const { return index < module_.atoms.size(); }

  bool tables() {
    for (const isa::Import& import : module_.imports) {
      if (!atom(import.module) || !atom(import.name) || import.arity > isa::kRegistersMax) {
        return fail(0, 0, verifier::kOperand, "an import is out of range");
      }
      facts_.built_ins.push_back(
          isa::find_bif(module_.atoms[import.module], module_.atoms[import.name], import.arity));
    }
    for (const isa::Export& e : module_.exports) {
      if (e.function >= module_.functions.size()) {
        return fail(0, 0, verifier::kOperand, "an export is out of range");
      }
    }
    for (const isa::FrameDescriptor& frame : module_.frames) {
      if (frame.words > isa::kRegistersMax || frame.x.size() > 4 || frame.y.size() > 4 ||
          (frame.x.size() == 4 && frame.x[3] >> 63 != 0)) {
        return fail(0, 0, verifier::kOperand, "a frame descriptor is out of range");
      }
    }
    for (const auto& literal : module_.literals) facts_.literals.push_back(literal_value(literal));
    return functions() && lambdas();
  }

  bool functions() {
    std::unordered_set<std::string> seen;
    for (std::size_t i = 0; i < module_.functions.size(); ++i) {
      const isa::Function& function = module_.functions[i];
      if (!atom(function.name) || function.arity > isa::kRegistersMax) {
        return fail(i, 0, verifier::kOperand, "a function's name or arity is out of range");
      }
      const std::string name = fmt::format("{}/{}", module_.atoms[function.name], function.arity);
      if (!seen.insert(name).second) {
        return fail(i, 0, verifier::kFunctionTwice, name + " stands twice");
      }
    }
    return true;
  }

  bool lambdas() {
    for (std::size_t i = 0; i < module_.lambdas.size(); ++i) {
      const isa::Lambda& lambda = module_.lambdas[i];
      if (lambda.function >= module_.functions.size()) {
        return fail(0, 0, verifier::kOperand, "a lambda is out of range");
      }
      const std::uint64_t arity = std::uint64_t{lambda.arity} + lambda.free_count;
      if (arity != module_.functions[lambda.function].arity) {
        return fail(lambda.function, 0, verifier::kLambdaArity,
                    fmt::format("lambda {} gives its function {} arguments", i, arity));
      }
    }
    return true;
  }

  // Finds the place of each label.
  bool labels() {
    facts_.owner.assign(module_.label_count, ModuleFacts::kNoFunction);
    facts_.examining.assign(module_.label_count, verifier::Examining::kUnknown);
    for (std::uint32_t i = 0; i < module_.functions.size(); ++i) {
      const isa::Function& function = module_.functions[i];
      for (std::size_t j = 0; j < function.code.size(); ++j) {
        const isa::Instruction& instruction = function.code[j];
        if (instruction.opcode != isa::Opcode::label) continue;
        const std::uint64_t label =
            instruction.operands.size() == 1 ? instruction.operands[0].value : 0;
        if (label == 0 || label >= module_.label_count) {
          return fail(i, j, verifier::kOperand, "a label's number is out of range");
        }
        if (facts_.owner[label] != ModuleFacts::kNoFunction) {
          return fail(i, j, verifier::kLabelTwice, fmt::format("label {} stands twice", label));
        }
        facts_.owner[label] = i;
      }
      const bool starts = !function.code.empty() && function.code[0].opcode == isa::Opcode::label &&
                          function.code[0].operands[0].value == function.entry_label;
      if (!starts) {
        return fail(i, 0, verifier::kFunctionStart, "the function begins elsewhere");
      }
    }
    return true;
  }

  bool label_states() {
    facts_.states.assign(module_.label_count, nullptr);
    for (const isa::LabelState& state : module_.label_states) {
      if (state.label >= module_.label_count || facts_.states[state.label] != nullptr) {
        return fail(0, 0, verifier::kLabelState,
                    fmt::format("the state of label {} is one too many", state.label));
      }
      facts_.states[state.label] = &state;
      if (!registers_exist(state)) {
        const std::uint32_t owner = facts_.owner[state.label];
        return fail(
            owner == ModuleFacts::kNoFunction ? 0 : owner, 0, verifier::kLabelState,
            fmt::format("the state of label {} names a register that is not there", state.label));
      }
    }
    for (std::size_t label = 1; label < module_.label_count; ++label) {
      const std::uint32_t owner = facts_.owner[label];
      if (owner != ModuleFacts::kNoFunction && facts_.states[label] == nullptr) {
        return fail(owner, 0, verifier::kLabelState,
                    fmt::format("label {} declares no state", label));
      }
    }
    return true;
  }

  bool registers_exist(const isa::LabelState& state) {
    if (state.frame_words < -1 || state.frame_words > int{isa::kRegistersMax}) return false;
    for (const isa::RegisterState& reg : state.registers) {
      const bool is_y = reg.bank == OperandTag::kY;
      if (!is_y && reg.bank != OperandTag::kX) return false;
      if (reg.number >= isa::kRegistersMax || reg.type > StateType::kTupleExact) return false;
      if (is_y && int{reg.number} >= state.frame_words) return false;
      // What points into the message can exist only while there is one.
      if (reg.fragile) facts_.examining[state.label] = verifier::Examining::kYes;
    }
    return true;
  }

  const ModuleFile& module_;
  ModuleFacts facts_;
  std::optional<VerifyError> error_;
};

}  // namespace

std::expected<void, VerifyError> verify(const ModuleFile& module) {
  return ModuleVerifier(module).run();
}

}  // namespace parley
