// The explorer; explorer.h says how it works.
#include "tests/unit/interleave/explorer.h"

#include "vm/base/assert.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PARLEY_FIBERS_ADDRESS 1
#elif __has_feature(thread_sanitizer)
#define PARLEY_FIBERS_THREAD 1
#endif
#endif

#ifdef PARLEY_FIBERS_ADDRESS
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef PARLEY_FIBERS_THREAD
#include <sanitizer/tsan_interface.h>
#endif

namespace parley::interleave {

namespace {

constexpr std::size_t kStackBytes = 128 * 1024;
constexpr std::size_t kStepsMax = 400;

// The explorer that runs; one at a time, in one thread.
Explorer*& current_explorer() {
  static Explorer* explorer = nullptr;
  return explorer;
}

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x9E3779B97F4A7C15u;
  return hash ^ (hash >> 31);
}

}  // namespace

Explorer* Explorer::current() { return current_explorer(); }

unsigned Explorer::add_word() {
  words_.emplace_back(0, 0);
  return static_cast<unsigned>(words_.size() - 1);
}
void Explorer::set_word(unsigned number, std::uint64_t low, std::uint64_t high) {
  words_[number] = {low, high};
}
void Explorer::saw(std::uint64_t value) {
  if (!in_thread_) return;
  Thread& thread = *threads_[running_];
  thread.log_hash = mix(thread.log_hash, value + 1);
}
void Explorer::fail(const std::string& what) {
  if (failure_.empty()) failure_ = what;
}

// ---- switching stacks --------------------------------------------------------------------------

void Explorer::enter() {
  Explorer& explorer = *current();
#ifdef PARLEY_FIBERS_ADDRESS
  __sanitizer_finish_switch_fiber(nullptr, &explorer.home_stack_.stack,
                                  &explorer.home_stack_.stack_bytes);
#endif
  explorer.threads_[explorer.running_]->body();
  explorer.threads_[explorer.running_]->ended = true;
  explorer.leave_to_explorer(true);
}

void Explorer::resume(unsigned number) {
  running_ = number;
  in_thread_ = true;
  Thread& thread = *threads_[number];
#ifdef PARLEY_FIBERS_ADDRESS
  __sanitizer_start_switch_fiber(&home_stack_.fake_stack, thread.stack.data(), thread.stack.size());
#endif
#ifdef PARLEY_FIBERS_THREAD
  __tsan_switch_to_fiber(thread.fake_stack, 0);
#endif
  swapcontext(&home_, &thread.context);
#ifdef PARLEY_FIBERS_ADDRESS
  __sanitizer_finish_switch_fiber(home_stack_.fake_stack, nullptr, nullptr);
#endif
  in_thread_ = false;
}

void Explorer::leave_to_explorer([[maybe_unused]] bool for_good) {
  Thread& thread = *threads_[running_];
#ifdef PARLEY_FIBERS_ADDRESS
  __sanitizer_start_switch_fiber(for_good ? nullptr : &thread.fake_stack,
                                 home_stack_.stack,
                                 home_stack_.stack_bytes);
#endif
#ifdef PARLEY_FIBERS_THREAD
  __tsan_switch_to_fiber(home_stack_.fiber, 0);
#endif
  swapcontext(&thread.context, &home_);
#ifdef PARLEY_FIBERS_ADDRESS
  __sanitizer_finish_switch_fiber(thread.fake_stack, nullptr, nullptr);
#endif
}

void Explorer::step() {
  if (in_thread_) leave_to_explorer(false);
}

// ---- the tree ----------------------------------------------------------------------------------

std::uint64_t Explorer::state_hash() const {
  std::uint64_t hash = 1;
  for (const auto& [low, high] : words_) hash = mix(mix(hash, low), high);
  for (const auto& thread : threads_) hash = mix(hash, thread->log_hash + (thread->ended ? 1 : 0));
  return hash;
}

// `below` interleavings were found under the choice at the end of the path: goes back to the
// deepest choice with a thread left to try.
void Explorer::unwind(double below) {
  while (!path_.empty()) {
    Choice& choice = path_.back();
    choice.below += below;
    ++choice.next_thread;
    if (choice.next_thread < world_.threads.size()) return;
    below = choice.below;
    known_[choice.state] = below;
    path_.pop_back();
  }
  result_.interleavings = below;
}

// One run: along the path first, then always the first thread that can go.
void Explorer::walk() {
  for (std::size_t depth = 0;; ++depth) {
    PARLEY_ASSERT(depth < kStepsMax, "threads of a scenario are short");
    bool all_ended = true;
    for (const auto& thread : threads_) all_ended = all_ended && thread->ended;
    if (all_ended && failure_.empty()) failure_ = world_.check();
    if (!failure_.empty()) return;
    if (all_ended) return unwind(1);
    if (depth == path_.size()) {
      const std::uint64_t state = state_hash();
      const auto found = known_.find(state);
      if (found != known_.end()) return unwind(found->second);
      ++result_.states;
      path_.push_back(Choice{state, 0, 0});
    }
    Choice& choice = path_[depth];
    while (choice.next_thread < threads_.size() && threads_[choice.next_thread]->ended) {
      ++choice.next_thread;
    }
    if (choice.next_thread == threads_.size()) {  // those left to try have ended
      --choice.next_thread;
      return unwind(0);
    }
    resume(choice.next_thread);
  }
}

void Explorer::run_one(const MakeWorld& make_world) {
  ++result_.runs;
  words_.clear();
  threads_.clear();
  failure_.clear();
  world_ = make_world();
  for (auto& body : world_.threads) {
    auto thread = std::make_unique<Thread>();
    if (stacks_.size() <= threads_.size()) stacks_.emplace_back(kStackBytes);
    thread->stack = stacks_[threads_.size()];
    thread->body = body;
#ifdef PARLEY_FIBERS_ADDRESS
    __asan_unpoison_memory_region(thread->stack.data(), thread->stack.size());  // used before
#endif
    getcontext(&thread->context);
    thread->context.uc_stack.ss_sp = thread->stack.data();
    thread->context.uc_stack.ss_size = thread->stack.size();
    thread->context.uc_link = nullptr;
    makecontext(&thread->context, &Explorer::enter, 0);
#ifdef PARLEY_FIBERS_THREAD
    thread->fake_stack = __tsan_create_fiber(0);
#endif
    threads_.push_back(std::move(thread));
  }
  // Up to its first operation a thread touches nothing that is shared.
  for (unsigned i = 0; i < threads_.size(); ++i) resume(i);
  walk();
#ifdef PARLEY_FIBERS_THREAD
  for (auto& thread : threads_) __tsan_destroy_fiber(thread->fake_stack);
#endif
}

Explorer::Result Explorer::explore(const MakeWorld& make_world) {
  Explorer explorer;
  current_explorer() = &explorer;
#ifdef PARLEY_FIBERS_THREAD
  explorer.home_stack_.fiber = __tsan_get_current_fiber();
#endif
  do {
    explorer.run_one(make_world);
    if (!explorer.failure_.empty()) {
      explorer.result_.failure = explorer.failure_;
      for (const Choice& choice : explorer.path_) {
        explorer.result_.schedule.push_back(choice.next_thread);
      }
      break;
    }
  } while (!explorer.path_.empty());
  explorer.threads_.clear();
  explorer.world_ = World{};
  current_explorer() = nullptr;
  return explorer.result_;
}

}  // namespace parley::interleave
