// What a scheduler asks of an engine, without knowing it: run this process for one slice.
#pragma once

#include <cstdint>

#include "vm/process/process.h"

namespace parley {

enum class RunResult : std::uint8_t { kYielded, kWaiting, kExited };

class SliceRunner {
 public:
  virtual ~SliceRunner() = default;
  // The process is RUNNING and the caller's. On kYielded and kWaiting it is saved whole; on kExited
  // `finish` comes next.
  virtual RunResult run(Process& process) = 0;
  // Ends the process that `run` answered kExited for.
  virtual void finish(Process& process) = 0;
};

}  // namespace parley
