// Suspending other processes; suspend.h says what holds.
#include "vm/process/suspend.h"

#include <algorithm>
#include <array>

#include "vm/process/bif_support.h"

namespace parley {

void suspend_for(ProcessSpace& space, Process& process, Term suspender) {
  space.extension(process).suspenders.push_back(suspender);
  process.state.fetch_or(state_bit::kSuspended, std::memory_order_acq_rel);
}

void resume_for(Process& process, Term suspender) {
  ProcessExtension* extension = process.extension.load(std::memory_order_relaxed);
  if (extension == nullptr) return;
  std::erase(extension->suspenders, suspender);
  if (!extension->suspenders.empty()) return;
  process.state.fetch_and(~state_bit::kSuspended, std::memory_order_acq_rel);
}

bool has_work(Process& process, bool was_suspended) {
  if (is_suspended(process)) return false;
  if (*process.scan != nullptr) return true;
  // A time-out that came during the suspension woke nobody who could run.
  return was_suspended && (process.has_flag(process_flag::kGoesOn) ||
                           (process.has_flag(process_flag::kTimerSet) &&
                            timeout_word::has_fired(process.timeout)));
}

void resume_all(ProcessSpace& space, Process& process, const ProcessExtension& extension) {
  const std::array elements{space.pid_of(process)};
  for (const auto& [pid, count] : extension.suspending) {
    send_signal(space, Term(pid), MessageKind::kResume, elements, 0);
  }
}

Term suspending_list(ProcessSpace& space, const ProcessExtension& extension, Heap& heap) {
  Term list = Term::nil();
  for (const auto& [pid, count] : extension.suspending) {
    const Process* suspendee = space.find(Term(pid));
    if (suspendee == nullptr) continue;
    const bool is_active = is_suspended(*suspendee);
    const Term active = Term::small(is_active ? count : 0);
    const Term outstanding = Term::small(is_active ? 0 : count);
    list = make_cons(heap, make_tuple(heap, {Term(pid), active, outstanding}), list);
  }
  return list;
}

namespace {

struct SuspendOptions {
  bool unless_suspending = false, asynchronous = false;
  Term reply_tag;  // the non-value: no reply is wanted
};

bool parse_suspend_options(Term list, SuspendOptions& options) {
  for (; list.is_cons(); list = list.tail()) {
    const Term option = list.head();
    if (option == kAtom_unless_suspending) {
      options.unless_suspending = true;
    } else if (option == kAtom_asynchronous) {
      options.asynchronous = true;
    } else if (option.is_tuple() && option.arity() == 2 &&
               option.element(0) == kAtom_asynchronous) {
      options.asynchronous = true;
      options.reply_tag = option.element(1);
    } else {
      return false;
    }
  }
  return list.is_nil();
}

// Entries of the dead mean nothing; they go when there are as many again as lived the last time.
void forget_dead(const ProcessSpace& space, ProcessExtension& extension) {
  if (extension.suspending.size() < extension.suspending_swept_at) return;
  std::erase_if(extension.suspending,
                [&space](const auto& entry) { return space.find(Term(entry.first)) == nullptr; });
  extension.suspending_swept_at = 2 * extension.suspending.size() + 16;
}

// Asks for {tag, suspended}, sent when the process runs no more, or {tag, exited}.
void ask_when_suspended(BifCall& call, Term pid, Term tag) {
  const std::array elements{tag, own_pid(call), kAtom_suspended};
  send_signal(*call.services.processes, pid, MessageKind::kInfoRequest, elements, 0);
}

Term suspend(BifCall& call, Term pid, const SuspendOptions& options) {
  ProcessSpace& space = *call.services.processes;
  ProcessExtension& extension = own_extension(call);
  const bool is_alive = space.find(pid) != nullptr;
  bool result = true;
  if (is_alive) {
    forget_dead(space, extension);
    const auto [entry, is_new] = extension.suspending.try_emplace(pid.raw, 0u);
    result = is_new || !options.unless_suspending;
    if (result) ++entry->second;
    if (is_new) {
      const std::array elements{own_pid(call)};
      send_signal(space, pid, MessageKind::kSuspend, elements, 0);
    }
  } else {
    extension.suspending.erase(pid.raw);
    if (!options.asynchronous) return call.badarg();
  }
  if (options.asynchronous) {
    // To the dead too: it is answered that it has exited.
    if (options.reply_tag.is_value()) ask_when_suspended(call, pid, options.reply_tag);
    return boolean(result);
  }
  if (!result) return kAtom_false_;
  const Term reference =
      make_alias_ref(call.heap.allocate(kAliasRefWords), space.next_reference(), own_pid(call));
  ask_when_suspended(call, pid, reference);
  call.x[0] = reference;
  return call.tail_call(kAtom_prim_process, kAtom_await_suspended, 1);
}

}  // namespace

Term bif_suspend_process_options(BifCall& call, const Term* a) {
  SuspendOptions options;
  if (!a[0].is_pid() || a[0] == own_pid(call) || !parse_suspend_options(a[1], options)) {
    return call.badarg();
  }
  return suspend(call, a[0], options);
}

Term bif_suspend_process(BifCall& call, const Term* a) {
  if (!a[0].is_pid() || a[0] == own_pid(call)) return call.badarg();
  return suspend(call, a[0], {});
}

Term bif_resume_process(BifCall& call, const Term* a) {
  ProcessExtension* extension = call.process->extension.load(std::memory_order_relaxed);
  if (!a[0].is_pid() || extension == nullptr) return call.badarg();
  ProcessSpace& space = *call.services.processes;
  const auto entry = extension->suspending.find(a[0].raw);
  if (entry == extension->suspending.end()) return call.badarg();
  if (space.find(a[0]) == nullptr) {
    extension->suspending.erase(entry);
    return call.badarg();
  }
  if (--entry->second == 0) {
    extension->suspending.erase(entry);
    const std::array elements{own_pid(call)};
    send_signal(space, a[0], MessageKind::kResume, elements, 0);
  }
  return kAtom_true_;
}

}  // namespace parley
