// Built-ins: who a process is, names, references, group leaders.
#include <array>

#include "vm/process/bif_support.h"

namespace parley {

Term bif_self(BifCall& call, const Term*) { return own_pid(call); }
Term bif_node(BifCall&, const Term*) { return kAtom_nonode_at_nohost; }
Term bif_node_of(BifCall& call, const Term* a) {
  if (a[0].is_pid() || a[0].is_ref() || a[0].is_socket()) return kAtom_nonode_at_nohost;
  return call.badarg();
}

Term bif_make_ref(BifCall& call, const Term*) {
  Word* words = call.heap.allocate(2);
  words[0] = make_header(Subtag::kRef, 1);
  words[1] = own_reference_id(call);
  return Term::boxed(words);
}

Term bif_group_leader(BifCall& call, const Term*) {
  return Term(call.process->group_leader.load(std::memory_order_relaxed));
}
Term bif_set_group_leader(BifCall& call, const Term* a) {
  if (!a[0].is_pid() || !a[1].is_pid()) return call.badarg();
  if (a[1] == own_pid(call)) {
    call.process->group_leader.store(a[0].raw, std::memory_order_relaxed);
    return kAtom_true_;
  }
  if (call.services.processes->find(a[1]) == nullptr) return call.badarg();
  const std::array elements{a[0]};
  send_signal(*call.services.processes, a[1], MessageKind::kGroupLeader, elements, 0);
  return kAtom_true_;
}

Term bif_processes(BifCall& call, const Term*) {
  ProcessSpace& space = *call.services.processes;
  Term list = Term::nil();
  for (std::uint32_t slot = space.high_slot(); slot-- > 0;) {
    const Process& p = space.at(slot);
    const ProcessState state = p.current_state();
    if (state == ProcessState::kFree || state == ProcessState::kExiting) continue;
    list = make_cons(call.heap, space.pid_of(p), list);
  }
  call.reductions -= space.high_slot() / 64;
  return list;
}

Term bif_register_name(BifCall& call, const Term* a) {
  ProcessSpace& space = *call.services.processes;
  if (!a[0].is_atom() || a[0] == kAtom_undefined || !a[1].is_pid()) return call.badarg();
  Process* process = a[1] == own_pid(call) ? call.process : space.find(a[1]);
  if (process == nullptr || !space.register_name(a[0], a[1], *process)) return call.badarg();
  return kAtom_true_;
}
Term bif_unregister_name(BifCall& call, const Term* a) {
  if (!a[0].is_atom() || !call.services.processes->unregister_name(a[0])) return call.badarg();
  return kAtom_true_;
}
Term bif_whereis(BifCall& call, const Term* a) {
  return a[0].is_atom() ? call.services.processes->whereis(a[0]) : call.badarg();
}
Term bif_registered(BifCall& call, const Term*) {
  Term list = Term::nil();
  for (const Term name : call.services.processes->registered()) {
    list = make_cons(call.heap, name, list);
  }
  return list;
}

}  // namespace parley
