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
  std::uint64_t deadline_ms;
  TimerHandle handle;
};

// Mostly near, now and then so far that it lies in a high level.
std::uint64_t distance(std::mt19937_64& random) {
  const unsigned bits = static_cast<unsigned>(random() % 24);
  return random() % ((std::uint64_t{1} << bits) + 1);
}

void run_against_model(std::uint64_t seed, std::uint64_t begin_ms) {
  std::mt19937_64 random(seed);
  TimerWheel wheel(begin_ms);
  TimerWheel::Guard guard(wheel.lock());
  std::map<std::uint32_t, Modelled> model;  // by the number that the timer carries
  std::uint64_t now = begin_ms;
  std::uint32_t next_number = 1;
  std::vector<TimerHandle> over;
  for (unsigned step = 0; step < 3000; ++step) {
    switch (random() % 4) {
      case 0:
      case 1: {
        Timer timer;
        timer.deadline_ms = now + distance(random);
        timer.sequence = next_number++;
        model[timer.sequence] = {timer.deadline_ms, wheel.arm(guard, timer, now)};
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
        const std::uint64_t to = now + distance(random) / 4;
        if (const auto next = wheel.next_ms(guard); next && !model.empty()) {
          const auto soonest = std::min_element(
              model.begin(), model.end(), [](const auto& a, const auto& b) {
                return a.second.deadline_ms < b.second.deadline_ms;
              });
          CHECK(*next <= std::max(soonest->second.deadline_ms, now + 1));
        }
        std::vector<Timer> due;
        wheel.advance(guard, to, due);
        std::uint64_t last = 0;
        for (const Timer& timer : due) {
          const auto expected = model.find(timer.sequence);
          REQUIRE(expected != model.end());
          CHECK(expected->second.deadline_ms == timer.deadline_ms);
          CHECK(timer.deadline_ms <= to);
          // One that was due when it was armed fires in the next millisecond.
          CHECK(std::max(timer.deadline_ms, now + 1) >= last);
          last = std::max(timer.deadline_ms, now + 1);
          over.push_back(expected->second.handle);
          model.erase(expected);
        }
        if (to > now) {
          for (const auto& [number, timer] : model) CHECK(timer.deadline_ms > to);
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
  constexpr std::uint64_t kDayMs = 86'400'000;
  TimerWheel wheel(0);
  TimerWheel::Guard guard(wheel.lock());
  Timer timer;
  timer.deadline_ms = kDayMs + 5;
  wheel.arm(guard, timer, kDayMs);
  CHECK(wheel.next_ms(guard) == kDayMs + 5);
  std::vector<Timer> due;
  wheel.advance(guard, kDayMs + 4, due);
  CHECK(due.empty());
  wheel.advance(guard, kDayMs + 5, due);
  CHECK(due.size() == 1);
}

}  // namespace

TEST_CASE("the timer wheel does what a list of deadlines does") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) run_against_model(seed, seed * 1000);
}

TEST_CASE("the wheel goes round at every border of its levels") {
  for (unsigned level_bits : {8u, 14u, 20u, 26u, 32u, 38u}) {
    for (int before = -2; before <= 2; ++before) {
      run_against_model(level_bits, (std::uint64_t{1} << level_bits) +
                                        static_cast<std::uint64_t>(before + 2) - 2);
    }
  }
}

}  // namespace parley
