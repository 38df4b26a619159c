// A node with threads of its own that runs one program of a test.
#pragma once

#include <chrono>
#include <string>

#include "tests/unit/library.h"
#include "vm/node/node.h"

namespace parley::test {

inline NodeOptions threaded(unsigned schedulers) {
  NodeOptions options;
  options.schedulers = schedulers;
  return options;
}

struct RunningNode {
  RunningNode(Library& library, NodeOptions options, std::span<const std::uint8_t> program)
      : node(options) {
    node.find_library = [&library](std::string_view module) { return library.find(module); };
    PARLEY_ASSERT(node.load(program).has_value(), "the program loads");
  }
  void start(const std::string& module, const std::string& function,
             std::vector<std::string> arguments = {}) {
    node.start();
    node.run_main({.module = module, .function = function, .arguments = std::move(arguments)});
  }
  // 0: the program returned; what else it was halted with.
  int join() { return node.join(); }

  Node node;
};

}  // namespace parley::test
