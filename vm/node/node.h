// A node: everything that runs together, as one object. Several may live in one OS process.
//
// Invariant: nothing mutable of the machine is outside a Node; a Node that is destroyed leaves
// nothing behind.
//
// Thread: construction, start and destruction from one thread that is none of the node's own;
// everything else says so itself.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "vm/code/code_index.h"
#include "vm/ets/tables.h"
#include "vm/interp/runner.h"
#include "vm/net/network.h"
#include "vm/node/control.h"
#include "vm/node/outside.h"
#include "vm/process/space.h"
#include "vm/sched/scheduler.h"
#include "vm/term/atoms.h"

namespace parley {

struct NodeOptions {
  unsigned schedulers = 0;  // 0: one a core
  std::int64_t slice_reductions = 2000;
  bool collect_always = false;  // GC stress
  std::optional<Engine> engine;
  std::uint32_t atoms_max = 1u << 20;
  SpaceOptions processes;
  std::uint64_t hash_seed = 0;  // 0: drawn
};

// What erlang:statistics/1 answered last, for its "since the last call". Any thread.
struct LastStatistics {
  std::atomic<std::uint64_t> runtime_ms{0}, wall_clock_ms{0}, reductions{0};
};

class Node : public NodeControl {
 public:
  explicit Node(NodeOptions options);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // Verifies and loads a compiled module. Before start, or on a scheduler.
  std::expected<Term, LoadFailure> load(std::span<const std::uint8_t> bytes);

  // The same without making it current.
  std::expected<CodeIndex::Prepared, LoadFailure> prepare(std::span<const std::uint8_t> bytes);

  // Changes of what is current (see CodeIndex). One settles when every slice that began before it
  // has ended: `try_settle` until it answers true, which it also does where there is nothing to
  // settle. Scheduler threads only.
  LoadResult commit(std::vector<CodeIndex::Prepared>& batch, CodeIndex::Undo undo);
  LoadResult flip_back();
  LoadResult delete_module(Term module);
  bool try_settle();

  // The library inside the program, by name; set before start.
  std::map<std::string, std::span<const std::uint8_t>, std::less<>> image;
  std::vector<std::string> project_modules;  // names of what else find_library finds
  // Where a module's bytes are when it is called and not loaded; set before start.
  std::function<std::optional<std::span<const std::uint8_t>>(std::string_view module)> find_library;

  void start();
  // What the node is to do: module:function with either no arguments or a list of binaries.
  struct Target {
    std::string module, function;
    std::optional<std::vector<std::string>> arguments;
    bool serve = false;  // the node goes on when the function returns
  };
  // Starts the first process, init:boot/1, with the target. Its end ends the node: status 0 for a
  // normal exit, 1 for any other, unless halt came first.
  void run_main(const Target& target);
  // Starts a process in module:function with one atom as its argument. Any thread, after run_main.
  void start_process(const std::string& module, const std::string& function,
                     const std::string& argument);
  // Waits until the node was halted, ends its threads; its status.
  int join();
  Services& services() { return services_; }
  CodeIndex& code() { return *code_; }
  ProcessSpace& processes() { return *processes_; }
  Scheduler& scheduler() { return *scheduler_; }
  Outside& outside() { return *outside_; }
  Network& network() { return *network_; }
  LastStatistics last_statistics;
  const NodeOptions& options() const { return options_; }

 private:
  struct MainObserver;

  CodeIndex::Autoload autoload(Term module);
  LoadResult begin_settling_if_done(LoadResult result);
  Term own_atom(std::string_view text);
  bool is_own_library(std::string_view module, std::span<const std::uint8_t> bytes) const;

  NodeOptions options_;
  Services services_;
  AtomTable atoms_;
  std::unique_ptr<ProcessSpace> processes_;
  std::unique_ptr<CodeIndex> code_;
  std::unique_ptr<MainObserver> main_observer_;
  std::unique_ptr<Tables> tables_;
  std::unique_ptr<Network> network_;
  std::unique_ptr<Scheduler> scheduler_;
  std::unique_ptr<Outside> outside_;  // after the scheduler, which its pool wakes
  std::mutex load_lock_;
  std::optional<std::vector<std::uint64_t>> settling_;  // since the latest flip
};

}  // namespace parley
