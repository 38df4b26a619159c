// Types and specs: names that exist, variables with a partner.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/passes/builtin_names.h"
#include "compiler/passes/lint_state.h"

namespace parley {

using namespace ast;

void Linter::count_type_variable(Name name, Location place) {
  if (name.text() == "_") {
    return;
  }
  auto found = std::ranges::find(type_variables_, name, &TypeVariable::name);
  if (found == type_variables_.end()) {
    type_variables_.push_back({name, place, 1});
  } else {
    ++found->count;
  }
}

void Linter::type_form(const TypeForm& form) {
  type_variables_.clear();
  current_type_ = &form;
  for (uint32_t i = 0; i < form.parameters.size(); ++i) {
    count_type_variable(form.parameters[i], form.parameter_locations[i]);
  }
  size_t parameter_count = type_variables_.size();
  type(*form.type);
  current_type_ = nullptr;
  for (size_t i = 0; i < type_variables_.size(); ++i) {
    const TypeVariable& variable = type_variables_[i];
    std::string_view name = variable.name.text();
    if (i >= parameter_count) {
      error(Code::kTypeVariable, variable.place,
            fmt::format("the type variable {} is not a parameter of the type", name));
    } else if (variable.count == 1 && !says_unused(variable.name)) {
      error(Code::kTypeVariable, variable.place,
            fmt::format("the parameter {} of the type is never used", name));
    }
  }
}

void Linter::spec_form(const SpecForm& form) {
  bool ours = !form.module || form.module == module_.name;
  if (!form.is_callback && ours) {
    auto [entry, added] = specs_.emplace(key_of(form.name, form.arity), &form);
    if (!added) {
      error(Code::kDuplicateSpec, form.location,
            fmt::format("{}/{} has a second -spec", form.name.text(), form.arity))
          .notes.push_back({entry->second->location, "the first is here"});
    }
    if (!functions_.contains(key_of(form.name, form.arity))) {
      error(Code::kUndefinedSpec, form.location,
            fmt::format("-spec of the function {}/{}, which is not defined", form.name.text(),
                        form.arity))
          .hint = other_arities(form.name);
    }
  }
  for (const SpecClause& clause : form.clauses) {
    type_variables_.clear();
    type(*clause.type);
    for (const TypeConstraint& constraint : clause.constraints) {
      count_type_variable(constraint.name, constraint.location);
      type(*constraint.type);
    }
    for (const TypeVariable& variable : type_variables_) {
      if (variable.count == 1 && !says_unused(variable.name)) {
        error(Code::kTypeVariable, variable.place,
              fmt::format("the type variable {} is used only once", variable.name.text()))
            .hint = "write term() or _ if any type will do";
      }
    }
  }
}

void Linter::type_name(const Type& node) {
  uint32_t arity = node.arguments.size();
  auto found = types_.find(key_of(node.name, arity));
  if (found != types_.end()) {
    found->second.used = found->second.used || found->second.form != current_type_;
    return;
  }
  std::string_view name = node.name.text();
  if (is_builtin_type(name, arity) || (name == "tuple" && arity == 0)) {
    return;
  }
  Diagnostic& diagnostic = error(Code::kUndefinedType, node.location,
                                 fmt::format("the type {}/{} is not defined", name, arity));
  std::vector<std::string_view> names;
  for (const TypeForm* form : module_.types) {
    names.push_back(form->name.text());
  }
  for (const BuiltinName& row : builtin_types()) {
    names.push_back(row.name);
  }
  if (std::string_view near = nearest_name(name, names); !near.empty()) {
    diagnostic.hint = fmt::format("did you mean {}?", near);
  }
}

void Linter::type_record(const Type& node) {
  RecordInfo* record = use_record(node.name, node.location);
  for (const TypeField& field : node.fields) {
    use_field(record, field.key->name, field.location);
    type(*field.value);
  }
}

void Linter::type(const Type& node) {
  switch (node.kind) {
    case TypeKind::kVariable:
      count_type_variable(node.name, node.location);
      return;
    case TypeKind::kAnnotated:
      break;
    case TypeKind::kRecord:
      type_record(node);
      return;
    case TypeKind::kCall:
      type_name(node);
      break;
    default:
      break;
  }
  for (const Type* argument : node.arguments) {
    type(*argument);
  }
  for (const TypeField& field : node.fields) {
    type(*field.key);
    type(*field.value);
  }
  if (node.result) {
    type(*node.result);
  }
}

}  // namespace parley
