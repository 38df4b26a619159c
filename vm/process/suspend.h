// Suspension: a process that runs no code until everybody who suspended it has let it go.
//
// Invariant: state_bit::kSuspended is set exactly while the extension's `suspenders` is not empty;
// both are changed by the owner only, where the signal stands in the order of arrival. A suspended
// process waits as any other does. Who wakes it may put it into a run queue; its slice then handles
// signals and waits again, and what it was woken for is found once it is resumed (has_work).
#pragma once

#include "vm/process/space.h"

namespace parley {

inline bool is_suspended(const Process& process) {
  return (process.state.load(std::memory_order_relaxed) & state_bit::kSuspended) != 0;
}

// Owner: what the signals kSuspend and kResume mean to the one they came to.
void suspend_for(ProcessSpace& space, Process& process, Term suspender);
void resume_for(Process& process, Term suspender);

// Owner, of a saved process that does not run: whether there is something to run it for, other than
// mail that has not been taken. `was_suspended`: before the signals that were handled just now.
bool has_work(Process& process, bool was_suspended);

// The process ends: those that it suspended go on, unless others suspended them too.
void resume_all(ProcessSpace& space, Process& process, const ProcessExtension& extension);

// {Pid, Active, Outstanding} of each living process that this one suspended.
Term suspending_list(ProcessSpace& space, const ProcessExtension& extension, Heap& heap);

}  // namespace parley
