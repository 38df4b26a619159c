// Built-ins: changing elements of objects in a set. All changes of one call happen, or none.
#include <optional>

#include "vm/bif/arith.h"
#include "vm/ets/table_access.h"

namespace parley {

namespace {

using Changes = std::vector<std::pair<Word, Term>>;  // index from 0, new value

struct CounterStep {
  Word index = 0;                    // from 0
  Term increment, threshold, reset;  // the last two: non-values where there is none
};

std::optional<CounterStep> parse_step(const Table& table, Term term) {
  CounterStep step{.index = table.options.key_position};
  if (term.is_integer()) {
    step.increment = term;
    return step;
  }
  if (!term.is_tuple() || (term.arity() != 2 && term.arity() != 4)) return std::nullopt;
  if (!term.element(0).is_small() || term.element(0).small_value() < 1) return std::nullopt;
  step.index = static_cast<Word>(term.element(0).small_value() - 1);
  step.increment = term.element(1);
  if (term.arity() == 4) {
    step.threshold = term.element(2), step.reset = term.element(3);
    if (!step.threshold.is_integer() || !step.reset.is_integer()) return std::nullopt;
  }
  if (!step.increment.is_integer()) return std::nullopt;
  return step;
}

// One step or a list of them. False: neither.
bool parse_steps(const Table& table, Term term, std::vector<CounterStep>& steps) {
  if (!term.is_list()) {
    const auto step = parse_step(table, term);
    if (step) steps.push_back(*step);
    return step.has_value();
  }
  for (; term.is_cons(); term = term.tail()) {
    const auto step = parse_step(table, term.head());
    if (!step) return false;
    steps.push_back(*step);
  }
  return term.is_nil();
}

Term stepped(BifCall& call, Term value, const CounterStep& step) {
  const Term sum = arith_add(call, value, step.increment);
  if (!sum.is_value() || !step.threshold.is_value()) return sum;
  const bool up = compare(step.increment, Term::small(0), call.atoms) >= 0;
  const int order = compare(sum, step.threshold, call.atoms);
  return (up && order > 0) || (!up && order < 0) ? step.reset : sum;
}

// The object with some elements changed, as a fragment of its own.
Fragment* changed(BifCall& call, Term object, const Changes& changes) {
  const Word arity = object.arity();
  std::vector<Word> words(arity + 1);
  words[0] = make_header(Subtag::kTuple, arity);
  for (Word i = 0; i < arity; ++i) words[1 + i] = object.element(i).raw;
  for (const auto& [index, value] : changes) words[1 + index] = value.raw;
  return copy_in(call, Term::boxed(words.data()));
}

// Whether a program may change the element.
bool may_change(const Table& table, Term object, Word index) {
  return index < object.arity() && index != table.options.key_position - 1;
}

// The results, and what they change; false: the call has failed.
bool run_steps(BifCall& call, const Table& table, Term object,
               const std::vector<CounterStep>& steps, Changes& changes) {
  for (const CounterStep& step : steps) {
    if (!may_change(table, object, step.index)) return call.badarg(), false;
    Term value = object.element(step.index);
    for (const auto& [index, before] : changes) {
      if (index == step.index) value = before;
    }
    if (!value.is_integer()) return call.badarg(), false;
    const Term result = stepped(call, value, step);
    if (!result.is_value()) return false;
    changes.emplace_back(step.index, result);
  }
  return true;
}

Term update_counter(BifCall& call, const Term* a, Term initial) {
  const TablePointer table = find_table(call, a[0], TableUse::kWrite);
  std::vector<CounterStep> steps;
  if (table == nullptr || !table->is_set() || !parse_steps(*table, a[2], steps)) {
    return call.badarg();
  }
  if (initial.is_value() && !table->fits(initial)) return call.badarg();
  std::unique_lock guard(table->lock);
  Fragment* old = table->find(a[1]);
  const Term object = old == nullptr ? initial : Table::root_of(old);
  if (!object.is_value()) return call.badarg();
  Changes changes;
  if (!run_steps(call, *table, object, steps, changes)) return Term();
  ListBuilder results(call.heap);
  for (const auto& [index, value] : changes) results.append(value);
  const Term last = changes.empty() ? Term::nil() : changes.back().second;
  if (old == nullptr) {
    // The key of a default object is the one that was asked for.
    changes.emplace_back(table->options.key_position - 1, a[1]);
    table->insert(changed(call, object, changes));
  } else if (changes.size() == 1 && last.is_small() &&
             object.element(changes[0].first).is_small()) {
    object.box()[1 + changes[0].first] = last.raw;
  } else if (!changes.empty()) {
    table->replace(old, changed(call, object, changes));
  }
  return a[2].is_list() ? results.finish() : last;
}

// {Position, Value} or a list of those. False: neither.
bool parse_changes(Term term, Changes& changes) {
  const auto parse_one = [&changes](Term one) {
    if (!one.is_tuple() || one.arity() != 2 || !one.element(0).is_small()) return false;
    if (one.element(0).small_value() < 1) return false;
    changes.emplace_back(static_cast<Word>(one.element(0).small_value() - 1), one.element(1));
    return true;
  };
  if (!term.is_list()) return parse_one(term);
  for (; term.is_cons(); term = term.tail()) {
    if (!parse_one(term.head())) return false;
  }
  return term.is_nil();
}

Term update_element(BifCall& call, const Term* a, Term initial) {
  const TablePointer table = find_table(call, a[0], TableUse::kWrite);
  Changes changes;
  if (table == nullptr || !table->is_set() || !parse_changes(a[2], changes)) return call.badarg();
  if (initial.is_value() && !table->fits(initial)) return call.badarg();
  std::unique_lock guard(table->lock);
  Fragment* old = table->find(a[1]);
  if (old == nullptr && !initial.is_value()) return kAtom_false_;
  const Term object = old == nullptr ? initial : Table::root_of(old);
  for (const auto& [index, value] : changes) {
    if (!may_change(*table, object, index)) return call.badarg();
  }
  if (old != nullptr) {
    if (!changes.empty()) table->replace(old, changed(call, object, changes));
    return kAtom_true_;
  }
  changes.emplace_back(table->options.key_position - 1, a[1]);
  table->insert(changed(call, object, changes));
  return kAtom_true_;
}

}  // namespace

Term bif_ets_update_counter(BifCall& call, const Term* a) {
  return update_counter(call, a, Term());
}
Term bif_ets_update_counter_default(BifCall& call, const Term* a) {
  return update_counter(call, a, a[3]);
}
Term bif_ets_update_element(BifCall& call, const Term* a) {
  return update_element(call, a, Term());
}
Term bif_ets_update_element_default(BifCall& call, const Term* a) {
  return update_element(call, a, a[3]);
}

}  // namespace parley
