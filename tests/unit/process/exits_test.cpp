// How processes end: what a signal does to who gets it, what the others are told, and that chains
// of the dying need no deep stack.
#include <doctest/doctest.h>

#include <array>
#include <random>

#include "tests/unit/process/bare_space.h"
#include "tests/unit/small_stack.h"

namespace parley {
namespace {

using test::BareSpace;

enum class Way { kExit2, kLink };
enum class Then { kLives, kMail, kDies };

struct Case {
  Way way;
  bool traps;
  Term reason;
  Then then;
  Term told;  // the reason in the message, or the one it dies of
};

const Case kCases[] = {
    {Way::kExit2, false, kAtom_normal, Then::kLives, kAtom_normal},
    {Way::kExit2, true, kAtom_normal, Then::kMail, kAtom_normal},
    {Way::kExit2, false, kAtom_error, Then::kDies, kAtom_error},
    {Way::kExit2, true, kAtom_error, Then::kMail, kAtom_error},
    {Way::kExit2, false, kAtom_kill, Then::kDies, kAtom_killed},
    {Way::kExit2, true, kAtom_kill, Then::kDies, kAtom_killed},
    {Way::kExit2, true, kAtom_killed, Then::kMail, kAtom_killed},
    {Way::kLink, false, kAtom_normal, Then::kLives, kAtom_normal},
    {Way::kLink, true, kAtom_normal, Then::kMail, kAtom_normal},
    {Way::kLink, false, kAtom_error, Then::kDies, kAtom_error},
    {Way::kLink, true, kAtom_error, Then::kMail, kAtom_error},
    // A peer that ended with `kill` was not killed, so neither is who is linked to it.
    {Way::kLink, false, kAtom_kill, Then::kDies, kAtom_kill},
    {Way::kLink, true, kAtom_kill, Then::kMail, kAtom_kill},
    {Way::kLink, false, kAtom_killed, Then::kDies, kAtom_killed},
};

void check_case(const Case& c, bool at_rest) {
  BareSpace world;
  Process &from = world.spawn(), &to = world.spawn(), &watcher = world.spawn();
  const Term from_pid = world.pid(from), pid = world.pid(to);
  if (c.traps) to.set_flag(process_flag::kTrapExit);
  world.call(bif_monitor, watcher, {kAtom_process, pid});
  if (c.way == Way::kLink) world.call(bif_link, from, {pid});
  REQUIRE(world.take(to));
  if (at_rest) REQUIRE(world.rest(to));
  world.scheduler.runnable.clear();
  if (c.way == Way::kLink) world.end(from, c.reason);
  else world.call(bif_exit_process, from, {pid, c.reason});
  // Whoever rested and has got mail, or must end, was made runnable; an exit that is ignored wakes
  // nobody. The sender itself ended nobody.
  CHECK(world.is_alive(pid));
  if (at_rest) CHECK((world.scheduler.take_runnable() == &to) == (c.then != Then::kLives));
  CHECK(world.take(to) == (c.then != Then::kDies));
  REQUIRE(world.take(watcher));
  const auto told = BareSpace::mail(watcher);
  REQUIRE(told.size() == (c.then == Then::kDies ? 1 : 0));
  if (c.then == Then::kDies) {
    CHECK(told[0].element(3) == pid);
    CHECK(told[0].element(4) == c.told);
    return;
  }
  const auto mail = BareSpace::mail(to);
  REQUIRE(mail.size() == (c.then == Then::kMail ? 1 : 0));
  CHECK(to.message_queue_length() == mail.size());
  if (c.then != Then::kMail) return;
  CHECK(mail[0].element(0) == kAtom_EXIT);
  CHECK(mail[0].element(1) == from_pid);
  CHECK(mail[0].element(2) == c.told);
}

}  // namespace

TEST_CASE("what every kind of exit does to every kind of process") {
  for (std::size_t i = 0; i < std::size(kCases); ++i) {
    CAPTURE(i);
    check_case(kCases[i], false);
    check_case(kCases[i], true);
  }
}

TEST_CASE("an exit with normal from itself ends a process, from another it does not") {
  BareSpace world;
  Process &p = world.spawn(), &other = world.spawn();
  const Term pid = world.pid(p);
  world.call(bif_exit_process, other, {pid, kAtom_normal});
  CHECK(world.take(p));
  world.call(bif_exit_process, p, {pid, kAtom_normal});
  CHECK_FALSE(world.is_alive(pid));
}

TEST_CASE("the first fatal signal says why, and those after it change nothing") {
  BareSpace world;
  Process &p = world.spawn(), &killer = world.spawn(), &watcher = world.spawn();
  world.call(bif_monitor, watcher, {kAtom_process, world.pid(p)});
  for (const Term reason : {kAtom_normal, kAtom_error, kAtom_kill, kAtom_badarg}) {
    world.call(bif_exit_process, killer, {world.pid(p), reason});
  }
  CHECK_FALSE(world.take(p));
  REQUIRE(world.take(watcher));
  REQUIRE(BareSpace::mail(watcher).size() == 1);
  CHECK(BareSpace::mail(watcher)[0].element(4) == kAtom_error);
}

TEST_CASE("linking to the dead is an exit or an error, asking for its end a DOWN with noproc") {
  BareSpace world;
  const Term dead = world.pid(world.spawn());
  world.end(*world.space.find(dead), kAtom_normal);
  Process &traps = world.spawn_trapping(), &plain = world.spawn();
  const Term plain_pid = world.pid(plain);
  CHECK(world.call(bif_link, traps, {dead}) == kAtom_true_);
  REQUIRE(BareSpace::mail(traps).size() == 1);
  CHECK(BareSpace::mail(traps)[0].element(2) == kAtom_noproc);
  CHECK(traps.extension.load()->links.empty());
  world.call(bif_link, plain, {dead});
  CHECK(world.thrown == kAtom_noproc);
  CHECK(world.is_alive(plain_pid));
  world.call(bif_monitor, traps, {kAtom_process, dead});
  REQUIRE(world.take(traps));
  REQUIRE(BareSpace::mail(traps).size() == 2);
  CHECK(BareSpace::mail(traps)[1].element(4) == kAtom_noproc);
}

TEST_CASE("a chain of processes ends one by one, without a deep stack") {
  constexpr std::size_t kLength = 50'000;
  BareSpace world({.processes_max = 1 << 17});
  std::vector<Process*> chain;
  for (std::size_t i = 0; i < kLength; ++i) {
    chain.push_back(&world.spawn());
    if (i > 0) world.call(bif_link, *chain[i], {world.pid(*chain[i - 1])});
  }
  for (Process* p : chain) REQUIRE((world.take(*p) && world.rest(*p)));
  world.scheduler.runnable.clear();
  test::run_on_small_stack([&] {
    world.call(bif_exit_process, world.spawn(), {world.pid(*chain[kLength / 2]), kAtom_error});
    world.scheduler.runnable.erase(world.scheduler.runnable.begin());  // who sent it
    std::size_t ended = 0, most_at_once = 0;
    for (;;) {
      most_at_once = std::max(most_at_once, world.scheduler.runnable.size());
      Process* p = world.scheduler.take_runnable();
      if (p == nullptr) break;
      CHECK_FALSE(world.take(*p));
      ++ended;
    }
    CHECK(ended == kLength);
    CHECK(most_at_once == 2);  // nobody was ended in anybody's place
  });
}

TEST_CASE("monitors and their watchers agree after storms") {
  std::mt19937_64 random(4);
  for (unsigned round = 0; round < 60; ++round) {
    BareSpace world;
    constexpr std::size_t kProcesses = 6;
    std::array<Process*, kProcesses> all;
    for (Process*& p : all) p = &world.spawn_trapping();
    std::array<std::vector<Term>, kProcesses> references;
    for (unsigned n = 0; n < 400; ++n) {
      const std::size_t i = random() % kProcesses, j = random() % kProcesses;
      Process& p = *all[i];
      switch (random() % 6) {
        case 0:
        case 1:
          references[i].push_back(world.call(bif_monitor, p, {kAtom_process, world.pid(*all[j])}));
          break;
        case 2:
          if (references[i].empty()) break;
          world.call(bif_demonitor, p, {references[i][random() % references[i].size()]});
          break;
        case 3: world.call(bif_link, p, {world.pid(*all[j])}); break;
        case 4: REQUIRE(world.take(p)); break;
        default: {
          // Mostly nobody ends.
          if (random() % 20 != 0) break;
          world.end(p, kAtom_error);
          all[i] = &world.spawn_trapping();
          references[i].clear();
        }
      }
    }
    for (unsigned turn = 0; turn < 3; ++turn) {
      for (Process* p : all) REQUIRE(world.take(*p));
    }
    std::size_t watching = 0, watched = 0;
    for (Process* p : all) {
      ProcessExtension& e = world.space.extension(*p);
      for (const auto& [id, monitor] : e.monitors) {
        Process* target = world.space.find(monitor.target);
        REQUIRE(target != nullptr);
        const auto& watchers = world.space.extension(*target).watchers;
        REQUIRE(watchers.contains(id));
        CHECK(watchers.at(id).watcher == world.pid(*p));
        ++watching;
      }
      watched += e.watchers.size();
      for (const auto& [peer, link] : e.links) {
        Process* other = world.space.find(Term(peer));
        REQUIRE(other != nullptr);
        CHECK(world.space.extension(*other).links.contains(world.pid(*p).raw));
      }
    }
    CHECK(watching == watched);
    CHECK(watching > 0);
  }
}

TEST_CASE("the answer that ends a monitor takes its watcher away too") {
  BareSpace world;
  Process &client = world.spawn(), &server = world.spawn();
  Word cells[5];
  cells[0] = make_header(Subtag::kTuple, 2);
  cells[1] = kAtom_alias.raw;
  cells[2] = kAtom_reply_demonitor.raw;
  cells[3] = Term::boxed(cells).raw;
  cells[4] = kTagNil;
  const Term options = Term::cons(cells + 3);
  for (unsigned n = 0; n < 100; ++n) {
    const Term alias =
        world.call(bif_monitor_options, client, {kAtom_process, world.pid(server), options});
    REQUIRE(world.take(server));
    CHECK(world.space.extension(server).watchers.size() == 1);
    world.call(bif_send, server, {alias, kAtom_ok});
    world.call(bif_send, server, {alias, kAtom_error});  // one answer only
    REQUIRE(world.take(client));
    CHECK(BareSpace::mail(client).size() == n + 1);
    CHECK(world.space.extension(client).monitors.empty());
    CHECK(world.space.extension(client).aliases.empty());
    REQUIRE(world.take(server));
    CHECK(world.space.extension(server).watchers.empty());
  }
}

}  // namespace parley
