// From match specifications to steps; match_spec.h says what they are.
#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "vm/base/work_list.h"
#include "vm/bif/support.h"
#include "vm/ets/match_spec.h"
#include "vm/term/map_cursor.h"
#include "vm/term/print.h"

namespace parley {

#define GUARD_FUNCTIONS(F)                                                                     \
  F(is_atom, 1, is_atom) F(is_float, 1, is_float) F(is_integer, 1, is_integer)                 \
  F(is_list, 1, is_list) F(is_number, 1, is_number) F(is_pid, 1, is_pid) F(is_port, 1, is_port) \
  F(is_reference, 1, is_reference) F(is_tuple, 1, is_tuple) F(is_map, 1, is_map)               \
  F(is_map_key, 2, is_map_key) F(is_binary, 1, is_binary) F(is_function, 1, is_function_1)     \
  F(is_record, 3, is_record_3) F(abs, 1, abs) F(binary_part, 2, binary_part_2)                 \
  F(binary_part, 3, binary_part_3) F(bit_size, 1, bit_size) F(byte_size, 1, byte_size)         \
  F(element, 2, element) F(float, 1, float) F(hd, 1, hd) F(tl, 1, tl) F(length, 1, length)     \
  F(map_get, 2, map_get) F(map_size, 1, map_size) F(node, 0, node) F(node, 1, node_of)         \
  F(round, 1, round) F(size, 1, size) F(trunc, 1, trunc) F(self, 0, self)                      \
  F(+, 1, op_identity) F(-, 1, op_negate) F(+, 2, op_add) F(-, 2, op_subtract)                 \
  F(*, 2, op_multiply) F(/, 2, op_divide) F(div, 2, op_int_div) F(rem, 2, op_int_rem)          \
  F(band, 2, op_bit_and) F(bor, 2, op_bit_or) F(bxor, 2, op_bit_xor) F(bnot, 1, op_bit_not)    \
  F(bsl, 2, op_shift_left) F(bsr, 2, op_shift_right) F(==, 2, op_eq) F(/=, 2, op_ne)           \
  F(=:=, 2, op_eq_exact) F(=/=, 2, op_ne_exact) F(<, 2, op_lt) F(=<, 2, op_le) F(>, 2, op_gt)  \
  F(>=, 2, op_ge) F(not, 1, op_not) F(xor, 2, op_xor)

#define DECLARE(name, arity, symbol) Term bif_##symbol(BifCall& call, const Term* arguments);
GUARD_FUNCTIONS(DECLARE)
#undef DECLARE

namespace {

struct GuardFunction {
  std::string_view name;
  std::uint32_t arity;
  BifFunction function;
};
const GuardFunction* find_function(std::string_view name, std::uint32_t arity) {
  static constexpr GuardFunction kFunctions[] = {
#define ROW(name, arity, symbol) {#name, arity, &bif_##symbol},
      GUARD_FUNCTIONS(ROW)
#undef ROW
  };
  for (const GuardFunction& f : kFunctions) {
    if (f.name == name && f.arity == arity) return &f;
  }
  return nullptr;
}

// The N of '$N'.
std::optional<std::uint32_t> variable_number(const AtomTable& atoms, Term term) {
  if (!term.is_atom()) return std::nullopt;
  const std::string_view text = atoms.text(term);
  if (text.size() < 2 || text.size() > 10 || text[0] != '$') return std::nullopt;
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_any(Term term) { return term == kAtom_underscore; }

}  // namespace

bool is_constant_pattern(const AtomTable& atoms, Term pattern) {
  WorkList<Word> work;
  work.push(pattern.raw);
  while (!work.empty()) {
    Term t(work.pop());
    for (; t.is_cons(); t = t.tail()) work.push(t.head().raw);
    if (is_any(t) || variable_number(atoms, t)) return false;
    if (t.is_tuple()) {
      for (Word i = 0; i < t.arity(); ++i) work.push(t.element(i).raw);
    } else if (t.is_map()) {
      for (const MapPair& pair : map_pairs(t)) work.push(pair.key.raw), work.push(pair.value.raw);
    }
  }
  return true;
}

class MatchCompiler {
 public:
  MatchCompiler(BifCall& call, MatchSpec& spec) : call_(call), spec_(spec) {}
  bool clause(Term term);

 private:
  bool fail(std::string problem) {
    spec_.problem_ = std::move(problem);
    return false;
  }
  bool head(Term pattern);
  bool head_map(Term map, WorkList<Word>& work);
  bool expressions(Term list, std::vector<std::vector<BodyStep>>& out);
  bool expression(Term term, std::vector<BodyStep>& out);
  bool visit(Term term, std::vector<BodyStep>& out);
  bool visit_atom(Term term, std::vector<BodyStep>& out);
  bool visit_call(Term term, std::vector<BodyStep>& out);
  void short_circuit(Term term, BodyOp op);

