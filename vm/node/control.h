// The node's own state: how it ends, and what its owner (the program) gave it.
//
// Invariant: the first status that `halt` was given is the node's.
// Thread: any.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace parley {

// What the owner's compiler made of a text.
struct CompiledText {
  bool incomplete = false;          // expressions: more lines are needed; nothing else is set
  std::string module;               // its name; empty: there are errors
  std::vector<std::uint8_t> bytes;  // a module file
  bool makes_funs = false;          // values may hold funs of this module
  std::string messages;             // errors, or warnings, as people read them
};

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
  std::uint64_t start_monotonic_ns = 0;
  // The compiler, where the owner has one. Any thread, several at once.
  std::function<CompiledText(const std::string& source, const std::string& file)> compile_module;
  // See compile_expressions of the compiler: a module of that name with '-expressions-'/1. A line
  // of a shell may call its commands, and may go on; else the last full stop may be missing.
  std::function<CompiledText(const std::string& source, const std::string& module,
                             const std::vector<std::string>& bound_names, bool is_line)>
      compile_expressions;

 private:
  std::mutex lock_;
  std::condition_variable changed_;
  std::optional<int> status_;
};

}  // namespace parley
