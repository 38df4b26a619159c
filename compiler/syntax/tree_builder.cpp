// Nodes of expressions. Every function sets the depth of what it makes.
#include "compiler/syntax/tree_builder.h"

#include <algorithm>

#include <fmt/format.h>

namespace parley {

using namespace ast;

namespace {

uint32_t depth_of(const Expr* node) { return node ? node->depth : 0; }

uint32_t depth_of(Seq<Expr*> list) {
  uint32_t depth = 0;
  for (const Expr* node : list) {
    depth = std::max<uint32_t>(depth, node->depth);
  }
  return depth;
}

uint32_t depth_of(Seq<Clause*> list) {
  uint32_t depth = 0;
  for (const Clause* clause : list) {
    depth = std::max<uint32_t>(depth, clause->depth);
  }
  return depth;
}

uint32_t depth_of(const Qualifier& qualifier) {
  return std::max(
      {depth_of(qualifier.pattern), depth_of(qualifier.value_pattern), depth_of(qualifier.expr)});
}

}  // namespace

TreeBuilder::TreeBuilder(Module& module, Diagnostics& diagnostics)
    : exprs(module.arena),
      clauses(module.arena),
      guards(module.arena),
      qualifiers(module.arena),
      map_fields(module.arena),
      record_fields(module.arena),
      segments(module.arena),
      parts(module.arena),
      types(module.arena),
      type_fields(module.arena),
      spec_clauses(module.arena),
      constraints(module.arena),
      module_(module),
      diagnostics_(diagnostics) {}

void TreeBuilder::error(Code code, Location place, std::string message) {
  diagnostics_.error(code, place, std::move(message));
  failed_ = true;
}

uint16_t TreeBuilder::checked_depth(uint32_t depth, Location place) {
  if (depth > kMaxDepth) {
    if (!failed_) {
      error(Code::kTooDeep, place,
            fmt::format("this is nested more than {} levels deep", kMaxDepth));
    }
    return kMaxDepth;
  }
  return static_cast<uint16_t>(depth);
}

void TreeBuilder::deepen(Expr* node, uint32_t depth_of_children) {
  node->depth = checked_depth(depth_of_children + 1, node->location);
}

Expr* TreeBuilder::atom(const Token* token, const Span& place) {
  auto* node = make<Atom>(place);
  node->name = Name(token->name);
  return node;
}

Expr* TreeBuilder::variable(const Token* token, const Span& place) {
  if (token->text == "_") {
    return make<Wildcard>(place);
  }
  auto* node = make<Variable>(place);
  node->name = Name(token->name);
  return node;
}

Expr* TreeBuilder::integer(const Token* token, const Span& place) {
  auto* node = make<Integer>(place);
  node->is_big = token->is_big;
  node->value = token->is_big ? 0 : token->integer;
  node->base = token->base;
  node->digits = token->text;
  return node;
}

Expr* TreeBuilder::floating(const Token* token, const Span& place) {
  auto* node = make<Float>(place);
  node->value = token->real;
  return node;
}

Expr* TreeBuilder::character(const Token* token, const Span& place) {
  auto* node = make<Char>(place);
  node->code_point = token->code_point;
  return node;
}

void TreeBuilder::start_string(const Token* token) {
  string_.assign(token->text);
  string_count_ = 1;
}

void TreeBuilder::add_string(const Token* token) {
  string_.append(token->text);
  ++string_count_;
}

Expr* TreeBuilder::string(const Span& place) {
  auto* node = make<String>(place);
  node->text = module_.arena.copy_text(string_);
  return node;
}

// ~"text" is <<"text"/utf8>>.
Expr* TreeBuilder::binary_string(const Token* token, const Span& place) {
  auto* text = make<String>(place);
  text->text = token->text;
  Segment segment;
  segment.value = text;
  segment.type = SegmentType::kUtf8;
  segment.location = place.location();
  auto* node = make<BinaryExpr>(place);
  node->segments = module_.arena.copy({segment});
  deepen(node, 1);
  return node;
}

Mark TreeBuilder::start_interpolation(const Token* text, Expr* expr) {
  Mark mark = parts.here();
  if (!text->text.empty()) {
    parts.push({text->text, nullptr});
  }
  if (expr) {
    parts.push({{}, expr});
  }
  return mark;
}

Expr* TreeBuilder::interpolation(Mark mark, const Token* end, const Span& place) {
  if (!end->text.empty()) {
    parts.push({end->text, nullptr});
  }
  auto* node = make<Interpolation>(place);
  node->parts = parts.take(mark);
  uint32_t depth = 0;
  for (const InterpolationPart& part : node->parts) {
    depth = std::max(depth, depth_of(part.expr));
  }
  deepen(node, depth);
  return node;
}

Expr* TreeBuilder::parenthesised(Expr* expr) {
  expr->parenthesised = true;
  return expr;
}

Expr* TreeBuilder::tuple(const Span& place, RawSeq elements) {
  auto* node = make<Tuple>(place);
  node->elements = elements.of<Expr*>();
  deepen(node, depth_of(node->elements));
  return node;
}

Expr* TreeBuilder::list(const Span& place, RawSeq elements, Expr* tail) {
  auto* node = make<ListExpr>(place);
  node->elements = elements.of<Expr*>();
  node->tail = tail;
  deepen(node, std::max(depth_of(node->elements), depth_of(tail)));
  return node;
}

Expr* TreeBuilder::comprehension(ComprehensionKind kind, const Span& place, Expr* key, Expr* value,
                                 RawSeq list) {
  auto* node = make<Comprehension>(place);
  node->of = kind;
  node->key = key;
  node->value = value;
  node->qualifiers = list.of<Qualifier>();
  uint32_t depth = std::max(depth_of(key), depth_of(value));
  for (const Qualifier& qualifier : node->qualifiers) {
    depth = std::max(depth, depth_of(qualifier));
    for (const Qualifier& zipped : qualifier.zipped) {
      depth = std::max(depth, depth_of(zipped));
    }
  }
  deepen(node, depth);
  return node;
}

void TreeBuilder::filter(Expr* expr, const Span& place) {
  Qualifier qualifier;
  qualifier.expr = expr;
  qualifier.location = place.location();
  qualifiers.push(qualifier);
}

void TreeBuilder::generator(QualifierKind kind, bool strict, const Span& place, Expr* pattern,
                            Expr* value_pattern, Expr* source) {
  if (kind == QualifierKind::kBinary && pattern->kind != ExprKind::kBinary) {
    error(Code::kBadGenerator, pattern->location,
          "the pattern of a binary generator is a binary: <<X>> <= Binary");
  }
  Qualifier qualifier;
  qualifier.kind = kind;
  qualifier.strict = strict;
  qualifier.location = place.location();
  qualifier.pattern = pattern;
  qualifier.value_pattern = value_pattern;
  qualifier.expr = source;
  qualifiers.push(qualifier);
}

void TreeBuilder::zip(Mark mark, const Span& place) {
  Qualifier qualifier;
  qualifier.kind = QualifierKind::kZip;
  qualifier.location = place.location();
  qualifier.zipped = qualifiers.take(mark);
  qualifiers.push(qualifier);
}

Expr* TreeBuilder::map(const Span& place, Expr* base, RawSeq fields) {
  auto* node = make<MapExpr>(place);
  node->base = base;
  node->fields = fields.of<MapField>();
  uint32_t depth = depth_of(base);
  for (const MapField& field : node->fields) {
    depth = std::max({depth, depth_of(field.key), depth_of(field.value)});
  }
  deepen(node, depth);
  return node;
}

void TreeBuilder::map_field(const Span& place, Expr* key, Expr* value, bool exact) {
  map_fields.push({key, value, exact, place.location()});
}

Expr* TreeBuilder::record(const Span& place, Expr* base, const Token* name, RawSeq fields) {
  auto* node = make<RecordExpr>(place);
  node->base = base;
  node->name = Name(name->name);
  node->fields = fields.of<RecordField>();
  uint32_t depth = depth_of(base);
  for (const RecordField& field : node->fields) {
    depth = std::max(depth, depth_of(field.value));
  }
  deepen(node, depth);
  return node;
}

void TreeBuilder::record_field(const Token* name, const Span& place, Expr* value) {
  bool others = name->kind == TokenKind::kVariable;
  if (others && name->text != "_") {
    error(Code::kBadRecordField, place.location(),
          fmt::format("the variable {} stands where the name of a field should be", name->text));
  }
  record_fields.push({others ? Name() : Name(name->name), value, place.location()});
}

Expr* TreeBuilder::record_index(const Span& place, const Token* name, const Token* field,
                                const Span& field_place) {
  auto* node = make<RecordIndex>(place);
  node->name = Name(name->name);
  node->field = Name(field->name);
  node->field_location = field_place.location();
  return node;
}

Expr* TreeBuilder::record_access(const Span& place, Expr* record, const Token* name,
                                 const Token* field, const Span& field_place) {
  auto* node = make<RecordAccess>(place);
  node->record = record;
  node->name = Name(name->name);
  node->field = Name(field->name);
  node->field_location = field_place.location();
  deepen(node, depth_of(record));
  return node;
}

Expr* TreeBuilder::match(const Span& place, Expr* pattern, Expr* value) {
  auto* node = make<Match>(place);
  node->pattern = pattern;
  node->value = value;
  deepen(node, std::max(depth_of(pattern), depth_of(value)));
  return node;
}

Expr* TreeBuilder::maybe_match(const Span& place, Expr* pattern, Expr* value) {
  auto* node = make<MaybeMatch>(place);
  node->pattern = pattern;
  node->value = value;
  deepen(node, std::max(depth_of(pattern), depth_of(value)));
  return node;
}

Expr* TreeBuilder::binary_op(BinaryOp op, const Span& place, Expr* left, Expr* right) {
  auto* node = make<Operator>(place);
  node->op = op;
  node->left = left;
  node->right = right;
  deepen(node, std::max(depth_of(left), depth_of(right)));
  return node;
}

Expr* TreeBuilder::unary(UnaryOp op, const Span& place, Expr* operand) {
  auto* node = make<Unary>(place);
  node->op = op;
  node->operand = operand;
  deepen(node, depth_of(operand));
  return node;
}

Expr* TreeBuilder::pipe(const Span& place, Expr* input, Expr* target) {
  auto* node = make<Pipe>(place);
  node->input = input;
  node->call = try_as<Call>(target);
  if (node->call == nullptr || target->parenthesised) {
    error(Code::kBadPipe, target->location, "the right side of |> is a call with one _ in it");
    return node;
  }
  uint32_t holes = 0;
  for (uint32_t i = 0; i < node->call->arguments.size(); ++i) {
    if (node->call->arguments[i]->kind == ExprKind::kWildcard) {
      node->hole = i;
      ++holes;
    }
  }
  if (holes != 1) {
    error(Code::kBadPipe, target->location,
          fmt::format("this stage of the pipe has {} arguments _ and needs exactly one", holes));
  }
  deepen(node, std::max(depth_of(input), depth_of(target)));
  return node;
}

Expr* TreeBuilder::call(const Span& place, Expr* module, Expr* function, RawSeq arguments) {
  auto* node = make<Call>(place);
  node->module = module;
  node->function = function;
  node->arguments = arguments.of<Expr*>();
  if (node->arguments.size() > kArityMax) {
    error(Code::kBadArity, node->location,
          fmt::format("{} arguments: {} are allowed", node->arguments.size(), kArityMax));
  }
  deepen(node, std::max({depth_of(module), depth_of(function), depth_of(node->arguments)}));
  return node;
}

Expr* TreeBuilder::catch_expr(const Span& place, Expr* operand) {
  auto* node = make<Catch>(place);
  node->operand = operand;
  deepen(node, depth_of(operand));
  return node;
}

Expr* TreeBuilder::block(const Span& place, RawSeq body) {
  auto* node = make<Block>(place);
  node->body = body.of<Expr*>();
  deepen(node, depth_of(node->body));
  return node;
}

Expr* TreeBuilder::if_expr(const Span& place, Mark mark) {
  auto* node = make<If>(place);
  node->clauses = clauses.take(mark);
  deepen(node, depth_of(node->clauses));
  return node;
}

Expr* TreeBuilder::case_expr(const Span& place, Expr* subject, RawSeq list) {
  auto* node = make<Case>(place);
  node->subject = subject;
  node->clauses = list.of<Clause*>();
  deepen(node, std::max(depth_of(subject), depth_of(node->clauses)));
  return node;
}

Expr* TreeBuilder::receive(const Span& place, RawSeq list, Expr* timeout, RawSeq after_body) {
  auto* node = make<Receive>(place);
  node->clauses = list.of<Clause*>();
  node->timeout = timeout;
  node->after_body = after_body.of<Expr*>();
  deepen(node, std::max({depth_of(node->clauses), depth_of(timeout), depth_of(node->after_body)}));
  return node;
}

Expr* TreeBuilder::try_expr(const Span& place, RawSeq body, RawSeq of, RawSeq catches,
                            RawSeq after_body) {
  auto* node = make<Try>(place);
  node->body = body.of<Expr*>();
  node->of_clauses = of.of<Clause*>();
  node->catch_clauses = catches.of<Clause*>();
  node->after_body = after_body.of<Expr*>();
  deepen(node, std::max({depth_of(node->body), depth_of(node->of_clauses),
                         depth_of(node->catch_clauses), depth_of(node->after_body)}));
  return node;
}

Expr* TreeBuilder::maybe(const Span& place, Mark mark, RawSeq else_clauses) {
  auto* node = make<Maybe>(place);
  node->body = exprs.take(mark);
  node->else_clauses = else_clauses.of<Clause*>();
  deepen(node, std::max(depth_of(node->body), depth_of(node->else_clauses)));
  return node;
}

Expr* TreeBuilder::fun(const Span& place, const Token* name, const Span& name_place, Mark mark) {
  auto* node = make<Fun>(place);
  if (name) {
    node->name = Name(name->name);
  }
  node->name_location = name_place.location();
  node->clauses = clauses.take(mark);
  for (const Clause* clause : node->clauses) {
    if (clause->patterns.size() != node->clauses[0]->patterns.size()) {
      error(Code::kHeadMismatch, clause->location,
            fmt::format("this clause of the fun has {} arguments, the first has {}",
                        clause->patterns.size(), node->clauses[0]->patterns.size()));
      break;
    }
  }
  deepen(node, depth_of(node->clauses));
  return node;
}

Expr* TreeBuilder::named_fun(const Span& place, const Span& name_place, Mark mark) {
  auto* node = static_cast<Fun*>(fun(place, nullptr, name_place, mark));
  node->name = node->clauses[0]->name;
  node->name_location.end_column =
      node->name_location.column + static_cast<uint32_t>(node->name.text().size());
  for (const Clause* clause : node->clauses) {
    if (clause->name != node->name) {
      error(Code::kHeadMismatch, clause->location,
            fmt::format("this clause is named {}, the first {}", clause->name.text(),
                        node->name.text()));
      break;
    }
  }
  if (node->name.text() == "_") {
    node->name = Name();
  }
  return node;
}

uint32_t TreeBuilder::arity_of(const Token* token) {
  if (token->is_big || token->integer > kArityMax) {
    error(Code::kBadArity, token->location,
          fmt::format("the arity {} is more than {}", token->text, kArityMax));
    return 0;
  }
  return static_cast<uint32_t>(token->integer);
}

Expr* TreeBuilder::fun_local(const Span& place, const Token* name, const Token* arity) {
  auto* node = make<FunLocal>(place);
  node->name = Name(name->name);
  node->arity = arity_of(arity);
  return node;
}

Expr* TreeBuilder::fun_external(const Span& place, Expr* module, Expr* function, Expr* arity) {
  auto* node = make<FunExternal>(place);
  node->module = module;
  node->function = function;
  node->arity = arity;
  if (auto* number = try_as<Integer>(arity); number && (number->is_big || number->value > 255)) {
    error(Code::kBadArity, arity->location,
          fmt::format("the arity {} is more than {}", number->digits, kArityMax));
  }
  deepen(node, 1);
  return node;
}

Clause* TreeBuilder::clause(const Token* name, const Span& place, RawSeq patterns, RawSeq guard,
                            RawSeq body) {
  auto* node = module_.arena.make<Clause>();
  node->location = place.location();
  if (name) {
    node->name = Name(name->name);
  }
  node->patterns = patterns.of<Expr*>();
  node->guard = guard.of<Seq<Expr*>>();
  node->body = body.of<Expr*>();
  uint32_t depth = std::max(depth_of(node->patterns), depth_of(node->body));
  for (const Seq<Expr*>& alternative : node->guard) {
    depth = std::max(depth, depth_of(alternative));
  }
  node->depth = checked_depth(depth + 1, node->location);
  if (node->patterns.size() > kArityMax) {
    error(Code::kBadArity, node->location,
          fmt::format("{} arguments: {} are allowed", node->patterns.size(), kArityMax));
  }
  return node;
}

Clause* TreeBuilder::clause_of_one(const Span& place, Expr* pattern, RawSeq guard, RawSeq body) {
  Seq<Expr*> patterns = module_.arena.copy({pattern});
  return clause(nullptr, place, {patterns.data, 1}, guard, body);
}

Clause* TreeBuilder::catch_clause(const Span& place, Expr* error_class, Expr* reason, Expr* stack,
                                  RawSeq guard, RawSeq body) {
  if (error_class == nullptr) {
    auto* thrown = make<Atom>(place);
    thrown->name = module_.names.intern("throw");
    error_class = thrown;
  }
  if (stack == nullptr) {
    stack = make<Wildcard>(place);
  }
  Seq<Expr*> patterns = module_.arena.copy({error_class, reason, stack});
  return clause(nullptr, place, {patterns.data, 3}, guard, body);
}

}  // namespace parley
