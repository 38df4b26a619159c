// Reading patterns: the tree of a pattern becomes Pattern nodes, with names resolved.
#include "compiler/passes/constant_number.h"
#include "compiler/passes/lower_bits.h"
#include "compiler/passes/match.h"

namespace parley::compiler {

using ast::ExprKind;

Pattern* Matcher::fresh(PatternKind kind) {
  patterns_.push_back({kind});
  return &patterns_.back();
}

const Pattern* Matcher::constant(Ref ref) {
  Pattern* p = fresh(ref.is_constant() ? PatternKind::kConstant : PatternKind::kNever);
  p->ref = ref;
  return p;
}

const Pattern* Matcher::pattern(const ast::Expr& e) {
  switch (e.kind) {
    case ExprKind::kWildcard:
      return any();
    case ExprKind::kVariable: {
      const ast::Name name = ast::as<ast::Variable>(e).name;
      const Ref ref = shadows_ ? Ref{} : l_.look_up(name);
      if (ref.none()) {
        Pattern* p = fresh(PatternKind::kVariable);
        p->name = name;
        return p;
      }
      const ConstantKind kind = ref.is_constant() ? l_.constants()[ref].kind : ConstantKind::kMap;
      // What is taken apart elsewhere is compared as a whole here.
      const bool is_plain = kind != ConstantKind::kCons && kind != ConstantKind::kTuple &&
                            kind != ConstantKind::kMap;
      Pattern* p = fresh(is_plain ? PatternKind::kConstant : PatternKind::kEqual);
      p->ref = ref;
      return p;
    }
    case ExprKind::kString:
      return string_pattern(ast::as<ast::String>(e).text, constant(l_.constants().nil()));
    case ExprKind::kTuple: {
      Pattern* p = fresh(PatternKind::kTuple);
      for (const ast::Expr* element : ast::as<ast::Tuple>(e).elements) {
        p->parts.push_back(pattern(*element));
      }
      return p;
    }
    case ExprKind::kList:
      return list_pattern(ast::as<ast::ListExpr>(e));
    case ExprKind::kMap:
      return map_pattern(ast::as<ast::MapExpr>(e));
    case ExprKind::kRecord:
      return record_pattern(ast::as<ast::RecordExpr>(e));
    case ExprKind::kBinary:
      return bits_pattern(ast::as<ast::BinaryExpr>(e));
    case ExprKind::kMatch: {
      const auto& alias = ast::as<ast::Match>(e);
      const Pattern* left = pattern(*alias.pattern);
      const Pattern* right = pattern(*alias.value);
      Pattern* p = fresh(PatternKind::kAlias);
      p->parts = {left, right};
      return p;
    }
    case ExprKind::kOperator:
      if (ast::as<ast::Operator>(e).op == ast::BinaryOp::kAppend) {
        return append_pattern(ast::as<ast::Operator>(e));
      }
      [[fallthrough]];
    default:
      return constant(l_.constant_term(e));
  }
}

const Pattern* Matcher::list_pattern(const ast::ListExpr& e) {
  std::vector<const Pattern*> elements;
  for (const ast::Expr* element : e.elements) elements.push_back(pattern(*element));
  const Pattern* list = e.tail == nullptr ? constant(l_.constants().nil()) : pattern(*e.tail);
  for (std::size_t i = elements.size(); i-- > 0;) {
    Pattern* cons = fresh(PatternKind::kCons);
    cons->parts = {elements[i], list};
    list = cons;
  }
  return list;
}

const Pattern* Matcher::string_pattern(std::string_view text, const Pattern* tail) {
  std::vector<std::uint32_t> points;
  for (std::size_t at = 0; at < text.size();) points.push_back(ast::next_code_point(text, at));
  for (std::size_t i = points.size(); i-- > 0;) {
    const Pattern* head = constant(l_.constants().integer(points[i]));
    Pattern* cons = fresh(PatternKind::kCons);
    cons->parts = {head, tail};
    tail = cons;
  }
  return tail;
}

// "prefix" ++ Tail and [a, b] ++ Tail
const Pattern* Matcher::append_pattern(const ast::Operator& e) {
  const Pattern* tail = pattern(*e.right);
  if (const auto* text = ast::try_as<ast::String>(e.left)) return string_pattern(text->text, tail);
  const auto* list = ast::try_as<ast::ListExpr>(e.left);
  if (list == nullptr || list->tail != nullptr) return fresh(PatternKind::kNever);
  std::vector<const Pattern*> elements;
  for (const ast::Expr* element : list->elements) elements.push_back(pattern(*element));
  for (std::size_t i = elements.size(); i-- > 0;) {
    Pattern* cons = fresh(PatternKind::kCons);
    cons->parts = {elements[i], tail};
    tail = cons;
  }
  return tail;
}

const Pattern* Matcher::map_pattern(const ast::MapExpr& e) {
  std::vector<const Pattern*> keys;
  for (const ast::MapField& field : e.fields) {
    const Pattern* value = pattern(*field.value);
    Pattern* key = fresh(PatternKind::kMapKey);
    const auto* variable = ast::try_as<ast::Variable>(field.key);
    if (variable != nullptr) {
      key->ref = l_.look_up(variable->name);
    } else {
      key->ref = l_.constant_term(*field.key);
    }
    if (key->ref.none()) key->expr = field.key;
    key->parts = {value};
    keys.push_back(key);
  }
  Pattern* map = fresh(PatternKind::kMap);
  map->parts = std::move(keys);
  return map;
}

const Pattern* Matcher::record_pattern(const ast::RecordExpr& e) {
  const ast::RecordForm* form = l_.record(e.name, e.location);
  if (form == nullptr) return fresh(PatternKind::kNever);
  std::vector<const Pattern*> parts{constant(l_.constants().atom(e.name.text()))};
  for (const ast::RecordFieldDefinition& definition : form->fields) {
    const ast::Expr* value = e.value_of(definition.name);
    parts.push_back(value == nullptr ? any() : pattern(*value));
  }
  Pattern* p = fresh(PatternKind::kTuple);
  p->parts = std::move(parts);
  return p;
}

void Matcher::add_step(Pattern& bits, BitsStep step, const Pattern* value) {
  bits.steps.push_back(step);
  bits.parts.push_back(value);
}

// Adjacent literals become one; what is added is whole bytes.
void Matcher::add_literal(Pattern& bits, std::string bytes) {
  ConstantPool& constants = l_.constants();
  if (!bits.steps.empty() && bits.steps.back().kind == BitsStep::Kind::kLiteral) {
    bytes.insert(0, constants[bits.steps.back().size].bytes);
    bits.steps.pop_back();
    bits.parts.pop_back();
  }
  if (bytes.empty()) return;
  BitsStep step{BitsStep::Kind::kLiteral};
  step.size = constants.bits(std::move(bytes));
  add_step(bits, step, nullptr);
}

void Matcher::string_steps(const ast::Segment& segment, Pattern& bits) {
  const std::string_view text = ast::as<ast::String>(*segment.value).text;
  std::string bytes;
  unsigned unused = 0;
  if (literal_segment(segment, Overflow::kIsNoLiteral, bytes, unused) && unused == 0) {
    add_literal(bits, std::move(bytes));
    return;
  }
  for (std::size_t at = 0; at < text.size();) {
    const Pattern* value = constant(l_.constants().integer(ast::next_code_point(text, at)));
    ast::Segment one = segment;
    one.value = nullptr;
    bits_step(one, bits);
    bits.parts.back() = value;
  }
}

void Matcher::bits_step(const ast::Segment& segment, Pattern& bits) {
  BitsStep step;
  step.unit = segment.unit;
  step.flags = segment_flags(segment);
  using Kind = BitsStep::Kind;
  switch (segment.type) {
    case ast::SegmentType::kInteger:
      step.kind = Kind::kInteger;
      break;
    case ast::SegmentType::kFloat:
      step.kind = Kind::kFloat;
      break;
    case ast::SegmentType::kBinary:
      step.kind = Kind::kBits;
      break;
    default:
      step.kind = Kind::kUtf;
      step.unit = utf_unit(segment.type);
      break;
  }
  if (segment.size != nullptr) {
    step.size = l_.constant_term(*segment.size);
    if (step.size.none()) step.size_expr = segment.size;
  } else if (step.kind == Kind::kInteger || step.kind == Kind::kFloat) {
    step.size = l_.constants().integer(step.kind == Kind::kInteger ? 8 : 64);
  } else if (step.kind == Kind::kBits) {
    step.kind = Kind::kTail;
  }
  const Pattern* value = segment.value == nullptr ? any() : pattern(*segment.value);
  if (step.kind == Kind::kFloat && value->kind == PatternKind::kConstant) {
    // An integer stands for the float that is next to it.
    const auto number = constant_number(*segment.value);
    const auto real = number && !number->is_float ? nearest_float(*number) : std::nullopt;
    if (real) value = constant(l_.constants().real(*real));
  }
  add_step(bits, step, value);
}

bool Matcher::is_whole_bytes(const BitsStep& step) const {
  switch (step.kind) {
    case BitsStep::Kind::kInteger:
    case BitsStep::Kind::kFloat:
    case BitsStep::Kind::kBits:
      return step.unit % 8 == 0 ||
             (l_.constants().is_small(step.size) && l_.constants()[step.size].small % 8 == 0);
    default:
      return true;
  }
}

// Where all that stands before a tail of whole bytes is whole bytes too, the test is made first:
// there the clauses of a function share it.
void Matcher::test_unit_first(Pattern& bits) {
  BitsStep& tail = bits.steps.back();
  if (tail.kind != BitsStep::Kind::kTail || tail.unit != 8 || bits.steps.size() == 1) return;
  for (const BitsStep& step : bits.steps) {
    if (!is_whole_bytes(step)) return;
  }
  tail.unit = 1;
  BitsStep first{BitsStep::Kind::kUnit};
  first.unit = 8;
  bits.steps.insert(bits.steps.begin(), first);
  bits.parts.insert(bits.parts.begin(), nullptr);
}

const Pattern* Matcher::bits_pattern(const ast::BinaryExpr& e) {
  const Ref whole = l_.constant_bits(e, Overflow::kIsNoLiteral);
  if (!whole.none()) return constant(whole);
  Pattern* rest = fresh(PatternKind::kBitsRest);
  for (std::size_t i = 0; i < e.segments.size(); ++i) {
    const ast::Segment& segment = e.segments[i];
    std::string bytes;
    unsigned unused = 0;
    if (segment.value->kind == ExprKind::kString) {
      string_steps(segment, *rest);
    } else if (segment.type != ast::SegmentType::kFloat &&
               literal_segment(segment, Overflow::kIsNoLiteral, bytes, unused) && unused == 0 &&
               (bytes.size() > 1 ||
                (!rest->steps.empty() && rest->steps.back().kind == BitsStep::Kind::kLiteral))) {
      add_literal(*rest, std::move(bytes));
    } else {
      bits_step(segment, *rest);
    }
  }
  if (rest->steps.empty() || rest->steps.back().kind != BitsStep::Kind::kTail) {
    add_step(*rest, {BitsStep::Kind::kEnd}, nullptr);
  }
  test_unit_first(*rest);
  Pattern* p = fresh(PatternKind::kBits);
  p->parts = {rest};
  return p;
}

}  // namespace parley::compiler
