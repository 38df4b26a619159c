// The node's own state: how it ends, and what its owner (the program) gave it.
//
// Invariant: the first status that `halt` was given is the node's.
// Thread: any.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace parley {

class NodeControl {
 public:
  void halt(int status) {
    std::lock_guard guard(lock_);
    if (!status_) status_ = status;
    changed_.notify_all();
  }
  int wait() {
    std::unique_lock guard(lock_);
    changed_.wait(guard, [this] { return status_.has_value(); });
    return *status_;
  }
  bool halted() {
    std::lock_guard guard(lock_);
    return status_.has_value();
  }

  // Set before the node starts, constant afterwards.
  std::vector<std::string> plain_arguments;
  std::string program_path;
  std::string library_root;
  std::int64_t start_time_ms = 0;  // since 1970

 private:
  std::mutex lock_;
  std::condition_variable changed_;
  std::optional<int> status_;
};

}  // namespace parley
