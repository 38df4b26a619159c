// Heap overflow into fragments, and the life of fragments.
#include "vm/heap/heap.h"

#include <algorithm>
#include <cstdlib>

#include "vm/base/need.h"
#include "vm/heap/blob.h"
#include "vm/heap/collector.h"

namespace parley {

namespace {

constexpr std::size_t kOverflowWordsMin = 256;
constexpr std::uint8_t kHasBlobsBit = 0x80;

// Calls `visit` for every kBlobBits object among the `words` words of finished objects at `begin`.
template <class Visit>
void each_blob_bits(Word* begin, std::size_t words, Visit visit) {
  for (Word* w = begin; w < begin + words;) {
    if (!is_header(*w)) {
      w += 2;  // a cons
      continue;
    }
    Word* const object = w;
    w += object_words(*w);
    if (header_subtag(*object) == Subtag::kBlobBits) visit(object);
  }
}

}  // namespace

Fragment* allocate_fragment(std::size_t words, std::uint8_t kind) {
  const bool large = words >= Fragment::kWordsLarge;
  const std::size_t payload = words + (large ? 1 : 0);
  void* memory = std::malloc(sizeof(Fragment) + payload * sizeof(Word));
  need(memory != nullptr, "memory for terms", payload * sizeof(Word));
  auto* fragment = new (memory) Fragment;
  fragment->words_and_kind =
      (static_cast<std::uint32_t>(kind) << 24) |
      (large ? Fragment::kWordsLarge : static_cast<std::uint32_t>(payload));
  if (large) fragment->payload()[0] = payload;
  return fragment;
}

void release_blobs(Word* begin, std::size_t words) {
  each_blob_bits(begin, words, [](Word* box) { blob_release(reinterpret_cast<Blob*>(box[3])); });
}

void free_fragment(Fragment* fragment) {
  if ((fragment->kind() & kHasBlobsBit) != 0) {
    // The first term word is the message itself, the objects stand behind it.
    Word* const end = fragment->payload() + fragment->words();
    Word* const objects = fragment->terms() + 1;
    release_blobs(objects, static_cast<std::size_t>(end - objects));
  }
  std::free(fragment);
}

void free_fragments(Fragment* first) {
  while (first != nullptr) {
    Fragment* next = first->next;
    free_fragment(first);
    first = next;
  }
}

Word* Heap::allocate_fragment(std::size_t words) {
  lose_mark();
  if (static_cast<std::size_t>(fragment_end_ - fragment_top_) < words) {
    const std::size_t size = std::max(words, kOverflowWordsMin);
    Fragment* fragment = parley::allocate_fragment(size, 0);
    fragment->next = fragments_;
    fragments_ = fragment;
    fragment_words_ += size;
    fragment_top_ = fragment->terms();
    fragment_end_ = fragment_top_ + size;
  }
  Word* p = fragment_top_;
  fragment_top_ += words;
  return p;
}

void Heap::give_back(Word* end_of_use, std::size_t unused) {
  if (end_of_use + unused == top_) {
    top_ -= unused;
  } else if (end_of_use + unused == fragment_top_) {
    fragment_top_ -= unused;
  }
}

Fragment* Heap::take_fragments() {
  Fragment* f = fragments_;
  if (f != nullptr) {
    // Counting a long list again in every slice would make a call that yields often quadratic.
    f->list_words = static_cast<std::uint32_t>(std::min<std::size_t>(fragment_words_, UINT32_MAX));
  }
  fragments_ = nullptr;
  fragment_top_ = fragment_end_ = nullptr;
  fragment_words_ = 0;
  return f;
}

void Heap::set_fragments(Fragment* first) {
  fragments_ = first;
  fragment_top_ = fragment_end_ = nullptr;
  fragment_words_ = first == nullptr ? 0 : first->list_words;
}

void Heap::adopt(Fragment* fragment) {
  if ((fragment->kind() & kHasBlobsBit) != 0) {
    Word* const end = fragment->payload() + fragment->words();
    Word* const objects = fragment->terms() + 1;
    each_blob_bits(objects, static_cast<std::size_t>(end - objects),
                   [this](Word* box) { link_off_heap(box); });
  }
  fragment->next = fragments_;
  fragments_ = fragment;
  fragment_words_ += fragment->words();
}

}  // namespace parley
