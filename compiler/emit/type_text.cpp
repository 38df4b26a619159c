// Printing types; the depth of the tree is bounded by the parser (kMaxDepth).
#include "compiler/emit/type_text.h"

namespace parley::compiler {

namespace {

using ast::atom_text;
using ast::Type;
using ast::TypeKind;

// Where an operand stands: a union among the elements of a union, or a variable's type, needs its
// parentheses.
std::string operand(const Type& type) {
  const bool is_loose = type.kind == TypeKind::kUnion || type.kind == TypeKind::kAnnotated;
  return is_loose ? "(" + type_text(type) + ")" : type_text(type);
}

std::string list_of(const ast::Seq<Type*>& types) {
  std::string text;
  for (const Type* type : types) {
    if (!text.empty()) text += ", ";
    text += type_text(*type);
  }
  return text;
}

// Integers in types are computed from literals with operators.
std::string number_text(const ast::Expr& e) {
  switch (e.kind) {
    case ast::ExprKind::kInteger: {
      const auto& integer = ast::as<ast::Integer>(e);
      if (!integer.is_big) return std::to_string(integer.value);
      const std::string digits(integer.digits);
      return integer.base == 10 ? digits : std::to_string(integer.base) + "#" + digits;
    }
    case ast::ExprKind::kChar:
      return std::to_string(ast::as<ast::Char>(e).code_point);
    case ast::ExprKind::kUnary: {
      const auto& unary = ast::as<ast::Unary>(e);
      const std::string_view space = unary.op == ast::UnaryOp::kBnot ? " " : "";
      return std::string(ast::spelling(unary.op)) + std::string(space) +
             number_text(*unary.operand);
    }
    case ast::ExprKind::kOperator: {
      const auto& op = ast::as<ast::Operator>(e);
      return "(" + number_text(*op.left) + " " + std::string(ast::spelling(op.op)) + " " +
             number_text(*op.right) + ")";
    }
    default:
      return "?";
  }
}

std::string fields_text(const Type& type) {
  std::string text = "{";
  for (const ast::TypeField& field : type.fields) {
    if (text.size() > 1) text += ", ";
    text += type_text(*field.key);
    if (type.kind == TypeKind::kRecord) text += " :: ";
    else text += field.exact ? " := " : " => ";
    text += type_text(*field.value);
  }
  return text + "}";
}

std::string binary_text(const Type& type) {
  std::string text;
  if (type.value != nullptr) text += "_:" + number_text(*type.value);
  if (type.high != nullptr) text += (text.empty() ? "_:_*" : ", _:_*") + number_text(*type.high);
  return "<<" + text + ">>";
}

// `(A, B) -> C`
std::string function_text(const Type& type) {
  return "(" + (type.any_arguments ? "..." : list_of(type.arguments)) + ") -> " +
         type_text(*type.result);
}

std::string union_text(const Type& type) {
  std::string text;
  for (const Type* one : type.arguments) {
    if (!text.empty()) text += " | ";
    text += operand(*one);
  }
  return text;
}

std::string parameters_text(const ast::TypeForm& form) {
  std::string text;
  for (const ast::Name parameter : form.parameters) {
    if (!text.empty()) text += ", ";
    text += parameter.text();
  }
  return "(" + text + ")";
}

}  // namespace

std::string type_text(const Type& type) {
  switch (type.kind) {
    case TypeKind::kVariable: return std::string(type.name.text());
    case TypeKind::kAnnotated:
      return std::string(type.name.text()) + " :: " + type_text(*type.arguments[0]);
    case TypeKind::kAtom: return atom_text(type.name.text());
    case TypeKind::kInteger: return number_text(*type.value);
    case TypeKind::kRange: return number_text(*type.value) + ".." + number_text(*type.high);
    case TypeKind::kUnion: return union_text(type);
    case TypeKind::kList: return "[" + list_of(type.arguments) + "]";
    case TypeKind::kNonemptyList: return "[" + list_of(type.arguments) + ", ...]";
    case TypeKind::kTuple: return "{" + list_of(type.arguments) + "}";
    case TypeKind::kMap: return "#" + fields_text(type);
    case TypeKind::kRecord: return "#" + atom_text(type.name.text()) + fields_text(type);
    case TypeKind::kBinary: return binary_text(type);
    case TypeKind::kAnyFun: return "fun()";
    case TypeKind::kFun: return "fun(" + function_text(type) + ")";
    case TypeKind::kCall:
      return atom_text(type.name.text()) + "(" + list_of(type.arguments) + ")";
    case TypeKind::kRemoteCall:
      return atom_text(type.module.text()) + ":" + atom_text(type.name.text()) + "(" +
             list_of(type.arguments) + ")";
  }
  return "";
}

std::string type_form_text(const ast::TypeForm& form) {
  return atom_text(form.name.text()) + parameters_text(form) + " :: " + type_text(*form.type);
}

std::string spec_text(const ast::SpecForm& form) {
  std::string text = atom_text(form.name.text());
  for (std::size_t i = 0; i < form.clauses.size(); ++i) {
    const ast::SpecClause& clause = form.clauses[i];
    if (i != 0) text += "; ";
    text += function_text(*clause.type);
    for (std::size_t j = 0; j < clause.constraints.size(); ++j) {
      const ast::TypeConstraint& constraint = clause.constraints[j];
      text += j == 0 ? " when " : ", ";
      text += std::string(constraint.name.text()) + " :: " + type_text(*constraint.type);
    }
  }
  return text;
}

}  // namespace parley::compiler
