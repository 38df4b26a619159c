// What nothing can go on without and the system may refuse: memory, descriptors, addresses. That is
// no mistake of ours, so it is said in one line, and no core is dumped.
#pragma once

#include <cstddef>

namespace parley {

// Prints "parley: cannot go on without WHAT" and how many bytes, or the system's reason where that
// is 0; ends the program with status 1. Any thread; allocates nothing, takes no lock.
[[noreturn, gnu::cold, gnu::noinline]] void cannot_go_on(const char* what,
                                                         std::size_t bytes) noexcept;

inline void need(bool there, const char* what, std::size_t bytes = 0) {
  if (!there) [[unlikely]]
    cannot_go_on(what, bytes);
}

}  // namespace parley
