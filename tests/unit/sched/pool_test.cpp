// The blocking pool: bounded, lazy, its waiters killable, its end not held up by a stuck call.
#include "vm/sched/pool.h"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <thread>

#include "tests/unit/process/bare_space.h"

namespace parley {
namespace {

constexpr std::chrono::seconds kLimit{10};

// A node without schedulers: the test is the scheduler thread.
struct World {
  AtomTable atoms{1 << 12};
  ProcessSpace space{atoms, SpaceOptions{}};
  test::BareScheduler scheduler;
  std::atomic<int> wakes{0};
  std::unique_ptr<BlockingPool> pool;

  explicit World(PoolLimits files = {4, 100}) {
    space.scheduler = &scheduler;
    pool = std::make_unique<BlockingPool>(
        space, BlockingPool::Limits{{files, {1, 1}, {1, 1}, {1, 1}}}, [this] { ++wakes; });
  }
  Term spawn() {
    SpawnRequest request;
    request.module = request.function = kAtom_ok;
    request.arguments = Term::nil();
    request.group_leader = Term::pid(0, 1);
    return spawn_process(space, ProcessEntry{}, request);
  }
  void end(Term pid) { end_process(space, *space.find(pid), kAtom_killed); }
  std::uint32_t mail_of(Term pid) { return space.find(pid)->message_queue_length(); }
  // Waits for so many answers, and hands them on.
  void deliver(int count) {
    const auto begin = std::chrono::steady_clock::now();
    while (wakes.load() < count && std::chrono::steady_clock::now() - begin < kLimit) {
      std::this_thread::yield();
    }
    REQUIRE(wakes.load() >= count);
    CHECK(pool->has_finished());
    pool->deliver_finished();
    CHECK(!pool->has_finished());
  }
};

PoolJob job(Term asker, std::function<void()> block = [] {}) {
  PoolJob made;
  made.asker = asker;
  made.reference = 7;
  made.work = [block]() -> PoolAnswer {
    block();
    return [](Heap&) { return kAtom_ok; };
  };
  return made;
}

// A job that says that it has begun, and then blocks until it is released.
struct Gate {
  std::promise<void> begun, open;
  std::shared_future<void> opened{open.get_future()};
  std::function<void()> block() {
    return [this, opened = opened] {
      begun.set_value();
      opened.wait();
    };
  }
  void wait_begun() { REQUIRE(begun.get_future().wait_for(kLimit) == std::future_status::ready); }
};

std::size_t threads_of_program() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    ++count;
  }
  return count;
}

// Threads of a program without pools. A sanitizer may have one of its own, from the first thread
// that the program starts.
std::size_t threads_without_pool() {
  static const std::size_t count = [] {
    std::thread([] {}).join();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return threads_of_program();
  }();
  return count;
}

// What an earlier test's pool had may still be on its way out of the system: this waits until the
// test runs alone.
bool runs_alone() {
  const auto begin = std::chrono::steady_clock::now();
  while (threads_of_program() != threads_without_pool()) {
    if (std::chrono::steady_clock::now() - begin > kLimit) return false;
    std::this_thread::yield();
  }
  return true;
}

TEST_CASE("this program can count its threads") { CHECK(threads_without_pool() >= 1); }

TEST_CASE("an answer comes as {Reference, Answer}, by a scheduler's hand") {
  World world;
  const Term asker = world.spawn();
  REQUIRE(world.pool->submit(PoolQueue::kFiles, job(asker)));
  world.deliver(1);
  REQUIRE(world.mail_of(asker) == 1);
  Process& process = *world.space.find(asker);
  take_incoming(world.space, process);
  const Term message(process.queue_head->terms()[0]);
  REQUIRE(message.is_tuple());
  CHECK(message.arity() == 2);
  CHECK(reference_id(message.element(0)) == 7);
  CHECK(message.element(1) == kAtom_ok);
  world.end(asker);
}

TEST_CASE("no thread runs before the first job") {
  REQUIRE(runs_alone());
  World world;
  CHECK(threads_of_program() == threads_without_pool());
  const Term asker = world.spawn();
  Gate gate;
  REQUIRE(world.pool->submit(PoolQueue::kFiles, job(asker, gate.block())));
  gate.wait_begun();
  CHECK(threads_of_program() == threads_without_pool() + 1);
  gate.open.set_value();
  world.deliver(1);
  world.end(asker);
}

