// The environment variables of a node: the program's at the start, and its own from then on.
//
// Invariant: what a node sets is seen in this node alone; the C library's table is only read, once,
// since changing it races with every thread that reads it.
//
// Thread: any.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace parley {

class Environment {
 public:
  Environment();  // from the program's
  std::optional<std::string> get(const std::string& name);
  void set(const std::string& name, const std::string& value);
  void remove(const std::string& name);
  std::vector<std::string> all();  // NAME=VALUE, by name

 private:
  std::mutex lock_;
  std::map<std::string, std::string> variables_;
};

}  // namespace parley
