// Forms: functions, their clauses, and what every module has.
#include <algorithm>

#include "compiler/passes/match.h"

namespace parley::compiler {

void Lowerer::declare_functions() {
  for (const ast::FunctionForm* form : tree_.functions) {
    line_ = {form->location.file, form->location.line};
    function_index_of_.try_emplace(name_and_arity(form->name.text(), form->arity),
                                   add_function(std::string(form->name.text()), form->arity));
  }
  for (const ast::ImportForm* form : tree_.imports) {
    for (const ast::FunctionReference& function : form->functions) {
      imported_from_.insert_or_assign(name_and_arity(function.name.text(), function.arity),
                                      std::string(form->module.text()));
    }
  }
}

void Lowerer::lower_module() {
  declare_functions();
  std::uint32_t index = 0;
  for (const ast::FunctionForm* form : tree_.functions) lower_function(*form, index++);
  lower_module_info();
  lower_behaviour_info();
}

void Lowerer::lower_function(const ast::FunctionForm& form, std::uint32_t index) {
  form_name_ = name_and_arity(form.name.text(), form.arity);
  generated_count_ = 0;
  line_ = {form.location.file, form.location.line};
  const Context context = enter_function(index);
  const std::size_t outside = mark();
  std::vector<Ref> arguments;
  for (std::uint32_t i = 0; i < form.arity; ++i) {
    arguments.push_back(new_value());
    fn_->blocks[1].parameters.push_back(arguments.back().as_value());
  }
  clauses_of_function(form.clauses, arguments, Shadowing::kNo);
  undo(outside);
  leave_function(context);
}

void Lowerer::clauses_of_function(ast::Seq<ast::Clause*> clauses, std::span<const Ref> arguments,
                                  Shadowing shadowing) {
  Join join = start_join(Position::kTail);
  Matcher matcher(
      *this, shadowing == Shadowing::kYes ? Matcher::Names::kShadow : Matcher::Names::kMayBeBound);
  std::vector<Matcher::Occurrence> roots;
  for (const Ref argument : arguments) roots.push_back(matcher.add_root(argument));
  for (const ast::Clause* clause : clauses) {
    matcher.add_clause(std::span(clause->patterns.begin(), clause->patterns.size()), roots,
                       &clause->guard);
  }
  const Line line = fn_->line;
  const BlockId fail = new_block();
  matcher.run(fail);
  go_on_in(fail);
  line_ = line;
  std::vector<Ref> all;
  for (const Value parameter : fn_->blocks[1].parameters) all.push_back(Ref::value(parameter));
  emit(Opcode::function_clause, std::span<const std::uint32_t>{}, all);
  clause_bodies(matcher, clauses, join);
}

// module_info/0 and module_info/1
void Lowerer::lower_module_info() {
  const Ref module = constants().atom(tree_.name.text());
  line_ = {};
  for (std::uint32_t arity = 0; arity < 2; ++arity) {
    const std::string key = name_and_arity("module_info", arity);
    if (function_index_of_.contains(key)) continue;
    const std::uint32_t index = add_function("module_info", arity);
    function_index_of_.emplace(key, index);
    const Context context = enter_function(index);
    std::vector<Ref> arguments{module};
    if (arity == 1) {
      arguments.push_back(new_value());
      fn_->blocks[1].parameters.push_back(arguments.back().as_value());
    }
    const Ref value = call_named("erlang", "get_module_info", arguments, Position::kTail);
    if (!value.none()) ret(value);
    leave_function(context);
  }
}

// behaviour_info(callbacks) and behaviour_info(optional_callbacks), where there are callbacks.
void Lowerer::lower_behaviour_info() {
  const std::string key = "behaviour_info/1";
  const bool declares =
      std::ranges::any_of(tree_.specs, [](const auto* spec) { return spec->is_callback; });
  if (!declares || function_index_of_.contains(key)) return;
  line_ = {};
  const std::uint32_t index = add_function("behaviour_info", 1);
  function_index_of_.emplace(key, index);
  const Context context = enter_function(index);
  const Ref asked[] = {new_value()};
  fn_->blocks[1].parameters.push_back(asked[0].as_value());
  const BlockId others = new_block(), none = new_block();
  comparison(ast::BinaryOp::kExactEqual, asked[0], constants().atom("callbacks"), others);
  ret(callbacks());
  go_on_in(others);
  comparison(ast::BinaryOp::kExactEqual, asked[0], constants().atom("optional_callbacks"), none);
  ret(optional_callbacks());
  go_on_in(none);
  emit(Opcode::function_clause, std::span<const std::uint32_t>{}, asked);
  leave_function(context);
}

Ref Lowerer::callback_item(ast::Name name, std::uint32_t arity) {
  return constants().tuple(
      {constants().atom(name.text()).bits, constants().integer(std::int64_t{arity}).bits});
}

Ref Lowerer::callbacks() {
  Ref list = constants().nil();
  for (auto at = tree_.specs.rbegin(); at != tree_.specs.rend(); ++at) {
    if (!(*at)->is_callback) continue;
    list = constants().cons(callback_item((*at)->name, (*at)->arity), list);
  }
  return list;
}

Ref Lowerer::optional_callbacks() {
  std::vector<ast::FunctionReference> all;
  for (const ast::Form* form : tree_.forms) {
    if (form->kind != ast::FormKind::kOptionalCallbacks) continue;
    for (const auto& each : static_cast<const ast::ExportForm*>(form)->functions) {
      all.push_back(each);
    }
  }
  Ref list = constants().nil();
  for (auto at = all.rbegin(); at != all.rend(); ++at) {
    list = constants().cons(callback_item(at->name, at->arity), list);
  }
  return list;
}

// '-expressions-'(Bindings) -> {Value, NewBindings}
void Lowerer::lower_expressions(std::span<const std::string> bound_names) {
  declare_functions();
  form_name_ = "expressions/1";
  const std::uint32_t index = add_function("-expressions-", 1);
  function_index_of_.emplace("-expressions-/1", index);
  const Context context = enter_function(index);
  const std::size_t outside = mark();
  const Ref bindings = new_value();
  fn_->blocks[1].parameters.push_back(bindings.as_value());
  for (const std::string& text : bound_names) {
    const ast::Name name = tree_.names.find(text);
    if (name.is_null()) continue;
    const Ref arguments[] = {constants().atom(text), bindings};
    bind(name, built_in("erlang", "map_get", arguments));
  }
  const std::size_t given = mark();
  const Ref value = body(tree_.expressions);
  std::vector<std::uint32_t> pairs;
  for (const auto& [name, ref] : bound_since(given)) {
    pairs.push_back(constants().atom(name.text()).bits);
    pairs.push_back(ref.bits);
  }
  Ref after = bindings;
  for (std::size_t from = 0; from < pairs.size(); from += 100) {
    after = put_map(after,
                    std::span(pairs).subspan(from, std::min<std::size_t>(100, pairs.size() - from)),
                    false);
  }
  const Ref result[] = {value, after};
  ret(make_tuple(result));
  undo(outside);
  leave_function(context);
  lower_module_info();
}

}  // namespace parley::compiler
