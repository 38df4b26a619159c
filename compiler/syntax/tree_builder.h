// What the grammar's actions call: makes nodes in the module's arena and keeps unfinished lists.
//
// Lists grow on one stack a type of element. A list of the grammar is the index where it starts (a
// Mark); finish() copies everything from there to the top into the arena. That is right because a
// nested list is always finished before the next element of the outer one is pushed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/syntax/ast.h"
#include "compiler/syntax/token.h"

namespace parley {

/// Where a construct starts and ends; the location type of the grammar.
struct Span {
  uint32_t file = 0;
  uint32_t line = 0;
  uint32_t column = 0;
  uint32_t end_line = 0;
  uint32_t end_column = 0;

  [[nodiscard]] ast::Location location() const {
    return {file, line, column, end_line == line ? end_column : 0};
  }
};

/// A finished list without its type: trivial, so that it may lie in the grammar's union.
struct RawSeq {
  void* data;
  uint32_t count;

  template <class T>
  [[nodiscard]] ast::Seq<T> of() const {
    return {static_cast<T*>(data), count};
  }
};

using Mark = uint32_t;

/// What the tokens are parsed as.
enum class StartKind : uint8_t {
  kFunction,
  kExpressions,
  kAttribute,
  kModule,
  kExport,  // and export_type and optional_callbacks
  kImport,
  kRecord,
  kType,
  kSpec,  // and callback
};

template <class T>
class ListStack {
 public:
  explicit ListStack(ast::Arena& arena) : arena_(&arena) {}

  Mark start(T value) {
    items_.push_back(value);
    return last();
  }
  void push(T value) { items_.push_back(value); }
  /// The mark of an empty list that starts here, of one that began with the last push, or `count`
  /// ago.
  [[nodiscard]] Mark here() const { return static_cast<Mark>(items_.size()); }
  [[nodiscard]] Mark last(uint32_t count = 1) const { return here() - count; }
  [[nodiscard]] T& back() { return items_.back(); }
  RawSeq finish(Mark mark) {
    ast::Seq<T> seq = arena_->copy(items_.data() + mark, items_.size() - mark);
    items_.resize(mark);
    return {seq.data, seq.count};
  }
  ast::Seq<T> take(Mark mark) { return finish(mark).template of<T>(); }
  void clear() { items_.clear(); }

 private:
  ast::Arena* arena_;
  std::vector<T> items_;
};

class TreeBuilder {
 public:
  TreeBuilder(ast::Module& module, Diagnostics& diagnostics);

  /// Starts on the tokens of one form. They must end in kDot or kEndOfFile and outlive the parse.
  void begin(StartKind start, const Token* first, const Token* end);
  /// Whether the start token has not been read yet; reads it.
  bool take_start();
  [[nodiscard]] StartKind start() const { return start_; }
  /// The place of the token that advance() will return, or of the last one at the end.
  [[nodiscard]] Span next_place() const;
  /// The next token; null behind the dot.
  const Token* advance();
  /// Said by the grammar's error function: the token that does not fit and what would.
  void syntax_error(std::string_view expected);
  [[nodiscard]] bool failed() const { return failed_; }
  /// Where the syntax error of the last parse was; null when there was none.
  [[nodiscard]] const Token* error_token() const { return error_token_; }
  /// Where attributes stand and their name: the token behind the dash.
  void set_form_name(const Token* name);
  /// The form made by the last parse; null when there was an error.
  [[nodiscard]] ast::Form* form() const { return failed_ ? nullptr : form_; }

  ListStack<ast::Expr*> exprs;
  ListStack<ast::Clause*> clauses;
  ListStack<ast::Seq<ast::Expr*>> guards;
  ListStack<ast::Qualifier> qualifiers;
  ListStack<ast::MapField> map_fields;
  ListStack<ast::RecordField> record_fields;
  ListStack<ast::Segment> segments;
  ListStack<ast::InterpolationPart> parts;
  ListStack<ast::Type*> types;
  ListStack<ast::TypeField> type_fields;
  ListStack<ast::SpecClause> spec_clauses;
  ListStack<ast::TypeConstraint> constraints;

  [[nodiscard]] RawSeq empty() const { return {nullptr, 0}; }

