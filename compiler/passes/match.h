// Pattern matching: clauses become a decision tree of tests.
//
// A clause is a conjunction of items "this occurrence matches this pattern". One step takes an
// item of the first clause and makes the test that it needs; clauses that have an item on the same
// occurrence profit from the answer, others go both ways (after J. Jacobs, "How to compile pattern
// matching"). A clause that goes both ways is copied, once for each way but one, and copies are
// paid from a budget; where it is spent, where none of the clauses from there on takes part in the
// test, and where a clause tests nothing more, the rest becomes one block that all failures share.
// So code stays linear in the source, and so does the time that it takes: the work waits in a
// list, rows of clauses are spans of shared vectors. The first clause whose patterns and guard
// hold is taken, as the language says: patterns have no side effects, so only the order of guards
// and bodies is observable.
//
// Parts of a term are loaded where they are first needed on a path. A test is always made on the
// register that holds the occurrence, on every path, so that the verifier can follow.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <unordered_set>
#include <utility>
#include <vector>

#include "compiler/passes/lower.h"

namespace parley::compiler {

enum class PatternKind : std::uint8_t {
  kAny,
  kVariable,
  kConstant,
  kEqual,
  kCons,
  kTuple,
  kMap,
  kBits,
  kAlias,
  kNever,
  kMapKey,    // one key of a known map
  kBitsRest,  // the segments from Item::at on of a known bit string
};

// One step of a match of bits; equal steps at one position are one test.
struct BitsStep {
  enum class Kind : std::uint8_t { kUnit, kInteger, kFloat, kBits, kUtf, kLiteral, kTail, kEnd };
  Kind kind{};
  std::uint32_t unit = 1;
  std::uint32_t flags = 0;
  Ref size;                              // constant size, or the literal
  const ast::Expr* size_expr = nullptr;  // not constant: evaluated with what was bound before it
};

struct Pattern {
  PatternKind kind{};
  ast::Name name;                     // kVariable
  Ref ref;                            // kConstant, kEqual; kMapKey: the key where it is known
  const ast::Expr* expr = nullptr;    // kMapKey: the key where it must be computed
  std::vector<const Pattern*> parts;  // kBits: one a step, null where a step has no value
  std::vector<BitsStep> steps;
};

class Matcher {
 public:
  using Occurrence = std::uint32_t;

  // Patterns of a fun and of a generator bind their names anew, whatever is bound outside.
  enum class Names : std::uint8_t { kMayBeBound, kShadow };
  explicit Matcher(Lowerer& lowerer, Names names = Names::kMayBeBound)
      : l_(lowerer), shadows_(names == Names::kShadow) {}

  Occurrence add_root(Ref ref);
  // Clauses are tried in the order in which they are added. Patterns are read now, with the
  // variables that are bound now; the guard is lowered by `run`.
  void add_clause(std::span<ast::Expr* const> patterns, std::span<const Occurrence> occurrences,
                  const ast::Guard* guard);
  // Writes the tests at the current block; what matches nothing goes to `fail`.
  void run(BlockId fail);
  // Continues in the body of a clause with its variables bound; false: it is never reached.
  bool enter(std::size_t clause);

 private:
  struct Item {
    Occurrence occurrence = 0;
    const Pattern* pattern = nullptr;
    std::uint32_t at = 0;  // kBitsRest: the step
    Ref position;
  };
  struct Row {
    std::uint32_t clause = 0;
    bool never = false;
    std::vector<Item> items;
    std::vector<std::pair<ast::Name, Occurrence>> bound;
    std::vector<std::pair<Occurrence, Occurrence>> equal;
  };
  struct Place {  // how an occurrence is loaded
    enum class How : std::uint8_t { kLoaded, kHead, kTail, kElement };
    How how{};
    Occurrence parent = 0;
    std::uint32_t index = 0;
    Ref loaded;
  };
  struct Leaf {
    BlockId block = 0;
    std::vector<std::pair<ast::Name, Ref>> bound;
  };
  struct Clause {
    const ast::Guard* guard = nullptr;
    std::vector<Leaf> leaves;
  };
  // What a test established about an occurrence.
  struct Fact {
    enum class Kind : std::uint8_t { kConstant, kCons, kTuple, kMap, kBits, kStep, kKey, kEqual };
    Kind kind{};
    Occurrence occurrence = 0;
    Ref ref;                           // kConstant, kEqual, kKey
    const Pattern* pattern = nullptr;  // kStep, kKey: whose
    std::uint32_t number = 0;          // kTuple: arity; kStep: the step
    bool tagged = false;               // kTuple: element 0 is known to be `ref`
    Ref position;                      // kBits: the first; kStep: before
    Ref after;                         // kStep: the position after
    Occurrence value = 0;              // kStep, kKey: what was read
    std::vector<Occurrence> parts;     // kCons, kTuple
  };
  enum class Relation : std::uint8_t { kKept, kRefuted, kSettled };
  // Clauses that wait to be compiled at a block, with what was loaded and learnt on the way to it.
  struct Work {
    BlockId block = 0;
    BlockId fail = 0;
    std::shared_ptr<const std::vector<Row>> rows;
    std::size_t begin = 0, end = 0;
    std::size_t loads = 0, learnt = 0;
    std::optional<Fact> fact;

