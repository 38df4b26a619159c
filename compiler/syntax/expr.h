// Expressions, patterns and guards of the tree; see ast.h for what the tree promises.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "compiler/diagnostics/source_text.h"
#include "compiler/syntax/arena.h"
#include "compiler/syntax/name.h"
#include "vm/base/assert.h"

namespace parley::ast {

/// The deepest nesting of nodes in one form. More is a diagnostic.
inline constexpr uint32_t kMaxDepth = 1000;

/// The most arguments of a function, fun or call: they stand in registers, of which there are 255,
/// and some are needed beside them.
inline constexpr uint32_t kArityMax = 200;

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

/// The magnitude of an integer literal in 64-bit limbs, least significant first, without leading
/// zeros (zero has none).
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

  /// What is written for the field, by its name or by `_`; null: nothing.
  [[nodiscard]] const Expr* value_of(Name field) const {
    const Expr* others = nullptr;
    for (const RecordField& each : fields) {
      if (each.name == field) {
        return each.value;
      }
      others = each.name.is_null() ? each.value : others;
    }
    return others;
  }
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

/// `Value:Size/Type-Sign-Endian-unit:N`, defaults filled in: integer, unsigned, big; unit 1, or 8
/// for `binary` and `bytes` (`bitstring` and `bits` are kBinary with unit 1). A String as value
/// stands for one such segment a code point.
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
  kMultiply,
  kDivide,
  kDiv,
  kRem,
  kBand,
  kAnd,
  kPlus,
  kMinus,
  kBor,
  kBxor,
  kBsl,
  kBsr,
  kOr,
  kXor,
  kAppend,
  kSubtract,  // ++ and --
  kEqual,
  kNotEqual,
  kLessEqual,
  kLess,
  kGreaterEqual,
  kGreater,
  kExactEqual,
  kExactNotEqual,
  kAndalso,
  kOrelse,
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

/// `Input |> f(_, X)`: the input is computed before the other arguments and passed in place of the
/// one Wildcard among the direct arguments of `call`, which stands at `hole`.
struct Pipe : Expr {
  static constexpr ExprKind kKind = ExprKind::kPipe;
  Expr* input = nullptr;
  Call* call = nullptr;
  uint32_t hole = 0;
};

/// A guard: alternatives (`;`), each a conjunction (`,`). Empty: no guard.
using Guard = Seq<Seq<Expr*>>;

/// A clause of a function, fun, case, if, receive, try or maybe. The number of patterns: the
/// arity; 1 in case, receive, of and else; 0 in if; 3 in catch (class, reason, stacktrace: what is
/// not written is the atom `throw` and a Wildcard).
struct Clause {
  Location location;
  Name name;  // as written before the parenthesis of a function or named fun, else null
  Seq<Expr*> patterns;
  Guard guard;
  Seq<Expr*> body;  // never empty
  uint16_t depth = 1;
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
  bool strict = false;  // `<:-` and `<:=`: what does not match is an error
  Location location;
  Expr* pattern = nullptr;        // kList, kBinary (a BinaryExpr); kMap: the key's
  Expr* value_pattern = nullptr;  // kMap
  Expr* expr = nullptr;           // the generator's source, or the filter
  Seq<Qualifier> zipped;          // kZip: two or more generators
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

/// The node as its own struct. The kind must be right: checked in every build.
template <class T>
T& as(Expr& node) {
  PARLEY_ASSERT(node.kind == T::kKind, "the node is of this kind");
  return static_cast<T&>(node);
}
template <class T>
const T& as(const Expr& node) {
  PARLEY_ASSERT(node.kind == T::kKind, "the node is of this kind");
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

}  // namespace parley::ast
