// The decision tree: which test next, and what each answer leaves of the clauses.
#include "compiler/passes/match.h"

#include <algorithm>

namespace parley::compiler {

Matcher::Occurrence Matcher::add_root(Ref ref) {
  places_.push_back({Place::How::kLoaded, 0, 0, ref});
  return static_cast<Occurrence>(places_.size() - 1);
}

Matcher::Occurrence Matcher::part(Place place) {
  places_.push_back(place);
  return static_cast<Occurrence>(places_.size() - 1);
}

void Matcher::add_clause(std::span<ast::Expr* const> patterns,
                         std::span<const Occurrence> occurrences, const ast::Guard* guard) {
  Row row;
  row.clause = static_cast<std::uint32_t>(clauses_.size());
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    add_item(row, occurrences[i], pattern(*patterns[i]));
  }
  clauses_.push_back({guard != nullptr && !guard->empty() ? guard : nullptr, {}});
  if (!row.never) rows_.push_back(std::move(row));
}

void Matcher::add_item(Row& row, Occurrence occurrence, const Pattern* pattern) {
  switch (pattern->kind) {
    case PatternKind::kAny:
      return;
    case PatternKind::kNever:
      row.never = true;
      return;
    case PatternKind::kAlias:
      add_item(row, occurrence, pattern->parts[0]);
      add_item(row, occurrence, pattern->parts[1]);
      return;
    case PatternKind::kVariable:
      for (const auto& [name, other] : row.bound) {
        if (name == pattern->name) {
          row.equal.emplace_back(occurrence, other);
          return;
        }
      }
      row.bound.emplace_back(pattern->name, occurrence);
      return;
    default:
      row.items.push_back({occurrence, pattern, 0, {}});
      return;
  }
}

void Matcher::run(BlockId fail) {
  for (std::size_t i = 1; i < places_.size(); ++i) {
    // A constant that is taken apart needs a register.
    if (places_[i].loaded.is_constant() &&
        std::ranges::any_of(rows_, [](const Row& row) { return !row.items.empty(); })) {
      places_[i].loaded = l_.in_register(places_[i].loaded);
    }
  }
  budget_ = static_cast<std::int64_t>(rows_.size()) * 4 + 32;
  compile(std::move(rows_), fail);
  l_.go_on_in(l_.new_block());
}

Ref Matcher::load(Occurrence occurrence) {
  // Parents first, without recursion: a long list pattern nests as deep as it is long.
  std::vector<Occurrence> missing;
  for (Occurrence at = occurrence; places_[at].loaded.none(); at = places_[at].parent) {
    missing.push_back(at);
  }
  for (; !missing.empty(); missing.pop_back()) {
    Place& place = places_[missing.back()];
    const Ref parent = places_[place.parent].loaded;
    const Ref value = l_.new_value();
    switch (place.how) {
      case Place::How::kHead:
        l_.emit(Opcode::get_head, {parent.bits, value.bits});
        break;
      case Place::How::kTail:
        l_.emit(Opcode::get_tail, {parent.bits, value.bits});
        break;
      default:
        l_.emit(Opcode::get_element, {parent.bits, place.index, value.bits});
        break;
    }
    place.loaded = value;
    loads_.push_back(missing.back());
  }
  return places_[occurrence].loaded;
}

void Matcher::forget(std::size_t to) {
  for (; loads_.size() > to; loads_.pop_back()) places_[loads_.back()].loaded = {};
}

