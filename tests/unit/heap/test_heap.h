// A heap, atoms and a seed for tests of terms: everything goes into one block, or, with a small
// one, into fragments.
#pragma once

#include <memory>
#include <vector>

#include "vm/heap/collector.h"
#include "vm/heap/heap.h"
#include "vm/heap/make_bits.h"
#include "vm/heap/make_integer.h"
#include "vm/heap/map.h"
#include "vm/term/atoms.h"

namespace parley::test {

struct TestHeap {
  explicit TestHeap(std::size_t words = 1 << 16) : block(words) {
    heap.set_bounds(block.data(), block.data() + block.size());
  }
  ~TestHeap() {
    for (Word* b = heap.off_heap(); b != nullptr; b = reinterpret_cast<Word*>(b[4])) {
      blob_release(reinterpret_cast<Blob*>(b[3]));
    }
    free_overflow();
  }
  TestHeap(const TestHeap&) = delete;
  TestHeap& operator=(const TestHeap&) = delete;

  MapContext maps() { return {heap, atoms, seed, hash_mask}; }
  Term atom(std::string_view text) { return *atoms.intern(text); }
  Term tuple(std::initializer_list<Term> elements) {
    Word* box = heap.allocate(1 + elements.size());
    box[0] = make_header(Subtag::kTuple, elements.size());
    Word* at = box;
    for (const Term e : elements) *++at = e.raw;
    return Term::boxed(box);
  }
  Term cons(Term head, Term tail) {
    Word* cell = heap.allocate(2);
    cell[0] = head.raw;
    cell[1] = tail.raw;
    return Term::cons(cell);
  }
  Term list(std::initializer_list<Term> elements, Term tail = Term::nil()) {
    for (auto e = elements.end(); e != elements.begin();) tail = cons(*--e, tail);
    return tail;
  }
  Term integer(std::string_view text) { return make_integer(heap, text, 10); }
  Term number(double d) { return make_float(heap, d); }

  std::vector<Word> block;
  Heap heap;
  AtomTable atoms{100000};
  std::uint64_t seed = 42;
  std::uint64_t hash_mask = ~0ull;

 private:
  // The fragments' blobs are on the off-heap list already: only the memory is left.
  void free_overflow() {
    for (Fragment* f = heap.take_fragments(); f != nullptr;) {
      Fragment* next = f->next;
      f->words_and_kind &= 0xFFFFFF;
      free_fragment(f);
      f = next;
    }
  }
};

}  // namespace parley::test
