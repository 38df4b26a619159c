// Comprehensions: one local function a generator.
//
// The function of a generator takes its sources (one, or one a zipped generator), then what is
// needed to go on outside, then, for a binary comprehension, what has been built so far:
//
//   g([P | T], Outer...) -> [Value | g(T, Outer...)]      the innermost generator of a list
//   g([P | T], Outer...) -> g2(Source2, T, Outer...)      an outer one: g2 continues with g
//   g([], Outer...)      -> [], or the outer generator with its own rest
//
// So nested generators append nothing and keep the order of evaluation. A list of pairs becomes the
// map of a map comprehension, in one call, later keys winning.
#include <algorithm>

#include "compiler/passes/match.h"

namespace parley::compiler {

using ast::ComprehensionKind;
using ast::Qualifier;
using ast::QualifierKind;

class Comprehender {
 public:
  Comprehender(Lowerer& lowerer, const ast::Comprehension& e) : l_(lowerer), e_(e) {
    if (e.key != nullptr) collect(e.key);
    collect(e.value);
    // The sources of the first generator are computed outside of its function.
    bool is_first = true;
    for (const Qualifier& qualifier : e.qualifiers) {
      const bool generates = qualifier.kind != QualifierKind::kFilter;
      collect(qualifier, !(is_first && generates));
      is_first = is_first && !generates;
    }
  }

  Ref run();

 private:
  // A generator inside its function; values are those of that function.
  struct Level {
    std::uint32_t function = 0;
    std::vector<Ref> sources, rests;
    std::vector<Ref> passed;  // parameters between sources and `built`
    Ref built;                // binary comprehensions: so far
    bool has_outer = false;
    std::uint32_t outer_function = 0;
    std::vector<Ref> outer_arguments;  // without what has been built
  };

  void collect(const ast::Expr* e);
  void collect(const Qualifier& qualifier, bool source_too);
  std::span<const Qualifier> generators(const Qualifier& qualifier) const {
    if (qualifier.kind != QualifierKind::kZip) return {&qualifier, 1};
    return {qualifier.zipped.begin(), qualifier.zipped.size()};
  }
  Ref empty() {
    return e_.of == ComprehensionKind::kBinary ? l_.constants().bits({}) : l_.constants().nil();
  }
  Ref generate(std::size_t at, const Level* outer, Ref built, Position position);
  void level(std::size_t at, Level& level);
  void inside(std::size_t at, Level& level, BlockId skip);
  void element(const Level& level);
  Ref alone();
  Ref item();
  Ref appended(Ref built);
  void again(const Level& level);
  void end(const Qualifier& qualifier, const Level& level);
  void filter(const ast::Expr& e, BlockId skip);

  Ref source_of(const Qualifier& generator);
  Ref next_of_map(Ref iterator);
  struct Step {
    Ref key, value;  // of a list: value
  };
  Step advance(const Qualifier& generator, Level& level, std::size_t index, BlockId end);
  void match(const Qualifier& generator, const Level& level, std::size_t index, const Step& step,
             BlockId skip);
  void match_one(const ast::Expr& pattern, Ref value, const Qualifier& generator, BlockId skip);
  void advance_bits(const Qualifier& generator, Level& level, std::size_t index, BlockId end,
                    BlockId skip);
  ast::BinaryExpr* open_ended(const ast::Expr& pattern, bool with_literals);

