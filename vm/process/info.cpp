// Items of process_info; info.h says who may ask.
#include "vm/process/info.h"

#include <array>
#include <map>

#include "vm/heap/copy.h"
#include "vm/heap/scratch_heap.h"
#include "vm/process/bif_support.h"
#include "vm/process/suspend.h"
#include "vm/term/compare.h"

namespace parley {

namespace {

using Item = Term (*)(ProcessSpace&, Process&, Heap&, Asked);

ProcessExtension* extension_of(const Process& p) {
  return p.extension.load(std::memory_order_relaxed);
}
Term number(std::size_t n) { return Term::small(static_cast<std::int64_t>(n)); }

// The process's terms copied into the heap that asks; for itself they are there already.
Term own_term(ProcessSpace& space, Heap& heap, Term term, Asked asked) {
  return asked == Asked::kByItself ? term : copy_to_heap(term, heap, space.literals);
}

const Word* saved_ip(const Process& p) {
  return reinterpret_cast<const Word*>(p.block[p.stack_words + p.saved_x + 1u]);
}

Term links(ProcessSpace&, Process& p, Heap& heap, Asked) {
  Term list = Term::nil();
  if (const ProcessExtension* e = extension_of(p)) {
    for (const auto& [peer, link] : e->links) {
      if (link.is_active()) list = make_cons(heap, Term(peer), list);
    }
  }
  return list;
}
Term monitors(ProcessSpace& space, Process& p, Heap& heap, Asked asked) {
  Term list = Term::nil();
  if (const ProcessExtension* e = extension_of(p)) {
    for (const auto& [id, m] : e->monitors) {
      const Term object = own_term(space, heap, m.object, asked);
      list = make_cons(heap, make_tuple(heap, {kAtom_process, object}), list);
    }
  }
  return list;
}
Term monitored_by(ProcessSpace&, Process& p, Heap& heap, Asked) {
  Term list = Term::nil();
  if (const ProcessExtension* e = extension_of(p)) {
    for (const auto& [id, w] : e->watchers) list = make_cons(heap, w.watcher, list);
  }
  return list;
}
Term dictionary(ProcessSpace& space, Process& p, Heap& heap, Asked asked) {
  Term list = Term::nil();
  if (const ProcessExtension* e = extension_of(p)) {
    for (const DictionaryEntry& entry : e->dictionary) {
      const Term pair = make_tuple(heap, {own_term(space, heap, entry.key, asked),
                                         own_term(space, heap, entry.value, asked)});
      list = make_cons(heap, pair, list);
    }
  }
  return list;
}
Term messages(ProcessSpace& space, Process& p, Heap& heap, Asked) {
  std::vector<Term> all;
  for (Fragment* m = p.queue_head; m != nullptr; m = m->next) {
    all.push_back(copy_to_heap(Term(m->terms()[0]), heap, space.literals));
  }
  Term list = Term::nil();
  while (!all.empty()) {
    list = make_cons(heap, all.back(), list);
    all.pop_back();
  }
  return list;
}
Term status(ProcessSpace&, Process& p, Heap&, Asked asked) {
  if (asked == Asked::kByItself) return kAtom_running;
  const std::uint32_t word = p.state.load(std::memory_order_relaxed);
  if ((word & state_bit::kSuspended) != 0) return kAtom_suspended;
  switch (state_word::of(word)) {
    case ProcessState::kClaimed:
    case ProcessState::kWaiting: return kAtom_waiting;
    default: return kAtom_runnable;
  }
}
Term priority(ProcessSpace&, Process& p, Heap&, Asked) {
  const Term names[] = {kAtom_low, kAtom_normal, kAtom_high, kAtom_max};
  return names[(p.state.load(std::memory_order_relaxed) & state_bit::kPriorityMask) >>
               state_bit::kPriorityShift];
}
Term current_function(ProcessSpace& space, Process& p, Heap& heap, Asked asked) {
  if (asked == Asked::kByItself || !space.describe_place) return kAtom_undefined;
  return space.describe_place(heap, saved_ip(p));
}
Term current_stacktrace(ProcessSpace& space, Process& p, Heap& heap, Asked asked) {
  if (asked == Asked::kByItself || !space.describe_place) return Term::nil();
  constexpr unsigned kDepthMax = 8;
  std::vector<Term> places;
  const auto add = [&](const Word* address) {
    const Term mfa = space.describe_place(heap, address);
    if (!mfa.is_tuple()) return;
    places.push_back(make_tuple(
        heap, {mfa.element(0), mfa.element(1), mfa.element(2), Term::nil()}));
  };
  const Word* sp = p.block + p.stack_words + p.saved_x;
  const auto* frame = reinterpret_cast<const FrameDesc*>(sp[0]);
  add(reinterpret_cast<const Word*>(sp[1]));
  for (sp += 2; places.size() < kDepthMax;) {
    sp += frame->frame_words;
    const auto* back = reinterpret_cast<const Word*>(*sp++);
    if (back == space.entry.bottom) break;
    add(back - 1);
    frame = frame_of_return(back);
  }
  Term list = Term::nil();
  while (!places.empty()) {
    list = make_cons(heap, places.back(), list);
    places.pop_back();
  }
  return list;
}
std::size_t block_words(const Process& p) { return p.size_words; }
std::size_t memory_bytes(const Process& p) {
  std::size_t words = block_words(p);
  for (Fragment* f = p.fragments; f != nullptr; f = f->next) words += f->words() + 2;
  for (Fragment* m = p.queue_head; m != nullptr; m = m->next) words += m->words() + 2;
  if (const ProcessExtension* e = extension_of(p)) words += e->old.block.size;
  return words * sizeof(Word) + sizeof(Process) +
         (extension_of(p) == nullptr ? 0 : sizeof(ProcessExtension));
}

Term heap_size(ProcessSpace&, Process& p, Heap&, Asked) { return number(block_words(p)); }
Term stack_size(ProcessSpace&, Process& p, Heap&, Asked) {
  return number(p.size_words - p.stack_words);
}
Term memory(ProcessSpace&, Process& p, Heap&, Asked) { return number(memory_bytes(p)); }
Term message_queue_len(ProcessSpace&, Process& p, Heap&, Asked) {
  return number(p.message_queue_length());
}
Term reductions(ProcessSpace&, Process& p, Heap&, Asked) {
  const ProcessExtension* e = extension_of(p);
  return number(e == nullptr ? 0 : e->reductions_total);
}
Term trap_exit(ProcessSpace&, Process& p, Heap&, Asked) {
  return boolean(p.has_flag(process_flag::kTrapExit));
}
Term group_leader(ProcessSpace&, Process& p, Heap&, Asked) {
  return Term(p.group_leader.load(std::memory_order_relaxed));
}
Term label(ProcessSpace& space, Process& p, Heap& heap, Asked asked) {
  const ProcessExtension* e = extension_of(p);
  return e == nullptr || e->label.is_nil() ? kAtom_undefined
                                           : own_term(space, heap, e->label, asked);
}
Term registered_name(ProcessSpace& space, Process& p, Heap&, Asked) {
  return space.name_of(space.pid_of(p));
}
Term garbage_collection(ProcessSpace&, Process& p, Heap& heap, Asked) {
  const ProcessExtension* e = extension_of(p);
  const auto pair = [&heap](Term key, std::size_t value) {
    return make_tuple(heap, {key, number(value)});
  };
  const Term items[] = {pair(kAtom_min_heap_size, e == nullptr ? 0 : e->min_heap_words),
                        pair(kAtom_max_heap_size, e == nullptr ? 0 : e->max_heap_words),
                        pair(kAtom_collections, e == nullptr ? 0 : e->collections)};
  Term list = Term::nil();
  for (const Term item : items) list = make_cons(heap, item, list);
  return list;
}
Term parent(ProcessSpace&, Process& p, Heap&, Asked) {
  const ProcessExtension* e = extension_of(p);
  return e == nullptr || e->parent.is_nil() ? kAtom_undefined : e->parent;
}
Term suspending(ProcessSpace& space, Process& p, Heap& heap, Asked) {
  const ProcessExtension* e = extension_of(p);
  return e == nullptr ? Term::nil() : suspending_list(space, *e, heap);
}
Term error_handler(ProcessSpace&, Process&, Heap&, Asked) { return kAtom_error_handler; }
Term message_queue_data(ProcessSpace&, Process&, Heap&, Asked) { return kAtom_off_heap; }

struct Row {
  Term name;
  Item item;
  bool usual;  // in process_info/1
};
constexpr Row kRows[] = {
    {kAtom_registered_name, registered_name, true},
    {kAtom_current_function, current_function, true},
    {kAtom_status, status, true},
    {kAtom_message_queue_len, message_queue_len, true},
    {kAtom_links, links, true},
    {kAtom_dictionary, dictionary, true},
    {kAtom_trap_exit, trap_exit, true},
    {kAtom_error_handler, error_handler, true},
    {kAtom_priority, priority, true},
    {kAtom_group_leader, group_leader, true},
    {kAtom_total_heap_size, heap_size, true},
    {kAtom_heap_size, heap_size, true},
    {kAtom_stack_size, stack_size, true},
    {kAtom_reductions, reductions, true},
    {kAtom_garbage_collection, garbage_collection, true},
    {kAtom_suspending, suspending, true},
    {kAtom_messages, messages, false},
    {kAtom_current_stacktrace, current_stacktrace, false},
    {kAtom_monitors, monitors, false},
    {kAtom_monitored_by, monitored_by, false},
    {kAtom_memory, memory, false},
    {kAtom_label, label, false},
    {kAtom_parent, parent, false},
    {kAtom_message_queue_data, message_queue_data, false},
};

}  // namespace

std::optional<Term> process_item(ProcessSpace& space, Process& process, Heap& heap, Term item,
                                 Asked asked) {
  for (const Row& row : kRows) {
    if (row.name != item) continue;
    const Term value = row.item(space, process, heap, asked);
    return make_tuple(heap, {item, value});
  }
  return std::nullopt;
}

std::optional<Term> process_items(ProcessSpace& space, Process& process, Heap& heap, Term items,
                                  Asked asked) {
  std::vector<Term> found;
  if (items.is_nil()) {
    for (const Row& row : kRows) {
      if (!row.usual) continue;
      const Term value = row.item(space, process, heap, asked);
      const bool nameless = row.name == kAtom_registered_name && value.is_nil();
      if (!nameless) found.push_back(make_tuple(heap, {row.name, value}));
    }
  }
  for (; items.is_cons(); items = items.tail()) {
    const auto item = process_item(space, process, heap, items.head(), asked);
    if (!item) return std::nullopt;
    found.push_back(*item);
  }
  Term list = Term::nil();
  while (!found.empty()) {
    list = make_cons(heap, found.back(), list);
    found.pop_back();
  }
  return list;
}

namespace {

// The frames of a saved process, from the running one down.
bool is_in_old_code(ProcessSpace& space, const Process& p, Term module) {
  if (!space.is_old_code) return false;
  const Word* sp = p.block + p.stack_words + p.saved_x;
  const auto* frame = reinterpret_cast<const FrameDesc*>(sp[0]);
  if (space.is_old_code(module, reinterpret_cast<const Word*>(sp[1]))) return true;
  sp += 2;
  for (;;) {
    sp += frame->frame_words;
    const auto* back = reinterpret_cast<const Word*>(*sp++);
    if (back == space.entry.bottom) return false;
    if (space.is_old_code(module, back)) return true;
    frame = frame_of_return(back);
  }
}

// {{dictionary, Key}, Value}: one entry, so that a large dictionary is not copied for it.
Term dictionary_entry(ProcessSpace& space, Process& process, Heap& heap, Term what, Asked asked) {
  Term value = kAtom_undefined;
  if (const ProcessExtension* e = extension_of(process)) {
    for (const DictionaryEntry& entry : e->dictionary) {
      if (!exactly_equal(entry.key, what.element(1))) continue;
      value = own_term(space, heap, entry.value, asked);
    }
  }
  return make_tuple(heap, {own_term(space, heap, what, asked), value});
}

bool is_pair_item(Term what) {
  return what.is_tuple() && what.arity() == 2 &&
         (what.element(0) == kAtom_dictionary || what.element(0) == kAtom_old_code);
}

// One item or a list of items; the answer of process_info/1,2.
std::optional<Term> info(ProcessSpace& space, Process& process, Heap& heap, Term what,
                         Asked asked) {
  if (what.is_tuple() && what.element(0) == kAtom_dictionary) {
    return dictionary_entry(space, process, heap, what, asked);
  }
  if (what.is_tuple()) {  // {old_code, Module}
    return boolean(asked == Asked::kWhileSaved && is_in_old_code(space, process, what.element(1)));
  }
  if (!what.is_atom()) return process_items(space, process, heap, what, asked);
  const auto item = process_item(space, process, heap, what, asked);
  const bool nameless =
      item && what == kAtom_registered_name && item->element(1).is_nil();
  return nameless ? std::optional(Term::nil()) : item;
}

bool known_items(Term what) {
  const auto known = [](Term item) {
    for (const Row& row : kRows) {
      if (row.name == item) return true;
    }
    return false;
  };
  if (what.is_atom()) return known(what);
  for (; what.is_cons(); what = what.tail()) {
    if (!known(what.head())) return false;
  }
  return what.is_nil();
}

// What goes on with the answer is the function `await` of the module prim_process.
Term ask(BifCall& call, Term pid, Term what, Term await = kAtom_await) {
  ProcessSpace& space = *call.services.processes;
  if (!pid.is_pid() || !(is_pair_item(what) || known_items(what))) return call.badarg();
  if (pid == own_pid(call)) {
    settle_own_signals(call);
    return *info(space, *call.process, call.heap, what, Asked::kByItself);
  }
  if (space.find(pid) == nullptr) return kAtom_undefined;
  const Term reference =
      make_alias_ref(call.heap.allocate(kAliasRefWords), own_reference_id(call), own_pid(call));
  const std::array elements{reference, own_pid(call), what};
  send_signal(space, pid, MessageKind::kInfoRequest, elements, 0);
  call.x[0] = reference;
  return call.tail_call(kAtom_prim_process, await, 1);
}

}  // namespace

void answer_info_request(ProcessSpace& space, Process& process, Term request) {
  ScratchHeap scratch;
  // Who suspends a process asks for nothing but the moment when it is saved.
  const auto answer =
      request.element(2) == kAtom_suspended
          ? std::optional(kAtom_suspended)
          : info(space, process, scratch.heap, request.element(2), Asked::kWhileSaved);
  const std::array elements{request.element(0), answer.value_or(kAtom_undefined)};
  Fragment* message = make_signal(space, MessageKind::kMessage, elements, 0);
  Process* asker = space.find(request.element(1));
  if (asker == nullptr) free_fragment(message);
  else deliver(space, *asker, message, MessageKind::kMessage);
}

Term bif_check_process_code(BifCall& call, const Term* a) {
  if (!a[1].is_atom()) return call.badarg();
  return ask(call, a[0], make_tuple(call.heap, {kAtom_old_code, a[1]}));
}
Term bif_garbage_collect(BifCall& call, const Term*) {
  call.heap.request_collection();
  return kAtom_true_;
}
Term bif_garbage_collect_process(BifCall& call, const Term* a) {
  if (!a[0].is_pid()) return call.badarg();
  if (a[0] == own_pid(call)) return bif_garbage_collect(call, a);
  return boolean(call.services.processes->find(a[0]) != nullptr);
}

// The question travels behind the signals that the caller sent before, so that it is answered after
// an exit among them has done its work.
Term bif_is_process_alive(BifCall& call, const Term* a) {
  if (!a[0].is_pid()) return call.badarg();
  if (a[0] == own_pid(call)) {
    return settle_own_signals(call) ? call.again(BifAnswer::kExit) : kAtom_true_;
  }
  const Term answer = ask(call, a[0], kAtom_trap_exit, kAtom_await_alive);
  return answer == kAtom_undefined ? kAtom_false_ : answer;
}

Term bif_process_info(BifCall& call, const Term* a) { return ask(call, a[0], Term::nil()); }
Term bif_process_info_item(BifCall& call, const Term* a) {
  if (!a[0].is_pid()) return call.badarg();
  if (a[1].is_nil()) {
    return call.services.processes->find(a[0]) == nullptr ? kAtom_undefined : Term::nil();
  }
  return ask(call, a[0], a[1]);
}

}  // namespace parley
