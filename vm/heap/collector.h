// The collector of one process: copies everything that is alive into a fresh block.
//
// Cheney's algorithm (C. J. Cheney, "A nonrecursive list compacting algorithm", CACM 13, 1970): the
// to-space is its own work list. Objects are copied when first met; a forwarding word is left
// behind; the scan pointer then walks the copies and does the same for what they point to. No
// recursion, so depth does not matter.
//
//   to-space:  [ scanned copies | copies not yet scanned | free ... | stack ]
//              block            scan                     top               block + size
//
// A forwarded cons has the special kForwarded as its head and the new cons as its tail; a forwarded
// box has a boxed pointer where its header stood (a header's tag is 110, a pointer's 101).
//
// What is alive: the x and y registers that frame descriptors name, and what the owner visits
// besides (dictionary, saved terms). What is *ours* to copy: everything but literals and the
// message under examination, which the mailbox still owns; those pointers stay as they are.
//
// Off-heap: every kBlobBits object of the heap is on its off-heap list; after the copy the list is
// walked: the forwarded survive, for the others the blob is counted down.
//
// Invariant: between `Collector(...)` and `finish()` no term of the process may be read but through
// visit(); after it the old block and fragments are freed.
//
// Thread: owner of the process. Nothing here stops anybody else.
#pragma once

#include <cstddef>
#include <cstdint>

#include "vm/heap/heap.h"
#include "vm/isa/frame_desc.h"

namespace parley {

// Terms that are not the process's own: [begin, end) by address.
struct AddressRange {
  const Word* begin = nullptr;
  const Word* end = nullptr;
  bool contains(const Word* p) const { return p >= begin && p < end; }
};

struct HeapBlock {
  Word* words = nullptr;
  std::size_t size = 0;
};

HeapBlock allocate_block(std::size_t words);
void free_block(HeapBlock block);
// Counts down the blobs of a fragment that says it has some, and frees it.
void free_fragment(Fragment* fragment);
void free_fragments(Fragment* first);
// Room for `words` payload words (the size word of a large one included by itself).
Fragment* allocate_fragment(std::size_t words, std::uint8_t kind);

class Collector {
 public:
  // Will copy the heap (block and fragments) of `heap`, whose stack is [heap.limit(), block end),
  // into a block with room for everything alive and `words_wanted` more.
  Collector(Heap& heap, HeapBlock block, std::size_t words_wanted, AddressRange literals,
            AddressRange examined_message);

  void visit(Word& root) {
    if (Term(root).is_pointer()) root = copy(Term(root)).raw;
  }
  // The x registers that `frame` names.
  void visit_x(Word* x, const FrameDesc* frame);
  // All frames, from `frame` at the stack pointer down to the one that returns to `bottom`.
  // `sp` points at the running frame in the *old* block; the words above it are moved to the end of
  // the new block, their live terms visited there. `saved_words` words above the frame (a saved
  // machine) are moved too, and not visited.
  void visit_stack(Word* sp, const FrameDesc* frame, const Word* bottom);
  // kTight leaves just the room that was wanted, so that the next allocation collects again
  // (stress).
  enum class Fit : std::uint8_t { kRoomy, kTight };
  // Copies what is reachable, sweeps the off-heap list, frees the old spaces, sets heap bounds. The
  // stack stands at the end of the block that is returned.
  HeapBlock finish(Fit fit = Fit::kRoomy);

 private:
  // Where a word of the old stack is in the new block.
  Word* moved(Word* old_stack_word) const {
    return to_.words + to_.size - (from_.words + from_.size - old_stack_word);
  }

  Term copy(Term pointer);
  void scan();
  void sweep_off_heap();

  Heap& heap_;
  HeapBlock from_;
  HeapBlock to_;
  std::size_t words_wanted_;
  Word* top_;
  Word* scan_;
  AddressRange literals_;
  AddressRange examined_;
};

}  // namespace parley