  Lowerer& l_;
  const ast::Comprehension& e_;
  std::vector<ast::Name> names_;  // that code inside may use
};

void Comprehender::collect(const ast::Expr* e) {
  if (e == nullptr) return;
  ast::Expr* one = const_cast<ast::Expr*>(e);
  for (const ast::Name name : free_names(ast::Seq<ast::Expr*>{&one, 1})) {
    if (std::ranges::find(names_, name) == names_.end()) names_.push_back(name);
  }
}

void Comprehender::collect(const Qualifier& qualifier, bool source_too) {
  collect(qualifier.pattern);
  collect(qualifier.value_pattern);
  if (source_too) collect(qualifier.expr);
  for (const Qualifier& part : qualifier.zipped) collect(part, source_too);
}

Ref Comprehender::run() {
  const std::size_t mark = l_.mark();
  // Filters may stand before the first generator.
  std::size_t at = 0;
  Lowerer::Join join = l_.start_join(Position::kValue);
  join.exports = false;
  const BlockId skip = l_.new_block();
  for (; at < e_.qualifiers.size() && e_.qualifiers[at].kind == QualifierKind::kFilter; ++at) {
    filter(*e_.qualifiers[at].expr, skip);
  }
  if (at < e_.qualifiers.size()) {
    l_.end_branch(join, generate(at, nullptr, empty(), Position::kValue));
  } else {
    l_.end_branch(join, alone());
  }
  if (at > 0) {
    l_.go_on_in(skip);
    l_.end_branch(join, empty());
  }
  Ref result = l_.finish_join(join);
  l_.undo(mark);
  if (e_.of == ComprehensionKind::kMap) {
    const Ref pairs[] = {result};
    result = l_.call_named("maps", "from_list", pairs, Position::kValue);
  }
  return result;
}

void Comprehender::filter(const ast::Expr& e, BlockId skip) {
  l_.set_line(e.location);
  if (l_.is_guard_expression(e)) return l_.test(e, skip, skip);
  if (l_.is_test(e)) return l_.test(e, skip, 0);
  const Ref value = l_.expr(e);
  const BlockId holds = l_.new_block(), wrong = l_.new_block();
  const Ref yes = l_.constants().boolean(true), no = l_.constants().boolean(false);
  l_.emit(Opcode::select_value, {value.bits, wrong, yes.bits, holds, no.bits, skip});
  l_.go_on_in(wrong);
  l_.raise_error("bad_filter", value);
  l_.go_on_in(holds);
}

Ref Comprehender::next_of_map(Ref iterator) {
  const Ref arguments[] = {iterator};
  return l_.call_named("maps", "next", arguments, Position::kValue);
}

// Of a map its first {Key, Value, Iterator}; what is neither map nor iterator is kept for the end.
Ref Comprehender::source_of(const Qualifier& generator) {
  const Ref source = l_.expr(*generator.expr);
  if (generator.kind != QualifierKind::kMap) return source;
  Lowerer::Join join = l_.start_join(Position::kValue);
  const BlockId no_map = l_.new_block(), no_pair = l_.new_block();
  l_.emit(Opcode::is_map, {no_map, source.bits});
  const Ref arguments[] = {source};
  const Ref iterator = l_.call_named("maps", "iterator", arguments, Position::kValue);
  l_.end_branch(join, next_of_map(iterator));
  l_.go_on_in(no_map);
  l_.emit(Opcode::is_cons, {no_pair, source.bits});
  l_.end_branch(join, next_of_map(source));
  l_.go_on_in(no_pair);
  l_.end_branch(join, source);
  return l_.finish_join(join);
}

// Makes the function of the generator and calls it. `outer`: the level that it continues with.
Ref Comprehender::generate(std::size_t at, const Level* outer, Ref built, Position position) {
  const std::span<const Qualifier> all = generators(e_.qualifiers[at]);
  std::vector<Ref> arguments;
  for (const Qualifier& generator : all) arguments.push_back(source_of(generator));
  std::vector<Ref> passed;
  const Lowerer::Bindings bindings = l_.captured(names_, passed);
  std::vector<Ref> outer_arguments;
  if (outer != nullptr) {
    outer_arguments = outer->rests;
    outer_arguments.insert(outer_arguments.end(), outer->passed.begin(), outer->passed.end());
    for (const Ref ref : outer_arguments) {
      if (ref.is_value() && std::ranges::find(passed, ref) == passed.end()) passed.push_back(ref);
    }
  }
  arguments.insert(arguments.end(), passed.begin(), passed.end());
  const bool builds = e_.of == ComprehensionKind::kBinary;
  if (builds) arguments.push_back(built);

  Level inner;
  inner.function = l_.add_function(l_.generated_name(builds ? "lbc" : "lc"),
                                   static_cast<std::uint32_t>(arguments.size()));
  const Lowerer::Context context = l_.enter_function(inner.function);
  const std::size_t mark = l_.mark();
  const auto parameter = [&] {
    const Ref value = l_.new_value();
    l_.fn_->blocks[1].parameters.push_back(value.as_value());
    return value;
  };
  for (std::size_t i = 0; i < all.size(); ++i) inner.sources.push_back(parameter());
  for (std::size_t i = 0; i < passed.size(); ++i) inner.passed.push_back(parameter());
  if (builds) inner.built = parameter();
  const auto here = [&](Ref ref) {
    const auto found = std::ranges::find(passed, ref);
    return found == passed.end() ? ref
                                 : inner.passed[static_cast<std::size_t>(found - passed.begin())];
  };
  for (const auto& [name, ref] : bindings) l_.bind(name, here(ref));
  if (outer != nullptr) {
    inner.has_outer = true;
    inner.outer_function = outer->function;
    for (const Ref ref : outer_arguments) inner.outer_arguments.push_back(here(ref));
  }
  level(at, inner);
  l_.undo(mark);
  l_.leave_function(context);
  return l_.call_local(inner.function, arguments, position);
}

// The body of a generator's function.
void Comprehender::level(std::size_t at, Level& level) {
  const Qualifier& qualifier = e_.qualifiers[at];
  const std::span<const Qualifier> all = generators(qualifier);
  l_.set_line(qualifier.location);
  level.rests.resize(all.size());
  const BlockId is_end = l_.new_block(), skip = l_.new_block();
  if (all.size() == 1 && all[0].kind == QualifierKind::kBinary) {
    advance_bits(all[0], level, 0, is_end, skip);
  } else {
    std::vector<Step> steps;
    for (std::size_t i = 0; i < all.size(); ++i) steps.push_back(advance(all[i], level, i, is_end));
    for (std::size_t i = 0; i < all.size(); ++i) match(all[i], level, i, steps[i], skip);
  }
  inside(at + 1, level, skip);
  if (!(all.size() == 1 && all[0].kind == QualifierKind::kBinary)) {
    l_.go_on_in(skip);
    again(level);
  }
  l_.go_on_in(is_end);
  l_.set_line(qualifier.location);
  end(qualifier, level);
}

// Filters, then the next generator or the element.
void Comprehender::inside(std::size_t at, Level& level, BlockId skip) {
  for (; at < e_.qualifiers.size(); ++at) {
    if (e_.qualifiers[at].kind != QualifierKind::kFilter) {
      const Ref value = generate(at, &level, level.built, Position::kTail);
      if (!value.none()) l_.ret(value);
      return;
    }
    filter(*e_.qualifiers[at].expr, skip);
  }
  element(level);
}

void Comprehender::again(const Level& level) {
  std::vector<Ref> arguments = level.rests;
  arguments.insert(arguments.end(), level.passed.begin(), level.passed.end());
  if (!level.built.none()) arguments.push_back(level.built);
  l_.call_local(level.function, arguments, Position::kTail);
}

// What a comprehension without generators gives when its filters hold.
Ref Comprehender::alone() {
  if (e_.of == ComprehensionKind::kBinary) return appended(empty());
  return l_.make_cons(item(), empty());
}

// The element of a list or of the pairs of a map.
Ref Comprehender::item() {
  if (e_.of != ComprehensionKind::kMap) return l_.expr(*e_.value);
  const Ref key = l_.expr(*e_.key);
  const Ref pair[] = {key, l_.expr(*e_.value)};
  return l_.make_tuple(pair);
}

// What has been built, with the element behind it.
Ref Comprehender::appended(Ref built) {
  std::vector<std::uint32_t> words{static_cast<std::uint32_t>(isa::BitsKind::kBits), 1, 0,
                                   built.bits, 0};
  if (const auto* bits = ast::try_as<ast::BinaryExpr>(e_.value)) {
    for (const ast::Segment& segment : bits->segments) l_.bits_segment(segment, words);
  } else {
    const Ref value = l_.expr(*e_.value);
    words.insert(words.end(),
                 {static_cast<std::uint32_t>(isa::BitsKind::kBits), 1U, 0U, value.bits, 0U});
  }
  l_.set_line(e_.location);
  return l_.build_bits(words);
}

void Comprehender::element(const Level& level) {
  if (e_.of == ComprehensionKind::kBinary) {
    Level longer = level;
    longer.built = appended(level.built);
    return again(longer);
  }
  const Ref value = item();
  std::vector<Ref> arguments = level.rests;
  arguments.insert(arguments.end(), level.passed.begin(), level.passed.end());
  const Ref others = l_.call_local(level.function, arguments, Position::kValue);
  l_.ret(l_.make_cons(value, others));
}

// One step into a source. It has no more: goes to `end`.
Comprehender::Step Comprehender::advance(const Qualifier& generator, Level& level,
                                         std::size_t index, BlockId end) {
  const Ref source = level.sources[index];
  Step step;
  switch (generator.kind) {
    case QualifierKind::kMap: {
      l_.emit(Opcode::test_arity, {end, source.bits, 3});
      const Ref iterator = l_.new_value();
      step.key = l_.new_value();
      step.value = l_.new_value();
      l_.emit(Opcode::get_element, {source.bits, 0, step.key.bits});
      l_.emit(Opcode::get_element, {source.bits, 1, step.value.bits});
      l_.emit(Opcode::get_element, {source.bits, 2, iterator.bits});
      level.rests[index] = next_of_map(iterator);
      break;
    }
    case QualifierKind::kBinary: {
      const BlockId unused = l_.new_block();
      const std::size_t mark = l_.mark();
      Matcher matcher(l_, Matcher::Names::kShadow);
      const Matcher::Occurrence root = matcher.add_root(source);
      ast::Expr* const pattern[] = {open_ended(*generator.pattern, false)};
      matcher.add_clause(pattern, std::span(&root, 1), nullptr);
      matcher.run(end);
      if (!matcher.enter(0)) l_.go_on_in(unused);
      level.rests[index] = l_.look_up(l_.tree_.names.intern("-rest-"));
      l_.undo(mark);
      break;
    }
    default: {
      const Ref tail = l_.new_value();
      step.value = l_.new_value();
      l_.emit(Opcode::is_cons, {end, source.bits});
      l_.emit(Opcode::get_list, {source.bits, step.value.bits, tail.bits});
      level.rests[index] = tail;
      break;
    }
  }
  return step;
}

void Comprehender::match_one(const ast::Expr& pattern, Ref value, const Qualifier& generator,
                             BlockId skip) {
  Matcher matcher(l_, Matcher::Names::kShadow);
  const Matcher::Occurrence root = matcher.add_root(value);
  ast::Expr* const patterns[] = {const_cast<ast::Expr*>(&pattern)};
  matcher.add_clause(patterns, std::span(&root, 1), nullptr);
  const BlockId fail = generator.strict ? l_.new_block() : skip;
  matcher.run(fail);
  if (generator.strict) {
    l_.go_on_in(fail);
    l_.emit(Opcode::badmatch, {value.bits});
  }
  if (!matcher.enter(0)) l_.go_on_in(l_.new_block());
}

void Comprehender::match(const Qualifier& generator, const Level& level, std::size_t index,
                         const Step& step, BlockId skip) {
  if (generator.kind == QualifierKind::kBinary) {
    match_one(*open_ended(*generator.pattern, true), level.sources[index], generator, skip);
    return;
  }
  if (generator.kind == QualifierKind::kList) {
    return match_one(*generator.pattern, step.value, generator, skip);
  }
  const Ref pair[] = {step.key, step.value};
  const BlockId fail = generator.strict ? l_.new_block() : skip;
  Matcher matcher(l_, Matcher::Names::kShadow);
  const Matcher::Occurrence roots[] = {matcher.add_root(step.key), matcher.add_root(step.value)};
  ast::Expr* const patterns[] = {generator.pattern, generator.value_pattern};
  matcher.add_clause(patterns, roots, nullptr);
  matcher.run(fail);
  if (generator.strict) {
    l_.go_on_in(fail);
    l_.emit(Opcode::badmatch, {l_.make_tuple(pair).bits});
  }
  if (!matcher.enter(0)) l_.go_on_in(l_.new_block());
}

// The pattern with all that follows it in a variable. Without literals it asks for sizes alone.
ast::BinaryExpr* Comprehender::open_ended(const ast::Expr& pattern, bool with_literals) {
  ast::Arena& arena = l_.tree_.arena;
  const auto& bits = ast::as<ast::BinaryExpr>(pattern);
  std::vector<ast::Segment> segments;
  for (ast::Segment segment : bits.segments) {
    std::size_t count = 1;
    if (!with_literals && segment.value->kind != ast::ExprKind::kVariable) {
      if (const auto* text = ast::try_as<ast::String>(segment.value)) {
        count = 0;
        for (std::size_t at = 0; at < text->text.size(); ++count)
          ast::next_code_point(text->text, at);
      }
      segment.value = arena.make<ast::Wildcard>();
      segment.value->kind = ast::ExprKind::kWildcard;
    }
    segments.insert(segments.end(), count, segment);
  }
  auto* name = arena.make<ast::Variable>();
  name->kind = ast::ExprKind::kVariable;
  name->name = l_.tree_.names.intern("-rest-");
  ast::Segment rest;
  rest.value = name;
  rest.type = ast::SegmentType::kBinary;
  rest.location = pattern.location;
  segments.push_back(rest);
  auto* open = arena.make<ast::BinaryExpr>();
  open->kind = ast::ExprKind::kBinary;
  open->location = pattern.location;
  open->segments = arena.copy(segments);
  return open;
}

// The only generator is a bit string: what fits in size but not in value is skipped.
void Comprehender::advance_bits(const Qualifier& generator, Level& level, std::size_t index,
                                BlockId end, BlockId skip) {
  const ast::Name rest = l_.tree_.names.intern("-rest-");
  Matcher matcher(l_, Matcher::Names::kShadow);
  const Matcher::Occurrence root = matcher.add_root(level.sources[index]);
  ast::Expr* const full[] = {open_ended(*generator.pattern, true)};
  ast::Expr* const sizes[] = {open_ended(*generator.pattern, false)};
  matcher.add_clause(full, std::span(&root, 1), nullptr);
  matcher.add_clause(sizes, std::span(&root, 1), nullptr);
  matcher.run(end);
  const std::size_t mark = l_.mark();
  if (matcher.enter(1)) {
    level.rests[index] = l_.look_up(rest);
    if (generator.strict)
      l_.emit(Opcode::badmatch, {level.sources[index].bits});
    else
      again(level);
  }
  l_.undo(mark);
  if (!matcher.enter(0)) {
    l_.bind(rest, level.sources[index]);
    l_.go_on_in(l_.new_block());
  }
  level.rests[index] = l_.look_up(rest);
  const BlockId here = l_.current();
  l_.go_on_in(skip);
  again(level);
  l_.go_on_in(here);
}

// No more elements: all sources must be at their ends, and the outer generator goes on.
void Comprehender::end(const Qualifier& qualifier, const Level& level) {
  const std::span<const Qualifier> all = generators(qualifier);
  const BlockId wrong = l_.new_block();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Ref source = level.sources[i];
    if (all[i].kind == QualifierKind::kMap) {
      l_.emit(Opcode::is_eq_exact, {wrong, source.bits, l_.constants().atom("none").bits});
    } else if (all[i].kind == QualifierKind::kBinary) {
      if (all[i].strict || all.size() > 1) {
        l_.emit(Opcode::is_eq_exact, {wrong, source.bits, l_.constants().bits({}).bits});
      } else {
        l_.emit(Opcode::is_bitstring, {wrong, source.bits});
      }
    } else {
      l_.emit(Opcode::is_nil, {wrong, source.bits});
    }
  }
  if (level.has_outer) {
    std::vector<Ref> arguments = level.outer_arguments;
    if (!level.built.none()) arguments.push_back(level.built);
    l_.call_local(level.outer_function, arguments, Position::kTail);
  } else {
    l_.ret(level.built.none() ? empty() : level.built);
  }
  l_.go_on_in(wrong);
  if (all.size() == 1)
    l_.raise_error("bad_generator", level.sources[0]);
  else
    l_.raise_error("bad_generators", l_.make_tuple(level.sources));
}

Ref Lowerer::comprehension(const ast::Comprehension& e) { return Comprehender(*this, e).run(); }

}  // namespace parley::compiler
