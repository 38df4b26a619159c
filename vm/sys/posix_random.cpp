// The kernel's generator, and a repeatable one.
#include <sys/random.h>

#include <cerrno>
#include <cstring>
#include <mutex>

#include "vm/base/assert.h"
#include "vm/sys/random.h"

namespace parley {

namespace {

class PosixRandom : public Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override {
    while (!bytes.empty()) {
      const ssize_t got = ::getrandom(bytes.data(), bytes.size(), 0);
      if (got < 0 && errno == EINTR) continue;
      PARLEY_ASSERT(got > 0, "the kernel gives random bytes");
      bytes = bytes.subspan(static_cast<std::size_t>(got));
    }
  }
};

// SplitMix64 (Steele, Lea and Flood, 2014).
class SeededRandom : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void fill(std::span<std::uint8_t> bytes) override {
    const std::lock_guard guard(lock_);
    while (!bytes.empty()) {
      std::uint64_t word = state_ += 0x9E3779B97F4A7C15;
      word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9;
      word = (word ^ (word >> 27)) * 0x94D049BB133111EB;
      word ^= word >> 31;
      const std::size_t size = std::min(bytes.size(), sizeof word);
      std::memcpy(bytes.data(), &word, size);
      bytes = bytes.subspan(size);
    }
  }

 private:
  std::mutex lock_;
  std::uint64_t state_;
};

}  // namespace

std::unique_ptr<Random> make_posix_random() { return std::make_unique<PosixRandom>(); }
std::unique_ptr<Random> make_seeded_random(std::uint64_t seed) {
  return std::make_unique<SeededRandom>(seed);
}

}  // namespace parley
