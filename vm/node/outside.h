// What a node has of the operating system beside clocks and sockets: files, names, its environment,
// the standard streams; and the pool that waits for them.
//
// Invariant: `files` and `streams` outlive the node where a thread of the pool still uses them; all
// else ends with it.
#pragma once

#include <functional>
#include <memory>

#include "vm/node/environment.h"
#include "vm/node/open_files.h"
#include "vm/node/streams.h"
#include "vm/sched/pool.h"

namespace parley {

struct Outside {
  Outside(ProcessSpace& processes, std::function<void()> wake_scheduler)
      : pool(processes, BlockingPool::kUsualLimits, std::move(wake_scheduler)) {}
  ~Outside() { streams->stop(); }

  std::shared_ptr<Files> files = make_posix_files();
  std::shared_ptr<Streams> streams = std::make_shared<Streams>();
  OpenFiles open_files;
  Environment environment;
  BlockingPool pool;  // last: it ends first, and may answer into what stands above
};

}  // namespace parley
