// Built-ins: timers that send messages.
//
// A timer's reference names where it is armed, so no table is needed:
//   kTimerRef | 64 bits of a reference | thread: 8, generation: 32, slot: 24 bits
#include <array>

#include "vm/process/bif_support.h"
#include "vm/sched/scheduler.h"
#include "vm/term/integer.h"

namespace parley {

namespace {

constexpr std::size_t kTimerRefWords = 3;
constexpr std::int64_t kDelayMsMax = std::int64_t{1} << 43;  // 278 years

struct Place {
  unsigned thread;
  TimerHandle handle;
};

Word pack(unsigned thread, TimerHandle handle) {
  return (Word{thread} << 56) | (Word{handle.generation} << 24) | (handle.slot & 0xFFFFFF);
}
Place unpack(Term reference) {
  PARLEY_ASSERT(header_size(reference.header()) == kTimerRefWords - 1, "a place is in it");
  const Word place = reference.box()[2];
  return {static_cast<unsigned>(place >> 56),
          TimerHandle{static_cast<std::uint32_t>(place & 0xFFFFFF),
                      static_cast<std::uint32_t>(place >> 24)}};
}

// Nanoseconds of the wheel's clock; nullopt: not a time.
std::optional<std::uint64_t> deadline(Term time, bool absolute) {
  const auto value = time.is_integer() ? integer_to_int64(time) : std::nullopt;
  if (!value || *value > kDelayMsMax || (!absolute && *value < 0)) return std::nullopt;
  const std::uint64_t wait_ns = *value < 0 ? 0 : static_cast<std::uint64_t>(*value) * kNsPerMs;
  return absolute ? wait_ns : monotonic_ns() + wait_ns;
}

bool parse_absolute(Term list, bool& absolute) {
  absolute = false;
  for (; list.is_cons(); list = list.tail()) {
    const Term option = list.head();
    if (!option.is_tuple() || option.arity() != 2 || option.element(0) != kAtom_abs) return false;
    absolute = option.element(1) == kAtom_true_;
    if (!absolute && option.element(1) != kAtom_false_) return false;
  }
  return list.is_nil();
}

enum class Envelope : std::uint8_t { kPlain, kTimeout };

Term arm(BifCall& call, Term time, bool absolute, Term target, Term message, Envelope envelope) {
  const auto when = deadline(time, absolute);
  if (!when || !(target.is_pid() || target.is_atom())) return call.badarg();
  SchedulerThread& thread = *call.scheduler;
  ProcessSpace& space = *call.services.processes;
  Word* words = call.heap.allocate(kTimerRefWords);
  words[0] = make_header(Subtag::kTimerRef, kTimerRefWords - 1);
  words[1] = own_reference_id(call);
  Timer timer;
  timer.deadline_ns = *when;
  timer.target = target;
  // Copied before others have to wait for the lock, where the message does not hold the reference.
  if (envelope == Envelope::kPlain) {
    timer.message = make_message(space, MessageKind::kMessage, message, call.process->cause);
  }
  TimerWheel::Guard guard(thread.timers().lock());
  const TimerHandle handle = thread.timers().arm(guard, timer, monotonic_ns());
  if (handle.slot == 0) {
    if (timer.message != nullptr) free_fragment(timer.message);
    return call.fail(kAtom_system_limit);
  }
  words[2] = pack(thread.number(), handle);
  const Term reference = Term::boxed(words);
  if (envelope == Envelope::kTimeout) {
    const std::array elements{kAtom_timeout, reference, message};
    thread.timers().set_message(
        guard, handle,
        make_signal(space, MessageKind::kMessage, elements, call.process->cause));
  }
  return reference;
}

Term milliseconds_left(const Timer& timer) {
  return Term::small(static_cast<std::int64_t>(timer.left_ms(monotonic_ns())));
}

// A timer for a process that has ended counts as cancelled, whether or not it still stands.
bool is_for_the_dead(const BifCall& call, const Timer& timer) {
  return timer.target.is_pid() && call.services.processes->find(timer.target) == nullptr;
}

Term cancel(BifCall& call, Term reference) {
  const Place place = unpack(reference);
  if (place.thread >= call.services.schedulers->thread_count()) return kAtom_false_;
  TimerWheel& wheel = call.services.schedulers->thread(place.thread).timers();
  std::optional<Timer> timer;
  {
    TimerWheel::Guard guard(wheel.lock());
    timer = wheel.cancel(guard, place.handle);
  }
  if (!timer) return kAtom_false_;
  if (timer->message != nullptr) free_fragment(timer->message);
  return is_for_the_dead(call, *timer) ? kAtom_false_ : milliseconds_left(*timer);
}

Term read(BifCall& call, Term reference) {
  const Place place = unpack(reference);
  if (place.thread >= call.services.schedulers->thread_count()) return kAtom_false_;
  TimerWheel& wheel = call.services.schedulers->thread(place.thread).timers();
  TimerWheel::Guard guard(wheel.lock());
  const Timer* timer = wheel.find(guard, place.handle);
  if (timer == nullptr || is_for_the_dead(call, *timer)) return kAtom_false_;
  return milliseconds_left(*timer);
}

struct AnswerOptions {
  bool async = false, info = true;
};
bool parse_answer(Term list, AnswerOptions& options) {
  for (; list.is_cons(); list = list.tail()) {
    const Term option = list.head();
    if (!option.is_tuple() || option.arity() != 2) return false;
    const bool value = option.element(1) == kAtom_true_;
    if (!value && option.element(1) != kAtom_false_) return false;
    if (option.element(0) == kAtom_async) options.async = value;
    else if (option.element(0) == kAtom_info) options.info = value;
    else return false;
  }
  return list.is_nil();
}

// {cancel_timer | read_timer, Reference, Result} to the caller, for the asynchronous forms.
void send_answer(BifCall& call, Term tag, Term reference, Term result) {
  const std::array elements{tag, reference, result};
  ProcessSpace& space = *call.services.processes;
  deliver(space, *call.process, make_signal(space, MessageKind::kMessage, elements, 0),
          MessageKind::kMessage);
}

}  // namespace

Term bif_send_after(BifCall& call, const Term* a) {
  return arm(call, a[0], false, a[1], a[2], Envelope::kPlain);
}
Term bif_send_after_options(BifCall& call, const Term* a) {
  bool absolute = false;
  if (!parse_absolute(a[3], absolute)) return call.badarg();
  return arm(call, a[0], absolute, a[1], a[2], Envelope::kPlain);
}
Term bif_start_timer(BifCall& call, const Term* a) {
  return arm(call, a[0], false, a[1], a[2], Envelope::kTimeout);
}
Term bif_start_timer_options(BifCall& call, const Term* a) {
  bool absolute = false;
  if (!parse_absolute(a[3], absolute)) return call.badarg();
  return arm(call, a[0], absolute, a[1], a[2], Envelope::kTimeout);
}
Term bif_cancel_timer(BifCall& call, const Term* a) {
  if (!a[0].is_ref()) return call.badarg();
  return a[0].is_box(Subtag::kTimerRef) ? cancel(call, a[0]) : kAtom_false_;
}
Term bif_cancel_timer_options(BifCall& call, const Term* a) {
  AnswerOptions options;
  if (!a[0].is_ref() || !parse_answer(a[1], options)) return call.badarg();
  const Term result = a[0].is_box(Subtag::kTimerRef) ? cancel(call, a[0]) : kAtom_false_;
  if (options.async && options.info) send_answer(call, kAtom_cancel_timer, a[0], result);
  return options.async || !options.info ? kAtom_ok : result;
}
Term bif_read_timer(BifCall& call, const Term* a) {
  if (!a[0].is_ref()) return call.badarg();
  return a[0].is_box(Subtag::kTimerRef) ? read(call, a[0]) : kAtom_false_;
}
Term bif_read_timer_options(BifCall& call, const Term* a) {
  AnswerOptions options;
  if (!a[0].is_ref() || !parse_answer(a[1], options)) return call.badarg();
  const Term result = a[0].is_box(Subtag::kTimerRef) ? read(call, a[0]) : kAtom_false_;
  if (!options.async) return result;
  send_answer(call, kAtom_read_timer, a[0], result);
  return kAtom_ok;
}

}  // namespace parley
