// Running a built-in in slices: whether it answers what it answers at once, also where everything
// is collected, and so moves, between any two slices; and how long its slices take.
#pragma once

#include <doctest/doctest.h>
#include <time.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "tests/unit/heap/test_heap.h"
#include "vm/bif/bif.h"
#include "vm/heap/copy.h"
#include "vm/term/compare.h"

namespace parley::test {

struct Run {
  Term result;  // or the reason of an exception
  bool failed = false;
  std::size_t yields = 0;
  double longest_ms = 0;  // of a slice, in time of this thread
};

inline double thread_ms() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) / 1e6;
}

// `between`: done with the arguments after each slice.
inline Run run(Heap& heap, AtomTable& atoms, std::uint64_t seed, BifFunction function,
               std::vector<Term>& arguments, std::int64_t slice,
               const std::function<void()>& between = {}) {
  Services services;
  Run r;
  for (;;) {
    std::int64_t reductions = slice;
    BifCall call{.heap = heap,
                 .atoms = atoms,
                 .services = services,
                 .hash_seed = seed,
                 .reductions = reductions,
                 .x = arguments.data()};
    const std::vector<Term> given = arguments;
    const double begin = thread_ms();
    const Term result = function(call, given.data());
    r.longest_ms = std::max(r.longest_ms, thread_ms() - begin);
    CHECK(reductions >= -600 - slice);  // one step, or what one slice made
    if (call.answer == BifAnswer::kYield) {
      ++r.yields;
      if (between) between();
      continue;
    }
    r.failed = call.answer == BifAnswer::kThrow;
    r.result = r.failed ? call.reason : result;
    if (r.failed) CHECK(!(call.first_argument.is_value() ? call.first_argument : given[0])
                             .is_box(Subtag::kTrap));
    return r;
  }
}

inline Run run(TestHeap& t, BifFunction function, std::vector<Term> arguments,
               std::int64_t slice) {
  return run(t.heap, t.atoms, t.seed, function, arguments, slice);
}

// A heap whose objects all move when it is collected.
class MovingHeap {
 public:
  explicit MovingHeap(std::size_t words) : block_(allocate_block(words)) {
    heap.set_bounds(block_.words, block_.words + block_.size);
  }
  ~MovingHeap() {
    std::vector<Term> none;
    collect(none);
    free_block(block_);
  }
  MovingHeap(const MovingHeap&) = delete;
  MovingHeap& operator=(const MovingHeap&) = delete;

  void collect(std::vector<Term>& roots) {
    Collector collector(heap, block_, nullptr, Collector::Kind::kWhole, 64, {}, {});
    for (Term& root : roots) collector.visit(root.raw);
    block_ = collector.finish();
  }

  Heap heap;

 private:
  HeapBlock block_;
};

// In slices and with as much as it wants: the same answer, and it did yield.
inline void check_slices(TestHeap& t, BifFunction function, const std::vector<Term>& arguments) {
  const Run at_once = run(t, function, arguments, std::int64_t{1} << 40);
  const Run sliced = run(t, function, arguments, 100);
  CHECK(at_once.yields == 0);
  CHECK(sliced.yields > 3);
  CHECK(sliced.failed == at_once.failed);
  CHECK(exactly_equal(sliced.result, at_once.result));
}

// In slices of one reduction, with a collection after each: the same answer.
inline void check_moving(TestHeap& t, BifFunction function, const std::vector<Term>& arguments) {
  const Run at_once = run(t, function, arguments, std::int64_t{1} << 40);
  MovingHeap moving(1 << 16);
  std::vector<Term> moved;
  for (const Term a : arguments) moved.push_back(copy_to_heap(a, moving.heap, {}));
  const Run sliced = run(moving.heap, t.atoms, t.seed, function, moved, 1,
                         [&] { moving.collect(moved); });
  CHECK(sliced.yields > 3);
  CHECK(sliced.failed == at_once.failed);
  CHECK(exactly_equal(sliced.result, at_once.result));
}

}  // namespace parley::test
