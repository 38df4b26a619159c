// The failing end of `need`: like that of an assertion it formats on the stack and writes once.
#include "vm/base/need.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace parley {

void cannot_go_on(const char* what, std::size_t bytes) noexcept {
  char text[512];
  const int length =
      bytes != 0 ? std::snprintf(text, sizeof text,
                                 "parley: cannot go on without %s: %zu bytes are not to be had\n",
                                 what, bytes)
                 : std::snprintf(text, sizeof text, "parley: cannot go on without %s: %s\n", what,
                                 std::strerror(errno));
  const auto size = std::min(static_cast<std::size_t>(std::max(length, 0)), sizeof text - 1);
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text, size);
  std::_Exit(1);
}

}  // namespace parley
