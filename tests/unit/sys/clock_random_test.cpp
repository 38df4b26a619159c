// Clock, randomness, names of errors.
#include <doctest/doctest.h>

#include <array>
#include <cerrno>
#include <vector>

#include "vm/sys/clock.h"
#include "vm/sys/random.h"
#include "vm/sys/system_error.h"

namespace parley {
namespace {

TEST_CASE("the monotonic clock does not go back, and the system's is past 2020") {
  const auto clock = make_posix_clock();
  std::uint64_t last = clock->monotonic_ns();
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t now = clock->monotonic_ns();
    CHECK(now >= last);
    last = now;
  }
  CHECK(clock->system_ns() > 1'577'836'800'000'000'000);
  CHECK(clock->thread_cpu_ns() > 0);
  CHECK(clock->process_cpu_ns() >= clock->thread_cpu_ns() / 2);
}

TEST_CASE("the kernel's random bytes differ from call to call") {
  const auto random = make_posix_random();
  CHECK(random->next_word() != random->next_word());
}

TEST_CASE("a seed gives the same bytes again, another seed others") {
  const auto bytes = [](std::uint64_t seed) {
    const auto random = make_seeded_random(seed);
    std::vector<std::uint8_t> all(100);
    random->fill(std::span(all).first(13));
    random->fill(std::span(all).subspan(13));
    return all;
  };
  CHECK(bytes(1) == bytes(1));
  CHECK(bytes(1) != bytes(2));
}

TEST_CASE("errors have Erlang's names") {
  CHECK(SystemError{ECONNREFUSED}.name() == "econnrefused");
  CHECK(SystemError{ENOENT}.name() == "enoent");
  CHECK(SystemError{EAGAIN}.name() == "eagain");
  CHECK(SystemError{EAFNOSUPPORT}.name() == "eafnosupport");
  CHECK(SystemError{100000}.name() == "unknown");
  CHECK(SystemError{-1}.name() == "unknown");
  CHECK(SystemError{ENOENT}.text() == "No such file or directory");
}

}  // namespace
}  // namespace parley
