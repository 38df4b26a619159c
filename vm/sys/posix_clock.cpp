// The machine's clocks.
#include <ctime>

#include "vm/base/assert.h"
#include "vm/sys/clock.h"

namespace parley {

namespace {

std::int64_t read_clock(clockid_t id) {
  timespec time{};
  const int status = ::clock_gettime(id, &time);
  PARLEY_ASSERT(status == 0, "the clocks that are read exist on every Linux");
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

class PosixClock : public Clock {
 public:
  std::uint64_t monotonic_ns() override {
    return static_cast<std::uint64_t>(read_clock(CLOCK_MONOTONIC));
  }
  std::int64_t system_ns() override { return read_clock(CLOCK_REALTIME); }
  std::uint64_t thread_cpu_ns() override {
    return static_cast<std::uint64_t>(read_clock(CLOCK_THREAD_CPUTIME_ID));
  }
  std::uint64_t process_cpu_ns() override {
    return static_cast<std::uint64_t>(read_clock(CLOCK_PROCESS_CPUTIME_ID));
  }
};

}  // namespace

std::unique_ptr<Clock> make_posix_clock() { return std::make_unique<PosixClock>(); }

}  // namespace parley
