// Built-ins: what the node has done since it started, and what memory it takes.
#include <unistd.h>

#include <array>
#include <cstdio>
#include <ctime>

#include "vm/code/code_block.h"
#include "vm/ets/table.h"
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

// What the system keeps in memory for the whole program.
std::uint64_t resident_bytes() {
  unsigned long size = 0, resident = 0;
  if (std::FILE* file = std::fopen("/proc/self/statm", "re")) {
    if (std::fscanf(file, "%lu %lu", &size, &resident) != 2) resident = 0;
    std::fclose(file);
  }
  return std::uint64_t{resident} * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::uint64_t code_bytes(CodeIndex& code) {
  std::uint64_t words = 0;
  for (const Term name : code.all_loaded()) {
    const ModuleVersions module = code.versions(name);
    if (module.current != nullptr) words += module.current->words.size();
    if (module.old != nullptr) words += module.old->words.size();
  }
  return words * sizeof(Word);
}

std::uint64_t table_bytes(const Tables& tables) {
  std::uint64_t words = 0;
  for (const auto& table : tables.all()) {
    std::shared_lock guard(table->lock);
    words += table->words();
  }
  return words * sizeof(Word);
}

// Processes, binaries and atoms are not told apart: nobody adds them up.
constexpr std::array kMemoryKinds{kAtom_total, kAtom_code, kAtom_ets};

// The non-value: not a kind.
Term memory_of(BifCall& call, Term kind) {
  if (kind == kAtom_total) return count(call, resident_bytes());
  if (kind == kAtom_code) return count(call, code_bytes(*call.services.code));
  return kind == kAtom_ets ? count(call, table_bytes(*call.services.tables)) : Term();
}

}  // namespace

Term bif_memory_all(BifCall& call, const Term*) {
  ListBuilder list(call.heap);
  for (const Term kind : kMemoryKinds) {
    list.append(make_tuple(call.heap, {kind, memory_of(call, kind)}));
  }
  return list.finish();
}

Term bif_memory(BifCall& call, const Term* a) {
  if (!a[0].is_cons() && !a[0].is_nil()) {
    const Term bytes = memory_of(call, a[0]);
    return bytes.is_value() ? bytes : call.badarg();
  }
  ListBuilder list(call.heap);
  Term kinds = a[0];
  for (; kinds.is_cons(); kinds = kinds.tail()) {
    const Term bytes = memory_of(call, kinds.head());
    if (!bytes.is_value()) return call.badarg();
    list.append(make_tuple(call.heap, {kinds.head(), bytes}));
  }
  return kinds.is_nil() ? list.finish() : call.badarg();
}

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
    const std::uint64_t up_ms = (monotonic_ns() - node.start_monotonic_ns) / kNsPerMs;
    return with_last(call, up_ms, last.wall_clock_ms);
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
