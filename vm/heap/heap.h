// The heap of one process as makers of terms see it: a bump pointer, and fragments when it is full.
//
// Invariant: makers of terms never collect. What does not fit between `top` and `limit` goes into a
// fragment of its own; the owner's next safe point sees `wants_collection()` and collects then. So
// a built-in roots nothing, and a term it holds never moves while it runs.
//
//   block ->  [ terms ... | top ->   free   <- limit | stack ... ]
//   fragments: singly linked blocks of finished terms, adopted messages among them
//
// Thread: owner only (the scheduler that runs the process, or the holder of its claim).
#pragma once

#include <cstddef>
#include <cstdint>

#include "vm/base/assert.h"
#include "vm/term/term.h"

namespace parley {

struct Blob;

// A block of finished terms outside the heap block: an overflow of a heap, or a message (then the
// first payload word is the message itself, see vm/process/mailbox.h). Objects stand in it back to
// back, so it can be walked: a header announces its object, any other word begins a cons.
struct Fragment {
  Fragment* next = nullptr;
  std::uint32_t words_and_kind = 0;  // payload words: 24 bits; MessageKind: 8 bits
  union {
    std::uint32_t cause = 0;         // of a message: causal trace id, see `cause` of a process
    std::uint32_t list_words;        // of the first of a list put aside: words of the whole list
  };
  static constexpr std::uint32_t kWordsLarge = 0xFFFFFF;  // the size then stands in payload()[0]
  Word* payload() { return reinterpret_cast<Word*>(this + 1); }
  std::uint32_t small_words() const { return words_and_kind & 0xFFFFFF; }
  bool is_large() const { return small_words() == kWordsLarge; }
  std::uint8_t kind() const { return static_cast<std::uint8_t>(words_and_kind >> 24); }
  // All payload words, the size word of a large one included.
  std::size_t words() { return is_large() ? payload()[0] : small_words(); }
  // Where the terms begin.
  Word* terms() { return payload() + (is_large() ? 1 : 0); }
};
static_assert(sizeof(Fragment) == 16);

class Heap {
 public:
  // Room for `words` words. From the block, else from a fragment; never null, never collects.
  // The caller fills every word before the owner's next safe point.
  Word* allocate(std::size_t words) {
    if (static_cast<std::size_t>(limit_ - top_) >= words + kRedZoneWords) [[likely]] {
      Word* p = top_;
      top_ += words;
      return p;
    }
    return allocate_fragment(words);
  }
  // Gives back the end of the latest allocation (`unused` words of it). Only straight after it.
  void give_back(Word* end_of_use, std::size_t unused);

  // Words always left free between heap and stack: a call may push its return address there.
  static constexpr std::size_t kRedZoneWords = 4;

  Word* top() const { return top_; }
  Word* limit() const { return limit_; }
  void set_bounds(Word* top, Word* limit) { top_ = top, limit_ = limit; }
  // The mark: whether a term was made since the owner set it at `top`. A collection loses it, which
  // counts as yes: addresses of before and after say nothing about each other.
  void set_mark(const Word* top) { mark_ = top; }
  void lose_mark() { mark_ = nullptr; }
  bool made_since_mark(const Word* top) const { return mark_ != top; }
  Fragment* fragments() const { return fragments_; }
  // The fragments that a process carried while it did not run.
  void set_fragments(Fragment* first);
  Fragment* take_fragments();
  // Takes over a finished fragment (a message). Its blobs join this heap's off-heap list if the
  // fragment says that it has some.
  void adopt(Fragment* fragment);
  std::size_t fragment_words() const { return fragment_words_; }
  bool wants_collection() const {
    return fragment_words_ > kFragmentWordsMax || off_heap_bytes_ > off_heap_limit_ ||
           collection_requested_;
  }
  // Makes the next safe point collect.
  void request_collection() { collection_requested_ = true; }
  bool collection_requested() const { return collection_requested_; }
  // After a collection: what is alive may double before the next.
  void collected() {
    off_heap_limit_ = off_heap_bytes_ * 2 + kOffHeapBytesMin;
    collection_requested_ = false;
  }
  static constexpr std::size_t kOffHeapBytesMin = 1 << 20;
  static constexpr std::size_t kFragmentWordsMax = 512;

  // The off-heap list: every kBlobBits object of this heap, linked through its last payload word,
  // so that a collection can count down the blobs whose objects died. The bytes they keep alive
  // weigh in: a process that only hands binaries on must collect too.
  Word* off_heap() const { return off_heap_; }
  std::size_t off_heap_bytes() const { return off_heap_bytes_; }
  std::size_t off_heap_limit() const { return off_heap_limit_; }
  void clear_off_heap() { off_heap_ = nullptr, off_heap_bytes_ = 0; }
  // What another process left behind is forgotten: its bytes, how many it may have, its request.
  void set_off_heap(Word* first, std::size_t bytes, std::size_t limit) {
    off_heap_ = first, off_heap_bytes_ = bytes, off_heap_limit_ = limit;
    collection_requested_ = false;
  }
  void link_off_heap(Word* blob_bits_box) {
    blob_bits_box[4] = reinterpret_cast<Word>(off_heap_);
    off_heap_ = blob_bits_box;
    off_heap_bytes_ += blob_bits_box[1] / 8;
  }

 private:
  Word* allocate_fragment(std::size_t words);

  // Not side by side: both are stored at each slow path from two words that were just written, and
  // compilers would make one load of sixteen bytes of them, which has to wait for both stores.
  Word* top_ = nullptr;
  const Word* mark_ = nullptr;   // null: lost
  Word* limit_ = nullptr;
  Fragment* fragments_ = nullptr;
  Word* fragment_top_ = nullptr;  // free room at the end of the newest overflow fragment
  Word* fragment_end_ = nullptr;
  Word* off_heap_ = nullptr;
  std::size_t off_heap_bytes_ = 0;
  std::size_t off_heap_limit_ = kOffHeapBytesMin;
  std::size_t fragment_words_ = 0;
  bool collection_requested_ = false;
};

}  // namespace parley
