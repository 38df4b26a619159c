// Markers of a private queue: where they stand, and that a scan never goes back to one.
#include "vm/process/receive_marker.h"

#include <doctest/doctest.h>

#include "tests/unit/process/bare_space.h"
#include "vm/process/signal.h"

namespace parley {
namespace {

// A message that was fetched: behind all others.
Fragment* add_mail(test::BareSpace& bare, Process& process) {
  Fragment* message = make_message(bare.space, MessageKind::kMessage, Term::small(7), 0);
  message->next = nullptr;
  *process.queue_tail = message;
  process.queue_tail = &message->next;
  --process.removed;
  return message;
}

Process& process_with_mail(test::BareSpace& bare, unsigned count) {
  Process& process = *bare.space.allocate();
  for (unsigned i = 0; i < count; ++i) add_mail(bare, process);
  return process;
}

Fragment** link_at(Process& process, unsigned index) {
  Fragment** link = &process.queue_head;
  while (index-- > 0) link = &(*link)->next;
  return link;
}

void give_back(test::BareSpace& bare, Process& process) {
  while (process.queue_head != nullptr) free_fragment(take_message(process, &process.queue_head));
  delete process.extension.load();
  process.extension.store(nullptr);
  bare.space.release_slot(process);
}

TEST_CASE("a scan goes forward to a marker, and never back") {
  test::BareSpace bare;
  Process& process = process_with_mail(bare, 2);
  mark_mailbox(bare.space, process, 10);
  mark_mailbox(bare.space, process, 12);  // shares the marker
  CHECK(mail_since(process, 10) == link_at(process, 2));
  CHECK(mail_since(process, 12) == link_at(process, 2));
  CHECK(mail_since(process, 9) == &process.queue_head);
  CHECK(mail_since(process, 13) == &process.queue_head);
  skip_older_mail(process, 9);
  CHECK(process.scan == &process.queue_head);
  skip_older_mail(process, 12);
  CHECK(process.scan == link_at(process, 2));
  // Further on by itself: the marker is behind it.
  Fragment* more = add_mail(bare, process);
  process.scan = &more->next;
  skip_older_mail(process, 12);
  CHECK(process.scan == &more->next);
  process.scan = &process.queue_head;
  give_back(bare, process);
}

TEST_CASE("a younger marker wins over an older one, in either order") {
  test::BareSpace bare;
  Process& process = process_with_mail(bare, 1);
  mark_mailbox(bare.space, process, 10);
  add_mail(bare, process);
  mark_mailbox(bare.space, process, 20);
  for (const bool young_first : {false, true}) {
    process.scan = &process.queue_head;
    skip_older_mail(process, young_first ? 20 : 10);
    skip_older_mail(process, young_first ? 10 : 20);
    CHECK(process.scan == link_at(process, 2));
  }
  process.scan = &process.queue_head;
  give_back(bare, process);
}

TEST_CASE("a marker moves when the message before it is taken, and goes with the last message") {
  test::BareSpace bare;
  Process& process = process_with_mail(bare, 3);
  mark_mailbox(bare.space, process, 10);
  free_fragment(take_message(process, link_at(process, 2)));
  CHECK(mail_since(process, 10) == link_at(process, 2));
  CHECK(process.queue_tail == link_at(process, 2));
  free_fragment(take_message(process, link_at(process, 1)));
  CHECK(mail_since(process, 10) == link_at(process, 1));
  free_fragment(take_message(process, &process.queue_head));
  CHECK_FALSE(process.has_flag(process_flag::kHasMarkers));
  give_back(bare, process);
}

}  // namespace
}  // namespace parley
