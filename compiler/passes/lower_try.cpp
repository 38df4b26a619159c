// try, catch, after: regions of blocks whose throws continue at a handler.
//
// Entering a region costs nothing: a block knows its handler, and the handler is entered with
// class, reason and raw trace as its three parameters. Blocks made inside a region inherit its
// handler (new_block), so a region must be entered and left by a jump to a fresh block.
#include "compiler/passes/match.h"

namespace parley::compiler {

BlockId Lowerer::new_handler() {
  const BlockId handler = new_block();
  Block& block = fn_->blocks[handler];
  block.is_handler = true;
  block.framed = true;
  for (int i = 0; i < 3; ++i) block.parameters.push_back(fn_->new_value());
  return handler;
}

BlockId Lowerer::enter_region(BlockId handler) {
  const BlockId outer = handler_;
  handler_ = handler;
  const BlockId start = new_block();
  fn_->blocks[start].framed = true;
  jump(start);
  block_ = start;
  return outer;
}

void Lowerer::leave_region(BlockId outer) {
  handler_ = outer;
  const BlockId after = new_block();
  jump(after);
  block_ = after;
}

Ref Lowerer::old_catch(const ast::Catch& e) {
  Join join = start_join(Position::kValue);
  const BlockId handler = new_handler();
  const BlockId outer = enter_region(handler);
  const Ref value = expr(*e.operand);
  leave_region(outer);
  end_branch(join, value);
  join.exports = false;
  go_on_in(handler);
  const Ref caught = new_value();
  const std::vector<Value> thrown = fn_->blocks[handler].parameters;
  const std::uint32_t words[] = {caught.bits, 0};
  const Ref parts[] = {Ref::value(thrown[0]), Ref::value(thrown[1]), Ref::value(thrown[2])};
  emit(Opcode::catch_value, words, parts);
  end_branch(join, caught);
  return finish_join(join);
}

Ref Lowerer::try_of(const ast::Try& e, Position position) {
  return e.after_body.empty() ? try_catch(e, position) : try_after(e);
}

// try Body of ... catch ... end
Ref Lowerer::try_catch(const ast::Try& e, Position position) {
  Join join = start_join(position);
  join.exports = false;
  const BlockId handler = e.catch_clauses.empty() ? 0 : new_handler();
  const BlockId outer = handler != 0 ? enter_region(handler) : handler_;
  const Ref value = body(e.body);
  if (handler != 0) leave_region(outer);
  if (e.of_clauses.empty()) {
    end_branch(join, value);
  } else {
    set_line(e.location);
    Matcher matcher(*this);
    const Matcher::Occurrence root = matcher.add_root(value);
    for (const ast::Clause* clause : e.of_clauses) {
      matcher.add_clause(std::span(clause->patterns.begin(), 1), std::span(&root, 1),
                         &clause->guard);
    }
    const BlockId fail = new_block();
    matcher.run(fail);
    go_on_in(fail);
    emit(Opcode::try_clause, {value.bits});
    clause_bodies(matcher, e.of_clauses, join);
  }
  undo(join.mark);
  if (handler != 0) catch_clauses(e, handler, join);
  const Ref result = finish_join(join);
  return position == Position::kTail ? Ref{} : result;
}

void Lowerer::catch_clauses(const ast::Try& e, BlockId handler, Join& join) {
  go_on_in(handler);
  const std::vector<Value> thrown = fn_->blocks[handler].parameters;
  Matcher matcher(*this);
  std::vector<Matcher::Occurrence> roots;
  for (int i = 0; i < 3; ++i) roots.push_back(matcher.add_root(Ref::value(thrown[i])));
  for (const ast::Clause* clause : e.catch_clauses) {
    matcher.add_clause(std::span(clause->patterns.begin(), 2), roots, &clause->guard);
  }
  const BlockId fail = new_block();
  matcher.run(fail);
  go_on_in(fail);
  emit(Opcode::raise, {thrown[0], thrown[1], thrown[2]});
  for (std::size_t i = 0; i < e.catch_clauses.size(); ++i) {
    if (!matcher.enter(i)) continue;
    if (const auto* name = ast::try_as<ast::Variable>(e.catch_clauses[i]->patterns[2])) {
      const Ref trace = new_value();
      emit(Opcode::build_stacktrace, {thrown[2], trace.bits, 0});
      bind(name->name, trace);
    }
    finish(join, e.catch_clauses[i]->body);
  }
}

// The body of `after` runs on both ways out. It is a function of its own, called from each, so that
// nesting does not double code at each level.
Ref Lowerer::try_after(const ast::Try& e) {
  std::vector<Ref> free;
  const std::vector<ast::Name> names = free_names(e.after_body);
  const Bindings bindings = captured(names, free);
  const std::uint32_t index =
      add_function(generated_name("after"), static_cast<std::uint32_t>(free.size()));
  const Context context = enter_function(index);
  const std::size_t outside = mark();
  fn_->blocks[1].parameters.clear();
  bind_free(bindings);
  tail_body(e.after_body);
  undo(outside);
  leave_function(context);

  Join join = start_join(Position::kValue);
  join.exports = false;
  const BlockId handler = new_handler();
  const BlockId outer = enter_region(handler);
  const Ref value = try_catch(e, Position::kValue);
  leave_region(outer);
  set_line(e.location);
  call_local(index, free, Position::kValue);
  end_branch(join, value);
  go_on_in(handler);
  const std::vector<Value> thrown = fn_->blocks[handler].parameters;
  call_local(index, free, Position::kValue);
  emit(Opcode::raise, {thrown[0], thrown[1], thrown[2]});
  return finish_join(join);
}

}  // namespace parley::compiler
