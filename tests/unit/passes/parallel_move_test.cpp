// Moves that happen at once, against a machine that does them at once.
#include "compiler/passes/parallel_move.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <array>

namespace parley::compiler {
namespace {

using isa::Operand;
using isa::OperandTag;

constexpr std::size_t kRegisters = 8;

TEST_CASE("moves that happen at once leave what they say, in any order and circle") {
  const bool holds = rc::check([] {
    std::array<int, kRegisters> before{};
    for (std::size_t i = 0; i < kRegisters; ++i) before[i] = static_cast<int>(i);
    // Each register is a target at most once; its source is any register.
    const auto source_of = *rc::gen::container<std::vector<std::size_t>>(
        kRegisters, rc::gen::inRange<std::size_t>(0, kRegisters + 1));
    std::vector<Move> moves;
    auto wanted = before;
    for (std::size_t to = 0; to < kRegisters; ++to) {
      if (source_of[to] == kRegisters) continue;  // not a target
      moves.push_back({{OperandTag::kX, source_of[to]}, {OperandTag::kX, to}});
      wanted[to] = before[source_of[to]];
    }
    auto registers = before;
    resolve_moves(moves, [&](isa::Opcode op, Operand from, Operand to) {
      if (op == isa::Opcode::swap) std::swap(registers[from.value], registers[to.value]);
      else registers[to.value] = registers[from.value];
    });
    RC_ASSERT(registers == wanted);
  });
  CHECK(holds);
}

TEST_CASE("a constant and a register of the frame are sources like others") {
  std::vector<isa::Opcode> ops;
  const Operand x0{OperandTag::kX, 0}, x1{OperandTag::kX, 1}, y0{OperandTag::kY, 0};
  resolve_moves({{x0, x1}, {y0, x0}}, [&](isa::Opcode op, Operand from, Operand to) {
    ops.push_back(op);
    if (ops.size() == 1) CHECK((from == x0 && to == x1));
    if (ops.size() == 2) CHECK((from == y0 && to == x0));
  });
  CHECK(ops.size() == 2);
}

}  // namespace
}  // namespace parley::compiler
