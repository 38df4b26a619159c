// The intermediate form of a function: blocks of instructions of isa.def over values.
//
// A value is assigned once (SSA). A block has parameters in place of phi functions; only `jump`
// passes arguments. A block may leave in its middle through the label of a test ("extended" block);
// what an instruction defines is not visible at its own label. There are no loops but those of
// `receive`, whose header has no parameters.
//
// An operand is one 32-bit word whose meaning is that of the instruction's row: a Ref for
// registers, sources and constants, a block for labels, an index or a number for the rest. After
// the row's operands (with its list) stand `implicit` further Refs: the arguments of a call or a
// jump, the value of `ret`, the parameters that `function_clause` reports, class, reason and trace
// of `catch_value`. Operands F (frame) and `words` are zero here: allocate.cpp knows them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vm/isa/opcode.h"

namespace parley::compiler {

using isa::Opcode;
using Value = std::uint32_t;    // 0: none
using BlockId = std::uint32_t;  // 0: none; 1: the entry

// A value or a constant of the module's ConstantPool, in one word.
struct Ref {
  std::uint32_t bits = 0;

  static constexpr std::uint32_t kConstantBit = 0x80000000U;
  static constexpr Ref value(Value v) { return {v}; }
  static constexpr Ref constant(std::uint32_t index) { return {index | kConstantBit}; }
  constexpr bool none() const { return bits == 0; }
  constexpr bool is_constant() const { return (bits & kConstantBit) != 0; }
  constexpr bool is_value() const { return bits != 0 && !is_constant(); }
  constexpr Value as_value() const { return bits; }
  constexpr std::uint32_t as_constant() const { return bits & ~kConstantBit; }
  bool operator==(const Ref&) const = default;
};

// The file (high half) and line of the source.
struct Line {
  std::uint32_t file = 0;
  std::uint32_t line = 0;
  bool operator==(const Line&) const = default;
};

struct Instr {
  Opcode op{};
  std::uint16_t implicit = 0;
  std::uint32_t first = 0;  // into FunctionIr::operands
  std::uint32_t count = 0;  // with the implicit ones
  Value result = 0;         // of a call (x0), or the position after a match of bits
  Line line;
};

struct Block {
  std::vector<Instr> code;
  std::vector<Value> parameters;
  BlockId handler = 0;      // where a throw in this block continues
  bool framed = false;      // entered with a frame
  bool is_handler = false;  // entered by a throw: three parameters in x0, x1, x2
  bool ended = false;
};

struct FunctionIr {
  std::string name;
  std::uint32_t arity = 0;  // with free variables
  std::uint32_t shown_arity = 0;
  std::vector<Block> blocks = std::vector<Block>(1);  // [0] is unused
  std::vector<std::uint32_t> operands;
  Value value_count = 1;
  bool has_loop = false;
  Line line;

  Value new_value() { return value_count++; }
  BlockId new_block() {
    blocks.emplace_back();
    return static_cast<BlockId>(blocks.size() - 1);
  }
};

// How the words of an instruction are read; see for_each_operand.
enum class Role : std::uint8_t { kUse, kDefine, kTarget, kOther };

constexpr Role role_of(isa::OperandKind kind) {
  using enum isa::OperandKind;
  switch (kind) {
    case kDestination:
      return Role::kDefine;
    case kRegister:
    case kSource:
      return Role::kUse;
    case kLabel:
    case kOptionalLabel:
      return Role::kTarget;
    default:
      return Role::kOther;
  }
}

// Calls visit(role, word) for every word of the instruction but those without a role.
template <class Visit>
void for_each_operand(FunctionIr& function, const Instr& instr, Visit visit) {
  const isa::OpcodeInfo& info = isa::opcode_info(instr.op);
  std::uint32_t* word = function.operands.data() + instr.first;
  const std::uint32_t explicit_count = instr.count - instr.implicit;
  for (unsigned i = 0; i < info.operand_count; ++i) {
    const Role role = role_of(info.kinds[i]);
    if (role != Role::kOther && word[i] != 0) visit(role, word[i]);
  }
  for (std::uint32_t i = info.operand_count; i < explicit_count; ++i) {
    const std::uint32_t at = i - info.operand_count;
    Role role = Role::kUse;
    if (info.list == isa::OperandKind::kChoices) role = at % 2 ? Role::kTarget : Role::kOther;
    if (info.list == isa::OperandKind::kSegments) role = at % 5 < 3 ? Role::kOther : Role::kUse;
    if (role != Role::kOther && word[i] != 0) visit(role, word[i]);
  }
  for (std::uint32_t i = explicit_count; i < instr.count; ++i) visit(Role::kUse, word[i]);
}

// A call that comes back, or a wait: no x register survives it.
constexpr bool clobbers_x(Opcode op) {
  const std::uint8_t flags = isa::opcode_info(op).flags;
  return (flags & isa::kMayYield) != 0 && (op == Opcode::wait || (flags & isa::kEndsBlock) == 0);
}
constexpr bool ends_block(Opcode op) { return (isa::opcode_info(op).flags & isa::kEndsBlock) != 0; }
// The position operand of a match of bits, which the instruction moves in place; -1: none.
constexpr int position_operand(Opcode op) {
  switch (op) {
    case Opcode::bits_get_integer:
    case Opcode::bits_get_float:
    case Opcode::bits_get_bits:
    case Opcode::bits_get_utf:
    case Opcode::bits_skip:
    case Opcode::bits_skip_utf:
    case Opcode::bits_match:
      return 2;
    default:
      return -1;
  }
}

std::string dump(FunctionIr& function);

}  // namespace parley::compiler
