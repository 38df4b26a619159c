// The pass over one function: operands, ways out, results. What single instructions demand beyond
// their operands stands in verify_demands.cpp.
//
// An instruction is taken in this order: its operands are read; what it demands is checked; a
// descriptor makes undefined what it does not name (the collector may have run); the ways to labels
// and to the handler are followed; results are written. That is the order in which the machine does
// it: operands are read, room is made, then it succeeds, fails or throws.
#include "vm/code/verify_function.h"

#include <algorithm>
#include <fmt/format.h>

#include "vm/isa/wire.h"

namespace parley::verifier {

using isa::Opcode;
using isa::OpcodeInfo;
using isa::OperandKind;
using isa::OperandTag;
using isa::StateType;

namespace {

bool is_register(const isa::Operand& operand) { return operand.tag <= OperandTag::kY; }

// The operand of a kind, or null.
const isa::Operand* operand_of(const isa::Instruction& in, OperandKind kind) {
  const OpcodeInfo& info = isa::opcode_info(in.opcode);
  for (std::size_t i = 0; i < info.operand_count; ++i) {
    if (info.kinds[i] == kind) return &in.operands[i];
  }
  return nullptr;
}

}  // namespace

FunctionVerifier::FunctionVerifier(ModuleFacts& facts, std::uint32_t function)
    : facts_(facts),
      module_(facts.module),
      index_(function),
      function_(facts.module.functions[function]) {
  for (std::uint32_t n = 0; n < function_.arity; ++n) {
    state_.set(OperandTag::kX, n, value_of(StateType::kAny));
  }
}

std::optional<VerifyError> FunctionVerifier::run() {
  for (position_ = 0; position_ < function_.code.size() && ok(); ++position_) {
    step(function_.code[position_]);
  }
  if (ok() && reachable_) fail(kFunctionEnd, "the function goes on after its last instruction");
  if (ok()) check_circles();
  return std::move(error_);
}

void FunctionVerifier::fail(std::string_view rule, std::string message) {
  if (error_) return;
  const std::string_view opcode = position_ < function_.code.size()
                                      ? opcode_info(function_.code[position_].opcode).name
                                      : "end";
  error_ = VerifyError{index_, position_, rule,
                       fmt::format("{}/{}, instruction {} ({}): {}", module_.atoms[function_.name],
                                   function_.arity, position_, opcode, message)};
}

std::string FunctionVerifier::name_of(const Operand& operand) const {
  if (!is_register(operand)) return "the constant";
  return fmt::format("{}{}", operand.tag == OperandTag::kX ? 'x' : 'y', operand.value);
}

void FunctionVerifier::step(const Instruction& in) {
  const OpcodeInfo& info = opcode_info(in.opcode);
  if (info.name.empty() || info.internal()) return fail(kOperand, "there is no such instruction");
  check_operands(in);
  if (!ok() || (info.flags & isa::kPseudo) != 0) return ok() ? pseudo(in) : void();
  if (!reachable_) return fail(kUnreachable, "nothing leads here");
  check_demands(in);
  if (!ok()) return;
  const Value result = result_type(in);
  if (const Operand* frame = operand_of(in, OperandKind::kFrame)) {
    const isa::FrameDescriptor& descriptor = module_.frames[frame->value];
    check_descriptor(in, descriptor);
    state_.keep_only(descriptor);
  }
  if (in.opcode == Opcode::loop_rec_end) {  // the message stays in the mailbox, out of reach
    state_.each([](Value& value) { value = value.fragile ? Value{} : value; });
    state_.examining = false;
  }
  follow_labels(in);
  follow_handler(in);
  if (!ok()) return;
  write_results(in);
  if (const Operand* d = operand_of(in, OperandKind::kDestination)) {
    state_.set(d->tag, d->value, result);
  }
  narrow(in);
  if ((info.flags & isa::kEndsBlock) != 0) reachable_ = false;
}

void FunctionVerifier::pseudo(const Instruction& in) {
  const auto label = static_cast<std::uint32_t>(in.operands[0].value);
  if (in.opcode == Opcode::label) return enter_label(label);
  if (in.opcode != Opcode::handler) return;
  if (label != 0 && facts_.owner[label] != index_) {
    return fail(kLabelMissing, fmt::format("handler {} is not in this function", label));
  }
  handler_ = label;
}

void FunctionVerifier::enter_label(std::uint32_t label) {
  if (reachable_) edge(label, position_ == 0 ? Way::kEntry : Way::kJump);
  if (!ok()) return;
  block_ = label;
  const isa::LabelState& declared = *facts_.states[label];
  // Only ways back lead to a label that nothing has led to yet; they must agree with this choice.
  Examining& examining = facts_.examining[label];
  if (examining == Examining::kUnknown) examining = Examining::kNo;
  state_.forget_x();
  state_.set_frame(declared.frame_words);
  state_.examining = examining == Examining::kYes;
  for (const isa::RegisterState& reg : declared.registers) {
    state_.set(reg.bank, reg.number, value_of(reg.type, reg.detail, reg.fragile));
  }
  reachable_ = true;
}

// ---- operands ----------------------------------------------------------------------------------

void FunctionVerifier::check_operands(const Instruction& in) {
  const OpcodeInfo& info = opcode_info(in.opcode);
  const std::size_t count = in.operands.size();
  const std::size_t stride = info.has_list ? isa::list_stride(info.list) : 1;
  if (count < info.operand_count || (!info.has_list && count > info.operand_count) ||
      (count - info.operand_count) % stride != 0) {
    return fail(kOperand, "too few or too many operands");
  }
  reads_fragile_ = false;
  for (std::size_t i = 0; i < count && ok(); ++i) {
    const bool fixed = i < info.operand_count;
    check_operand(
        fixed ? info.kinds[i] : isa::list_item_kind(info.list, (i - info.operand_count) % stride),
        in.operands[i]);
  }
  if (!ok()) return;
  if (in.opcode == Opcode::handler) {
    require(in.operands[0].value < module_.label_count, kOperand, "no such label");
  } else if (in.opcode == Opcode::line) {
    require(in.operands[1].value == 0 || in.operands[0].value < module_.files.size(), kOperand,
            "no such file");
  }
}

// Whether operand and kind go together, and the table has the index.
bool FunctionVerifier::fits(OperandKind kind, const Operand& operand) const {
  const auto indexes = [&](OperandTag tag, std::size_t size) {
    return operand.tag == tag && operand.value < size;
  };
  const bool constant = indexes(OperandTag::kAtom, module_.atoms.size()) ||
                        indexes(OperandTag::kLiteral, module_.literals.size()) ||
                        operand.tag == OperandTag::kNil ||
                        (operand.tag == OperandTag::kSmall && isa::fits_small(operand.value));
  switch (kind) {
    case OperandKind::kDestination:
    case OperandKind::kRegister:
      return is_register(operand);
    case OperandKind::kSource:
      return is_register(operand) || constant;
    case OperandKind::kConstant:
      return constant;
    case OperandKind::kAtom:
      return indexes(OperandTag::kAtom, module_.atoms.size());
    case OperandKind::kLabel:
      return indexes(OperandTag::kLabel, module_.label_count) && operand.value != 0;
    case OperandKind::kOptionalLabel:
      return indexes(OperandTag::kLabel, module_.label_count);
    case OperandKind::kFrame:
      return indexes(OperandTag::kUnsigned, module_.frames.size());
    case OperandKind::kFunction:
      return indexes(OperandTag::kUnsigned, module_.functions.size());
    case OperandKind::kImport:
    case OperandKind::kBuiltIn:
      return indexes(OperandTag::kUnsigned, module_.imports.size());
    case OperandKind::kLambda:
      return indexes(OperandTag::kUnsigned, module_.lambdas.size());
    default:
      return indexes(OperandTag::kUnsigned, std::size_t{1} << 32);
  }
}

void FunctionVerifier::check_operand(OperandKind kind, const Operand& operand) {
  if (!fits(kind, operand)) return fail(kOperand, "an operand does not fit");
  if (!is_register(operand)) return;
  check_register(operand);
  if (ok() && reachable_ && kind != OperandKind::kDestination) read(operand);
}

void FunctionVerifier::check_register(const Operand& operand) {
  if (operand.value >= isa::kRegistersMax) return fail(kOperand, "there is no such register");
  if (operand.tag == OperandTag::kY && reachable_ && operand.value >= state_.words()) {
    fail(kRegisterFrame, name_of(operand) + " is outside the frame");
  }
}

void FunctionVerifier::read(const Operand& operand) {
  const Value& value = state_.get(operand.tag, operand.value);
  if (!value.defined()) return fail(kRegisterUndefined, name_of(operand) + " holds nothing");
  reads_fragile_ = reads_fragile_ || value.fragile;
}

Value FunctionVerifier::value(const Operand& operand) const {
  switch (operand.tag) {
    case OperandTag::kX:
    case OperandTag::kY:
      return state_.get(operand.tag, operand.value);
    case OperandTag::kSmall:
      return value_of(StateType::kSmall);
    case OperandTag::kLiteral:
      return facts_.literals[operand.value];
    default:
      return value_of(StateType::kAny);
  }
}

// ---- ways out ----------------------------------------------------------------------------------

namespace {
bool may_close_circle(const isa::Instruction& in) {
  return in.opcode == Opcode::loop_rec_end || in.opcode == Opcode::wait ||
         in.opcode == Opcode::wait_timeout;
}
}  // namespace

void FunctionVerifier::follow_labels(const Instruction& in) {
  const OpcodeInfo& info = opcode_info(in.opcode);
  for (std::size_t i = 0; i < info.operand_count && ok(); ++i) {
    if (!isa::is_label(info.kinds[i]) || in.operands[i].value == 0) continue;
    const auto label = static_cast<std::uint32_t>(in.operands[i].value);
    edge(label, may_close_circle(in) ? Way::kReceive : Way::kJump);
  }
  if (!info.has_list || info.list != OperandKind::kChoices) return;
  const Operand& subject = in.operands[0];
  const Value before = value(subject);
  for (std::size_t i = info.operand_count; i < in.operands.size() && ok(); i += 2) {
    if (in.opcode == Opcode::select_arity) {
      narrow_to(subject, StateType::kTupleExact, static_cast<std::uint32_t>(in.operands[i].value));
    }
    edge(static_cast<std::uint32_t>(in.operands[i + 1].value), Way::kJump);
    if (is_register(subject)) state_.set(subject.tag, subject.value, before);
  }
}

// A throw enters the handler with class, reason and trace in x0, x1, x2 and with this frame, of
// which the descriptor has kept what the handler may still read.
void FunctionVerifier::follow_handler(const Instruction& in) {
  const OpcodeInfo& info = opcode_info(in.opcode);
  const Operand* fail_label = operand_of(in, OperandKind::kOptionalLabel);
  const bool throws =
      (info.flags & isa::kMayThrow) != 0 && (fail_label == nullptr || fail_label->value == 0);
  if (throws && state_.examining) {
    return fail(kReceiveThrow, "this may throw while a message is under examination");
  }
  const bool calls = arity_of_call(in).has_value() && (info.flags & isa::kEndsBlock) == 0;
  if (handler_ != 0 && (throws || calls)) edge(handler_, Way::kHandler);
}

// A circle of ways that cost nothing would be a loop that nobody can end. Takes away, again and
// again, the labels that no way leads to any more; what is left lies on a circle or behind one.
void FunctionVerifier::check_circles() {
  std::ranges::sort(ways_);
  ways_.erase(std::unique(ways_.begin(), ways_.end()), ways_.end());
  std::vector<std::uint32_t> labels;
  for (const auto& [from, to] : ways_) labels.insert(labels.end(), {from, to});
  std::ranges::sort(labels);
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  const auto index_of = [&](std::uint32_t label) {
    return static_cast<std::size_t>(std::ranges::lower_bound(labels, label) - labels.begin());
  };
  std::vector<std::uint32_t> ways_to(labels.size(), 0);
  for (const auto& way : ways_) ++ways_to[index_of(way.second)];
  std::vector<std::size_t> free;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (ways_to[i] == 0) free.push_back(i);
  }
  std::size_t taken = 0;
  for (; !free.empty(); ++taken) {
    const std::uint32_t label = labels[free.back()];
    free.pop_back();
    const auto [begin, end] = std::ranges::equal_range(
        ways_, label, {}, &std::pair<std::uint32_t, std::uint32_t>::first);
    for (auto way = begin; way != end; ++way) {
      if (--ways_to[index_of(way->second)] == 0) free.push_back(index_of(way->second));
    }
  }
  if (taken == labels.size()) return;
  const auto on_circle = std::ranges::find_if(ways_to, [](std::uint32_t n) { return n != 0; });
  fail(kLabelCircle,
       fmt::format("label {} is on a circle, or behind one",
                   labels[static_cast<std::size_t>(on_circle - ways_to.begin())]));
}

