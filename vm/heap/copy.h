// Copying a term out of a heap: into a message, a table, another process.
//
// Invariant: the copy is a row of finished objects, back to back, that can be walked (see
// Fragment). Literals are not copied. Blobs are shared and counted. A slice becomes a bit string of
// its own: small ones lose the blob, larger ones point into it. Sharing within the term is not
// kept, so the size is that of the term as a tree.
//
// Both walks are iterative: depth does not matter.
#pragma once

#include <cstddef>

#include "vm/heap/collector.h"

namespace parley {

// Words that `copy_term` will write.
std::size_t copied_words(Term term, AddressRange literals);

// Copies to `at` and moves it behind the copy. `has_blobs` becomes true if an object counts a blob;
// those objects are not on any off-heap list yet: Heap::adopt (or link_off_heaps) does that.
Term copy_term(Term term, Word*& at, AddressRange literals, bool& has_blobs);

// Copies into a heap that the caller owns; blobs join its off-heap list.
Term copy_to_heap(Term term, Heap& heap, AddressRange literals);

}  // namespace parley
