// Instruction bodies: arithmetic on small integers and immediate doubles, moving, taking terms
// apart, building lists, tuples and funs. Everything else goes to its slow path.
//
// Invariant: as in machine.h. An instruction that builds asks for its room before it writes a word.
#pragma once

#include "vm/interp/ops_control.h"

namespace parley::ops {

PARLEY_BODY body_move(Machine& m) {
  Operands<K>::template set<1>(m, Operands<K>::template get<0>(m));
  return Outcome::kNext;
}

PARLEY_BODY body_swap(Machine& m) {
  const Term left = Operands<K>::template get<0>(m), right = Operands<K>::template get<1>(m);
  Operands<K>::template set<0>(m, right);
  Operands<K>::template set<1>(m, left);
  return Outcome::kNext;
}

// ---- arithmetic ------------------------------------------------------------------------------

template <Kinds K, unsigned kResult>
[[gnu::always_inline]] inline Outcome arithmetic_slowly(Machine& m, Term left, Term right,
                                                        isa::Opcode operation) {
  using O = Operands<K>;
  Context& c = *m.context;
  c.operands[0] = left.raw;
  c.operands[1] = right.raw;
  c.operation = static_cast<std::uint8_t>(operation);
  c.next = O::next(m);
  c.fail = O::template label_or_null<0>(m);
  c.target = O::template register_code<kResult>(m);
  return leave_to(m, slow_arithmetic);
}

[[gnu::always_inline]] inline bool both_small(Term l, Term r) { return ((l.raw | r.raw) & 3) == 0; }
[[gnu::always_inline]] inline bool both_immediate_doubles(Term l, Term r) {
  return l.is_immediate_double() && r.is_immediate_double();
}

#define PARLEY_ADDITIVE(name, builtin_overflow, sign)                                     \
  PARLEY_BODY body_##name(Machine& m) {                                                   \
    using O = Operands<K>;                                                                \
    const Term l = O::template get<1>(m), r = O::template get<2>(m);                      \
    if (both_small(l, r)) [[likely]] {                                                    \
      std::int64_t sum;                                                                   \
      if (!builtin_overflow(static_cast<std::int64_t>(l.raw),                             \
                            static_cast<std::int64_t>(r.raw), &sum)) [[likely]] {         \
        O::template set<3>(m, Term(static_cast<Word>(sum)));                              \
        return Outcome::kNext;                                                            \
      }                                                                                   \
    } else if (both_immediate_doubles(l, r)) {                                            \
      const Term sum = immediate_double(l.immediate_double() sign r.immediate_double());  \
      if (sum.is_immediate_double()) [[likely]] {                                         \
        O::template set<3>(m, sum);                                                       \
        return Outcome::kNext;                                                            \
      }                                                                                   \
    }                                                                                     \
    return arithmetic_slowly<K, 3>(m, l, r, isa::Opcode::name);                           \
  }
PARLEY_ADDITIVE(add, __builtin_add_overflow, +)
PARLEY_ADDITIVE(subtract, __builtin_sub_overflow, -)
#undef PARLEY_ADDITIVE

PARLEY_BODY body_multiply(Machine& m) {
  using O = Operands<K>;
  const Term l = O::template get<1>(m), r = O::template get<2>(m);
  if (both_small(l, r)) [[likely]] {
    std::int64_t product;
    if (!__builtin_mul_overflow(static_cast<std::int64_t>(l.raw), r.small_value(), &product))
        [[likely]] {
      O::template set<3>(m, Term(static_cast<Word>(product)));
      return Outcome::kNext;
    }
  } else if (both_immediate_doubles(l, r)) {
    const Term product = immediate_double(l.immediate_double() * r.immediate_double());
    if (product.is_immediate_double()) [[likely]] {
      O::template set<3>(m, product);
      return Outcome::kNext;
    }
  }
  return arithmetic_slowly<K, 3>(m, l, r, isa::Opcode::multiply);
}

