// Randomness that seeds everything else: hashes, identities, keys.
//
// Invariant: `fill` gives bytes that nobody can guess, or, under a seed, the same bytes every run.
// Any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

namespace parley {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t> bytes) = 0;

  std::uint64_t next_word() {
    std::uint64_t word = 0;
    fill({reinterpret_cast<std::uint8_t*>(&word), sizeof word});
    return word;
  }
};

// The kernel's generator.
std::unique_ptr<Random> make_posix_random();
// A repeatable sequence: one seed, one sequence, whichever threads ask for it in the same order.
std::unique_ptr<Random> make_seeded_random(std::uint64_t seed);

}  // namespace parley
