// Blobs that processes hold are counted exactly, wherever they are when the process ends: in mail
// that nobody took in, in mail that waits, in adopted mail, in what it was spawned with, in the
// reason it is to end with, in the dictionary of the living.
#include <doctest/doctest.h>

#include "tests/unit/process/bare_space.h"
#include "vm/heap/blob.h"
#include "vm/heap/make_bits.h"
#include "vm/heap/scratch_heap.h"

namespace parley {
namespace {

using test::BareSpace;

// A binary whose blob we hold too, in a heap of nobody's.
struct Held {
  Held() : term(make_binary(scratch.heap, std::string(100, 'x'))), blob(blob_of(term)) {
    blob_retain(blob);
  }
  ~Held() { blob_release(blob); }
  // References beside ours and the heap's.
  std::uint64_t others() const { return blob->references.load() - 2; }
  ScratchHeap scratch;
  Term term;
  Blob* blob;
};

Process& spawn_with(BareSpace& world, Term argument) {
  Word cell[2] = {argument.raw, kTagNil};
  SpawnRequest request;
  request.module = request.function = kAtom_ok;
  request.arguments = Term::cons(cell);
  request.group_leader = Term::pid(0, 1);
  return *world.space.find(spawn_process(world.space, ProcessEntry{}, request));
}

// As remove_message does for a message that is alive after it was matched.
void adopt_first(BareSpace& world, Process& p) {
  Heap heap;
  heap.set_bounds(p.block + p.top_words, p.block + p.stack_words);
  heap.set_fragments(p.fragments);
  Fragment* message = p.queue_head;
  p.queue_head = message->next;
  if (p.queue_tail == &message->next) p.queue_tail = &p.queue_head;
  ++p.removed;
  heap.adopt(message);
  p.fragments = heap.take_fragments();
  world.space.extension(p).off_heap = heap.off_heap();
}

}  // namespace

TEST_CASE("mail that was not taken in is freed with its receiver") {
  Held held;
  BareSpace world;
  Process &from = world.spawn(), &to = world.spawn();
  for (unsigned n = 1; n <= 3; ++n) {
    world.call(bif_send, from, {world.pid(to), held.term});
    CHECK(held.others() == n);
  }
  world.end(to, kAtom_normal);
  CHECK(held.others() == 0);
  world.call(bif_send, from, {world.pid(to), held.term});
  CHECK(held.others() == 0);
}

TEST_CASE("mail that waits in the queue, or comes after a fatal signal, is freed likewise") {
  Held held;
  BareSpace world;
  Process &from = world.spawn(), &to = world.spawn();
  world.call(bif_send, from, {world.pid(to), held.term});
  REQUIRE(world.take(to));
  CHECK(held.others() == 1);
  world.call(bif_exit_process, from, {world.pid(to), kAtom_kill});
  world.call(bif_send, from, {world.pid(to), held.term});
  CHECK(held.others() == 2);
  CHECK_FALSE(world.take(to));
  CHECK(held.others() == 0);
}

TEST_CASE("what a process was spawned with is freed at its end") {
  Held held;
  BareSpace world;
  Process& p = spawn_with(world, held.term);
  CHECK(held.others() == 1);
  world.end(p, kAtom_normal);
  CHECK(held.others() == 0);
}

TEST_CASE("a reason is kept until it was told, and by those who were told") {
  Held held;
  BareSpace world;
  Process &from = world.spawn(), &to = world.spawn(), &watcher = world.spawn(),
          &linked = world.spawn_trapping();
  world.call(bif_monitor, watcher, {kAtom_process, world.pid(to)});
  world.call(bif_link, linked, {world.pid(to)});
  REQUIRE(world.take(to));
  world.call(bif_exit_process, from, {world.pid(to), held.term});
  CHECK(held.others() == 1);
  SUBCASE("it ends") {
    CHECK_FALSE(world.take(to));
    REQUIRE(world.take(watcher));
    REQUIRE(world.take(linked));
    CHECK(held.others() == 2);
    REQUIRE(BareSpace::mail(watcher).size() == 1);
    CHECK(blob_of(BareSpace::mail(watcher)[0].element(4)) == held.blob);
    CHECK(blob_of(BareSpace::mail(linked)[0].element(2)) == held.blob);
    BareSpace::drop_mail(watcher);
    CHECK(held.others() == 1);
    world.end(linked, kAtom_normal);
    CHECK(held.others() == 0);
  }
  SUBCASE("it ends of something else before it looks") {
    world.end(to, kAtom_error);
    CHECK(held.others() == 0);
  }
}

TEST_CASE("a message to an alias that is no more is freed, and counts no longer") {
  Held held;
  BareSpace world;
  Process &client = world.spawn(), &server = world.spawn();
  const Term alias = world.call(bif_alias, client, {});
  world.call(bif_unalias, client, {alias});
  world.call(bif_send, server, {alias, held.term});
  CHECK(held.others() == 1);
  REQUIRE(world.take(client));
  CHECK(held.others() == 0);
  CHECK(BareSpace::mail(client).empty());
  CHECK(client.message_queue_length() == 0);
}

TEST_CASE("a node that ends frees what its processes hold") {
  Held held;
  {
    BareSpace world;
    Process &from = world.spawn(), &to = world.spawn();
    spawn_with(world, held.term);
    world.call(bif_send, from, {world.pid(to), held.term});
    REQUIRE(world.take(to));
    world.call(bif_send, from, {world.pid(to), held.term});
    world.call(bif_exit_process, from, {world.pid(world.spawn()), held.term});
    CHECK(held.others() == 4);
  }
  CHECK(held.others() == 0);
}

TEST_CASE("adopted mail belongs to the heap, and goes with it") {
  Held held;
  BareSpace world;
  Process &from = world.spawn(), &to = world.spawn();
  world.call(bif_send, from, {world.pid(to), held.term});
  REQUIRE(world.take(to));
  CHECK(to.fragments == nullptr);
  adopt_first(world, to);
  CHECK(to.fragments != nullptr);
  CHECK(held.others() == 1);
  world.end(to, kAtom_normal);
  CHECK(held.others() == 0);
}

}  // namespace parley
