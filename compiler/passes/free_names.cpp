// Which names a fun, a comprehension or a body uses from outside.
//
// What a pattern of a fun or of a generator binds hides the outer name within it. Names that are
// bound by a match inside are reported too when nothing outside hides them: they are not bound
// where the fun stands, and the caller keeps only what is.
#include <algorithm>

#include "compiler/passes/lower.h"

namespace parley::compiler {

using ast::Expr;
using ast::ExprKind;

namespace {

class Walker {
 public:
  std::vector<ast::Name> found;

  void visit(const Expr* e);
  template <class Exprs>
  void visit_all(const Exprs& exprs) {
    for (const Expr* e : exprs) visit(e);
  }
  void clauses(ast::Seq<ast::Clause*> clauses, bool hides);
  void fun(const ast::Fun& e) {
    const std::size_t before = hidden_.size();
    if (!e.name.is_null()) hidden_.push_back(e.name);
    clauses(e.clauses, true);
    hidden_.resize(before);
  }
  void comprehension(const ast::Comprehension& e);

 private:
  void hide(const Expr* pattern);
  void generator(const ast::Qualifier& qualifier);
  void visit_control(const Expr& e);  // what holds clauses, bodies or other expressions

  std::vector<ast::Name> hidden_;
};

// The variables that a pattern binds: all in it but those of sizes and keys.
void Walker::hide(const Expr* e) {
  if (e == nullptr) return;
  const auto hide_all = [&](const auto& exprs) {
    for (const Expr* part : exprs) hide(part);
  };
  switch (e->kind) {
    case ExprKind::kVariable:
      hidden_.push_back(ast::as<ast::Variable>(*e).name);
      return;
    case ExprKind::kTuple:
      return hide_all(ast::as<ast::Tuple>(*e).elements);
    case ExprKind::kList:
      hide_all(ast::as<ast::ListExpr>(*e).elements);
      return hide(ast::as<ast::ListExpr>(*e).tail);
    case ExprKind::kMap:
      for (const ast::MapField& field : ast::as<ast::MapExpr>(*e).fields) hide(field.value);
      return;
    case ExprKind::kRecord:
      for (const ast::RecordField& field : ast::as<ast::RecordExpr>(*e).fields) hide(field.value);
      return;
    case ExprKind::kBinary:
      for (const ast::Segment& segment : ast::as<ast::BinaryExpr>(*e).segments) hide(segment.value);
      return;
    case ExprKind::kMatch:
      hide(ast::as<ast::Match>(*e).pattern);
      return hide(ast::as<ast::Match>(*e).value);
    case ExprKind::kOperator:
      hide(ast::as<ast::Operator>(*e).left);
      return hide(ast::as<ast::Operator>(*e).right);
    default:
      return;
  }
}

void Walker::clauses(ast::Seq<ast::Clause*> clauses, bool hides) {
  for (const ast::Clause* clause : clauses) {
    const std::size_t before = hidden_.size();
    if (hides) {
      for (const Expr* pattern : clause->patterns) hide(pattern);
    }
    visit_all(clause->patterns);
    for (const ast::Seq<Expr*>& conjunction : clause->guard) visit_all(conjunction);
    visit_all(clause->body);
    hidden_.resize(before);
  }
}

void Walker::generator(const ast::Qualifier& qualifier) {
  hide(qualifier.pattern);
  hide(qualifier.value_pattern);
  visit(qualifier.pattern);
  visit(qualifier.value_pattern);
}

void Walker::comprehension(const ast::Comprehension& e) {
  const std::size_t before = hidden_.size();
  for (const ast::Qualifier& qualifier : e.qualifiers) {
    visit(qualifier.expr);
    for (const ast::Qualifier& part : qualifier.zipped) visit(part.expr);
    if (qualifier.kind == ast::QualifierKind::kFilter) continue;
    generator(qualifier);
    for (const ast::Qualifier& part : qualifier.zipped) generator(part);
  }
  visit(e.value);
  visit(e.key);
  hidden_.resize(before);
}

void Walker::visit(const Expr* e) {
  if (e == nullptr) return;
  switch (e->kind) {
    case ExprKind::kVariable: {
      const ast::Name name = ast::as<ast::Variable>(*e).name;
      if (std::ranges::find(hidden_, name) == hidden_.end() &&
          std::ranges::find(found, name) == found.end()) {
        found.push_back(name);
      }
      return;
    }
    case ExprKind::kTuple:
      return visit_all(ast::as<ast::Tuple>(*e).elements);
    case ExprKind::kList:
      visit_all(ast::as<ast::ListExpr>(*e).elements);
      return visit(ast::as<ast::ListExpr>(*e).tail);
    case ExprKind::kMap:
      visit(ast::as<ast::MapExpr>(*e).base);
      for (const ast::MapField& field : ast::as<ast::MapExpr>(*e).fields) {
        visit(field.key);
        visit(field.value);
      }
      return;
    case ExprKind::kRecord:
      visit(ast::as<ast::RecordExpr>(*e).base);
      for (const ast::RecordField& field : ast::as<ast::RecordExpr>(*e).fields) visit(field.value);
      return;
    case ExprKind::kRecordField:
      return visit(ast::as<ast::RecordAccess>(*e).record);
    case ExprKind::kBinary:
      for (const ast::Segment& segment : ast::as<ast::BinaryExpr>(*e).segments) {
        visit(segment.value);
        visit(segment.size);
      }
      return;
    case ExprKind::kInterpolation:
      for (const auto& part : ast::as<ast::Interpolation>(*e).parts) visit(part.expr);
      return;
    case ExprKind::kMatch:
      visit(ast::as<ast::Match>(*e).pattern);
      return visit(ast::as<ast::Match>(*e).value);
    case ExprKind::kMaybeMatch:
      visit(ast::as<ast::MaybeMatch>(*e).pattern);
      return visit(ast::as<ast::MaybeMatch>(*e).value);
    case ExprKind::kUnary:
      return visit(ast::as<ast::Unary>(*e).operand);
    case ExprKind::kOperator:
      visit(ast::as<ast::Operator>(*e).left);
      return visit(ast::as<ast::Operator>(*e).right);
    case ExprKind::kCall:
      visit(ast::as<ast::Call>(*e).module);
      visit(ast::as<ast::Call>(*e).function);
      return visit_all(ast::as<ast::Call>(*e).arguments);
    case ExprKind::kPipe:
      visit(ast::as<ast::Pipe>(*e).input);
      return visit(ast::as<ast::Pipe>(*e).call);
    default:
      return visit_control(*e);
  }
}

void Walker::visit_control(const Expr& node) {
  const Expr* e = &node;
  switch (e->kind) {
    case ExprKind::kBlock:
      return visit_all(ast::as<ast::Block>(*e).body);
    case ExprKind::kCase:
      visit(ast::as<ast::Case>(*e).subject);
      return clauses(ast::as<ast::Case>(*e).clauses, false);
    case ExprKind::kIf:
      return clauses(ast::as<ast::If>(*e).clauses, false);
    case ExprKind::kReceive:
      clauses(ast::as<ast::Receive>(*e).clauses, false);
      visit(ast::as<ast::Receive>(*e).timeout);
      return visit_all(ast::as<ast::Receive>(*e).after_body);
    case ExprKind::kTry:
      visit_all(ast::as<ast::Try>(*e).body);
      clauses(ast::as<ast::Try>(*e).of_clauses, false);
      clauses(ast::as<ast::Try>(*e).catch_clauses, false);
      return visit_all(ast::as<ast::Try>(*e).after_body);
    case ExprKind::kCatch:
      return visit(ast::as<ast::Catch>(*e).operand);
    case ExprKind::kMaybe:
      visit_all(ast::as<ast::Maybe>(*e).body);
      return clauses(ast::as<ast::Maybe>(*e).else_clauses, false);
    case ExprKind::kFun:
      return fun(ast::as<ast::Fun>(*e));
    case ExprKind::kFunExternal:
      visit(ast::as<ast::FunExternal>(*e).module);
      visit(ast::as<ast::FunExternal>(*e).function);
      return visit(ast::as<ast::FunExternal>(*e).arity);
    case ExprKind::kComprehension:
      return comprehension(ast::as<ast::Comprehension>(*e));
    default:
      return;
  }
}

}  // namespace

std::vector<ast::Name> free_names(const ast::Fun& fun) {
  Walker walker;
  walker.fun(fun);
  return walker.found;
}

std::vector<ast::Name> free_names(const ast::Comprehension& comprehension) {
  Walker walker;
  walker.comprehension(comprehension);
  return walker.found;
}

std::vector<ast::Name> free_names(ast::Seq<ast::Expr*> body) {
  Walker walker;
  walker.visit_all(body);
  return walker.found;
}

}  // namespace parley::compiler
