// The pool's threads and queues; pool.h has the picture.
#include "vm/sched/pool.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <system_error>
#include <thread>

#include "vm/base/assert.h"
#include "vm/heap/scratch_heap.h"

namespace parley {

namespace {

// How long the end of a node waits for threads that sit in system calls.
constexpr std::chrono::milliseconds kGoodbyeLimit{200};

struct Queue {
  PoolLimits limits;
  std::deque<PoolJob> jobs;
  std::condition_variable more;
  unsigned threads = 0, idle = 0;
};

}  // namespace

// What outlives the pool while a thread is stuck.
struct BlockingPool::Shared {
  std::mutex lock;  // of everything here
  std::array<Queue, kPoolQueues> queues;
  std::condition_variable changed;
  BlockingPool* pool = nullptr;  // null: the node has ended
  unsigned finishing = 0;        // threads that make an answer, and so use the node
  unsigned threads = 0;
};

BlockingPool::BlockingPool(ProcessSpace& processes, const Limits& limits,
                           std::function<void()> wake)
    : processes_(processes), wake_(std::move(wake)), shared_(std::make_shared<Shared>()) {
  shared_->pool = this;
  for (std::size_t i = 0; i < kPoolQueues; ++i) shared_->queues[i].limits = limits[i];
}

BlockingPool::~BlockingPool() {
  {
    std::unique_lock guard(shared_->lock);
    shared_->pool = nullptr;
    for (Queue& queue : shared_->queues) {
      queue.jobs.clear();
      queue.more.notify_all();
    }
    shared_->changed.wait(guard, [this] { return shared_->finishing == 0; });
    shared_->changed.wait_for(guard, kGoodbyeLimit, [this] { return shared_->threads == 0; });
  }
  for (Finished& finished : finished_) free_fragment(finished.message);
}

bool BlockingPool::submit(PoolQueue which, PoolJob job) {
  const auto index = static_cast<std::size_t>(which);
  std::lock_guard guard(shared_->lock);
  Queue& queue = shared_->queues[index];
  if (queue.jobs.size() >= queue.limits.jobs) return false;
  if (queue.idle <= queue.jobs.size() && queue.threads < queue.limits.threads) {
    try {
      std::thread(serve, shared_, index).detach();
      ++queue.threads;
      ++shared_->threads;
    } catch (const std::system_error&) {  // no thread: those that run take the job
      if (queue.threads == 0) return false;
    }
  }
  queue.jobs.push_back(std::move(job));
  queue.more.notify_one();
  return true;
}

void BlockingPool::serve(const std::shared_ptr<Shared>& shared, std::size_t index) {
  Queue& queue = shared->queues[index];
  std::unique_lock guard(shared->lock);
  for (;;) {
    ++queue.idle;
    queue.more.wait(guard, [&] { return shared->pool == nullptr || !queue.jobs.empty(); });
    --queue.idle;
    if (shared->pool == nullptr) break;
    PoolJob job = std::move(queue.jobs.front());
    queue.jobs.pop_front();
    guard.unlock();
    PoolAnswer answer = job.work();
    job.work = nullptr;
    guard.lock();
    BlockingPool* pool = shared->pool;
    if (pool == nullptr) break;
    ++shared->finishing;  // from here on the pool's end waits for this thread
    guard.unlock();
    pool->finish(std::move(job), std::move(answer));
    guard.lock();
    --shared->finishing;
    shared->changed.notify_all();
  }
  --queue.threads;
  --shared->threads;
  shared->changed.notify_all();
}

void BlockingPool::finish(PoolJob job, PoolAnswer answer) {
  ScratchHeap scratch;
  const Term reference =
      make_alias_ref(scratch.heap.allocate(kAliasRefWords), job.reference, job.asker);
  const std::array elements{reference, answer(scratch.heap)};
  Fragment* message = make_signal(processes_, MessageKind::kMessage, elements, job.cause);
  {
    std::lock_guard guard(finished_lock_);
    finished_.push_back({message, std::move(job)});
    finished_count_.store(finished_.size(), std::memory_order_seq_cst);
  }
  wake_();
}

void BlockingPool::deliver_finished() {
  std::vector<Finished> all;
  {
    std::lock_guard guard(finished_lock_);
    all.swap(finished_);
    finished_count_.store(0, std::memory_order_seq_cst);
  }
  for (Finished& finished : all) deliver(finished);
}

void BlockingPool::deliver(Finished& finished) {
  Process* asker = processes_.find(finished.job.asker);
  if (asker != nullptr) {
    // It may end before it takes the message; what it was to own is then given back by its end.
    if (parley::deliver(processes_, *asker, finished.message, MessageKind::kMessage)) return;
  } else {
    free_fragment(finished.message);
  }
  if (finished.job.dropped) finished.job.dropped();
}

}  // namespace parley