  // Forms (tree_forms.cpp).
  void function_form(Mark clause_mark, const Span& dot);
  void set_expressions(RawSeq list);
  void attribute_form(RawSeq arguments);
  void attribute_form(ast::Expr* first, RawSeq rest);
  void module_form(const Token* name, const Span& place);
  void export_form();
  void import_form(const Token* module);
  void record_form(const Token* name);
  void type_form(const Token* name, const Span& place, ast::Type* type);
  void spec_form(Mark clause_mark);
  void spec_name(const Token* module, const Token* name, const Span& place);
  void spec_clause(const Span& place, ast::Type* type, Mark constraint_mark);
  void constraint(const Token* variable, const Span& place, ast::Type* type);
  void reference(const Token* name, const Token* arity, const Span& place);
  void record_definition(const Token* name, const Span& place, ast::Expr* initial, ast::Type* type);
  void parameter(const Token* name, const Span& place);

  // Types (tree_types.cpp).
  ast::Type* annotated_type(const Span& place, const Token* name, ast::Type* type);
  ast::Type* union_type(const Span& place, Mark mark);
  ast::Type* type_variable(const Span& place, const Token* name);
  ast::Type* type_atom(const Span& place, const Token* name);
  ast::Type* type_call(const Span& place, const Token* module, const Token* name, RawSeq arguments);
  ast::Type* type_node(ast::TypeKind kind, const Span& place, RawSeq arguments);
  ast::Type* type_list(ast::TypeKind kind, const Span& place, ast::Type* element);
  ast::Type* type_map(const Span& place, Mark mark);
  ast::Type* type_record(const Span& place, const Token* name, Mark mark);
  ast::Type* type_binary(const Span& place, ast::Expr* size, ast::Expr* unit);
  ast::Type* type_integer(const Span& place, ast::Expr* value);
  ast::Type* type_range(const Span& place, ast::Type* low, ast::Type* high);
  ast::Type* type_operator(const Span& place, const Span& op_place, ast::BinaryOp op,
                           ast::Type* left, ast::Type* right);
  ast::Type* type_unary(const Span& place, const Span& op_place, ast::UnaryOp op,
                        ast::Type* operand);
  void type_field(const Span& place, ast::Type* key, ast::Type* value, bool exact);
  ast::Type* type_any_function(const Span& place, ast::Type* result);
  ast::Type* type_function(const Span& place, RawSeq arguments, ast::Type* result);

