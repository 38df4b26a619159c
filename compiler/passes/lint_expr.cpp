// Expressions: where variables get values and where they are used. The rules are those of Erlang's
// linter: parts of one expression do not see each other's variables, clauses that all bind a
// variable export it, funs and comprehensions keep theirs.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/passes/lint_state.h"
#include "vm/isa/bif_table.h"

namespace parley {

using namespace ast;

void Linter::body(Seq<Expr*> list) {
  for (uint32_t i = 0; i < list.size(); ++i) {
    expr(*list[i]);
    if (i + 1 < list.size()) {
      unused_term(*list[i]);
    }
  }
}

// Warns where the value of an expression without effect is thrown away.
void Linter::unused_term(const Expr& node) {
  switch (node.kind) {
    case ExprKind::kAtom:
      if (shell_) {
        return;
      }
      break;
    case ExprKind::kInteger:
    case ExprKind::kFloat:
    case ExprKind::kChar:
    case ExprKind::kString:
    case ExprKind::kTuple:
    case ExprKind::kList:
    case ExprKind::kMap:
    case ExprKind::kBinary:
    case ExprKind::kInterpolation:
    case ExprKind::kFun:
    case ExprKind::kFunLocal:
    case ExprKind::kFunExternal:
    case ExprKind::kRecordIndex:
      break;
    case ExprKind::kOperator: {
      BinaryOp op = as<Operator>(node).op;
      if (op == BinaryOp::kSend || op == BinaryOp::kAndalso || op == BinaryOp::kOrelse) {
        return;
      }
      break;
    }
    case ExprKind::kCall: {
      const Call& called = as<Call>(node);
      const Atom* name = try_as<Atom>(called.function);
      const Atom* module = try_as<Atom>(called.module);
      bool own = name && !called.module &&
                 functions_.contains(key_of(name->name, called.arguments.size()));
      if (name == nullptr || own || (called.module && !module) ||
          (module && module->name.text() != "erlang")) {
        return;
      }
      const isa::BifRow* row = isa::find_bif("erlang", name->name.text(), called.arguments.size());
      if (row == nullptr || row->kind != BifKind::kGuard || row->effect != BifEffect::kPure) {
        return;
      }
      break;
    }
    default:
      return;
  }
  Diagnostic& diagnostic =
      warning(Code::kUnusedTerm, node.location, "the value of this expression is thrown away");
  if (node.kind == ExprKind::kCall || node.kind == ExprKind::kOperator) {
    diagnostic.hint = "write _ = before it if it is computed only to see whether it fails";
  }
}

// Expressions computed side by side: none sees the variables of another.
void Linter::parallel(const std::vector<const Expr*>& list) {
  std::vector<LintScope::Changes> parts;
  for (const Expr* node : list) {
    size_t mark = scope_.mark();
    expr(*node);
    if (scope_.mark() != mark) {
      parts.push_back(scope_.undo(mark));
    }
  }
  if (!parts.empty()) {
    scope_.merge_parallel(parts);
  }
}

void Linter::variable(const Variable& node) {
  if (std::ranges::find(hidden_names_, node.name) != hidden_names_.end()) {
    scope_.use(node.name);
    error(Code::kUnboundVariable, node.location,
          fmt::format("the variable {} gets its value in this very pattern", node.name.text()));
    return;
  }
  const LintScope::Slot& slot = scope_.at(node.name);
  switch (slot.state) {
    case LintScope::State::kBound:
      scope_.use(node.name);
      return;
    case LintScope::State::kUnsafe: {
      Diagnostic& diagnostic =
          error(Code::kUnsafeVariable, node.location,
                fmt::format("the variable {} may have no value here", node.name.text()));
      diagnostic.notes.push_back(
          {slot.construct, fmt::format("this {} binds it on some ways only", slot.construct_name)});
      scope_.use(node.name);
      return;
    }
    case LintScope::State::kUnbound: {
      std::vector<std::string_view> names;
      for (const LintScope::Binding& binding : scope_.bindings()) {
        if (scope_.at(binding.name).state == LintScope::State::kBound) {
          names.push_back(binding.name.text());
        }
      }
      Diagnostic& diagnostic =
          error(Code::kUnboundVariable, node.location,
                fmt::format("the variable {} has no value here", node.name.text()));
      if (std::string_view near = nearest_name(node.name.text(), names); !near.empty()) {
        diagnostic.hint = fmt::format("did you mean {}?", near);
      }
      return;
    }
  }
}

void Linter::expr(const Expr& node) {
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
    case ExprKind::kWildcard:
      error(Code::kIllegalExpression, node.location, "_ has no value");
      break;
    case ExprKind::kMatch:
      match(as<Match>(node));
      break;
    case ExprKind::kMaybeMatch: {
      expr(*as<MaybeMatch>(node).value);
      PatternContext context{PatternMode::kMatching, {}};
      pattern(*as<MaybeMatch>(node).pattern, context);
      break;
    }
    case ExprKind::kUnary:
      expr(*as<Unary>(node).operand);
      break;
    case ExprKind::kOperator: {
      const Operator& op = as<Operator>(node);
      if (op.op == BinaryOp::kAndalso || op.op == BinaryOp::kOrelse) {
        short_circuit(op);
      } else {
        if (options_.dialect && (op.op == BinaryOp::kAnd || op.op == BinaryOp::kOr)) {
          bool conjunction = op.op == BinaryOp::kAnd;
          warning(Code::kStrictBoolean, node.location,
                  fmt::format("{} computes both sides", spelling(op.op)))
              .hint = conjunction ? "use andalso" : "use orelse";
        }
        parallel({op.left, op.right});
      }
      break;
    }
    default:
      data(node);
  }
}

