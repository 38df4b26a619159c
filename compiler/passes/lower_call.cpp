// Calls: what a name means, and which instruction calls it.
#include <algorithm>

#include "compiler/passes/builtin_names.h"
#include "compiler/passes/builtins.h"
#include "compiler/passes/lower.h"

namespace parley::compiler {

using ast::ExprKind;

std::vector<Ref> Lowerer::arguments_of(ast::Seq<Expr*> exprs) {
  std::vector<Ref> arguments;
  arguments.reserve(exprs.size());
  for (const Expr* e : exprs) arguments.push_back(expr(*e));
  return arguments;
}

// Whether a call means a function of `erlang`, by module or as an automatic import.
bool Lowerer::resolves_to_erlang(const ast::Call& e, std::string_view& name) const {
  const auto* function = ast::try_as<ast::Atom>(e.function);
  if (function == nullptr) return false;
  name = function->name.text();
  if (e.module != nullptr) {
    const auto* module = ast::try_as<ast::Atom>(e.module);
    return module != nullptr && module->name.text() == "erlang";
  }
  const std::string key = name_and_arity(name, e.arguments.size());
  return !function_index_of_.contains(key) && !imported_from_.contains(key) &&
         (is_auto_imported(name, static_cast<std::uint32_t>(e.arguments.size())));
}

Ref Lowerer::call(const ast::Call& e, Position position) {
  std::string_view erlang_name;
  if (resolves_to_erlang(e, erlang_name)) {
    if (is_test(e)) return test_as_value(e);
    if (erlang_name == "is_record" && e.arguments.size() == 2 &&
        e.arguments[1]->kind == ExprKind::kAtom) {
      return test_as_value(e);
    }
  }
  const auto* function = ast::try_as<ast::Atom>(e.function);
  if (e.module == nullptr && function != nullptr && function->name.text() == "record_info" &&
      e.arguments.size() == 2) {
    return record_info(e);
  }
  if (function == nullptr || (e.module != nullptr && e.module->kind != ExprKind::kAtom)) {
    std::vector<Ref> callee;  // module and function, or the fun, come first
    if (e.module != nullptr) callee.push_back(expr(*e.module));
    callee.push_back(expr(*e.function));
    const std::vector<Ref> arguments = arguments_of(e.arguments);
    set_line(e.location);
    if (e.module != nullptr) return call_dynamic(callee[0], callee[1], arguments, position);
    if (const auto* variable = ast::try_as<ast::Variable>(e.function);
        variable != nullptr && variable->name == self_name_ && self_arity_ == arguments.size() &&
        callee[0] == self_value_) {
      std::vector<Ref> all = arguments;
      all.insert(all.end(), self_free_.begin(), self_free_.end());
      return call_local(function_index_, all, position);
    }
    return call_value(callee[0], arguments, position);
  }
  const std::vector<Ref> arguments = arguments_of(e.arguments);
  set_line(e.location);
  return call_with(e, arguments, position);
}

Ref Lowerer::pipe(const ast::Pipe& e, Position position) {
  const Ref input = expr(*e.input);
  std::vector<Ref> callee;
  const ast::Call& call = *e.call;
  if (call.module != nullptr && call.module->kind != ExprKind::kAtom) {
    callee.push_back(expr(*call.module));
  }
  if (call.function->kind != ExprKind::kAtom) callee.push_back(expr(*call.function));
  std::vector<Ref> arguments;
  for (std::size_t i = 0; i < call.arguments.size(); ++i) {
    arguments.push_back(i == e.hole ? input : expr(*call.arguments[i]));
  }
  set_line(call.location);
  if (callee.empty()) return call_with(call, arguments, position);
  if (call.module == nullptr) return call_value(callee[0], arguments, position);
  const Ref module = call.module->kind == ExprKind::kAtom ? expr(*call.module) : callee[0];
  const Ref name = call.function->kind == ExprKind::kAtom ? expr(*call.function) : callee.back();
  return call_dynamic(module, name, arguments, position);
}

// A call whose module and function are atoms.
Ref Lowerer::call_with(const ast::Call& e, std::span<const Ref> arguments, Position position) {
  const std::string_view name = ast::as<ast::Atom>(*e.function).name.text();
  if (e.module != nullptr) {
    return call_named(ast::as<ast::Atom>(*e.module).name.text(), name, arguments, position);
  }
  const std::string key = name_and_arity(name, arguments.size());
  if (const auto at = function_index_of_.find(key); at != function_index_of_.end()) {
    return call_local(at->second, arguments, position);
  }
  if (const auto at = imported_from_.find(key); at != imported_from_.end()) {
    return call_named(at->second, name, arguments, position);
  }
  if (is_auto_imported(name, static_cast<std::uint32_t>(arguments.size()))) {
    return call_named("erlang", name, arguments, position);
  }
  problem(e.location, "function " + key + " is undefined");
  return constants().nil();
}

Ref Lowerer::call_named(std::string_view module, std::string_view name,
                        std::span<const Ref> arguments, Position position) {
  const auto arity = static_cast<std::uint32_t>(arguments.size());
  if (module == "erlang") {
    const Ref value = inline_built_in(name, arguments);
    if (!value.none()) return value;
    if (name == "apply" && arity == 3 && arguments[2].is_constant()) {
      std::vector<Ref> list;
      Ref at = arguments[2];
      for (; constants()[at].kind == ConstantKind::kCons; at = Ref{constants()[at].items[1]}) {
        list.push_back(Ref{constants()[at].items[0]});
      }
      if (at == constants().nil() && list.size() < ast::kArityMax) {
        return call_dynamic(arguments[0], arguments[1], list, position);
      }
    }
  }
  const BuiltInKind kind = built_in_kind(module, name, arity);
  if (kind == BuiltInKind::kGuard || kind == BuiltInKind::kPlain || guard_fail_ != 0) {
    return built_in(module, name, arguments);
  }
  const std::uint32_t import = module_.import_of(module, name, arity);
  if (position == Position::kTail) {
    const std::uint32_t words[] = {import, 0, 0};
    emit(Opcode::call_ext_last, words, arguments);
    return {};
  }
  const std::uint32_t words[] = {import, 0};
  return called(Opcode::call_ext, words, arguments);
}

Ref Lowerer::called(Opcode op, std::span<const std::uint32_t> words,
                    std::span<const Ref> arguments) {
  const Ref value = new_value();
  emit(op, words, arguments, value.as_value());
  return value;
}

Ref Lowerer::call_local(std::uint32_t index, std::span<const Ref> arguments, Position position) {
  if (position == Position::kTail) {
    const std::uint32_t words[] = {index, 0, 0};
    emit(Opcode::call_last, words, arguments);
    return {};
  }
  const std::uint32_t words[] = {index, 0};
  return called(Opcode::call, words, arguments);
}

Ref Lowerer::call_value(Ref fun, std::span<const Ref> arguments, Position position) {
  const auto arity = static_cast<std::uint32_t>(arguments.size());
  if (position == Position::kTail) {
    const std::uint32_t words[] = {fun.bits, arity, 0, 0};
    emit(Opcode::call_fun_last, words, arguments);
    return {};
  }
  const std::uint32_t words[] = {fun.bits, arity, 0};
  return called(Opcode::call_fun, words, arguments);
}

Ref Lowerer::call_dynamic(Ref module, Ref name, std::span<const Ref> arguments, Position position) {
  const auto is_atom = [&](Ref ref) {
    return ref.is_constant() && constants()[ref].kind == ConstantKind::kAtom;
  };
  if (is_atom(module) && is_atom(name)) {
    const std::string m = constants()[module].bytes, f = constants()[name].bytes;
    return call_named(m, f, arguments, position);
  }
  const auto arity = static_cast<std::uint32_t>(arguments.size());
  if (position == Position::kTail) {
    const std::uint32_t words[] = {module.bits, name.bits, arity, 0, 0};
    emit(Opcode::apply_last, words, arguments);
    return {};
  }
  const std::uint32_t words[] = {module.bits, name.bits, arity, 0};
  return called(Opcode::apply, words, arguments);
}

Ref Lowerer::built_in(std::string_view module, std::string_view name,
                      std::span<const Ref> arguments) {
  const auto arity = static_cast<std::uint32_t>(arguments.size());
  const Ref value = new_value();
  std::vector<std::uint32_t> words{guard_fail_, module_.import_of(module, name, arity), value.bits};
  for (const Ref argument : arguments) words.push_back(argument.bits);
  emit(Opcode::bif, words);
  return value;
}

// Functions of `erlang` that are instructions. None: there is none for it.
Ref Lowerer::inline_built_in(std::string_view name, std::span<const Ref> arguments) {
  const auto arity = static_cast<std::uint32_t>(arguments.size());
  if (const auto op = compiler::arithmetic(name, arity)) {
    if (arity == 2) return arithmetic(*op, arguments[0], arguments[1]);
    const Ref value = new_value();
    emit(*op, {guard_fail_, arguments[0].bits, value.bits});
    return value;
  }
  if (arity == 2 && (name == "!" || name == "send")) {
    const Ref value = new_value();
    emit(Opcode::send, {arguments[0].bits, arguments[1].bits, value.bits});
    return value;
  }
  const auto op = compiler::type_test(name, arity);
  const bool swapped = arity == 2 && (name == ">" || name == "=<");
  if (!op && !swapped) return {};
  if (op == Opcode::is_function2 && !constants().is_small(arguments[1])) return {};
  Join join = start_join(Position::kValue);
  const BlockId is_false = new_block();
  std::vector<std::uint32_t> words{is_false};
  for (const Ref argument : arguments) words.push_back(argument.bits);
  if (swapped) std::swap(words[1], words[2]);
  emit(op ? *op : name == ">" ? Opcode::is_lt : Opcode::is_ge, words);
  end_branch(join, constants().boolean(true));
  go_on_in(is_false);
  end_branch(join, constants().boolean(false));
  return finish_join(join);
}

void Lowerer::raise_error(Ref reason) {
  const Ref arguments[] = {reason};
  ret(call_named("erlang", "error", arguments, Position::kValue));
}

void Lowerer::raise_error(std::string_view tag, Ref detail) {
  const Ref items[] = {constants().atom(tag), detail};
  raise_error(make_tuple(items));
}

}  // namespace parley::compiler
