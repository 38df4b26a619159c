// Arithmetic on number literals, as patterns hold it: `1 bsl 70`, `-(2 * 1.5)`.
//
// What it gives is what the machine would compute; where the machine would fail, and where an
// integer is out of all proportion to a pattern, there is no value.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/passes/constant.h"

namespace parley::compiler {

/// Integers of more bits are no constants of a pattern.
inline constexpr std::uint32_t kPatternIntegerBitsMax = 65536;

struct ConstantNumber {
  bool is_float = false;
  double real = 0;                       // is_float
  bool negative = false;                 // else
  std::vector<std::uint64_t> magnitude;  // least significant first, without leading zeros
};

/// Whether the expression is a number literal, or arithmetic on such.
bool is_constant_arithmetic(const ast::Expr& e);
/// Its value; none: it is not constant arithmetic, or cannot be computed.
std::optional<ConstantNumber> constant_number(const ast::Expr& e);
/// The integer as the nearest float; none: there is no finite one.
std::optional<double> nearest_float(const ConstantNumber& integer);

Ref number_constant(ConstantPool& pool, ConstantNumber number);

}  // namespace parley::compiler