void Linter::data(const Expr& node) {
  switch (node.kind) {
    case ExprKind::kTuple:
    case ExprKind::kList:
    case ExprKind::kMap:
    case ExprKind::kRecord:
    case ExprKind::kRecordField:
    case ExprKind::kRecordIndex:
    case ExprKind::kBinary:
    case ExprKind::kInterpolation:
      term(node);
      parallel(parts_of(node));
      break;
    default:
      control(node);
  }
}

// What holds of a term whatever its parts are: records and fields exist, keys are not given twice.
void Linter::term(const Expr& node) {
  switch (node.kind) {
    case ExprKind::kMap:
      map_keys(as<MapExpr>(node));
      break;
    case ExprKind::kRecord: {
      const RecordExpr& record = as<RecordExpr>(node);
      record_fields(use_record(record.name, node.location), record.fields);
      break;
    }
    case ExprKind::kRecordField: {
      const RecordAccess& access = as<RecordAccess>(node);
      use_field(use_record(access.name, node.location), access.field, access.field_location);
      break;
    }
    case ExprKind::kRecordIndex: {
      const RecordIndex& index = as<RecordIndex>(node);
      use_field(use_record(index.name, node.location), index.field, index.field_location);
      break;
    }
    default:
      break;
  }
}

void Linter::control(const Expr& node) {
  switch (node.kind) {
    case ExprKind::kCall:
      call(as<Call>(node));
      break;
    case ExprKind::kPipe:
      expr(*as<Pipe>(node).input);
      in_pipe_ = true;
      call(*as<Pipe>(node).call);
      break;
    case ExprKind::kBlock:
      body(as<Block>(node).body);
      break;
    case ExprKind::kCase:
      case_expr(as<Case>(node));
      break;
    case ExprKind::kIf:
      if_expr(as<If>(node));
      break;
    case ExprKind::kReceive:
      receive(as<Receive>(node));
      break;
    case ExprKind::kTry:
      try_expr(as<Try>(node));
      break;
    case ExprKind::kCatch: {
      size_t mark = scope_.mark();
      expr(*as<Catch>(node).operand);
      scope_.make_unsafe(mark, node.location, "catch");
      if (options_.dialect) {
        warning(Code::kOldCatch, node.location, "the old catch hides what went wrong").hint =
            "use try ... catch Class:Reason -> ... end";
      }
      break;
    }
    case ExprKind::kMaybe:
      maybe(as<Maybe>(node));
      break;
    case ExprKind::kFun:
      fun(as<Fun>(node));
      break;
    case ExprKind::kFunLocal:
      if (!shell_) {
        reference(as<FunLocal>(node).name, as<FunLocal>(node).arity, node.location);
      }
      break;
    case ExprKind::kFunExternal:
      parallel({as<FunExternal>(node).module, as<FunExternal>(node).function,
                as<FunExternal>(node).arity});
      break;
    case ExprKind::kComprehension:
      comprehension(as<Comprehension>(node));
      break;
    default:
      break;
  }
}

void Linter::match(const Match& node) {
  expr(*node.value);
  PatternContext context{PatternMode::kMatching, {}};
  pattern(*node.pattern, context);
}

void Linter::short_circuit(const Operator& node) {
  expr(*node.left);
  size_t mark = scope_.mark();
  expr(*node.right);
  scope_.make_unsafe(mark, node.location, spelling(node.op));
}

// Patterns, guard and body; everything that they bind stays until the caller undoes it.
void Linter::clause(const Clause& node, PatternMode mode, std::string_view where) {
  PatternContext context{mode, where};
  for (const Expr* each : node.patterns) {
    pattern(*each, context);
  }
  guard(node.guard);
  body(node.body);
}

LintScope::Changes Linter::branch(const Clause& node) {
  size_t mark = scope_.mark();
  clause(node, PatternMode::kMatching, {});
  return scope_.undo(mark);
}

void Linter::case_expr(const Case& node) {
  expr(*node.subject);
  unreachable_clauses(node.clauses);
  std::vector<LintScope::Changes> branches;
  for (const Clause* each : node.clauses) {
    branches.push_back(branch(*each));
  }
  scope_.merge_branches(branches, node.location, "case");
}