// Whether what is known satisfies what the label declares.
void FunctionVerifier::edge(std::uint32_t label, Way way) {
  if (!ok()) return;
  if (facts_.owner[label] != index_) {
    return fail(kLabelMissing, fmt::format("label {} is not in this function", label));
  }
  if (way != Way::kReceive) ways_.emplace_back(block_, label);
  const isa::LabelState& declared = *facts_.states[label];
  const auto rule = [way](std::string_view usual) {
    return way == Way::kEntry ? kEntryState : way == Way::kHandler ? kHandlerState : usual;
  };
  if (declared.frame_words != state_.frame_words) {
    return fail(rule(kStateFrame), fmt::format("label {} declares a frame of {}, here it is {}",
                                               label, declared.frame_words, state_.frame_words));
  }
  Examining& examining = facts_.examining[label];
  const Examining here = state_.examining ? Examining::kYes : Examining::kNo;
  if (examining == Examining::kUnknown) examining = here;
  if (examining != here) {
    return fail(kReceiveState,
                fmt::format("label {} is reached both with and without a message", label));
  }
  static constexpr std::uint8_t kHandlerArguments = 3;
  for (const isa::RegisterState& reg : declared.registers) {
    Value held = state_.get(reg.bank, reg.number);
    if (way == Way::kHandler && reg.bank == OperandTag::kX) {
      held = reg.number < kHandlerArguments ? value_of(StateType::kAny) : Value{};
    }
    if (satisfies(held, reg)) continue;
    return fail(rule(kStateRegister), fmt::format("{} is not what label {} declares",
                                                  name_of({reg.bank, reg.number}), label));
  }
}

