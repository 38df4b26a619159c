// Instruction bodies: messages and exceptions.
//
//   loop:   loop_rec empty, x0      x0 = the message under examination (fragile: it lies in its
//           ... match x0 ...        fragment, which the mailbox still owns)
//           remove_message          matched: the fragment is freed, or adopted by the heap
//           ... the body ...
//   next:   loop_rec_end loop       did not match: look at the one behind it
//   empty:  wait loop               nothing left: wait; or wait_timeout loop, ms; the after body
//
// Invariant: as in machine.h.
#pragma once

#include "vm/interp/ops_control.h"

namespace parley::ops {

PARLEY_BODY body_send(Machine& m) { return leave_to(m, slow_send); }
PARLEY_BODY body_loop_rec(Machine& m) {
  using O = Operands<K>;
  Fragment* const message = *m.context->process->scan;
  // A plain message that is here already is examined in place; signals are never in this queue.
  if (message == nullptr || kind_of(message->kind()) != MessageKind::kMessage) [[unlikely]] {
    m.context->fail = m.ip + O::template half<0>(m);
    return leave_to(m, slow_loop_rec);
  }
  m.context->process->set_flag(process_flag::kExamining);
  m.context->heap.set_mark(m.hp);  // remove_message asks whether the examination allocated
  O::template set<1>(m, Term(message->terms()[0]));
  return Outcome::kNext;
}
PARLEY_BODY body_loop_rec_end(Machine& m) {
  Process& p = *m.context->process;
  p.scan = &(*p.scan)->next;
  --m.reductions;
  return Operands<K>::template branch<0>(m);
}
PARLEY_BODY body_remove_message(Machine& m) {
  m.context->frame = Operands<K>::template frame<0>(m);
  return leave_to(m, slow_remove_message);
}
PARLEY_BODY body_wait(Machine& m) { return leave_to(m, slow_wait); }
PARLEY_BODY body_wait_timeout(Machine& m) { return leave_to(m, slow_wait_timeout); }
PARLEY_BODY body_marker_use(Machine& m) {
  // Without markers the receive begins where it stands: at the head.
  if (!m.context->process->has_flag(process_flag::kHasMarkers)) [[likely]] return Outcome::kNext;
  return leave_to(m, slow_marker_use);
}

template <Kinds K>
[[gnu::always_inline]] inline Outcome raise_value(Machine& m, isa::Opcode operation) {
  m.context->operands[0] = Operands<K>::template get<0>(m).raw;
  m.context->operation = static_cast<std::uint8_t>(operation);
  return leave_to(m, slow_raise_value);
}
PARLEY_BODY body_badmatch(Machine& m) { return raise_value<K>(m, isa::Opcode::badmatch); }
PARLEY_BODY body_case_clause(Machine& m) { return raise_value<K>(m, isa::Opcode::case_clause); }
PARLEY_BODY body_try_clause(Machine& m) { return raise_value<K>(m, isa::Opcode::try_clause); }
PARLEY_BODY body_if_clause(Machine& m) { return leave_to(m, slow_if_clause); }
PARLEY_BODY body_function_clause(Machine& m) { return leave_to(m, slow_function_clause); }
PARLEY_BODY body_raise(Machine& m) { return leave_to(m, slow_raise); }
PARLEY_BODY body_build_stacktrace(Machine& m) { return leave_to(m, slow_build_stacktrace); }
PARLEY_BODY body_catch_value(Machine& m) { return leave_to(m, slow_catch_value); }

}  // namespace parley::ops
