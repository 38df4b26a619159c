// Arithmetic on number literals, with GMP's integers.
#include "compiler/passes/constant_number.h"

#include <gmp.h>

#include <cmath>
#include <cstdlib>
#include <memory>
#include <utility>

namespace parley::compiler {

using ast::BinaryOp;
using ast::UnaryOp;

namespace {

class Integer {
 public:
  Integer() { mpz_init(value_); }
  explicit Integer(const ConstantNumber& number) : Integer() {
    mpz_import(value_, number.magnitude.size(), -1, sizeof(std::uint64_t), 0, 0,
               number.magnitude.data());
    if (number.negative) mpz_neg(value_, value_);
  }
  Integer(const Integer&) = delete;
  Integer& operator=(const Integer&) = delete;
  ~Integer() { mpz_clear(value_); }

  mpz_ptr get() { return value_; }
  mpz_srcptr get() const { return value_; }
  bool is_zero() const { return mpz_sgn(value_) == 0; }

  std::optional<ConstantNumber> number() const {
    if (mpz_sizeinbase(value_, 2) > kPatternIntegerBitsMax) return {};
    ConstantNumber result;
    result.negative = mpz_sgn(value_) < 0;
    result.magnitude.resize(mpz_size(value_));
    mpz_export(result.magnitude.data(), nullptr, -1, sizeof(std::uint64_t), 0, 0, value_);
    return result;
  }