  // Expressions (tree_builder.cpp and tree_binaries.cpp).
  ast::Expr* atom(const Token* token, const Span& place);
  ast::Expr* variable(const Token* token, const Span& place);
  ast::Expr* integer(const Token* token, const Span& place);
  ast::Expr* floating(const Token* token, const Span& place);
  ast::Expr* character(const Token* token, const Span& place);
  void start_string(const Token* token);
  void add_string(const Token* token);
  ast::Expr* string(const Span& place);
  ast::Expr* binary_string(const Token* token, const Span& place);
  Mark start_interpolation(const Token* text, ast::Expr* expr);
  ast::Expr* interpolation(Mark mark, const Token* end, const Span& place);
  ast::Expr* parenthesised(ast::Expr* expr);
  ast::Expr* tuple(const Span& place, RawSeq elements);
  ast::Expr* list(const Span& place, RawSeq elements, ast::Expr* tail);
  ast::Expr* binary(const Span& place, Mark mark);
  void segment(const Span& place, ast::Expr* value, ast::Expr* size);
  void segment_type(const Token* name, const Token* unit, const Span& place);
  ast::Expr* comprehension(ast::ComprehensionKind kind, const Span& place, ast::Expr* key,
                           ast::Expr* value, RawSeq list);
  void filter(ast::Expr* expr, const Span& place);
  void generator(ast::QualifierKind kind, bool strict, const Span& place, ast::Expr* pattern,
                 ast::Expr* value_pattern, ast::Expr* source);
  void zip(Mark mark, const Span& place);
  ast::Expr* map(const Span& place, ast::Expr* base, RawSeq fields);
  void map_field(const Span& place, ast::Expr* key, ast::Expr* value, bool exact);
  ast::Expr* record(const Span& place, ast::Expr* base, const Token* name, RawSeq fields);
  void record_field(const Token* name, const Span& place, ast::Expr* value);
  ast::Expr* record_index(const Span& place, const Token* name, const Token* field,
                          const Span& field_place);
  ast::Expr* record_access(const Span& place, ast::Expr* record, const Token* name,
                           const Token* field, const Span& field_place);
  ast::Expr* match(const Span& place, ast::Expr* pattern, ast::Expr* value);
  ast::Expr* maybe_match(const Span& place, ast::Expr* pattern, ast::Expr* value);
  ast::Expr* binary_op(ast::BinaryOp op, const Span& place, ast::Expr* left, ast::Expr* right);
  ast::Expr* unary(ast::UnaryOp op, const Span& place, ast::Expr* operand);
  ast::Expr* pipe(const Span& place, ast::Expr* input, ast::Expr* call);
  ast::Expr* call(const Span& place, ast::Expr* module, ast::Expr* function, RawSeq arguments);
  ast::Expr* catch_expr(const Span& place, ast::Expr* operand);
  ast::Expr* block(const Span& place, RawSeq body);
  ast::Expr* if_expr(const Span& place, Mark mark);
  ast::Expr* case_expr(const Span& place, ast::Expr* subject, RawSeq list);
  ast::Expr* receive(const Span& place, RawSeq list, ast::Expr* timeout, RawSeq after_body);
  ast::Expr* try_expr(const Span& place, RawSeq body, RawSeq of, RawSeq catches, RawSeq after_body);
  ast::Expr* maybe(const Span& place, Mark mark, RawSeq else_clauses);
  ast::Expr* fun(const Span& place, const Token* name, const Span& name_place, Mark mark);
  ast::Expr* named_fun(const Span& place, const Span& name_place, Mark mark);
  ast::Expr* fun_local(const Span& place, const Token* name, const Token* arity);
  ast::Expr* fun_external(const Span& place, ast::Expr* module, ast::Expr* function,
                          ast::Expr* arity);
  ast::Clause* clause(const Token* name, const Span& place, RawSeq patterns, RawSeq guard,
                      RawSeq body);
  ast::Clause* clause_of_one(const Span& place, ast::Expr* pattern, RawSeq guard, RawSeq body);
  ast::Clause* catch_clause(const Span& place, ast::Expr* error_class, ast::Expr* reason,
                            ast::Expr* stack, RawSeq guard, RawSeq body);

 private:
  template <class T>
  T* make(const Span& place) {
    T* node = module_.arena.make<T>();
    node->kind = T::kKind;
    node->location = place.location();
    return node;
  }
  template <class T>
  T* make_form() {
    T* form = module_.arena.make<T>();
    form->location = form_place_;
    form_ = form;
    return form;
  }
  void error(Code code, ast::Location place, std::string message);
  // Sets the depth of a node from that of its children; too deep is an error of the form.
  void deepen(ast::Expr* node, uint32_t depth_of_children);
  void deepen(ast::Type* node, uint32_t depth_of_children);
  uint16_t checked_depth(uint32_t depth, ast::Location place);
  uint32_t arity_of(const Token* token);

  struct SegmentOption {
    const Token* name;
    const Token* unit;
    ast::Location place;
  };
  void apply_segment_option(const SegmentOption& option, ast::Segment& segment, bool& type_given,
                            bool& bits);

  ast::Module& module_;
  Diagnostics& diagnostics_;
  const Token* at_ = nullptr;
  const Token* end_ = nullptr;
  const Token* first_ = nullptr;
  StartKind start_ = StartKind::kFunction;
  bool started_ = false;
  bool failed_ = false;
  const Token* error_token_ = nullptr;
  ast::Form* form_ = nullptr;
  ast::Location form_place_;
  ast::Name form_name_;
  std::string string_;
  uint32_t string_count_ = 0;
  std::vector<SegmentOption> segment_options_;
  std::vector<ast::FunctionReference> references_;
  std::vector<ast::RecordFieldDefinition> record_definitions_;
  std::vector<ast::Name> parameters_;
  std::vector<ast::Location> parameter_places_;
  ast::Name spec_module_;
  ast::Name spec_name_;
  ast::Location spec_place_;
};

}  // namespace parley