// Each round settles one test; the answer with fewer clauses to look at is followed by recursion.
void Matcher::compile(std::vector<Row> rows, BlockId fail) {
  const std::size_t loads = loads_.size(), learnt = l_.learnt();
  while (!rows.empty()) {
    if (rows[0].items.empty()) {
      leaf(rows, fail);
      continue;
    }
    const Item item = rows[0].items[choose(rows)];
    const std::size_t width = window(rows, item);
    if (width < rows.size()) {
      std::vector<Row> rest(std::make_move_iterator(rows.begin() + static_cast<long>(width)),
                            std::make_move_iterator(rows.end()));
      rows.resize(width);
      const BlockId here = l_.current(), shared = l_.new_block();
      l_.go_on_in(shared);
      compile(std::move(rest), fail);
      l_.go_on_in(here);
      fail = shared;
    }
    const BlockId otherwise = l_.new_block();
    std::vector<Branch> branches;
    const bool may_fail = make_test(rows, item, otherwise, branches);
    const BlockId after_test = l_.current();
    std::vector<Fact> facts;
    for (const Branch& branch : branches) facts.push_back(branch.fact);
    std::vector<Row> others;
    if (may_fail) others = rows_without(rows, facts);
    if (others.empty() && branches.size() == 1) {
      l_.go_on_in(otherwise);
      l_.jump(fail);
      l_.go_on_in(branches[0].block != 0 ? branches[0].block : after_test);
      learn(branches[0].fact);
      rows = rows_where(rows, branches[0].fact);
      continue;
    }
    for (const Branch& branch : branches) {
      const std::size_t before = loads_.size();
      l_.go_on_in(branch.block != 0 ? branch.block : after_test);
      const std::size_t known = l_.learnt();
      learn(branch.fact);
      compile(rows_where(rows, branch.fact), fail);
      l_.unlearn(known);
      forget(before);
    }
    l_.go_on_in(otherwise);
    rows = std::move(others);
  }
  l_.jump(fail);
  l_.unlearn(learnt);
  forget(loads);
}

void Matcher::learn(const Fact& fact) {
  using Known = Lowerer::Known;
  const Known known = fact.kind == Fact::Kind::kCons    ? Known::kCons
                      : fact.kind == Fact::Kind::kTuple ? Known::kTuple
                      : fact.kind == Fact::Kind::kMap   ? Known::kMap
                      : fact.kind == Fact::Kind::kBits  ? Known::kBits
                                                        : Known::kNothing;
  if (known != Known::kNothing) {
    l_.learn({places_[fact.occurrence].loaded, known, fact.number});
  }
}

// The first clause has nothing more to test but equal variables and its guard.
void Matcher::leaf(std::vector<Row>& rows, BlockId& fail) {
  Row& row = rows[0];
  Clause& clause = clauses_[row.clause];
  const bool may_fail = !row.equal.empty() || clause.guard != nullptr;
  const BlockId next = !may_fail ? 0 : rows.size() == 1 ? fail : l_.new_block();
  const std::size_t loads = loads_.size();
  for (const auto& [left, right] : row.equal) {
    const Ref l = load(left), r = load(right);
    l_.emit(Opcode::is_eq_exact, {next, l.bits, r.bits});
  }
  Leaf found;
  for (const auto& [name, occurrence] : row.bound) found.bound.emplace_back(name, load(occurrence));
  if (clause.guard != nullptr) {
    const std::size_t mark = l_.mark();
    for (const auto& [name, ref] : found.bound) l_.bind(name, ref);
    l_.guard(*clause.guard, next);
    l_.undo(mark);
  }
  found.block = l_.current();
  clause.leaves.push_back(std::move(found));
  forget(loads);
  if (!may_fail) {
    rows.clear();
  } else {
    rows.erase(rows.begin());
  }
  // What follows is reached only through `next`; with nothing left that is `fail` itself.
  l_.go_on_in(may_fail && next != fail ? next : l_.new_block());
}

// The item of the first clause that most of the following clauses test too.
std::size_t Matcher::choose(const std::vector<Row>& rows) const {
  const std::vector<Item>& items = rows[0].items;
  std::size_t best = 0, best_score = 0;
  if (items.size() == 1 || rows.size() == 1) return 0;
  const std::size_t looked_at = std::min<std::size_t>(items.size(), 16);
  for (std::size_t i = 0; i < looked_at; ++i) {
    std::size_t score = 0;
    for (const Row& row : rows) {
      if (std::ranges::none_of(row.items, [&](const Item& other) {
            return other.occurrence == items[i].occurrence;
          })) {
        break;
      }
      if (++score == 64) break;
    }
    if (score > best_score) best = i, best_score = score;
  }
  return best;
}

