// What the environment answers when it refuses: an errno, with its name as Erlang writes it.
//
// Invariant: a SystemError is never 0.
#pragma once

#include <expected>
#include <string_view>

namespace parley {

struct SystemError {
  int number = 0;  // errno
  bool operator==(const SystemError&) const = default;
  // The lower-case name, `econnrefused`; `unknown` for a number that has none. Static.
  std::string_view name() const;
  // The system's sentence, "Connection refused". Any thread; static.
  std::string_view text() const;
};

template <typename T>
using SystemResult = std::expected<T, SystemError>;

inline std::unexpected<SystemError> system_failure(int number) {
  return std::unexpected(SystemError{number});
}

}  // namespace parley
