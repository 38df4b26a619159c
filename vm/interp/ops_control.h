// Instruction bodies: frames, calls, jumps, type tests, comparisons, choices.
//
// Invariant: as in machine.h. A call checks the reductions before it pushes, so a yield re-executes
// the call; the red zone between heap and stack always has room for one return address.
#pragma once

#include "vm/interp/machine.h"
#include "vm/interp/slow.h"

namespace parley::ops {

#define PARLEY_BODY template <Kinds K> [[gnu::always_inline]] inline Outcome

[[gnu::always_inline]] inline Outcome go(Machine& m, const Word* target) {
  m.ip = target;
  return Outcome::kGoto;
}
[[gnu::always_inline]] inline Outcome leave_to(Machine& m, SlowPath path) {
  m.context->slow = path;
  return Outcome::kSlow;
}
[[gnu::always_inline]] inline bool has_room(const Machine& m, std::size_t words) {
  return static_cast<std::size_t>(m.sp - m.hp) >= words + Heap::kRedZoneWords;
}
[[gnu::always_inline]] inline Outcome collect(Machine& m, std::size_t words,
                                              const FrameDesc* frame) {
  m.context->words_wanted = words;
  m.context->frame = frame;
  return leave_to(m, slow_collect);
}
[[gnu::always_inline]] inline Outcome yield(Machine& m, const FrameDesc* frame) {
  m.context->frame = frame;
  return leave_to(m, slow_yield);
}
[[gnu::always_inline]] inline void push_return(Machine& m, const Word* address) {
  *--m.sp = reinterpret_cast<Word>(address);
}

// ---- frames and calls ------------------------------------------------------------------------

PARLEY_BODY body_allocate(Machine& m) {
  using O = Operands<K>;
  const std::uint32_t words = O::template number<0>(m);
  if (!has_room(m, words + 1)) [[unlikely]] return collect(m, words + 1, O::template frame<1>(m));
  m.sp -= words;
  return Outcome::kNext;
}

PARLEY_BODY body_ret(Machine& m) {
  using O = Operands<K>;
  m.sp += O::template number<0>(m);
  const Word* back = reinterpret_cast<const Word*>(*m.sp++);
  return go(m, back);
}

PARLEY_BODY body_call(Machine& m) {
  using O = Operands<K>;
  if (m.reductions <= 0) [[unlikely]] return yield(m, O::template frame<1>(m));
  --m.reductions;
  push_return(m, O::next(m));
  return O::template branch<0>(m);
}

PARLEY_BODY body_call_last(Machine& m) {
  using O = Operands<K>;
  if (m.reductions <= 0) [[unlikely]] return yield(m, O::template frame<2>(m));
  --m.reductions;
  m.sp += O::template number<1>(m);
  return O::template branch<0>(m);
}

[[gnu::always_inline]] inline const Word* entry_of(const Machine& m, Word cell) {
  // Acquire: pairs with the loader's release when it published the entry.
  return reinterpret_cast<const CallCell*>(cell)
      ->entry[m.context->active_code].load(std::memory_order_acquire);
}

PARLEY_BODY body_call_ext(Machine& m) {
  using O = Operands<K>;
  if (m.reductions <= 0) [[unlikely]] return yield(m, O::template frame<1>(m));
  --m.reductions;
  push_return(m, O::next(m));
  return go(m, entry_of(m, O::template word<0>(m)));
}

PARLEY_BODY body_call_ext_last(Machine& m) {
  using O = Operands<K>;
  if (m.reductions <= 0) [[unlikely]] return yield(m, O::template frame<2>(m));
  --m.reductions;
  m.sp += O::template number<1>(m);
  return go(m, entry_of(m, O::template word<0>(m)));
}

// The code of a fun that takes `arity` arguments, its free variables copied behind them; null if
// it is none (then slow_call_fun raises).
[[gnu::always_inline]] inline const Word* enter_fun(Machine& m, Term fun, std::uint32_t arity) {
  if (!fun.is_boxed()) return nullptr;
  const Word* box = fun.box();
  if (header_subtag(box[0]) == Subtag::kFun) [[likely]] {
    const auto* entry = reinterpret_cast<const FunCode*>(box[1]);
    if (entry->arity != arity) return nullptr;
    const Word* code = entry->code.load(std::memory_order_acquire);
    if (code == nullptr) return nullptr;
    const std::uint32_t free_count = entry->free_count;
    for (std::uint32_t i = 0; i < free_count; ++i) m.context->x[arity + i] = box[2 + i];
    return code;
  }
  if (header_subtag(box[0]) == Subtag::kExportFun) {
    const auto* cell = reinterpret_cast<const CallCell*>(box[1]);
    return cell->arity == arity ? entry_of(m, box[1]) : nullptr;
  }
  return nullptr;
}

// Both calls of a fun; `keep_or_drop` pushes the return address or frees the frame.
template <Kinds K, unsigned FrameOperand>
[[gnu::always_inline]] inline Outcome call_fun(Machine& m, auto keep_or_drop) {
  using O = Operands<K>;
  if (m.reductions <= 0) [[unlikely]] return yield(m, O::template frame<FrameOperand>(m));
  const Term fun = O::template get<0>(m);
  const std::uint32_t arity = O::template number<1>(m);
  const Word* code = enter_fun(m, fun, arity);
  if (code == nullptr) [[unlikely]] {
    m.context->operands[0] = fun.raw;
    m.context->operands[1] = arity;
    return leave_to(m, slow_bad_fun);
  }
  --m.reductions;
  keep_or_drop(m);
  return go(m, code);
}

PARLEY_BODY body_call_fun(Machine& m) {
  return call_fun<K, 2>(m, [](Machine& at) { push_return(at, Operands<K>::next(at)); });
}

PARLEY_BODY body_call_fun_last(Machine& m) {
  return call_fun<K, 3>(m, [](Machine& at) { at.sp += Operands<K>::template number<2>(at); });
}

PARLEY_BODY body_apply(Machine& m) {
  using O = Operands<K>;
  if (m.reductions <= 0) [[unlikely]] return yield(m, O::template frame<3>(m));
  m.context->operands[0] = O::template get<0>(m).raw;
  m.context->operands[1] = O::template get<1>(m).raw;
  m.context->operands[2] = O::template number<2>(m);
  m.context->operands[3] = ~Word{0};  // not a tail call
  m.context->next = O::next(m);
  return leave_to(m, slow_apply);
}

PARLEY_BODY body_apply_last(Machine& m) {
  using O = Operands<K>;
  if (m.reductions <= 0) [[unlikely]] return yield(m, O::template frame<4>(m));
  m.context->operands[0] = O::template get<0>(m).raw;
  m.context->operands[1] = O::template get<1>(m).raw;
  m.context->operands[2] = O::template number<2>(m);
  m.context->operands[3] = O::template number<3>(m);
  return leave_to(m, slow_apply);
}

PARLEY_BODY body_jump(Machine& m) { return Operands<K>::template branch<0>(m); }

PARLEY_BODY body_bif(Machine& m) { return leave_to(m, slow_bif); }

// ---- tests -----------------------------------------------------------------------------------

template <Kinds K>
[[gnu::always_inline]] inline Outcome fall_through_if(Machine& m, bool holds) {
  if (holds) return Outcome::kNext;
  return Operands<K>::template branch<0>(m);
}

PARLEY_BODY body_is_integer(Machine& m) {
  const Term t = Operands<K>::template get<1>(m);
  return fall_through_if<K>(m, t.is_small() || t.is_big());
}
PARLEY_BODY body_is_float(Machine& m) {
  return fall_through_if<K>(m, Operands<K>::template get<1>(m).is_float());
}
PARLEY_BODY body_is_number(Machine& m) {
  return fall_through_if<K>(m, Operands<K>::template get<1>(m).is_number());
}
PARLEY_BODY body_is_atom(Machine& m) {
  return fall_through_if<K>(m, Operands<K>::template get<1>(m).is_atom());
}
PARLEY_BODY body_is_boolean(Machine& m) {
  const Term t = Operands<K>::template get<1>(m);
  return fall_through_if<K>(m, t == kAtom_true_ || t == kAtom_false_);
}
PARLEY_BODY body_is_pid(Machine& m) {
  return fall_through_if<K>(m, Operands<K>::template get<1>(m).is_pid());
}
PARLEY_BODY body_is_port(Machine& m) {
  return fall_through_if<K>(m, Operands<K>::template get<1>(m).is_socket());
}
PARLEY_BODY body_is_reference(Machine& m) {
  return fall_through_if<K>(m, Operands<K>::template get<1>(m).is_ref());
}
PARLEY_BODY body_is_function(Machine& m) {
  return fall_through_if<K>(m, Operands<K>::template get<1>(m).is_fun());
}
PARLEY_BODY body_is_function2(Machine& m) {
  const Term fun = Operands<K>::template get<1>(m);
  const Term arity = Operands<K>::template get<2>(m);
  if (!fun.is_fun()) return Operands<K>::template branch<0>(m);
  const std::uint32_t own = fun.is_box(Subtag::kFun)
                                ? reinterpret_cast<const FunCode*>(fun.box()[1])->arity
                                : reinterpret_cast<const CallCell*>(fun.box()[1])->arity;
  return fall_through_if<K>(m, arity == Term::small(own));
}
PARLEY_BODY body_is_nil(Machine& m) {
  return fall_through_if<K>(m, Operands<K>::template get<1>(m).is_nil());
}
PARLEY_BODY body_is_cons(Machine& m) {
  return fall_through_if<K>(m, Operands<K>::template get<1>(m).is_cons());
}
PARLEY_BODY body_is_list(Machine& m) {
  return fall_through_if<K>(m, Operands<K>::template get<1>(m).is_list());
}
PARLEY_BODY body_is_tuple(Machine& m) {
  return fall_through_if<K>(m, Operands<K>::template get<1>(m).is_tuple());
}
inline constexpr Word kArityMask = ~((Word{3} << 12));  // secret and named bits do not count
PARLEY_BODY body_test_arity(Machine& m) {
  const Term t = Operands<K>::template get<1>(m);
  const Word header = make_header(Subtag::kTuple, Operands<K>::template number<2>(m));
  return fall_through_if<K>(m, t.is_boxed() && (t.header() & kArityMask) == header);
}
PARLEY_BODY body_is_tagged_tuple(Machine& m) {
  const Term t = Operands<K>::template get<1>(m);
  const Word header = make_header(Subtag::kTuple, Operands<K>::template number<2>(m));
  return fall_through_if<K>(m, t.is_boxed() && (t.header() & kArityMask) == header &&
                                   t.box()[1] == Operands<K>::template word<3>(m));
}
PARLEY_BODY body_is_binary(Machine& m) {
  const Term t = Operands<K>::template get<1>(m);
  return fall_through_if<K>(m, t.is_bits() && (t.box()[1] & 7) == 0);
}
PARLEY_BODY body_is_bitstring(Machine& m) {
  return fall_through_if<K>(m, Operands<K>::template get<1>(m).is_bits());
}
PARLEY_BODY body_is_map(Machine& m) {
  return fall_through_if<K>(m, Operands<K>::template get<1>(m).is_map());
}

// ---- comparisons: immediates here, the rest out of line ---------------------------------------

template <Kinds K>
[[gnu::always_inline]] inline Outcome compare_slowly(Machine& m, Term left, Term right,
                                                     isa::Opcode operation) {
  using O = Operands<K>;
  Context& c = *m.context;
  c.operands[0] = left.raw;
  c.operands[1] = right.raw;
  c.operation = static_cast<std::uint8_t>(operation);
  c.next = O::next(m);
  c.fail = m.ip + O::template half<0>(m);
  return leave_to(m, slow_compare);
}

PARLEY_BODY body_is_eq_exact(Machine& m) {
  const Term l = Operands<K>::template get<1>(m), r = Operands<K>::template get<2>(m);
  if (l == r) return Outcome::kNext;
  if (l.is_immediate() || r.is_immediate()) return Operands<K>::template branch<0>(m);
  return compare_slowly<K>(m, l, r, isa::Opcode::is_eq_exact);
}
PARLEY_BODY body_is_ne_exact(Machine& m) {
  const Term l = Operands<K>::template get<1>(m), r = Operands<K>::template get<2>(m);
  if (l == r) return Operands<K>::template branch<0>(m);
  if (l.is_immediate() || r.is_immediate()) return Outcome::kNext;
  return compare_slowly<K>(m, l, r, isa::Opcode::is_ne_exact);
}
PARLEY_BODY body_is_eq(Machine& m) {
  const Term l = Operands<K>::template get<1>(m), r = Operands<K>::template get<2>(m);
  if (l == r) return Outcome::kNext;
  if (l.is_small() && r.is_small()) return Operands<K>::template branch<0>(m);
  return compare_slowly<K>(m, l, r, isa::Opcode::is_eq);
}
PARLEY_BODY body_is_ne(Machine& m) {
  const Term l = Operands<K>::template get<1>(m), r = Operands<K>::template get<2>(m);
  if (l == r) return Operands<K>::template branch<0>(m);
  if (l.is_small() && r.is_small()) return Outcome::kNext;
  return compare_slowly<K>(m, l, r, isa::Opcode::is_ne);
}
PARLEY_BODY body_is_lt(Machine& m) {
  const Term l = Operands<K>::template get<1>(m), r = Operands<K>::template get<2>(m);
  if (((l.raw | r.raw) & 3) == 0) [[likely]] {
    return fall_through_if<K>(m, static_cast<std::int64_t>(l.raw) <
                                     static_cast<std::int64_t>(r.raw));
  }
  if (l.is_immediate_double() && r.is_immediate_double()) {
    return fall_through_if<K>(m, l.immediate_double() < r.immediate_double());
  }
  return compare_slowly<K>(m, l, r, isa::Opcode::is_lt);
}
PARLEY_BODY body_is_ge(Machine& m) {
  const Term l = Operands<K>::template get<1>(m), r = Operands<K>::template get<2>(m);
  if (((l.raw | r.raw) & 3) == 0) [[likely]] {
    return fall_through_if<K>(m, static_cast<std::int64_t>(l.raw) >=
                                     static_cast<std::int64_t>(r.raw));
  }
  if (l.is_immediate_double() && r.is_immediate_double()) {
    return fall_through_if<K>(m, l.immediate_double() >= r.immediate_double());
  }
  return compare_slowly<K>(m, l, r, isa::Opcode::is_ge);
}

// ---- choices: the loader sorted the pairs by their word ----------------------------------------

[[gnu::always_inline]] inline const Word* find_choice(const Word* pairs, Word count, Word value) {
  Word low = 0, high = count;
  while (high - low > 4) {
    const Word middle = (low + high) / 2;
    if (pairs[2 * middle] <= value) low = middle;
    else high = middle;
  }
  for (; low < high; ++low) {
    if (pairs[2 * low] == value) return pairs + 2 * low + 1;
  }
  return nullptr;
}

PARLEY_BODY body_select_value(Machine& m) {
  using O = Operands<K>;
  const Word* found = find_choice(O::list(m), O::list_count(m), O::template get<0>(m).raw);
  if (found == nullptr) return O::template branch<1>(m);
  return go(m, m.ip + static_cast<std::int64_t>(*found));
}

PARLEY_BODY body_select_arity(Machine& m) {
  using O = Operands<K>;
  const Term t = O::template get<0>(m);
  if (!t.is_tuple()) return O::template branch<1>(m);
  const Word* found = find_choice(O::list(m), O::list_count(m), t.arity() << 2);
  if (found == nullptr) return O::template branch<1>(m);
  return go(m, m.ip + static_cast<std::int64_t>(*found));
}

PARLEY_BODY body_is_map_key(Machine& m) { return leave_to(m, slow_is_map_key); }

// ---- stubs -----------------------------------------------------------------------------------

PARLEY_BODY body_process_end(Machine& m) { return leave_to(m, slow_process_end); }
PARLEY_BODY body_built_in_entry(Machine& m) { return leave_to(m, slow_built_in_entry); }
PARLEY_BODY body_undefined_entry(Machine& m) { return leave_to(m, slow_undefined_entry); }
PARLEY_BODY body_process_start(Machine& m) { return leave_to(m, slow_process_start); }

// Pseudo instructions make no code; the loader never asks for their handlers.
PARLEY_BODY body_label(Machine&) { return Outcome::kNext; }
PARLEY_BODY body_line(Machine&) { return Outcome::kNext; }
PARLEY_BODY body_handler(Machine&) { return Outcome::kNext; }

}  // namespace parley::ops
