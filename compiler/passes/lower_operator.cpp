// Operators: arithmetic with folding, comparisons, short circuits, sends.
#include <cmath>

#include "compiler/passes/lower.h"

namespace parley::compiler {

using ast::BinaryOp;

namespace {

Opcode opcode_of(BinaryOp op) {
  switch (op) {
    case BinaryOp::kMultiply:
      return Opcode::multiply;
    case BinaryOp::kDivide:
      return Opcode::divide;
    case BinaryOp::kDiv:
      return Opcode::int_div;
    case BinaryOp::kRem:
      return Opcode::int_rem;
    case BinaryOp::kBand:
      return Opcode::bit_and;
    case BinaryOp::kBor:
      return Opcode::bit_or;
    case BinaryOp::kBxor:
      return Opcode::bit_xor;
    case BinaryOp::kBsl:
      return Opcode::shift_left;
    case BinaryOp::kBsr:
      return Opcode::shift_right;
    case BinaryOp::kPlus:
      return Opcode::add;
    default:
      return Opcode::subtract;
  }
}

}  // namespace

// Only where both are small and the result certainly is what the machine would compute.
Ref Lowerer::fold(Opcode op, Ref left, Ref right) {
  ConstantPool& pool = constants();
  if (!pool.is_small(left) || !pool.is_small(right)) return {};
  const std::int64_t a = pool[left].small, b = pool[right].small;
  std::int64_t result = 0;
  switch (op) {
    case Opcode::add:
      return pool.integer(a + b);
    case Opcode::subtract:
      return pool.integer(a - b);
    case Opcode::multiply:
      return __builtin_mul_overflow(a, b, &result) ? Ref{} : pool.integer(result);
    case Opcode::int_div:
      return b == 0 ? Ref{} : pool.integer(a / b);
    case Opcode::int_rem:
      return b == 0 ? Ref{} : pool.integer(a % b);
    case Opcode::bit_and:
      return pool.integer(a & b);
    case Opcode::bit_or:
      return pool.integer(a | b);
    case Opcode::bit_xor:
      return pool.integer(a ^ b);
    case Opcode::shift_left:
      return b < 0 || b > 60 || __builtin_mul_overflow(a, std::int64_t{1} << b, &result)
                 ? Ref{}
                 : pool.integer(result);
    case Opcode::shift_right:
      return b < 0 || b > 62 ? Ref{} : pool.integer(a >> b);
    default:
      return {};
  }
}

Ref Lowerer::arithmetic(Opcode op, Ref left, Ref right) {
  const Ref folded = fold(op, left, right);
  if (!folded.none()) return folded;
  const Ref value = new_value();
  emit(op, {guard_fail_, left.bits, right.bits, value.bits});
  return value;
}

Ref Lowerer::unary(const ast::Unary& e) {
  if (e.op == ast::UnaryOp::kMinus) {
    if (const auto* number = ast::try_as<ast::Integer>(e.operand)) return integer(*number, true);
    if (const auto* number = ast::try_as<ast::Float>(e.operand)) {
      return constants().real(-number->value);
    }
  }
  if (e.op == ast::UnaryOp::kNot && is_test(e)) return test_as_value(e);
  const Ref operand = expr(*e.operand);
  set_line(e.location);
  if (e.op == ast::UnaryOp::kNot) {
    const Ref arguments[] = {operand};
    return built_in("erlang", "not", arguments);
  }
  ConstantPool& pool = constants();
  const bool is_small = pool.is_small(operand);
  if (e.op == ast::UnaryOp::kPlus) {
    if (is_small) return operand;
    const Ref arguments[] = {operand};
    return built_in("erlang", "+", arguments);
  }
  if (is_small && e.op == ast::UnaryOp::kMinus) return pool.integer(-pool[operand].small);
  if (is_small) return pool.integer(~pool[operand].small);
  const Ref value = new_value();
  const Opcode op = e.op == ast::UnaryOp::kMinus ? Opcode::negate : Opcode::bit_not;
  emit(op, {guard_fail_, operand.bits, value.bits});
  return value;
}

Ref Lowerer::binary(const ast::Operator& e) {
  switch (e.op) {
    case BinaryOp::kAndalso:
    case BinaryOp::kOrelse:
    case BinaryOp::kEqual:
    case BinaryOp::kNotEqual:
    case BinaryOp::kLessEqual:
    case BinaryOp::kLess:
    case BinaryOp::kGreaterEqual:
    case BinaryOp::kGreater:
    case BinaryOp::kExactEqual:
    case BinaryOp::kExactNotEqual:
      return test_as_value(e);
    case BinaryOp::kAppend:
      return append(e);
    default:
      break;
  }
  const Ref left = expr(*e.left);
  const Ref right = expr(*e.right);
  set_line(e.location);
  const Ref arguments[] = {left, right};
  switch (e.op) {
    case BinaryOp::kSend: {
      const Ref value = new_value();
      emit(Opcode::send, {left.bits, right.bits, value.bits});
      return value;
    }
    case BinaryOp::kAnd:
      return built_in("erlang", "and", arguments);
    case BinaryOp::kOr:
      return built_in("erlang", "or", arguments);
    case BinaryOp::kXor:
      return built_in("erlang", "xor", arguments);
    case BinaryOp::kSubtract:
      return call_named("erlang", "--", arguments, Position::kValue);
    default:
      return arithmetic(opcode_of(e.op), left, right);
  }
}

// A literal list in front of ++ needs no call.
Ref Lowerer::append(const ast::Operator& e) {
  if (const auto* list = ast::try_as<ast::ListExpr>(e.left);
      list != nullptr && list->tail == nullptr && list->elements.size() <= 64) {
    std::vector<Ref> items;
    for (const Expr* element : list->elements) items.push_back(expr(*element));
    Ref result = expr(*e.right);
    set_line(e.location);
    for (std::size_t i = items.size(); i-- > 0;) result = make_cons(items[i], result);
    return result;
  }
  const Ref left = expr(*e.left);
  const Ref right = expr(*e.right);
  set_line(e.location);
  if (left.is_constant()) {
    std::vector<Ref> items;
    Ref at = left;
    for (; constants()[at].kind == ConstantKind::kCons && items.size() <= 64;
         at = Ref{constants()[at].items[1]}) {
      items.push_back(Ref{constants()[at].items[0]});
    }
    if (at == constants().nil()) {
      Ref result = right;
      for (std::size_t i = items.size(); i-- > 0;) result = make_cons(items[i], result);
      return result;
    }
  }
  const Ref arguments[] = {left, right};
  return call_named("erlang", "++", arguments, Position::kValue);
}

// A andalso B, A orelse B where B need not be a boolean and may be a tail call.
Ref Lowerer::short_circuit(const ast::Operator& e, Position position) {
  const bool is_and = e.op == BinaryOp::kAndalso;
  Join join = start_join(position);
  join.exports = false;
  const BlockId is_false = new_block();
  test(*e.left, is_false, guard_fail_);
  const auto decided = [&] { end_branch(join, constants().boolean(!is_and)); };
  const auto undecided = [&] {
    if (position == Position::kTail) {
      tail(*e.right);
      undo(join.mark);
    } else {
      end_branch(join, expr(*e.right));
    }
  };
  if (is_and)
    undecided();
  else
    decided();
  go_on_in(is_false);
  if (is_and)
    decided();
  else
    undecided();
  const Ref value = finish_join(join);
  return position == Position::kTail ? Ref{} : value;
}

}  // namespace parley::compiler
