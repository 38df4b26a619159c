// Copying terms; copy.h says what a copy is.
#include "vm/heap/copy.h"

#include <cstring>

#include "vm/base/work_list.h"
#include "vm/heap/blob.h"
#include "vm/term/bits.h"

namespace parley {

namespace {

constexpr std::size_t kBlobBitsWords = 5;

bool small_slice(std::uint64_t size_bits) { return size_bits <= kHeapBitsMaxBytes * 8; }
std::size_t heap_bits_words(std::uint64_t size_bits) { return 2 + (size_bits + 63) / 64; }

// Words of the copy of one object, what it points to not counted.
std::size_t own_words(const Word* box) {
  if (header_subtag(box[0]) != Subtag::kSliceBits) return object_words(box[0]);
  return small_slice(box[1]) ? heap_bits_words(box[1]) : kBlobBitsWords;
}

Term copy_slice(Term slice, Word*& at, bool& has_blobs) {
  const Word* from = slice.box();
  Word* const to = at;
  if (small_slice(from[1])) {
    const std::size_t words = heap_bits_words(from[1]);
    to[0] = make_header(Subtag::kHeapBits, words - 1);
    to[1] = from[1];
    std::memset(to + 2, 0, (words - 2) * sizeof(Word));
    const BitsView view = bits_view(slice);
    copy_bits(view.bytes, view.bit_offset, reinterpret_cast<std::uint8_t*>(to + 2), 0,
              view.size_bits);
    at = to + words;
    return Term::boxed(to);
  }
  const Word* owner = Term(from[3]).box();
  to[0] = make_header(Subtag::kBlobBits, kBlobBitsWords - 1);
  to[1] = from[1];
  to[2] = from[2];
  to[3] = owner[3];
  to[4] = 0;
  blob_retain(reinterpret_cast<Blob*>(to[3]));
  has_blobs = true;
  at = to + kBlobBitsWords;
  return Term::boxed(to);
}

// Copies one object; the terms in the copy still point to the originals.
Term copy_object(Term pointer, Word*& at, AddressRange literals, bool& has_blobs) {
  const Word* from = pointer.address();
  if (literals.contains(from)) return pointer;
  Word* const to = at;
  if (pointer.is_cons()) {
    to[0] = from[0];
    to[1] = from[1];
    at = to + 2;
    return Term::cons(to);
  }
  const Subtag subtag = header_subtag(from[0]);
  if (subtag == Subtag::kSliceBits) return copy_slice(pointer, at, has_blobs);
  const std::size_t words = object_words(from[0]);
  std::memcpy(to, from, words * sizeof(Word));
  if (subtag == Subtag::kBlobBits) {
    blob_retain(reinterpret_cast<Blob*>(to[3]));
    has_blobs = true;
  }
  at = to + words;
  return Term::boxed(to);
}

}  // namespace

std::size_t copied_words(Term term, AddressRange literals) {
  std::size_t words = 0;
  WorkList<Word> work;
  Term t = term;
  for (;;) {
    while (t.is_cons() && !literals.contains(t.address())) {
      words += 2;
      if (t.head().is_pointer()) work.push(t.head().raw);
      t = t.tail();
    }
    if (t.is_boxed() && !literals.contains(t.address())) {
      const Word* box = t.box();
      words += own_words(box);
      if (header_subtag(box[0]) != Subtag::kSliceBits) {
        const std::size_t end = object_words(box[0]);
        for (std::size_t i = first_term_word(box); i < end; ++i) {
          if (Term(box[i]).is_pointer()) work.push(box[i]);
        }
      }
    }
    if (work.empty()) return words;
    t = Term(work.pop());
  }
}

Term copy_term(Term term, Word*& at, AddressRange literals, bool& has_blobs) {
  if (!term.is_pointer()) return term;
  Word* scan = at;
  const Term root = copy_object(term, at, literals, has_blobs);
  while (scan < at) {
    Word* end;
    Word* w;
    if (is_header(*scan)) {
      end = scan + object_words(*scan);
      w = scan + first_term_word(scan);
    } else {
      end = scan + 2;
      w = scan;
    }
    for (; w < end; ++w) {
      const Term t(*w);
      if (t.is_pointer()) *w = copy_object(t, at, literals, has_blobs).raw;
    }
    scan = end;
  }
  return root;
}

Term copy_to_heap(Term term, Heap& heap, AddressRange literals) {
  const std::size_t words = copied_words(term, literals);
  if (words == 0) return term;
  Word* const begin = heap.allocate(words);
  Word* at = begin;
  bool has_blobs = false;
  const Term copy = copy_term(term, at, literals, has_blobs);
  if (has_blobs) {
    for (Word* w = begin; w < at;) {
      if (!is_header(*w)) {
        w += 2;
        continue;
      }
      if (header_subtag(*w) == Subtag::kBlobBits) heap.link_off_heap(w);
      w += object_words(*w);
    }
  }
  return copy;
}

}  // namespace parley