// ---- results -----------------------------------------------------------------------------------

// The type of what the instruction leaves in its destination, from the state before it.
Value FunctionVerifier::result_type(const Instruction& in) const {
  const auto make = [this](StateType type, std::uint64_t detail = 0) {
    return value_of(type, static_cast<std::uint32_t>(detail), reads_fragile_);
  };
  const std::size_t listed = in.operands.size() - opcode_info(in.opcode).operand_count;
  switch (in.opcode) {
    case Opcode::move:
      return value(in.operands[0]);
    case Opcode::loop_rec:
      return value_of(StateType::kAny, 0, true);
    case Opcode::put_list:
      return make(StateType::kCons);
    case Opcode::put_tuple:
      return make(StateType::kTupleExact, listed);
    case Opcode::update_tuple:
      return make(StateType::kTupleExact, in.operands[1].value);
    case Opcode::make_fun:
      return make(StateType::kFun, module_.lambdas[in.operands[0].value].arity);
    case Opcode::put_map:
    case Opcode::update_map:
      return make(StateType::kMap);
    case Opcode::bits_start:
    case Opcode::bits_get_utf:
      return value_of(StateType::kSmall);
    case Opcode::bits_get_float:
      return value_of(StateType::kFloat);
    case Opcode::bits_get_bits:
    case Opcode::bits_get_tail:
    case Opcode::bits_build:
      return make(StateType::kBits);
    default:
      return make(StateType::kAny);
  }
}

