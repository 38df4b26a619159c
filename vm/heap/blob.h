// Blobs: byte buffers off the heap, counted, shared by all processes; bit strings over 64 bytes.
//
// Invariant: bits below `used_bits` never change. Growth at the end is claimed by a
// compare-and-swap of `used_bits` from exactly the end of the bit string that is extended: so
// `<<B/binary, X>>` appends in place when B ends where the blob's used part ends and there is room,
// and is a copy in every other case. Nobody else can see the bits claimed until the new bit string
// is handed on.
//
// Thread: any; the count is atomic.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace parley {

struct Blob {
  std::atomic<std::uint64_t> references;  // release on drop, acquire before free: see blob_release
  std::atomic<std::uint64_t> used_bits;
  std::uint64_t capacity_bytes;
  std::uint8_t* data() { return reinterpret_cast<std::uint8_t*>(this + 1); }
};

// One reference, used_bits = bytes * 8, capacity at least `bytes`. Contents undefined.
Blob* blob_create(std::size_t bytes, std::size_t capacity_bytes = 0);
inline void blob_retain(Blob* blob) { blob->references.fetch_add(1, std::memory_order_relaxed); }
void blob_release(Blob* blob);

}  // namespace parley
