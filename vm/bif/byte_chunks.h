// Bytes that are made a slice at a time and become one binary at the end.
//
// Invariant: what is there is a list of binaries that nobody else has seen, the latest first, so
// that each byte is copied once more and no slice moves all of them. The final binary is filled
// from its end, which is where that list begins.
#pragma once

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
