// The table of processes in a small world: 256 slots, four generation bits. Slots are used again,
// generations wrap round, and a pid that was kept names nobody else.
#include <doctest/doctest.h>

#include <map>
#include <random>
#include <set>

#include "tests/unit/process/bare_space.h"

namespace parley {
namespace {

using test::BareSpace;

constexpr std::uint32_t kSlots = 256;
constexpr unsigned kGenerations = 16;
constexpr SpaceOptions kSmallWorld{.processes_max = kSlots, .generation_bits = 4};

std::vector<Process*> fill(BareSpace& world) {
  std::vector<Process*> all;
  while (Process* p = world.try_spawn()) all.push_back(p);
  return all;
}

void end_and_release(BareSpace& world, Process& p) {
  world.end(p, kAtom_normal);
  world.release_retired();
}

}  // namespace

TEST_CASE("as many processes live as there may be, and one that ends makes room at once") {
  BareSpace world(kSmallWorld);
  const std::vector<Process*> all = fill(world);
  CHECK(all.size() == kSlots);
  CHECK(world.space.count() == kSlots);
  std::set<Word> pids;
  for (const Process* p : all) pids.insert(world.pid(*p).raw);
  CHECK(pids.size() == kSlots);
  const Term dead = world.pid(*all[100]);
  world.end(*all[100], kAtom_normal);
  CHECK_FALSE(world.is_alive(dead));
  // The slot rests until the grace period is over; another takes its place.
  Process* other = world.try_spawn();
  REQUIRE(other != nullptr);
  CHECK(other != all[100]);
  CHECK(world.try_spawn() == nullptr);
  world.release_retired();
  CHECK(world.space.count() == kSlots);
  world.end(*other, kAtom_normal);
  Process* next = world.try_spawn();
  REQUIRE(next == all[100]);
  CHECK(world.pid(*next) != dead);
  CHECK_FALSE(world.is_alive(dead));
  CHECK(world.is_alive(world.pid(*next)));
  CHECK(world.try_spawn() == nullptr);
}

TEST_CASE("at the limit spawning fails in the caller, and works again when there is room") {
  BareSpace world(kSmallWorld);
  std::vector<Process*> all = fill(world);
  Process& caller = *all.front();
  const Term nothing = Term::nil();
  const auto spawn_in_every_way = [&] {
    unsigned made = 0;
    for (const BifFunction how : {bif_spawn_mfa, bif_spawn_link_mfa, bif_spawn_monitor_mfa}) {
      if (world.call(how, caller, {kAtom_ok, kAtom_ok, nothing}).is_value()) ++made;
      else CHECK(world.thrown == kAtom_system_limit);
    }
    return made;
  };
  CHECK(spawn_in_every_way() == 0);
  // Nothing stays of what failed: neither a link nor a monitor of nobody.
  const ProcessExtension* e = caller.extension.load();
  CHECK((e == nullptr || (e->links.empty() && e->monitors.empty() && e->aliases.empty())));
  for (unsigned i = 1; i <= 3; ++i) end_and_release(world, *all[i]);
  CHECK(spawn_in_every_way() == 3);
  CHECK(caller.extension.load()->links.size() == 1);
  CHECK(caller.extension.load()->monitors.size() == 1);
  CHECK(spawn_in_every_way() == 0);
  CHECK(world.space.count() == kSlots);
}

TEST_CASE("a slot has sixteen pids, and wraps round to the first") {
  BareSpace world({.processes_max = 1, .generation_bits = 4});
  std::vector<Term> pids;
  for (unsigned life = 0; life < 3 * kGenerations; ++life) {
    Process& p = world.spawn();
    pids.push_back(world.pid(p));
    for (unsigned back = 1; back <= life && back < kGenerations; ++back) {
      CHECK_FALSE(world.is_alive(pids[life - back]));
    }
    if (life >= kGenerations) CHECK(pids[life] == pids[life - kGenerations]);
    // Nobody but the living is found by any pid of this slot, those of lives to come included.
    unsigned found = 0;
    for (std::uint32_t generation = 0; generation < 2 * kGenerations; ++generation) {
      found += world.space.find(Term::pid(0, generation)) != nullptr;
    }
    CHECK(found == 1);
    end_and_release(world, p);
    CHECK_FALSE(world.is_alive(pids[life]));
  }
}

TEST_CASE("what is sent to the dead before its pid comes round again reaches nobody") {
  BareSpace world({.processes_max = 2, .generation_bits = 4});
  Process& sender = world.spawn_trapping();
  Process* other = &world.spawn();
  std::vector<Term> dead;
  for (unsigned life = 1; life < kGenerations; ++life) {
    dead.push_back(world.pid(*other));
    end_and_release(world, *other);
    other = &world.spawn();
    for (const Term pid : dead) {
      world.call(bif_send, sender, {pid, kAtom_ok});
      world.call(bif_exit_process, sender, {pid, kAtom_kill});
      world.call(bif_monitor, sender, {kAtom_process, pid});
    }
    CHECK(other->mailbox.is_empty());
    CHECK(world.take(*other));
    CHECK(world.take(sender));
    // Every monitor was answered at once.
    CHECK(BareSpace::mail(sender).size() == dead.size());
    CHECK(sender.extension.load()->monitors.empty());
    BareSpace::drop_mail(sender);
  }
}

TEST_CASE("slots are used again in turn, so that a pid comes back as late as may be") {
  BareSpace world(kSmallWorld);
  std::vector<Process*> all = fill(world);
  std::mt19937_64 random(7);
  // Half of the slots are free, and take turns.
  for (unsigned i = 0; i < kSlots / 2; ++i) end_and_release(world, *all[2 * i]);
  std::map<const Process*, unsigned> last_life;
  std::map<Word, unsigned> last_use;
  for (unsigned n = 1; n < 20000; ++n) {
    Process& p = world.spawn();
    if (last_life.contains(&p)) CHECK(n - last_life[&p] >= kSlots / 2);
    const Term pid = world.pid(p);
    if (last_use.contains(pid.raw)) CHECK(n - last_use[pid.raw] >= kSlots / 2 * kGenerations);
    last_life[&p] = last_use[pid.raw] = n;
    end_and_release(world, p);
  }
  CHECK(last_use.size() == kSlots / 2 * kGenerations);
}

TEST_CASE("against a model: who lives, who is found, how many they are") {
  BareSpace world(kSmallWorld);
  std::mt19937_64 random(20);
  std::vector<Process*> living;
  std::map<Word, bool> known;  // by pid: lives
  std::size_t retired = 0;
  for (unsigned n = 0; n < 40000; ++n) {
    const auto dice = random() % 16;
    if (dice < 8) {
      Process* p = world.try_spawn();
      CHECK((p == nullptr) == (living.size() == kSlots));
      if (p != nullptr) {
        CHECK_FALSE(known[world.pid(*p).raw]);
        known[world.pid(*p).raw] = true;
        living.push_back(p);
      }
    } else if (dice < 15 && !living.empty()) {
      const std::size_t at = random() % living.size();
      known[world.pid(*living[at]).raw] = false;
      world.end(*living[at], kAtom_normal);
      living[at] = living.back();
      living.pop_back();
      ++retired;
    } else {
      world.release_retired();
      retired = 0;
    }
    CHECK(world.space.count() == living.size() + retired);
    if (n % 500 != 0) continue;
    for (const auto& [pid, lives] : known) CHECK(world.is_alive(Term(pid)) == lives);
  }
  CHECK(known.size() >= kSlots * kGenerations);
}

TEST_CASE("a name goes with its holder, and does not pass to who has its slot next") {
  BareSpace world({.processes_max = 1, .generation_bits = 4});
  const Term name = world.atom("keeper");
  for (unsigned life = 0; life < 2 * kGenerations; ++life) {
    Process& p = world.spawn();
    CHECK(world.space.whereis(name) == kAtom_undefined);
    REQUIRE(world.space.register_name(name, world.pid(p), p));
    CHECK_FALSE(world.space.register_name(name, world.pid(p), p));
    CHECK_FALSE(world.space.register_name(world.atom("second"), world.pid(p), p));
    CHECK(world.space.whereis(name) == world.pid(p));
    CHECK(world.space.name_of(world.pid(p)) == name);
    world.end(p, kAtom_normal);
    CHECK(world.space.whereis(name) == kAtom_undefined);
    CHECK_FALSE(world.space.register_name(name, world.pid(p), p));
    world.release_retired();
  }
  CHECK(world.space.registered().empty());
}

}  // namespace parley
