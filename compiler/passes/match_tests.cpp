// The tests of the decision tree: one item of a clause becomes instructions.
#include <algorithm>
#include <unordered_set>

#include "compiler/passes/match.h"

namespace parley::compiler {

bool Matcher::make_test(std::span<const Row> rows, const Item& item, BlockId otherwise,
                        std::vector<Branch>& branches) {
  const Ref subject = load(item.occurrence);
  Fact fact;
  fact.occurrence = item.occurrence;
  switch (item.pattern->kind) {
    case PatternKind::kConstant:
      test_constant(rows, item, otherwise, branches);
      return true;
    case PatternKind::kTuple:
      test_tuple(rows, item, otherwise, branches);
      return true;
    case PatternKind::kCons:
      fact = test_cons(item, otherwise);
      break;
    case PatternKind::kMap:
      fact.kind = Fact::Kind::kMap;
      l_.emit(Opcode::is_map, {otherwise, subject.bits});
      break;
    case PatternKind::kMapKey:
      fact = test_key(rows, item, otherwise);
      break;
    case PatternKind::kBits:
      fact.kind = Fact::Kind::kBits;
      fact.position = l_.new_value();
      l_.emit(Opcode::bits_start, {otherwise, subject.bits, fact.position.bits});
      break;
    case PatternKind::kBitsRest:
      fact = test_step(rows[0], item, otherwise);
      break;
    default:
      fact.kind = Fact::Kind::kEqual;
      fact.ref = item.pattern->ref;
      l_.emit(Opcode::is_eq_exact, {otherwise, subject.bits, fact.ref.bits});
      break;
  }
  const bool may_fail = fact.kind != Fact::Kind::kStep ||
                        fact.pattern->steps[fact.number].kind != BitsStep::Kind::kTail ||
                        fact.pattern->steps[fact.number].unit > 1;
  branches.push_back({std::move(fact), 0});
  return may_fail;
}

void Matcher::test_constant(std::span<const Row> rows, const Item& item, BlockId otherwise,
                            std::vector<Branch>& branches) {
  const ConstantPool& constants = l_.constants();
  const ConstantKind kind = constants[item.pattern->ref].kind;
  std::vector<Ref> values{item.pattern->ref};
  if (kind == ConstantKind::kAtom || kind == ConstantKind::kSmall) {
    std::unordered_set<std::uint32_t> seen{values[0].bits};
    for (const Row& row : rows) {
      for (const Item& other : row.items) {
        if (other.occurrence == item.occurrence && other.pattern->kind == PatternKind::kConstant &&
            constants[other.pattern->ref].kind == kind &&
            seen.insert(other.pattern->ref.bits).second) {
          values.push_back(other.pattern->ref);
        }
      }
    }
  }
  const Ref subject = load(item.occurrence);
  for (const Ref value : values) {
    Fact fact;
    fact.kind = Fact::Kind::kConstant;
    fact.occurrence = item.occurrence;
    fact.ref = value;
    branches.push_back({std::move(fact), values.size() == 1 ? 0 : l_.new_block()});
  }
  if (kind == ConstantKind::kNil) {
    l_.emit(Opcode::is_nil, {otherwise, subject.bits});
  } else if (values.size() == 1) {
    l_.emit(Opcode::is_eq_exact, {otherwise, subject.bits, values[0].bits});
  } else {
    std::vector<std::uint32_t> words{subject.bits, otherwise};
    for (const Branch& branch : branches) {
      words.push_back(branch.fact.ref.bits);
      words.push_back(branch.block);
    }
    l_.emit(Opcode::select_value, words);
  }
}

Matcher::Fact Matcher::tuple_fact(Occurrence occurrence, std::uint32_t arity, Ref tag) {
  Fact fact;
  fact.kind = Fact::Kind::kTuple;
  fact.occurrence = occurrence;
  fact.number = arity;
  fact.ref = tag;
  fact.tagged = !tag.none();
  for (std::uint32_t i = 0; i < arity; ++i) {
    fact.parts.push_back(part({Place::How::kElement, occurrence, i, {}}));
  }
  return fact;
}

// The atom that stands first in every tuple of this arity; none: there is no such.
Ref Matcher::common_tag(std::span<const Row> rows, const Item& item, std::uint32_t arity) const {
  Ref tag;
  for (const Row& row : rows) {
    for (const Item& other : row.items) {
      if (other.occurrence != item.occurrence || other.pattern->kind != PatternKind::kTuple ||
          other.pattern->parts.size() != arity) {
        continue;
      }
      const Pattern& first = *other.pattern->parts[0];
      if (first.kind != PatternKind::kConstant ||
          l_.constants()[first.ref].kind != ConstantKind::kAtom ||
          (!tag.none() && tag != first.ref)) {
        return {};
      }
      tag = first.ref;
    }
  }
  return tag;
}

void Matcher::test_tuple(std::span<const Row> rows, const Item& item, BlockId otherwise,
                         std::vector<Branch>& branches) {
  std::vector<std::uint32_t> arities;
  for (const Row& row : rows) {
    for (const Item& other : row.items) {
      if (other.occurrence != item.occurrence || other.pattern->kind != PatternKind::kTuple)
        continue;
      const auto arity = static_cast<std::uint32_t>(other.pattern->parts.size());
      if (std::ranges::find(arities, arity) == arities.end()) arities.push_back(arity);
    }
  }
  const Ref subject = load(item.occurrence);
  if (arities.size() == 1) {
    const std::uint32_t arity = arities[0];
    const Ref tag = arity == 0 ? Ref{} : common_tag(rows, item, arity);
    if (tag.none()) {
      l_.emit(Opcode::test_arity, {otherwise, subject.bits, arity});
    } else {
      l_.emit(Opcode::is_tagged_tuple, {otherwise, subject.bits, arity, tag.bits});
    }
    branches.push_back({tuple_fact(item.occurrence, arity, tag), 0});
    return;
  }
  std::vector<std::uint32_t> words{subject.bits, otherwise};
  for (const std::uint32_t arity : arities) {
    branches.push_back({tuple_fact(item.occurrence, arity, {}), l_.new_block()});
    words.push_back(l_.constants().integer(arity).bits);
    words.push_back(branches.back().block);
  }
  l_.emit(Opcode::select_arity, words);
}

Matcher::Fact Matcher::test_cons(const Item& item, BlockId otherwise) {
  Fact fact;
  fact.kind = Fact::Kind::kCons;
  fact.occurrence = item.occurrence;
  fact.parts = {part({Place::How::kHead, item.occurrence, 0, {}}),
                part({Place::How::kTail, item.occurrence, 0, {}})};
  l_.emit(Opcode::is_cons, {otherwise, load(item.occurrence).bits});
  return fact;
}

Matcher::Fact Matcher::test_key(std::span<const Row> rows, const Item& item, BlockId otherwise) {
  Fact fact;
  fact.kind = Fact::Kind::kKey;
  fact.occurrence = item.occurrence;
  fact.pattern = item.pattern;
  fact.ref = item.pattern->ref;
  Ref key = fact.ref;
  if (key.none()) {
    const std::size_t mark = l_.mark();
    for (const auto& [name, occurrence] : rows[0].bound) l_.bind(name, load(occurrence));
    key = l_.guard_value(*item.pattern->expr, otherwise);
    l_.undo(mark);
  }
  const Ref map = load(item.occurrence), value = l_.new_value();
  l_.emit(Opcode::get_map, {otherwise, map.bits, key.bits, value.bits});
  fact.value = part({Place::How::kLoaded, 0, 0, value});
  return fact;
}

Ref Matcher::step_size(const Row& row, const BitsStep& step, BlockId otherwise) {
  if (step.size_expr == nullptr) return step.size;
  const std::size_t mark = l_.mark();
  for (const auto& [name, occurrence] : row.bound) l_.bind(name, load(occurrence));
  const Ref size = l_.guard_value(*step.size_expr, otherwise);
  l_.undo(mark);
  return size;
}

Matcher::Fact Matcher::test_step(const Row& row, const Item& item, BlockId otherwise) {
  const BitsStep& step = item.pattern->steps[item.at];
  Fact fact;
  fact.kind = Fact::Kind::kStep;
  fact.occurrence = item.occurrence;
  fact.pattern = item.pattern;
  fact.number = item.at;
  fact.position = item.position;
  const Ref size = step_size(row, step, otherwise);
  const std::uint32_t subject = load(item.occurrence).bits, position = item.position.bits;
  const Ref value = l_.new_value();
  fact.value = part({Place::How::kLoaded, 0, 0, value});
  if (step.kind == BitsStep::Kind::kEnd) {
    l_.emit(Opcode::bits_test_tail, {otherwise, subject, position, 0});
    return fact;
  }
  if (step.kind == BitsStep::Kind::kUnit) {
    l_.emit(Opcode::bits_test_unit, {otherwise, subject, position, step.unit});
    fact.after = item.position;
    return fact;
  }
  if (step.kind == BitsStep::Kind::kTail) {
    if (step.unit > 1) l_.emit(Opcode::bits_test_unit, {otherwise, subject, position, step.unit});
    l_.emit(Opcode::bits_get_tail, {subject, position, value.bits, 0});
    return fact;
  }
  fact.after = l_.new_value();
  Instr* instr = nullptr;
  switch (step.kind) {
    case BitsStep::Kind::kInteger:
      instr = &l_.emit(Opcode::bits_get_integer, {otherwise, subject, position, size.bits,
                                                  step.unit, step.flags, value.bits, 0});
      break;
    case BitsStep::Kind::kFloat:
      instr = &l_.emit(Opcode::bits_get_float, {otherwise, subject, position, size.bits, step.unit,
                                                step.flags, value.bits, 0});
      break;
    case BitsStep::Kind::kBits:
      instr = &l_.emit(Opcode::bits_get_bits,
                       {otherwise, subject, position, size.bits, step.unit, value.bits, 0});
      break;
    case BitsStep::Kind::kUtf:
      instr = &l_.emit(Opcode::bits_get_utf,
                       {otherwise, subject, position, step.unit, step.flags, value.bits});
      break;
    default:
      instr = &l_.emit(Opcode::bits_match, {otherwise, subject, position, step.size.bits});
      break;
  }
  instr->result = fact.after.as_value();
  return fact;
}

}  // namespace parley::compiler
