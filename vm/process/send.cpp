// Where a message goes.
#include "vm/process/send.h"

#include <array>

#include "vm/process/signal.h"

namespace parley {

std::optional<std::size_t> send_to(BifCall& call, Term to, Term message) {
  ProcessSpace& space = *call.services.processes;
  const std::uint32_t cause = call.process == nullptr ? 0 : call.process->cause;
  if (to.is_pid()) return send_message(space, to, message, cause);
  if (to.is_box(Subtag::kAliasRef)) {
    const Term owner = Term(to.box()[2]);
    Process* receiver = space.find(owner);
    if (receiver == nullptr) return 0;
    const std::array elements{to, message};
    Fragment* fragment = make_signal(space, MessageKind::kAliasMessage, elements, cause);
    const std::size_t words = fragment->words();
    deliver(space, *receiver, fragment, MessageKind::kAliasMessage);
    return words;
  }
  if (to.is_ref()) return 0;  // an alias once, or never one
  if (to.is_atom()) {
    const Term pid = space.whereis(to);
    if (pid.is_pid()) return send_message(space, pid, message, cause);
    call.badarg();
    return std::nullopt;
  }
  if (to.is_tuple() && to.arity() == 2 && to.element(0).is_atom() && to.element(1).is_atom()) {
    // Another node, or a name that nobody has: the message is lost, as over a wire.
    if (to.element(1) != kAtom_nonode_at_nohost) return 0;
    const Term pid = space.whereis(to.element(0));
    return pid.is_pid() ? send_message(space, pid, message, cause) : 0;
  }
  call.badarg();
  return std::nullopt;
}

}  // namespace parley
