// Which values are alive where, which of them outlive a call, and which instructions nobody needs.
//
// Takes a function whose blocks are ordered (control_flow.h). An instruction without effect whose
// result is not used becomes kNothing; a match of bits whose result is not used becomes a skip.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "compiler/passes/control_flow.h"

namespace parley::compiler {

inline constexpr Opcode kNothing = Opcode::label;  // an instruction that was removed

class Liveness {
 public:
  // A value that is alive before or at an instruction and not after it.
  struct Death {
    std::uint32_t instr;
    Value value;
  };
  static constexpr std::uint8_t kNoHint = 255;

  Liveness(FunctionIr& function, const ControlFlow& flow);

  bool live_in(BlockId block, Value value) const {
    return std::ranges::binary_search(live_in_[block], value);
  }
  template <class Visit>
  void for_each_live_in(BlockId block, Visit visit) const {
    for (const Value value : live_in_[block]) visit(value);
  }
  // In descending order of instructions.
  const std::vector<Death>& deaths(BlockId block) const { return deaths_[block]; }
  bool outlives_call(Value value) const { return outlives_call_[value]; }
  bool used(Value value) const { return used_[value]; }
  std::uint8_t hint(Value value) const { return hint_[value]; }

 private:
  bool is_live(Value v) const { return live_[v]; }
  void add(Value value, std::uint32_t instr);
  void add_all(BlockId target, std::uint32_t instr);
  void remove(Value value, std::uint32_t instr);
  void block(BlockId id, bool remove_dead);
  void instruction(BlockId id, std::uint32_t index, bool remove_dead);
  bool removable(const Instr& instr);
  void give_hints(const Instr& instr);

  FunctionIr& function_;
  // By block, ascending: there are many blocks and many values, and few values live in a block.
  std::vector<std::vector<Value>> live_in_;
  std::vector<bool> live_;     // at the instruction that is looked at
  std::vector<Value> touched_;  // that were alive somewhere in the block
  std::vector<std::vector<Death>> deaths_;
  std::vector<Death>* current_deaths_ = nullptr;
  std::vector<bool> outlives_call_, used_;
  std::vector<std::uint8_t> hint_;
};

}  // namespace parley::compiler
