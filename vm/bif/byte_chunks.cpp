// Binaries made of chunks.
#include "vm/bif/byte_chunks.h"

#include <cstring>

namespace parley {

void ByteChunks::add(Heap& heap, std::span<const std::uint8_t> bytes) {
  if (bytes.empty()) return;
  list_ = make_cons(heap, make_binary(heap, bytes), list_);
  size_ += bytes.size();
}

void ByteChunks::patch(Word place, std::uint32_t value) {
  unsigned left = 4;  // the last bytes are in the latest chunk
  Word end = size_;
  for (Term l = list_; l.is_cons() && left > 0; l = l.tail()) {
    const Word begin = end - bits_size(l.head()) / 8;
    while (left > 0 && place + left - 1 >= begin) {
      own_bytes(l.head())[place + left - 1 - begin] =
          static_cast<std::uint8_t>(value >> (8 * (4 - left)));
      --left;
    }
    end = begin;
  }
}

bool ChunkJoin::run(BifCall& call) {
  std::uint8_t* const bytes = own_bytes(made_);
  while (rest_.is_cons()) {
    // A chunk is what one slice made: it is copied in one go.
    const BitsView chunk = bits_view(rest_.head());
    const Word size = chunk.size_bits / 8;
    left_ -= size;
    std::memcpy(bytes + left_, chunk.bytes, size);
    rest_ = rest_.tail();
    pay_bytes(call, size);
    if (rest_.is_cons() && must_yield(call)) return false;
  }
  return true;
}

}  // namespace parley
