// Funs: a fun is a function whose free variables follow its arguments.
#include <algorithm>

#include "compiler/passes/match.h"

namespace parley::compiler {

using ast::ExprKind;

Lowerer::Context Lowerer::enter_function(std::uint32_t index) {
  Context outer{fn_,        block_,      handler_,   guard_fail_, epoch_, function_index_,
                self_name_, self_arity_, self_free_, self_value_, line_};
  fn_ = module_.functions[index].get();
  fn_->line = line_;
  function_index_ = index;
  epoch_ = ++epochs_;
  handler_ = 0;
  guard_fail_ = 0;
  self_name_ = {};
  self_free_.clear();
  self_value_ = {};
  block_ = new_block();
  return outer;
}

void Lowerer::leave_function(Context outer) {
  fn_ = outer.fn;
  block_ = outer.block;
  handler_ = outer.handler;
  guard_fail_ = outer.guard_fail;
  epoch_ = outer.epoch;
  function_index_ = outer.function_index;
  self_name_ = outer.self_name;
  self_arity_ = outer.self_arity;
  self_free_ = std::move(outer.self_free);
  self_value_ = outer.self_value;
  line_ = outer.line;
}

std::string Lowerer::generated_name(std::string_view what) {
  return "-" + form_name_ + "-" + std::string(what) + "-" + std::to_string(generated_count_++) +
         "-";
}

std::uint32_t Lowerer::add_function(std::string name, std::uint32_t arity) {
  auto function = std::make_unique<FunctionIr>();
  function->name = std::move(name);
  function->arity = arity;
  function->line = line_;
  module_.functions.push_back(std::move(function));
  return static_cast<std::uint32_t>(module_.functions.size() - 1);
}

// Those of the names that are bound here; values that the new function must be given are put into
// `values`, constants need not be.
Lowerer::Bindings Lowerer::captured(std::span<const ast::Name> names,
                                    std::vector<Ref>& values) const {
  Bindings bindings;
  for (const ast::Name name : names) {
    const Ref ref = look_up(name);
    if (ref.none()) continue;
    bindings.emplace_back(name, ref);
    if (ref.is_value() && std::ranges::find(values, ref) == values.end()) values.push_back(ref);
  }
  return bindings;
}

// Parameters for captured values, after `from` others, and their names bound to them.
std::vector<Ref> Lowerer::bind_free(const Bindings& bindings) {
  std::vector<std::pair<Ref, Ref>> parameter_of;
  std::vector<Ref> parameters;
  for (const auto& [name, ref] : bindings) {
    if (ref.is_constant()) {
      bind(name, ref);
      continue;
    }
    const auto at = std::ranges::find(parameter_of, ref, &std::pair<Ref, Ref>::first);
    if (at != parameter_of.end()) {
      bind(name, at->second);
      continue;
    }
    const Ref parameter = new_value();
    fn_->blocks[1].parameters.push_back(parameter.as_value());
    parameter_of.emplace_back(ref, parameter);
    parameters.push_back(parameter);
    bind(name, parameter);
  }
  return parameters;
}

Ref Lowerer::make_fun(std::uint32_t lambda, std::span<const Ref> free) {
  const Ref value = new_value();
  std::vector<std::uint32_t> words{lambda, value.bits, 0};
  for (const Ref ref : free) words.push_back(ref.bits);
  emit(Opcode::make_fun, words);
  return value;
}

Ref Lowerer::fun(const ast::Fun& e) {
  const std::vector<ast::Name> names = free_names(e);
  std::vector<Ref> free;
  const Bindings bindings = captured(names, free);
  const auto arity = static_cast<std::uint32_t>(e.clauses[0]->patterns.size());
  const std::uint32_t index =
      add_function(generated_name("fun"), arity + static_cast<std::uint32_t>(free.size()));
  const auto lambda = static_cast<std::uint32_t>(module_.lambdas.size());
  module_.lambdas.push_back({index, arity, static_cast<std::uint32_t>(free.size())});

  const Context context = enter_function(index);
  const std::size_t outside = mark();
  std::vector<Ref> arguments;
  for (std::uint32_t i = 0; i < arity; ++i) {
    arguments.push_back(new_value());
    fn_->blocks[1].parameters.push_back(arguments.back().as_value());
  }
  const std::vector<Ref> parameters = bind_free(bindings);
  if (!e.name.is_null()) {
    self_name_ = e.name;
    self_arity_ = arity;
    self_free_ = parameters;
    self_value_ = make_fun(lambda, parameters);
    bind(e.name, self_value_);
  }
  clauses_of_function(e.clauses, arguments, Shadowing::kYes);
  undo(outside);
  leave_function(context);
  return make_fun(lambda, free);
}

// `fun f/1`: a lambda whose code is the function itself.
std::uint32_t Lowerer::wrapper_lambda(std::uint32_t function, std::uint32_t arity) {
  const auto [at, added] =
      wrapper_of_.try_emplace(function, static_cast<std::uint32_t>(module_.lambdas.size()));
  if (added) module_.lambdas.push_back({function, arity, 0});
  return at->second;
}

Ref Lowerer::fun_local(const ast::FunLocal& e) {
  const std::string key = name_and_arity(e.name.text(), e.arity);
  if (const auto at = function_index_of_.find(key); at != function_index_of_.end()) {
    return make_fun(wrapper_lambda(at->second, e.arity), {});
  }
  const auto imported = imported_from_.find(key);
  const std::string module = imported != imported_from_.end() ? imported->second : "erlang";
  const Ref arguments[] = {constants().atom(module), constants().atom(e.name.text()),
                           constants().integer(e.arity)};
  return call_named("erlang", "make_fun", arguments, Position::kValue);
}

Ref Lowerer::fun_external(const ast::FunExternal& e) {
  const Ref module = expr(*e.module);
  const Ref function = expr(*e.function);
  const Ref arity = expr(*e.arity);
  const Ref arguments[] = {module, function, arity};
  set_line(e.location);
  return call_named("erlang", "make_fun", arguments, Position::kValue);
}

}  // namespace parley::compiler
