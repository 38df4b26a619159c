// case, if, maybe.
#include "compiler/passes/match.h"

namespace parley::compiler {

using ast::ExprKind;

// The bodies of the clauses of a matcher that has run.
void Lowerer::clause_bodies(Matcher& matcher, ast::Seq<ast::Clause*> clauses, Join& join) {
  for (std::size_t i = 0; i < clauses.size(); ++i) {
    if (matcher.enter(i)) finish(join, clauses[i]->body);
  }
}

Ref Lowerer::case_of(const ast::Case& e, Position position) {
  if (is_test(*e.subject) && boolean_clauses(e)) return boolean_case(e, position);
  const bool split = split_subject(e);
  std::vector<Ref> subjects;
  if (split)
    subjects = arguments_of(ast::as<ast::Tuple>(*e.subject).elements);
  else
    subjects.push_back(expr(*e.subject));
  set_line(e.location);
  Join join = start_join(position);
  Matcher matcher(*this);
  std::vector<Matcher::Occurrence> roots;
  for (const Ref subject : subjects) roots.push_back(matcher.add_root(subject));
  for (const ast::Clause* clause : e.clauses) {
    if (!split) {
      matcher.add_clause(std::span(clause->patterns.begin(), 1), roots, &clause->guard);
    } else if (const auto* tuple = ast::try_as<ast::Tuple>(clause->patterns[0])) {
      matcher.add_clause(std::span(tuple->elements.begin(), tuple->elements.size()), roots,
                         &clause->guard);
    } else {
      matcher.add_clause({}, {}, &clause->guard);
    }
  }
  const BlockId fail = new_block();
  matcher.run(fail);
  go_on_in(fail);
  const Ref subject = split ? make_tuple(subjects) : subjects[0];
  emit(Opcode::case_clause, {subject.bits});
  clause_bodies(matcher, e.clauses, join);
  const Ref value = finish_join(join);
  return position == Position::kTail ? Ref{} : value;
}

// case {A, B} of {P, Q} -> ... builds no tuple.
bool Lowerer::split_subject(const ast::Case& e) const {
  const auto* subject = ast::try_as<ast::Tuple>(e.subject);
  if (subject == nullptr || subject->elements.size() > 16) return false;
  for (const ast::Clause* clause : e.clauses) {
    const Expr* pattern = clause->patterns[0];
    if (pattern->kind == ExprKind::kWildcard) continue;
    const auto* tuple = ast::try_as<ast::Tuple>(pattern);
    if (tuple == nullptr || tuple->elements.size() != subject->elements.size()) return false;
  }
  return true;
}

// Whether the clauses are `true` and `false`, or one of them and `_`, without guards.
bool Lowerer::boolean_clauses(const ast::Case& e) const {
  if (e.clauses.size() != 2) return false;
  for (const ast::Clause* clause : e.clauses) {
    if (!clause->guard.empty()) return false;
  }
  const auto is = [](const Expr* pattern, std::string_view text) {
    const auto* atom = ast::try_as<ast::Atom>(pattern);
    return atom != nullptr && atom->name.text() == text;
  };
  const Expr *first = e.clauses[0]->patterns[0], *second = e.clauses[1]->patterns[0];
  const bool any = second->kind == ExprKind::kWildcard;
  return (is(first, "true") && (any || is(second, "false"))) ||
         (is(first, "false") && (any || is(second, "true")));
}

// A condition whose answer is only asked for needs no value.
Ref Lowerer::boolean_case(const ast::Case& e, Position position) {
  const bool true_first = ast::as<ast::Atom>(*e.clauses[0]->patterns[0]).name.text() == "true";
  const BlockId is_false = new_block();
  test(*e.subject, is_false, 0);
  Join join = start_join(position);
  finish(join, e.clauses[true_first ? 0 : 1]->body);
  go_on_in(is_false);
  finish(join, e.clauses[true_first ? 1 : 0]->body);
  const Ref value = finish_join(join);
  return position == Position::kTail ? Ref{} : value;
}

Ref Lowerer::if_of(const ast::If& e, Position position) {
  Join join = start_join(position);
  Matcher matcher(*this);
  for (const ast::Clause* clause : e.clauses) matcher.add_clause({}, {}, &clause->guard);
  const BlockId fail = new_block();
  matcher.run(fail);
  go_on_in(fail);
  emit(Opcode::if_clause, {});
  clause_bodies(matcher, e.clauses, join);
  const Ref value = finish_join(join);
  return position == Position::kTail ? Ref{} : value;
}

// Each `P ?= E` that does not match leaves with its value, to the else clauses where there are any.
Ref Lowerer::maybe(const ast::Maybe& e, Position position) {
  Join join = start_join(position);
  join.exports = false;
  const BlockId otherwise = new_block();
  const Ref left_with = new_value();
  fn_->blocks[otherwise].parameters.push_back(left_with.as_value());
  for (std::size_t i = 0; i < e.body.size(); ++i) {
    const bool is_last = i + 1 == e.body.size();
    const auto* conditional = ast::try_as<ast::MaybeMatch>(e.body[i]);
    if (conditional == nullptr) {
      if (!is_last)
        expr(*e.body[i]);
      else if (position == Position::kTail)
        tail(*e.body[i]);
      else
        end_branch(join, expr(*e.body[i]));
      continue;
    }
    const Ref value = expr(*conditional->value);
    set_line(conditional->location);
    Matcher matcher(*this);
    const Matcher::Occurrence root = matcher.add_root(value);
    matcher.add_clause(std::span(&conditional->pattern, 1), std::span(&root, 1), nullptr);
    const BlockId fail = new_block();
    matcher.run(fail);
    go_on_in(fail);
    const Ref values[] = {value};
    jump(otherwise, values);
    if (!matcher.enter(0)) go_on_in(new_block());
    if (is_last) end_branch(join, value);
  }
  undo(join.mark);
  go_on_in(otherwise);
  if (e.else_clauses.empty()) {
    end_branch(join, left_with);
  } else {
    Matcher matcher(*this);
    const Matcher::Occurrence root = matcher.add_root(left_with);
    for (const ast::Clause* clause : e.else_clauses) {
      matcher.add_clause(std::span(clause->patterns.begin(), 1), std::span(&root, 1),
                         &clause->guard);
    }
    const BlockId fail = new_block();
    matcher.run(fail);
    go_on_in(fail);
    raise_error("else_clause", left_with);
    clause_bodies(matcher, e.else_clauses, join);
  }
  const Ref value = finish_join(join);
  return position == Position::kTail ? Ref{} : value;
}

}  // namespace parley::compiler
