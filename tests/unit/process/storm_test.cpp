// Threads that send all at once to one process, which now runs and now rests, so that it is owned
// in turn by its own thread and by every sender: each stream arrives whole and in order, every
// question is answered, and at the end links and monitors agree. Worth most under thread sanitizer.
#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <random>
#include <thread>

#include "tests/unit/process/bare_space.h"

namespace parley {
namespace {

using test::BareSpace;

constexpr unsigned kSenders = 3;
constexpr unsigned kMessages = 4000;
constexpr std::chrono::seconds kLimit{60};

struct Storm {
  BareSpace world;
  Process& receiver = world.spawn_trapping();
  const Term to = world.pid(receiver);
  std::array<Process*, kSenders> senders{};
  std::atomic<unsigned> sending{kSenders};
  std::array<std::int64_t, kSenders> last{};
  std::array<unsigned, kSenders> asked{}, answered{};
  unsigned times_run = 0, disorders = 0;

  Storm() {
    for (Process*& p : senders) p = &world.spawn_trapping();
    world.scheduler.runnable = {&receiver};
  }

  // ---- the receiver's thread --------------------------------------------------------------------
  void look_at_mail() {
    for (const Term mail : BareSpace::mail(receiver)) {
      const auto from = static_cast<std::size_t>(mail.element(0).small_value());
      const std::int64_t number = mail.element(1).small_value();
      if (number != last[from] + 1) ++disorders;
      last[from] = number;
    }
    BareSpace::drop_mail(receiver);
  }
  void receive() {
    while (sending.load() != 0 || !is_quiet()) {
      Process* p = world.scheduler.take_runnable();
      if (p == nullptr) {
        std::this_thread::yield();
        continue;
      }
      ++times_run;
      state_word::become(p->state, ProcessState::kRunning);
      world.take(*p);
      look_at_mail();
      if (!world.rest(*p)) {
        state_word::become(p->state, ProcessState::kRunnable);
        world.scheduler.enqueue(*p);
      }
    }
  }
  bool is_quiet() {
    return receiver.mailbox.is_empty() && receiver.current_state() == ProcessState::kWaiting;
  }

  // ---- a sender's thread ------------------------------------------------------------------------
  void send(unsigned i, std::int64_t number) {
    const std::array<Word, 3> tuple{make_header(Subtag::kTuple, 2), Term::small(i).raw,
                                    Term::small(number).raw};
    world.call(bif_send, *senders[i], {to, Term::boxed(tuple.data())});
  }
  void take_answers(unsigned i) {
    world.take(*senders[i]);
    answered[i] += static_cast<unsigned>(BareSpace::mail(*senders[i]).size());
    BareSpace::drop_mail(*senders[i]);
  }
  void run_sender(unsigned i) {
    std::mt19937_64 random(i);
    Process& self = *senders[i];
    std::vector<Term> monitors;
    for (std::int64_t n = 1; n <= kMessages; ++n) {
      send(i, n);
      switch (random() % 8) {
        case 0: world.call(bif_link, self, {to}); break;
        case 1: world.call(bif_unlink, self, {to}); break;
        case 2: monitors.push_back(world.call(bif_monitor, self, {kAtom_process, to})); break;
        case 3:
          if (monitors.empty()) break;
          world.call(bif_demonitor, self, {monitors.back()});
          monitors.pop_back();
          break;
        case 4:
          world.call(bif_process_info_item, self, {to, kAtom_links});
          ++asked[i];
          break;
        case 5: take_answers(i); break;
        default: break;
      }
    }
    for (const Term m : monitors) world.call(bif_demonitor, self, {m});
    const auto begin = std::chrono::steady_clock::now();
    while (answered[i] < asked[i] && std::chrono::steady_clock::now() - begin < kLimit) {
      take_answers(i);
    }
    --sending;
  }
};

}  // namespace

TEST_CASE("streams from many threads arrive whole and in order") {
  Storm storm;
  std::vector<std::thread> threads;
  threads.emplace_back([&storm] { storm.receive(); });
  for (unsigned i = 0; i < kSenders; ++i) {
    threads.emplace_back([&storm, i] { storm.run_sender(i); });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(storm.disorders == 0);
  CHECK(storm.times_run > 1);
  CHECK(storm.receiver.message_queue_length() == 0);
  ProcessExtension& e = storm.world.space.extension(storm.receiver);
  CHECK(e.watchers.empty());
  for (unsigned i = 0; i < kSenders; ++i) {
    CHECK(storm.last[i] == kMessages);
    CHECK(storm.answered[i] == storm.asked[i]);
    storm.world.take(*storm.senders[i]);
    const ProcessExtension& own = storm.world.space.extension(*storm.senders[i]);
    CHECK(own.links.contains(storm.to.raw) ==
          e.links.contains(storm.world.pid(*storm.senders[i]).raw));
    CHECK(own.monitors.empty());
  }
}

}  // namespace parley
