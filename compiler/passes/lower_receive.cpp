// receive: the loop over the mailbox, as isa.def draws it.
//
//   again:  loop_rec empty, message      (entered with a frame)
//           tests; what fails goes to next
//           remove_message; body
//   next:   loop_rec_end again
//   empty:  wait again                   or: wait_timeout again, T; the body of `after`
//
// Where each clause matches only messages that hold what a variable is bound to, `marker_use`
// stands before the loop: should that be a reference, older mail need not be looked at.
#include <algorithm>

#include "compiler/passes/match.h"

namespace parley::compiler {

// The names, bound before, whose values stand in every message that the pattern matches.
void Lowerer::demanded_names(const ast::Expr& pattern, std::vector<ast::Name>& out) const {
  switch (pattern.kind) {
    case ast::ExprKind::kVariable:
      if (const ast::Name name = ast::as<ast::Variable>(pattern).name;
          look_up(name).is_value() && std::find(out.begin(), out.end(), name) == out.end()) {
        out.push_back(name);
      }
      return;
    case ast::ExprKind::kTuple:
      for (const ast::Expr* each : ast::as<ast::Tuple>(pattern).elements) {
        demanded_names(*each, out);
      }
      return;
    case ast::ExprKind::kList: {
      const auto& list = ast::as<ast::ListExpr>(pattern);
      for (const ast::Expr* each : list.elements) demanded_names(*each, out);
      if (list.tail != nullptr) demanded_names(*list.tail, out);
      return;
    }
    case ast::ExprKind::kMatch:
      demanded_names(*ast::as<ast::Match>(pattern).pattern, out);
      demanded_names(*ast::as<ast::Match>(pattern).value, out);
      return;
    default: return;
  }
}

std::vector<ast::Name> Lowerer::demanded_by_all(std::span<ast::Clause* const> clauses) const {
  std::vector<ast::Name> common;
  if (clauses.empty()) return common;
  demanded_names(*clauses.front()->patterns.front(), common);
  for (const ast::Clause* clause : clauses.subspan(1)) {
    std::vector<ast::Name> names;
    demanded_names(*clause->patterns.front(), names);
    std::erase_if(common, [&](ast::Name name) {
      return std::find(names.begin(), names.end(), name) == names.end();
    });
  }
  return common;
}

Ref Lowerer::receive(const ast::Receive& e, Position position) {
  Ref limit;
  if (e.timeout != nullptr) limit = expr(*e.timeout);
  set_line(e.location);
  fn_->has_loop = true;
  for (const ast::Name name : demanded_by_all(std::span(e.clauses.begin(), e.clauses.size()))) {
    emit(Opcode::marker_use, {look_up(name).bits});
  }
  const BlockId again = new_block(), empty = new_block();
  fn_->blocks[again].framed = true;
  jump(again);
  go_on_in(again);
  Join join = start_join(position);
  if (!e.clauses.empty()) {
    const Ref message = new_value();
    emit(Opcode::loop_rec, {empty, message.bits});
    Matcher matcher(*this);
    const Matcher::Occurrence root = matcher.add_root(message);
    for (const ast::Clause* clause : e.clauses) {
      matcher.add_clause(std::span(clause->patterns.begin(), 1), std::span(&root, 1),
                         &clause->guard);
    }
    const BlockId next = new_block();
    matcher.run(next);
    go_on_in(next);
    emit(Opcode::loop_rec_end, {again});
    for (std::size_t i = 0; i < e.clauses.size(); ++i) {
      if (!matcher.enter(i)) continue;
      set_line(e.clauses[i]->location);
      emit(Opcode::remove_message, {0});
      finish(join, e.clauses[i]->body);
    }
    go_on_in(empty);
  } else {
    jump(empty);
    go_on_in(empty);
  }
  set_line(e.location);
  if (e.timeout == nullptr || constants().is_atom(limit, "infinity")) {
    emit(Opcode::wait, {again, 0});
  } else {
    emit(Opcode::wait_timeout, {again, limit.bits, 0});
    finish(join, e.after_body);
  }
  const Ref value = finish_join(join);
  return position == Position::kTail ? Ref{} : value;
}

}  // namespace parley::compiler
