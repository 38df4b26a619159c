// Delivery, and handling of what has arrived; signal.h says what holds.
#include "vm/process/signal.h"

#include <array>

#include "vm/base/assert.h"
#include "vm/heap/copy.h"
#include "vm/process/info.h"
#include "vm/process/suspend.h"

namespace parley {

namespace {

Fragment* new_fragment(MessageKind kind, std::size_t words, std::uint32_t cause) {
  Fragment* fragment = allocate_fragment(words, static_cast<std::uint8_t>(kind));
  fragment->cause = cause;
  return fragment;
}

void note_blobs(Fragment* fragment, bool has_blobs) {
  if (has_blobs) {
    fragment->words_and_kind |= static_cast<std::uint32_t>(MessageKind::kHasBlobs) << 24;
  }
}

Term root_of(Fragment* fragment) { return Term(fragment->terms()[0]); }
Term element_of(Fragment* fragment, unsigned index) { return root_of(fragment).element(index); }

void set_kind(Fragment* fragment, MessageKind kind) {
  const std::uint32_t blobs = fragment->words_and_kind & 0x80000000u;
  fragment->words_and_kind = (fragment->words_and_kind & 0xFFFFFFu) | blobs |
                             (static_cast<std::uint32_t>(kind) << 24);
}

void append(Process& process, Fragment* fragment) {
  fragment->next = nullptr;
  *process.queue_tail = fragment;
  process.queue_tail = &fragment->next;
}

// A signal that became a message counts as one, though its push did not count it.
void append_converted(Process& process, Fragment* fragment) {
  set_kind(fragment, MessageKind::kMessage);
  --process.removed;
  append(process, fragment);
}

// How the owner of `process`, which may hold a claim of it only, sends signals of its own.
Claim may_claim(const Process& process) {
  return process.current_state() == ProcessState::kClaimed ? Claim::kMayNot : Claim::kMay;
}

// True: fatal.
bool handle_exit(ProcessSpace& space, Process& process, Fragment* fragment, bool from_link) {
  ProcessExtension& extension = space.extension(process);
  const Term from = element_of(fragment, 1), reason = element_of(fragment, 2);
  if (from_link) {
    const auto link = extension.links.find(from.raw);
    if (link == extension.links.end() || !link->second.is_active()) {
      free_fragment(fragment);
      return false;
    }
    extension.links.erase(link);
  }
  const bool untrappable = !from_link && reason == kAtom_kill;
  if (process.has_flag(process_flag::kTrapExit) && !untrappable) {
    append_converted(process, fragment);
    return false;
  }
  if (reason == kAtom_normal && from != space.pid_of(process)) {
    free_fragment(fragment);
    return false;
  }
  extension.has_pending_exit = true;
  extension.pending_exit = untrappable ? kAtom_killed : reason;
  extension.held.push_back(fragment);
  return true;
}

void handle_unlink(ProcessSpace& space, Process& process, Fragment* fragment) {
  const Term from = element_of(fragment, 0), id = element_of(fragment, 1);
  ProcessExtension* extension = process.extension.load(std::memory_order_relaxed);
  if (extension != nullptr) {
    const auto link = extension->links.find(from.raw);
    // Where this side unlinks too, its own entry waits for its own acknowledgement.
    if (link != extension->links.end() && link->second.is_active()) extension->links.erase(link);
  }
  const std::array elements{space.pid_of(process), id};
  send_signal(space, from, MessageKind::kUnlinkAck, elements, 0, may_claim(process));
  free_fragment(fragment);
}

void handle_unlink_ack(Process& process, Fragment* fragment) {
  ProcessExtension* extension = process.extension.load(std::memory_order_relaxed);
  const Term from = element_of(fragment, 0), id = element_of(fragment, 1);
  if (extension != nullptr) {
    const auto link = extension->links.find(from.raw);
    if (link != extension->links.end() &&
        link->second.unlink_id == static_cast<std::uint64_t>(id.small_value())) {
      extension->links.erase(link);
    }
  }
  free_fragment(fragment);
}

void handle_down(ProcessSpace& space, Process& process, Fragment* fragment) {
  ProcessExtension& extension = space.extension(process);
  const auto monitor = extension.monitors.find(reference_id(element_of(fragment, 1)));
  if (monitor == extension.monitors.end()) {
    free_fragment(fragment);
    return;
  }
  const std::uint64_t id = monitor->first;
  const Term tag = monitor->second.tag;
  extension.monitors.erase(monitor);
  const auto alias = extension.aliases.find(id);
  if (alias != extension.aliases.end() && alias->second != AliasMode::kExplicit) {
    extension.aliases.erase(alias);
  }
  if (tag != kAtom_DOWN) {
    const Term down = root_of(fragment);
    const std::array elements{tag, down.element(1), down.element(2), down.element(3),
                              down.element(4)};
    Fragment* tagged = make_signal(space, MessageKind::kMessage, elements, fragment->cause);
    free_fragment(fragment);
    fragment = tagged;
  }
  append_converted(process, fragment);
}

void handle_alias_message(ProcessSpace& space, Process& process, Fragment* fragment) {
  ProcessExtension* extension = process.extension.load(std::memory_order_relaxed);
  const std::uint64_t id = reference_id(element_of(fragment, 0));
  if (extension == nullptr || !extension->aliases.contains(id)) {
    ++process.removed;
    free_fragment(fragment);
    return;
  }
  const AliasMode mode = extension->aliases.at(id);
  if (mode == AliasMode::kReply || mode == AliasMode::kReplyDemonitor) {
    extension->aliases.erase(id);
  }
  if (mode == AliasMode::kReplyDemonitor) end_monitor(space, process, id);
  // The tuple {alias, message} stays in the fragment; the message proper becomes its root.
  fragment->terms()[0] = element_of(fragment, 1).raw;
  set_kind(fragment, MessageKind::kMessage);
  append(process, fragment);
}

// True: the process must exit.
bool handle_signal(ProcessSpace& space, Process& process, Fragment* fragment) {
  switch (kind_of(fragment->kind())) {
    case MessageKind::kMessage: append(process, fragment); return false;
    case MessageKind::kAliasMessage: handle_alias_message(space, process, fragment); return false;
    case MessageKind::kExit: return handle_exit(space, process, fragment, true);
    case MessageKind::kExitRequest: return handle_exit(space, process, fragment, false);
    case MessageKind::kLink:
      add_link(space, process, element_of(fragment, 0));
      break;
    case MessageKind::kUnlink: handle_unlink(space, process, fragment); return false;
    case MessageKind::kUnlinkAck: handle_unlink_ack(process, fragment); return false;
    case MessageKind::kMonitor:
      space.extension(process).watchers[reference_id(element_of(fragment, 0))] =
          Watcher{element_of(fragment, 1), element_of(fragment, 2)};
      break;
    case MessageKind::kDemonitor:
      space.extension(process).watchers.erase(reference_id(element_of(fragment, 0)));
      break;
    case MessageKind::kDown: handle_down(space, process, fragment); return false;
    case MessageKind::kGroupLeader:
      process.group_leader.store(element_of(fragment, 0).raw, std::memory_order_relaxed);
      break;
    case MessageKind::kInfoRequest:
      // A running process keeps the question for its next slice, where its stack can be walked.
      if (!process.has_flag(process_flag::kSaved)) {
        process.mailbox.push(fragment, MessageKind::kInfoRequest);
        return false;
      }
      answer_info_request(space, process, root_of(fragment));
      break;
    case MessageKind::kSuspend:
      suspend_for(space, process, element_of(fragment, 0));
      break;
    case MessageKind::kResume: resume_for(process, element_of(fragment, 0)); break;
    case MessageKind::kOverflow:
    case MessageKind::kHasBlobs: PARLEY_UNREACHABLE("not a kind that is sent");
  }
  free_fragment(fragment);
  return false;
}

// The sender of a signal, instead of waking the receiver, works in its place. True: claimed.
bool claim_and_handle(ProcessSpace& space, Process& receiver) {
  if (!state_word::try_claim(receiver.state)) return false;
  const bool was_suspended = is_suspended(receiver);
  const bool must_exit = take_incoming(space, receiver);
  const bool must_run = must_exit || has_work(receiver, was_suspended);
  if (state_word::leave_claim(receiver.state, receiver.mailbox, must_run)) {
    space.scheduler->enqueue(receiver);
  }
  return true;
}

}  // namespace

Fragment* make_message(const ProcessSpace& space, MessageKind kind, Term root,
                       std::uint32_t cause) {
  Fragment* fragment = new_fragment(kind, 1 + copied_words(root, space.literals), cause);
  Word* at = fragment->terms() + 1;
  bool has_blobs = false;
  fragment->terms()[0] = copy_term(root, at, space.literals, has_blobs).raw;
  note_blobs(fragment, has_blobs);
  return fragment;
}

Fragment* make_signal(const ProcessSpace& space, MessageKind kind, std::span<const Term> elements,
                      std::uint32_t cause) {
  std::size_t words = 2 + elements.size();
  for (const Term t : elements) words += copied_words(t, space.literals);
  Fragment* fragment = new_fragment(kind, words, cause);
  Word* const tuple = fragment->terms() + 1;
  tuple[0] = make_header(Subtag::kTuple, elements.size());
  Word* at = tuple + 1 + elements.size();
  bool has_blobs = false;
  for (std::size_t i = 0; i < elements.size(); ++i) {
    tuple[1 + i] = copy_term(elements[i], at, space.literals, has_blobs).raw;
  }
  fragment->terms()[0] = Term::boxed(tuple).raw;
  note_blobs(fragment, has_blobs);
  return fragment;
}

bool deliver(ProcessSpace& space, Process& receiver, Fragment* fragment, MessageKind kind,
             Claim claim) {
  const PushResult pushed = receiver.mailbox.push(fragment, kind);
  if (pushed == PushResult::kClosed) {
    refuse(space, kind, root_of(fragment), space.pid_of(receiver));
    free_fragment(fragment);
    return false;
  }
  if (claim == Claim::kMay && !is_ordinary(kind) && claim_and_handle(space, receiver)) return true;
  if (pushed == PushResult::kPushedOwesWake && state_word::wake(receiver.state)) {
    space.scheduler->enqueue(receiver);
  }
  return true;
}

std::size_t send_message(ProcessSpace& space, Term receiver_pid, Term message,
                         std::uint32_t cause) {
  Process* receiver = space.find(receiver_pid);
  if (receiver == nullptr) return 0;
  Fragment* fragment = make_message(space, MessageKind::kMessage, message, cause);
  const std::size_t words = fragment->words();
  deliver(space, *receiver, fragment, MessageKind::kMessage);
  return words;
}

void send_signal(ProcessSpace& space, Term receiver_pid, MessageKind kind,
                 std::span<const Term> elements, std::uint32_t cause, Claim claim) {
  Process* receiver = space.find(receiver_pid);
  Fragment* fragment = make_signal(space, kind, elements, cause);
  if (receiver == nullptr) {
    refuse(space, kind, root_of(fragment), receiver_pid);
    free_fragment(fragment);
    return;
  }
  deliver(space, *receiver, fragment, kind, claim);
}

void refuse(ProcessSpace& space, MessageKind kind, Term root, Term dead_pid) {
  if (kind == MessageKind::kLink) {
    const std::array elements{kAtom_EXIT, dead_pid, kAtom_noproc};
    send_signal(space, root.element(0), MessageKind::kExit, elements, 0);
  } else if (kind == MessageKind::kMonitor) {
    const Term name = root.element(2);
    std::array<Word, 3> pair{};
    Term object = dead_pid;
    if (name.is_atom()) {
      pair = {make_header(Subtag::kTuple, 2), name.raw, kAtom_nonode_at_nohost.raw};
      object = Term::boxed(pair.data());
    }
    const std::array elements{kAtom_DOWN, root.element(0), kAtom_process, object, kAtom_noproc};
    send_signal(space, root.element(1), MessageKind::kDown, elements, 0);
  } else if (kind == MessageKind::kInfoRequest) {
    const Term answer = root.element(2) == kAtom_suspended ? kAtom_exited : kAtom_undefined;
    const std::array elements{root.element(0), answer};
    Process* asker = space.find(root.element(1));
    if (asker != nullptr) {
      deliver(space, *asker, make_signal(space, MessageKind::kMessage, elements, 0),
              MessageKind::kMessage);
    }
  } else if (kind == MessageKind::kUnlink) {
    const std::array elements{dead_pid, root.element(1)};
    send_signal(space, root.element(0), MessageKind::kUnlinkAck, elements, 0);
  }
}

bool take_incoming(ProcessSpace& space, Process& process) {
  const ProcessExtension* extension = process.extension.load(std::memory_order_relaxed);
  bool must_exit = extension != nullptr && extension->has_pending_exit;
  Fragment* fragment = reverse_fragments(process.mailbox.take_all());
  while (fragment != nullptr) {
    Fragment* next = fragment->next;
    if (must_exit) {
      // Sent after what ends it: to the dead, though they have not been buried.
      answer_as_dead(space, fragment, space.pid_of(process));
    } else {
      must_exit = handle_signal(space, process, fragment);
    }
    fragment = next;
  }
  return must_exit;
}

void answer_as_dead(ProcessSpace& space, Fragment* fragment, Term dead_pid) {
  const MessageKind kind = kind_of(fragment->kind());
  if (!is_ordinary(kind)) refuse(space, kind, root_of(fragment), dead_pid);
  free_fragment(fragment);
}

Term make_alias_ref(Word* at, std::uint64_t id, Term owner) {
  at[0] = make_header(Subtag::kAliasRef, 2);
  at[1] = id;
  at[2] = owner.raw;
  return Term::boxed(at);
}

bool end_monitor(ProcessSpace& space, Process& process, std::uint64_t id) {
  ProcessExtension* extension = process.extension.load(std::memory_order_relaxed);
  if (extension == nullptr) return false;
  const auto monitor = extension->monitors.find(id);
  if (monitor == extension->monitors.end()) return false;
  const Term target = monitor->second.target, reference = monitor->second.reference;
  extension->monitors.erase(monitor);
  if (target.is_pid()) {
    const std::array elements{reference};
    send_signal(space, target, MessageKind::kDemonitor, elements, 0, may_claim(process));
  }
  return true;
}

void add_link(ProcessSpace& space, Process& process, Term peer) {
  space.extension(process).links.try_emplace(peer.raw);
}

}  // namespace parley
