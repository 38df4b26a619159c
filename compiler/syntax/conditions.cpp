// The value of the condition of an -if: constants and operators, no calls but type tests.
#include <cmath>
#include <compare>
#include <optional>
#include <string>
#include <variant>

#include "compiler/syntax/preprocessor.h"

namespace parley {

using namespace ast;

namespace {

struct AtomText {
  std::string text;
  auto operator<=>(const AtomText&) const = default;
};

// Nothing: the condition fails, which counts as false.
using Value = std::variant<std::monostate, int64_t, double, AtomText, std::string>;

constexpr size_t kInteger = 1;
constexpr size_t kFloat = 2;

bool is_number(const Value& value) { return value.index() == kInteger || value.index() == kFloat; }

double as_double(const Value& value) {
  return value.index() == kInteger ? static_cast<double>(std::get<int64_t>(value))
                                   : std::get<double>(value);
}

Value truth(bool value) { return AtomText{value ? "true" : "false"}; }

std::optional<bool> as_truth(const Value& value) {
  const AtomText* atom = std::get_if<AtomText>(&value);
  if (atom && atom->text == "true") {
    return true;
  }
  return atom && atom->text == "false" ? std::optional(false) : std::nullopt;
}

// The order of terms: numbers, atoms, strings (which are lists).
std::partial_ordering order(const Value& a, const Value& b) {
  if (is_number(a) && is_number(b)) {
    if (a.index() == kInteger && b.index() == kInteger) {
      return std::get<int64_t>(a) <=> std::get<int64_t>(b);
    }
    return as_double(a) <=> as_double(b);
  }
  size_t rank_a = is_number(a) ? 1 : a.index();
  size_t rank_b = is_number(b) ? 1 : b.index();
  if (rank_a != rank_b) {
    return rank_a <=> rank_b;
  }
  if (const AtomText* atom = std::get_if<AtomText>(&a)) {
    return *atom <=> std::get<AtomText>(b);
  }
  return std::get<std::string>(a) <=> std::get<std::string>(b);
}

Value evaluate(const Expr& expr);

Value integer_operator(BinaryOp op, int64_t a, int64_t b) {
  int64_t result = 0;
  constexpr int64_t kShiftMax = 62;
  switch (op) {
    case BinaryOp::kPlus:
      return __builtin_add_overflow(a, b, &result) ? Value{} : result;
    case BinaryOp::kMinus:
      return __builtin_sub_overflow(a, b, &result) ? Value{} : result;
    case BinaryOp::kMultiply:
      return __builtin_mul_overflow(a, b, &result) ? Value{} : result;
    case BinaryOp::kDiv:
      return b == 0 || (b == -1 && a == INT64_MIN) ? Value{} : a / b;
    case BinaryOp::kRem:
      return b == 0 || b == -1 ? (b == 0 ? Value{} : Value{int64_t{0}}) : Value{a % b};
    case BinaryOp::kDivide:
      return b == 0 ? Value{} : Value{static_cast<double>(a) / static_cast<double>(b)};
    case BinaryOp::kBand:
      return a & b;
    case BinaryOp::kBor:
      return a | b;
    case BinaryOp::kBxor:
      return a ^ b;
    case BinaryOp::kBsl:
      return b < 0 || b > kShiftMax || std::abs(a) >> (kShiftMax - b) != 0 ? Value{} : a << b;
    case BinaryOp::kBsr:
      return b < 0 || b > kShiftMax ? Value{} : a >> b;
    default:
      return {};
  }
}

Value float_operator(BinaryOp op, double a, double b) {
  switch (op) {
    case BinaryOp::kPlus:
      return a + b;
    case BinaryOp::kMinus:
      return a - b;
    case BinaryOp::kMultiply:
      return a * b;
    case BinaryOp::kDivide:
      return b == 0 ? Value{} : a / b;
    default:
      return {};
  }
}

Value comparison(BinaryOp op, const Value& a, const Value& b) {
  bool same_type = a.index() == b.index();
  std::partial_ordering found = order(a, b);
  switch (op) {
    case BinaryOp::kEqual:
      return truth(found == 0);
    case BinaryOp::kNotEqual:
      return truth(found != 0);
    case BinaryOp::kExactEqual:
      return truth(same_type && found == 0);
    case BinaryOp::kExactNotEqual:
      return truth(!same_type || found != 0);
    case BinaryOp::kLess:
      return truth(found < 0);
    case BinaryOp::kLessEqual:
      return truth(found <= 0);
    case BinaryOp::kGreater:
      return truth(found > 0);
    case BinaryOp::kGreaterEqual:
      return truth(found >= 0);
    default:
      return {};
  }
}

Value boolean_operator(BinaryOp op, const Expr& left, const Expr& right) {
  std::optional<bool> a = as_truth(evaluate(left));
  if (!a) {
    return {};
  }
  if ((op == BinaryOp::kAndalso && !*a) || (op == BinaryOp::kOrelse && *a)) {
    return truth(*a);
  }
  Value right_value = evaluate(right);
  if (op == BinaryOp::kAndalso || op == BinaryOp::kOrelse) {
    return right_value;
  }
  std::optional<bool> b = as_truth(right_value);
  if (!b) {
    return {};
  }
  return truth(op == BinaryOp::kAnd ? *a && *b : op == BinaryOp::kOr ? *a || *b : *a != *b);
}

Value binary(const Operator& node) {
  switch (node.op) {
    case BinaryOp::kAnd:
    case BinaryOp::kOr:
    case BinaryOp::kXor:
    case BinaryOp::kAndalso:
    case BinaryOp::kOrelse:
      return boolean_operator(node.op, *node.left, *node.right);
    default:
      break;
  }
  Value a = evaluate(*node.left);
  Value b = evaluate(*node.right);
  if (a.index() == 0 || b.index() == 0) {
    return {};
  }
  if (node.op >= BinaryOp::kEqual && node.op <= BinaryOp::kExactNotEqual) {
    return comparison(node.op, a, b);
  }
  if (a.index() == kInteger && b.index() == kInteger) {
    return integer_operator(node.op, std::get<int64_t>(a), std::get<int64_t>(b));
  }
  return is_number(a) && is_number(b) ? float_operator(node.op, as_double(a), as_double(b))
                                      : Value{};
}

Value unary(const Unary& node) {
  Value value = evaluate(*node.operand);
  if (node.op == UnaryOp::kNot) {
    std::optional<bool> boolean = as_truth(value);
    return boolean ? truth(!*boolean) : Value{};
  }
  if (const int64_t* integer = std::get_if<int64_t>(&value)) {
    return node.op == UnaryOp::kBnot    ? ~*integer
           : node.op == UnaryOp::kMinus ? -*integer
                                        : *integer;
  }
  if (const double* real = std::get_if<double>(&value)) {
    return node.op == UnaryOp::kMinus  ? Value{-*real}
           : node.op == UnaryOp::kPlus ? Value{*real}
                                       : Value{};
  }
  return {};
}

Value type_test(const Call& call) {
  const Atom* name = try_as<Atom>(call.function);
  if (call.module || name == nullptr || call.arguments.size() != 1) {
    return {};
  }
  Value value = evaluate(*call.arguments[0]);
  std::string_view test = name->name.text();
  if (value.index() == 0) {
    return {};
  }
  if (test == "is_integer") {
    return truth(value.index() == kInteger);
  }
  if (test == "is_atom") {
    return truth(std::holds_alternative<AtomText>(value));
  }
  if (test == "is_list") {
    return truth(std::holds_alternative<std::string>(value));
  }
  return {};
}

Value evaluate(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kInteger:
      return as<Integer>(expr).is_big ? Value{} : as<Integer>(expr).value;
    case ExprKind::kFloat:
      return as<Float>(expr).value;
    case ExprKind::kChar:
      return static_cast<int64_t>(as<Char>(expr).code_point);
    case ExprKind::kAtom:
      return AtomText{std::string(as<Atom>(expr).name.text())};
    case ExprKind::kString:
      return std::string(as<String>(expr).text);
    case ExprKind::kUnary:
      return unary(as<Unary>(expr));
    case ExprKind::kOperator:
      return binary(as<Operator>(expr));
    case ExprKind::kCall:
      return type_test(as<Call>(expr));
    default:
      return {};
  }
}

}  // namespace

bool condition_holds(const Expr& expr) { return as_truth(evaluate(expr)).value_or(false); }

}  // namespace parley
