// The value of the condition of an -if: constants, operators and the built-ins that guards may
// call.
//
// Two ways of having no value are kept apart: what fails, as 1 / 0 does, makes a condition false as
// it does a guard; what this evaluator does not know is said, so that no branch goes away silently.
#include <algorithm>
#include <cmath>
#include <compare>
#include <optional>
#include <string>
#include <vector>

#include "compiler/syntax/preprocessor.h"

namespace parley {

using namespace ast;

namespace {

// A term. The kinds from kInteger on stand in the order of terms, both numbers in one place.
struct Value {
  enum class Kind : uint8_t { kFails, kUnknown, kInteger, kFloat, kAtom, kTuple, kList };
  Kind kind = Kind::kFails;
  int64_t integer = 0;
  double real = 0;
  std::string atom;
  std::vector<Value> items{};

  [[nodiscard]] bool is_term() const { return kind >= Kind::kInteger; }
  [[nodiscard]] bool is_integer() const { return kind == Kind::kInteger; }
  [[nodiscard]] bool is_number() const { return is_integer() || kind == Kind::kFloat; }
};
using Kind = Value::Kind;

Value fails() { return {}; }
Value unknown() { return {.kind = Kind::kUnknown}; }
Value of(int64_t integer) { return {.kind = Kind::kInteger, .integer = integer}; }
Value of_atom(std::string_view text) { return {.kind = Kind::kAtom, .atom = std::string(text)}; }
Value truth(bool value) { return of_atom(value ? "true" : "false"); }

// A float that is no number, or beyond all numbers, is a failed computation.
Value finite(double value) {
  return std::isfinite(value) ? Value{.kind = Kind::kFloat, .real = value} : fails();
}

// Beyond 64 bits Erlang goes on; this evaluator does not.
Value rounded(double value) {
  return value >= -0x1p63 && value < 0x1p63 ? of(static_cast<int64_t>(value)) : unknown();
}

double as_double(const Value& value) {
  return value.is_integer() ? static_cast<double>(value.integer) : value.real;
}

std::optional<bool> as_truth(const Value& value) {
  if (value.kind == Kind::kAtom && value.atom == "true") {
    return true;
  }
  return value.kind == Kind::kAtom && value.atom == "false" ? std::optional(false) : std::nullopt;
}

// The order of terms. `exact`: an integer is no float.
std::partial_ordering order(const Value& a, const Value& b, bool exact) {
  if (a.is_number() && b.is_number() && (!exact || a.kind == b.kind)) {
    // A long double holds every 64-bit integer.
    auto wide = [](const Value& value) {
      return value.is_integer() ? static_cast<long double>(value.integer) : value.real;
    };
    return wide(a) <=> wide(b);
  }
  if (a.kind != b.kind) {
    return a.kind <=> b.kind;
  }
  if (a.kind == Kind::kAtom) {
    return a.atom <=> b.atom;
  }
  if (a.kind == Kind::kTuple && a.items.size() != b.items.size()) {
    return a.items.size() <=> b.items.size();
  }
  for (size_t i = 0; i < std::min(a.items.size(), b.items.size()); ++i) {
    if (std::partial_ordering found = order(a.items[i], b.items[i], exact); found != 0) {
      return found;
    }
  }
  return a.items.size() <=> b.items.size();
}

Value evaluate(const Expr& expr);

Value shifted(int64_t value, int64_t count) {
  constexpr int64_t kBits = 64;
  if (count < 0) {
    return of(value >> std::min<int64_t>(count > -kBits ? -count : kBits, kBits - 1));
  }
  int64_t result = 0;
  if (value == 0) {
    return of(0);
  }
  bool fits = count < kBits - 1 && !__builtin_mul_overflow(value, int64_t{1} << count, &result);
  return fits ? of(result) : unknown();
}

Value integer_operator(BinaryOp op, int64_t a, int64_t b) {
  int64_t result = 0;
  switch (op) {
    case BinaryOp::kPlus:
      return __builtin_add_overflow(a, b, &result) ? unknown() : of(result);
    case BinaryOp::kMinus:
      return __builtin_sub_overflow(a, b, &result) ? unknown() : of(result);
    case BinaryOp::kMultiply:
      return __builtin_mul_overflow(a, b, &result) ? unknown() : of(result);
    case BinaryOp::kDiv:
      if (b == 0) {
        return fails();
      }
      return b == -1 ? integer_operator(BinaryOp::kMinus, 0, a) : of(a / b);
    case BinaryOp::kRem:
      if (b == 0) {
        return fails();
      }
      return of(b == -1 ? 0 : a % b);
    case BinaryOp::kDivide:
      return b == 0 ? fails() : finite(static_cast<double>(a) / static_cast<double>(b));
    case BinaryOp::kBand:
      return of(a & b);
    case BinaryOp::kBor:
      return of(a | b);
    case BinaryOp::kBxor:
      return of(a ^ b);
    case BinaryOp::kBsl:
      return shifted(a, b);
    case BinaryOp::kBsr:
      return b == INT64_MIN ? unknown() : shifted(a, -b);
    default:
      return unknown();
  }
}

Value float_operator(BinaryOp op, double a, double b) {
  switch (op) {
    case BinaryOp::kPlus:
      return finite(a + b);
    case BinaryOp::kMinus:
      return finite(a - b);
    case BinaryOp::kMultiply:
      return finite(a * b);
    case BinaryOp::kDivide:
      return b == 0 ? fails() : finite(a / b);
    default:
      return fails();
  }
}

Value comparison(BinaryOp op, const Value& a, const Value& b) {
  switch (op) {
    case BinaryOp::kEqual:
      return truth(order(a, b, false) == 0);
    case BinaryOp::kNotEqual:
      return truth(order(a, b, false) != 0);
    case BinaryOp::kExactEqual:
      return truth(order(a, b, true) == 0);
    case BinaryOp::kExactNotEqual:
      return truth(order(a, b, true) != 0);
    case BinaryOp::kLess:
      return truth(order(a, b, false) < 0);
    case BinaryOp::kLessEqual:
      return truth(order(a, b, false) <= 0);
    case BinaryOp::kGreater:
      return truth(order(a, b, false) > 0);
    default:
      return truth(order(a, b, false) >= 0);
  }
}

Value boolean_operator(BinaryOp op, const Expr& left, const Expr& right) {
  Value left_value = evaluate(left);
  std::optional<bool> a = as_truth(left_value);
  if (!a) {
    return left_value.kind == Kind::kUnknown ? unknown() : fails();
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
    return right_value.kind == Kind::kUnknown ? unknown() : fails();
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
    case BinaryOp::kAppend:
    case BinaryOp::kSubtract:
    case BinaryOp::kSend:
      return unknown();
    default:
      break;
  }
  Value a = evaluate(*node.left);
  Value b = evaluate(*node.right);
  if (!a.is_term() || !b.is_term()) {
    return a.is_term() ? b : a;
  }
  if (node.op >= BinaryOp::kEqual && node.op <= BinaryOp::kExactNotEqual) {
    return comparison(node.op, a, b);
  }
  if (a.is_integer() && b.is_integer()) {
    return integer_operator(node.op, a.integer, b.integer);
  }
  return a.is_number() && b.is_number() ? float_operator(node.op, as_double(a), as_double(b))
                                        : fails();
}

Value unary(const Unary& node) {
  Value value = evaluate(*node.operand);
  if (!value.is_term()) {
    return value;
  }
  if (node.op == UnaryOp::kNot) {
    std::optional<bool> boolean = as_truth(value);
    return boolean ? truth(!*boolean) : fails();
  }
  if (node.op == UnaryOp::kBnot) {
    return value.is_integer() ? of(~value.integer) : fails();
  }
  if (node.op == UnaryOp::kPlus || !value.is_number()) {
    return value.is_number() ? value : fails();
  }
  return value.is_integer() ? integer_operator(BinaryOp::kMinus, 0, value.integer)
                            : finite(-value.real);
}

// is_atom/1 and its like.
std::optional<bool> type_test(std::string_view name, const Value& value) {
  constexpr std::string_view kOfOtherTypes[] = {"is_binary",    "is_bitstring", "is_function",
                                                "is_map",       "is_pid",       "is_port",
                                                "is_reference"};
  if (name == "is_number") {
    return value.is_number();
  }
  if (name == "is_boolean") {
    return as_truth(value).has_value();
  }
  if (std::ranges::find(kOfOtherTypes, name) != std::end(kOfOtherTypes)) {
    return false;
  }
  constexpr std::pair<std::string_view, Kind> kTests[] = {{"is_integer", Kind::kInteger},
                                                          {"is_float", Kind::kFloat},
                                                          {"is_atom", Kind::kAtom},
                                                          {"is_tuple", Kind::kTuple},
                                                          {"is_list", Kind::kList}};
  const auto* found = std::ranges::find(kTests, name, &std::pair<std::string_view, Kind>::first);
  return found == std::end(kTests) ? std::nullopt : std::optional(value.kind == found->second);
}

Value of_collection(std::string_view name, const Value& value) {
  bool of_list = name == "length" || name == "hd" || name == "tl";
  if (value.kind != (of_list ? Kind::kList : Kind::kTuple)) {
    return fails();
  }
  if (name == "length" || name == "tuple_size") {
    return of(static_cast<int64_t>(value.items.size()));
  }
  if (value.items.empty()) {
    return fails();
  }
  if (name == "hd") {
    return value.items[0];
  }
  return {.kind = Kind::kList, .items = {value.items.begin() + 1, value.items.end()}};
}

Value of_one(std::string_view name, const Value& value) {
  if (std::optional<bool> answer = type_test(name, value)) {
    return truth(*answer);
  }
  if (name == "length" || name == "hd" || name == "tl" || name == "tuple_size") {
    return of_collection(name, value);
  }
  if (name != "abs" && name != "float" && name != "trunc" && name != "round" && name != "floor" &&
      name != "ceil") {
    return unknown();
  }
  if (!value.is_number()) {
    return fails();
  }
  if (name == "float") {
    return finite(as_double(value));
  }
  if (name == "abs") {
    bool negative = value.is_integer() && value.integer < 0;
    return negative             ? integer_operator(BinaryOp::kMinus, 0, value.integer)
           : value.is_integer() ? value
                                : finite(std::fabs(value.real));
  }
  if (value.is_integer()) {
    return value;
  }
  return rounded(name == "trunc"   ? std::trunc(value.real)
                 : name == "round" ? std::round(value.real)
                 : name == "floor" ? std::floor(value.real)
                                   : std::ceil(value.real));
}

Value of_two(std::string_view name, const Value& a, const Value& b) {
  if (name == "min" || name == "max") {
    bool first = name == "min" ? order(a, b, false) <= 0 : order(a, b, false) >= 0;
    return first ? a : b;
  }
  if (name != "element") {
    return unknown();
  }
  bool inside = a.is_integer() && b.kind == Kind::kTuple && a.integer >= 1 &&
                static_cast<size_t>(a.integer) <= b.items.size();
  return inside ? b.items[static_cast<size_t>(a.integer) - 1] : fails();
}

Value call(const Call& node) {
  const Atom* name = try_as<Atom>(node.function);
  const Atom* module = try_as<Atom>(node.module);
  if (name == nullptr || (node.module && (!module || module->name.text() != "erlang"))) {
    return unknown();
  }
  std::vector<Value> arguments;
  for (const Expr* argument : node.arguments) {
    arguments.push_back(evaluate(*argument));
    if (!arguments.back().is_term()) {
      return arguments.back();
    }
  }
  switch (arguments.size()) {
    case 1:
      return of_one(name->name.text(), arguments[0]);
    case 2:
      return of_two(name->name.text(), arguments[0], arguments[1]);
    default:
      return unknown();
  }
}

Value collection(Kind kind, Seq<Expr*> elements) {
  Value result{.kind = kind};
  for (const Expr* element : elements) {
    result.items.push_back(evaluate(*element));
    if (!result.items.back().is_term()) {
      return result.items.back();
    }
  }
  return result;
}

Value string(std::string_view text) {
  Value result{.kind = Kind::kList};
  for (size_t at = 0; at < text.size();) {
    result.items.push_back(of(next_code_point(text, at)));
  }
  return result;
}

Value evaluate(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kInteger:
      return as<Integer>(expr).is_big ? unknown() : of(as<Integer>(expr).value);
    case ExprKind::kFloat:
      return finite(as<Float>(expr).value);
    case ExprKind::kChar:
      return of(as<Char>(expr).code_point);
    case ExprKind::kAtom:
      return of_atom(as<Atom>(expr).name.text());
    case ExprKind::kString:
      return string(as<String>(expr).text);
    case ExprKind::kTuple:
      return collection(Kind::kTuple, as<Tuple>(expr).elements);
    case ExprKind::kList:
      return as<ListExpr>(expr).tail ? unknown()
                                     : collection(Kind::kList, as<ListExpr>(expr).elements);
    case ExprKind::kUnary:
      return unary(as<Unary>(expr));
    case ExprKind::kOperator:
      return binary(as<Operator>(expr));
    case ExprKind::kCall:
      return call(as<Call>(expr));
    default:
      return unknown();
  }
}

}  // namespace

std::optional<bool> condition_holds(const Expr& expr) {
  Value value = evaluate(expr);
  if (value.kind == Kind::kUnknown) {
    return std::nullopt;
  }
  return as_truth(value).value_or(false);
}

}  // namespace parley
