// Fuzzer: bytes → external term format. What decodes can be printed, hashed, compared and copied,
// and, written and read again, is exactly equal.
#include <cstdint>
#include <vector>

#include "tests/unit/heap/test_heap.h"
#include "vm/base/assert.h"
#include "vm/heap/copy.h"
#include "vm/heap/decode_external.h"
#include "vm/term/compare.h"
#include "vm/term/hash.h"
#include "vm/term/print.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace parley;
  test::TestHeap t(4096);
  const auto decoded = decode_external(t.heap, t.atoms, {data, size}, {.seed = t.seed});
  if (!decoded.has_value()) {
    PARLEY_ASSERT(!describe(decoded.error()).empty(), "a refusal says why");
    return 0;
  }
  PARLEY_ASSERT(decoded->used_bytes <= size, "no more is used than there is");
  const Term term = decoded->term;
  std::vector<std::uint8_t> bytes{external::kVersion};
  encode_external(bytes, term, t.atoms);
  const auto again = decode_external(t.heap, t.atoms, bytes, {.seed = t.seed});
  PARLEY_ASSERT(again.has_value() && again->used_bytes == bytes.size(), "it can be read back");
  PARLEY_ASSERT(exactly_equal(term, again->term), "read back, it is exactly equal");
  PARLEY_ASSERT(compare_exact(term, again->term, t.atoms) == 0, "and compares so");
  PARLEY_ASSERT(portable_hash(term, t.atoms) == portable_hash(again->term, t.atoms),
                "equal terms have equal hashes");
  PARLEY_ASSERT(internal_hash(term, t.atoms, 7) == internal_hash(again->term, t.atoms, 7),
                "equal terms have equal hashes");
  const Term copy = copy_to_heap(term, t.heap, {});
  PARLEY_ASSERT(exactly_equal(term, copy), "a copy is exactly equal");
  PARLEY_ASSERT(print_term(term, t.atoms, PrintStyle::kWrite, 10'000) ==
                    print_term(copy, t.atoms, PrintStyle::kWrite, 10'000),
                "the text depends on the term alone");
  return 0;
}
