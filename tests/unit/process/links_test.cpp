// Links: every short history of two processes that link and unlink, with their signals handled as
// early and as late as may be. When all is quiet both sides know the same; whoever ends is told of
// exactly where a link stands.
#include <doctest/doctest.h>

#include <random>

#include "tests/unit/process/bare_space.h"

namespace parley {
namespace {

using test::BareSpace;

struct Peers {
  BareSpace& world;
  Process *a, *b;
  explicit Peers(BareSpace& space)
      : world(space), a(&space.spawn_trapping()), b(&space.spawn_trapping()) {}
  ~Peers() {
    for (Process* p : {a, b}) {
      if (p->current_state() != ProcessState::kExiting) world.end(*p, kAtom_normal);
    }
    world.release_retired();
    world.scheduler.runnable.clear();
  }

  static constexpr unsigned kSteps = 6;
  static const char* name(unsigned step) {
    static constexpr const char* kNames[kSteps] = {"a links", "a unlinks", "a takes",
                                                   "b links", "b unlinks", "b takes"};
    return kNames[step];
  }
  void step(unsigned which) {
    Process& own = which < 3 ? *a : *b;
    Process& other = which < 3 ? *b : *a;
    switch (which % 3) {
      case 0: world.call(bif_link, own, {world.pid(other)}); break;
      case 1: world.call(bif_unlink, own, {world.pid(other)}); break;
      default: world.take(own);
    }
  }
  void settle() {
    while (!a->mailbox.is_empty() || !b->mailbox.is_empty()) {
      world.take(*a);
      world.take(*b);
    }
  }
  bool is_linked(Process& own, Process& other) {
    const Term links = world.call(bif_process_info_item, own, {world.pid(own), kAtom_links});
    for (Term l = links.element(1); l.is_cons(); l = l.tail()) {
      if (l.head() == world.pid(other)) return true;
    }
    return false;
  }
  bool knows(const Process& own, const Process& other) {
    const ProcessExtension* e = own.extension.load();
    return e != nullptr && e->links.contains(world.pid(other).raw);
  }
};

std::string history_text(const std::vector<unsigned>& history) {
  std::string text;
  for (const unsigned step : history) text += std::string(Peers::name(step)) + ", ";
  return text;
}

void play(Peers& peers, const std::vector<unsigned>& history) {
  for (const unsigned step : history) peers.step(step);
}

// Calls visit with every history of exactly so many steps.
template <class Visit>
void each_history(unsigned steps, Visit visit) {
  std::vector<unsigned> history(steps, 0);
  for (;;) {
    visit(history);
    unsigned at = 0;
    while (at < steps && ++history[at] == Peers::kSteps) history[at++] = 0;
    if (at == steps) return;
  }
}

constexpr unsigned kHistorySteps = 7;

void check_symmetrical(BareSpace& world, const std::vector<unsigned>& history, unsigned& linked) {
  Peers peers(world);
  play(peers, history);
  peers.settle();
  const bool a_to_b = peers.is_linked(*peers.a, *peers.b);
  if (a_to_b != peers.is_linked(*peers.b, *peers.a)) {
    FAIL_CHECK("one side alone is linked after: " << history_text(history));
  }
  // An unlink that was acknowledged leaves nothing behind.
  if (!a_to_b && (peers.knows(*peers.a, *peers.b) || peers.knows(*peers.b, *peers.a))) {
    FAIL_CHECK("a link that is none is kept after: " << history_text(history));
  }
  const std::size_t mail_before = BareSpace::mail(*peers.b).size();
  peers.world.end(*peers.a, kAtom_error);
  peers.world.take(*peers.b);
  if (BareSpace::mail(*peers.b).size() - mail_before != (a_to_b ? 1 : 0)) {
    FAIL_CHECK("told wrongly of the end after: " << history_text(history));
  }
  linked += a_to_b ? 1 : 0;
}

// `a` ends in the middle of it all.
void check_one_exit(BareSpace& world, const std::vector<unsigned>& history) {
  Peers peers(world);
  play(peers, history);
  const Term a = peers.world.pid(*peers.a);
  const bool b_wants = peers.is_linked(*peers.b, *peers.a);
  peers.world.end(*peers.a, kAtom_error);
  peers.world.take(*peers.b);
  const std::size_t exits = BareSpace::mail(*peers.b).size();
  if (exits > 1 || (b_wants && exits == 0)) {
    FAIL_CHECK(exits << " exits of the ended process after: " << history_text(history));
  }
  const ProcessExtension* e = peers.b->extension.load();
  if (e != nullptr && e->links.contains(a.raw)) {
    FAIL_CHECK("linked to who is dead after: " << history_text(history));
  }
}

}  // namespace

TEST_CASE("after every history of links and unlinks both sides know the same") {
  BareSpace world;
  unsigned histories = 0, linked = 0;
  each_history(kHistorySteps, [&](const std::vector<unsigned>& history) {
    check_symmetrical(world, history, linked);
    ++histories;
  });
  CHECK(histories == 279936);
  CHECK(linked > histories / 10);
  CHECK(linked < histories);
}

TEST_CASE("whoever is linked when its peer ends is told once") {
  BareSpace world;
  each_history(kHistorySteps,
               [&](const std::vector<unsigned>& history) { check_one_exit(world, history); });
}

TEST_CASE("long random histories leave links symmetrical") {
  std::mt19937_64 random(1);
  BareSpace world;
  unsigned linked = 0;
  for (unsigned n = 0; n < 2000; ++n) {
    std::vector<unsigned> history(10 + random() % 60);
    for (unsigned& step : history) step = static_cast<unsigned>(random() % Peers::kSteps);
    check_symmetrical(world, history, linked);
  }
  CHECK(linked > 0);
}

TEST_CASE("no exit comes after unlink has returned") {
  BareSpace world;
  Peers peers(world);
  world.call(bif_link, *peers.a, {world.pid(*peers.b)});
  peers.settle();
  SUBCASE("the peer ended before") {
    const Term b = world.pid(*peers.b);
    world.end(*peers.b, kAtom_error);
    world.call(bif_unlink, *peers.a, {b});
    CHECK(BareSpace::mail(*peers.a).size() == 1);  // it had come, unlink took it in
  }
  SUBCASE("the peer ends before it has seen the unlink") {
    world.call(bif_unlink, *peers.a, {world.pid(*peers.b)});
    world.end(*peers.b, kAtom_error);
    world.take(*peers.a);
    CHECK(BareSpace::mail(*peers.a).empty());
  }
}

}  // namespace parley
