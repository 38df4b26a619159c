// A thread with a small stack, so that a walk that recurses with the depth of its data dies.
#pragma once

#include <doctest/doctest.h>
#include <pthread.h>

#include <functional>

namespace parley::test {

inline constexpr std::size_t kSmallStackBytes = 256 * 1024;

inline void run_on_small_stack(std::function<void()> body) {
  pthread_attr_t attributes;
  REQUIRE(pthread_attr_init(&attributes) == 0);
  REQUIRE(pthread_attr_setstacksize(&attributes, kSmallStackBytes) == 0);
  pthread_t thread;
  const auto start = [](void* f) -> void* {
    (*static_cast<std::function<void()>*>(f))();
    return nullptr;
  };
  REQUIRE(pthread_create(&thread, &attributes, start, &body) == 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

}  // namespace parley::test