// How many clauses, from the first, take part in a test of this item.
std::size_t Matcher::window(const std::vector<Row>& rows, const Item& item) {
  for (std::size_t i = 1; i < rows.size(); ++i) {
    if (rows[i].items.empty()) return i;
    const bool tests_it = std::ranges::any_of(rows[i].items, [&](const Item& other) {
      return other.occurrence == item.occurrence && other.pattern->kind != PatternKind::kEqual;
    });
    if (!tests_it && budget_-- <= 0) return i;
  }
  return rows.size();
}

std::vector<Matcher::Row> Matcher::rows_where(const std::vector<Row>& rows, const Fact& fact) {
  std::vector<Row> result;
  for (const Row& row : rows) {
    Row out;
    if (apply(row, fact, out)) {
      const bool is_last =
          out.items.empty() && out.equal.empty() && clauses_[out.clause].guard == nullptr;
      result.push_back(std::move(out));
      if (is_last) break;
    }
  }
  return result;
}

bool Matcher::apply(const Row& row, const Fact& fact, Row& out) {
  for (const Item& item : row.items) {
    if (relation(item, fact) == Relation::kRefuted) return false;
  }
  out.clause = row.clause;
  out.bound = row.bound;
  out.equal = row.equal;
  out.items.reserve(row.items.size() + 2);
  for (const Item& item : row.items) {
    if (relation(item, fact) == Relation::kSettled)
      settle(out, item, fact);
    else
      out.items.push_back(item);
  }
  return !out.never;
}

// Clauses that are still possible when none of the facts holds.
std::vector<Matcher::Row> Matcher::rows_without(const std::vector<Row>& rows,
                                                std::span<const Fact> facts) {
  std::vector<Row> result;
  for (const Row& row : rows) {
    const bool refuted = std::ranges::any_of(row.items, [&](const Item& item) {
      return std::ranges::any_of(facts, [&](const Fact& fact) {
        return relation(item, fact) == Relation::kSettled &&
               (!fact.tagged || item.pattern->kind == PatternKind::kTuple);
      });
    });
    if (!refuted) result.push_back(row);
  }
  return result;
}

Matcher::Relation Matcher::relation(const Item& item, const Fact& fact) const {
  if (item.occurrence != fact.occurrence) return Relation::kKept;
  const PatternKind kind = item.pattern->kind;
  if (kind == PatternKind::kEqual) {
    const bool same = fact.kind == Fact::Kind::kEqual && item.pattern->ref == fact.ref;
    return same ? Relation::kSettled : Relation::kKept;
  }
  const auto expect = [&](bool settled) {
    return settled ? Relation::kSettled : Relation::kRefuted;
  };
  switch (fact.kind) {
    case Fact::Kind::kConstant:
      if (kind == PatternKind::kConstant) return expect(item.pattern->ref == fact.ref);
      return l_.constants()[fact.ref].kind == ConstantKind::kBits &&
                     (kind == PatternKind::kBits || kind == PatternKind::kBitsRest)
                 ? Relation::kKept
                 : Relation::kRefuted;
    case Fact::Kind::kCons:
      return expect(kind == PatternKind::kCons);
    case Fact::Kind::kTuple:
      return expect(kind == PatternKind::kTuple && item.pattern->parts.size() == fact.number);
    case Fact::Kind::kMap:
      return kind == PatternKind::kMapKey ? Relation::kKept : expect(kind == PatternKind::kMap);
    case Fact::Kind::kBits:
      if (kind == PatternKind::kBits) return Relation::kSettled;
      return kind == PatternKind::kBitsRest ||
                     (kind == PatternKind::kConstant &&
                      l_.constants()[item.pattern->ref].kind == ConstantKind::kBits)
                 ? Relation::kKept
                 : Relation::kRefuted;
    case Fact::Kind::kKey:
      return kind == PatternKind::kMapKey && (item.pattern == fact.pattern ||
                                              (!fact.ref.none() && item.pattern->ref == fact.ref))
                 ? Relation::kSettled
                 : Relation::kKept;
    case Fact::Kind::kStep:
      return step_relation(item, fact);
    case Fact::Kind::kEqual:
      return Relation::kKept;
  }
  return Relation::kKept;
}

