// Lowering: the tree of a module becomes functions in intermediate form.
//
// Takes a tree that the lint pass accepted; gives ModuleIr. Evaluation order is Erlang's, left to
// right. Names become values on the way: the environment maps a name to what it is bound to, a
// trail undoes what a clause bound, and a join gives what all of its clauses bound new names'
// parameters. Records, comprehensions, pipes, `maybe` and interpolation are rewritten here, where
// they are met.
//
// Everything is written at `block_`, the block that is being filled. After an instruction that ends
// a block, code goes to a fresh block that nobody reaches, so that nothing needs to ask.
//
// The parts: lower.cpp (blocks, environment, joins), lower_module.cpp (forms), lower_expr.cpp
// (terms), lower_operator.cpp, lower_guard.cpp (conditions), lower_call.cpp, lower_control.cpp
// (case, if, maybe), lower_receive.cpp, lower_try.cpp, lower_fun.cpp, lower_record.cpp,
// lower_bits.cpp, lower_constant.cpp, lower_comprehension.cpp; match.h compiles patterns.
#pragma once

#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "compiler/passes/module_ir.h"
#include "compiler/syntax/ast.h"

namespace parley::compiler {

class Matcher;

enum class Position : std::uint8_t { kTail, kValue };
// What becomes of an integer literal that its segment is too small for: built, its lowest bits are
// taken; as a pattern it matches nothing, so it is no literal there.
enum class Overflow : std::uint8_t { kIsCut, kIsNoLiteral };
// Whether patterns bind names anew that are bound outside: in funs they do.
enum class Shadowing : std::uint8_t { kNo, kYes };

class Lowerer {
 public:
  Lowerer(ModuleIr& module, ast::Module& tree);

  void lower_module();
  // One exported function of one argument, a map of bindings (see compile.h).
  void lower_expressions(std::span<const std::string> bound_names);

  // ---- what Matcher uses ---------------------------------------------------------------------
  ModuleIr& module() { return module_; }
  ConstantPool& constants() { return module_.constants; }
  FunctionIr& function() { return *fn_; }
  BlockId current() const { return block_; }
  void go_on_in(BlockId block) { block_ = block; }
  BlockId new_block();
  Instr& emit(Opcode op, std::span<const std::uint32_t> words, std::span<const Ref> implicit = {},
              Value result = 0);
  Instr& emit(Opcode op, std::initializer_list<std::uint32_t> words) {
    return emit(op, std::span(words.begin(), words.size()));
  }
  void jump(BlockId target, std::span<const Ref> arguments = {});
  Ref in_register(Ref ref);  // a constant is moved into a value
  Ref new_value() { return Ref::value(fn_->new_value()); }

  void bind(ast::Name name, Ref ref);
  Ref look_up(ast::Name name) const;  // none: not bound
  std::size_t mark() const { return trail_.size(); }
  void undo(std::size_t to);

  // What the pattern match around a guard has established of a value: guards do not test it again,
  // nor ask for what contradicts it.
  enum class Known : std::uint8_t { kNothing, kCons, kTuple, kMap, kBits };
  struct Knowledge {
    Ref value;
    Known known = Known::kNothing;
    std::uint32_t arity = 0;  // of a tuple
  };
  void learn(Knowledge knowledge) { knowledge_.push_back(knowledge); }
  std::size_t learnt() const { return knowledge_.size(); }
  void unlearn(std::size_t to) { knowledge_.resize(to); }

  // Falls through when every test of an alternative holds; else goes to `fail`.
  void guard(const ast::Guard& guard, BlockId fail);
  // The value of a guard expression; a failure goes to `fail`.
  Ref guard_value(const ast::Expr& expr, BlockId fail);
  const ast::RecordForm* record(ast::Name name, ast::Location location);
  void problem(ast::Location location, std::string text);

 private:
  friend class Matcher;
  friend class Comprehender;
  using Expr = ast::Expr;
  using Bindings = std::vector<std::pair<ast::Name, Ref>>;