PARLEY_BODY body_divide(Machine& m) {
  using O = Operands<K>;
  const Term l = O::template get<1>(m), r = O::template get<2>(m);
  if (both_immediate_doubles(l, r)) {
    const Term quotient = immediate_double(l.immediate_double() / r.immediate_double());
    if (quotient.is_immediate_double()) [[likely]] {  // rejects infinity: division by zero
      O::template set<3>(m, quotient);
      return Outcome::kNext;
    }
  }
  return arithmetic_slowly<K, 3>(m, l, r, isa::Opcode::divide);
}

PARLEY_BODY body_int_div(Machine& m) {
  using O = Operands<K>;
  const Term l = O::template get<1>(m), r = O::template get<2>(m);
  // Division by -1 may leave the small range: out of line.
  if (both_small(l, r) && static_cast<std::int64_t>(r.raw) > 0) [[likely]] {
    O::template set<3>(m, Term::small(l.small_value() / r.small_value()));
    return Outcome::kNext;
  }
  return arithmetic_slowly<K, 3>(m, l, r, isa::Opcode::int_div);
}

PARLEY_BODY body_int_rem(Machine& m) {
  using O = Operands<K>;
  const Term l = O::template get<1>(m), r = O::template get<2>(m);
  if (both_small(l, r) && static_cast<std::int64_t>(r.raw) > 0) [[likely]] {
    O::template set<3>(m, Term::small(l.small_value() % r.small_value()));
    return Outcome::kNext;
  }
  return arithmetic_slowly<K, 3>(m, l, r, isa::Opcode::int_rem);
}

PARLEY_BODY body_bit_and(Machine& m) {
  using O = Operands<K>;
  const Term l = O::template get<1>(m), r = O::template get<2>(m);
  if (both_small(l, r)) [[likely]] {
    O::template set<3>(m, Term(l.raw & r.raw));
    return Outcome::kNext;
  }
  return arithmetic_slowly<K, 3>(m, l, r, isa::Opcode::bit_and);
}
PARLEY_BODY body_bit_or(Machine& m) {
  using O = Operands<K>;
  const Term l = O::template get<1>(m), r = O::template get<2>(m);
  if (both_small(l, r)) [[likely]] {
    O::template set<3>(m, Term(l.raw | r.raw));
    return Outcome::kNext;
  }
  return arithmetic_slowly<K, 3>(m, l, r, isa::Opcode::bit_or);
}
PARLEY_BODY body_bit_xor(Machine& m) {
  using O = Operands<K>;
  const Term l = O::template get<1>(m), r = O::template get<2>(m);
  if (both_small(l, r)) [[likely]] {
    O::template set<3>(m, Term(l.raw ^ r.raw));
    return Outcome::kNext;
  }
  return arithmetic_slowly<K, 3>(m, l, r, isa::Opcode::bit_xor);
}

PARLEY_BODY body_shift_left(Machine& m) {
  using O = Operands<K>;
  const Term l = O::template get<1>(m), r = O::template get<2>(m);
  if (both_small(l, r) && static_cast<Word>(r.small_value()) < 32) {
    const std::int64_t value = l.small_value();
    if (value == static_cast<std::int32_t>(value) && r.small_value() < 29) [[likely]] {
      O::template set<3>(m, Term::small(value << r.small_value()));
      return Outcome::kNext;
    }
  }
  return arithmetic_slowly<K, 3>(m, l, r, isa::Opcode::shift_left);
}
PARLEY_BODY body_shift_right(Machine& m) {
  using O = Operands<K>;
  const Term l = O::template get<1>(m), r = O::template get<2>(m);
  if (both_small(l, r) && static_cast<Word>(r.small_value()) < 62) [[likely]] {
    O::template set<3>(m, Term::small(l.small_value() >> r.small_value()));
    return Outcome::kNext;
  }
  return arithmetic_slowly<K, 3>(m, l, r, isa::Opcode::shift_right);
}
PARLEY_BODY body_bit_not(Machine& m) {
  using O = Operands<K>;
  const Term v = O::template get<1>(m);
  if (v.is_small()) [[likely]] {
    O::template set<2>(m, Term::small(~v.small_value()));
    return Outcome::kNext;
  }
  return arithmetic_slowly<K, 2>(m, v, Term::nil(), isa::Opcode::bit_not);
}
PARLEY_BODY body_negate(Machine& m) {
  return arithmetic_slowly<K, 2>(m, Operands<K>::template get<1>(m), Term::nil(),
                                 isa::Opcode::negate);
}

