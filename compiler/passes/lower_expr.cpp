// Terms: literals, tuples, lists, maps, matches, bodies.
#include "compiler/passes/match.h"

namespace parley::compiler {

using ast::ExprKind;

namespace {
// A list or tuple of more elements than registers can hold is built element by element.
constexpr std::size_t kElementsMax = 120;
}  // namespace

Ref Lowerer::expr(const Expr& e) {
  set_line(e.location);
  switch (e.kind) {
    case ExprKind::kInteger:
      return integer(ast::as<ast::Integer>(e), false);
    case ExprKind::kFloat:
      return constants().real(ast::as<ast::Float>(e).value);
    case ExprKind::kChar:
      return constants().integer(ast::as<ast::Char>(e).code_point);
    case ExprKind::kAtom:
      return constants().atom(ast::as<ast::Atom>(e).name.text());
    case ExprKind::kString:
      return constants().string(ast::as<ast::String>(e).text);
    case ExprKind::kVariable: {
      const Ref ref = look_up(ast::as<ast::Variable>(e).name);
      if (!ref.none()) return ref;
      problem(e.location,
              "variable '" + std::string(ast::as<ast::Variable>(e).name.text()) + "' is unbound");
      return constants().nil();
    }
    case ExprKind::kTuple:
      return tuple(ast::as<ast::Tuple>(e));
    case ExprKind::kList:
      return list(ast::as<ast::ListExpr>(e));
    case ExprKind::kMap:
      return map(ast::as<ast::MapExpr>(e));
    case ExprKind::kRecord:
      return record_expr(ast::as<ast::RecordExpr>(e));
    case ExprKind::kRecordField:
      return record_access(ast::as<ast::RecordAccess>(e));
    case ExprKind::kRecordIndex:
      return record_index(ast::as<ast::RecordIndex>(e));
    case ExprKind::kBinary:
      return bits(ast::as<ast::BinaryExpr>(e));
    case ExprKind::kInterpolation:
      return interpolation(ast::as<ast::Interpolation>(e));
    case ExprKind::kMatch:
      return match(ast::as<ast::Match>(e));
    case ExprKind::kUnary:
      return unary(ast::as<ast::Unary>(e));
    case ExprKind::kOperator:
      return binary(ast::as<ast::Operator>(e));
    case ExprKind::kFun:
      return fun(ast::as<ast::Fun>(e));
    case ExprKind::kFunLocal:
      return fun_local(ast::as<ast::FunLocal>(e));
    case ExprKind::kFunExternal:
      return fun_external(ast::as<ast::FunExternal>(e));
    case ExprKind::kComprehension:
      return comprehension(ast::as<ast::Comprehension>(e));
    case ExprKind::kWildcard:
    case ExprKind::kMaybeMatch:
      problem(e.location, "this is no expression");
      return constants().nil();
    default:
      return either(e, Position::kValue);
  }
}

// Expressions that know what to do in tail position. Where they are in it, the result is not used.
Ref Lowerer::either(const Expr& e, Position position) {
  set_line(e.location);
  switch (e.kind) {
    case ExprKind::kBlock: {
      const auto& block = ast::as<ast::Block>(e);
      if (position == Position::kValue) return body(block.body);
      tail_body(block.body);
      return {};
    }
    case ExprKind::kCase:
      return case_of(ast::as<ast::Case>(e), position);
    case ExprKind::kIf:
      return if_of(ast::as<ast::If>(e), position);
    case ExprKind::kReceive:
      return receive(ast::as<ast::Receive>(e), position);
    case ExprKind::kTry:
      return try_of(ast::as<ast::Try>(e), position);
    case ExprKind::kCatch:
      return old_catch(ast::as<ast::Catch>(e));
    case ExprKind::kMaybe:
      return maybe(ast::as<ast::Maybe>(e), position);
    case ExprKind::kCall:
      return call(ast::as<ast::Call>(e), position);
    case ExprKind::kPipe:
      return pipe(ast::as<ast::Pipe>(e), position);
    default:
      return expr(e);
  }
}

void Lowerer::tail(const Expr& e) {
  switch (e.kind) {
    case ExprKind::kBlock:
    case ExprKind::kCase:
    case ExprKind::kIf:
    case ExprKind::kReceive:
    case ExprKind::kTry:
    case ExprKind::kMaybe:
    case ExprKind::kCall:
    case ExprKind::kPipe: {
      const Ref value = either(e, Position::kTail);
      if (!value.none()) ret(value);
      return;
    }
    case ExprKind::kOperator: {
      const auto& op = ast::as<ast::Operator>(e);
      if (op.op == ast::BinaryOp::kAndalso || op.op == ast::BinaryOp::kOrelse) {
        const Ref value = short_circuit(op, Position::kTail);
        if (!value.none()) ret(value);
        return;
      }
      [[fallthrough]];
    }
    default:
      ret(expr(e));
  }
}

Ref Lowerer::body(ast::Seq<Expr*> exprs) {
  for (std::size_t i = 0; i + 1 < exprs.size(); ++i) expr(*exprs[i]);
  return expr(*exprs.back());
}

void Lowerer::tail_body(ast::Seq<Expr*> exprs) {
  for (std::size_t i = 0; i + 1 < exprs.size(); ++i) expr(*exprs[i]);
  tail(*exprs.back());
}

// The body of a branch, up to its join.
void Lowerer::finish(Join& join, ast::Seq<Expr*> exprs) {
  if (join.position == Position::kTail) {
    tail_body(exprs);
    undo(join.mark);
  } else {
    end_branch(join, body(exprs));
  }
}

Ref Lowerer::integer(const ast::Integer& e, bool negative) {
  if (!e.is_big) return constants().integer(negative ? -e.value : e.value);
  return constants().integer(negative, ast::magnitude_of(e));
}

Ref Lowerer::make_tuple(std::span<const Ref> items) {
  bool constant = true;
  for (const Ref item : items) constant = constant && item.is_constant();
  std::vector<std::uint32_t> words;
  if (constant) {
    for (const Ref item : items) words.push_back(item.bits);
    return constants().tuple(std::move(words));
  }
  const Ref value = new_value();
  words = {value.bits, 0};
  for (const Ref item : items) words.push_back(item.bits);
  emit(Opcode::put_tuple, words);
  return value;
}

Ref Lowerer::make_cons(Ref head, Ref tail) {
  if (head.is_constant() && tail.is_constant()) return constants().cons(head, tail);
  const Ref value = new_value();
  emit(Opcode::put_list, {head.bits, tail.bits, value.bits, 0});
  return value;
}

Ref Lowerer::tuple(const ast::Tuple& e) {
  if (e.elements.size() > kElementsMax && guard_fail_ == 0) {
    Ref reversed = constants().nil();
    std::vector<Ref> items;
    for (const Expr* element : e.elements) {
      items.push_back(expr(*element));
      reversed = make_cons(items.back(), reversed);
    }
    if (reversed.is_constant()) return make_tuple(items);
    const Ref list[] = {reversed, constants().nil()};
    const Ref forward[] = {call_named("lists", "reverse", list, Position::kValue)};
    return call_named("erlang", "list_to_tuple", forward, Position::kValue);
  }
  std::vector<Ref> items;
  items.reserve(e.elements.size());
  for (const Expr* element : e.elements) items.push_back(expr(*element));
  set_line(e.location);
  return make_tuple(items);
}

Ref Lowerer::list(const ast::ListExpr& e) {
  if (e.elements.size() > kElementsMax) {
    return guard_fail_ == 0 ? long_list(e) : list_in_guard(e);
  }
  std::vector<Ref> items;
  items.reserve(e.elements.size());
  for (const Expr* element : e.elements) items.push_back(expr(*element));
  Ref list = e.tail == nullptr ? constants().nil() : expr(*e.tail);
  set_line(e.location);
  for (std::size_t i = items.size(); i-- > 0;) list = make_cons(items[i], list);
  return list;
}

// Elements are put in front of a reversed list as they are computed: one register holds them all.
Ref Lowerer::long_list(const ast::ListExpr& e) {
  std::vector<Ref> items;
  Ref reversed = constants().nil();
  for (const Expr* element : e.elements) {
    items.push_back(expr(*element));
    reversed = make_cons(items.back(), reversed);
  }
  Ref list = e.tail == nullptr ? constants().nil() : expr(*e.tail);
  if (!reversed.is_constant()) {
    const Ref arguments[] = {reversed, list};
    return call_named("lists", "reverse", arguments, Position::kValue);
  }
  for (std::size_t i = items.size(); i-- > 0;) list = make_cons(items[i], list);
  return list;
}

// Guards call nothing, and as they have no effects, their parts may be computed in any order.
Ref Lowerer::list_in_guard(const ast::ListExpr& e) {
  Ref list = e.tail == nullptr ? constants().nil() : expr(*e.tail);
  for (std::size_t i = e.elements.size(); i-- > 0;) list = make_cons(expr(*e.elements[i]), list);
  return list;
}

Ref Lowerer::put_map(Ref base, std::span<const std::uint32_t> pairs, bool exact) {
  if (pairs.empty()) return base;
  const Ref value = new_value();
  std::vector<std::uint32_t> words{guard_fail_, base.bits, value.bits, 0};
  words.insert(words.end(), pairs.begin(), pairs.end());
  emit(exact ? Opcode::update_map : Opcode::put_map, words);
  return value;
}

Ref Lowerer::map(const ast::MapExpr& e) {
  const Ref base = e.base == nullptr ? constants().map({}) : expr(*e.base);
  std::vector<std::uint32_t> pairs;
  std::vector<bool> exact;
  bool constant = e.base == nullptr;
  for (const ast::MapField& field : e.fields) {
    const Ref key = expr(*field.key), value = expr(*field.value);
    constant = constant && key.is_constant() && value.is_constant() && !field.exact;
    pairs.push_back(key.bits);
    pairs.push_back(value.bits);
    exact.push_back(field.exact);
  }
  if (constant) return constants().map(pairs);
  set_line(e.location);
  if (pairs.empty() && e.base != nullptr) {  // Base#{} still insists on a map
    const Ref value = new_value();
    emit(Opcode::put_map, {guard_fail_, base.bits, value.bits, 0});
    return value;
  }
  Ref map = base;
  for (std::size_t from = 0; from < exact.size();) {
    std::size_t to = from + 1;
    while (to < exact.size() && exact[to] == exact[from] && to - from < kElementsMax / 2) ++to;
    map = put_map(map, std::span(pairs).subspan(from * 2, (to - from) * 2), exact[from]);
    from = to;
  }
  return map;
}

Ref Lowerer::match(const ast::Match& e) {
  const Ref value = expr(*e.value);
  if (e.pattern->kind == ExprKind::kWildcard) return value;
  if (const auto* variable = ast::try_as<ast::Variable>(e.pattern);
      variable != nullptr && look_up(variable->name).none()) {
    bind(variable->name, value);
    return value;
  }
  set_line(e.location);
  Matcher matcher(*this);
  const Matcher::Occurrence root = matcher.add_root(value);
  Expr* const patterns[] = {e.pattern};
  matcher.add_clause(patterns, std::span(&root, 1), nullptr);
  const BlockId fail = new_block();
  matcher.run(fail);
  go_on_in(fail);
  emit(Opcode::badmatch, {value.bits});
  if (!matcher.enter(0)) go_on_in(new_block());
  return value;
}

// ~f"...": what is not a literal goes through one function of the module, then all is joined.
Ref Lowerer::interpolation(const ast::Interpolation& e) {
  std::vector<std::uint32_t> segments;
  for (const ast::InterpolationPart& part : e.parts) {
    Ref text;
    if (part.expr == nullptr) {
      text = constants().bits(std::string(part.text));
    } else {
      const Ref value = expr(*part.expr);
      set_line(part.expr->location);
      const std::string_view file = tree_.files[e.location.file].name;
      const std::uint32_t place[] = {constants().bits(std::string(file)).bits,
                                     constants().integer(part.expr->location.line).bits,
                                     constants().integer(part.expr->location.column).bits};
      const Ref arguments[] = {value, constants().tuple({place[0], place[1], place[2]})};
      text = call_local(text_function(), arguments, Position::kValue);
    }
    for (const std::uint32_t word : {std::uint32_t(isa::BitsKind::kBits), 8U, 0U, text.bits, 0U}) {
      segments.push_back(word);
    }
  }
  if (segments.empty()) return constants().bits({});
  return build_bits(segments);
}

// text(Value, Place): binaries as they are, numbers and atoms as written, else an error.
std::uint32_t Lowerer::text_function() {
  if (text_function_ != 0) return text_function_ - 1;
  const std::uint32_t index = add_function("-text-", 2);
  text_function_ = index + 1;
  const Context context = enter_function(index);
  const Ref value = new_value(), place = new_value();
  fn_->blocks[1].parameters = {value.as_value(), place.as_value()};
  const Ref arguments[] = {value};
  const auto when = [&](Opcode test, auto&& then) {
    const BlockId otherwise = new_block();
    emit(test, {otherwise, value.bits});
    ret(then());
    go_on_in(otherwise);
  };
  when(Opcode::is_binary, [&] { return value; });
  when(Opcode::is_integer,
       [&] { return call_named("erlang", "integer_to_binary", arguments, Position::kValue); });
  when(Opcode::is_atom,
       [&] { return call_named("erlang", "atom_to_binary", arguments, Position::kValue); });
  when(Opcode::is_float, [&] {
    const Ref option = constants().cons(constants().atom("short"), constants().nil());
    const Ref two[] = {value, option};
    return call_named("erlang", "float_to_binary", two, Position::kValue);
  });
  const Ref items[] = {constants().atom("interpolation"), value, place};
  raise_error("badarg", make_tuple(items));
  leave_function(context);
  return index;
}

}  // namespace parley::compiler
