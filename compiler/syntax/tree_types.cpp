// Nodes of types.
#include <algorithm>

#include "compiler/syntax/tree_builder.h"

namespace parley {

using namespace ast;

namespace {

uint32_t depth_of(Seq<Type*> list) {
  uint32_t depth = 0;
  for (const Type* type : list) {
    depth = std::max<uint32_t>(depth, type->depth);
  }
  return depth;
}

}  // namespace

void TreeBuilder::deepen(Type* node, uint32_t depth_of_children) {
  node->depth = checked_depth(depth_of_children + 1, node->location);
}

Type* TreeBuilder::type_node(TypeKind kind, const Span& place, RawSeq arguments) {
  auto* type = module_.arena.make<Type>();
  type->kind = kind;
  type->location = place.location();
  type->arguments = arguments.of<Type*>();
  deepen(type, depth_of(type->arguments));
  return type;
}

Type* TreeBuilder::annotated_type(const Span& place, const Token* name, Type* type) {
  Type* node = type_list(TypeKind::kAnnotated, place, type);
  node->name = Name(name->name);
  return node;
}

Type* TreeBuilder::union_type(const Span& place, Mark mark) {
  if (types.here() - mark == 1) {
    Type* only = types.back();
    types.take(mark);
    return only;
  }
  return type_node(TypeKind::kUnion, place, types.finish(mark));
}

Type* TreeBuilder::type_variable(const Span& place, const Token* name) {
  Type* node = type_node(TypeKind::kVariable, place, empty());
  node->name = Name(name->name);
  return node;
}

Type* TreeBuilder::type_atom(const Span& place, const Token* name) {
  Type* node = type_node(TypeKind::kAtom, place, empty());
  node->name = Name(name->name);
  return node;
}

Type* TreeBuilder::type_call(const Span& place, const Token* module, const Token* name,
                             RawSeq arguments) {
  Type* node = type_node(module ? TypeKind::kRemoteCall : TypeKind::kCall, place, arguments);
  node->module = module ? Name(module->name) : Name();
  node->name = Name(name->name);
  return node;
}

Type* TreeBuilder::type_list(TypeKind kind, const Span& place, Type* element) {
  Seq<Type*> arguments = module_.arena.copy({element});
  return type_node(kind, place, {arguments.data, 1});
}

Type* TreeBuilder::type_map(const Span& place, Mark mark) {
  Type* node = type_node(TypeKind::kMap, place, empty());
  node->fields = type_fields.take(mark);
  uint32_t depth = 0;
  for (const TypeField& field : node->fields) {
    depth = std::max({depth, uint32_t{field.key->depth}, uint32_t{field.value->depth}});
  }
  deepen(node, depth);
  return node;
}

Type* TreeBuilder::type_record(const Span& place, const Token* name, Mark mark) {
  Type* node = type_map(place, mark);
  node->kind = TypeKind::kRecord;
  node->name = Name(name->name);
  return node;
}

Type* TreeBuilder::type_binary(const Span& place, Expr* size, Expr* unit) {
  Type* node = type_node(TypeKind::kBinary, place, empty());
  node->value = size;
  node->high = unit;
  return node;
}

Type* TreeBuilder::type_integer(const Span& place, Expr* value) {
  Type* node = type_node(TypeKind::kInteger, place, empty());
  node->value = value;
  deepen(node, value->depth);
  return node;
}

Type* TreeBuilder::type_range(const Span& place, Type* low, Type* high) {
  Type* node = type_node(TypeKind::kRange, place, empty());
  if (low->kind != TypeKind::kInteger || high->kind != TypeKind::kInteger) {
    error(Code::kBadType, node->location, "the bounds of a range are integers");
    return node;
  }
  node->value = low->value;
  node->high = high->value;
  deepen(node, std::max(low->depth, high->depth));
  return node;
}

Type* TreeBuilder::type_operator(const Span& place, const Span& op_place, BinaryOp op, Type* left,
                                 Type* right) {
  if (left->kind != TypeKind::kInteger || right->kind != TypeKind::kInteger) {
    error(Code::kBadType, op_place.location(), "an operator in a type needs integers");
    return left;
  }
  return type_integer(place, binary_op(op, op_place, left->value, right->value));
}

Type* TreeBuilder::type_unary(const Span& place, const Span& op_place, UnaryOp op, Type* operand) {
  if (operand->kind != TypeKind::kInteger) {
    error(Code::kBadType, op_place.location(), "an operator in a type needs integers");
    return operand;
  }
  return type_integer(place, unary(op, op_place, operand->value));
}

void TreeBuilder::type_field(const Span& place, Type* key, Type* value, bool exact) {
  type_fields.push({key, value, exact, place.location()});
}

Type* TreeBuilder::type_any_function(const Span& place, Type* result) {
  Type* node = type_function(place, empty(), result);
  node->any_arguments = true;
  return node;
}

Type* TreeBuilder::type_function(const Span& place, RawSeq arguments, Type* result) {
  Type* node = type_node(TypeKind::kFun, place, arguments);
  node->result = result;
  deepen(node, std::max(depth_of(node->arguments), uint32_t{result->depth}));
  return node;
}

}  // namespace parley
