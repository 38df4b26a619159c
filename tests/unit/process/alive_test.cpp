// Marking a process that may be ending.
#include <doctest/doctest.h>

#include "tests/unit/process/bare_space.h"

namespace parley {
namespace {

TEST_CASE("a bit is set for the end of a process that lives, and refused for one that ends") {
  test::BareSpace bare;
  Process* process = bare.space.allocate();
  REQUIRE(process != nullptr);
  const Term pid = bare.space.pid_of(*process);
  process->state.store(static_cast<std::uint32_t>(ProcessState::kRunnable));
  CHECK(bare.space.mark_alive(pid, state_bit::kOwnsSockets));
  CHECK((process->state.load() & state_bit::kOwnsSockets) != 0);
  state_word::become(process->state, ProcessState::kExiting);
  CHECK_FALSE(bare.space.mark_alive(pid, state_bit::kOwnsTables));
  bare.space.retire_slot(*process);
  CHECK(bare.space.retiring() == 1);
  bare.space.release_slot(*process);
  CHECK(bare.space.retiring() == 0);
  CHECK_FALSE(bare.space.mark_alive(pid, state_bit::kOwnsTables));
}

TEST_CASE("a name goes with its process only") {
  test::BareSpace bare;
  Process* first = bare.space.allocate();
  Process* second = bare.space.allocate();
  first->state.store(static_cast<std::uint32_t>(ProcessState::kRunnable));
  second->state.store(static_cast<std::uint32_t>(ProcessState::kRunnable));
  const Term name = *bare.atoms.intern("a_name");
  const Term first_pid = bare.space.pid_of(*first), second_pid = bare.space.pid_of(*second);
  REQUIRE(bare.space.register_name(name, first_pid, *first));
  REQUIRE(bare.space.unregister_name(name));
  REQUIRE(bare.space.register_name(name, second_pid, *second));
  bare.space.unregister_process(first_pid);
  CHECK(bare.space.whereis(name) == second_pid);
  bare.space.unregister_process(second_pid);
  CHECK(bare.space.whereis(name) == kAtom_undefined);
}

}  // namespace
}  // namespace parley