TEST_CASE("a full queue refuses, and another queue does not mind") {
  World world(PoolLimits{1, 2});
  const Term asker = world.spawn();
  Gate gate;
  REQUIRE(world.pool->submit(PoolQueue::kFiles, job(asker, gate.block())));
  gate.wait_begun();
  CHECK(world.pool->submit(PoolQueue::kFiles, job(asker)));
  CHECK(world.pool->submit(PoolQueue::kFiles, job(asker)));
  CHECK(!world.pool->submit(PoolQueue::kFiles, job(asker)));
  CHECK(world.pool->submit(PoolQueue::kNames, job(asker)));
  world.deliver(1);  // the name, while the files are stuck
  CHECK(world.mail_of(asker) == 1);
  gate.open.set_value();
  world.deliver(4);
  CHECK(world.mail_of(asker) == 4);
  CHECK(world.pool->submit(PoolQueue::kFiles, job(asker)));
  world.deliver(5);
  world.end(asker);
}

TEST_CASE("threads are added while jobs wait, up to the limit") {
  REQUIRE(runs_alone());
  World world(PoolLimits{3, 100});
  const Term asker = world.spawn();
  std::array<Gate, 3> gates;
  for (Gate& gate : gates) {
    REQUIRE(world.pool->submit(PoolQueue::kFiles, job(asker, gate.block())));
  }
  for (Gate& gate : gates) gate.wait_begun();  // all at once
  REQUIRE(world.pool->submit(PoolQueue::kFiles, job(asker)));
  CHECK(threads_of_program() == threads_without_pool() + 3);
  for (Gate& gate : gates) gate.open.set_value();
  world.deliver(4);
  CHECK(world.mail_of(asker) == 4);
  world.end(asker);
}

TEST_CASE("a waiter can be killed; its late answer is dropped and gives back what it held") {
  World world;
  const Term asker = world.spawn();
  Gate gate;
  int dropped = 0;
  PoolJob late = job(asker, gate.block());
  late.dropped = [&dropped] { ++dropped; };
  REQUIRE(world.pool->submit(PoolQueue::kFiles, std::move(late)));
  gate.wait_begun();
  world.end(asker);
  CHECK(world.space.find(asker) == nullptr);
  // The slot is used again; the new process is not told what the old one asked for.
  for (Process* process : world.scheduler.retired) world.space.release_slot(*process);
  Term heir = world.spawn();
  for (int i = 0; i < 5000 && heir.pid_slot() != asker.pid_slot(); ++i) heir = world.spawn();
  gate.open.set_value();
  world.deliver(1);
  CHECK(dropped == 1);
  CHECK(world.mail_of(heir) == 0);
}

TEST_CASE("what is answered is not dropped") {
  World world;
  const Term asker = world.spawn();
  int dropped = 0;
  PoolJob kept = job(asker);
  kept.dropped = [&dropped] { ++dropped; };
  REQUIRE(world.pool->submit(PoolQueue::kFiles, std::move(kept)));
  world.deliver(1);
  CHECK(dropped == 0);
  CHECK(world.mail_of(asker) == 1);
  world.end(asker);
}

TEST_CASE("the end of the pool does not wait for a call that does not return") {
  REQUIRE(runs_alone());
  Gate gate;
  {
    World world;
    const Term asker = world.spawn();
    REQUIRE(world.pool->submit(PoolQueue::kFiles, job(asker, gate.block())));
    gate.wait_begun();
    const auto begin = std::chrono::steady_clock::now();
    world.pool.reset();
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
    CHECK(world.wakes.load() == 0);
    world.end(asker);
  }
  gate.open.set_value();
  CHECK(runs_alone());  // the thread that was left behind ends by itself
}

TEST_CASE("an answer that nobody handed on ends with the pool") {
  World world;
  const Term asker = world.spawn();
  REQUIRE(world.pool->submit(PoolQueue::kFiles, job(asker)));
  while (!world.pool->has_finished()) std::this_thread::yield();
  world.pool.reset();
  CHECK(world.mail_of(asker) == 0);
  world.end(asker);
}

}  // namespace
}  // namespace parley
