// Environment variables; environment.h says what holds.
#include "vm/node/environment.h"

#include <unistd.h>

#include <string_view>

namespace parley {

Environment::Environment() {
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
    const std::string_view text = *at;
    const std::size_t equals = text.find('=', 1);
    if (equals != std::string_view::npos) {
      variables_.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
}

std::optional<std::string> Environment::get(const std::string& name) {
  std::lock_guard guard(lock_);
  const auto found = variables_.find(name);
  return found == variables_.end() ? std::nullopt : std::optional(found->second);
}

void Environment::set(const std::string& name, const std::string& value) {
  std::lock_guard guard(lock_);
  variables_[name] = value;
}

void Environment::remove(const std::string& name) {
  std::lock_guard guard(lock_);
  variables_.erase(name);
}

std::vector<std::string> Environment::all() {
  std::lock_guard guard(lock_);
  std::vector<std::string> texts;
  for (const auto& [name, value] : variables_) texts.push_back(name + "=" + value);
  return texts;
}

}  // namespace parley
