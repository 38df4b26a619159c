// Birth and death of processes; signal.h says in which order.
#include <algorithm>
#include <array>
#include <map>

#include "vm/base/assert.h"
#include "vm/heap/blob.h"
#include "vm/heap/copy.h"
#include "vm/process/signal.h"
#include "vm/process/suspend.h"

namespace parley {

namespace {

// Words of a fresh block beside the arguments: enough to begin and to wait, small enough for a
// million. Who does more collects once, and has a block by its own measure from then on.
constexpr std::size_t kFirstBlockWords = 18;
constexpr std::uint16_t kStartRegisters = 3;
// Saved registers, descriptor, instruction pointer, return address of the bottom stub.
constexpr std::size_t kStartStackWords = kStartRegisters + 3;

void write_start(Process& p, const ProcessEntry& entry, const SpawnRequest& request,
                 AddressRange literals, bool& has_blobs, std::size_t arguments_words) {
  Word* top = p.block;
  const Term arguments = copy_term(request.arguments, top, literals, has_blobs);
  PARLEY_ASSERT(static_cast<std::size_t>(top - p.block) == arguments_words,
                "a copy is as large as it was measured");
  Word* sp = p.block + p.size_words - kStartStackWords;
  sp[0] = request.module.raw;
  sp[1] = request.function.raw;
  sp[2] = arguments.raw;
  sp[3] = reinterpret_cast<Word>(entry.frame);
  sp[4] = reinterpret_cast<Word>(entry.ip);
  sp[5] = reinterpret_cast<Word>(entry.bottom);
  p.top_words = static_cast<std::uint32_t>(top - p.block);
  p.stack_words = static_cast<std::uint32_t>(sp - p.block);
  p.saved_x = kStartRegisters;
  p.set_flag(process_flag::kSaved);
  p.set_flag(process_flag::kGoesOn);
}

// Blobs in the arguments go on the newborn's off-heap list.
void link_start_blobs(ProcessSpace& space, Process& p) {
  Heap heap;
  for (Word* w = p.block; w < p.block + p.top_words;) {
    if (!is_header(*w)) {
      w += 2;
      continue;
    }
    if (header_subtag(*w) == Subtag::kBlobBits) heap.link_off_heap(w);
    w += object_words(*w);
  }
  ProcessExtension& extension = space.extension(p);
  extension.off_heap = heap.off_heap();
  extension.off_heap_bytes = heap.off_heap_bytes();
}

void relate_to_parent(ProcessSpace& space, Process& child, Term child_pid,
                      const SpawnRequest& request) {
  const Term parent_pid = space.pid_of(*request.parent);
  if (request.link) {
    add_link(space, child, parent_pid);
    add_link(space, *request.parent, child_pid);
  }
  if (request.monitor_reference.is_value()) {
    const std::uint64_t id = reference_id(request.monitor_reference);
    space.extension(child).watchers[id] = Watcher{parent_pid, Term::nil()};
    space.extension(*request.parent).monitors[id] =
        Monitor{request.monitor_reference, child_pid, child_pid, request.monitor_tag};
  }
}

}  // namespace

Term spawn_process(ProcessSpace& space, const ProcessEntry& entry, const SpawnRequest& request) {
  const std::size_t arguments_words = copied_words(request.arguments, space.literals);
  const std::size_t size = std::max(kFirstBlockWords, request.min_heap_words) + arguments_words;
  Process* p = size > kBlockWordsMax ? nullptr : space.allocate();
  if (p == nullptr) return Term();
  const Term pid = space.pid_of(*p);
  const HeapBlock block = allocate_block(size);
  p->block = block.words;
  p->size_words = static_cast<std::uint32_t>(block.size);
  bool has_blobs = false;
  write_start(*p, entry, request, space.literals, has_blobs, arguments_words);
  if (has_blobs) link_start_blobs(space, *p);
  p->group_leader.store(request.group_leader.raw, std::memory_order_relaxed);
  if (request.parent != nullptr) {
    p->cause = request.parent->cause;
    relate_to_parent(space, *p, pid, request);
  }
  if (request.max_heap_words != 0 || request.min_heap_words != 0) {
    space.extension(*p).max_heap_words = request.max_heap_words;
    space.extension(*p).min_heap_words = request.min_heap_words;
  }
  // Release: who finds the process sees all of the above. From here on it may run and be gone.
  p->state.store(static_cast<std::uint32_t>(ProcessState::kRunnable) |
                     (request.priority << state_bit::kPriorityShift),
                 std::memory_order_release);
  space.scheduler->enqueue(*p);
  return pid;
}

namespace {

void answer_rest(ProcessSpace& space, Fragment* newest, Term pid) {
  Fragment* fragment = reverse_fragments(newest);
  while (fragment != nullptr) {
    Fragment* next = fragment->next;
    answer_as_dead(space, fragment, pid);
    fragment = next;
  }
}

void tell_links_and_watchers(ProcessSpace& space, Process& process, ProcessExtension& extension,
                             Term pid, Term reason) {
  const std::array exit_elements{kAtom_EXIT, pid, reason};
  for (const auto& [peer, link] : extension.links) {
    if (!link.is_active()) continue;
    send_signal(space, Term(peer), MessageKind::kExit, exit_elements, process.cause);
  }
  // In the order in which they began to watch.
  const std::map<std::uint64_t, Watcher> watchers(extension.watchers.begin(),
                                                  extension.watchers.end());
  for (const auto& [id, watcher] : watchers) {
    std::array<Word, kAliasRefWords> reference{};
    std::array<Word, 3> pair{};
    const Term ref = make_alias_ref(reference.data(), id, watcher.watcher);
    Term object = pid;
    if (watcher.name.is_atom()) {
      pair = {make_header(Subtag::kTuple, 2), watcher.name.raw, kAtom_nonode_at_nohost.raw};
      object = Term::boxed(pair.data());
    }
    const std::array elements{kAtom_DOWN, ref, kAtom_process, object, reason};
    send_signal(space, watcher.watcher, MessageKind::kDown, elements, process.cause);
  }
  for (const auto& [id, monitor] : extension.monitors) {
    if (!monitor.target.is_pid()) continue;
    std::array<Word, kAliasRefWords> reference{};
    const std::array elements{make_alias_ref(reference.data(), id, pid)};
    send_signal(space, monitor.target, MessageKind::kDemonitor, elements, 0);
  }
}

}  // namespace

ProcessExtension::~ProcessExtension() {
  for (Word* box = off_heap; box != nullptr;) {
    auto* next = reinterpret_cast<Word*>(box[4]);
    blob_release(reinterpret_cast<Blob*>(box[3]));
    box = next;
  }
  for (Fragment* fragment : held) free_fragment(fragment);
}

void end_process(ProcessSpace& space, Process& process, Term reason) {
  const Term pid = space.pid_of(process);
  state_word::become(process.state, ProcessState::kExiting);
  ProcessExtension* extension = process.extension.load(std::memory_order_relaxed);
  if ((process.state.load(std::memory_order_seq_cst) & state_bit::kRegistered) != 0) {
    space.unregister_process(pid);
  }
  space.scheduler->cancel_receive_timer(process);
  for (ExitObserver* observer : space.exit_observers) observer->process_ended(process, pid, reason);
  // A monitor that still stands in the mailbox is answered with noproc, as if it had come too late;
  // a link likewise.
  answer_rest(space, process.mailbox.close(), pid);
  if (extension != nullptr) {
    tell_links_and_watchers(space, process, *extension, pid, reason);
    resume_all(space, process, *extension);
    delete extension;
    process.extension.store(nullptr, std::memory_order_relaxed);
  }
  free_fragments(process.queue_head);
  for (Fragment* fragment = process.fragments; fragment != nullptr;) {
    Fragment* next = fragment->next;
    std::free(fragment);  // its blobs are on the off-heap list
    fragment = next;
  }
  free_block(HeapBlock{process.block, process.size_words});
  process.block = nullptr;
  process.queue_head = nullptr;
  process.fragments = nullptr;
  space.retire_slot(process);
}

}  // namespace parley
