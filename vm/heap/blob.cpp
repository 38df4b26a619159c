// Creating and freeing blobs. Two shared objects meet here: the count and the used part; see
// blob.h.
#include "vm/heap/blob.h"

#include <algorithm>
#include <cstdlib>
#include <new>

#include "vm/base/need.h"
#include "vm/term/bits.h"

namespace parley {

// Views of bit strings find the data without knowing blobs.
static_assert(sizeof(Blob) == kBlobHeaderBytes);

Blob* blob_create(std::size_t bytes, std::size_t capacity_bytes) {
  const std::size_t capacity = std::max(bytes, capacity_bytes);
  void* memory = std::malloc(sizeof(Blob) + capacity);
  need(memory != nullptr, "memory for a binary", capacity);
  auto* blob = new (memory) Blob;
  blob->references.store(1, std::memory_order_relaxed);
  blob->used_bits.store(std::uint64_t{bytes} * 8, std::memory_order_relaxed);
  blob->capacity_bytes = capacity;
  return blob;
}

void blob_release(Blob* blob) {
  // Release: what this thread did with the data happens before another thread frees it. Acquire, by
  // the last one: pairs with those releases.
  if (blob->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  blob->~Blob();
  std::free(blob);
}

}  // namespace parley
