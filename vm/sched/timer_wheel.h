// A hierarchical timer wheel of one scheduler: arming, cancelling and firing cost a constant.
//
//   level 0: 256 slots of a tick (131 us)   level 1: 64 slots of 33 ms   level 2: 64 of 2 s   ...
//
// A timer lies in the lowest level whose span reaches its deadline; when level k comes round, the
// next slot of level k + 1 is dealt out below (G. Varghese, T. Lauck, "Hashed and hierarchical
// timing wheels", SOSP 1987).
//
// Invariant: a timer fires in the first `advance` to a tick at or after its deadline, never before:
// the clock is rounded down to ticks, deadlines are rounded up. A tick is an eighth of the
// millisecond that programs count in, so that the rounding is little beside it. Those of one tick
// fire in the order in which they were armed.
// A handle {slot, generation} names one arming only; cancelling one that fired or was cancelled
// does nothing. Times are absolute nanoseconds of the node's clock.
//
// Thread: every call holds the wheel's lock (the caller passes the guard as a witness).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "vm/process/process.h"

namespace parley {

inline constexpr std::uint64_t kNsPerMs = 1'000'000;

struct Timer {
  std::uint64_t deadline_ns = 0;
  Term target;                    // pid, or a registered name
  Fragment* message = nullptr;    // what is sent; null: a receive time-out
  std::uint32_t sequence = 0;     // of the receive that it ends
  std::uint32_t generation = 0;
  std::uint32_t next = 0;         // a slot; 0: none
  std::uint32_t previous = 0;     // a slot; of the first one the last
  std::uint32_t list = 0;         // which slot of which level it lies in, for unlinking
  bool armed = false;

  // Rounded up: who sleeps so long again finds it fired.
  std::uint64_t left_ms(std::uint64_t now_ns) const {
    return deadline_ns > now_ns ? (deadline_ns - now_ns + kNsPerMs - 1) / kNsPerMs : 0;
  }
};

// A slot's number has 24 bits wherever it is kept.
inline constexpr std::uint32_t kTimersMax = (1u << 24) - 1;

struct TimerHandle {
  std::uint32_t slot = 0;  // 0: none
  std::uint32_t generation = 0;
};

class TimerWheel {
 public:
  explicit TimerWheel(std::uint64_t now_ns);
  // Frees the messages of what is still armed. Every scheduler has stopped.
  ~TimerWheel();
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  std::mutex& lock() { return lock_; }
  using Guard = std::lock_guard<std::mutex>;

  // `now_ns`: the clock, which a wheel with nothing in it has not been told for long. No handle
  // where kTimersMax are armed.
  TimerHandle arm(const Guard&, const Timer& timer, std::uint64_t now_ns);
  // For a message that holds its own timer's reference.
  void set_message(const Guard&, TimerHandle handle, Fragment* message) {
    timers_[handle.slot].message = message;
  }
  // What was cancelled (its message is the caller's now), if it was still armed.
  std::optional<Timer> cancel(const Guard&, TimerHandle handle);
  const Timer* find(const Guard&, TimerHandle handle) const;
  // Takes out what is due at `now_ns`, in order of deadline by ticks.
  void advance(const Guard&, std::uint64_t now_ns, std::vector<Timer>& due);
  // When to look next, at the latest; nullopt: nothing is armed.
  std::optional<std::uint64_t> next_ns(const Guard&) const;
  std::uint32_t armed_count() const { return armed_.load(std::memory_order_relaxed); }

 private:
  static constexpr unsigned kLevels = 6;
  static constexpr unsigned kSlots0 = 256, kSlots = 64;
  static constexpr unsigned kLists = kSlots0 + (kLevels - 1) * kSlots;
  static constexpr unsigned shift_of(unsigned level) {
    return level == 0 ? 0 : 8 + 6 * (level - 1);
  }

  static constexpr unsigned kTickShift = 17;  // 131,072 ns
  static std::uint64_t tick_at(std::uint64_t time_ns) { return time_ns >> kTickShift; }
  static std::uint64_t tick_from(std::uint64_t time_ns) {
    return (time_ns + (std::uint64_t{1} << kTickShift) - 1) >> kTickShift;
  }

  std::uint32_t list_for(std::uint64_t deadline) const;
  std::optional<std::uint64_t> next_tick() const;
  enum class Place : std::uint8_t { kFront, kBack };
  void link(std::uint32_t slot, Place place);
  void unlink(std::uint32_t slot);
  void free(std::uint32_t slot);
  void cascade(unsigned level, std::uint64_t next);

  std::mutex lock_;
  std::uint64_t now_;  // ticks
  std::atomic<std::uint32_t> armed_{0};  // changed under the lock; read without it as a hint
  std::vector<Timer> timers_;             // slot 0 is unused
  std::vector<std::uint32_t> free_;
  std::array<std::uint32_t, kLists> heads_{};
};

}  // namespace parley
