// Markers of a process's mailbox; receive_marker.h has the picture.
#include "vm/process/receive_marker.h"

#include <algorithm>

namespace parley {

void mark_mailbox(ProcessSpace& space, Process& process, std::uint64_t reference_id) {
  if (process.queue_head == nullptr) return;  // all that comes is younger
  ReceiveMarkers& markers = space.extension(process).receive_markers;
  if (!process.has_flag(process_flag::kHasMarkers)) {
    if (markers == nullptr) markers = std::make_unique<ReceiveMarker[]>(kReceiveMarkers);
    else std::fill_n(markers.get(), kReceiveMarkers, ReceiveMarker{});
    process.set_flag(process_flag::kHasMarkers);
  }
  // The newest takes the place of the oldest.
  std::rotate(markers.get(), markers.get() + 1, markers.get() + kReceiveMarkers);
  markers[kReceiveMarkers - 1] = {reference_id, process.queue_tail};
}

Fragment** mail_since(const Process& process, std::uint64_t reference_id) {
  if (!process.has_flag(process_flag::kHasMarkers)) return nullptr;
  const ReceiveMarkers& markers =
      process.extension.load(std::memory_order_relaxed)->receive_markers;
  for (unsigned i = 0; i < kReceiveMarkers; ++i) {
    if (markers[i].reference_id == reference_id) return markers[i].link;
  }
  return nullptr;
}

Fragment* take_message(Process& process, Fragment** link) {
  Fragment* const message = *link;
  *link = message->next;
  if (process.queue_tail == &message->next) process.queue_tail = link;
  if (process.scan == &message->next) process.scan = link;
  ++process.removed;
  if (!process.has_flag(process_flag::kHasMarkers)) return message;
  if (process.queue_head == nullptr) {
    process.clear_flag(process_flag::kHasMarkers);
    return message;
  }
  ReceiveMarkers& markers = process.extension.load(std::memory_order_relaxed)->receive_markers;
  for (unsigned i = 0; i < kReceiveMarkers; ++i) {
    if (markers[i].link == &message->next) markers[i].link = link;
  }
  return message;
}

}  // namespace parley
