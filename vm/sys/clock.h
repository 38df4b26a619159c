// Time, as the node sees it.
//
// Invariant: `monotonic_ns` never goes back. Any thread.
#pragma once

#include <cstdint>
#include <memory>

namespace parley {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::uint64_t monotonic_ns() = 0;  // since some start
  virtual std::int64_t system_ns() = 0;      // since 1970, UTC; may jump
  // CPU time of the calling thread and of the process.
  virtual std::uint64_t thread_cpu_ns() = 0;
  virtual std::uint64_t process_cpu_ns() = 0;
};

// The machine's clocks.
std::unique_ptr<Clock> make_posix_clock();

}  // namespace parley
