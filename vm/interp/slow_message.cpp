// Slow paths: sending and receiving.
//
// Invariant: when a process begins to wait it is saved whole before its state says WAITING; from
// then on it may be claimed, woken and run elsewhere, so nothing here touches it afterwards.
#include <array>

#include "vm/base/assert.h"
#include "vm/heap/collector.h"
#include "vm/interp/generic_operands.h"
#include "vm/interp/slow.h"
#include "vm/process/receive_marker.h"
#include "vm/process/send.h"
#include "vm/process/signal.h"
#include "vm/process/suspend.h"
#include "vm/term/integer.h"

namespace parley {

namespace {

// Reductions: 1 per 64 words copied.
constexpr std::size_t kWordsPerReduction = 64;

bool points_into(Word word, AddressRange range) {
  const Term t(word);
  return t.is_pointer() && range.contains(t.address());
}

// Whether anything alive in the running frame lies in the fragment.
bool is_alive(const Machine& m, const FrameDesc* frame, AddressRange fragment) {
  const Context& c = *m.context;
  for (unsigned word = 0; word < frame->x_words; ++word) {
    for (std::uint64_t bits = frame->x_bits()[word]; bits != 0; bits &= bits - 1) {
      const auto i = word * 64 + static_cast<unsigned>(__builtin_ctzll(bits));
      if (points_into(c.x[i], fragment)) return true;
    }
  }
  for (unsigned i = 0; i < frame->frame_words; ++i) {
    if (frame->y_alive(i) && points_into(m.sp[i], fragment)) return true;
  }
  return false;
}

void finish_receive(Context& c) {
  Process& p = *c.process;
  if (p.has_flag(process_flag::kTimerSet)) {
    c.services->processes->scheduler->cancel_receive_timer(p);
  }
  p.clear_flag(process_flag::kTimerSet);
  p.clear_flag(process_flag::kMailFetched);
  p.clear_flag(process_flag::kExamining);
  p.scan = &p.queue_head;
}

}  // namespace

Outcome exit_by_signal(Machine& m) {
  Context& c = *m.context;
  c.exit_reason = c.process->extension.load(std::memory_order_relaxed)->pending_exit;
  return leave(m, RunResult::kExited);
}

Outcome slow_send(Machine& m) {
  using O = GenericOperands<isa::Opcode::send>;
  Context& c = *m.context;
  const Term to = O::get<0>(m), message = O::get<1>(m);
  BifCall call = make_bif_call(m);
  const std::optional<std::size_t> words = send_to(call, to, message);
  if (!words) {
    const std::optional<Term> send = c.services->atoms->intern("send");
    c.failed_call = call_triple(c.heap, kAtom_erlang, send.value_or(kAtom_error),
                                std::array{to, message}.data(), 2);
    return throw_class(m, call.error_class, call.reason);
  }
  m.reductions -= static_cast<std::int64_t>(*words / kWordsPerReduction);
  O::set<2>(m, message);
  return go_to(m, O::next(m));
}

Outcome slow_loop_rec(Machine& m) {
  Context& c = *m.context;
  Process& p = *c.process;
  if (*p.scan == nullptr && (!p.mailbox.is_empty() || p.mailbox.has_signal())) {
    if (take_incoming(*c.services->processes, p)) return exit_by_signal(m);
  }
  Fragment* const message = *p.scan;
  // What came behind a suspension is received after it: the process waits, as if it had no mail.
  if (message == nullptr || is_suspended(p)) {
    p.clear_flag(process_flag::kExamining);
    return go_to(m, c.fail);
  }
  PARLEY_DEBUG_ASSERT(kind_of(message->kind()) == MessageKind::kMessage,
                      "the private queue holds messages only");
  // The instruction again: now its fast path finds the message.
  return Outcome::kGoto;
}

Outcome slow_remove_message(Machine& m) {
  using O = GenericOperands<isa::Opcode::remove_message>;
  Context& c = *m.context;
  Process& p = *c.process;
  Fragment* const message = take_message(p, p.scan);
  p.cause = message->cause;
  const AddressRange range{message->payload(), message->payload() + message->words()};
  // Terms made during the examination may point into the message too.
  const bool allocated = c.heap.made_since_mark(m.hp);
  finish_receive(c);
  if (allocated || is_alive(m, c.frame, range)) {
    c.heap.adopt(message);
    hurry_to_safe_point(m);
  } else {
    free_fragment(message);
  }
  return go_to(m, O::next(m));
}

Outcome slow_wait(Machine& m) {
  using O = GenericOperands<isa::Opcode::wait>;
  const FrameDesc* frame = O::frame<1>(m);
  m.ip += O::half<0>(m);
  return save_and_leave(m, frame, 0, RunResult::kWaiting);
}

Outcome slow_wait_timeout(Machine& m) {
  using O = GenericOperands<isa::Opcode::wait_timeout>;
  Context& c = *m.context;
  Process& p = *c.process;
  const Term limit = O::get<1>(m);
  const FrameDesc* frame = O::frame<2>(m);
  if (is_suspended(p)) {
    // This instruction again, when it is resumed: it has not seen all mail.
    m.ip += O::half<0>(m);
    return save_and_leave(m, frame, 0, RunResult::kYielded);
  }
  if (limit == kAtom_infinity) {
    m.ip += O::half<0>(m);
    return save_and_leave(m, frame, 0, RunResult::kWaiting);
  }
  if (!limit.is_small() || limit.small_value() < 0 || limit.small_value() > kReceiveMsMax) {
    finish_receive(c);
    return throw_error(m, kAtom_timeout_value);
  }
  if (limit.small_value() == 0 ||
      (p.has_flag(process_flag::kTimerSet) && timeout_word::has_fired(p.timeout))) {
    finish_receive(c);  // every message here was examined: loop_rec fetched what had arrived
    return go_to(m, O::next(m));
  }
  if (!p.has_flag(process_flag::kTimerSet)) {
    if (!c.services->processes->scheduler->arm_receive_timer(
            p, static_cast<std::uint64_t>(limit.small_value()))) {
      finish_receive(c);
      return throw_error(m, kAtom_system_limit);
    }
    p.set_flag(process_flag::kTimerSet);
  }
  m.ip += O::half<0>(m);
  return save_and_leave(m, frame, 0, RunResult::kWaiting);
}

Outcome slow_marker_use(Machine& m) {
  using O = GenericOperands<isa::Opcode::marker_use>;
  const Term reference = O::get<0>(m);
  if (reference.is_ref()) skip_older_mail(*m.context->process, reference_id(reference));
  return go_to(m, O::next(m));
}

}  // namespace parley