  // The ends of the branches of one expression.
  struct Join {
    struct End {
      BlockId block;
      Ref value;
      Bindings bound;
    };
    std::vector<End> ends;
    std::size_t mark = 0;
    Position position = Position::kValue;
    bool exports = true;  // what the branches bound is visible after the join
  };
  // What belongs to the function that is being lowered, set aside while a fun is.
  struct Context {
    FunctionIr* fn = nullptr;
    BlockId block = 0;
    BlockId handler = 0;
    BlockId guard_fail = 0;
    std::uint32_t epoch = 0;
    std::uint32_t function_index = 0;
    ast::Name self_name;
    std::uint32_t self_arity = 0;
    std::vector<Ref> self_free;
    Ref self_value;
    Line line;
  };
  struct Bound {
    std::uint32_t epoch = 0;
    Ref ref;
  };
  struct Undo {
    ast::Name name;
    Bound old;
  };

  // lower.cpp
  void end_block();
  void set_line(ast::Location location) { line_ = {location.file, location.line}; }
  Join start_join(Position position);
  void end_branch(Join& join, Ref value);
  Ref finish_join(Join& join);
  Bindings bound_since(std::size_t mark) const;
  void ret(Ref value);

  // lower_module.cpp
  void declare_functions();
  void lower_function(const ast::FunctionForm& form, std::uint32_t index);
  void lower_module_info();
  void lower_behaviour_info();
  Ref callback_item(ast::Name name, std::uint32_t arity);
  Ref callbacks();
  Ref optional_callbacks();
  std::uint32_t add_function(std::string name, std::uint32_t arity);
  void clauses_of_function(ast::Seq<ast::Clause*> clauses, std::span<const Ref> arguments,
                           Shadowing shadowing);
  std::string generated_name(std::string_view what);

  // lower_expr.cpp
  Ref expr(const Expr& e);
  Ref integer(const ast::Integer& e, bool negative);
  Ref body(ast::Seq<Expr*> exprs);
  void tail(const Expr& e);
  void tail_body(ast::Seq<Expr*> exprs);
  Ref either(const Expr& e, Position position);
  void finish(Join& join, ast::Seq<Expr*> exprs);
  Ref tuple(const ast::Tuple& e);
  Ref make_tuple(std::span<const Ref> items);
  Ref make_cons(Ref head, Ref tail);
  Ref list(const ast::ListExpr& e);
  Ref long_list(const ast::ListExpr& e);
  Ref list_in_guard(const ast::ListExpr& e);
  Ref map(const ast::MapExpr& e);
  Ref put_map(Ref base, std::span<const std::uint32_t> pairs, bool exact);
  Ref match(const ast::Match& e);
  Ref interpolation(const ast::Interpolation& e);
  std::uint32_t text_function();

  // lower_operator.cpp
  Ref unary(const ast::Unary& e);
  Ref binary(const ast::Operator& e);
  Ref arithmetic(Opcode op, Ref left, Ref right);
  Ref fold(Opcode op, Ref left, Ref right);
  Ref short_circuit(const ast::Operator& e, Position position);
  Ref append(const ast::Operator& e);

  // lower_guard.cpp
  void test(const Expr& e, BlockId is_false, BlockId error);
  void test_value(Ref value, BlockId is_false, BlockId error);
  bool test_call(const ast::Call& e, BlockId is_false);
  bool type_test_decided(Opcode op, Ref value, std::uint32_t arity, BlockId is_false);
  void type_test(Opcode op, std::span<const std::uint32_t> words);
  bool is_test(const Expr& e) const;
  Ref test_as_value(const Expr& e);
  bool is_guard_expression(const Expr& e) const;
  void comparison(ast::BinaryOp op, Ref left, Ref right, BlockId is_false);

  // lower_call.cpp
  Ref call(const ast::Call& e, Position position);
  Ref pipe(const ast::Pipe& e, Position position);
  Ref call_with(const ast::Call& e, std::span<const Ref> arguments, Position position);
  Ref call_named(std::string_view module, std::string_view name, std::span<const Ref> arguments,
                 Position position);
  Ref call_local(std::uint32_t index, std::span<const Ref> arguments, Position position);
  Ref call_value(Ref fun, std::span<const Ref> arguments, Position position);
  Ref call_dynamic(Ref module, Ref name, std::span<const Ref> arguments, Position position);
  Ref built_in(std::string_view module, std::string_view name, std::span<const Ref> arguments);
  Ref inline_built_in(std::string_view name, std::span<const Ref> arguments);
  Ref called(Opcode op, std::span<const std::uint32_t> words, std::span<const Ref> arguments);
  bool resolves_to_erlang(const ast::Call& e, std::string_view& name) const;
  std::vector<Ref> arguments_of(ast::Seq<Expr*> exprs);
  void raise_error(Ref reason);
  void raise_error(std::string_view tag, Ref detail);

