// A heap of nobody's, for terms that are copied on before it ends.
#pragma once

#include "vm/heap/blob.h"
#include "vm/heap/collector.h"

namespace parley {

struct ScratchHeap {
  Heap heap;
  ScratchHeap() = default;
  ScratchHeap(const ScratchHeap&) = delete;
  ScratchHeap& operator=(const ScratchHeap&) = delete;
  ~ScratchHeap() {
    for (Word* box = heap.off_heap(); box != nullptr;) {
      auto* next = reinterpret_cast<Word*>(box[4]);
      blob_release(reinterpret_cast<Blob*>(box[3]));
      box = next;
    }
    free_fragments(heap.take_fragments());
  }
};

}  // namespace parley
