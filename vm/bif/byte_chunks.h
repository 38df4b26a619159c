// Bytes that are made a slice at a time and become one binary at the end.
//
// Invariant: what is there is a list of binaries that nobody else has seen, the latest first, so
// that each byte is copied once more and no slice moves all of them. The final binary is filled
// from its end, which is where that list begins.
#pragma once

#include <cstring>
#include <vector>

#include "vm/bif/support.h"

namespace parley {

class ByteChunks {
 public:
  ByteChunks() = default;
  ByteChunks(Term list, Word size) : list_(list), size_(size) {}
  Term list() const { return list_; }
  Word size() const { return size_; }  // of all, in bytes

  void add(Heap& heap, std::span<const std::uint8_t> bytes);
  // Writes over four bytes, big endian.
  void patch(Word place, std::uint32_t value);

 private:
  Term list_ = Term::nil();
  Word size_ = 0;
};

// Values that are kept as chunks of their bytes until all are there; then they become a list, from
// the last on. So nothing of them is on the heap, to be collected again and again, before.
template <class T>
void add_values(ByteChunks& chunks, Heap& heap, const std::vector<T>& values) {
  chunks.add(heap, {reinterpret_cast<const std::uint8_t*>(values.data()),
                    values.size() * sizeof(T)});
}
// Puts `to_term(value)` of those in `rest` before `list`. False: the slice is over.
template <class T, class ToTerm>
bool list_values(BifCall& call, Term& rest, Term& list, ToTerm to_term) {
  while (rest.is_cons()) {
    const BitsView chunk = bits_view(rest.head());
    const std::size_t count = chunk.size_bits / 8 / sizeof(T);
    for (std::size_t i = count; i > 0; --i) {
      T value;
      std::memcpy(&value, chunk.bytes + (i - 1) * sizeof(T), sizeof(T));
      list = make_cons(call.heap, to_term(value), list);
    }
    rest = rest.tail();
    pay_words(call, 4 * count);
    if (rest.is_cons() && must_yield(call)) return false;
  }
  return true;
}

// The chunks on their way into one binary. State: the bytes that are left; the binary, the chunks.
class ChunkJoin {
 public:
  ChunkJoin(Heap& heap, const ByteChunks& chunks)
      : made_(make_binary(heap, chunks.size()).term), rest_(chunks.list()), left_(chunks.size()) {}
  ChunkJoin(Term made, Term rest, Word left) : made_(made), rest_(rest), left_(left) {}
  // True: `made()` is complete. False: the slice is over.
  bool run(BifCall& call);
  Term made() const { return made_; }
  Term rest() const { return rest_; }
  Word left() const { return left_; }

 private:
  Term made_, rest_;
  Word left_;
};

// The bytes of a binary that its maker has not yet handed on.
inline std::uint8_t* own_bytes(Term binary) {
  return const_cast<std::uint8_t*>(bits_view(binary).bytes);
}

}  // namespace parley
