// Liveness, backwards over the blocks; twice where a receive loops back.
#include "compiler/passes/liveness.h"

#include <algorithm>

#include "compiler/syntax/expr.h"

namespace parley::compiler {

Liveness::Liveness(FunctionIr& function, const ControlFlow& flow)
    : function_(function) {
  live_in_.resize(function.blocks.size());
  live_.assign(function.value_count, false);
  deaths_.resize(function.blocks.size());
  outlives_call_.assign(function.value_count, false);
  used_.assign(function.value_count, false);
  hint_.assign(function.value_count, kNoHint);
  std::vector<std::vector<Value>> before;
  while (function.has_loop && before != live_in_) {
    before = live_in_;
    for (std::size_t i = flow.order.size(); i-- > 0;) block(flow.order[i], false);
  }
  for (std::size_t i = flow.order.size(); i-- > 0;) block(flow.order[i], true);
}

void Liveness::add(Value value, std::uint32_t instr) {
  if (is_live(value)) return;
  live_[value] = true;
  touched_.push_back(value);
  current_deaths_->push_back({instr, value});
}

void Liveness::add_all(BlockId target, std::uint32_t instr) {
  for (const Value value : live_in_[target]) add(value, instr);
}

// A definition; what is defined and never used dies where it is defined.
void Liveness::remove(Value value, std::uint32_t instr) {
  if (is_live(value)) {
    live_[value] = false;
  } else {
    current_deaths_->push_back({instr, value});
  }
}

void Liveness::block(BlockId id, bool remove_dead) {
  Block& block = function_.blocks[id];
  for (const Value value : touched_) live_[value] = false;
  touched_.clear();
  current_deaths_ = &deaths_[id];
  current_deaths_->clear();
  for (std::size_t i = block.code.size(); i-- > 0;) {
    instruction(id, static_cast<std::uint32_t>(i), remove_dead);
  }
  for (const Value parameter : block.parameters) {
    used_[parameter] = is_live(parameter);
    live_[parameter] = false;
  }
  std::ranges::sort(touched_);
  std::vector<Value>& in = live_in_[id];
  in.clear();
  for (const Value value : touched_) {
    if (is_live(value) && (in.empty() || in.back() != value)) in.push_back(value);
  }
}

bool Liveness::removable(const Instr& instr) {
  switch (instr.op) {
    case Opcode::move:
    case Opcode::get_head:
    case Opcode::get_tail:
    case Opcode::get_list:
    case Opcode::get_element:
    case Opcode::put_list:
    case Opcode::put_tuple:
    case Opcode::update_tuple:
    case Opcode::make_fun:
    case Opcode::bits_get_tail:
    case Opcode::build_stacktrace:
      break;
    default:
      return false;
  }
  bool used = false;
  for_each_operand(function_, instr, [&](Role role, std::uint32_t& word) {
    used = used || (role == Role::kDefine && is_live(word));
  });
  return !used;
}

// Where a value would best live: in the register in which a call or a return wants it.
void Liveness::give_hints(const Instr& instr) {
  const std::uint32_t* word = function_.operands.data() + instr.first;
  const std::uint32_t* implicit = word + (instr.count - instr.implicit);
  const auto is_value = [](std::uint32_t bits) { return Ref{bits}.is_value(); };
  switch (instr.op) {
    case Opcode::call:
    case Opcode::call_last:
    case Opcode::call_ext:
    case Opcode::call_ext_last:
    case Opcode::call_fun:
    case Opcode::call_fun_last:
    case Opcode::apply:
    case Opcode::apply_last:
    case Opcode::ret:
      for (std::uint32_t i = 0; i < instr.implicit && i < ast::kArityMax; ++i) {
        if (is_value(implicit[i])) hint_[implicit[i]] = static_cast<std::uint8_t>(i);
      }
      return;
    case Opcode::jump:
      for (std::uint32_t i = 0; i < instr.implicit; ++i) {
        const Value parameter = function_.blocks[word[0]].parameters[i];
        if (is_value(implicit[i]) && used_[parameter]) hint_[implicit[i]] = hint_[parameter];
      }
      return;
    default:
      break;
  }
  const int position = position_operand(instr.op);
  if (position >= 0) hint_[word[position]] = hint_[instr.result];
}

void Liveness::instruction(BlockId id, std::uint32_t index, bool remove_dead) {
  Block& block = function_.blocks[id];
  Instr& instr = block.code[index];
  if (instr.op == kNothing) return;
  if (remove_dead) {
    if (removable(instr)) {
      instr.op = kNothing;
      return;
    }
    std::uint32_t* word = function_.operands.data() + instr.first;
    if (instr.op == Opcode::get_list && !is_live(word[1])) {
      instr.op = Opcode::get_tail;
      word[1] = word[2];
      instr.count = 2;
    } else if (instr.op == Opcode::get_list && !is_live(word[2])) {
      instr.op = Opcode::get_head;
      instr.count = 2;
    } else if ((instr.op == Opcode::bits_get_integer && !is_live(word[6])) ||
               (instr.op == Opcode::bits_get_bits && !is_live(word[5]))) {
      instr.op = Opcode::bits_skip;
      instr.count = 5;
    } else if (instr.op == Opcode::bits_get_utf && !is_live(word[5])) {
      instr.op = Opcode::bits_skip_utf;
      instr.count = 5;
    }
  }
  if (block.handler != 0) {
    add_all(block.handler, index);
    for_each_live_in(block.handler, [&](Value value) { outlives_call_[value] = true; });
  }
  // What is defined is not visible at the instruction's own labels.
  if (instr.result != 0) remove(instr.result, index);
  for_each_operand(function_, instr, [&](Role role, std::uint32_t& word) {
    if (role == Role::kDefine) remove(word, index);
  });
  for_each_operand(function_, instr, [&](Role role, std::uint32_t& word) {
    if (role == Role::kTarget) add_all(word, index);
  });
  if (clobbers_x(instr.op)) {
    for (const Value value : touched_) {
      if (is_live(value)) outlives_call_[value] = true;
    }
  }
  give_hints(instr);
  const std::uint32_t* word = function_.operands.data() + instr.first;
  const std::uint32_t explicit_count = instr.count - instr.implicit;
  for_each_operand(function_, instr, [&](Role role, std::uint32_t& use) {
    if (role != Role::kUse || !Ref{use}.is_value()) return;
    // An argument of a jump whose parameter nobody uses is not used.
    if (instr.op == Opcode::jump && &use >= word + explicit_count) {
      const auto at = static_cast<std::size_t>(&use - (word + explicit_count));
      if (!used_[function_.blocks[word[0]].parameters[at]]) return;
    }
    add(use, index);
  });
}

}  // namespace parley::compiler
