// Patterns and guards: what may stand in them.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/passes/builtin_names.h"
#include "compiler/passes/constant_number.h"
#include "compiler/passes/lint_state.h"

namespace parley {

using namespace ast;
using compiler::is_constant_arithmetic;

namespace {

// A string or a list of literals, which may stand left of ++ in a pattern.
bool is_literal_prefix(const Expr& node) {
  if (node.kind == ExprKind::kString) {
    return true;
  }
  const ListExpr* list = try_as<ListExpr>(&node);
  if (list == nullptr || list->tail) {
    return false;
  }
  return std::ranges::all_of(list->elements, [](const Expr* element) {
    return is_constant_arithmetic(*element) || element->kind == ExprKind::kAtom;
  });
}

std::string_view kind_text(const Expr& node) {
  switch (node.kind) {
    case ExprKind::kCall:
      return "a call";
    case ExprKind::kFun:
    case ExprKind::kFunLocal:
    case ExprKind::kFunExternal:
      return "a fun";
    case ExprKind::kCase:
      return "a case";
    case ExprKind::kIf:
      return "an if";
    case ExprKind::kMatch:
      return "a match";
    case ExprKind::kComprehension:
      return "a comprehension";
    case ExprKind::kPipe:
      return "a pipe";
    case ExprKind::kInterpolation:
      return "an interpolated string";
    case ExprKind::kRecordField:
      return "access to a field";
    case ExprKind::kMap:
      return "an update of a map";
    case ExprKind::kRecord:
      return "an update of a record";
    case ExprKind::kWildcard:
      return "_";
    case ExprKind::kOperator:
    case ExprKind::kUnary:
      return "this operator";
    default:
      return "this expression";
  }
}

}  // namespace

void Linter::illegal_pattern(const Expr& node, std::string_view what) {
  error(Code::kIllegalPattern, node.location, fmt::format("{} cannot stand in a pattern", what));
}

void Linter::pattern(const Expr& node, PatternContext& context) {
  switch (node.kind) {
    case ExprKind::kInteger:
    case ExprKind::kFloat:
    case ExprKind::kChar:
    case ExprKind::kAtom:
    case ExprKind::kString:
    case ExprKind::kWildcard:
      break;
    case ExprKind::kVariable:
      pattern_variable(as<Variable>(node), context);
      break;
    case ExprKind::kTuple:
      for (const Expr* element : as<Tuple>(node).elements) {
        pattern(*element, context);
      }
      break;
    case ExprKind::kList:
      for (const Expr* element : as<ListExpr>(node).elements) {
        pattern(*element, context);
      }
      if (as<ListExpr>(node).tail) {
        pattern(*as<ListExpr>(node).tail, context);
      }
      break;
    case ExprKind::kMatch:
      pattern(*as<Match>(node).pattern, context);
      pattern(*as<Match>(node).value, context);
      break;
    default:
      pattern_compound(node, context);
  }
}

void Linter::pattern_compound(const Expr& node, PatternContext& context) {
  switch (node.kind) {
    case ExprKind::kMap:
      pattern_map(as<MapExpr>(node), context);
      break;
    case ExprKind::kRecord:
      pattern_record(as<RecordExpr>(node), context);
      break;
    case ExprKind::kRecordIndex: {
      const RecordIndex& index = as<RecordIndex>(node);
      use_field(use_record(index.name, node.location), index.field, index.field_location);
      break;
    }
    case ExprKind::kBinary:
      pattern_binary(as<BinaryExpr>(node), context);
      break;
    case ExprKind::kOperator:
      pattern_operator(as<Operator>(node), context);
      break;
    case ExprKind::kUnary:
      pattern_arithmetic(node);
      break;
    default:
      illegal_pattern(node, kind_text(node));
  }
}

void Linter::pattern_arithmetic(const Expr& node) {
  if (!is_constant_arithmetic(node)) {
    illegal_pattern(node, "an operator on anything but constants");
  } else if (!compiler::constant_number(node)) {
    error(Code::kIllegalPattern, node.location, "this constant has no value");
  }
}

void Linter::pattern_variable(const Variable& node, PatternContext& context) {
  bool here = std::ranges::find(context.bound, node.name) != context.bound.end();
  const LintScope::Slot& slot = scope_.at(node.name);
  std::string_view name = node.name.text();
  if (here) {
    scope_.use(node.name);
    if (says_unused(node.name) && !has_flag("nowarn_underscore_match")) {
      warning(
          Code::kUnderscoreUsed, node.location,
          fmt::format("the variable {} stands twice in this pattern, so both must be equal", name))
          .hint = "to ignore the values use _ or different names";
    }
    return;
  }
  if (context.mode == PatternMode::kFresh) {
    if (slot.state == LintScope::State::kBound && !has_flag("nowarn_shadow_vars")) {
      warning(Code::kShadowedVariable, node.location,
              fmt::format("the variable {} of this {} hides one outside", name, context.where));
    }
    if (slot.state != LintScope::State::kUnbound) {
      scope_.hide(node.name);
    }
  } else if (slot.state == LintScope::State::kUnsafe) {
    variable(node);
    return;
  } else if (slot.state == LintScope::State::kBound) {
    scope_.use(node.name);
    if (says_unused(node.name) && !has_flag("nowarn_underscore_match")) {
      warning(Code::kUnderscoreUsed, node.location,
              fmt::format("the variable {} has a value already and is compared here", name))
          .hint = "to ignore the value use _ or another name";
    }
    return;
  }
  scope_.bind(node.name, node.location);
  context.bound.push_back(node.name);
}

// A key or size within a pattern: an expression of variables that had values before the pattern, or
// that it bound from `visible_from` on.
void Linter::pattern_use(const Expr& node, const PatternContext& context, size_t visible_from) {
  hidden_names_ = std::span(context.bound).first(visible_from);
  guard_expr(node);
  hidden_names_ = {};
}

void Linter::pattern_map(const MapExpr& node, PatternContext& context) {
  if (node.base) {
    illegal_pattern(node, kind_text(node));
    return;
  }
  for (const MapField& field : node.fields) {
    if (!field.exact) {
      error(Code::kIllegalPattern, field.location, "in a pattern a key is followed by :=");
    }
    pattern_use(*field.key, context, context.bound.size());
    pattern(*field.value, context);
  }
}

void Linter::pattern_record(const RecordExpr& node, PatternContext& context) {
  if (node.base) {
    illegal_pattern(node, kind_text(node));
    return;
  }
  record_fields(use_record(node.name, node.location), node.fields);
  for (const RecordField& field : node.fields) {
    pattern(*field.value, context);
  }
}

void Linter::pattern_binary(const BinaryExpr& node, PatternContext& context) {
  size_t before = context.bound.size();
  for (uint32_t i = 0; i < node.segments.size(); ++i) {
    const Segment& segment = node.segments[i];
    if (segment.size) {
      pattern_use(*segment.size, context, before);
    }
    bool open_end = segment.type == SegmentType::kBinary && segment.size == nullptr;
    if (open_end && i + 1 < node.segments.size()) {
      error(Code::kIllegalPattern, segment.location,
            "only the last segment of a binary pattern may be of any size");
    }
    if (segment.value->kind == ExprKind::kString &&
        (segment.size || segment.type == SegmentType::kFloat ||
         segment.type == SegmentType::kBinary)) {
      error(Code::kIllegalPattern, segment.location,
            "a string in a binary pattern is of bytes or of utf8, utf16 or utf32, without a size");
    }
    bool simple =
        segment.value->kind == ExprKind::kVariable || segment.value->kind == ExprKind::kWildcard ||
        segment.value->kind == ExprKind::kString || is_constant_arithmetic(*segment.value);
    if (!simple) {
      illegal_pattern(*segment.value, "anything but a variable or a constant in a segment");
    } else {
      pattern(*segment.value, context);
    }
  }
}

void Linter::pattern_operator(const Operator& node, PatternContext& context) {
  if (node.op == BinaryOp::kAppend) {
    if (is_literal_prefix(*node.left)) {
      pattern(*node.right, context);
    } else {
      illegal_pattern(node, "++ behind anything but a literal");
    }
    return;
  }
  pattern_arithmetic(node);
}

void Linter::guard(Guard guard) {
  for (const Seq<Expr*>& alternative : guard) {
    for (const Expr* test : alternative) {
      guard_expr(*test);
    }
  }
}

void Linter::guard_expr(const Expr& node) {
  switch (node.kind) {
    case ExprKind::kInteger:
    case ExprKind::kFloat:
    case ExprKind::kChar:
    case ExprKind::kAtom:
    case ExprKind::kString:
      break;
    case ExprKind::kVariable:
      variable(as<Variable>(node));
      break;
    case ExprKind::kUnary:
      guard_expr(*as<Unary>(node).operand);
      break;
    case ExprKind::kOperator: {
      const Operator& op = as<Operator>(node);
      if (op.op == BinaryOp::kSend || op.op == BinaryOp::kAppend || op.op == BinaryOp::kSubtract) {
        error(Code::kIllegalGuard, node.location,
              fmt::format("{} cannot stand in a guard", spelling(op.op)));
      }
      guard_expr(*op.left);
      guard_expr(*op.right);
      break;
    }
    case ExprKind::kCall:
      guard_call(as<Call>(node));
      break;
    default:
      guard_term(node);
  }
}

void Linter::guard_call(const Call& node) {
  const Atom* name = try_as<Atom>(node.function);
  const Atom* module = try_as<Atom>(node.module);
  bool of_erlang = !node.module || (module && module->name.text() == "erlang");
  uint32_t arity = node.arguments.size();
  bool own = name && !node.module && functions_.contains(key_of(name->name, arity));
  bool known = name && is_guard_function(name->name.text(), arity) &&
               (node.module || is_auto_imported(name->name.text(), arity));
  if (!of_erlang || own || !known) {
    Diagnostic& diagnostic =
        error(Code::kIllegalGuard, node.location,
              name ? fmt::format("{}{}{}/{} cannot be called in a guard",
                                 module ? module->name.text() : std::string_view{},
                                 module ? ":" : "", name->name.text(), arity)
                   : std::string("a fun cannot be called in a guard"));
    diagnostic.hint = own ? "call it before, and test the result"
                          : "guards call only built-in tests and functions";
  }
  if (name) {
    record_test(node, name->name);
  }
  for (const Expr* argument : node.arguments) {
    guard_expr(*argument);
  }
}

void Linter::guard_term(const Expr& node) {
  switch (node.kind) {
    case ExprKind::kRecord:
      guard_record(as<RecordExpr>(node));
      [[fallthrough]];
    case ExprKind::kTuple:
    case ExprKind::kList:
    case ExprKind::kMap:
    case ExprKind::kRecordField:
    case ExprKind::kRecordIndex:
    case ExprKind::kBinary:
      term(node);
      for (const Expr* part : parts_of(node)) {
        guard_expr(*part);
      }
      break;
    default:
      error(Code::kIllegalGuard, node.location,
            fmt::format("{} cannot stand in a guard", kind_text(node)));
  }
}

// What a record is made of that is not written where it is made.
void Linter::guard_record(const RecordExpr& node) {
  if (node.base) {
    error(Code::kIllegalGuard, node.location, "a record cannot be updated in a guard");
    return;
  }
  auto found = records_.find(node.name);
  if (found == records_.end()) {
    return;
  }
  for (const RecordFieldDefinition& field : found->second.form->fields) {
    if (field.initial && !node.value_of(field.name)) {
      guard_expr(*field.initial);
    }
  }
}

}  // namespace parley
