// Frame descriptors as they lie in a code block: what the collector, the thrower and the stack
// walker know of a frame.
//
// Invariant: a descriptor names exactly the registers that are alive at its safe points; what it
// does not name may hold anything.
#pragma once

#include <cstdint>

namespace parley {

// What a safe point knows of its frame. Stands in the code block, eight-byte aligned; bitmaps of 64
// registers a word follow: x_words of x, then as many of y as frame_words needs.
struct FrameDesc {
  std::uint16_t frame_words;
  std::uint16_t x_words;
  std::int32_t handler;  // distance in words from this descriptor; 0: no handler in this frame

  const std::uint64_t* x_bits() const { return reinterpret_cast<const std::uint64_t*>(this + 1); }
  const std::uint64_t* y_bits() const { return x_bits() + x_words; }
  bool x_alive(unsigned n) const {
    return n / 64 < x_words && ((x_bits()[n / 64] >> (n % 64)) & 1) != 0;
  }
  bool y_alive(unsigned n) const { return ((y_bits()[n / 64] >> (n % 64)) & 1) != 0; }
  const std::uint64_t* handler_address() const {
    return handler == 0 ? nullptr : reinterpret_cast<const std::uint64_t*>(this) + handler;
  }
};
static_assert(sizeof(FrameDesc) == 8);

// The descriptor of the frame that a return address leads back to: the distance stands in the last
// half word before it, see vm/isa/layout.h.
inline const FrameDesc* frame_of_return(const std::uint64_t* return_address) {
  const std::int32_t distance = reinterpret_cast<const std::int32_t*>(return_address)[-1];
  return reinterpret_cast<const FrameDesc*>(return_address + distance);
}

}  // namespace parley
