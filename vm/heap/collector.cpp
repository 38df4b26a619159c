// The copying collector; collector.h opens with the algorithm.
#include "vm/heap/collector.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "vm/base/assert.h"
#include "vm/base/need.h"
#include "vm/heap/blob.h"

namespace parley {

namespace {

// The head of a cons that has moved; its tail is the new cons. Never a term that a program sees.
constexpr Word kForwarded = Term::special(1).raw;

// Free room that a nursery has beside what survived into it: half a megabyte stays in the cache.
constexpr std::size_t kNurseryWords = 1 << 16;
// Beside a deep stack it has as much as that again: each collection moves and visits all of the
// stack, so a recursion that deepens it must not meet one every so many calls.
std::size_t nursery_room(std::size_t stack) { return std::max(kNurseryWords, stack); }
// Free room that a small heap has after a collection, at least.
constexpr std::size_t kRoomWordsMin = 128;
// After so many minor collections the old generation is looked at too.
constexpr std::uint32_t kMinorsInARow = 64;

}  // namespace

HeapBlock allocate_block(std::size_t words) {
  PARLEY_ASSERT(words <= SIZE_MAX / sizeof(Word), "a size of memory");
  auto* memory = static_cast<Word*>(std::malloc(words * sizeof(Word)));
  need(memory != nullptr, "memory for the heap of a process", words * sizeof(Word));
  return HeapBlock{memory, words};
}

void free_block(HeapBlock block) { std::free(block.words); }

OldGeneration::~OldGeneration() {
  for (Word* box = off_heap; box != nullptr;) {
    auto* next = reinterpret_cast<Word*>(box[4]);
    blob_release(reinterpret_cast<Blob*>(box[3]));
    box = next;
  }
  free_block(block);
}

Collector::Kind Collector::due(const OldGeneration* old, const Word* nursery) {
  if (old == nullptr || old->high_water == nullptr) return Kind::kWhole;
  if (old->block.words == nullptr) return Kind::kMinor;
  const auto promoted = static_cast<std::size_t>(old->high_water - nursery);
  return old->free_words() >= promoted && old->minors < kMinorsInARow ? Kind::kMinor
                                                                      : Kind::kMajor;
}

std::size_t Collector::block_words(const Heap& heap, HeapBlock block, const OldGeneration* old,
                                   Kind kind, std::size_t words_wanted) {
  const bool whole = kind == Kind::kWhole;
  const auto stack = static_cast<std::size_t>(block.words + block.size - heap.limit());
  const Word* const young = whole ? block.words : old->high_water;
  const std::size_t used = static_cast<std::size_t>(heap.top() - young) + heap.fragment_words();
  // Half as much again, so that a growing heap is copied O(log n) times.
  return used + stack + (used + stack) / 2 + words_wanted + 2 * Heap::kRedZoneWords +
         (whole ? 0 : nursery_room(stack));
}

Collector::Collector(Heap& heap, HeapBlock block, OldGeneration* old, Kind kind,
                     std::size_t words_wanted, AddressRange literals,
                     AddressRange examined_message)
    : heap_(heap),
      from_(block),
      words_wanted_(words_wanted),
      old_(kind == Kind::kWhole ? nullptr : old),
      kind_(kind),
      literals_(literals),
      examined_(examined_message) {
  const std::size_t words = block_words(heap, block, old, kind, words_wanted);
  PARLEY_ASSERT(words <= kBlockWordsMax, "the caller ends a process whose heap cannot grow");
  if (old_ != nullptr) prepare_old();
  to_ = allocate_block(words);
  top_ = scan_ = to_.words;
}

// Where promoted objects go: behind the old ones, or with all old ones into a new block that has as
// much room again, so that majors stay rare.
void Collector::prepare_old() {
  promoted_ = {from_.words, old_->high_water};
  old_from_ = {old_->block.words, old_->top};
  const auto promoted = static_cast<std::size_t>(old_->high_water - from_.words);
  const bool fresh = old_->block.words == nullptr;
  if (kind_ == Kind::kMajor || fresh) {
    const std::size_t used = fresh ? 0 : old_->used_words();
    old_to_ = allocate_block(2 * (used + promoted) + kNurseryWords);
    old_top_ = old_to_.words;
  } else {
    old_to_ = old_->block;
    old_top_ = old_->top;
  }
  old_begin_ = old_scan_ = old_top_;
}

Word*& Collector::destination(const Word* from) {
  const bool is_old = old_ != nullptr && (promoted_.contains(from) || old_from_.contains(from));
  return is_old ? old_top_ : top_;
}

Term Collector::copy(Term pointer) {
  Word* const from = pointer.address();
  if (literals_.contains(from) || examined_.contains(from)) return pointer;
  if (kind_ == Kind::kMinor && old_from_.contains(from)) return pointer;
  Word*& top = destination(from);
  Word* const to = top;
  if (pointer.is_cons()) {
    if (from[0] == kForwarded) return Term(from[1]);
    to[0] = from[0];
    to[1] = from[1];
    top = to + 2;
    from[0] = kForwarded;
    from[1] = Term::cons(to).raw;
    return Term(from[1]);
  }
  const Word header = from[0];
  if (!is_header(header)) return Term(header);
  const std::size_t words = object_words(header);
  std::memcpy(to, from, words * sizeof(Word));
  top = to + words;
  from[0] = Term::boxed(to).raw;
  return Term(from[0]);
}

// Visits the objects from `at` on until it meets `end`, which may move on meanwhile.
Word* Collector::scan_range(Collector& self, Word* at, Word* const& end) {
  while (at < end) {
    if (!is_header(*at)) {  // a cons: two terms
      self.visit(at[0]);
      self.visit(at[1]);
      at += 2;
      continue;
    }
    Word* const object_end = at + object_words(*at);
    for (Word* w = at + first_term_word(at); w < object_end; ++w) self.visit(*w);
    at = object_end;
  }
  return at;
}

void Collector::scan() {
  while (scan_ < top_ || old_scan_ < old_top_) {
    scan_ = scan_range(*this, scan_, top_);
    old_scan_ = scan_range(*this, old_scan_, old_top_);
  }
}

void Collector::visit_x(Word* x, const FrameDesc* frame) {
  for (unsigned i = 0; i < frame->x_words; ++i) {
    std::uint64_t bits = frame->x_bits()[i];
    while (bits != 0) {
      visit(x[i * 64 + static_cast<unsigned>(__builtin_ctzll(bits))]);
      bits &= bits - 1;
    }
  }
}

void Collector::visit_stack(Word* sp, const FrameDesc* frame, const Word* bottom) {
  Word* const end = from_.words + from_.size;
  Word* at = moved(sp);
  std::memcpy(at, sp, static_cast<std::size_t>(end - sp) * sizeof(Word));
  for (;;) {
    for (unsigned i = 0; i < frame->frame_words; ++i) {
      if (frame->y_alive(i)) {
        visit(at[i]);
      } else {
        at[i] = kTagNil;  // dead: nothing stale stays on a stack
      }
    }
    at += frame->frame_words;
    const auto* back = reinterpret_cast<const Word*>(*at++);
    if (back == bottom) return;
    frame = frame_of_return(back);
  }
}

// Of a list of objects that were all ours to copy: the forwarded go on the list of their new
// generation, the blobs of the others are counted down.
void Collector::sweep(Word* list) {
  const AddressRange old_space{old_to_.words, old_to_.words + old_to_.size};
  for (Word* box = list; box != nullptr;) {
    if (is_header(box[0])) {  // not forwarded: dead
      auto* next = reinterpret_cast<Word*>(box[4]);
      blob_release(reinterpret_cast<Blob*>(box[3]));
      box = next;
      continue;
    }
    Word* const moved_to = Term(box[0]).box();
    auto* next = reinterpret_cast<Word*>(moved_to[4]);
    if (old_ != nullptr && old_space.contains(moved_to)) {
      moved_to[4] = reinterpret_cast<Word>(old_->off_heap);
      old_->off_heap = moved_to;
      old_->off_heap_bytes += moved_to[1] / 8;
    } else {
      heap_.link_off_heap(moved_to);
    }
    box = next;
  }
}

// The block was made for the case that everything lives. What turns out to be too much is not used:
// the stack moves down, so the next collection comes sooner and asks for less. (Shrinking it with
// realloc may move it, which nothing here could follow.)
void Collector::fit_block(Fit fit, std::size_t stack) {
  const auto live = static_cast<std::size_t>(top_ - to_.words);
  const std::size_t room = fit == Fit::kTight ? 0
                           : old_ != nullptr  ? nursery_room(stack)
                                              : std::max(kRoomWordsMin, 2 * (live + stack));
  const std::size_t size = live + words_wanted_ + Heap::kRedZoneWords + room + stack;
  if (size >= to_.size || (fit == Fit::kRoomy && size > to_.size / 4 * 3)) return;
  std::memmove(to_.words + size - stack, to_.words + to_.size - stack, stack * sizeof(Word));
  to_.size = size;
}

HeapBlock Collector::finish(Fit fit) {
  scan();
  copied_words_ = static_cast<std::size_t>(top_ - to_.words);
  if (old_ != nullptr) copied_words_ += static_cast<std::size_t>(old_top_ - old_begin_);
  Word* const young_list = heap_.off_heap();
  heap_.clear_off_heap();
  if (kind_ == Kind::kMajor) {
    Word* const old_list = old_->off_heap;
    old_->off_heap = nullptr;
    old_->off_heap_bytes = 0;
    sweep(old_list);
  }
  sweep(young_list);
  heap_.collected();
  const std::size_t stack = static_cast<std::size_t>(from_.words + from_.size - heap_.limit());
  Fragment* fragment = heap_.take_fragments();
  while (fragment != nullptr) {
    Fragment* next = fragment->next;
    std::free(fragment);  // its blobs were on the off-heap list
    fragment = next;
  }
  free_block(from_);
  fit_block(fit, stack);
  if (old_ != nullptr) {
    if (old_->block.words != old_to_.words) free_block(old_->block);
    old_->block = old_to_;
    old_->top = old_top_;
    // What was made while a message is examined may point into it, and the message is younger: it
    // is adopted later. So nothing counts as having survived then.
    old_->high_water = examined_.begin != nullptr ? to_.words : top_;
    old_->minors = kind_ == Kind::kMajor ? 0 : old_->minors + 1;
  }
  heap_.set_bounds(top_, to_.words + to_.size - stack);
  heap_.lose_mark();
  return to_;
}

}  // namespace parley
