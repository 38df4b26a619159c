// receive: the loop over the mailbox, as isa.def draws it.
//
//   again:  loop_rec empty, message      (entered with a frame)
//           tests; what fails goes to next
//           remove_message; body
//   next:   loop_rec_end again
//   empty:  wait again                   or: wait_timeout again, T; the body of `after`
#include "compiler/passes/match.h"

namespace parley::compiler {

Ref Lowerer::receive(const ast::Receive& e, Position position) {
  Ref limit;
  if (e.timeout != nullptr) limit = expr(*e.timeout);
  set_line(e.location);
  fn_->has_loop = true;
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