// A step of a match of bits settles the same step of others, and two literals at one place exclude
// each other unless one begins with the other.
Matcher::Relation Matcher::step_relation(const Item& item, const Fact& fact) const {
  const BitsStep& theirs = fact.pattern->steps[fact.number];
  const auto excludes = [&](Ref literal) {
    const std::string &a = l_.constants()[literal].bytes, &b = l_.constants()[theirs.size].bytes;
    return !a.starts_with(b) && !b.starts_with(a);
  };
  if (item.pattern->kind == PatternKind::kConstant) {  // a whole bit string
    const bool at_start = fact.number == 0 || (fact.number == 1 && fact.pattern->steps[0].kind ==
                                                                       BitsStep::Kind::kUnit);
    return at_start && theirs.kind == BitsStep::Kind::kLiteral && excludes(item.pattern->ref)
               ? Relation::kRefuted
               : Relation::kKept;
  }
  if (item.pattern->kind != PatternKind::kBitsRest || item.position != fact.position) {
    return Relation::kKept;
  }
  if (item.pattern == fact.pattern && item.at == fact.number) return Relation::kSettled;
  const BitsStep& mine = item.pattern->steps[item.at];
  const bool same = mine.kind == theirs.kind && mine.unit == theirs.unit &&
                    mine.flags == theirs.flags && mine.size == theirs.size &&
                    mine.size_expr == nullptr && theirs.size_expr == nullptr;
  if (same) return Relation::kSettled;
  const bool literals =
      mine.kind == BitsStep::Kind::kLiteral && theirs.kind == BitsStep::Kind::kLiteral;
  return literals && excludes(mine.size) ? Relation::kRefuted : Relation::kKept;
}

// The parts of an item that the fact made accessible.
void Matcher::settle(Row& row, const Item& item, const Fact& fact) {
  const Pattern& pattern = *item.pattern;
  switch (fact.kind) {
    case Fact::Kind::kCons:
    case Fact::Kind::kTuple:
      for (std::size_t i = fact.tagged ? 1 : 0; i < pattern.parts.size(); ++i) {
        add_item(row, fact.parts[i], pattern.parts[i]);
      }
      return;
    case Fact::Kind::kMap:
      for (const Pattern* key : pattern.parts) row.items.push_back({item.occurrence, key, 0, {}});
      return;
    case Fact::Kind::kBits:
      row.items.push_back({item.occurrence, pattern.parts.back(), 0, fact.position});
      return;
    case Fact::Kind::kKey:
      add_item(row, fact.value, pattern.parts[0]);
      return;
    case Fact::Kind::kStep:
      if (pattern.parts[item.at] != nullptr) add_item(row, fact.value, pattern.parts[item.at]);
      if (item.at + 1 < pattern.steps.size()) {
        row.items.push_back({item.occurrence, item.pattern, item.at + 1, fact.after});
      }
      return;
    default:
      return;
  }
}

bool Matcher::enter(std::size_t index) {
  Clause& clause = clauses_[index];
  if (clause.leaves.empty()) return false;
  if (clause.leaves.size() == 1) {
    l_.go_on_in(clause.leaves[0].block);
    for (const auto& [name, ref] : clause.leaves[0].bound) l_.bind(name, ref);
    return true;
  }
  const BlockId body = l_.new_block();
  for (std::size_t i = 0; i < clause.leaves.size(); ++i) {
    l_.go_on_in(clause.leaves[i].block);
    std::vector<Ref> arguments;
    // Rows of one clause may have bound its names in another order.
    for (const auto& [name, first] : clause.leaves[0].bound) {
      for (const auto& [other, ref] : clause.leaves[i].bound) {
        if (other == name) arguments.push_back(ref);
      }
    }
    l_.jump(body, arguments);
  }
  l_.go_on_in(body);
  for (const auto& [name, first] : clause.leaves[0].bound) {
    const Ref parameter = l_.new_value();
    l_.function().blocks[body].parameters.push_back(parameter.as_value());
    l_.bind(name, parameter);
  }
  return true;
}

}  // namespace parley::compiler
