// The process table and the names.
#include "vm/process/space.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

#include "vm/base/need.h"

namespace parley {

namespace {

// Slots of processes that have ended wait for a grace period. They do not count as processes, so
// there are more slots than there may be processes: room for what ends within one such period.
constexpr std::uint32_t kSlotsRetiringMax = 1u << 16;
constexpr std::uint32_t kSlotsMax = 1u << 28;  // as a pid has bits for
std::uint32_t slots_of(const SpaceOptions& options) {
  return std::min(options.processes_max, kSlotsMax - kSlotsRetiringMax) + kSlotsRetiringMax;
}

}  // namespace

ProcessSpace::ProcessSpace(AtomTable& atoms, SpaceOptions options)
    : atoms_(atoms), options_(options) {
  void* memory = mmap(nullptr, std::size_t{slots_of(options)} * sizeof(Process),
                      PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  need(memory != MAP_FAILED, "address space for the process table");
  table_ = static_cast<Process*>(memory);
}

ProcessSpace::~ProcessSpace() {
  for (std::uint32_t slot = 0; slot < high_slot(); ++slot) {
    Process& p = table_[slot];
    if (p.current_state() == ProcessState::kFree) continue;
    delete p.extension.load(std::memory_order_relaxed);
    free_fragments(p.mailbox.close());
    free_fragments(p.queue_head);
    for (Fragment* f = p.fragments; f != nullptr;) {
      Fragment* next = f->next;
      std::free(f);
      f = next;
    }
    free_block(HeapBlock{p.block, p.size_words});
  }
  munmap(table_, std::size_t{slots_of(options_)} * sizeof(Process));
}

Process* ProcessSpace::allocate() {
  std::uint32_t slot;
  {
    std::lock_guard guard(free_lock_);
    if (count() >= options_.processes_max + retiring()) return nullptr;
    if (!free_slots_.empty()) {
      slot = free_slots_.front();
      free_slots_.pop_front();
    } else {
      slot = high_slot_.load(std::memory_order_relaxed);
      if (slot >= slots_of(options_)) return nullptr;
      high_slot_.store(slot + 1, std::memory_order_release);
    }
    count_.fetch_add(1, std::memory_order_relaxed);
  }
  Process* p = table_ + slot;
  const std::uint32_t mask = options_.generation_bits >= 32
                                 ? ~0u
                                 : (1u << options_.generation_bits) - 1;
  const std::uint32_t generation = (p->generation.load(std::memory_order_relaxed) + 1) & mask;
  p->mailbox.reset();
  p->run_link = 0;
  p->timeout.store(0, std::memory_order_relaxed);
  p->extension.store(nullptr, std::memory_order_relaxed);
  p->awaiting.store(kTagNil, std::memory_order_relaxed);
  p->cause = 0;
  p->timer_slot = 0;
  p->timer_thread = 0;
  p->block = nullptr;
  p->top_words = p->stack_words = p->size_words = 0;
  p->saved_x = p->flags = 0;
  p->queue_head = nullptr;
  p->queue_tail = &p->queue_head;
  p->scan = &p->queue_head;
  p->fragments = nullptr;
  p->removed = 0;
  p->timer_generation = 0;
  // Release: pairs with find's acquire, so who sees the generation sees the rest.
  p->generation.store(generation, std::memory_order_release);
  return p;
}

void ProcessSpace::release_slot(Process& process) {
  // One that never ran was not retired.
  const bool was_retired = process.current_state() == ProcessState::kExiting;
  process.state.store(static_cast<std::uint32_t>(ProcessState::kFree), std::memory_order_release);
  count_.fetch_sub(1, std::memory_order_relaxed);
  {
    std::lock_guard guard(free_lock_);
    free_slots_.push_back(slot_of(process));
  }
  if (was_retired) retiring_.fetch_sub(1, std::memory_order_relaxed);
}

bool ProcessSpace::register_name(Term name, Term pid, Process& process) {
  // The bit first: a process that ends sees it and takes its name away, or has ended already, which
  // is then seen here.
  process.state.fetch_or(state_bit::kRegistered, std::memory_order_seq_cst);
  std::unique_lock guard(names_lock_);
  if (process.current_state() == ProcessState::kExiting || named_.contains(pid.raw)) return false;
  if (!names_.emplace(name.raw, pid).second) return false;
  named_.emplace(pid.raw, name);
  return true;
}

bool ProcessSpace::unregister_name(Term name) {
  std::unique_lock guard(names_lock_);
  const auto found = names_.find(name.raw);
  if (found == names_.end()) return false;
  named_.erase(found->second.raw);
  names_.erase(found);
  return true;
}

void ProcessSpace::unregister_process(Term pid) {
  std::unique_lock guard(names_lock_);
  const auto found = named_.find(pid.raw);
  if (found == named_.end()) return;
  names_.erase(found->second.raw);
  named_.erase(found);
}

Term ProcessSpace::name_of(Term pid) const {
  std::shared_lock guard(names_lock_);
  const auto found = named_.find(pid.raw);
  return found == named_.end() ? Term::nil() : found->second;
}

Term ProcessSpace::whereis(Term name) const {
  std::shared_lock guard(names_lock_);
  const auto found = names_.find(name.raw);
  return found == names_.end() ? kAtom_undefined : found->second;
}

std::vector<Term> ProcessSpace::registered() const {
  std::shared_lock guard(names_lock_);
  std::vector<Term> names;
  for (const auto& [name, pid] : names_) names.emplace_back(name);
  return names;
}

ProcessExtension& ProcessSpace::extension(Process& process) {
  ProcessExtension* e = process.extension.load(std::memory_order_relaxed);
  if (e == nullptr) {
    e = new ProcessExtension;
    process.extension.store(e, std::memory_order_release);
  }
  return *e;
}

}  // namespace parley
