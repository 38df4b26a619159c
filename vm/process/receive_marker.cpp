// Markers of a process's mailbox; receive_marker.h has the picture.
#include "vm/process/receive_marker.h"

#include <algorithm>

namespace parley {

namespace {

// Its number among the process's markers; kReceiveMarkers: none.
unsigned marker_of(const ReceiveMarkers& markers, std::uint64_t reference_id) {
  unsigned i = 0;
  while (i < kReceiveMarkers &&
         (reference_id < markers[i].first_id || reference_id > markers[i].last_id)) {
    ++i;
  }
  return i;
}

ReceiveMarkers& markers_of(Process& process) {
  return process.extension.load(std::memory_order_relaxed)->receive_markers;
}

}  // namespace

void mark_mailbox(ProcessSpace& space, Process& process, std::uint64_t reference_id) {
  if (process.queue_head == nullptr) return;
  ReceiveMarkers& markers = space.extension(process).receive_markers;
  if (!process.has_flag(process_flag::kHasMarkers)) {
    if (markers == nullptr) markers = std::make_unique<ReceiveMarker[]>(kReceiveMarkers);
    else std::fill_n(markers.get(), kReceiveMarkers, ReceiveMarker{});
    process.set_flag(process_flag::kHasMarkers);
  }
  ReceiveMarker& newest = markers[kReceiveMarkers - 1];
  if (newest.link == process.queue_tail) {
    newest.last_id = reference_id;
    return;
  }
  // The newest takes the place of the oldest.
  std::rotate(markers.get(), markers.get() + 1, markers.get() + kReceiveMarkers);
  newest = {reference_id, reference_id, process.queue_tail};
}

Fragment** mail_since(Process& process, std::uint64_t reference_id) {
  if (!process.has_flag(process_flag::kHasMarkers)) return &process.queue_head;
  const ReceiveMarkers& markers = markers_of(process);
  const unsigned found = marker_of(markers, reference_id);
  return found == kReceiveMarkers ? &process.queue_head : markers[found].link;
}

void skip_older_mail(Process& process, std::uint64_t reference_id) {
  if (!process.has_flag(process_flag::kHasMarkers)) return;
  const ReceiveMarkers& markers = markers_of(process);
  const unsigned found = marker_of(markers, reference_id);
  if (found == kReceiveMarkers) return;
  bool is_before = process.scan == &process.queue_head;
  for (unsigned i = 0; i < found; ++i) is_before = is_before || process.scan == markers[i].link;
  if (is_before) process.scan = markers[found].link;
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
  ReceiveMarkers& markers = markers_of(process);
  for (unsigned i = 0; i < kReceiveMarkers; ++i) {
    if (markers[i].link == &message->next) markers[i].link = link;
  }
  return message;
}

}  // namespace parley