 private:
  mpz_t value_;
};

std::optional<ConstantNumber> finite(double value) {
  if (!std::isfinite(value)) return {};
  return ConstantNumber{true, value, false, {}};
}

std::optional<double> as_float(const ConstantNumber& number) {
  return number.is_float ? number.real : nearest_float(number);
}

std::optional<ConstantNumber> shifted(const Integer& value, const Integer& count, bool left) {
  if (mpz_sgn(count.get()) < 0) left = !left;
  if (value.is_zero()) return value.number();
  const bool is_far = mpz_cmpabs_ui(count.get(), kPatternIntegerBitsMax) > 0;
  if (left && is_far) return {};
  // A shift to the right by more than the value has leaves 0 or -1, as by one bit more does.
  const std::uint64_t bits =
      is_far ? std::uint64_t{kPatternIntegerBitsMax} + 1 : mpz_get_ui(count.get());
  Integer result;
  if (left)
    mpz_mul_2exp(result.get(), value.get(), bits);
  else
    mpz_fdiv_q_2exp(result.get(), value.get(), bits);
  return result.number();
}

std::optional<ConstantNumber> of_integers(BinaryOp op, const Integer& a, const Integer& b) {
  Integer result;
  switch (op) {
    case BinaryOp::kPlus:
      mpz_add(result.get(), a.get(), b.get());
      break;
    case BinaryOp::kMinus:
      mpz_sub(result.get(), a.get(), b.get());
      break;
    case BinaryOp::kMultiply:
      mpz_mul(result.get(), a.get(), b.get());
      break;
    case BinaryOp::kDiv:
      if (b.is_zero()) return {};
      mpz_tdiv_q(result.get(), a.get(), b.get());
      break;
    case BinaryOp::kRem:
      if (b.is_zero()) return {};
      mpz_tdiv_r(result.get(), a.get(), b.get());
      break;
    case BinaryOp::kBand:
      mpz_and(result.get(), a.get(), b.get());
      break;
    case BinaryOp::kBor:
      mpz_ior(result.get(), a.get(), b.get());
      break;
    case BinaryOp::kBxor:
      mpz_xor(result.get(), a.get(), b.get());
      break;
    case BinaryOp::kBsl:
    case BinaryOp::kBsr:
      return shifted(a, b, op == BinaryOp::kBsl);
    default:
      return {};
  }
  return result.number();
}

std::optional<ConstantNumber> of_two(BinaryOp op, const ConstantNumber& a,
                                     const ConstantNumber& b) {
  if (op != BinaryOp::kDivide && !a.is_float && !b.is_float) {
    return of_integers(op, Integer(a), Integer(b));
  }
  const std::optional<double> x = as_float(a), y = as_float(b);
  if (!x || !y) return {};
  switch (op) {
    case BinaryOp::kPlus:
      return finite(*x + *y);
    case BinaryOp::kMinus:
      return finite(*x - *y);
    case BinaryOp::kMultiply:
      return finite(*x * *y);
    case BinaryOp::kDivide:
      return *y == 0 ? std::optional<ConstantNumber>{} : finite(*x / *y);
    default:
      return {};
  }
}

std::optional<ConstantNumber> of_one(UnaryOp op, ConstantNumber number) {
  switch (op) {
    case UnaryOp::kPlus:
      return number;
    case UnaryOp::kMinus:
      number.real = -number.real;
      number.negative = !number.negative && !number.magnitude.empty();
      return number;
    default: {
      if (op != UnaryOp::kBnot || number.is_float) return {};
      Integer result;
      mpz_com(result.get(), Integer(number).get());
      return result.number();
    }
  }
}

}  // namespace

bool is_constant_arithmetic(const ast::Expr& e) {
  switch (e.kind) {
    case ast::ExprKind::kInteger:
    case ast::ExprKind::kChar:
    case ast::ExprKind::kFloat:
      return true;
    case ast::ExprKind::kUnary:
      return ast::as<ast::Unary>(e).op != UnaryOp::kNot &&
             is_constant_arithmetic(*ast::as<ast::Unary>(e).operand);
    case ast::ExprKind::kOperator: {
      const auto& op = ast::as<ast::Operator>(e);
      return op.op <= BinaryOp::kBsr && op.op != BinaryOp::kAnd &&
             is_constant_arithmetic(*op.left) && is_constant_arithmetic(*op.right);
    }
    default:
      return false;
  }
}

std::optional<ConstantNumber> constant_number(const ast::Expr& e) {
  switch (e.kind) {
    case ast::ExprKind::kInteger: {
      const auto& integer = ast::as<ast::Integer>(e);
      ConstantNumber result;
      if (integer.is_big)
        result.magnitude = ast::magnitude_of(integer);
      else if (integer.value != 0)
        result.magnitude = {static_cast<std::uint64_t>(integer.value)};
      return result;
    }
    case ast::ExprKind::kChar: {
      const std::uint64_t point = ast::as<ast::Char>(e).code_point;
      return ConstantNumber{false, 0, false,
                            point == 0 ? std::vector<std::uint64_t>{} : std::vector{point}};
    }
    case ast::ExprKind::kFloat:
      return ConstantNumber{true, ast::as<ast::Float>(e).value, false, {}};
    case ast::ExprKind::kUnary: {
      const auto& unary = ast::as<ast::Unary>(e);
      const auto operand = constant_number(*unary.operand);
      return operand ? of_one(unary.op, *operand) : std::nullopt;
    }
    case ast::ExprKind::kOperator: {
      const auto& op = ast::as<ast::Operator>(e);
      const auto left = constant_number(*op.left);
      const auto right = left ? constant_number(*op.right) : std::nullopt;
      return right ? of_two(op.op, *left, *right) : std::nullopt;
    }
    default:
      return {};
  }
}

std::optional<double> nearest_float(const ConstantNumber& integer) {
  const Integer value(integer);
  // Hexadecimal digits, because reading them rounds correctly whatever their number.
  std::vector<char> text(mpz_sizeinbase(value.get(), 16) + 2);
  mpz_get_str(text.data(), 16, value.get());
  const bool negative = text[0] == '-';
  const std::string digits = std::string("0x") + (text.data() + negative);
  const double result = std::strtod(digits.c_str(), nullptr);
  if (!std::isfinite(result)) return {};
  return negative ? -result : result;
}

Ref number_constant(ConstantPool& pool, ConstantNumber number) {
  if (number.is_float) return pool.real(number.real);
  return pool.integer(number.negative, std::move(number.magnitude));
}

}  // namespace parley::compiler
