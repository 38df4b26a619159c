// The failing end of PARLEY_ASSERT. It must work when anything else is broken, so it formats
// into a buffer on the stack and writes with one system call.
#include "vm/base/assert.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace parley {

void assertion_failed(const char* file, int line, const char* condition,
                      const char* message) noexcept {
  char text[1024];
  int length = std::snprintf(text, sizeof text, "%s:%d: assertion failed: %s: %s\n", file, line,
                             condition, message);
  if (length > static_cast<int>(sizeof text) - 1) length = sizeof text - 1;
  [[maybe_unused]] const ssize_t written =
      ::write(STDERR_FILENO, text, static_cast<size_t>(length));
  std::abort();
}

}  // namespace parley