    std::span<const Row> span() const { return std::span(*rows).subspan(begin, end - begin); }
    void replace(std::vector<Row> by) {
      begin = 0, end = by.size();
      rows = std::make_shared<const std::vector<Row>>(std::move(by));
    }
  };
  struct Branch {
    Fact fact;
    BlockId block = 0;  // 0: falls through
  };

  // match_patterns.cpp
  const Pattern* pattern(const ast::Expr& e);
  const Pattern* constant(Ref ref);
  const Pattern* list_pattern(const ast::ListExpr& e);
  const Pattern* string_pattern(std::string_view text, const Pattern* tail);
  const Pattern* append_pattern(const ast::Operator& e);
  const Pattern* map_pattern(const ast::MapExpr& e);
  const Pattern* record_pattern(const ast::RecordExpr& e);
  const Pattern* bits_pattern(const ast::BinaryExpr& e);
  void bits_step(const ast::Segment& segment, Pattern& bits);
  void string_steps(const ast::Segment& segment, Pattern& bits);
  void add_step(Pattern& bits, BitsStep step, const Pattern* value);
  void add_literal(Pattern& bits, std::string bytes);
  bool is_whole_bytes(const BitsStep& step) const;
  void test_unit_first(Pattern& bits);
  Pattern* fresh(PatternKind kind);
  const Pattern* any() { return &any_; }

  // match.cpp
  void add_item(Row& row, Occurrence occurrence, const Pattern* pattern);
  void compile(Work work);
  void put_off(BlockId block, std::vector<Row> rows, BlockId fail, std::optional<Fact> fact);
  void leaf(Work& work);
  std::size_t choose(std::span<const Row> rows) const;
  Relation relation(const Item& item, const Fact& fact) const;
  void settle(Row& row, const Item& item, const Fact& fact);
  bool apply(const Row& row, const Fact& fact, Row& out);
  bool add_row_where(const Row& row, const Fact& fact, std::vector<Row>& rows);
  std::vector<Row> rows_where(std::span<const Row> rows, const Fact& fact);
  std::vector<Row> rows_without(std::span<const Row> rows, const Fact& fact);
  std::vector<Row> split(std::span<const Row> rows, const Item& tested,
                         std::span<const Branch> branches, std::vector<std::vector<Row>>& where);
  Fact expected(const Item& item) const;
  static constexpr std::uint32_t kNoBranch = ~std::uint32_t{0};
  std::uint32_t branch_key(const Item& tested, const Item& item) const;
  Relation effect(const Item& tested, const Fact& fact, const Row& row,
                  std::uint32_t& branch) const;
  std::size_t window(std::span<const Row> rows, const Item& item);
  Ref load(Occurrence occurrence);
  Occurrence part(Place place);
  void forget(std::size_t to);
  void learn(const Fact& fact);

  // match_tests.cpp
  // Whether the test can fail at all.
  bool make_test(std::span<const Row> rows, const Item& item, BlockId otherwise,
                 std::vector<Branch>& branches);
  void test_constant(std::span<const Row> rows, const Item& item, BlockId otherwise,
                     std::vector<Branch>& branches);
  void test_tuple(std::span<const Row> rows, const Item& item, BlockId otherwise,
                  std::vector<Branch>& branches);
  Fact test_cons(const Item& item, BlockId otherwise);
  Fact test_key(std::span<const Row> rows, const Item& item, BlockId otherwise);
  Fact test_step(const Row& row, const Item& item, BlockId otherwise);
  Ref common_tag(std::span<const Row> rows, const Item& item, std::uint32_t arity) const;
  Relation step_relation(const Item& item, const Fact& fact) const;
  Ref step_size(const Row& row, const BitsStep& step, BlockId otherwise);
  Fact tuple_fact(Occurrence occurrence, std::uint32_t arity, Ref tag);

  Lowerer& l_;
  bool shadows_;
  std::deque<Pattern> patterns_;
  Pattern any_;
  std::vector<Place> places_ = std::vector<Place>(1);
  std::vector<Occurrence> loads_;  // in order, for forget()
  std::vector<Row> rows_;
  std::vector<Clause> clauses_;
  std::vector<Work> work_;  // the last is done first
  std::int64_t budget_ = 0;
};

}  // namespace parley::compiler