  // lower_control.cpp
  Ref case_of(const ast::Case& e, Position position);
  Ref boolean_case(const ast::Case& e, Position position);
  bool boolean_clauses(const ast::Case& e) const;
  bool split_subject(const ast::Case& e) const;
  Ref if_of(const ast::If& e, Position position);
  Ref maybe(const ast::Maybe& e, Position position);
  void clause_bodies(Matcher& matcher, ast::Seq<ast::Clause*> clauses, Join& join);

  // lower_receive.cpp
  Ref receive(const ast::Receive& e, Position position);
  void demanded_names(const ast::Expr& pattern, std::vector<ast::Name>& out) const;
  std::vector<ast::Name> demanded_by_all(std::span<ast::Clause* const> clauses) const;

  // lower_try.cpp
  Ref try_of(const ast::Try& e, Position position);
  Ref try_catch(const ast::Try& e, Position position);
  Ref try_after(const ast::Try& e);
  Ref old_catch(const ast::Catch& e);
  void catch_clauses(const ast::Try& e, BlockId handler, Join& join);
  BlockId enter_region(BlockId handler);
  BlockId new_handler();
  void leave_region(BlockId outer);

  // lower_fun.cpp
  Ref fun(const ast::Fun& e);
  Ref fun_local(const ast::FunLocal& e);
  Ref fun_external(const ast::FunExternal& e);
  Ref make_fun(std::uint32_t lambda, std::span<const Ref> free);
  Bindings captured(std::span<const ast::Name> names, std::vector<Ref>& values) const;
  std::uint32_t wrapper_lambda(std::uint32_t function, std::uint32_t arity);
  Context enter_function(std::uint32_t index);
  void leave_function(Context context);
  std::vector<Ref> bind_free(const Bindings& captured);

  // lower_record.cpp
  Ref record_expr(const ast::RecordExpr& e);
  Ref new_record(const ast::RecordExpr& e, const ast::RecordForm& form);
  Ref record_access(const ast::RecordAccess& e);
  Ref record_index(const ast::RecordIndex& e);
  Ref checked_record(Ref value, const ast::RecordForm& form);
  int field_index(const ast::RecordForm& form, ast::Name field, ast::Location location);
  Ref record_info(const ast::Call& e);

  // lower_bits.cpp
  Ref bits(const ast::BinaryExpr& e);
  Ref constant_bits(const ast::BinaryExpr& e, Overflow overflow);
  void bits_segment(const ast::Segment& segment, std::vector<std::uint32_t>& words);
  Ref build_bits(std::span<const std::uint32_t> segments);

  // lower_constant.cpp
  Ref constant_term(const Expr& e);
  bool constant_terms(ast::Seq<Expr*> exprs, std::vector<std::uint32_t>& items);

  // lower_comprehension.cpp
  Ref comprehension(const ast::Comprehension& e);

  ModuleIr& module_;
  ast::Module& tree_;
  FunctionIr* fn_ = nullptr;
  BlockId block_ = 0;
  BlockId handler_ = 0;
  BlockId guard_fail_ = 0;  // where a failing expression goes; 0: it throws
  Line line_;
  std::uint32_t function_index_ = 0;
  ast::Name self_name_;  // the named fun that is being lowered
  std::uint32_t self_arity_ = 0;
  std::vector<Ref> self_free_;
  Ref self_value_;

  std::uint32_t epoch_ = 0, epochs_ = 0;
  std::vector<Bound> bound_;  // by Name::index
  std::vector<Undo> trail_;
  std::vector<Knowledge> knowledge_;

  std::string form_name_;  // name/arity of the form, for names of generated functions
  std::uint32_t generated_count_ = 0;
  std::uint32_t text_function_ = 0;  // index + 1 of the function behind interpolation; 0: none yet
  std::unordered_map<std::string, std::uint32_t> function_index_of_;  // "name/arity"
  std::unordered_map<std::string, std::string> imported_from_;        // "name/arity" -> module
  std::unordered_map<std::uint64_t, std::uint32_t> wrapper_of_;
  std::unordered_map<ast::Name, const ast::RecordForm*> records_;
};

// The names that are free in a fun: used in it and not bound by its own patterns.
std::vector<ast::Name> free_names(const ast::Fun& fun);
std::vector<ast::Name> free_names(const ast::Comprehension& comprehension);
std::vector<ast::Name> free_names(ast::Seq<ast::Expr*> body);

}  // namespace parley::compiler
