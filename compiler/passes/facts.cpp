// Facts about values; see facts.h.
#include "compiler/passes/facts.h"

#include <algorithm>

namespace parley::compiler {

using isa::StateType;

Fact Facts::of(Value value) const {
  for (const auto& [other, fact] : facts_) {
    if (other == value) return fact;
  }
  return {};
}

void Facts::set(Value value, Fact fact) {
  for (auto& entry : facts_) {
    if (entry.first == value) {
      entry.second = fact;
      return;
    }
  }
  if (fact != Fact{}) facts_.emplace_back(value, fact);
}

void Facts::end_examining() {
  for (auto& entry : facts_) entry.second.fragile = false;
}

namespace {

bool is_tuple(const Fact& fact) {
  return fact.type == StateType::kTuple || fact.type == StateType::kTupleExact;
}

Fact common(const Fact& left, const Fact& right) {
  Fact result;
  result.fragile = left.fragile || right.fragile;
  if (left.type == right.type && left.detail == right.detail) {
    result.type = left.type;
    result.detail = left.detail;
  } else if (is_tuple(left) && is_tuple(right)) {
    result.type = StateType::kTuple;
    result.detail = std::min(left.detail, right.detail);
  }
  return result;
}

}  // namespace

void Facts::meet(const Facts& other) {
  for (auto& entry : facts_) entry.second = common(entry.second, other.of(entry.first));
  for (const auto& [value, fact] : other.facts_) {
    const bool known = std::ranges::any_of(
        facts_, [value = value](const auto& entry) { return entry.first == value; });
    if (!known && fact.fragile) facts_.emplace_back(value, Fact{StateType::kAny, 0, true});
  }
}

void Facts::after(FunctionIr& function, const Instr& instr) {
  const std::uint32_t* word = function.operands.data() + instr.first;
  bool reads_fragile = false;
  for_each_operand(function, instr, [&](Role role, std::uint32_t& use) {
    if (role == Role::kUse && Ref{use}.is_value()) reads_fragile = reads_fragile || of(use).fragile;
  });
  const auto narrow = [&](StateType type, std::uint32_t detail = 0) {
    if (Ref{word[1]}.is_value()) set(word[1], {type, detail, of(word[1]).fragile});
  };
  if (reads_fragile || instr.op == Opcode::loop_rec) {
    for_each_operand(function, instr, [&](Role role, std::uint32_t& defined) {
      if (role == Role::kDefine) set(defined, {StateType::kAny, 0, true});
    });
  }
  switch (instr.op) {
    case Opcode::is_cons:
      return narrow(StateType::kCons);
    case Opcode::is_map:
      return narrow(StateType::kMap);
    case Opcode::is_float:
      return narrow(StateType::kFloat);
    case Opcode::is_binary:
    case Opcode::is_bitstring:
      return narrow(StateType::kBits);
    case Opcode::is_tuple:
      if (!is_tuple(of(word[1]))) narrow(StateType::kTuple);
      return;
    case Opcode::is_function2:  // a fun of some arity, of which nobody asks again
      return narrow(StateType::kAny);
    case Opcode::test_arity:
    case Opcode::is_tagged_tuple:
      return narrow(StateType::kTupleExact, word[2]);
    case Opcode::bits_start:
      narrow(StateType::kBits);
      return set(word[2], {StateType::kSmall, 0, false});
    case Opcode::remove_message:
      return end_examining();
    default:
      break;
  }
  if (position_operand(instr.op) >= 0) set(instr.result, {StateType::kSmall, 0, false});
  if (instr.op == Opcode::bits_get_utf) set(word[5], {});
}

}  // namespace parley::compiler
