// What waits to be sent on one socket.
//
// Invariant: bytes leave in the order in which they came. Large counted bytes are kept by their
// count, all others are copied once.
#pragma once

#include <cstdint>
#include <deque>
#include <span>

#include "vm/heap/blob.h"
#include "vm/sys/sockets.h"

namespace parley {

// A part of a write: bytes, and the blob that keeps them alive, if one does.
struct OutputPart {
  std::span<const std::uint8_t> bytes;
  Blob* owner = nullptr;  // not taken over: whoever keeps the bytes counts up
};

class OutputQueue {
 public:
  OutputQueue() = default;
  ~OutputQueue() { clear(); }
  OutputQueue(const OutputQueue&) = delete;
  OutputQueue& operator=(const OutputQueue&) = delete;

  std::size_t bytes() const { return bytes_; }
  void push(const OutputPart& part);
  // The first parts to send; answers how many were put into `parts`.
  std::size_t front(std::span<BytesPart> parts) const;
  void pop(std::size_t bytes);
  void clear();

 private:
  struct Chunk {
    Blob* owner;
    const std::uint8_t* data;
    std::size_t size;
    std::size_t room;  // free bytes behind the data; only in chunks that this queue made
  };
  std::deque<Chunk> chunks_;
  std::size_t bytes_ = 0;
};

}  // namespace parley
