// Forms, the feeding of the grammar and the words of a syntax error.
#include <algorithm>

#include <fmt/format.h>
#include "compiler/syntax/tree_builder.h"

namespace parley {

using namespace ast;

namespace {

bool opens(TokenKind kind) {
  switch (kind) {
    case TokenKind::kOpenParen:
    case TokenKind::kOpenBrace:
    case TokenKind::kOpenBracket:
    case TokenKind::kOpenBinary:
    case TokenKind::kBegin:
    case TokenKind::kCase:
    case TokenKind::kIf:
    case TokenKind::kReceive:
    case TokenKind::kTry:
    case TokenKind::kMaybe:
      return true;
    default:
      return false;
  }
}

bool closes(TokenKind kind) {
  switch (kind) {
    case TokenKind::kCloseParen:
    case TokenKind::kCloseBrace:
    case TokenKind::kCloseBracket:
    case TokenKind::kCloseBinary:
    case TokenKind::kEnd:
      return true;
    default:
      return false;
  }
}

TokenKind closing_of(TokenKind open) {
  switch (open) {
    case TokenKind::kOpenParen:
      return TokenKind::kCloseParen;
    case TokenKind::kOpenBrace:
      return TokenKind::kCloseBrace;
    case TokenKind::kOpenBracket:
      return TokenKind::kCloseBracket;
    case TokenKind::kOpenBinary:
      return TokenKind::kCloseBinary;
    default:
      return TokenKind::kEnd;
  }
}

// The innermost token before `at` that is open there, or null. `fun (` opens for `end` too.
const Token* innermost_open(const Token* first, const Token* at) {
  std::vector<const Token*> open;
  for (const Token* token = first; token < at; ++token) {
    bool clause_fun = token->kind == TokenKind::kFun && token + 1 < at &&
                      (token[1].kind == TokenKind::kOpenParen ||
                       (token[1].kind == TokenKind::kVariable && token + 2 < at &&
                        token[2].kind == TokenKind::kOpenParen));
    if (opens(token->kind) || clause_fun) {
      open.push_back(token);
    } else if (closes(token->kind) && !open.empty()) {
      open.pop_back();
    }
  }
  return open.empty() ? nullptr : open.back();
}

std::string shown(const Token& token) {
  switch (token.kind) {
    case TokenKind::kAtom:
    case TokenKind::kVariable:
    case TokenKind::kInteger:
      return token.text.size() > 40 ? std::string(describe(token.kind)) : std::string(token.text);
    case TokenKind::kDot:
      return "the full stop";
    default:
      return std::string(describe(token.kind));
  }
}

// Slips that people make again and again; empty when it is none of them.
std::string_view hint_for(const Token* before, const Token& found, const Token* after) {
  TokenKind previous = before ? before->kind : TokenKind::kDot;
  bool ends = closes(found.kind) || found.kind == TokenKind::kDot;
  if (previous == TokenKind::kComma && ends) {
    return "remove the comma, or write what follows it";
  }
  if (previous == TokenKind::kSemicolon && ends) {
    return "the last clause is not followed by a semicolon";
  }
  if (previous == TokenKind::kBang && found.kind == TokenKind::kEqual) {
    return "not equal is written /= or =/=";
  }
  if (found.kind == TokenKind::kBinaryArrow) {
    return "less or equal is written =<";
  }
  if (previous == TokenKind::kLessEqual && found.kind == TokenKind::kLess) {
    return "a space parts = from <<, or this reads as =< and <";
  }
  if (found.kind == TokenKind::kZip || (found.kind == TokenKind::kBarBar)) {
    return "the boolean operators are andalso and orelse";
  }
  if (found.location.column == 1 && found.kind == TokenKind::kAtom) {
    return "is the full stop missing at the end of the form before?";
  }
  if (is_keyword(found.kind) && after && after->kind == TokenKind::kOpenParen) {
    return "this is a keyword; a function of that name is written in single quotes";
  }
  return {};
}

}  // namespace

void TreeBuilder::begin(StartKind start, const Token* first, const Token* end) {
  start_ = start;
  started_ = false;
  first_ = at_ = first;
  end_ = end;
  failed_ = false;
  error_token_ = nullptr;
  form_ = nullptr;
  exprs.clear();
  clauses.clear();
  guards.clear();
  qualifiers.clear();
  map_fields.clear();
  record_fields.clear();
  segments.clear();
  parts.clear();
  types.clear();
  type_fields.clear();
  spec_clauses.clear();
  constraints.clear();
  segment_options_.clear();
  references_.clear();
  record_definitions_.clear();
  parameters_.clear();
  parameter_places_.clear();
}

void TreeBuilder::set_form_name(const Token* name) {
  form_place_ = name->location;
  form_name_ = Name(name->name);
}

bool TreeBuilder::take_start() {
  bool first = !started_;
  started_ = true;
  return first;
}

Span TreeBuilder::next_place() const {
  const Token& token = at_ < end_ ? *at_ : end_[-1];
  const Location& place = token.location;
  return {place.file, place.line, place.column, token.end_line, place.end_column};
}

const Token* TreeBuilder::advance() { return at_ < end_ ? at_++ : nullptr; }

void TreeBuilder::syntax_error(std::string_view expected) {
  const Token* found = at_ > first_ ? at_ - 1 : at_;
  error_token_ = found;
  const Token* before = found > first_ ? found - 1 : nullptr;
  Location place = found->location;
  if (found->end_line != place.line) {
    place.end_column = 0;
  }
  std::string message = found->kind == TokenKind::kDot
                            ? "unexpected full stop"
                            : fmt::format("unexpected {}", shown(*found));
  if (found->kind == TokenKind::kEndOfFile) {
    message = "this form has no full stop at its end";
    place = before ? before->location : place;
  } else if (!expected.empty()) {
    message = fmt::format("expected {} before {}", expected, shown(*found));
  }
  error(Code::kSyntax, place, std::move(message));
  Diagnostic& diagnostic = diagnostics_.all().back();
  diagnostic.hint = hint_for(before, *found, at_ < end_ ? at_ : nullptr);
  const Token* open = innermost_open(first_, found);
  bool misfit = found->kind == TokenKind::kDot || found->kind == TokenKind::kEndOfFile ||
                (closes(found->kind) && open && closing_of(open->kind) != found->kind);
  if (misfit && open) {
    diagnostic.notes.push_back(
        {open->location, fmt::format("{} is opened here", describe(open->kind))});
  }
}

void TreeBuilder::function_form(Mark mark, const Span& dot) {
  auto* form = make_form<FunctionForm>();
  form->kind = FormKind::kFunction;
  form->clauses = clauses.take(mark);
  const Clause* first = form->clauses[0];
  form->location = first->location;
  form->name = first->name;
  form->arity = first->patterns.size();
  form->end_line = dot.end_line;
  for (const Clause* clause : form->clauses) {
    if (clause->name == form->name && clause->patterns.size() == form->arity) {
      continue;
    }
    error(Code::kHeadMismatch, clause->location,
          fmt::format("this clause is of {}/{}, the first of {}/{}", clause->name.text(),
                      clause->patterns.size(), form->name.text(), form->arity));
    Diagnostic& diagnostic = diagnostics_.all().back();
    diagnostic.hint = "clauses of one function are parted by semicolons, functions by full stops";
    diagnostic.notes.push_back({first->location, "the first clause is here"});
    break;
  }
}

void TreeBuilder::set_expressions(RawSeq list) { module_.expressions = list.of<Expr*>(); }

void TreeBuilder::attribute_form(RawSeq arguments) {
  auto* form = make_form<AttributeForm>();
  form->kind = FormKind::kAttribute;
  form->name = form_name_;
  form->arguments = arguments.of<Expr*>();
}

void TreeBuilder::attribute_form(Expr* first, RawSeq rest) {
  std::vector<Expr*> all{first};
  Seq<Expr*> others = rest.of<Expr*>();
  all.insert(all.end(), others.begin(), others.end());
  Seq<Expr*> arguments = module_.arena.copy(all);
  attribute_form({arguments.data, arguments.count});
}

void TreeBuilder::module_form(const Token* name, const Span& place) {
  auto* form = make_form<ModuleForm>();
  form->kind = FormKind::kModule;
  form->name = Name(name->name);
  form->location = place.location();
}

void TreeBuilder::export_form() {
  auto* form = make_form<ExportForm>();
  std::string_view name = form_name_.text();
  form->kind = name == "export"        ? FormKind::kExport
               : name == "export_type" ? FormKind::kExportType
                                       : FormKind::kOptionalCallbacks;
  form->functions = module_.arena.copy(references_);
}

void TreeBuilder::import_form(const Token* module) {
  auto* form = make_form<ImportForm>();
  form->kind = FormKind::kImport;
  form->module = Name(module->name);
  form->functions = module_.arena.copy(references_);
}

void TreeBuilder::reference(const Token* name, const Token* arity, const Span& place) {
  references_.push_back({Name(name->name), arity_of(arity), place.location()});
}

void TreeBuilder::record_form(const Token* name) {
  auto* form = make_form<RecordForm>();
  form->kind = FormKind::kRecord;
  form->name = Name(name->name);
  form->location = name->location;
  form->fields = module_.arena.copy(record_definitions_);
}

void TreeBuilder::record_definition(const Token* name, const Span& place, Expr* initial,
                                    Type* type) {
  record_definitions_.push_back({Name(name->name), initial, type, place.location()});
}

void TreeBuilder::parameter(const Token* name, const Span& place) {
  parameters_.emplace_back(name->name);
  parameter_places_.push_back(place.location());
}

void TreeBuilder::type_form(const Token* name, const Span& place, Type* type) {
  auto* form = make_form<TypeForm>();
  form->kind = FormKind::kType;
  form->location = place.location();
  std::string_view kind = form_name_.text();
  form->type_kind = kind == "opaque"    ? TypeFormKind::kOpaque
                    : kind == "nominal" ? TypeFormKind::kNominal
                                        : TypeFormKind::kType;
  form->name = Name(name->name);
  form->parameters = module_.arena.copy(parameters_);
  form->parameter_locations = module_.arena.copy(parameter_places_);
  form->type = type;
}

void TreeBuilder::spec_name(const Token* module, const Token* name, const Span& place) {
  spec_module_ = module ? Name(module->name) : Name();
  spec_name_ = Name(name->name);
  spec_place_ = place.location();
}

void TreeBuilder::spec_form(Mark mark) {
  auto* form = make_form<SpecForm>();
  form->kind = FormKind::kSpec;
  form->location = spec_place_;
  form->is_callback = form_name_.text() == "callback";
  form->module = spec_module_;
  form->name = spec_name_;
  form->clauses = spec_clauses.take(mark);
  form->arity = form->clauses[0].type->arguments.size();
  for (const SpecClause& clause : form->clauses) {
    if (clause.type->any_arguments) {
      error(Code::kBadSpec, clause.location, "a spec names its arguments; ... is not allowed");
    } else if (clause.type->arguments.size() != form->arity) {
      error(Code::kBadSpec, clause.location,
            fmt::format("this clause of the spec has {} arguments, the first has {}",
                        clause.type->arguments.size(), form->arity));
    }
  }
}

void TreeBuilder::spec_clause(const Span& place, Type* type, Mark mark) {
  spec_clauses.push({type, constraints.take(mark), place.location()});
}

void TreeBuilder::constraint(const Token* variable, const Span& place, Type* type) {
  constraints.push({Name(variable->name), type, place.location()});
}

}  // namespace parley
