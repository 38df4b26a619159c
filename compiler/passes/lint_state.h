// What the parts of the lint pass share. Private to lint*.cpp.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "compiler/passes/lint.h"
#include "compiler/passes/lint_scope.h"

namespace parley {

class Linter {
 public:
  Linter(const ast::Module& module, const LintOptions& options, Diagnostics& diagnostics);

  void run();
  void run_expressions(std::span<const std::string> bound);

 private:
  // A name and an arity in one number; 9 bits hold any arity.
  using Key = uint64_t;
  static Key key_of(ast::Name name, uint32_t arity) {
    return (uint64_t{name.index()} << 9) | arity;
  }

  // How the variables of a pattern that have values already are taken.
  enum class PatternMode : uint8_t {
    kMatching,  // they are compared
    kFresh,     // they are hidden: heads of funs and generators
  };
  struct PatternContext {
    PatternMode mode;
    std::string_view where;          // of kFresh: `fun`, `generator`
    std::vector<ast::Name> bound{};  // by this pattern so far
  };

  struct RecordInfo {
    const ast::RecordForm* form;
    bool used = false;
  };
  struct TypeInfo {
    const ast::TypeForm* form;
    bool used = false;
  };

  // lint.cpp
  void collect();
  void collect_export(const ast::ExportForm& form);
  void collect_import(const ast::ImportForm& form);
  void collect_compile(const ast::AttributeForm& form);
  void compile_option(const ast::Expr& option);
  void compile_list(std::string_view name, const ast::Expr& list);
  void add_function(const ast::FunctionForm& function);
  void check_forms();
  void check_placement(const ast::Form& form, bool after_function);
  void attribute(const ast::AttributeForm& form);
  void function(const ast::FunctionForm& function);
  void record_definition(const ast::RecordForm& form);
  void check_exports();
  void check_behaviours();
  void behaviour(const ast::AttributeForm& form);
  void warn_unused_variables();
  void warn_unused_names();
  std::unordered_set<Key> reachable_functions() const;
  void unreachable_clauses(ast::Seq<ast::Clause*> clauses);
  void dialect_advice(const ast::FunctionForm& function);
  bool has_flag(std::string_view option) const { return compile_flags_.contains(option); }

  // lint_expr.cpp
  void expr(const ast::Expr& node);
  void data(const ast::Expr& node);
  void control(const ast::Expr& node);
  void body(ast::Seq<ast::Expr*> list);
  void unused_term(const ast::Expr& node);
  void parallel(const std::vector<const ast::Expr*>& list);
  void match(const ast::Match& node);
  void short_circuit(const ast::Operator& node);
  void case_expr(const ast::Case& node);
  void if_expr(const ast::If& node);
  void receive(const ast::Receive& node);
  void try_expr(const ast::Try& node);
  void maybe(const ast::Maybe& node);
  void fun(const ast::Fun& node);
  void comprehension(const ast::Comprehension& node);
  void generator(const ast::Qualifier& node);
  void clause(const ast::Clause& node, PatternMode mode, std::string_view where);
  LintScope::Changes branch(const ast::Clause& node);
  void term(const ast::Expr& node);
  void map_keys(const ast::MapExpr& node);
  void variable(const ast::Variable& node);
  void bind_name(ast::Name name, ast::Location place);

  // lint_patterns.cpp
  void pattern(const ast::Expr& node, PatternContext& context);
  void pattern_compound(const ast::Expr& node, PatternContext& context);
  void pattern_variable(const ast::Variable& node, PatternContext& context);
  void pattern_map(const ast::MapExpr& node, PatternContext& context);
  void pattern_record(const ast::RecordExpr& node, PatternContext& context);
  void pattern_binary(const ast::BinaryExpr& node, PatternContext& context);
  void pattern_operator(const ast::Operator& node, PatternContext& context);
  void pattern_arithmetic(const ast::Expr& node);
  void pattern_use(const ast::Expr& node, const PatternContext& context, size_t visible_from);
  void illegal_pattern(const ast::Expr& node, std::string_view what);
  void guard(ast::Guard guard);
  void guard_expr(const ast::Expr& node);
  void guard_call(const ast::Call& node);
  void guard_term(const ast::Expr& node);
  void guard_record(const ast::RecordExpr& node);

  // lint_names.cpp
  void call(const ast::Call& node);
  void local_call(const ast::Call& node, ast::Name name);
  bool record_info_call(const ast::Call& node, ast::Name name);
  void record_test(const ast::Call& node, ast::Name name);
  void reference(ast::Name name, uint32_t arity, ast::Location place);
  void undefined_function(ast::Name name, uint32_t arity, ast::Location place);
  RecordInfo* use_record(ast::Name name, ast::Location place);
  void use_field(RecordInfo* record, ast::Name field, ast::Location place);
  void record_fields(RecordInfo* record, ast::Seq<ast::RecordField> fields);
  std::string other_arities(ast::Name name) const;

  // lint_types.cpp
  void type_form(const ast::TypeForm& form);
  void spec_form(const ast::SpecForm& form);
  void type(const ast::Type& node);
  void type_name(const ast::Type& node);
  void type_record(const ast::Type& node);
  void count_type_variable(ast::Name name, ast::Location place);

  Diagnostic& error(Code code, ast::Location place, std::string message) {
    return diagnostics_.error(code, place, std::move(message));
  }
  Diagnostic& warning(Code code, ast::Location place, std::string message) {
    return diagnostics_.warning(code, place, std::move(message));
  }

  const ast::Module& module_;
  const LintOptions& options_;
  Diagnostics& diagnostics_;
  LintScope scope_;
  bool shell_ = false;
  std::span<const ast::Name> hidden_names_;  // bound by the pattern around a key or size
  bool in_pipe_ = false;  // the call about to be checked has a hole

  std::unordered_map<Key, const ast::FunctionForm*> functions_;
  std::unordered_map<Key, ast::Location> exports_;
  std::unordered_set<Key> callbacks_;  // of its behaviours
  std::unordered_map<Key, std::pair<const ast::ImportForm*, bool>> imports_;  // and whether used
  std::unordered_map<ast::Name, RecordInfo> records_;
  std::unordered_map<Key, TypeInfo> types_;
  std::unordered_map<Key, const ast::SpecForm*> specs_;
  std::set<std::string, std::less<>> compile_flags_;
  std::unordered_set<Key> no_auto_import_;
  std::unordered_set<Key> unused_allowed_;
  std::unordered_map<Key, std::vector<Key>> calls_;  // from whom to whom
  Key current_ = 0;                                  // the function being checked
  static constexpr Key kNobody = ~uint64_t{0};       // records and attributes: always reached
  struct TypeVariable {
    ast::Name name;
    ast::Location place;
    uint32_t count;
  };
  std::vector<TypeVariable> type_variables_;
  const ast::TypeForm* current_type_ = nullptr;
};

/// Whether the name says that its value is not looked at.
inline bool says_unused(ast::Name name) { return name.text().starts_with('_'); }

}  // namespace parley
