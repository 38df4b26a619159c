// A 16-byte word with compare-and-swap (cmpxchg16b, casp).
//
// Invariant: every change is one compare_exchange of both halves. Loads of one half are single
// 8-byte loads; `load` may tear between the halves, which is harmless: a torn value fails its
// compare_exchange and is then replaced by the true one.
#pragma once

#include <atomic>
#include <cstdint>

namespace parley {

struct Pair {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};

class alignas(16) AtomicDoubleWord {
 public:
  Pair load() const { return Pair{load_low(), load_high()}; }
  // Acquire: pairs with the release half of compare_exchange.
  std::uint64_t load_low() const { return __atomic_load_n(&halves_.low, __ATOMIC_ACQUIRE); }
  std::uint64_t load_high() const { return __atomic_load_n(&halves_.high, __ATOMIC_ACQUIRE); }
  // Not concurrent with anything.
  void store(Pair value) {
    __atomic_store_n(&halves_.low, value.low, __ATOMIC_RELAXED);
    __atomic_store_n(&halves_.high, value.high, __ATOMIC_RELEASE);
  }
  // Sequentially consistent, as the lock prefix gives it: the wait protocol needs store-load order
  // between the state word and this. On failure `seen` becomes the true value.
  bool compare_exchange(Pair& seen, Pair wanted) {
    const unsigned __int128 expected = join(seen);
    const unsigned __int128 found = __sync_val_compare_and_swap(
        reinterpret_cast<unsigned __int128*>(&halves_), expected, join(wanted));
    if (found == expected) return true;
    seen = Pair{static_cast<std::uint64_t>(found), static_cast<std::uint64_t>(found >> 64)};
    return false;
  }

 private:
  static unsigned __int128 join(Pair p) {
    return (static_cast<unsigned __int128>(p.high) << 64) | p.low;
  }
  Pair halves_;
};

}  // namespace parley
