// Conditions: guards, and expressions that are only asked whether they hold.
//
// `test` falls through when its expression is true. `is_false` and `error` say where it goes when
// it is false, and when it fails or is no boolean; in a guard both are the same place unless a
// `not` or `orelse` stands around. `error` 0: outside of guards, where a failure throws.
#include <algorithm>

#include "compiler/passes/builtins.h"
#include "compiler/passes/lower.h"

namespace parley::compiler {

using ast::BinaryOp;
using ast::ExprKind;

void Lowerer::guard(const ast::Guard& guard, BlockId fail) {
  if (guard.empty()) return;
  const BlockId outer = guard_fail_;
  const BlockId holds = guard.size() > 1 ? new_block() : 0;
  for (std::size_t i = 0; i < guard.size(); ++i) {
    const bool is_last = i + 1 == guard.size();
    const BlockId next = is_last ? fail : new_block();
    guard_fail_ = next;
    for (const Expr* condition : guard[i]) test(*condition, next, next);
    if (holds != 0) jump(holds);
    if (!is_last) go_on_in(next);
  }
  if (holds != 0) go_on_in(holds);
  guard_fail_ = outer;
}

Ref Lowerer::guard_value(const ast::Expr& expression, BlockId fail) {
  const BlockId outer = guard_fail_;
  const Line line = line_;
  guard_fail_ = fail;
  const Ref value = expr(expression);
  guard_fail_ = outer;
  line_ = line;
  return value;
}

void Lowerer::comparison(BinaryOp op, Ref left, Ref right, BlockId is_false) {
  switch (op) {
    case BinaryOp::kEqual:
      emit(Opcode::is_eq, {is_false, left.bits, right.bits});
      return;
    case BinaryOp::kNotEqual:
      emit(Opcode::is_ne, {is_false, left.bits, right.bits});
      return;
    case BinaryOp::kExactEqual:
      emit(Opcode::is_eq_exact, {is_false, left.bits, right.bits});
      return;
    case BinaryOp::kExactNotEqual:
      emit(Opcode::is_ne_exact, {is_false, left.bits, right.bits});
      return;
    case BinaryOp::kLess:
      emit(Opcode::is_lt, {is_false, left.bits, right.bits});
      return;
    case BinaryOp::kGreater:
      emit(Opcode::is_lt, {is_false, right.bits, left.bits});
      return;
    case BinaryOp::kGreaterEqual:
      emit(Opcode::is_ge, {is_false, left.bits, right.bits});
      return;
    default:
      emit(Opcode::is_ge, {is_false, right.bits, left.bits});
      return;
  }
}

namespace {
bool is_comparison(BinaryOp op) { return op >= BinaryOp::kEqual && op <= BinaryOp::kExactNotEqual; }
}  // namespace

// Whether `test` can do better than to compute the value: then it is certainly a boolean.
bool Lowerer::is_test(const Expr& e) const {
  if (const auto* op = ast::try_as<ast::Operator>(&e)) {
    return is_comparison(op->op) ||
           ((op->op == BinaryOp::kAndalso || op->op == BinaryOp::kOrelse) && is_test(*op->left) &&
            is_test(*op->right));
  }
  if (const auto* op = ast::try_as<ast::Unary>(&e)) {
    return op->op == ast::UnaryOp::kNot && is_test(*op->operand);
  }
  if (const auto* call = ast::try_as<ast::Call>(&e)) {
    std::string_view name;
    return resolves_to_erlang(*call, name) &&
           (compiler::type_test(name, call->arguments.size()).has_value() ||
            (name == "is_map_key" && call->arguments.size() == 2) ||
            (name == "is_record" && call->arguments.size() == 2 &&
             call->arguments[1]->kind == ExprKind::kAtom &&
             records_.contains(ast::as<ast::Atom>(*call->arguments[1]).name)));
  }
  return false;
}

void Lowerer::test(const Expr& e, BlockId is_false, BlockId error) {
  set_line(e.location);
  const BlockId outer = guard_fail_;
  guard_fail_ = error;
  if (const auto* op = ast::try_as<ast::Operator>(&e)) {
    if (is_comparison(op->op)) {
      const Ref left = expr(*op->left);
      const Ref right = expr(*op->right);
      set_line(e.location);
      comparison(op->op, left, right, is_false);
      guard_fail_ = outer;
      return;
    }
    if (op->op == BinaryOp::kAndalso) {
      test(*op->left, is_false, error);
      test(*op->right, is_false, error);
      guard_fail_ = outer;
      return;
    }
    if (op->op == BinaryOp::kOrelse) {
      const BlockId right = new_block(), holds = new_block();
      test(*op->left, right, error);
      jump(holds);
      go_on_in(right);
      test(*op->right, is_false, error);
      jump(holds);
      go_on_in(holds);
      guard_fail_ = outer;
      return;
    }
  }
  if (const auto* op = ast::try_as<ast::Unary>(&e);
      op != nullptr && op->op == ast::UnaryOp::kNot && (error != 0 || is_test(*op->operand))) {
    const BlockId holds = new_block();
    test(*op->operand, holds, error);
    jump(is_false);
    go_on_in(holds);
  } else if (const auto* call = ast::try_as<ast::Call>(&e); !call || !test_call(*call, is_false)) {
    test_value(expr(e), is_false, error);
  }
  guard_fail_ = outer;
}

void Lowerer::test_value(Ref value, BlockId is_false, BlockId error) {
  if (value == constants().boolean(true)) return;
  if (value == constants().boolean(false)) return jump(is_false);
  if (is_false == error) {
    emit(Opcode::is_eq_exact, {is_false, value.bits, constants().boolean(true).bits});
    return;
  }
  const BlockId holds = new_block(), wrong = error != 0 ? error : new_block();
  emit(Opcode::select_value, {value.bits, wrong, constants().boolean(true).bits, holds,
                              constants().boolean(false).bits, is_false});
  if (error == 0) {
    go_on_in(wrong);
    raise_error("badarg", value);
  }
  go_on_in(holds);
}

// Whether what is known of the value decides the test; then it is written as a jump or as nothing.
bool Lowerer::type_test_decided(Opcode op, Ref value, std::uint32_t arity, BlockId is_false) {
  const auto at = std::ranges::find(knowledge_.rbegin(), knowledge_.rend(), value,
                                    [](const Knowledge& k) { return k.value; });
  if (at == knowledge_.rend()) return false;
  bool holds = false;
  switch (op) {
    case Opcode::is_list:
      holds = at->known == Known::kCons;
      break;
    case Opcode::is_tuple:
      holds = at->known == Known::kTuple;
      break;
    case Opcode::is_tagged_tuple:
      if (at->known == Known::kTuple && at->arity == arity) return false;
      break;
    case Opcode::is_map:
      holds = at->known == Known::kMap;
      break;
    case Opcode::is_binary:
      if (at->known == Known::kBits) return false;
      break;
    case Opcode::is_bitstring:
      holds = at->known == Known::kBits;
      break;
    case Opcode::is_integer:
    case Opcode::is_float:
    case Opcode::is_number:
    case Opcode::is_atom:
    case Opcode::is_boolean:
    case Opcode::is_pid:
    case Opcode::is_port:
    case Opcode::is_reference:
    case Opcode::is_function:
    case Opcode::is_function2:
      break;
    default:
      return false;
  }
  if (!holds) jump(is_false);
  return true;
}

// An instruction that tests its second operand and has the arity, if any, as its third.
void Lowerer::type_test(Opcode op, std::span<const std::uint32_t> words) {
  const std::uint32_t arity = words.size() > 2 ? words[2] : 0;
  if (!type_test_decided(op, Ref{words[1]}, arity, words[0])) emit(op, words);
}

// Type tests have instructions of their own.
bool Lowerer::test_call(const ast::Call& e, BlockId is_false) {
  std::string_view name;
  if (!is_test(e) || !resolves_to_erlang(e, name)) return false;
  if (name == "is_record") {
    const ast::RecordForm* form = records_.at(ast::as<ast::Atom>(*e.arguments[1]).name);
    const Ref value = expr(*e.arguments[0]);
    const std::uint32_t words[] = {is_false, value.bits, form->fields.size() + 1,
                                   constants().atom(form->name.text()).bits};
    type_test(Opcode::is_tagged_tuple, words);
    return true;
  }
  const std::vector<Ref> arguments = arguments_of(e.arguments);
  set_line(e.location);
  if (name == "is_map_key") {
    if (guard_fail_ == 0) {
      test_value(built_in("erlang", name, arguments), is_false, 0);
      return true;
    }
    const Ref map = in_register(arguments[1]);
    const std::uint32_t words[] = {guard_fail_, map.bits};
    type_test(Opcode::is_map, words);
    emit(Opcode::is_map_key, {is_false, map.bits, arguments[0].bits});
    return true;
  }
  if (name == "is_function" && arguments.size() == 2 && !constants().is_small(arguments[1])) {
    test_value(built_in("erlang", name, arguments), is_false, guard_fail_);
    return true;
  }
  std::vector<std::uint32_t> words{is_false};
  for (const Ref argument : arguments) words.push_back(argument.bits);
  type_test(*compiler::type_test(name, static_cast<std::uint32_t>(arguments.size())), words);
  return true;
}

Ref Lowerer::test_as_value(const Expr& e) {
  if (const auto* op = ast::try_as<ast::Operator>(&e);
      op != nullptr && (op->op == BinaryOp::kAndalso || op->op == BinaryOp::kOrelse)) {
    return short_circuit(*op, Position::kValue);
  }
  Join join = start_join(Position::kValue);
  const BlockId is_false = new_block();
  test(e, is_false, guard_fail_);
  end_branch(join, constants().boolean(true));
  go_on_in(is_false);
  end_branch(join, constants().boolean(false));
  return finish_join(join);
}

// Whether a filter of a comprehension is a guard: then a failure means false.
bool Lowerer::is_guard_expression(const Expr& e) const {
  const auto all = [this](const auto& exprs) {
    return std::ranges::all_of(exprs, [this](const Expr* x) { return is_guard_expression(*x); });
  };
  switch (e.kind) {
    case ExprKind::kInteger:
    case ExprKind::kFloat:
    case ExprKind::kChar:
    case ExprKind::kAtom:
    case ExprKind::kString:
    case ExprKind::kVariable:
    case ExprKind::kRecordIndex:
      return true;
    case ExprKind::kTuple:
    case ExprKind::kList:
    case ExprKind::kMap:
    case ExprKind::kBinary:
    case ExprKind::kRecordField:
      return all(ast::parts_of(e));
    case ExprKind::kRecord: {
      const auto& record = ast::as<ast::RecordExpr>(e);
      const auto form = records_.find(record.name);
      return record.base == nullptr && form != records_.end() && all(ast::parts_of(e)) &&
             std::ranges::all_of(form->second->fields, [&](const auto& field) {
               return field.initial == nullptr || record.value_of(field.name) != nullptr ||
                      is_guard_expression(*field.initial);
             });
    }
    case ExprKind::kUnary:
      return is_guard_expression(*ast::as<ast::Unary>(e).operand);
    case ExprKind::kOperator: {
      const auto& op = ast::as<ast::Operator>(e);
      return op.op != BinaryOp::kAppend && op.op != BinaryOp::kSubtract &&
             op.op != BinaryOp::kSend && is_guard_expression(*op.left) &&
             is_guard_expression(*op.right);
    }
    case ExprKind::kCall: {
      const auto& call = ast::as<ast::Call>(e);
      std::string_view name;
      if (!resolves_to_erlang(call, name) || !all(call.arguments)) return false;
      const auto arity = static_cast<std::uint32_t>(call.arguments.size());
      return compiler::type_test(name, arity) || compiler::arithmetic(name, arity) ||
             name == "is_record" || built_in_kind("erlang", name, arity) == BuiltInKind::kGuard;
    }
    default:
      return false;
  }
}

}  // namespace parley::compiler
