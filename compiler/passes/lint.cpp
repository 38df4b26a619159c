// The lint pass's course over the forms, and what is known only at the end: what nobody used.
#include "compiler/passes/lint.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/passes/behaviours.h"
#include "compiler/passes/builtin_names.h"
#include "compiler/passes/lint_state.h"

namespace parley {

using namespace ast;

namespace {

const Atom* atom_of(const Expr* node) { return try_as<Atom>(node); }

// `f/1` in an attribute, or `{f, 1}`.
bool read_reference(const Expr& node, Name& name, uint32_t& arity) {
  const Expr* left = nullptr;
  const Expr* right = nullptr;
  if (const Operator* op = try_as<Operator>(&node); op && op->op == BinaryOp::kDivide) {
    left = op->left;
    right = op->right;
  } else if (const Tuple* tuple = try_as<Tuple>(&node); tuple && tuple->elements.size() == 2) {
    left = tuple->elements[0];
    right = tuple->elements[1];
  }
  const Atom* atom = atom_of(left);
  const Integer* integer = try_as<Integer>(right);
  if (atom == nullptr || integer == nullptr || integer->is_big || integer->value > kArityMax) {
    return false;
  }
  name = atom->name;
  arity = static_cast<uint32_t>(integer->value);
  return true;
}

// What an attribute may hold: a term written out, and `f/1`.
bool is_constant_term(const Expr& node) {
  auto constant = [](const Expr* part) { return is_constant_term(*part); };
  switch (node.kind) {
    case ExprKind::kInteger:
    case ExprKind::kFloat:
    case ExprKind::kChar:
    case ExprKind::kAtom:
    case ExprKind::kString:
      return true;
    case ExprKind::kTuple:
      return std::ranges::all_of(as<Tuple>(node).elements, constant);
    case ExprKind::kList:
      return std::ranges::all_of(as<ListExpr>(node).elements, constant) &&
             (!as<ListExpr>(node).tail || is_constant_term(*as<ListExpr>(node).tail));
    case ExprKind::kMap:
      return !as<MapExpr>(node).base &&
             std::ranges::all_of(as<MapExpr>(node).fields, [](const MapField& field) {
               return is_constant_term(*field.key) && is_constant_term(*field.value);
             });
    case ExprKind::kBinary:
      return std::ranges::all_of(as<BinaryExpr>(node).segments, [](const Segment& segment) {
        return is_constant_term(*segment.value);
      });
    case ExprKind::kUnary:
      return is_constant_term(*as<Unary>(node).operand);
    case ExprKind::kOperator: {
      Name name;
      uint32_t arity = 0;
      return read_reference(node, name, arity);
    }
    case ExprKind::kFunExternal:
      return true;
    default:
      return false;
  }
}

bool always_matches(const Clause& clause) {
  if (!clause.guard.empty()) {
    return false;
  }
  std::vector<Name> seen;
  for (const Expr* pattern : clause.patterns) {
    const Variable* variable = try_as<Variable>(pattern);
    if (pattern->kind != ExprKind::kWildcard && variable == nullptr) {
      return false;
    }
    if (variable && std::ranges::find(seen, variable->name) != seen.end()) {
      return false;
    }
    if (variable) {
      seen.push_back(variable->name);
    }
  }
  return true;
}

}  // namespace

Linter::Linter(const Module& module, const LintOptions& options, Diagnostics& diagnostics)
    : module_(module), options_(options), diagnostics_(diagnostics) {
  scope_.reset(module.names.size());
}

void Linter::add_function(const FunctionForm& function) {
  auto [entry, added] = functions_.emplace(key_of(function.name, function.arity), &function);
  if (!added) {
    Diagnostic& diagnostic = error(
        Code::kDuplicateFunction, function.location,
        fmt::format("the function {}/{} is defined twice", function.name.text(), function.arity));
    diagnostic.notes.push_back({entry->second->location, "the first definition is here"});
    diagnostic.hint = "clauses of one function are parted by semicolons";
  }
}

void Linter::collect_export(const ExportForm& form) {
  for (const FunctionReference& reference : form.functions) {
    auto [entry, added] =
        exports_.emplace(key_of(reference.name, reference.arity), reference.location);
    if (!added) {
      warning(Code::kDuplicateExport, reference.location,
              fmt::format("{}/{} is exported twice", reference.name.text(), reference.arity))
          .notes.push_back({entry->second, "the first time is here"});
    }
  }
}

void Linter::collect_import(const ImportForm& form) {
  for (const FunctionReference& reference : form.functions) {
    Key key = key_of(reference.name, reference.arity);
    auto [entry, added] = imports_.emplace(key, std::pair(&form, false));
    std::string text = fmt::format("{}/{}", reference.name.text(), reference.arity);
    if (!added && entry->second.first->module != form.module) {
      error(
          Code::kImportConflict, reference.location,
          fmt::format("{} is imported from {} already", text, entry->second.first->module.text()));
    }
    if (auto own = functions_.find(key); own != functions_.end()) {
      error(Code::kImportConflict, reference.location,
            fmt::format("{} is imported and defined in this module", text))
          .notes.push_back({own->second->location, "it is defined here"});
    }
  }
}

void Linter::compile_list(std::string_view name, const Expr& list) {
  std::vector<const Expr*> items{&list};
  if (const ListExpr* several = try_as<ListExpr>(&list)) {
    items.assign(several->elements.begin(), several->elements.end());
  }
  for (const Expr* item : items) {
    Name function;
    uint32_t arity = 0;
    if (read_reference(*item, function, arity)) {
      if (name == "no_auto_import") {
        no_auto_import_.insert(key_of(function, arity));
      } else if (name == "nowarn_unused_function") {
        unused_allowed_.insert(key_of(function, arity));
      }
    }
  }
}

void Linter::compile_option(const Expr& option) {
  if (const Atom* flag = atom_of(&option)) {
    compile_flags_.emplace(flag->name.text());
  } else if (const Tuple* tuple = try_as<Tuple>(&option); tuple && tuple->elements.size() == 2) {
    if (const Atom* flag = atom_of(tuple->elements[0])) {
      compile_list(flag->name.text(), *tuple->elements[1]);
    }
  }
}

void Linter::collect_compile(const AttributeForm& form) {
  for (const Expr* argument : form.arguments) {
    if (const ListExpr* list = try_as<ListExpr>(argument)) {
      for (const Expr* option : list->elements) {
        compile_option(*option);
      }
    } else {
      compile_option(*argument);
    }
  }
}

void Linter::collect() {
  for (const FunctionForm* function : module_.functions) {
    add_function(*function);
  }
  for (const ExportForm* form : module_.exports) {
    collect_export(*form);
  }
  for (const ImportForm* form : module_.imports) {
    collect_import(*form);
  }
  for (const AttributeForm* form : module_.attributes) {
    if (form->name.text() == "compile") {
      collect_compile(*form);
    }
  }
  for (const TypeForm* form : module_.types) {
    uint32_t arity = form->parameters.size();
    auto [entry, added] = types_.emplace(key_of(form->name, arity), TypeInfo{form});
    if (!added) {
      error(Code::kDuplicateType, form->location,
            fmt::format("the type {}/{} is defined twice", form->name.text(), arity))
          .notes.push_back({entry->second.form->location, "the first definition is here"});
    }
  }
}

void Linter::check_placement(const Form& form, bool after_function) {
  std::string_view name;
  switch (form.kind) {
    case FormKind::kExport:
      name = "export";
      break;
    case FormKind::kImport:
      name = "import";
      break;
    case FormKind::kModule:
      name = "module";
      break;
    case FormKind::kExportType:
      name = "export_type";
      break;
    case FormKind::kAttribute:
      name = static_cast<const AttributeForm&>(form).name.text();
      if (name == "doc" || name == "moduledoc" || name == "dialyzer" || name == "secret" ||
          name == "upgrade") {
        return;
      }
      break;
    default:
      return;
  }
  if (after_function) {
    error(Code::kMisplacedAttribute, form.location,
          fmt::format("-{} stands after the first function", name));
  }
}

void Linter::check_forms() {
  bool after_function = false;
  for (const Form* form : module_.forms) {
    current_ = kNobody;
    check_placement(*form, after_function);
    switch (form->kind) {
      case FormKind::kFunction:
        after_function = true;
        function(static_cast<const FunctionForm&>(*form));
        break;
      case FormKind::kRecord:
        record_definition(static_cast<const RecordForm&>(*form));
        break;
      case FormKind::kType:
        type_form(static_cast<const TypeForm&>(*form));
        break;
      case FormKind::kSpec:
        spec_form(static_cast<const SpecForm&>(*form));
        break;
      case FormKind::kAttribute:
        attribute(static_cast<const AttributeForm&>(*form));
        break;
      case FormKind::kExportType:
        for (const FunctionReference& type : static_cast<const ExportForm&>(*form).functions) {
          auto found = types_.find(key_of(type.name, type.arity));
          if (found == types_.end()) {
            error(Code::kUndefinedType, type.location,
                  fmt::format("the exported type {}/{} is not defined", type.name.text(),
                              type.arity));
          } else {
            found->second.used = true;
          }
        }
        break;
      default:
        break;
    }
  }
}

void Linter::run() {
  collect();
  if (!module_.name) {
    error(Code::kNoModule, {0, 1, 1, 1}, "this file has no -module attribute");
  }
  check_behaviours();
  check_forms();
  check_exports();
  warn_unused_names();
}

void Linter::run_expressions(std::span<const std::string> bound) {
  shell_ = true;
  for (const std::string& name : bound) {
    if (Name known = module_.names.find(name)) {
      scope_.bind(known, {});
    }
  }
  body(module_.expressions);
}

void Linter::attribute(const AttributeForm& form) {
  if (form.name.text() == "upgrade") {
    return;  // holds functions that migrate, which its own pass reads
  }
  bool constant = std::ranges::all_of(
      form.arguments, [](const Expr* argument) { return is_constant_term(*argument); });
  if (form.arguments.size() != 1 || !constant) {
    error(Code::kBadAttribute, form.location,
          fmt::format("-{} is followed by one constant term in parentheses", form.name.text()));
    return;
  }
  Name name;
  uint32_t arity = 0;
  if (form.name.text() == "on_load" && form.arguments.size() == 1 &&
      read_reference(*form.arguments[0], name, arity)) {
    reference(name, arity, form.arguments[0]->location);
    if (arity != 0) {
      error(Code::kBadAttribute, form.arguments[0]->location,
            "-on_load names a function of arity 0");
    }
  }
}

void Linter::function(const FunctionForm& form) {
  current_ = key_of(form.name, form.arity);
  scope_.reset(module_.names.size());
  for (const Clause* each : form.clauses) {
    size_t mark = scope_.mark();
    clause(*each, PatternMode::kMatching, {});
    scope_.undo(mark);
  }
  unreachable_clauses(form.clauses);
  warn_unused_variables();
  if (options_.dialect) {
    dialect_advice(form);
  }
}

void Linter::dialect_advice(const FunctionForm& form) {
  // What a behaviour, the test runner or `parley run` calls has its contract there.
  std::string_view name = form.name.text();
  bool is_test = form.arity == 0 && (name.ends_with("_test") || name.ends_with("_test_"));
  bool is_main = form.arity <= 1 && name == "main";
  bool has_contract = form.doc_hidden || is_test || is_main || callbacks_.contains(current_);
  if (!has_contract && exports_.contains(current_) && form.spec == nullptr) {
    warning(Code::kMissingSpec, form.location,
            fmt::format("the exported function {}/{} has no -spec", form.name.text(), form.arity));
  }
}

// Clauses behind one that takes everything.
void Linter::unreachable_clauses(Seq<Clause*> clauses) {
  for (uint32_t i = 0; i + 1 < clauses.size(); ++i) {
    if (always_matches(*clauses[i]) && !clauses[i]->patterns.empty()) {
      // A variable that has a value already is compared, so only names that are new here count.
      for (const Expr* pattern : clauses[i]->patterns) {
        const Variable* variable = try_as<Variable>(pattern);
        if (variable && scope_.at(variable->name).state != LintScope::State::kUnbound) {
          return;
        }
      }
      warning(Code::kUnreachableClause, clauses[i + 1]->location,
              "this clause is never tried: a clause before it takes everything")
          .notes.push_back({clauses[i]->location, "this one"});
      return;
    }
  }
}

void Linter::record_definition(const RecordForm& form) {
  auto [entry, added] = records_.emplace(form.name, RecordInfo{&form});
  if (!added) {
    error(Code::kDuplicateRecord, form.location,
          fmt::format("the record {} is defined twice", form.name.text()))
        .notes.push_back({entry->second.form->location, "the first definition is here"});
    return;
  }
  scope_.reset(module_.names.size());
  for (uint32_t i = 0; i < form.fields.size(); ++i) {
    const RecordFieldDefinition& field = form.fields[i];
    for (uint32_t j = 0; j < i; ++j) {
      if (form.fields[j].name == field.name) {
        error(Code::kDuplicateField, field.location,
              fmt::format("the field {} stands twice", field.name.text()));
      }
    }
    if (field.initial) {
      size_t mark = scope_.mark();
      expr(*field.initial);
      scope_.undo(mark);
    }
    if (field.type) {
      type(*field.type);
    }
  }
}

void Linter::check_exports() {
  for (const ExportForm* form : module_.exports) {
    for (const FunctionReference& each : form->functions) {
      std::string_view name = each.name.text();
      bool made = name == "module_info" && each.arity <= 1;
      if (!made && !functions_.contains(key_of(each.name, each.arity))) {
        Diagnostic& diagnostic =
            error(Code::kUndefinedExport, each.location,
                  fmt::format("the exported function {}/{} is not defined", name, each.arity));
        diagnostic.hint = other_arities(each.name);
      }
    }
  }
  if (has_flag("export_all") && !has_flag("nowarn_export_all")) {
    for (const AttributeForm* form : module_.attributes) {
      if (form->name.text() == "compile") {
        warning(Code::kExportAll, form->location, "export_all exports every function");
        break;
      }
    }
  }
}

void Linter::check_behaviours() {
  for (const AttributeForm* form : module_.attributes) {
    if (form->name.text() == "behaviour" || form->name.text() == "behavior") {
      behaviour(*form);
    }
  }
}

void Linter::behaviour(const AttributeForm& form) {
  const Atom* name = form.arguments.size() == 1 ? atom_of(form.arguments[0]) : nullptr;
  if (name == nullptr) {
    error(Code::kBadAttribute, form.location, "-behaviour is followed by (Module)");
    return;
  }
  auto callbacks = options_.behaviour ? options_.behaviour(name->name.text())
                                      : standard_behaviour(name->name.text());
  if (!callbacks && !options_.behaviour) {
    return;
  }
  if (!callbacks) {
    warning(Code::kUndefinedBehaviour, name->location,
            fmt::format("the behaviour {} is not known", name->name.text()));
    return;
  }
  for (const BehaviourCallback& callback : *callbacks) {
    Name function = module_.names.find(callback.name);
    if (function) {
      callbacks_.insert(key_of(function, callback.arity));
    }
    bool exported = function && functions_.contains(key_of(function, callback.arity)) &&
                    (has_flag("export_all") || exports_.contains(key_of(function, callback.arity)));
    if (!callback.optional && !exported) {
      warning(Code::kMissingCallback, name->location,
              fmt::format("the callback {}/{} of the behaviour {} is not exported", callback.name,
                          callback.arity, name->name.text()));
    }
  }
}

void Linter::warn_unused_variables() {
  if (has_flag("nowarn_unused_vars")) {
    return;
  }
  const std::vector<LintScope::Binding>& bindings = scope_.bindings();
  for (uint32_t i = 0; i < bindings.size(); ++i) {
    bool joint = bindings[i].place.line == 0;  // reported where each branch binds it
    if (!joint && !says_unused(bindings[i].name) && !scope_.is_used(i)) {
      warning(Code::kUnusedVariable, bindings[i].place,
              fmt::format("the variable {} is never used", bindings[i].name.text()));
    }
  }
}

std::unordered_set<Linter::Key> Linter::reachable_functions() const {
  std::unordered_set<Key> reached;
  std::vector<Key> work{kNobody};
  for (const auto& [key, place] : exports_) {
    work.push_back(key);
  }
  if (has_flag("export_tests")) {
    for (const FunctionForm* function : module_.functions) {
      if (is_test_function(function->name.text(), function->arity)) {
        work.push_back(key_of(function->name, function->arity));
      }
    }
  }
  while (!work.empty()) {
    Key key = work.back();
    work.pop_back();
    if (!reached.insert(key).second) {
      continue;
    }
    if (auto found = calls_.find(key); found != calls_.end()) {
      work.insert(work.end(), found->second.begin(), found->second.end());
    }
  }
  return reached;
}

void Linter::warn_unused_names() {
  if (!has_flag("export_all") && !has_flag("nowarn_unused_function")) {
    std::unordered_set<Key> reached = reachable_functions();
    for (const FunctionForm* function : module_.functions) {
      Key key = key_of(function->name, function->arity);
      if (!reached.contains(key) && !unused_allowed_.contains(key)) {
        warning(Code::kUnusedFunction, function->location,
                fmt::format("the function {}/{} is never used", function->name.text(),
                            function->arity));
      }
    }
  }
  for (const RecordForm* form : module_.records) {
    // Those of included files are there for everybody.
    if (form->location.file == 0 && !has_flag("nowarn_unused_record") &&
        !records_.at(form->name).used) {
      warning(Code::kUnusedRecord, form->location,
              fmt::format("the record {} is never used", form->name.text()));
    }
  }
  for (const TypeForm* form : module_.types) {
    uint32_t arity = form->parameters.size();
    if (form->location.file == 0 && !has_flag("nowarn_unused_type") && !has_flag("export_all") &&
        !types_.at(key_of(form->name, arity)).used) {
      warning(Code::kUnusedType, form->location,
              fmt::format("the type {}/{} is never used", form->name.text(), arity));
    }
  }
  if (options_.dialect) {
    for (const ImportForm* form : module_.imports) {
      for (const FunctionReference& each : form->functions) {
        if (!imports_.at(key_of(each.name, each.arity)).second) {
          warning(Code::kUnusedImport, each.location,
                  fmt::format("the import {}/{} is never used", each.name.text(), each.arity));
        }
      }
    }
  }
}

void lint(const Module& module, const LintOptions& options, Diagnostics& diagnostics) {
  Linter(module, options, diagnostics).run();
}

void lint_expressions(const Module& module, std::span<const std::string> bound,
                      Diagnostics& diagnostics) {
  LintOptions options;
  Linter(module, options, diagnostics).run_expressions(bound);
}

}  // namespace parley