void FunctionVerifier::define(const Operand& reg, StateType type, std::uint32_t detail) {
  state_.set(reg.tag, reg.value, value_of(type, detail));
}

// What is written or changes besides the first destination.
void FunctionVerifier::write_results(const Instruction& in) {
  const auto& operands = in.operands;
  if (arity_of_call(in).has_value()) {
    state_.forget_x();
    return state_.set(OperandTag::kX, 0, value_of(StateType::kAny));
  }
  switch (in.opcode) {
    case Opcode::allocate:
      return state_.set_frame(static_cast<std::int32_t>(operands[0].value));
    case Opcode::swap: {
      const Value left = value(operands[0]);
      state_.set(operands[0].tag, operands[0].value, value(operands[1]));
      return state_.set(operands[1].tag, operands[1].value, left);
    }
    case Opcode::get_list:  // the head is the first destination
      return state_.set(operands[2].tag, operands[2].value,
                        value_of(StateType::kAny, 0, reads_fragile_));
    case Opcode::bits_get_integer:
    case Opcode::bits_get_float:
    case Opcode::bits_get_bits:  // the position has moved on
      return define(operands[2], StateType::kSmall);
    case Opcode::loop_rec:
      state_.examining = true;
      return;
    case Opcode::remove_message:  // what is kept belongs to the process now
      state_.each([](Value& value) { value.fragile = false; });
      state_.examining = false;
      return;
    default:
      return;
  }
}

