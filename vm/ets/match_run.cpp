// Running compiled match specifications; match_spec.h says what the steps are.
#include "vm/base/assert.h"
#include "vm/bif/support.h"
#include "vm/ets/match_spec.h"
#include "vm/term/compare.h"
#include "vm/term/map_cursor.h"

namespace parley {

namespace {

Term pop(std::vector<Term>& stack) {
  const Term t = stack.back();
  stack.pop_back();
  return t;
}

// The values under the keys of a pattern; false: one is missing.
bool push_map_values(BifCall& call, Term pattern, Term map, std::vector<Term>& stack) {
  if (!map.is_map()) return false;
  const std::vector<MapPair> pairs = map_pairs(pattern);
  const MapContext context = map_context(call);
  for (std::size_t i = pairs.size(); i > 0; --i) {
    const Term value = map_get(context, map, pairs[i - 1].key);
    if (!value.is_value()) return false;
    stack.push_back(value);
  }
  return true;
}

}  // namespace

bool MatchSpec::match_head(BifCall& call, const MatchClause& clause, Term object) {
  stack_.assign(1, object);
  bound_.resize(clause.variables.size());
  for (const HeadStep& step : clause.head_steps) {
    const Term t = pop(stack_);
    switch (step.op) {
      case HeadOp::kAny: break;
      case HeadOp::kBind: bound_[step.number] = t; break;
      case HeadOp::kSame:
        if (!exactly_equal(bound_[step.number], t)) return false;
        break;
      case HeadOp::kConstant:
        if (!exactly_equal(step.constant, t)) return false;
        break;
      case HeadOp::kTuple:
        if (!t.is_tuple() || t.arity() != step.number) return false;
        for (Word i = step.number; i > 0; --i) stack_.push_back(t.element(i - 1));
        break;
      case HeadOp::kCons:
        if (!t.is_cons()) return false;
        stack_.push_back(t.tail());
        stack_.push_back(t.head());
        break;
      case HeadOp::kMap:
        if (!push_map_values(call, step.constant, t, stack_)) return false;
        break;
    }
  }
  return true;
}

bool MatchSpec::call_function(BifCall& call, const BodyStep& step) {
  const std::size_t base = stack_.size() - step.number;
  const Term result = step.function(call, stack_.data() + base);
  if (call.answer != BifAnswer::kValue) {
    call.answer = BifAnswer::kValue;
    call.in_trace = false;
    return false;
  }
  stack_.resize(base);
  stack_.push_back(result);
  return true;
}

namespace {

// `and`, `or` of several booleans: `neutral`, unless one of them is the other. False: one is none.
bool combine(std::vector<Term>& stack, std::uint32_t count, Term neutral) {
  Term result = neutral;
  for (std::uint32_t i = 0; i < count; ++i) {
    const Term t = pop(stack);
    if (t != kAtom_true_ && t != kAtom_false_) return false;
    if (t != neutral) result = t;
  }
  stack.push_back(result);
  return true;
}

void make_map(BifCall& call, std::vector<Term>& stack, std::uint32_t count) {
  std::vector<MapPair> pairs;
  for (std::uint32_t i = 0; i < count; ++i) {
    const Term value = pop(stack);
    pairs.push_back({pop(stack), value});
  }
  stack.push_back(map_from_pairs(map_context(call), std::move(pairs)));
}

void make_tuple_of_top(BifCall& call, std::vector<Term>& stack, std::uint32_t count) {
  Word* box = call.heap.allocate(1 + count);
  box[0] = make_header(Subtag::kTuple, count);
  const std::size_t base = stack.size() - count;
  for (std::uint32_t i = 0; i < count; ++i) box[1 + i] = stack[base + i].raw;
  stack.resize(base);
  stack.push_back(Term::boxed(box));
}

}  // namespace

// False: it raises.
bool MatchSpec::step(BifCall& call, const MatchClause& clause, const std::vector<BodyStep>& steps,
                     std::size_t& at, Term object) {
  const BodyStep& step = steps[at];
  switch (step.op) {
    case BodyOp::kConstant: stack_.push_back(step.constant); return true;
    case BodyOp::kVariable: stack_.push_back(bound_[step.number]); return true;
    case BodyOp::kObject: stack_.push_back(object); return true;
    case BodyOp::kVariables: {
      ListBuilder list(call.heap);
      for (const std::uint32_t slot : clause.in_order) list.append(bound_[slot]);
      stack_.push_back(list.finish());
      return true;
    }
    case BodyOp::kTuple: make_tuple_of_top(call, stack_, step.number); return true;
    case BodyOp::kCons: {
      const Term tail = pop(stack_);
      stack_.back() = make_cons(call.heap, stack_.back(), tail);
      return true;
    }
    case BodyOp::kMap: make_map(call, stack_, step.number); return true;
    case BodyOp::kCall: return call_function(call, step);
    case BodyOp::kAllTrue: return combine(stack_, step.number, kAtom_true_);
    case BodyOp::kAnyTrue: return combine(stack_, step.number, kAtom_false_);
    case BodyOp::kUnlessTrue:
    case BodyOp::kUnlessFalse: {
      const Term goes_on = boolean(step.op == BodyOp::kUnlessTrue);
      if (stack_.back() != kAtom_true_ && stack_.back() != kAtom_false_) return false;
      if (stack_.back() == goes_on) {
        stack_.pop_back();
        return true;
      }
      while (steps[at].op != BodyOp::kLabel || steps[at].number != step.number) ++at;
      return true;
    }
    case BodyOp::kLabel: return true;
  }
  PARLEY_UNREACHABLE("a step of a match specification");
}

// The non-value: it raises.
Term MatchSpec::evaluate(BifCall& call, const MatchClause& clause,
                         const std::vector<BodyStep>& steps, Term object) {
  stack_.clear();
  for (std::size_t at = 0; at < steps.size(); ++at) {
    if (!step(call, clause, steps, at, object)) return Term();
  }
  return stack_.back();
}

Term MatchSpec::run(BifCall& call, Term object) {
  for (const MatchClause& clause : clauses_) {
    if (!match_head(call, clause, object)) continue;
    bool holds = true;
    for (const auto& guard : clause.guards) {
      holds = evaluate(call, clause, guard, object) == kAtom_true_;
      if (!holds) break;
    }
    if (!holds) continue;
    Term result;
    for (const auto& body : clause.bodies) result = evaluate(call, clause, body, object);
    return result.is_value() ? result : kAtom_EXIT;
  }
  return Term();
}

}  // namespace parley