// ---- taking apart -----------------------------------------------------------------------------

PARLEY_BODY body_get_list(Machine& m) {
  using O = Operands<K>;
  const Term list = O::template get<0>(m);
  const Term head = list.head(), tail = list.tail();
  O::template set<1>(m, head);
  O::template set<2>(m, tail);
  return Outcome::kNext;
}
PARLEY_BODY body_get_head(Machine& m) {
  Operands<K>::template set<1>(m, Operands<K>::template get<0>(m).head());
  return Outcome::kNext;
}
PARLEY_BODY body_get_tail(Machine& m) {
  Operands<K>::template set<1>(m, Operands<K>::template get<0>(m).tail());
  return Outcome::kNext;
}
PARLEY_BODY body_get_element(Machine& m) {
  using O = Operands<K>;
  O::template set<2>(m, O::template get<0>(m).element(O::template number<1>(m)));
  return Outcome::kNext;
}

// ---- building ---------------------------------------------------------------------------------

PARLEY_BODY body_put_list(Machine& m) {
  using O = Operands<K>;
  if (!has_room(m, 2)) [[unlikely]] return collect(m, 2, O::template frame<3>(m));
  m.hp[0] = O::template get<0>(m).raw;
  m.hp[1] = O::template get<1>(m).raw;
  O::template set<2>(m, Term::cons(m.hp));
  m.hp += 2;
  return Outcome::kNext;
}

PARLEY_BODY body_put_tuple(Machine& m) {
  using O = Operands<K>;
  const Word count = O::list_count(m);
  if (!has_room(m, count + 1)) [[unlikely]] return collect(m, count + 1, O::template frame<1>(m));
  const Word* items = O::list(m);
  Word* box = m.hp;
  box[0] = make_header(Subtag::kTuple, count);
  for (Word i = 0; i < count; ++i) box[1 + i] = m.context->read(items[i], m.sp);
  m.hp += count + 1;
  O::template set<0>(m, Term::boxed(box));
  return go(m, items + count);
}

PARLEY_BODY body_update_tuple(Machine& m) {
  using O = Operands<K>;
  const std::uint32_t arity = O::template number<1>(m);
  if (!has_room(m, arity + 1)) [[unlikely]] return collect(m, arity + 1, O::template frame<3>(m));
  const Word* old = O::template get<0>(m).box();
  Word* box = m.hp;
  for (std::uint32_t i = 0; i <= arity; ++i) box[i] = old[i];
  const Word* pairs = O::list(m);
  const Word count = O::list_count(m);
  for (Word i = 0; i < count; ++i) {
    box[1 + Term(pairs[2 * i]).small_value()] = m.context->read(pairs[2 * i + 1], m.sp);
  }
  m.hp += arity + 1;
  O::template set<2>(m, Term::boxed(box));
  return go(m, pairs + 2 * count);
}

PARLEY_BODY body_make_fun(Machine& m) {
  using O = Operands<K>;
  const Word count = O::list_count(m);
  if (!has_room(m, count + 2)) [[unlikely]] return collect(m, count + 2, O::template frame<2>(m));
  const Word* items = O::list(m);
  Word* box = m.hp;
  box[0] = make_header(Subtag::kFun, count + 1);
  box[1] = O::template word<0>(m);
  for (Word i = 0; i < count; ++i) box[2 + i] = m.context->read(items[i], m.sp);
  m.hp += count + 2;
  O::template set<1>(m, Term::boxed(box));
  return go(m, items + count);
}

PARLEY_BODY body_get_map(Machine& m) { return leave_to(m, slow_get_map); }
PARLEY_BODY body_put_map(Machine& m) { return leave_to(m, slow_put_map); }
PARLEY_BODY body_update_map(Machine& m) { return leave_to(m, slow_update_map); }

}  // namespace parley::ops