  // What is left to do, last first: an expression, or a step to emit.
  struct Task {
    Term expression;
    BodyStep step;
    bool is_step = false;
  };
  void later(BodyStep step) { tasks_.push_back({Term(), step, true}); }
  void later(Term expression) { tasks_.push_back({expression, {}, false}); }

  BifCall& call_;
  MatchSpec& spec_;
  MatchClause clause_;
  std::vector<Task> tasks_;
  std::uint32_t labels_ = 0;
};

bool MatchCompiler::clause(Term term) {
  if (!term.is_tuple() || term.arity() != 3) return fail("A clause is not {Head, Guards, Body}.");
  clause_.head = term.element(0);
  if (!head(clause_.head)) return false;
  for (std::uint32_t i = 0; i < clause_.variables.size(); ++i) clause_.in_order.push_back(i);
  std::ranges::sort(clause_.in_order, {}, [&](std::uint32_t i) { return clause_.variables[i]; });
  if (!expressions(term.element(1), clause_.guards)) return false;
  if (!expressions(term.element(2), clause_.bodies)) return false;
  if (clause_.bodies.empty()) return fail("Match expression is empty.");
  for (Term list = term.element(2); list.is_cons(); list = list.tail()) clause_.body = list.head();
  spec_.clauses_.push_back(std::move(clause_));
  return true;
}

bool MatchCompiler::head(Term pattern) {
  WorkList<Word> work;
  work.push(pattern.raw);
  auto& steps = clause_.head_steps;
  while (!work.empty()) {
    const Term t(work.pop());
    if (is_any(t)) {
      steps.push_back({HeadOp::kAny, 0, Term()});
    } else if (const auto number = variable_number(call_.atoms, t)) {
      const auto at = std::ranges::find(clause_.variables, *number);
      const auto slot = static_cast<std::uint32_t>(at - clause_.variables.begin());
      const bool is_new = at == clause_.variables.end();
      if (is_new) clause_.variables.push_back(*number);
      steps.push_back({is_new ? HeadOp::kBind : HeadOp::kSame, slot, Term()});
    } else if (t.is_cons()) {
      steps.push_back({HeadOp::kCons, 0, Term()});
      work.push(t.tail().raw);
      work.push(t.head().raw);
    } else if (t.is_tuple()) {
      steps.push_back({HeadOp::kTuple, static_cast<std::uint32_t>(t.arity()), Term()});
      for (Word i = t.arity(); i > 0; --i) work.push(t.element(i - 1).raw);
    } else if (t.is_map()) {
      if (!head_map(t, work)) return false;
    } else {
      steps.push_back({HeadOp::kConstant, 0, t});
    }
  }
  return true;
}

// The values are looked for in the order in which their patterns are visited.
bool MatchCompiler::head_map(Term map, WorkList<Word>& work) {
  const std::vector<MapPair> pairs = map_pairs(map);
  auto& steps = clause_.head_steps;
  steps.push_back({HeadOp::kMap, static_cast<std::uint32_t>(pairs.size()), map});
  for (const MapPair& pair : pairs) {
    if (is_any(pair.key) || variable_number(call_.atoms, pair.key)) {
      return fail("Variable found in map key.");
    }
  }
  for (std::size_t i = pairs.size(); i > 0; --i) work.push(pairs[i - 1].value.raw);
  return true;
}

bool MatchCompiler::expressions(Term list, std::vector<std::vector<BodyStep>>& out) {
  for (; list.is_cons(); list = list.tail()) {
    if (!expression(list.head(), out.emplace_back())) return false;
  }
  return list.is_nil() || fail("Guards and body are lists.");
}

bool MatchCompiler::expression(Term term, std::vector<BodyStep>& out) {
  tasks_.clear();
  later(term);
  while (!tasks_.empty()) {
    const Task task = tasks_.back();
    tasks_.pop_back();
    if (task.is_step) {
      out.push_back(task.step);
    } else if (!visit(task.expression, out)) {
      return false;
    }
  }
  return true;
}

bool MatchCompiler::visit(Term term, std::vector<BodyStep>& out) {
  if (term.is_atom()) return visit_atom(term, out);
  if (term.is_cons()) {
    later({BodyOp::kCons});
    later(term.tail());
    later(term.head());
  } else if (term.is_tuple()) {
    return visit_call(term, out);
  } else if (term.is_map()) {
    const std::vector<MapPair> pairs = map_pairs(term);
    later({BodyOp::kMap, static_cast<std::uint32_t>(pairs.size())});
    for (const MapPair& pair : pairs) later(pair.value), later(pair.key);
  } else {
    out.push_back({BodyOp::kConstant, 0, term});
  }
  return true;
}

bool MatchCompiler::visit_atom(Term term, std::vector<BodyStep>& out) {
  if (const auto number = variable_number(call_.atoms, term)) {
    const auto at = std::ranges::find(clause_.variables, *number);
    if (at == clause_.variables.end()) {
      return fail("Variable $" + std::to_string(*number) + " is unbound.");
    }
    out.push_back({BodyOp::kVariable, static_cast<std::uint32_t>(at - clause_.variables.begin())});
  } else if (term == kAtom_whole_object) {
    out.push_back({BodyOp::kObject});
  } else if (term == kAtom_all_variables) {
    out.push_back({BodyOp::kVariables});
  } else {
    out.push_back({BodyOp::kConstant, 0, term});
  }
  return true;
}

void MatchCompiler::short_circuit(Term term, BodyOp op) {
  const std::uint32_t label = labels_++;
  later({BodyOp::kLabel, label});
  later({BodyOp::kConstant, 0, boolean(op == BodyOp::kUnlessTrue)});
  for (Word i = term.arity() - 1; i > 0; --i) {
    later({op, label});
    later(term.element(i));
  }
}

bool MatchCompiler::visit_call(Term term, std::vector<BodyStep>& out) {
  const Word arity = term.arity();
  if (arity == 1 && term.element(0).is_tuple()) {
    const Term tuple = term.element(0);
    later({BodyOp::kTuple, static_cast<std::uint32_t>(tuple.arity())});
    for (Word i = tuple.arity(); i > 0; --i) later(tuple.element(i - 1));
    return true;
  }
  if (arity == 0 || !term.element(0).is_atom()) return fail("A tuple is neither call nor value.");
  const Term name = term.element(0);
  const auto operands = static_cast<std::uint32_t>(arity - 1);
  if (name == kAtom_const_ && operands == 1) {
    out.push_back({BodyOp::kConstant, 0, term.element(1)});
    return true;
  }
  if (operands > 0 && (name == kAtom_andalso || name == kAtom_orelse)) {
    short_circuit(term, name == kAtom_andalso ? BodyOp::kUnlessTrue : BodyOp::kUnlessFalse);
    return true;
  }
  BodyStep step{.number = operands};
  if (operands > 0 && (name == kAtom_and_ || name == kAtom_or_)) {
    step.op = name == kAtom_and_ ? BodyOp::kAllTrue : BodyOp::kAnyTrue;
  } else {
    const std::string_view text = call_.atoms.text(name);
    const GuardFunction* found = find_function(text, operands);
    if (found == nullptr) {
      return fail("Function " + std::string(text) + "/" + std::to_string(operands) +
                  " does_not_exist.");
    }
    step.op = BodyOp::kCall;
    step.function = found->function;
  }
  later(step);
  for (Word i = arity - 1; i > 0; --i) later(term.element(i));
  return true;
}

bool MatchSpec::compile(BifCall& call, Term spec) {
  clauses_.clear();
  for (; spec.is_cons(); spec = spec.tail()) {
    if (!MatchCompiler(call, *this).clause(spec.head())) return false;
  }
  if (spec.is_nil()) return true;
  problem_ = "A match specification is a list.";
  return false;
}

Term MatchSpec::bound_key(std::uint32_t key_position) const {
  if (clauses_.size() != 1) return Term();
  const Term head = clauses_[0].head;
  if (!head.is_tuple() || head.arity() < key_position) return Term();
  return head.element(key_position - 1);
}

bool MatchSpec::keeps_key(std::uint32_t key_position) const {
  for (const MatchClause& clause : clauses_) {
    if (clause.body == kAtom_whole_object) continue;
    const Term body = clause.body;
    if (!body.is_tuple() || body.arity() != 1 || !body.element(0).is_tuple()) return false;
    const Term made = body.element(0);
    if (made.arity() < key_position) return false;
    const Term key = made.element(key_position - 1);
    if (key.is_tuple() && key.arity() == 3 && key.element(0) == kAtom_element &&
        key.element(1) == Term::small(key_position) && key.element(2) == kAtom_whole_object) {
      continue;
    }
    if (!clause.head.is_tuple() || clause.head.arity() < key_position) return false;
    const Term wanted = clause.head.element(key_position - 1);
    const bool is_const = key.is_tuple() && key.arity() == 2 && key.element(0) == kAtom_const_;
    if (is_any(wanted) || !exactly_equal(is_const ? key.element(1) : key, wanted)) return false;
  }
  return true;
}

}  // namespace parley
