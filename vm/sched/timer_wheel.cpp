// The wheel; timer_wheel.h has the picture.
#include "vm/sched/timer_wheel.h"

#include <algorithm>

#include "vm/heap/collector.h"

namespace parley {

TimerWheel::TimerWheel(std::uint64_t now_ns) : now_(tick_at(now_ns)) { timers_.emplace_back(); }

TimerWheel::~TimerWheel() {
  for (const Timer& timer : timers_) {
    if (timer.armed && timer.message != nullptr) free_fragment(timer.message);
  }
}

std::uint32_t TimerWheel::list_for(std::uint64_t deadline) const {
  const std::uint64_t due = std::max(deadline, now_ + 1);
  const std::uint64_t distance = due - now_;
  // A whole round still fits: the slot that it shares with this tick has had its turn. Slots
  // are dealt out one tick early, so their last timers are a whole round away.
  if (distance <= kSlots0) return static_cast<std::uint32_t>(due & (kSlots0 - 1));
  for (unsigned level = 1; level < kLevels; ++level) {
    if (distance <= (std::uint64_t{1} << shift_of(level + 1)) || level == kLevels - 1) {
      const std::uint64_t reach =
          std::min(due, now_ + (std::uint64_t{1} << shift_of(kLevels)) - 1);
      return kSlots0 + (level - 1) * kSlots +
             static_cast<std::uint32_t>((reach >> shift_of(level)) & (kSlots - 1));
    }
  }
  return 0;
}

// The list ends with next == 0; the first one's `previous` is the last.
void TimerWheel::link(std::uint32_t slot, Place place) {
  Timer& timer = timers_[slot];
  timer.list = list_for(tick_from(timer.deadline_ns));
  std::uint32_t& head = heads_[timer.list];
  timer.next = 0;
  if (head == 0) {
    head = timer.previous = slot;
    return;
  }
  timer.previous = timers_[head].previous;  // the last
  timers_[head].previous = slot;
  if (place == Place::kFront) {
    timer.next = head;
    head = slot;
  } else {
    timers_[timer.previous].next = slot;
  }
}

void TimerWheel::unlink(std::uint32_t slot) {
  const Timer& timer = timers_[slot];
  std::uint32_t& head = heads_[timer.list];
  if (timer.next != 0) timers_[timer.next].previous = timer.previous;
  else if (head != slot) timers_[head].previous = timer.previous;
  if (head == slot) head = timer.next;
  else timers_[timer.previous].next = timer.next;
}

void TimerWheel::free(std::uint32_t slot) {
  timers_[slot].armed = false;
  timers_[slot].message = nullptr;
  ++timers_[slot].generation;
  free_.push_back(slot);
  --armed_;
}

TimerHandle TimerWheel::arm(const Guard&, const Timer& timer, std::uint64_t now_ns) {
  if (armed_ == 0) now_ = std::max(now_, tick_at(now_ns));
  if (free_.empty() && timers_.size() > kTimersMax) return {};
  std::uint32_t slot;
  if (free_.empty()) {
    slot = static_cast<std::uint32_t>(timers_.size());
    timers_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  const std::uint32_t generation = timers_[slot].generation;
  timers_[slot] = timer;
  timers_[slot].generation = generation;
  timers_[slot].armed = true;
  ++armed_;
  link(slot, Place::kBack);
  return TimerHandle{slot, generation};
}

std::optional<Timer> TimerWheel::cancel(const Guard& guard, TimerHandle handle) {
  const Timer* found = find(guard, handle);
  if (found == nullptr) return std::nullopt;
  Timer timer = *found;
  unlink(handle.slot);
  free(handle.slot);
  return timer;
}

const Timer* TimerWheel::find(const Guard&, TimerHandle handle) const {
  if (handle.slot == 0 || handle.slot >= timers_.size()) return nullptr;
  const Timer& timer = timers_[handle.slot];
  return timer.armed && timer.generation == handle.generation ? &timer : nullptr;
}

// Deals out the slot of `level` that covers `next`, one tick before it comes: `link` counts from
// now_, so a timer due at that very tick still finds its slot in level 0. What lies above was armed
// before what lies below with the same deadline, so it goes in front, the last one first.
void TimerWheel::cascade(unsigned level, std::uint64_t next) {
  const auto index = static_cast<unsigned>((next >> shift_of(level)) & (kSlots - 1));
  std::uint32_t& head = heads_[kSlots0 + (level - 1) * kSlots + index];
  const std::uint32_t first = head;
  if (first == 0) return;
  head = 0;
  for (std::uint32_t slot = timers_[first].previous;;) {
    const std::uint32_t before = timers_[slot].previous;
    link(slot, Place::kFront);
    if (slot == first) return;
    slot = before;
  }
}

void TimerWheel::advance(const Guard&, std::uint64_t now_ns, std::vector<Timer>& due) {
  const std::uint64_t now = tick_at(now_ns);
  while (now_ < now) {
    if (armed_ == 0) {
      now_ = now;
      return;
    }
    // Who slept long jumps over the ticks in which nothing happens.
    if (now - now_ > kSlots0) {
      now_ = std::min(now, std::max(now_ + 1, *next_tick()) - 1);
      if (now_ == now) return;
    }
    const std::uint64_t next = now_ + 1;
    for (unsigned level = kLevels - 1; level >= 1; --level) {
      if ((next & ((std::uint64_t{1} << shift_of(level)) - 1)) == 0) cascade(level, next);
    }
    now_ = next;
    std::uint32_t slot = heads_[next & (kSlots0 - 1)];
    while (slot != 0) {
      const std::uint32_t following = timers_[slot].next;
      if (tick_from(timers_[slot].deadline_ns) <= next) {
        due.push_back(timers_[slot]);
        unlink(slot);
        free(slot);
      }
      slot = following;
    }
  }
}

std::optional<std::uint64_t> TimerWheel::next_ns(const Guard&) const {
  const auto tick = next_tick();
  return tick ? std::optional(*tick << kTickShift) : std::nullopt;
}

std::optional<std::uint64_t> TimerWheel::next_tick() const {
  if (armed_ == 0) return std::nullopt;
  std::uint64_t soonest = ~std::uint64_t{0};
  for (unsigned i = 1; i <= kSlots0 && soonest == ~std::uint64_t{0}; ++i) {
    if (heads_[(now_ + i) & (kSlots0 - 1)] != 0) soonest = now_ + i;
  }
  // A timer that was far when it was armed lies above until its slot is dealt out, and may by now
  // be due before all below.
  for (unsigned level = 1; level < kLevels; ++level) {
    for (unsigned i = 1; i <= kSlots; ++i) {
      const std::uint64_t at = ((now_ >> shift_of(level)) + i) << shift_of(level);
      const auto index = static_cast<unsigned>((at >> shift_of(level)) & (kSlots - 1));
      if (heads_[kSlots0 + (level - 1) * kSlots + index] == 0) continue;
      soonest = std::min(soonest, at);
      break;
    }
  }
  return soonest;
}

}  // namespace parley