void FunctionVerifier::narrow_to(const Operand& operand, StateType type, std::uint32_t detail) {
  if (!is_register(operand)) return;
  const bool fragile = state_.get(operand.tag, operand.value).fragile;
  state_.set(operand.tag, operand.value, value_of(type, detail, fragile));
}

// What a test that succeeded says of its operand. What was known and says more is kept.
void FunctionVerifier::narrow(const Instruction& in) {
  const auto& operands = in.operands;
  switch (in.opcode) {
    case Opcode::is_cons:
      return narrow_to(operands[1], StateType::kCons);
    case Opcode::is_map:
      return narrow_to(operands[1], StateType::kMap);
    case Opcode::is_float:
      return narrow_to(operands[1], StateType::kFloat);
    case Opcode::is_binary:
    case Opcode::is_bitstring:
      return narrow_to(operands[1], StateType::kBits);
    case Opcode::bits_start:
      if (operands[1] == operands[2]) return;  // the position took the subject's place
      return narrow_to(operands[1], StateType::kBits);
    case Opcode::is_tuple:
      if (value(operands[1]).is(StateType::kTupleExact)) return;
      if (value(operands[1]).is(StateType::kTuple)) return;
      return narrow_to(operands[1], StateType::kTuple, 0);
    case Opcode::test_arity:
    case Opcode::is_tagged_tuple:
      return narrow_to(operands[1], StateType::kTupleExact,
                       static_cast<std::uint32_t>(operands[2].value));
    case Opcode::is_function2:
      if (operands[2].tag != OperandTag::kSmall || operands[2].value > isa::kRegistersMax) return;
      return narrow_to(operands[1], StateType::kFun, static_cast<std::uint32_t>(operands[2].value));
    default:
      return;
  }
}

}  // namespace parley::verifier
