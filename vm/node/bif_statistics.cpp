// Built-ins: what the node has done since it started.
#include <ctime>

#include "vm/node/pool_call.h"

namespace parley {

namespace {

Term count(BifCall& call, std::uint64_t n) { return make_uint64(call.heap, n); }

// {Total, Since the last call}; two that ask at once share the time between them.
Term with_last(BifCall& call, std::uint64_t total, std::atomic<std::uint64_t>& last) {
  const std::uint64_t before = last.exchange(total, std::memory_order_relaxed);
  return make_tuple(call.heap, {count(call, total), count(call, total - std::min(total, before))});
}

std::uint64_t runtime_ms() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1000 +
         static_cast<std::uint64_t>(time.tv_nsec) / 1'000'000;
}

// Bytes of sockets.
Term io(BifCall& call) {
  Network& network = node_of(call).network();
  std::uint64_t received = 0, sent = 0;
  for (unsigned i = 0; i < network.shard_count(); ++i) {
    Shard& shard = network.shard(i);
    std::lock_guard guard(shard.lock());
    received += shard.totals().received_bytes;
    sent += shard.totals().sent_bytes;
  }
  const Term input = make_tuple(call.heap, {kAtom_input, count(call, received)});
  const Term output = make_tuple(call.heap, {kAtom_output, count(call, sent)});
  return make_tuple(call.heap, {input, output});
}

}  // namespace

Term bif_statistics(BifCall& call, const Term* a) {
  const Term what = a[0];
  Node& node = node_of(call);
  Scheduler& scheduler = node.scheduler();
  LastStatistics& last = node.last_statistics;
  if (what == kAtom_reductions || what == kAtom_exact_reductions) {
    return with_last(call, scheduler.totals().reductions, last.reductions);
  }
  if (what == kAtom_runtime) return with_last(call, runtime_ms(), last.runtime_ms);
  if (what == kAtom_wall_clock) {
    return with_last(call, monotonic_ms() - node.start_monotonic_ms, last.wall_clock_ms);
  }
  if (what == kAtom_run_queue || what == kAtom_total_run_queue_lengths) {
    return count(call, scheduler.run_queue_length());
  }
  if (what == kAtom_garbage_collection) {
    const auto totals = scheduler.totals();
    return make_tuple(call.heap, {count(call, totals.collections),
                                  count(call, totals.collected_words), Term::small(0)});
  }
  if (what == kAtom_io) return io(call);
  // Measured only where somebody has asked for it beforehand, which here nobody can.
  if (what == kAtom_scheduler_wall_time) return kAtom_undefined;
  return call.badarg();
}

}  // namespace parley