void Linter::if_expr(const If& node) {
  std::vector<LintScope::Changes> branches;
  for (const Clause* each : node.clauses) {
    branches.push_back(branch(*each));
  }
  scope_.merge_branches(branches, node.location, "if");
}

void Linter::receive(const Receive& node) {
  std::vector<LintScope::Changes> branches;
  unreachable_clauses(node.clauses);
  for (const Clause* each : node.clauses) {
    branches.push_back(branch(*each));
  }
  if (node.timeout) {
    // The time is computed before the wait, so its variables are seen after it only.
    size_t mark = scope_.mark();
    expr(*node.timeout);
    body(node.after_body);
    branches.push_back(scope_.undo(mark));
  }
  scope_.merge_branches(branches, node.location, "receive");
}

void Linter::try_expr(const Try& node) {
  size_t start = scope_.mark();
  body(node.body);
  std::vector<LintScope::Changes> branches;
  for (const Clause* each : node.of_clauses) {
    branches.push_back(branch(*each));
  }
  scope_.make_unsafe(start, node.location, "try");
  for (const Clause* each : node.catch_clauses) {
    const Variable* trace = try_as<Variable>(each->patterns.back());
    if (each->patterns.size() > 2 && trace &&
        scope_.at(trace->name).state != LintScope::State::kUnbound) {
      error(Code::kIllegalPattern, trace->location,
            fmt::format("{} has a value, and a stack trace is not compared", trace->name.text()));
    }
    branches.push_back(branch(*each));
  }
  size_t mark = scope_.mark();
  scope_.merge_branches(branches, node.location, "try");
  scope_.make_unsafe(mark, node.location, "try");
  mark = scope_.mark();
  body(node.after_body);
  scope_.make_unsafe(mark, node.location, "try");
}

void Linter::maybe(const Maybe& node) {
  size_t mark = scope_.mark();
  body(node.body);
  scope_.make_unsafe(mark, node.location, "maybe");
  std::vector<LintScope::Changes> branches;
  for (const Clause* each : node.else_clauses) {
    branches.push_back(branch(*each));
  }
  mark = scope_.mark();
  scope_.merge_branches(branches, node.location, "maybe");
  scope_.make_unsafe(mark, node.location, "maybe");
}

// A new variable that hides one of the same name.
void Linter::bind_name(Name name, Location place) {
  if (scope_.at(name).state != LintScope::State::kUnbound) {
    scope_.hide(name);
  }
  scope_.bind(name, place);
}

void Linter::fun(const Fun& node) {
  size_t outer = scope_.mark();
  if (node.name) {
    bind_name(node.name, node.name_location);
  }
  for (const Clause* each : node.clauses) {
    size_t mark = scope_.mark();
    clause(*each, PatternMode::kFresh, "fun");
    scope_.undo(mark);
  }
  scope_.undo(outer);
}

void Linter::generator(const Qualifier& node) {
  PatternContext context{PatternMode::kFresh, "generator"};
  pattern(*node.pattern, context);
  if (node.value_pattern) {
    pattern(*node.value_pattern, context);
  }
  const BinaryExpr* bits = try_as<BinaryExpr>(node.pattern);
  if (node.kind == QualifierKind::kBinary && bits && !bits->segments.empty()) {
    const Segment& last = bits->segments.back();
    if (last.type == SegmentType::kBinary && last.size == nullptr) {
      error(Code::kIllegalPattern, last.location, "in a generator each segment needs a size");
    }
  }
}

void Linter::comprehension(const Comprehension& node) {
  size_t outer = scope_.mark();
  for (const Qualifier& qualifier : node.qualifiers) {
    // What the source binds is seen by nobody.
    auto source = [&](const Qualifier& each) {
      size_t mark = scope_.mark();
      expr(*each.expr);
      scope_.undo(mark);
    };
    if (qualifier.kind == QualifierKind::kFilter) {
      expr(*qualifier.expr);
    } else if (qualifier.kind == QualifierKind::kZip) {
      std::ranges::for_each(qualifier.zipped, source);
      for (const Qualifier& each : qualifier.zipped) {
        generator(each);
      }
    } else {
      source(qualifier);
      generator(qualifier);
    }
  }
  if (node.key) {
    parallel({node.key, node.value});
  } else {
    expr(*node.value);
  }
  scope_.undo(outer);
}

void Linter::map_keys(const MapExpr& node) {
  std::vector<Name> atom_keys;
  for (const MapField& field : node.fields) {
    if (field.exact && node.base == nullptr) {
      error(Code::kIllegalExpression, field.location, ":= updates a map, and there is none here")
          .hint = "a new map is written with =>";
    }
    if (const Atom* key = try_as<Atom>(field.key)) {
      if (std::ranges::find(atom_keys, key->name) != atom_keys.end()) {
        warning(Code::kDuplicateKey, field.key->location,
                fmt::format("the key {} stands twice", key->name.text()));
      }
      atom_keys.push_back(key->name);
    }
  }
}

}  // namespace parley
