// The tree of a module: the one description of source text that every part of the compiler shares.
//
// Every node lies in the arena of its Module and is a plain struct without virtual functions: a kind, a
// place, and fields. Look at `kind`, then `as<T>(node)`. Patterns, guards and expressions use the same
// nodes. The tree says what was written, after the preprocessor and with nothing resolved: an atom that is
// called may be a built-in, an import or a local function; binding is the business of later passes.
//
// What the parser promises about a tree that it hands out:
//   - pointers are never null unless the field says so;
//   - no node is deeper than kMaxDepth below its form, so passes may recurse on the tree;
//   - the tree is well-formed by the grammar, not yet legal: patterns may hold calls, guards may call
//     anything, records may be undefined. The lint pass reports those, and the back-end runs after it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/syntax/arena.h"
#include "compiler/syntax/name.h"

namespace parley::ast {

/// The deepest nesting of nodes in one form. More is a diagnostic.
inline constexpr uint32_t kMaxDepth = 1000;

/// A place on one line of a file. Columns count code points from 1; `end_column` is one past the last
/// column, or 0 when the construct ends on a later line. What a macro expanded to stands at its call.
struct Location {
    uint32_t file = 0;  // index into Module::files
    uint32_t line = 0;  // physical, from 1; 0 means "no place"
    uint32_t column = 0;
    uint32_t end_column = 0;
};

// ---------------------------------------------------------------------------------------- expressions

enum class ExprKind : uint8_t {
    kInteger,
    kFloat,
    kChar,
    kAtom,
    kString,
    kVariable,
    kWildcard,
    kTuple,
    kList,
    kMap,
    kRecord,
    kRecordField,
    kRecordIndex,
    kBinary,
    kInterpolation,
    kMatch,
    kUnary,
    kOperator,
    kCall,
    kPipe,
    kBlock,
    kCase,
    kIf,
    kReceive,
    kTry,
    kCatch,
    kMaybe,
    kMaybeMatch,
    kFun,
    kFunLocal,
    kFunExternal,
    kComprehension,
    kRemote,  // `M:F` that is not called; only inside the parser, never in a finished tree
};

struct Expr {
    ExprKind kind;
    bool parenthesised = false;  // written in parentheses: `(X)`
    uint16_t depth = 1;          // 1 + the deepest child, at most kMaxDepth
    Location location;
};

/// `42`, `16#ff`, `1_000`. The sign is a Unary node around it.
struct Integer : Expr {
    static constexpr ExprKind kKind = ExprKind::kInteger;
    int64_t value = 0;        // when not `is_big`
    bool is_big = false;      // does not fit int64_t
    uint8_t base = 10;        // of `digits`, 2..36
    std::string_view digits;  // without prefix and underscores, as written otherwise; never empty
};

/// The magnitude of an integer literal in 64-bit limbs, least significant first, without leading zeros
/// (zero has none).
std::vector<uint64_t> magnitude_of(const Integer& integer);

struct Float : Expr {
    static constexpr ExprKind kKind = ExprKind::kFloat;
    double value = 0;  // finite
};

/// `$a`; its value is the integer.
struct Char : Expr {
    static constexpr ExprKind kKind = ExprKind::kChar;
    uint32_t code_point = 0;
};

struct Atom : Expr {
    static constexpr ExprKind kKind = ExprKind::kAtom;
    Name name;
};

/// A list of code points, escapes already replaced and adjacent literals joined.
struct String : Expr {
    static constexpr ExprKind kKind = ExprKind::kString;
    std::string_view text;  // valid UTF-8; may hold zeros
};

struct Variable : Expr {
    static constexpr ExprKind kKind = ExprKind::kVariable;
    Name name;
};

/// `_`
struct Wildcard : Expr {
    static constexpr ExprKind kKind = ExprKind::kWildcard;
};

struct Tuple : Expr {
    static constexpr ExprKind kKind = ExprKind::kTuple;
    Seq<Expr*> elements;
};

/// `[A, B | T]`; `[]` has no elements and no tail.
struct ListExpr : Expr {
    static constexpr ExprKind kKind = ExprKind::kList;
    Seq<Expr*> elements;
    Expr* tail = nullptr;  // null: ends in []
};

struct MapField {
    Expr* key = nullptr;
    Expr* value = nullptr;
    bool exact = false;  // `:=`, else `=>`
    Location location;
};

/// `#{K => V}` and `M#{K := V}`
struct MapExpr : Expr {
    static constexpr ExprKind kKind = ExprKind::kMap;
    Expr* base = nullptr;  // null: a new map (or a map pattern)
    Seq<MapField> fields;
};

struct RecordField {
    Name name;  // null: `_ = Value`, every field not named
    Expr* value = nullptr;
    Location location;
};

/// `#r{f = V}` and `R#r{f = V}`
struct RecordExpr : Expr {
    static constexpr ExprKind kKind = ExprKind::kRecord;
    Expr* base = nullptr;  // null: a new record (or a record pattern)
    Name name;
    Seq<RecordField> fields;
};

/// `R#r.f`
struct RecordAccess : Expr {
    static constexpr ExprKind kKind = ExprKind::kRecordField;
    Expr* record = nullptr;
    Name name;
    Name field;
    Location field_location;
};

/// `#r.f`, the position of a field: an integer from 2.
struct RecordIndex : Expr {
    static constexpr ExprKind kKind = ExprKind::kRecordIndex;
    Name name;
    Name field;
    Location field_location;
};

enum class SegmentType : uint8_t { kInteger, kFloat, kBinary, kUtf8, kUtf16, kUtf32 };
enum class SegmentSign : uint8_t { kUnsigned, kSigned };
enum class SegmentEndian : uint8_t { kBig, kLittle, kNative };

/// `Value:Size/Type-Sign-Endian-unit:N`, defaults filled in: integer, unsigned, big; unit 1, or 8 for
/// `binary` and `bytes` (`bitstring` and `bits` are kBinary with unit 1). A String as value stands for
/// one such segment a code point.
struct Segment {
    Expr* value = nullptr;
    Expr* size = nullptr;  // null: 8 for integer, 64 for float, all for binary, none for utf*
    SegmentType type = SegmentType::kInteger;
    SegmentSign sign = SegmentSign::kUnsigned;
    SegmentEndian endian = SegmentEndian::kBig;
    bool unit_given = false;
    bool sign_given = false;
    bool endian_given = false;
    uint16_t unit = 1;  // 1..256
    Location location;
};

struct BinaryExpr : Expr {
    static constexpr ExprKind kKind = ExprKind::kBinary;
    Seq<Segment> segments;
};

/// One piece of `~f"..."`: text, or the expression of `~{...}`.
struct InterpolationPart {
    std::string_view text;  // UTF-8; when `expr` is null
    Expr* expr = nullptr;
};

/// `~f"<~{Nick}> ~{Text}"`: a UTF-8 binary.
struct Interpolation : Expr {
    static constexpr ExprKind kKind = ExprKind::kInterpolation;
    Seq<InterpolationPart> parts;
};

/// `Pattern = Value`, in patterns too (an alias: both sides are patterns).
struct Match : Expr {
    static constexpr ExprKind kKind = ExprKind::kMatch;
    Expr* pattern = nullptr;
    Expr* value = nullptr;
};

enum class UnaryOp : uint8_t { kPlus, kMinus, kNot, kBnot };

struct Unary : Expr {
    static constexpr ExprKind kKind = ExprKind::kUnary;
    UnaryOp op = UnaryOp::kPlus;
    Expr* operand = nullptr;
};

enum class BinaryOp : uint8_t {
    kMultiply, kDivide, kDiv, kRem, kBand, kAnd,
    kPlus, kMinus, kBor, kBxor, kBsl, kBsr, kOr, kXor,
    kAppend, kSubtract,  // ++ and --
    kEqual, kNotEqual, kLessEqual, kLess, kGreaterEqual, kGreater, kExactEqual, kExactNotEqual,
    kAndalso, kOrelse,
    kSend,
};

struct Operator : Expr {
    static constexpr ExprKind kKind = ExprKind::kOperator;
    BinaryOp op = BinaryOp::kPlus;
    Expr* left = nullptr;
    Expr* right = nullptr;
};

/// `f(X)`: `function` is an Atom and `module` null. `m:f(X)`: both. `F(X)`: any other `function`.
struct Call : Expr {
    static constexpr ExprKind kKind = ExprKind::kCall;
    Expr* module = nullptr;  // null: a local call or a call of a fun
    Expr* function = nullptr;
    Seq<Expr*> arguments;
};

/// `Input |> f(_, X)`: the input is computed before the other arguments and passed in place of the one
/// Wildcard among the direct arguments of `call`, which stands at `hole`.
struct Pipe : Expr {
    static constexpr ExprKind kKind = ExprKind::kPipe;
    Expr* input = nullptr;
    Call* call = nullptr;
    uint32_t hole = 0;
};

/// A guard: alternatives (`;`), each a conjunction (`,`). Empty: no guard.
using Guard = Seq<Seq<Expr*>>;

/// A clause of a function, fun, case, if, receive, try or maybe. The number of patterns: the arity; 1 in
/// case, receive, of and else; 0 in if; 3 in catch (class, reason, stacktrace: what is not written is
/// the atom `throw` and a Wildcard).
struct Clause {
    Location location;
    Name name;  // as written before the parenthesis of a function or named fun, else null
    Seq<Expr*> patterns;
    Guard guard;
    Seq<Expr*> body;  // never empty
};

struct Block : Expr {
    static constexpr ExprKind kKind = ExprKind::kBlock;
    Seq<Expr*> body;
};

struct Case : Expr {
    static constexpr ExprKind kKind = ExprKind::kCase;
    Expr* subject = nullptr;
    Seq<Clause*> clauses;
};

struct If : Expr {
    static constexpr ExprKind kKind = ExprKind::kIf;
    Seq<Clause*> clauses;
};

struct Receive : Expr {
    static constexpr ExprKind kKind = ExprKind::kReceive;
    Seq<Clause*> clauses;     // may be empty when there is a timeout
    Expr* timeout = nullptr;  // null: waits forever
    Seq<Expr*> after_body;
};

struct Try : Expr {
    static constexpr ExprKind kKind = ExprKind::kTry;
    Seq<Expr*> body;
    Seq<Clause*> of_clauses;     // may be empty
    Seq<Clause*> catch_clauses;  // may be empty when there is an after body
    Seq<Expr*> after_body;       // may be empty
};

struct Catch : Expr {
    static constexpr ExprKind kKind = ExprKind::kCatch;
    Expr* operand = nullptr;
};

struct Maybe : Expr {
    static constexpr ExprKind kKind = ExprKind::kMaybe;
    Seq<Expr*> body;  // MaybeMatch only here, at the top
    Seq<Clause*> else_clauses;
};

/// `Pattern ?= Value`
struct MaybeMatch : Expr {
    static constexpr ExprKind kKind = ExprKind::kMaybeMatch;
    Expr* pattern = nullptr;
    Expr* value = nullptr;
};

/// `fun (X) -> ... end` and `fun F(X) -> ... end`
struct Fun : Expr {
    static constexpr ExprKind kKind = ExprKind::kFun;
    Name name;  // null: anonymous
    Location name_location;
    Seq<Clause*> clauses;
};

/// `fun f/1`
struct FunLocal : Expr {
    static constexpr ExprKind kKind = ExprKind::kFunLocal;
    Name name;
    uint32_t arity = 0;
};

/// `fun m:f/1`, each part an Atom, an Integer or a Variable
struct FunExternal : Expr {
    static constexpr ExprKind kKind = ExprKind::kFunExternal;
    Expr* module = nullptr;
    Expr* function = nullptr;
    Expr* arity = nullptr;
};

enum class QualifierKind : uint8_t { kFilter, kList, kBinary, kMap, kZip };

struct Qualifier {
    QualifierKind kind = QualifierKind::kFilter;
    bool strict = false;           // `<:-` and `<:=`: what does not match is an error
    Location location;
    Expr* pattern = nullptr;       // kList, kBinary (a BinaryExpr); kMap: the key's
    Expr* value_pattern = nullptr; // kMap
    Expr* expr = nullptr;          // the generator's source, or the filter
    Seq<Qualifier> zipped;         // kZip: two or more generators
};

enum class ComprehensionKind : uint8_t { kList, kBinary, kMap };

/// `[E || ...]`, `<<E || ...>>` (E is a BinaryExpr or any expression), `#{K => V || ...}`
struct Comprehension : Expr {
    static constexpr ExprKind kKind = ExprKind::kComprehension;
    ComprehensionKind of = ComprehensionKind::kList;
    Expr* value = nullptr;  // the element, or the map's value
    Expr* key = nullptr;    // kMap only, else null
    Seq<Qualifier> qualifiers;
};

struct Remote : Expr {
    static constexpr ExprKind kKind = ExprKind::kRemote;
    Expr* module = nullptr;
    Expr* function = nullptr;
};

/// The node as its own struct. The kind must be right: checked in every build.
template <class T>
T& as(Expr& node) {
    if (node.kind != T::kKind) {
        __builtin_trap();
    }
    return static_cast<T&>(node);
}
template <class T>
const T& as(const Expr& node) {
    if (node.kind != T::kKind) {
        __builtin_trap();
    }
    return static_cast<const T&>(node);
}
/// The node as its own struct, or null when it is something else.
template <class T>
T* try_as(Expr* node) {
    return node != nullptr && node->kind == T::kKind ? static_cast<T*>(node) : nullptr;
}
template <class T>
const T* try_as(const Expr* node) {
    return node != nullptr && node->kind == T::kKind ? static_cast<const T*>(node) : nullptr;
}

// ---------------------------------------------------------------------------------------------- types

enum class TypeKind : uint8_t {
    kVariable,       // name; `_` is the variable named _
    kAnnotated,      // name :: arguments[0]
    kAtom,           // name
    kInteger,        // value: an integer expression of literals and operators
    kRange,          // value .. high
    kUnion,          // arguments, two or more
    kList,           // [] when arguments is empty, else [T]
    kNonemptyList,   // [T, ...]
    kTuple,          // arguments
    kAnyTuple,       // tuple() has kind kCall; this is never written but by tools
    kMap,            // fields
    kRecord,         // #name{fields}: name, fields' keys are kAtom
    kBinary,         // <<_:value, _:_*high>>; null: 0
    kAnyFun,         // fun()
    kFun,            // fun((arguments) -> result); any_arguments: fun((...) -> result)
    kCall,           // name(arguments): built-in or local type
    kRemoteCall,     // module:name(arguments)
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

// ---------------------------------------------------------------------------------------------- forms

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
struct ExportForm : Form {
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
    uint32_t end_line = 0;  // the line of the dot, in the same file
    std::string_view doc;   // of the -doc before it; empty: none
    bool doc_hidden = false;  // -doc false or -doc hidden
    SpecForm* spec = nullptr; // of this module, null: none
};

/// Every other attribute, with its arguments as expressions: -behaviour(gen_server), -doc "...",
/// -moduledoc "...", -compile(...), -on_load(f/0), -vsn(1), -upgrade(...), -secret([f]), and the user's.
/// `f/1` in an argument is the Operator kDivide.
struct AttributeForm : Form {
    static constexpr FormKind kKind = FormKind::kAttribute;
    Name name;
    Seq<Expr*> arguments;  // one, but for the odd ones
};

template <class T>
T& as(Form& form) {
    if (form.kind != T::kKind) {
        __builtin_trap();
    }
    return static_cast<T&>(form);
}
template <class T>
const T& as(const Form& form) {
    if (form.kind != T::kKind) {
        __builtin_trap();
    }
    return static_cast<const T&>(form);
}

/// A file that took part in a module: the source itself, an included one, or a name set with -file.
struct File {
    std::string_view name;  // as given to the compiler or written in the -include; what ?FILE answers
    std::string_view text;  // the whole source, kept for diagnostics
    int32_t line_delta = 0; // reported line = Location::line + this (other than 0 only after -file)
};

/// A parsed module, or the expressions of a shell line (then `expressions` is filled and `forms` empty).
/// Owns the arena in which all of its nodes, names and source texts lie. Movable by pointer only.
struct Module {
    Arena arena;
    NameTable names{arena};
    std::vector<File> files;  // [0] is the module's own source

    Name name;            // null when there is no -module
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

/// The tree as text for people and golden tests, one form a paragraph, without places.
std::string dump(const Module& module);
std::string dump(const Expr& expr);

/// The code point at `at`, which must be inside valid UTF-8, and `at` moved past it.
uint32_t next_code_point(std::string_view text, size_t& at);

}  // namespace parley::ast
