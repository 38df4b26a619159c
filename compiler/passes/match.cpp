// The decision tree: which test next, and what each answer leaves of the clauses.
#include "compiler/passes/match.h"

#include <algorithm>
#include <unordered_map>

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
  const std::size_t loads = loads_.size(), learnt = l_.learnt();
  put_off(l_.current(), std::move(rows_), fail, {});
  while (!work_.empty()) {
    Work work = std::move(work_.back());
    work_.pop_back();
    forget(work.loads);
    l_.unlearn(work.learnt);
    l_.go_on_in(work.block);
    if (work.fact) learn(*work.fact);
    compile(std::move(work));
  }
  forget(loads);
  l_.unlearn(learnt);
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

void Matcher::put_off(BlockId block, std::vector<Row> rows, BlockId fail,
                      std::optional<Fact> fact) {
  Work work{block, fail, {}, 0, 0, loads_.size(), l_.learnt(), std::move(fact)};
  work.replace(std::move(rows));
  work_.push_back(std::move(work));
}

// Each round settles one test. Where there is more than one way to go on, all ways are put off.
void Matcher::compile(Work work) {
  while (work.begin < work.end) {
    if (work.span()[0].items.empty()) {
      leaf(work);
      continue;
    }
    const Item item = work.span()[0].items[choose(work.span())];
    const std::size_t width = window(work.span(), item);
    if (work.begin + width < work.end) {
      const BlockId shared = l_.new_block();
      work_.push_back({shared, work.fail, work.rows, work.begin + width, work.end, loads_.size(),
                       l_.learnt(), {}});
      work.end = work.begin + width;
      work.fail = shared;
    }
    const std::span<const Row> rows = work.span();
    const BlockId otherwise = l_.new_block();
    std::vector<Branch> branches;
    const bool may_fail = make_test(rows, item, otherwise, branches);
    const BlockId after_test = l_.current();
    const auto block_of = [&](const Branch& b) { return b.block != 0 ? b.block : after_test; };
    std::vector<std::vector<Row>> where(branches.size());
    std::vector<Row> others;
    if (branches.size() > 1) {
      others = split(rows, item, branches, where);
    } else {
      if (may_fail) others = rows_without(rows, branches[0].fact);
      where[0] = rows_where(rows, branches[0].fact);
    }
    if (others.empty() && branches.size() == 1) {
      l_.go_on_in(otherwise);
      l_.jump(work.fail);
      l_.go_on_in(block_of(branches[0]));
      learn(branches[0].fact);
      work.replace(std::move(where[0]));
      continue;
    }
    put_off(otherwise, std::move(others), work.fail, {});
    for (std::size_t i = branches.size(); i-- > 0;) {
      put_off(block_of(branches[i]), std::move(where[i]), work.fail, std::move(branches[i].fact));
    }
    return;
  }
  l_.jump(work.fail);
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
void Matcher::leaf(Work& work) {
  const Row& row = work.span()[0];
  const BlockId fail = work.fail;
  Clause& clause = clauses_[row.clause];
  const bool may_fail = !row.equal.empty() || clause.guard != nullptr;
  const BlockId next = !may_fail                        ? 0
                       : work.end - work.begin == 1 ? fail
                                                    : l_.new_block();
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
  work.begin = may_fail ? work.begin + 1 : work.end;
  // What follows is reached only through `next`; with nothing left that is `fail` itself.
  l_.go_on_in(may_fail && next != fail ? next : l_.new_block());
}

// The item of the first clause that most of the following clauses test too.
std::size_t Matcher::choose(std::span<const Row> rows) const {
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

// What the test of an item will say when it holds, as far as other clauses are concerned.
Matcher::Fact Matcher::expected(const Item& item) const {
  Fact fact;
  fact.occurrence = item.occurrence;
  fact.pattern = item.pattern;
  fact.ref = item.pattern->ref;
  switch (item.pattern->kind) {
    case PatternKind::kConstant:
      fact.kind = Fact::Kind::kConstant;
      break;
    case PatternKind::kCons:
      fact.kind = Fact::Kind::kCons;
      break;
    case PatternKind::kTuple:
      fact.kind = Fact::Kind::kTuple;
      fact.number = static_cast<std::uint32_t>(item.pattern->parts.size());
      break;
    case PatternKind::kMap:
      fact.kind = Fact::Kind::kMap;
      break;
    case PatternKind::kBits:
      fact.kind = Fact::Kind::kBits;
      break;
    case PatternKind::kMapKey:
      fact.kind = Fact::Kind::kKey;
      break;
    case PatternKind::kBitsRest:
      fact.kind = Fact::Kind::kStep;
      fact.number = item.at;
      fact.position = item.position;
      break;
    default:
      fact.kind = Fact::Kind::kEqual;
      break;
  }
  return fact;
}

// Which of the ways of one test, with a way for each atom, small integer or arity, the item goes.
std::uint32_t Matcher::branch_key(const Item& tested, const Item& item) const {
  const PatternKind kind = tested.pattern->kind;
  if (item.occurrence != tested.occurrence || item.pattern->kind != kind) return kNoBranch;
  if (kind == PatternKind::kTuple) return static_cast<std::uint32_t>(item.pattern->parts.size());
  if (kind != PatternKind::kConstant) return kNoBranch;
  const ConstantKind type = l_.constants()[tested.pattern->ref].kind;
  const bool has_ways = type == ConstantKind::kAtom || type == ConstantKind::kSmall;
  return has_ways && l_.constants()[item.pattern->ref].kind == type ? item.pattern->ref.bits
                                                                    : kNoBranch;
}

// What the test does to a clause: settled goes one way, that of `branch`; refuted goes on where the
// test fails; kept goes everywhere.
Matcher::Relation Matcher::effect(const Item& tested, const Fact& fact, const Row& row,
                                  std::uint32_t& branch) const {
  Relation found = Relation::kKept;
  for (const Item& item : row.items) {
    branch = branch_key(tested, item);
    if (branch != kNoBranch) return Relation::kSettled;
    const Relation one = relation(item, fact);
    if (one == Relation::kSettled) return one;
    if (one == Relation::kRefuted) found = one;
  }
  return found;
}

// How many clauses, from the first, take part in a test of this item: up to the last that profits,
// as far as the budget pays for the clauses between that must be copied to every way.
std::size_t Matcher::window(std::span<const Row> rows, const Item& item) {
  // A test that leaves many clauses as they were is not worth to look at them all.
  constexpr std::size_t kRefutedMax = 128, kKeptMax = 128;
  const Fact fact = expected(item);
  const bool settles_few = fact.kind == Fact::Kind::kStep || fact.kind == Fact::Kind::kKey ||
                           fact.kind == Fact::Kind::kConstant;
  std::unordered_set<std::uint32_t> ways{branch_key(item, item)};
  const bool has_ways = !ways.contains(kNoBranch);
  std::int64_t kept = 0, spent = 0, paid = 0;
  std::size_t width = 1, refuted = 0;
  for (std::size_t i = 1; i < rows.size() && !rows[i].items.empty(); ++i) {
    std::uint32_t branch = kNoBranch;
    switch (effect(item, fact, rows[i], branch)) {
      case Relation::kKept:
        spent += static_cast<std::int64_t>(ways.size());
        ++kept;
        break;
      case Relation::kRefuted:
        if (settles_few && !has_ways && ++refuted > kRefutedMax) return budget_ -= paid, width;
        break;
      case Relation::kSettled:
        if (branch != kNoBranch && ways.insert(branch).second) spent += kept;
        if (spent > budget_) return budget_ -= paid, width;
        paid = spent;
        width = i + 1;
        continue;
    }
    if (spent > budget_ || i - width > kKeptMax) break;
  }
  budget_ -= paid;
  return width;
}

// Adds what the fact leaves of a clause; false: what comes behind it is never reached.
bool Matcher::add_row_where(const Row& row, const Fact& fact, std::vector<Row>& rows) {
  Row out;
  if (!apply(row, fact, out)) return true;
  rows.push_back(std::move(out));
  const Row& added = rows.back();
  return !added.items.empty() || !added.equal.empty() || clauses_[added.clause].guard != nullptr;
}

std::vector<Matcher::Row> Matcher::rows_where(std::span<const Row> rows, const Fact& fact) {
  std::vector<Row> result;
  for (const Row& row : rows) {
    if (!add_row_where(row, fact, result)) break;
  }
  return result;
}

// The clauses of each way of a test that has several; answers those left where none is taken.
std::vector<Matcher::Row> Matcher::split(std::span<const Row> rows,
                                         const Item& tested, std::span<const Branch> branches,
                                         std::vector<std::vector<Row>>& where) {
  std::unordered_map<std::uint32_t, std::size_t> way_of;
  for (std::size_t i = 0; i < branches.size(); ++i) {
    const Fact& fact = branches[i].fact;
    way_of.emplace(fact.kind == Fact::Kind::kTuple ? fact.number : fact.ref.bits, i);
  }
  std::vector<bool> is_open(branches.size(), true);
  std::vector<Row> others;
  const auto add = [&](const Row& row, std::size_t way) {
    if (is_open[way]) is_open[way] = add_row_where(row, branches[way].fact, where[way]);
  };
  for (const Row& row : rows) {
    std::uint32_t key = kNoBranch;
    const Relation found = effect(tested, branches[0].fact, row, key);
    if (found == Relation::kSettled) {
      add(row, way_of.at(key));
      continue;
    }
    if (found == Relation::kKept) {
      for (std::size_t way = 0; way < branches.size(); ++way) add(row, way);
    }
    others.push_back(row);
  }
  return others;
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

// Clauses that are still possible when the fact does not hold.
std::vector<Matcher::Row> Matcher::rows_without(std::span<const Row> rows, const Fact& fact) {
  std::vector<Row> result;
  for (const Row& row : rows) {
    const bool refuted = std::ranges::any_of(row.items, [&](const Item& item) {
      return relation(item, fact) == Relation::kSettled;
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
