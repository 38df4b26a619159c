// The timer wheel against a model: a list of deadlines. Random arming, cancelling and passing of
// time, across the borders of all levels.
#include "vm/sched/timer_wheel.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>

namespace parley {
namespace {

struct Modelled {
  std::uint64_t deadline_ns;
  TimerHandle handle;
};

// As the wheel counts.
constexpr std::uint64_t kTickNs = std::uint64_t{1} << 17;

std::uint64_t tick_from(std::uint64_t time_ns) { return (time_ns + kTickNs - 1) / kTickNs; }

// Mostly near, now and then so far that it lies in a high level; half of them whole ticks.
std::uint64_t distance_ns(std::mt19937_64& random) {
  const unsigned bits = static_cast<unsigned>(random() % 24);
  const std::uint64_t ticks = random() % ((std::uint64_t{1} << bits) + 1);
  return ticks * kTickNs + (random() % 2) * (random() % kTickNs);
}

void run_against_model(std::uint64_t seed, std::uint64_t begin_ns) {
  std::mt19937_64 random(seed);
  TimerWheel wheel(begin_ns);
  TimerWheel::Guard guard(wheel.lock());
  std::map<std::uint32_t, Modelled> model;  // by the number that the timer carries
  std::uint64_t now = begin_ns;
  std::uint32_t next_number = 1;
  std::vector<TimerHandle> over;
  for (unsigned step = 0; step < 3000; ++step) {
    switch (random() % 4) {
      case 0:
      case 1: {
        Timer timer;
        timer.deadline_ns = now + distance_ns(random);
        timer.sequence = next_number++;
        model[timer.sequence] = {timer.deadline_ns, wheel.arm(guard, timer, now)};
        break;
      }
      case 2: {
        if (model.empty()) break;
        auto chosen = std::next(model.begin(), static_cast<long>(random() % model.size()));
        const auto cancelled = wheel.cancel(guard, chosen->second.handle);
        REQUIRE(cancelled.has_value());
        CHECK(cancelled->sequence == chosen->first);
        over.push_back(chosen->second.handle);
        model.erase(chosen);
        break;
      }
      default: {
        const std::uint64_t to = now + distance_ns(random) / 4;
        if (const auto next = wheel.next_ns(guard); next && !model.empty()) {
          const auto soonest = std::min_element(
              model.begin(), model.end(), [](const auto& a, const auto& b) {
                return a.second.deadline_ns < b.second.deadline_ns;
              });
          CHECK(*next / kTickNs <=
                std::max(tick_from(soonest->second.deadline_ns), now / kTickNs + 1));
        }
        std::vector<Timer> due;
        wheel.advance(guard, to, due);
        std::uint64_t last_tick = 0;
        for (const Timer& timer : due) {
          const auto expected = model.find(timer.sequence);
          REQUIRE(expected != model.end());
          CHECK(expected->second.deadline_ns == timer.deadline_ns);
          CHECK(timer.deadline_ns <= to);
          // One that was due when it was armed fires in the next tick.
          const std::uint64_t tick = std::max(tick_from(timer.deadline_ns), now / kTickNs + 1);
          CHECK(tick >= last_tick);
          last_tick = tick;
          over.push_back(expected->second.handle);
          model.erase(expected);
        }
        for (const auto& [number, timer] : model) {
          CHECK((to / kTickNs == now / kTickNs || tick_from(timer.deadline_ns) > to / kTickNs));
        }
        now = to;
        break;
      }
    }
    CHECK(wheel.armed_count() == model.size());
    // A handle names one arming only, though its slot is used again.
    if (!over.empty()) {
      const TimerHandle old = over[random() % over.size()];
      CHECK(wheel.find(guard, old) == nullptr);
      CHECK_FALSE(wheel.cancel(guard, old).has_value());
    }
  }
}

TEST_CASE("a wheel that was idle for a day counts from now") {
  constexpr std::uint64_t kDay = 659'179'688 * kTickNs;
  TimerWheel wheel(0);
  TimerWheel::Guard guard(wheel.lock());
  Timer timer;
  timer.deadline_ns = kDay + 5 * kTickNs;
  wheel.arm(guard, timer, kDay);
  CHECK(wheel.next_ns(guard) == kDay + 5 * kTickNs);
  std::vector<Timer> due;
  wheel.advance(guard, kDay + 5 * kTickNs - 1, due);
  CHECK(due.empty());
  wheel.advance(guard, kDay + 5 * kTickNs, due);
  CHECK(due.size() == 1);
}

TEST_CASE("a timer never fires early, and what is left of it is rounded up") {
  constexpr std::uint64_t kNow = 1000 * kTickNs + kTickNs / 2;  // in the middle of a tick
  TimerWheel wheel(kNow);
  TimerWheel::Guard guard(wheel.lock());
  Timer timer;
  timer.deadline_ns = kNow + 1'000'000;
  const TimerHandle handle = wheel.arm(guard, timer, kNow);
  CHECK(wheel.find(guard, handle)->left_ms(kNow) == 1);
  CHECK(wheel.find(guard, handle)->left_ms(kNow + 999'999) == 1);
  std::vector<Timer> due;
  wheel.advance(guard, kNow + 999'999, due);
  CHECK(due.empty());
  wheel.advance(guard, kNow + 1'000'000 + kTickNs - 1, due);
  CHECK(due.size() == 1);
}

TEST_CASE("timers of one deadline fire in the order in which they were armed") {
  TimerWheel wheel(0);
  TimerWheel::Guard guard(wheel.lock());
  std::vector<TimerHandle> handles;
  for (std::uint32_t number = 1; number <= 6; ++number) {
    Timer timer;
    timer.deadline_ns = 7'000'000;
    timer.sequence = number;
    handles.push_back(wheel.arm(guard, timer, 0));
  }
  for (const unsigned gone : {0u, 3u, 5u}) CHECK(wheel.cancel(guard, handles[gone]).has_value());
  std::vector<Timer> due;
  wheel.advance(guard, 8'000'000, due);
  REQUIRE(due.size() == 3);
  CHECK(due[0].sequence == 2);
  CHECK(due[1].sequence == 3);
  CHECK(due[2].sequence == 5);
}

TEST_CASE("an earlier armed timer of the same deadline fires first, though it lay a level above") {
  TimerWheel wheel(0);
  TimerWheel::Guard guard(wheel.lock());
  Timer timer;
  timer.deadline_ns = 300 * kTickNs;
  for (timer.sequence = 1; timer.sequence <= 2; ++timer.sequence) wheel.arm(guard, timer, 0);
  std::vector<Timer> due;
  wheel.advance(guard, 200 * kTickNs, due);
  for (; timer.sequence <= 4; ++timer.sequence) wheel.arm(guard, timer, 200 * kTickNs);
  wheel.advance(guard, 300 * kTickNs, due);
  REQUIRE(due.size() == 4);
  for (std::uint32_t i = 0; i < 4; ++i) CHECK(due[i].sequence == i + 1);
}

TEST_CASE("a wheel that stood still for a year goes on at once") {
  constexpr std::uint64_t kYearNs = 31'536'000'000'000'000;
  TimerWheel wheel(0);
  TimerWheel::Guard guard(wheel.lock());
  Timer timer;
  timer.deadline_ns = kYearNs - kTickNs;
  wheel.arm(guard, timer, 0);
  timer.deadline_ns = 5 * kTickNs;
  wheel.arm(guard, timer, 0);
  std::vector<Timer> due;
  wheel.advance(guard, kYearNs, due);
  CHECK(due.size() == 2);
}

}  // namespace

TEST_CASE("the timer wheel does what a list of deadlines does") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    run_against_model(seed, seed * 1000 * kTickNs + seed);
  }
}

TEST_CASE("the wheel goes round at every border of its levels") {
  for (unsigned level_bits : {8u, 14u, 20u, 26u, 32u, 38u}) {
    for (int before = -2; before <= 2; ++before) {
      const std::uint64_t tick =
          (std::uint64_t{1} << level_bits) + static_cast<std::uint64_t>(before + 2) - 2;
      run_against_model(level_bits, tick * kTickNs);
    }
  }
}

}  // namespace parley
