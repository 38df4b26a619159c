// Small helpers of the built-ins on processes.
#pragma once

#include <optional>

#include "vm/bif/support.h"
#include "vm/process/receive_marker.h"
#include "vm/process/signal.h"
#include "vm/process/suspend.h"

namespace parley {

inline Term own_pid(const BifCall& call) {
  return call.services.processes->pid_of(*call.process);
}
inline ProcessExtension& own_extension(const BifCall& call) {
  return call.services.processes->extension(*call.process);
}
// The number of a reference that the caller makes and may wait for.
inline std::uint64_t own_reference_id(const BifCall& call) {
  const std::uint64_t id = call.services.processes->next_reference();
  mark_mailbox(*call.services.processes, *call.process, id);
  return id;
}
// The options of monitor/3. False: not a list of these.
struct MonitorOptions {
  Term tag = kAtom_DOWN;
  std::optional<AliasMode> alias;
};
bool parse_monitor_options(Term list, MonitorOptions& options);
// The value of min_heap_size, or of max_heap_size, where a map with `size` (and `kill`) may stand.
// False: not such a value, or a first heap larger than a process may ask for.
bool parse_heap_words(BifCall& call, Term key, Term value, std::size_t& words);
// Handles signals that the caller sent to itself at once. True: it must exit.
inline bool settle_own_signals(const BifCall& call) {
  const bool must_exit = take_incoming(*call.services.processes, *call.process);
  if (is_suspended(*call.process)) call.reductions = 0;  // it stops at its next safe point
  return must_exit;
}

}  // namespace parley
