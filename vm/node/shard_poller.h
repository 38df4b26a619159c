// Joins a scheduler's sleep and a shard of the network: the scheduler sleeps in its shard's poller.
#pragma once

#include "vm/net/network.h"
#include "vm/sched/scheduler.h"

namespace parley {

class ShardPoller : public Poller {
 public:
  explicit ShardPoller(Shard& shard) : shard_(shard) {}
  void poll(int timeout_us, WaitObserver* observer) override { shard_.poll(timeout_us, observer); }
  void wake() override { shard_.wake(); }

 private:
  Shard& shard_;
};

}  // namespace parley
