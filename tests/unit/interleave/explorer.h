// Explores all interleavings of a few short threads over a handful of atomic words.
//
// A thread is an ordinary function, here on a stack of its own; each operation on a model's word is
// one step, before which the explorer may let any other thread go. Memory is sequentially
// consistent. The explorer goes through the tree of schedules depth first, each time from the
// beginning, so what is run is the real code of the structures, not a description of it.
//
// What makes it affordable: two schedules after which every thread has seen the same values and
// every word holds the same value go on alike, so the second is not run again; how many schedules
// lie below a point is remembered and added. That is exact as long as everything the threads share
// is either a model's word or handed over through one, which is what the structures promise.
//
// Invariant: a run of the same schedule is the same run: threads take no decision but on what they
// read.
//
// Prior art: stateless model checking as in VeriSoft (Godefroid, POPL 1997).
#pragma once

#include <ucontext.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "vm/process/double_word.h"

namespace parley::interleave {

class Explorer {
 public:
  // A world is made anew for every run: its threads, and a check of how they ended.
  struct World {
    std::vector<std::function<void()>> threads;
    // Empty: all is well. Called when every thread has ended.
    std::function<std::string()> check;
  };
  using MakeWorld = std::function<World()>;

  struct Result {
    double interleavings = 0;     // covered; a double, for there may be more than 2^64
    std::uint64_t runs = 0;       // from the beginning
    std::uint64_t states = 0;     // points told apart
    std::string failure;          // of the first interleaving that failed; empty: none did
    std::vector<unsigned> schedule;  // which thread went at each step of it
  };
  static Result explore(const MakeWorld& make_world);

  // For the words of the model.
  static Explorer* current();
  // Ends the caller's step; returns when its next one may begin.
  void step();
  // What the step saw: part of the thread's state from here on.
  void saw(std::uint64_t value);
  unsigned add_word();
  void set_word(unsigned number, std::uint64_t low, std::uint64_t high);
  // A scenario's own finding. The run ends as failed.
  void fail(const std::string& what);

 private:
  struct Thread {
    ucontext_t context;
    std::span<char> stack;
    std::function<void()> body;
    std::uint64_t log_hash = 0;
    bool ended = false;
    void* fake_stack = nullptr;  // address sanitizer's, and thread sanitizer's fiber
  };
  struct Choice {
    std::uint64_t state = 0;
    unsigned next_thread = 0;     // to be tried now
    double below = 0;             // interleavings under the threads tried before
  };

  static void enter();
  void resume(unsigned number);
  void leave_to_explorer(bool for_good);
  void run_one(const MakeWorld& make_world);
  void walk();
  std::uint64_t state_hash() const;
  void unwind(double below);

  Result result_;
  std::vector<Choice> path_;
  std::unordered_map<std::uint64_t, double> known_;
  std::vector<std::unique_ptr<Thread>> threads_;
  std::vector<std::vector<char>> stacks_;  // used run after run
  std::vector<std::pair<std::uint64_t, std::uint64_t>> words_;
  World world_;
  ucontext_t home_;
  struct Home {  // what the sanitizers want to know of the explorer's own stack
    void* fake_stack = nullptr;
    const void* stack = nullptr;
    std::size_t stack_bytes = 0;
    void* fiber = nullptr;
  } home_stack_;
  unsigned running_ = 0;
  bool in_thread_ = false;  // false while a world is made or checked: then nothing is a step
  std::string failure_;
};

// The types that the structures are made with here.

template <class T>
class ModelAtomic {
 public:
  explicit ModelAtomic(T value = T{}) : value_(value) {
    number_ = Explorer::current()->add_word();
    publish();
  }
  T load(std::memory_order = std::memory_order_seq_cst) const {
    Explorer::current()->step();
    Explorer::current()->saw(static_cast<std::uint64_t>(value_));
    return value_;
  }
  bool compare_exchange_weak(T& seen, T wanted, std::memory_order, std::memory_order) {
    return exchange_if(seen, wanted);
  }
  bool compare_exchange_strong(T& seen, T wanted, std::memory_order, std::memory_order) {
    return exchange_if(seen, wanted);
  }
  T fetch_add(T amount, std::memory_order = std::memory_order_seq_cst) {
    return change([amount](T v) { return static_cast<T>(v + amount); });
  }
  T fetch_and(T mask, std::memory_order = std::memory_order_seq_cst) {
    return change([mask](T v) { return static_cast<T>(v & mask); });
  }
  T fetch_or(T mask, std::memory_order = std::memory_order_seq_cst) {
    return change([mask](T v) { return static_cast<T>(v | mask); });
  }
  // Outside of the run: for checks.
  T peek() const { return value_; }

 private:
  bool exchange_if(T& seen, T wanted) {
    Explorer::current()->step();
    const bool same = value_ == seen;
    if (same) value_ = wanted;
    else seen = value_;
    publish();
    Explorer::current()->saw(static_cast<std::uint64_t>(seen) * 2 + (same ? 1 : 0));
    return same;
  }
  template <class Change>
  T change(Change make) {
    Explorer::current()->step();
    const T before = value_;
    value_ = make(before);
    publish();
    Explorer::current()->saw(static_cast<std::uint64_t>(before));
    return before;
  }
  void publish() {
    Explorer::current()->set_word(number_, static_cast<std::uint64_t>(value_), 0);
  }

  T value_;
  unsigned number_;
};

// As AtomicDoubleWord: whole loads may tear, so they are two steps.
class ModelDoubleWord {
 public:
  ModelDoubleWord() : number_(Explorer::current()->add_word()) { publish(); }
  Pair load() const {
    const std::uint64_t low = load_low();
    return Pair{low, load_high()};
  }
  std::uint64_t load_low() const { return seen_half(value_.low); }
  std::uint64_t load_high() const { return seen_half(value_.high); }
  void store(Pair value) {
    value_ = value;
    publish();
  }
  bool compare_exchange(Pair& seen, Pair wanted) {
    Explorer::current()->step();
    const bool same = seen.low == value_.low && seen.high == value_.high;
    if (same) value_ = wanted;
    else seen = value_;
    publish();
    Explorer::current()->saw(seen.low);
    Explorer::current()->saw(seen.high * 2 + (same ? 1 : 0));
    return same;
  }

 private:
  static std::uint64_t seen_half(const std::uint64_t& half) {
    Explorer::current()->step();
    Explorer::current()->saw(half);
    return half;
  }
  void publish() { Explorer::current()->set_word(number_, value_.low, value_.high); }

  Pair value_;
  unsigned number_;
};

}  // namespace parley::interleave
