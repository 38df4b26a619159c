// The order of what one process sends to another: messages and signals of every kind, mixed at
// random, take effect in the order in which they were sent, however the receiver is owned.
#include <doctest/doctest.h>

#include <random>
#include <string>

#include "tests/unit/process/bare_space.h"
#include "vm/term/print.h"

namespace parley {
namespace {

using test::BareSpace;

enum class Receiver { kAtRest, kRunnable, kNow };  // kNow: at rest or not, as the dice fall

// What must be true of the receiver at every place of the stream.
struct Expected {
  std::string mail;  // what its queue holds
  bool linked = false;
  std::size_t watchers = 0;
};

struct Stream {
  BareSpace world;
  std::mt19937_64 random;
  Process &sender, &receiver;
  const Receiver kind;
  Expected now;
  std::vector<std::string> asked;  // the answers that must come, in order
  std::vector<Term> monitors;
  unsigned number = 0;

  Stream(std::uint64_t seed, Receiver receiver_kind)
      : random(seed),
        sender(world.spawn_trapping()),
        receiver(world.spawn_trapping()),
        kind(receiver_kind) {}

  Term to() const { return world.pid(receiver); }
  std::string text(Term t) { return print_term(t, world.atoms); }
  void add_mail(const std::string& more) {
    now.mail += now.mail.empty() ? more : "," + more;
  }

  void send_message() {
    const Term message = Term::small(++number);
    world.call(bif_send, sender, {to(), message});
    add_mail(text(message));
  }
  void send_exit() {
    const Term reason = Term::small(++number);
    world.call(bif_exit_process, sender, {to(), reason});
    add_mail("{'EXIT'," + text(world.pid(sender)) + "," + text(reason) + "}");
  }
  void link_or_unlink() {
    world.call(now.linked ? bif_unlink : bif_link, sender, {to()});
    now.linked = !now.linked;
  }
  void monitor() {
    monitors.push_back(world.call(bif_monitor, sender, {kAtom_process, to()}));
    ++now.watchers;
  }
  void demonitor() {
    if (monitors.empty()) return;
    std::swap(monitors[random() % monitors.size()], monitors.back());
    world.call(bif_demonitor, sender, {monitors.back()});
    monitors.pop_back();
    --now.watchers;
  }
  void ask() {
    Word items[6];
    const Term list[] = {kAtom_messages, kAtom_links, kAtom_monitored_by};
    Term what = Term::nil();
    for (unsigned i = 3; i-- > 0;) {
      items[2 * i] = list[i].raw;
      items[2 * i + 1] = what.raw;
      what = Term::cons(items + 2 * i);
    }
    world.call(bif_process_info_item, sender, {to(), what});
    const std::string self = text(world.pid(sender));
    std::string watchers;
    for (std::size_t i = 0; i < now.watchers; ++i) watchers += (i == 0 ? "" : ",") + self;
    asked.push_back("[{messages,[" + now.mail + "]},{links,[" + (now.linked ? self : "") +
                    "]},{monitored_by,[" + watchers + "]}]");
  }

  void step() {
    switch (random() % 8) {
      case 0:
      case 1: send_message(); break;
      case 2: send_exit(); break;
      case 3: link_or_unlink(); break;
      case 4: monitor(); break;
      case 5: demonitor(); break;
      case 6: ask(); break;
      default: own_or_rest();
    }
  }
  // The receiver has its turn.
  void own_or_rest() {
    if (kind == Receiver::kRunnable) {
      REQUIRE(world.take(receiver));
    } else if (kind == Receiver::kAtRest || random() % 2 == 0) {
      if (receiver.current_state() == ProcessState::kRunnable) {
        REQUIRE(world.take(receiver));
        world.rest(receiver);
      }
    } else if (receiver.current_state() == ProcessState::kWaiting) {
      CHECK(state_word::wake(receiver.state));
    }
  }
  void check_answers() {
    REQUIRE(world.take(sender));
    std::vector<std::string> got;
    for (const Term answer : BareSpace::mail(sender)) got.push_back(text(answer.element(1)));
    CHECK(got == asked);
  }
};

void check_order(Receiver kind) {
  unsigned answers = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Stream stream(seed, kind);
    for (unsigned n = 0; n < 60; ++n) stream.step();
    stream.ask();
    REQUIRE(stream.world.take(stream.receiver));
    CAPTURE(seed);
    stream.check_answers();
    answers += static_cast<unsigned>(stream.asked.size());
  }
  CHECK(answers > 2000);
}

}  // namespace

TEST_CASE("signals to a process at rest take effect in order") { check_order(Receiver::kAtRest); }
TEST_CASE("signals to a runnable process take effect in order") {
  check_order(Receiver::kRunnable);
}
TEST_CASE("signals to a process that rests now and then take effect in order") {
  check_order(Receiver::kNow);
}

TEST_CASE("a kill takes effect where it stands: before it all is handled, after it nothing") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Stream stream(seed, seed % 2 == 0 ? Receiver::kRunnable : Receiver::kNow);
    BareSpace& world = stream.world;
    for (unsigned n = 0; n < 30; ++n) stream.step();
    const Expected before = stream.now;
    const std::vector<Term> watching = stream.monitors;
    const Term victim = stream.to();
    world.call(bif_exit_process, stream.sender, {victim, kAtom_kill});
    // What comes too late: a message is lost, a monitor and a question are answered by the dead.
    world.call(bif_send, stream.sender, {victim, kAtom_ok});
    const Term late = world.call(bif_monitor, stream.sender, {kAtom_process, victim});
    if (world.is_alive(victim)) CHECK_FALSE(world.take(stream.receiver));
    CHECK_FALSE(world.is_alive(victim));
    REQUIRE(world.take(stream.sender));
    std::vector<std::string> expected = stream.asked, got;
    unsigned downs = 0, exits = 0;
    for (const Term mail : BareSpace::mail(stream.sender)) {
      if (mail.element(0) == kAtom_DOWN) {
        const bool is_late = mail.element(1).box()[1] == late.box()[1];
        CHECK(mail.element(4) == (is_late ? kAtom_noproc : kAtom_killed));
        ++downs;
      } else if (mail.element(0) == kAtom_EXIT) {
        CHECK(mail.element(2) == kAtom_killed);
        ++exits;
      } else {
        CHECK(downs + exits == 0);  // it had answered before it ended
        got.push_back(stream.text(mail.element(1)));
      }
    }
    CAPTURE(seed);
    CHECK(got == expected);
    CHECK(downs == watching.size() + 1);
    CHECK(exits == (before.linked ? 1 : 0));
  }
}

TEST_CASE("a running process answers a question at its next slice, not before") {
  BareSpace world;
  Process &asker = world.spawn(), &asked = world.spawn();
  world.call(bif_process_info_item, asker, {world.pid(asked), kAtom_trap_exit});
  asked.clear_flag(process_flag::kSaved);
  REQUIRE(world.take(asked));  // as a receive does
  CHECK(asker.mailbox.is_empty());
  CHECK_FALSE(asked.mailbox.is_empty());
  asked.set_flag(process_flag::kSaved);
  CHECK_FALSE(world.rest(asked));
  REQUIRE(world.take(asked));
  REQUIRE(world.take(asker));
  CHECK(BareSpace::mail(asker).size() == 1);
}

}  // namespace parley
