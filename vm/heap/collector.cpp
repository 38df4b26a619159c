// The copying collector; collector.h opens with the algorithm.
#include "vm/heap/collector.h"

#include <cstdlib>
#include <cstring>

#include "vm/base/assert.h"
#include "vm/heap/blob.h"

namespace parley {

namespace {

// The head of a cons that has moved; its tail is the new cons. Never a term that a program sees.
constexpr Word kForwarded = Term::special(1).raw;

}  // namespace

HeapBlock allocate_block(std::size_t words) {
  auto* memory = static_cast<Word*>(std::malloc(words * sizeof(Word)));
  PARLEY_ASSERT(memory != nullptr, "memory for a heap block");
  return HeapBlock{memory, words};
}

void free_block(HeapBlock block) { std::free(block.words); }

Collector::Collector(Heap& heap, HeapBlock block, std::size_t words_wanted, AddressRange literals,
                     AddressRange examined_message)
    : heap_(heap),
      from_(block),
      words_wanted_(words_wanted),
      literals_(literals),
      examined_(examined_message) {
  const std::size_t stack = static_cast<std::size_t>(block.words + block.size - heap.limit());
  const std::size_t used =
      static_cast<std::size_t>(heap.top() - block.words) + heap.fragment_words();
  // Everything may be alive; half as much again, so that a growing heap is copied O(log n) times.
  to_ = allocate_block(used + stack + (used + stack) / 2 + words_wanted +
                       2 * Heap::kRedZoneWords);
  top_ = scan_ = to_.words;
}

Term Collector::copy(Term pointer) {
  Word* const from = pointer.address();
  if (literals_.contains(from) || examined_.contains(from)) return pointer;
  Word* const to = top_;
  if (pointer.is_cons()) {
    if (from[0] == kForwarded) return Term(from[1]);
    to[0] = from[0];
    to[1] = from[1];
    top_ = to + 2;
    from[0] = kForwarded;
    from[1] = Term::cons(to).raw;
    return Term(from[1]);
  }
  const Word header = from[0];
  if (!is_header(header)) return Term(header);
  const std::size_t words = object_words(header);
  std::memcpy(to, from, words * sizeof(Word));
  top_ = to + words;
  from[0] = Term::boxed(to).raw;
  return Term(from[0]);
}

void Collector::scan() {
  while (scan_ < top_) {
    if (!is_header(*scan_)) {  // a cons: two terms
      visit(scan_[0]);
      visit(scan_[1]);
      scan_ += 2;
      continue;
    }
    Word* const end = scan_ + object_words(*scan_);
    for (Word* w = scan_ + first_term_word(scan_); w < end; ++w) visit(*w);
    scan_ = end;
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

void Collector::sweep_off_heap() {
  Word* box = heap_.off_heap();
  heap_.clear_off_heap();
  while (box != nullptr) {
    if (is_header(box[0])) {  // not forwarded: dead
      auto* next = reinterpret_cast<Word*>(box[4]);
      blob_release(reinterpret_cast<Blob*>(box[3]));
      box = next;
    } else {
      Word* moved_to = Term(box[0]).box();
      auto* next = reinterpret_cast<Word*>(moved_to[4]);
      heap_.link_off_heap(moved_to);
      box = next;
    }
  }
}

HeapBlock Collector::finish(Fit fit) {
  scan();
  sweep_off_heap();
  heap_.renew_off_heap_limit();
  const std::size_t stack = static_cast<std::size_t>(from_.words + from_.size - heap_.limit());
  Fragment* fragment = heap_.take_fragments();
  while (fragment != nullptr) {
    Fragment* next = fragment->next;
    std::free(fragment);  // its blobs were on the off-heap list
    fragment = next;
  }
  free_block(from_);
  if (fit == Fit::kTight) {
    Word* const tight_end = top_ + words_wanted_ + Heap::kRedZoneWords + stack;
    if (tight_end < to_.words + to_.size) {
      std::memmove(tight_end - stack, to_.words + to_.size - stack, stack * sizeof(Word));
      to_.size = static_cast<std::size_t>(tight_end - to_.words);
    }
  }
  heap_.set_bounds(top_, to_.words + to_.size - stack);
  return to_;
}

}  // namespace parley
