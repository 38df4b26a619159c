// What single instructions demand beyond operands that exist and hold something.
//
// Invariant: nothing here changes what is known; each demand is one `require` with its rule.
#include <fmt/format.h>

#include <algorithm>

#include "vm/code/verify_function.h"

namespace parley::verifier {

using isa::BitsKind;
using isa::Opcode;
using isa::OperandTag;
using isa::StateType;

void FunctionVerifier::check_demands(const Instruction& in) {
  check_receive(in);
  if (ok()) check_control(in);
  if (ok()) check_terms(in);
  if (ok()) check_bits(in);
}

// Between loop_rec and remove_message nothing is collected and nobody else sees the mailbox, so
// nothing may stop or leave there.
void FunctionVerifier::check_receive(const Instruction& in) {
  switch (in.opcode) {
    case Opcode::loop_rec_end:
    case Opcode::remove_message:
      return require(state_.examining, kReceiveOpen, "no message is under examination");
    case Opcode::loop_rec:
    case Opcode::allocate:
    case Opcode::marker_use:
    case Opcode::ret:
      break;
    default:
      if ((opcode_info(in.opcode).flags & isa::kMayYield) == 0) return;
  }
  require(!state_.examining, kReceiveClosed, "a message is under examination");
}

// How many arguments a call takes from x0.., if it is one.
std::optional<std::uint64_t> FunctionVerifier::arity_of_call(const Instruction& in) const {
  const auto& operands = in.operands;
  switch (in.opcode) {
    case Opcode::call:
    case Opcode::call_last:
      return module_.functions[operands[0].value].arity;
    case Opcode::call_ext:
    case Opcode::call_ext_last:
      return module_.imports[operands[0].value].arity;
    case Opcode::call_fun:
    case Opcode::call_fun_last:
      return operands[1].value;
    case Opcode::apply:
    case Opcode::apply_last:
      return operands[2].value;
    default:
      return std::nullopt;
  }
}

void FunctionVerifier::check_arguments(std::uint64_t arity) {
  if (arity > isa::kRegistersMax) return fail(kOperand, "more than 255 arguments");
  for (std::uint64_t n = 0; n < arity && ok(); ++n) {
    require(state_.get(OperandTag::kX, n).defined(), kCallArguments,
            [&] { return fmt::format("argument x{} holds nothing", n); });
  }
}

void FunctionVerifier::check_control(const Instruction& in) {
  const auto& operands = in.operands;
  const auto frees = [&](std::size_t operand) {
    require(operands[operand].value == state_.words(), kFrameSize,
            [&] { return fmt::format("the frame has {} words", state_.words()); });
  };
  if (const auto arity = arity_of_call(in)) {
    check_arguments(*arity);
    const bool returns = (opcode_info(in.opcode).flags & isa::kEndsBlock) == 0;
    require(!returns || state_.frame_words >= 0, kFrameNeeded, "there is no frame");
  }
  switch (in.opcode) {
    case Opcode::allocate:
      require(state_.frame_words < 0, kFrameAllocate, "there is a frame already");
      return require(operands[0].value <= isa::kRegistersMax, kOperand, "more than 255 words");
    case Opcode::ret:
      require(state_.get(OperandTag::kX, 0).defined(), kRegisterUndefined, "x0 holds nothing");
      return frees(0);
    case Opcode::call_last:
    case Opcode::call_ext_last:
      return frees(1);
    case Opcode::call_fun_last:
      return frees(2);
    case Opcode::apply_last:
      return frees(3);
    case Opcode::function_clause:
      return check_arguments(function_.arity);
    case Opcode::catch_value:
      for (std::uint64_t n = 0; n < 3; ++n) read({OperandTag::kX, n});
      return;
    case Opcode::bif:
      return check_bif(in);
    default:
      return;
  }
}

void FunctionVerifier::check_bif(const Instruction& in) {
  const std::uint64_t import = in.operands[1].value;
  const isa::BifRow* row = facts_.built_ins[import];
  const auto name = [&] {
    return fmt::format("{}:{}/{}", module_.atoms[module_.imports[import].module],
                       module_.atoms[module_.imports[import].name], module_.imports[import].arity);
  };
  if (row == nullptr || row->kind > BifKind::kPlain) {
    return fail(kBifUnknown, name() + " is not a guard or plain built-in");
  }
  require(in.operands[0].value == 0 || row->kind == BifKind::kGuard, kBifGuard,
          [&] { return name() + " may not stand in a guard"; });
  require(in.operands.size() - 3 == row->arity, kBifArity,
          [&] { return fmt::format("{} gets {} arguments", name(), in.operands.size() - 3); });
}

void FunctionVerifier::check_descriptor(const Instruction& in, const isa::FrameDescriptor& frame) {
  require(frame.words == state_.words(), kDescriptorWords, [&] {
    return fmt::format("the descriptor says {} words, the frame has {}", frame.words,
                       state_.words());
  });
  const auto check_bank = [&](OperandTag bank, const std::vector<std::uint64_t>& bitmap,
                              std::size_t limit) {
    for (std::size_t n = 0; n < bitmap.size() * 64 && ok(); ++n) {
      if ((bitmap[n / 64] >> (n % 64) & 1) == 0) continue;
      require(n < limit && state_.get(bank, n).defined(), kDescriptorDead, [&] {
        return fmt::format("the descriptor names {}{}, which holds nothing",
                           bank == OperandTag::kX ? 'x' : 'y', n);
      });
    }
  };
  check_bank(OperandTag::kX, frame.x, isa::kRegistersMax);
  check_bank(OperandTag::kY, frame.y, state_.words());
  const bool waits = in.opcode == Opcode::wait || in.opcode == Opcode::wait_timeout;
  const std::optional<std::uint64_t> arity = waits ? 0 : arity_of_call(in);
  if (!ok() || !arity) return;
  for (std::size_t n = 0; n < isa::kRegistersMax; ++n) {
    const bool named = n / 64 < frame.x.size() && (frame.x[n / 64] >> (n % 64) & 1) != 0;
    if (named == (n < *arity)) continue;
    return fail(kDescriptorArguments,
                fmt::format("the descriptor {} x{}", named ? "names" : "leaves out", n));
  }
  check_call_operands(in, *arity);
}

// A yield saves x0.. up to the last that the call still needs: its arguments, and the operands that
// it reads when it goes on, so these stand right behind the arguments.
void FunctionVerifier::check_call_operands(const Instruction& in, std::uint64_t arity) {
  const std::size_t count = isa::opcode_info(in.opcode).operand_count;
  std::uint64_t saved = arity;
  const auto reads_x = [&](std::uint64_t n) {
    return std::find(in.operands.begin(), in.operands.begin() + static_cast<std::ptrdiff_t>(count),
                     Operand{OperandTag::kX, n}) !=
           in.operands.begin() + static_cast<std::ptrdiff_t>(count);
  };
  while (reads_x(saved)) ++saved;
  for (const Operand& operand : in.operands) {
    require(operand.tag != OperandTag::kX || operand.value < saved, kCallOperands,
            [&] { return name_of(operand) + " does not stand behind the arguments"; });
  }
}

void FunctionVerifier::check_terms(const Instruction& in) {
  const auto& operands = in.operands;
  const auto is = [&](std::size_t i, StateType type) { return value(operands[i]).is(type); };
  switch (in.opcode) {
    case Opcode::get_list:
    case Opcode::get_head:
    case Opcode::get_tail:
      return require(is(0, StateType::kCons), kTypeCons,
                     [&] { return name_of(operands[0]) + " is not known to be a cons"; });
    case Opcode::get_element: {
      const bool tuple = is(0, StateType::kTuple) || is(0, StateType::kTupleExact);
      return require(tuple && operands[1].value < value(operands[0]).detail, kTypeTuple, [&] {
        return name_of(operands[0]) + " is not known to be a tuple that large";
      });
    }
    case Opcode::update_tuple:
      return check_changes(in);
    case Opcode::get_map:
    case Opcode::is_map_key:
      return require(is(1, StateType::kMap), kTypeMap,
                     [&] { return name_of(operands[1]) + " is not known to be a map"; });
    case Opcode::is_tagged_tuple:
      return require(operands[2].value > 0, kTupleIndex, "an empty tuple has no tag");
    case Opcode::make_fun: {
      const isa::Lambda& lambda = module_.lambdas[operands[0].value];
      return require(operands.size() - 3 == lambda.free_count, kLambdaFree,
                     [&] { return fmt::format("the lambda has {} variables", lambda.free_count); });
    }
    case Opcode::select_value:
    case Opcode::select_arity:
      return check_choices(in);
    default:
      return;
  }
}

void FunctionVerifier::check_changes(const Instruction& in) {
  const auto& operands = in.operands;
  const Value tuple = value(operands[0]);
  require(tuple.is(StateType::kTupleExact) && tuple.detail == operands[1].value, kTypeTuple,
          [&] { return name_of(operands[0]) + " is not known to be a tuple of this arity"; });
  for (std::size_t i = 4; i < operands.size() && ok(); i += 2) {
    require(operands[i].tag == OperandTag::kSmall && operands[i].value < operands[1].value,
            kTupleIndex, "an index is not a constant within the tuple");
  }
}

void FunctionVerifier::check_choices(const Instruction& in) {
  static constexpr std::uint64_t kArityMax = (1u << 24) - 1;
  const auto& operands = in.operands;
  for (std::size_t i = 2; i < operands.size() && ok(); i += 2) {
    const OperandTag tag = operands[i].tag;
    if (in.opcode == Opcode::select_arity) {
      require(tag == OperandTag::kSmall && operands[i].value <= kArityMax, kSelectKeys,
              "a choice is not an arity");
    } else {
      require((tag == OperandTag::kSmall || tag == OperandTag::kAtom) && tag == operands[2].tag,
              kSelectKeys, "a choice is of another kind than the first");
    }
  }
}

void FunctionVerifier::check_bits(const Instruction& in) {
  static constexpr std::uint64_t kUnitMax = 256;
  static constexpr std::uint64_t kFlags = isa::kBitsLittle | isa::kBitsSigned | isa::kBitsNative;
  if (in.opcode == Opcode::bits_build) return check_build(in);
  if (in.opcode < Opcode::bits_get_integer || in.opcode > Opcode::bits_match) return;
  const auto& operands = in.operands;
  const std::size_t subject = in.opcode == Opcode::bits_get_tail ? 0 : 1;
  require(value(operands[subject]).is(StateType::kBits), kTypeBits,
          [&] { return name_of(operands[subject]) + " is not known to be a bit string"; });
  require(value(operands[subject + 1]).is(StateType::kSmall), kTypePosition,
          [&] { return name_of(operands[subject + 1]) + " is not known to be a small integer"; });
  const auto unit = [&](std::size_t i) {
    require(operands[i].value >= 1 && operands[i].value <= kUnitMax, kBitsShape,
            "a unit is not 1 to 256");
  };
  const auto flags = [&](std::size_t i) {
    require(operands[i].value <= kFlags, kBitsShape, "there are no such flags");
  };
  const auto utf = [&](std::size_t i) {
    const std::uint64_t bits = operands[i].value;
    require(bits == 8 || bits == 16 || bits == 32, kBitsShape, "a code unit is not 8, 16 or 32");
  };
  // Position and result are both written, in an order that is nobody's business.
  const auto result = [&](std::size_t i) {
    require(operands[i] != operands[subject + 1], kBitsResult, "the result is the position");
  };
  switch (in.opcode) {
    case Opcode::bits_get_integer:
    case Opcode::bits_get_float:
      return unit(4), flags(5), result(6);
    case Opcode::bits_get_bits:
      return unit(4), result(5);
    case Opcode::bits_get_utf:
      return utf(3), flags(4), result(5);
    case Opcode::bits_skip:
      return unit(4);
    case Opcode::bits_skip_utf:
      return utf(3), flags(4);
    case Opcode::bits_test_unit:
      return unit(3);
    case Opcode::bits_match:
      return require(value(operands[3]).is(StateType::kBits), kBitsShape,
                     "the literal is not a bit string");
    default:
      return;
  }
}

// Segments: kind, unit, flags, value, size; see module_file.h.
void FunctionVerifier::check_build(const Instruction& in) {
  for (std::size_t i = 3; i < in.operands.size() && ok(); i += 5) {
    const auto kind = static_cast<BitsKind>(in.operands[i].value);
    const Operand& content = in.operands[i + 3];
    const bool sized = in.operands[i + 4].tag != OperandTag::kNil;
    bool good = in.operands[i].value <= static_cast<std::uint64_t>(BitsKind::kLiteral) &&
                in.operands[i + 1].value >= 1 && in.operands[i + 1].value <= 256 &&
                in.operands[i + 2].value <= 7;
    switch (kind) {
      case BitsKind::kInteger:
      case BitsKind::kFloat:
        good = good && sized;
        break;
      case BitsKind::kBits:
        break;
      case BitsKind::kLiteral:
        good = good && content.tag == OperandTag::kLiteral && value(content).is(StateType::kBits) &&
               !sized;
        break;
      default:
        good = good && !sized;
    }
    require(good, kBitsShape, [&] { return fmt::format("segment {} is malformed", (i - 3) / 5); });
  }
}

}  // namespace parley::verifier
