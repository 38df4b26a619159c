// Built-ins: messages, links, monitors, aliases, exits.
#include <array>

#include "vm/process/bif_support.h"
#include "vm/process/send.h"

namespace parley {

namespace {

// Reductions: 1 per 64 words copied.
void pay_for_copy(BifCall& call, std::size_t words) {
  call.reductions -= static_cast<std::int64_t>(words / 64);
}

// After a signal to itself: the exit it may mean happens before the built-in returns.
Term settled(BifCall& call, Term result) {
  return settle_own_signals(call) ? call.again(BifAnswer::kExit) : result;
}

bool alias_mode(Term name, AliasMode& mode) {
  if (name == kAtom_explicit_unalias) mode = AliasMode::kExplicit;
  else if (name == kAtom_demonitor) mode = AliasMode::kDemonitor;
  else if (name == kAtom_reply_demonitor) mode = AliasMode::kReplyDemonitor;
  else return false;
  return true;
}

}  // namespace

bool parse_monitor_options(Term list, MonitorOptions& options) {
  for (; list.is_cons(); list = list.tail()) {
    const Term option = list.head();
    if (!option.is_tuple() || option.arity() != 2) return false;
    if (option.element(0) == kAtom_tag) {
      options.tag = option.element(1);
    } else if (option.element(0) == kAtom_alias) {
      AliasMode mode{};
      if (!alias_mode(option.element(1), mode)) return false;
      options.alias = mode;
    } else {
      return false;
    }
  }
  return list.is_nil();
}

namespace {

Term name_and_node(BifCall& call, Term name) {
  return make_tuple(call.heap, {name, kAtom_nonode_at_nohost});
}

Term start_monitor(BifCall& call, Term item, const MonitorOptions& options) {
  ProcessSpace& space = *call.services.processes;
  Term name = Term::nil(), target = item, object = item;
  if (item.is_tuple() && item.arity() == 2 && item.element(0).is_atom() &&
      item.element(1) == kAtom_nonode_at_nohost) {
    name = item.element(0);
  } else if (item.is_atom()) {
    name = item;
  } else if (!item.is_pid()) {
    return call.badarg();
  }
  if (name.is_atom()) {
    target = space.whereis(name);
    object = name_and_node(call, name);
  }
  const std::uint64_t id = own_reference_id(call);
  const Term reference =
      make_alias_ref(call.heap.allocate(kAliasRefWords), id, own_pid(call));
  ProcessExtension& extension = own_extension(call);
  if (options.alias) extension.aliases[id] = *options.alias;
  extension.monitors[id] = Monitor{reference, target, object, options.tag};
  if (target == own_pid(call)) {
    extension.monitors.erase(id);  // nobody sees its own end
  } else if (target.is_pid()) {
    const std::array elements{reference, own_pid(call), name};
    send_signal(space, target, MessageKind::kMonitor, elements, call.process->cause);
  } else {
    const std::array elements{kAtom_DOWN, reference, kAtom_process, object, kAtom_noproc};
    send_signal(space, own_pid(call), MessageKind::kDown, elements, 0);
  }
  return reference;
}

// True: it was active.
bool stop_monitor(BifCall& call, Term reference) {
  ProcessExtension* extension = call.process->extension.load(std::memory_order_relaxed);
  if (extension == nullptr) return false;
  const std::uint64_t id = reference_id(reference);
  const auto alias = extension->aliases.find(id);
  if (alias != extension->aliases.end() && alias->second != AliasMode::kExplicit) {
    extension->aliases.erase(alias);
  }
  return end_monitor(*call.services.processes, *call.process, id);
}

// Takes the DOWN message of the reference out of the mailbox. True: it was there.
bool flush_down(BifCall& call, Term reference) {
  Process& p = *call.process;
  for (Fragment** link = mail_since(p, reference_id(reference)); *link != nullptr;
       link = &(*link)->next) {
    Fragment* message = *link;
    const Term root(message->terms()[0]);
    if (!root.is_tuple() || root.arity() != 5 || !root.element(1).is_box(Subtag::kAliasRef) ||
        reference_id(root.element(1)) != reference_id(reference)) {
      continue;
    }
    free_fragment(take_message(p, link));
    return true;
  }
  return false;
}

}  // namespace

// ---- messages ----------------------------------------------------------------------------------

Term bif_send(BifCall& call, const Term* a) {
  const auto words = send_to(call, a[0], a[1]);
  if (!words) return Term();
  pay_for_copy(call, *words);
  return a[1];
}
Term bif_send_options(BifCall& call, const Term* a) {
  Term list = a[2];
  for (; list.is_cons(); list = list.tail()) {
    if (list.head() != kAtom_noconnect && list.head() != kAtom_nosuspend) return call.badarg();
  }
  if (!list.is_nil()) return call.badarg();
  const auto words = send_to(call, a[0], a[1]);
  if (!words) return Term();
  pay_for_copy(call, *words);
  return kAtom_ok;
}

// ---- links -------------------------------------------------------------------------------------

Term bif_link(BifCall& call, const Term* a) {
  if (!a[0].is_pid()) return call.badarg();
  const Term self = own_pid(call);
  if (a[0] == self) return kAtom_true_;
  ProcessExtension& extension = own_extension(call);
  ProcessSpace& space = *call.services.processes;
  const auto known = extension.links.find(a[0].raw);
  if (known != extension.links.end() && known->second.is_active()) return kAtom_true_;
  // A caller that traps exits gets the exit of the dead instead.
  if (!call.process->has_flag(process_flag::kTrapExit) && space.find(a[0]) == nullptr) {
    return call.raise(kAtom_error, kAtom_noproc);
  }
  extension.links[a[0].raw].unlink_id = 0;
  const std::array elements{self};
  send_signal(space, a[0], MessageKind::kLink, elements, call.process->cause);
  // Where the other has died meanwhile, the answer is here.
  return settled(call, kAtom_true_);
}

Term bif_unlink(BifCall& call, const Term* a) {
  if (!a[0].is_pid()) return call.badarg();
  // An exit that came before is a message, or the end, before the link goes.
  if (settle_own_signals(call)) return call.again(BifAnswer::kExit);
  ProcessExtension* extension = call.process->extension.load(std::memory_order_relaxed);
  if (extension == nullptr) return kAtom_true_;
  const auto link = extension->links.find(a[0].raw);
  if (link == extension->links.end() || !link->second.is_active()) return kAtom_true_;
  link->second.unlink_id = call.services.processes->next_reference();
  const std::array elements{own_pid(call),
                            Term::small(static_cast<std::int64_t>(link->second.unlink_id))};
  send_signal(*call.services.processes, a[0], MessageKind::kUnlink, elements, 0);
  return kAtom_true_;
}

// ---- monitors and aliases ----------------------------------------------------------------------

Term bif_monitor(BifCall& call, const Term* a) {
  if (a[0] == kAtom_process) return start_monitor(call, a[1], {});
  return call.badarg();
}
Term bif_monitor_options(BifCall& call, const Term* a) {
  MonitorOptions options;
  if (a[0] != kAtom_process || !parse_monitor_options(a[2], options)) return call.badarg();
  return start_monitor(call, a[1], options);
}

Term bif_demonitor(BifCall& call, const Term* a) {
  if (!a[0].is_ref()) return call.badarg();
  if (!a[0].is_box(Subtag::kAliasRef)) return kAtom_true_;
  if (Term(a[0].box()[2]) != own_pid(call)) return call.badarg();
  // A reply through its alias that came before counts.
  if (settle_own_signals(call)) return call.again(BifAnswer::kExit);
  stop_monitor(call, a[0]);
  return kAtom_true_;
}
Term bif_demonitor_options(BifCall& call, const Term* a) {
  bool flush = false, info = false;
  Term list = a[1];
  for (; list.is_cons(); list = list.tail()) {
    if (list.head() == kAtom_flush) flush = true;
    else if (list.head() == kAtom_info) info = true;
    else return call.badarg();
  }
  if (!list.is_nil() || !a[0].is_ref()) return call.badarg();
  if (!a[0].is_box(Subtag::kAliasRef)) return boolean(!info);
  if (Term(a[0].box()[2]) != own_pid(call)) return call.badarg();
  if (settle_own_signals(call)) return call.again(BifAnswer::kExit);
  bool active = stop_monitor(call, a[0]);
  if (flush && !active) {
    const bool flushed = flush_down(call, a[0]);
    if (info) return boolean(!flushed && active);
  }
  return info ? boolean(active) : kAtom_true_;
}

Term bif_alias(BifCall& call, const Term*) {
  const std::uint64_t id = own_reference_id(call);
  own_extension(call).aliases[id] = AliasMode::kExplicit;
  return make_alias_ref(call.heap.allocate(kAliasRefWords), id, own_pid(call));
}
Term bif_alias_options(BifCall& call, const Term* a) {
  AliasMode mode = AliasMode::kExplicit;
  Term list = a[0];
  for (; list.is_cons(); list = list.tail()) {
    if (list.head() == kAtom_reply) mode = AliasMode::kReply;
    else if (list.head() != kAtom_explicit_unalias) return call.badarg();
  }
  if (!list.is_nil()) return call.badarg();
  const Term reference = bif_alias(call, nullptr);
  own_extension(call).aliases[reference_id(reference)] = mode;
  return reference;
}
Term bif_unalias(BifCall& call, const Term* a) {
  if (!a[0].is_ref()) return call.badarg();
  if (!a[0].is_box(Subtag::kAliasRef)) return kAtom_false_;
  if (Term(a[0].box()[2]) != own_pid(call)) return kAtom_false_;
  if (settle_own_signals(call)) return call.again(BifAnswer::kExit);
  ProcessExtension* extension = call.process->extension.load(std::memory_order_relaxed);
  return boolean(extension != nullptr && extension->aliases.erase(reference_id(a[0])) != 0);
}

// ---- exits and errors --------------------------------------------------------------------------

Term bif_exit(BifCall& call, const Term* a) { return call.raise(kAtom_exit, a[0]); }

Term bif_exit_process(BifCall& call, const Term* a) {
  if (a[0].is_socket()) return kAtom_true_;
  if (!a[0].is_pid()) return call.badarg();
  const std::array elements{kAtom_EXIT, own_pid(call), a[1]};
  send_signal(*call.services.processes, a[0], MessageKind::kExitRequest, elements,
              call.process->cause);
  return a[0] == own_pid(call) ? settled(call, kAtom_true_) : kAtom_true_;
}

Term bif_throw_value(BifCall& call, const Term* a) { return call.raise(kAtom_throw_, a[0]); }
Term bif_error(BifCall& call, const Term* a) { return call.raise(kAtom_error, a[0]); }
// The arguments are those of the function that calls.
Term bif_error_arguments(BifCall& call, const Term* a) {
  call.caller_arguments = a[1];
  return call.raise(kAtom_error, a[0]);
}
Term bif_error_options(BifCall& call, const Term* a) { return bif_error_arguments(call, a); }
Term bif_nif_error(BifCall& call, const Term* a) { return call.raise(kAtom_error, a[0]); }
Term bif_nif_error_arguments(BifCall& call, const Term* a) { return bif_error_arguments(call, a); }
Term bif_raise_again(BifCall& call, const Term* a) {
  if (a[0] != kAtom_error && a[0] != kAtom_exit && a[0] != kAtom_throw_) return kAtom_badarg;
  Term list = a[2];
  for (; list.is_cons(); list = list.tail()) {
    const Term entry = list.head();
    if (!entry.is_tuple() || entry.arity() < 2 || entry.arity() > 4) return kAtom_badarg;
  }
  if (!list.is_nil()) return kAtom_badarg;
  call.trace = a[2];
  return call.raise(a[0], a[1]);
}

Term bif_yield(BifCall& call, const Term*) {
  call.reductions = 0;
  return kAtom_true_;
}

}  // namespace parley
