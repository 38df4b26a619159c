// What tests have established about values, for the states that labels declare.
//
// Only tests count here, and all of those that the verifier follows, in its way (narrow() in
// vm/code/verify_function.cpp): it sees the same tests on the same registers and never knows less.
// A test may also take knowledge away, where it contradicts another. A value's absence means:
// anything, not fragile.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "compiler/passes/ir.h"
#include "vm/isa/module_file.h"

namespace parley::compiler {

struct Fact {
  isa::StateType type = isa::StateType::kAny;
  std::uint32_t detail = 0;
  bool fragile = false;
  bool operator==(const Fact&) const = default;
};

class Facts {
 public:
  Fact of(Value value) const;
  void set(Value value, Fact fact);
  void clear() { facts_.clear(); }
  void forget(Value value) {
    std::erase_if(facts_, [value](const auto& entry) { return entry.first == value; });
  }
  void end_examining();  // nothing points into a message any more
  // What holds both here and there.
  void meet(const Facts& other);
  template <class Keep>
  Facts only(Keep keep) const {
    Facts result;
    for (const auto& entry : facts_) {
      if (keep(entry.first)) result.facts_.push_back(entry);
    }
    return result;
  }
  // What an instruction that succeeded says of its operands and results.
  void after(FunctionIr& function, const Instr& instr);

 private:
  std::vector<std::pair<Value, Fact>> facts_;
};

}  // namespace parley::compiler
