// What waits to be sent on one socket.
#include "vm/net/output_queue.h"

#include <algorithm>
#include <cstring>

#include "vm/base/assert.h"

namespace parley {

namespace {
constexpr std::size_t kShareBytes = 1024;  // from here on counting is cheaper than copying
constexpr std::size_t kChunkBytes = 4096;
}  // namespace

void OutputQueue::push(const OutputPart& part) {
  std::span<const std::uint8_t> bytes = part.bytes;
  if (bytes.empty()) return;
  bytes_ += bytes.size();
  if (part.owner != nullptr && bytes.size() >= kShareBytes) {
    blob_retain(part.owner);
    chunks_.push_back({part.owner, bytes.data(), bytes.size(), 0});
    return;
  }
  if (!chunks_.empty() && chunks_.back().room != 0) {
    Chunk& last = chunks_.back();
    const std::size_t size = std::min(last.room, bytes.size());
    std::memcpy(const_cast<std::uint8_t*>(last.data) + last.size, bytes.data(), size);
    last.size += size;
    last.room -= size;
    bytes = bytes.subspan(size);
    if (bytes.empty()) return;
  }
  const std::size_t capacity = std::max(kChunkBytes, bytes.size());
  Blob* const blob = blob_create(bytes.size(), capacity);
  std::memcpy(blob->data(), bytes.data(), bytes.size());
  chunks_.push_back({blob, blob->data(), bytes.size(), capacity - bytes.size()});
}

std::size_t OutputQueue::front(std::span<BytesPart> parts) const {
  const std::size_t count = std::min(parts.size(), chunks_.size());
  for (std::size_t i = 0; i < count; ++i) parts[i] = {chunks_[i].data, chunks_[i].size};
  return count;
}

void OutputQueue::pop(std::size_t bytes) {
  PARLEY_ASSERT(bytes <= bytes_, "no more is sent than there was");
  bytes_ -= bytes;
  while (bytes != 0) {
    Chunk& first = chunks_.front();
    const std::size_t size = std::min(bytes, first.size);
    first.data += size;
    first.size -= size;
    bytes -= size;
    if (first.size != 0) return;
    blob_release(first.owner);
    chunks_.pop_front();
  }
}

void OutputQueue::clear() {
  for (const Chunk& chunk : chunks_) blob_release(chunk.owner);
  chunks_.clear();
  bytes_ = 0;
}

}  // namespace parley
