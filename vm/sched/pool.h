// The blocking pool of a node: a few threads that make the calls which may take long (files, names,
// standard streams), so that neither a scheduler nor the calling process ever sits in one.
//
//   built-in  -- submit(job) -->  queue  --> pool thread: work() blocks, then the answer is made
//   process   waits in prim_process:await/1 for {Reference, Answer}, killable like any other
//   scheduler -- deliver_finished() --> hands the finished message to the process, if it lives
//
// Invariant: a job holds C++ data and no terms but the asker's pid, so no heap has to stay where it
// is. Messages are delivered by scheduler threads alone: a pool thread never touches a process, so
// it can race with no reuse of a slot. Every accepted job is answered, or dropped with its asker.
//
// Queues are separate and bounded: a slow name server delays no file, and whoever asks for more
// than a queue holds is told so at once. Threads start with the first job, none at the node's
// start. A thread that still sits in a system call when the node ends is left behind; it holds
// nothing of the node's and ends when the call returns.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "vm/process/signal.h"

namespace parley {

enum class PoolQueue : std::uint8_t { kFiles, kNames, kInput, kOutput };
inline constexpr std::size_t kPoolQueues = 4;

// Makes the answer's term in the heap, on the pool thread, while the node is still there. Must not
// block. It may look a process up, as a hint only.
using PoolAnswer = std::move_only_function<Term(Heap&)>;

struct PoolJob {
  Term asker;                   // pid
  std::uint64_t reference = 0;  // id of the alias reference that the asker waits with
  std::uint32_t cause = 0;
  // Blocks as long as it likes, on a pool thread. May touch only what it holds itself.
  std::move_only_function<PoolAnswer()> work;
  // The asker was gone when the answer came: gives back what the answer would have handed over.
  // On a scheduler thread; may be empty.
  std::move_only_function<void()> dropped;
};

struct PoolLimits {
  unsigned threads = 1;
  std::size_t jobs = 1024;  // that wait for a thread
};

class BlockingPool {
 public:
  using Limits = std::array<PoolLimits, kPoolQueues>;
  static constexpr Limits kUsualLimits{{{4, 4096}, {2, 1024}, {1, 1024}, {1, 4096}}};

  // `wake` makes a scheduler call deliver_finished soon; called on pool threads.
  BlockingPool(ProcessSpace& processes, const Limits& limits, std::function<void()> wake);
  // Queued jobs are dropped. The schedulers have stopped.
  ~BlockingPool();
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  // False: the queue is full, or the system gives no thread; the job is then gone. Any thread.
  bool submit(PoolQueue queue, PoolJob job);

  // Sequentially consistent: pairs with the store before `wake`, so that a scheduler that goes to
  // sleep sees the answer or is seen asleep.
  bool has_finished() const { return finished_count_.load(std::memory_order_seq_cst) != 0; }
  // Scheduler threads only.
  void deliver_finished();

 private:
  struct Shared;
  struct Finished {
    Fragment* message;
    PoolJob job;
  };

  static void serve(const std::shared_ptr<Shared>& shared, std::size_t queue);
  void finish(PoolJob job, PoolAnswer answer);
  void deliver(Finished& finished);

  ProcessSpace& processes_;
  std::function<void()> wake_;
  std::shared_ptr<Shared> shared_;
  std::mutex finished_lock_;
  std::vector<Finished> finished_;
  std::atomic<std::size_t> finished_count_{0};
};

}  // namespace parley
