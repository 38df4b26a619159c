// What a scheduler asks of an engine, without knowing it: run this process for one slice.
#pragma once

#include <atomic>
#include <cstdint>

#include "vm/process/process.h"

namespace parley {

enum class RunResult : std::uint8_t { kYielded, kWaiting, kExited };

// What one runner has done since it was made. Written by its thread alone, read by any: each number
// is right by itself, together they are of about the same time.
struct RunCounters {
  std::atomic<std::uint64_t> reductions{0}, collections{0}, collected_words{0};
  static void add(std::atomic<std::uint64_t>& counter, std::uint64_t more) {
    counter.store(counter.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
  }
};

class SliceRunner {
 public:
  virtual ~SliceRunner() = default;
  RunCounters counters;
  // The process is RUNNING and the caller's. On kYielded and kWaiting it is saved whole; on kExited
  // `finish` comes next.
  virtual RunResult run(Process& process) = 0;
  // Ends the process that `run` answered kExited for.
  virtual void finish(Process& process) = 0;
};

}  // namespace parley
