// Settings of the C library's allocator.
#include "vm/base/alloc.h"

#include <malloc.h>

namespace parley {

void tune_allocator() {
  constexpr int kKeepBytes = 64 << 20;
  mallopt(M_MMAP_THRESHOLD, kKeepBytes);
  mallopt(M_TRIM_THRESHOLD, 4 * kKeepBytes);
  mallopt(M_TOP_PAD, 1 << 20);
}

}  // namespace parley
