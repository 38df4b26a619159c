// Functions and records by name: whether they exist, who uses them, and what may have been meant.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/passes/builtin_names.h"
#include "compiler/passes/lint_state.h"

namespace parley {

using namespace ast;

namespace {

bool is_never_function(const Expr& node) {
  switch (node.kind) {
    case ExprKind::kInteger:
    case ExprKind::kFloat:
    case ExprKind::kChar:
    case ExprKind::kString:
    case ExprKind::kTuple:
    case ExprKind::kList:
    case ExprKind::kMap:
    case ExprKind::kBinary:
    case ExprKind::kRecordIndex:
      return true;
    default:
      return false;
  }
}

}  // namespace

void Linter::call(const Call& node) {
  const Atom* name = try_as<Atom>(node.function);
  if (name && !node.module) {
    if (record_info_call(node, name->name)) {
      return;
    }
    local_call(node, name->name);
  }
  if (name) {
    record_test(node, name->name);
  }
  std::vector<const Expr*> parts;
  if (node.module) {
    parts.push_back(node.module);
  }
  if (name == nullptr) {
    parts.push_back(node.function);
    if (!node.module && is_never_function(*node.function)) {
      warning(Code::kFailsAlways, node.function->location, "this is called and is no function");
    }
  }
  for (const Expr* argument : node.arguments) {
    // The hole of a pipe is filled by its input, which has been looked at.
    if (argument->kind != ExprKind::kWildcard || !in_pipe_) {
      parts.push_back(argument);
    }
  }
  in_pipe_ = false;
  parallel(parts);
}

void Linter::local_call(const Call& node, Name name) {
  uint32_t arity = node.arguments.size();
  Key key = key_of(name, arity);
  if (functions_.contains(key)) {
    calls_[current_].push_back(key);
    if (is_auto_imported(name.text(), arity) && !no_auto_import_.contains(key) &&
        !has_flag("no_auto_import")) {
      warning(Code::kRedefinedBuiltin, node.location,
              fmt::format("{0}/{1} is a built-in and a function of this module, which is called",
                          name.text(), arity))
          .hint = fmt::format("write erlang:{}, or -compile({{no_auto_import, [{}/{}]}})",
                              name.text(), name.text(), arity);
    }
    return;
  }
  if (!shell_) {
    reference(name, arity, node.function->location);
  }
}

// Somebody names a function: a call without module, `fun f/1`, -on_load.
void Linter::reference(Name name, uint32_t arity, Location place) {
  Key key = key_of(name, arity);
  if (functions_.contains(key)) {
    calls_[current_].push_back(key);
    return;
  }
  if (auto found = imports_.find(key); found != imports_.end()) {
    found->second.second = true;
    return;
  }
  bool made = name.text() == "module_info" && arity <= 1;
  bool builtin = is_auto_imported(name.text(), arity) && !no_auto_import_.contains(key);
  if (!made && !builtin) {
    undefined_function(name, arity, place);
  }
}

// `f/1 and f/3 exist`, or empty.
std::string Linter::other_arities(Name name) const {
  std::vector<uint32_t> arities;
  for (const auto& [key, function] : functions_) {
    if (function->name == name) {
      arities.push_back(function->arity);
    }
  }
  for (const BuiltinName& row : auto_imported_functions()) {
    if (row.name == name.text()) {
      arities.push_back(row.arity);
    }
  }
  std::ranges::sort(arities);
  arities.erase(std::unique(arities.begin(), arities.end()), arities.end());
  std::string text;
  for (size_t i = 0; i < arities.size(); ++i) {
    text += fmt::format("{}{}/{}",
                        i == 0                    ? ""
                        : i + 1 == arities.size() ? " and "
                                                  : ", ",
                        name.text(), arities[i]);
  }
  return text.empty() ? text : fmt::format("there is {}", text);
}

void Linter::undefined_function(Name name, uint32_t arity, Location place) {
  Diagnostic& diagnostic =
      error(Code::kUndefinedFunction, place,
            fmt::format("the function {}/{} is not defined", name.text(), arity));
  diagnostic.hint = other_arities(name);
  if (!diagnostic.hint.empty()) {
    return;
  }
  std::vector<std::string_view> names;
  for (const FunctionForm* function : module_.functions) {
    names.push_back(function->name.text());
  }
  for (const BuiltinName& row : auto_imported_functions()) {
    names.push_back(row.name);
  }
  if (std::string_view near = nearest_name(name.text(), names); !near.empty()) {
    diagnostic.hint = fmt::format("did you mean {}?", near);
  }
}

// record_info(fields, r) and record_info(size, r) are answered by the compiler.
bool Linter::record_info_call(const Call& node, Name name) {
  if (name.text() != "record_info" || node.arguments.size() != 2 ||
      functions_.contains(key_of(name, 2))) {
    return false;
  }
  const Atom* what = try_as<Atom>(node.arguments[0]);
  const Atom* record = try_as<Atom>(node.arguments[1]);
  bool known = what && (what->name.text() == "fields" || what->name.text() == "size");
  if (!known || record == nullptr) {
    error(Code::kIllegalExpression, node.location,
          "record_info is called with fields or size and the name of a record");
  } else {
    use_record(record->name, record->location);
  }
  return true;
}

// is_record(X, r) asks for the record of that name, so there must be one.
void Linter::record_test(const Call& node, Name name) {
  const Atom* module = try_as<Atom>(node.module);
  bool of_erlang = node.module == nullptr || (module && module->name.text() == "erlang");
  if (name.text() != "is_record" || node.arguments.size() != 2 || !of_erlang) {
    return;
  }
  if (const Atom* record = try_as<Atom>(node.arguments[1])) {
    use_record(record->name, record->location);
  }
}

Linter::RecordInfo* Linter::use_record(Name name, Location place) {
  auto found = records_.find(name);
  if (found != records_.end()) {
    found->second.used = true;
    return &found->second;
  }
  if (shell_) {
    return nullptr;
  }
  Diagnostic& diagnostic = error(Code::kUndefinedRecord, place,
                                 fmt::format("the record {} is not defined", name.text()));
  std::vector<std::string_view> names;
  for (const auto& [record, info] : records_) {
    names.push_back(record.text());
  }
  std::ranges::sort(names);
  if (std::string_view near = nearest_name(name.text(), names); !near.empty()) {
    diagnostic.hint = fmt::format("did you mean #{}?", near);
  }
  return nullptr;
}

void Linter::use_field(RecordInfo* record, Name field, Location place) {
  if (record == nullptr) {
    return;
  }
  std::vector<std::string_view> names;
  for (const RecordFieldDefinition& each : record->form->fields) {
    if (each.name == field) {
      return;
    }
    names.push_back(each.name.text());
  }
  Diagnostic& diagnostic =
      error(Code::kUndefinedField, place,
            fmt::format("the record {} has no field {}", record->form->name.text(), field.text()));
  diagnostic.notes.push_back({record->form->location, "it is defined here"});
  if (std::string_view near = nearest_name(field.text(), names); !near.empty()) {
    diagnostic.hint = fmt::format("did you mean {}?", near);
  }
}

void Linter::record_fields(RecordInfo* record, Seq<RecordField> fields) {
  for (uint32_t i = 0; i < fields.size(); ++i) {
    const RecordField& field = fields[i];
    if (!field.name) {
      continue;
    }
    use_field(record, field.name, field.location);
    for (uint32_t j = 0; j < i; ++j) {
      if (fields[j].name == field.name) {
        error(Code::kDuplicateField, field.location,
              fmt::format("the field {} is given twice", field.name.text()));
      }
    }
  }
}

}  // namespace parley
