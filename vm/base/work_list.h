// A stack of work for iterative walks over terms: a small inline array, then memory from the heap.
//
// Invariant: shallow walks allocate nothing; deep ones grow a vector, never the C++ stack.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "vm/base/assert.h"

namespace parley {

template <class T, std::size_t kInline = 24>
class WorkList {
 public:
  void push(const T& item) {
    if (count_ < kInline) [[likely]] {
      inline_[count_] = item;
    } else {
      more_.push_back(item);
    }
    ++count_;
  }
  T pop() {
    PARLEY_DEBUG_ASSERT(count_ > 0, "something to do");
    --count_;
    if (count_ < kInline) [[likely]] return inline_[count_];
    T item = more_.back();
    more_.pop_back();
    return item;
  }
  T& top() { return count_ <= kInline ? inline_[count_ - 1] : more_.back(); }
  bool empty() const { return count_ == 0; }
  std::size_t size() const { return count_; }

 private:
  std::size_t count_ = 0;
  std::array<T, kInline> inline_;
  std::vector<T> more_;
};

}  // namespace parley
