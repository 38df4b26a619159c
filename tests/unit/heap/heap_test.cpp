// What a heap remembers: the mark, and when a collection is due.
#include <doctest/doctest.h>

#include "tests/unit/heap/test_heap.h"

namespace parley {
namespace {

TEST_CASE("the mark tells of every term that was made, wherever it lies") {
  test::TestHeap small(16);
  Heap& heap = small.heap;
  heap.set_mark(heap.top());
  CHECK_FALSE(heap.made_since_mark(heap.top()));
  small.cons(Term::small(1), Term::nil());
  CHECK(heap.made_since_mark(heap.top()));
  while (heap.fragments() == nullptr) small.cons(Term::small(1), Term::nil());
  // Now in the fragment, the top stays where it is.
  heap.set_mark(heap.top());
  const Word* const top = heap.top();
  small.cons(Term::small(2), Term::nil());
  CHECK(heap.top() == top);
  CHECK(heap.made_since_mark(heap.top()));
}

TEST_CASE("what a process left behind says nothing about the next") {
  test::TestHeap any;
  Heap& heap = any.heap;
  heap.set_off_heap(nullptr, 0, Heap::kOffHeapBytesMin);
  heap.request_collection();
  CHECK(heap.wants_collection());
  heap.set_off_heap(nullptr, 3 * Heap::kOffHeapBytesMin, 4 * Heap::kOffHeapBytesMin);
  CHECK_FALSE(heap.wants_collection());
  heap.set_off_heap(nullptr, 3 * Heap::kOffHeapBytesMin, 2 * Heap::kOffHeapBytesMin);
  CHECK(heap.wants_collection());
}

}  // namespace
}  // namespace parley
