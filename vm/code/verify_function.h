// Verifies one function: a linear pass that knows, at every instruction, what each register holds.
//
// Invariant: the pass visits each instruction once. A label's declared state stands for all ways
// to reach it, and every way is checked against it, so no iteration is needed.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "vm/code/verify.h"
#include "vm/code/verify_rules.h"
#include "vm/code/verify_state.h"
#include "vm/isa/bif_table.h"

namespace parley::verifier {

// Whether a label is reached while a message is under examination: set at the first way that leads
// to it, compared at all others.
enum class Examining : std::uint8_t { kUnknown, kNo, kYes };

// What all functions of a module share. `owner`: the function that holds a label, or kNoFunction.
struct ModuleFacts {
  static constexpr std::uint32_t kNoFunction = 0xFFFFFFFF;
  const isa::ModuleFile& module;
  std::vector<std::uint32_t> owner;
  std::vector<const isa::LabelState*> states;
  std::vector<Examining> examining;
  std::vector<Value> literals;                // what kind of term each literal is
  std::vector<const isa::BifRow*> built_ins;  // of each import, null where it is none
};

class FunctionVerifier {
 public:
  FunctionVerifier(ModuleFacts& facts, std::uint32_t function);
  std::optional<VerifyError> run();

 private:
  // kReceive: a way that may lead in a circle, since a receive ends with the mail or leaves.
  enum class Way : std::uint8_t { kJump, kEntry, kHandler, kReceive };
  using Instruction = isa::Instruction;
  using Operand = isa::Operand;

  void step(const Instruction& in);
  void pseudo(const Instruction& in);
  void enter_label(std::uint32_t label);

  // Operands, by their kinds in isa.def.
  void check_operands(const Instruction& in);
  void check_list(const Instruction& in);
  void check_operand(isa::OperandKind kind, const Operand& operand);
  void check_register(const Operand& operand);
  bool fits(isa::OperandKind kind, const Operand& operand) const;
  void read(const Operand& operand);

  // What the instruction asks for beyond that.
  void check_demands(const Instruction& in);
  void check_receive(const Instruction& in);
  void check_control(const Instruction& in);
  void check_terms(const Instruction& in);
  void check_bits(const Instruction& in);
  void check_build(const Instruction& in);
  void check_changes(const Instruction& in);
  void check_choices(const Instruction& in);
  void check_bif(const Instruction& in);
  void check_arguments(std::uint64_t arity);
  void check_descriptor(const Instruction& in, const isa::FrameDescriptor& frame);
  void check_call_operands(const Instruction& in, std::uint64_t arity);
  std::optional<std::uint64_t> arity_of_call(const Instruction& in) const;

  // Ways out, and what the instruction leaves behind.
  void follow_labels(const Instruction& in);
  void follow_handler(const Instruction& in);
  void edge(std::uint32_t label, Way way);
  void check_circles();
  void write_results(const Instruction& in);
  void narrow(const Instruction& in);
  void narrow_to(const Operand& operand, isa::StateType type, std::uint32_t detail = 0);
  void define(const Operand& reg, isa::StateType type, std::uint32_t detail = 0);

  Value value(const Operand& operand) const;
  Value result_type(const Instruction& in) const;
  std::string name_of(const Operand& operand) const;
  bool ok() const { return !error_; }
  void fail(std::string_view rule, std::string message);
  void require(bool condition, std::string_view rule, std::string_view message) {
    if (!condition) [[unlikely]]
      fail(rule, std::string(message));
  }
  // The message is made only where it is needed: nearly every check holds.
  template <std::invocable Message>
  void require(bool condition, std::string_view rule, Message message) {
    if (!condition) [[unlikely]]
      fail(rule, message());
  }

  ModuleFacts& facts_;
  const isa::ModuleFile& module_;
  const std::uint32_t index_;
  const isa::Function& function_;
  State state_;
  bool reachable_ = true;
  bool reads_fragile_ = false;  // an operand of the instruction points into the message
  std::uint32_t handler_ = 0;   // label, 0: none
  std::uint32_t block_ = 0;     // the latest label, 0: none yet
  std::vector<std::pair<std::uint32_t, std::uint32_t>> ways_;  // from label to label, not kReceive
  std::uint32_t position_ = 0;  // index of the instruction
  std::optional<VerifyError> error_;
};

}  // namespace parley::verifier
