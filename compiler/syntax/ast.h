// The tree of a module: the one description of source text that every part of the compiler shares.
//
// Every node lies in the arena of its Module and is a plain struct without virtual functions: a
// kind, a place, and fields. Look at `kind`, then `as<T>(node)`. Patterns, guards and expressions
// use the same nodes. The tree says what was written, after the preprocessor and with nothing
// resolved: an atom that is called may be a built-in, an import or a local function; binding is
// the business of later passes.
//
// What the parser promises about a tree that it hands out:
//   - pointers are never null unless the field says so;
//   - no node is deeper than kMaxDepth below its form, so passes may recurse on the tree;
//   - the tree is well-formed by the grammar, not yet legal: patterns may hold calls, guards may
//     call anything, records may be undefined. The lint pass reports those; the back-end runs
//     after it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/diagnostics/source_text.h"
#include "compiler/syntax/arena.h"
#include "compiler/syntax/expr.h"
#include "compiler/syntax/name.h"
#include "vm/base/assert.h"

namespace parley::ast {

// ---------------------------------------------------------------------- types

enum class TypeKind : uint8_t {
  kVariable,      // name; `_` is the variable named _
  kAnnotated,     // name :: arguments[0]
  kAtom,          // name
  kInteger,       // value: an integer expression of literals and operators
  kRange,         // value .. high
  kUnion,         // arguments, two or more
  kList,          // [] when arguments is empty, else [T]
  kNonemptyList,  // [T, ...]
  kTuple,         // arguments
  kMap,           // fields
  kRecord,        // #name{fields}: name, fields' keys are kAtom
  kBinary,        // <<_:value, _:_*high>>; null: 0
  kAnyFun,        // fun()
  kFun,           // fun((arguments) -> result); any_arguments: fun((...) -> result)
  kCall,          // name(arguments): built-in or local type
  kRemoteCall,    // module:name(arguments)
};

struct Type;

struct TypeField {
  Type* key = nullptr;
  Type* value = nullptr;
  bool exact = false;  // `:=` (required); in records always true
  Location location;
};

/// One node of a type. One struct for all kinds: types are few and small.
struct Type {
  TypeKind kind;
  bool any_arguments = false;
  uint16_t depth = 1;
  Location location;
  Name module;
  Name name;
  Seq<Type*> arguments;
  Seq<TypeField> fields;
  Type* result = nullptr;
  Expr* value = nullptr;
  Expr* high = nullptr;
};

/// One clause of a spec: fun type (kFun) and its `when` constraints `name :: type`.
struct TypeConstraint {
  Name name;
  Type* type = nullptr;
  Location location;
};

struct SpecClause {
  Type* type = nullptr;  // kFun
  Seq<TypeConstraint> constraints;
  Location location;
};

// ---------------------------------------------------------------------- forms

enum class FormKind : uint8_t {
  kModule,
  kExport,
  kExportType,
  kOptionalCallbacks,
  kImport,
  kRecord,
  kType,
  kSpec,
  kFunction,
  kAttribute,
};

struct Form {
  FormKind kind;
  Location location;  // of the name after the dash, or of the function's name
};

/// `-module(m).`
struct ModuleForm : Form {
  static constexpr FormKind kKind = FormKind::kModule;
  Name name;
};

/// `name/arity`
struct FunctionReference {
  Name name;
  uint32_t arity = 0;
  Location location;
};

/// `-export([f/1]).`, `-export_type([t/0]).`, `-optional_callbacks([f/1]).`
struct ExportForm : Form {  // three kinds: use Module::exports, or static_cast after a look
  Seq<FunctionReference> functions;
};

/// `-import(m, [f/1]).`
struct ImportForm : Form {
  static constexpr FormKind kKind = FormKind::kImport;
  Name module;
  Seq<FunctionReference> functions;
};

struct RecordFieldDefinition {
  Name name;
  Expr* initial = nullptr;  // null: undefined
  Type* type = nullptr;     // null: any
  Location location;
};

/// `-record(r, {f = 1 :: integer()}).`
struct RecordForm : Form {
  static constexpr FormKind kKind = FormKind::kRecord;
  Name name;
  Seq<RecordFieldDefinition> fields;
};

enum class TypeFormKind : uint8_t { kType, kOpaque, kNominal };

/// `-type t(A) :: ...`, `-opaque`, `-nominal`
struct TypeForm : Form {
  static constexpr FormKind kKind = FormKind::kType;
  TypeFormKind type_kind = TypeFormKind::kType;
  Name name;
  Seq<Name> parameters;
  Seq<Location> parameter_locations;
  Type* type = nullptr;
  std::string_view doc;  // of the -doc before it; empty: none
};

/// `-spec f(A) -> B.` and `-callback`
struct SpecForm : Form {
  static constexpr FormKind kKind = FormKind::kSpec;
  bool is_callback = false;
  Name module;  // null unless written `-spec m:f(...)`
  Name name;
  uint32_t arity = 0;
  Seq<SpecClause> clauses;
  std::string_view doc;  // callbacks only
};

struct FunctionForm : Form {
  static constexpr FormKind kKind = FormKind::kFunction;
  Name name;
  uint32_t arity = 0;  // of the first clause
  Seq<Clause*> clauses;
  uint32_t end_line = 0;     // the line of the dot, in the same file
  std::string_view doc;      // of the -doc before it; empty: none
  bool doc_hidden = false;   // -doc false or -doc hidden
  SpecForm* spec = nullptr;  // of this module, null: none
};

/// What -compile(export_tests) exports: NAME_test/0 and NAME_test_/0.
inline bool is_test_function(std::string_view name, uint32_t arity) {
  return arity == 0 && (name.ends_with("_test") || name.ends_with("_test_"));
}

/// Every other attribute, with its arguments as expressions: -behaviour(gen_server), -doc "...",
/// -moduledoc "...", -compile(...), -on_load(f/0), -vsn(1), -upgrade(...), -secret([f]), and the
/// user's. `f/1` in an argument is the Operator kDivide.
struct AttributeForm : Form {
  static constexpr FormKind kKind = FormKind::kAttribute;
  Name name;
  Seq<Expr*> arguments;  // one, but for the odd ones
};

template <class T>
T& as(Form& form) {
  PARLEY_ASSERT(form.kind == T::kKind, "the form is of this kind");
  return static_cast<T&>(form);
}
template <class T>
const T& as(const Form& form) {
  PARLEY_ASSERT(form.kind == T::kKind, "the form is of this kind");
  return static_cast<const T&>(form);
}

/// A parsed module, or the expressions of a shell line (then `expressions` is filled and `forms`
/// empty). Owns the arena in which all of its nodes, names and source texts lie. Movable by
/// pointer only.
struct Module {
  Arena arena;
  NameTable names{arena};
  std::vector<File> files;  // [0] is the module's own source

  Name name;  // null when there is no -module
  Location name_location;
  std::vector<Form*> forms;  // in source order
  // The same forms by kind, in source order.
  std::vector<FunctionForm*> functions;
  std::vector<RecordForm*> records;
  std::vector<TypeForm*> types;
  std::vector<SpecForm*> specs;      // and callbacks
  std::vector<ExportForm*> exports;  // FormKind::kExport
  std::vector<ImportForm*> imports;
  std::vector<AttributeForm*> attributes;
  std::string_view module_doc;

  Seq<Expr*> expressions;

  Module() = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
};

/// How an operator is written: `"div"`, `"=:="`.
std::string_view spelling(BinaryOp op);
std::string_view spelling(UnaryOp op);

/// The expressions that are computed for a term and put together: elements, keys and values,
/// fields, segments with their sizes, holes. In source order; none for other kinds.
std::vector<const Expr*> parts_of(const Expr& expr);

/// The tree as text for people and golden tests, one form a paragraph, without places.
std::string dump(const Module& module);
std::string dump(const Expr& expr);

/// An atom as source text, quoted where it must be.
std::string atom_text(std::string_view name);

}  // namespace parley::ast
