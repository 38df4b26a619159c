// The collector of one process: copies what is alive, the young apart from the old.
//
// Cheney's algorithm (C. J. Cheney, "A nonrecursive list compacting algorithm", CACM 13, 1970): the
// to-space is its own work list. Objects are copied when first met; a forwarding word is left
// behind; the scan pointer then walks the copies and does the same for what they point to. No
// recursion, so depth does not matter.
//
//   nursery:  [ survived once | high water | new ... | top   free   | stack ]
//   old:      [ survived twice ... | top   free ]
//
//   to-space: [ scanned copies | copies not yet scanned | free ... | stack ]
//              block            scan                     top               block + size
//
// A minor collection leaves the old generation where it is: what lies below the high-water mark has
// survived one collection and is promoted to its end, what lies above is copied to a new nursery,
// and the mark then stands above all that. A major one copies the old generation too. Terms are
// immutable, so an old object never points to a younger one: there is no write barrier and no
// remembered set (the idea of Erlang's collector, H. Nilsson and C. Wikstrom, and of R. Jones,
// A. Hosking, E. Moss, "The Garbage Collection Handbook", ch. 9). Small heaps have no old
// generation: everything is copied.
//
// A forwarded cons has the special kForwarded as its head and the new cons as its tail; a forwarded
// box has a boxed pointer where its header stood (a header's tag is 110, a pointer's 101).
//
// What is alive: the x and y registers that frame descriptors name, and what the owner visits
// besides (dictionary, saved terms). What is *ours* to copy: everything but literals, the message
// under examination, which the mailbox still owns, and in a minor collection the old generation;
// those pointers stay as they are.
//
// Off-heap: every kBlobBits object of the heap is on its off-heap list, those of the old generation
// on a list of their own; after the copy the lists are walked: the forwarded survive, for the
// others the blob is counted down.
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

// A process keeps the offsets in its block in 32 bits: 32 GiB.
inline constexpr std::size_t kBlockWordsMax = UINT32_MAX;

struct HeapBlock {
  Word* words = nullptr;
  std::size_t size = 0;
};

HeapBlock allocate_block(std::size_t words);
void free_block(HeapBlock block);
// Counts down the blobs of a row of finished objects.
void release_blobs(Word* begin, std::size_t words);
// Counts down the blobs of a fragment that says it has some, and frees it.
void free_fragment(Fragment* fragment);
void free_fragments(Fragment* first);
// Room for `words` payload words (the size word of a large one included by itself).
Fragment* allocate_fragment(std::size_t words, std::uint8_t kind);

// The old generation of a process, and where its nursery's high-water mark stands.
struct OldGeneration {
  HeapBlock block;
  Word* top = nullptr;
  Word* high_water = nullptr;  // in the nursery; null: the process has no generations
  Word* off_heap = nullptr;
  std::size_t off_heap_bytes = 0;
  std::uint32_t minors = 0;    // since the last major collection

  OldGeneration() = default;
  OldGeneration(const OldGeneration&) = delete;
  OldGeneration& operator=(const OldGeneration&) = delete;
  ~OldGeneration();            // counts its blobs down
  std::size_t used_words() const { return static_cast<std::size_t>(top - block.words); }
  std::size_t free_words() const { return block.size - used_words(); }
};

class Collector {
 public:
  enum class Kind : std::uint8_t { kWhole, kMinor, kMajor };
  // The kind that is due: whole for a heap without generations; minor while the old generation has
  // room for all that may be promoted, and not too often in a row.
  static Kind due(const OldGeneration* old, const Word* nursery);

  // Words of the block that such a collection makes: room for the case that everything lives.
  static std::size_t block_words(const Heap& heap, HeapBlock block, const OldGeneration* old,
                                 Kind kind, std::size_t words_wanted);

  // Will copy the heap (block and fragments) of `heap`, whose stack is [heap.limit(), block end),
  // into a block with room for everything alive and `words_wanted` more.
  // `old` is looked at for kMinor and kMajor. Requires block_words(...) <= kBlockWordsMax.
  Collector(Heap& heap, HeapBlock block, OldGeneration* old, Kind kind, std::size_t words_wanted,
            AddressRange literals, AddressRange examined_message);

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
  // Words of objects, after finish(); the stack is moved besides.
  std::size_t copied_words() const { return copied_words_; }

 private:
  // Where a word of the old stack is in the new block.
  Word* moved(Word* old_stack_word) const {
    return to_.words + to_.size - (from_.words + from_.size - old_stack_word);
  }

  Term copy(Term pointer);
  Word*& destination(const Word* from);
  static Word* scan_range(Collector& self, Word* at, Word* const& end);
  void scan();
  void sweep(Word* list);
  void prepare_old();
  void fit_block(Fit fit, std::size_t stack);

  Heap& heap_;
  HeapBlock from_;
  HeapBlock to_;
  std::size_t words_wanted_;
  OldGeneration* old_;
  Kind kind_;
  Word* top_;
  Word* scan_;
  HeapBlock old_to_;             // where promoted objects go
  Word* old_top_ = nullptr;
  Word* old_scan_ = nullptr;
  const Word* old_begin_ = nullptr;
  std::size_t copied_words_ = 0;
  AddressRange promoted_;        // the nursery below its high-water mark
  AddressRange old_from_;        // the old generation before
  AddressRange literals_;
  AddressRange examined_;
};

}  // namespace parley
