// Built-ins that yield: in slices of a few reductions they answer what they answer at once, and no
// slice does much more than it has.
#include <doctest/doctest.h>

#include <functional>
#include <vector>

#include "tests/unit/heap/test_heap.h"
#include "vm/bif/bif.h"
#include "vm/term/compare.h"

namespace parley {
Term bif_append(BifCall& call, const Term* a);
Term bif_lists_reverse(BifCall& call, const Term* a);
Term bif_lists_member(BifCall& call, const Term* a);
Term bif_lists_keyfind(BifCall& call, const Term* a);
Term bif_iolist_to_binary(BifCall& call, const Term* a);
Term bif_list_to_binary(BifCall& call, const Term* a);
Term bif_iolist_to_iovec(BifCall& call, const Term* a);
Term bif_binary_to_list_1(BifCall& call, const Term* a);
Term bif_binary_bin_to_list_3(BifCall& call, const Term* a);
}  // namespace parley

using namespace parley;
using parley::test::TestHeap;

namespace {

struct Run {
  Term result;  // or the reason of an exception
  bool failed = false;
  std::size_t yields = 0;
};

Run run(TestHeap& t, BifFunction function, std::vector<Term> arguments, std::int64_t slice) {
  Services services;
  Run r;
  for (;;) {
    std::int64_t reductions = slice;
    BifCall call{.heap = t.heap,
                 .atoms = t.atoms,
                 .services = services,
                 .hash_seed = t.seed,
                 .reductions = reductions,
                 .x = arguments.data()};
    const std::vector<Term> given = arguments;
    const Term result = function(call, given.data());
    CHECK(reductions >= -600);  // the overdraft of one step
    if (call.answer == BifAnswer::kYield) {
      ++r.yields;
      continue;
    }
    r.failed = call.answer == BifAnswer::kThrow;
    r.result = r.failed ? call.reason : result;
    return r;
  }
}

// In slices and with as much as it wants: the same answer, and it did yield.
void check_slices(TestHeap& t, BifFunction function, std::vector<Term> arguments) {
  const Run at_once = run(t, function, arguments, std::int64_t{1} << 40);
  const Run sliced = run(t, function, arguments, 100);
  CHECK(at_once.yields == 0);
  CHECK(sliced.yields > 3);
  CHECK(sliced.failed == at_once.failed);
  CHECK(exactly_equal(sliced.result, at_once.result));
}

Term numbers(TestHeap& t, int count, Term tail = Term::nil()) {
  for (int i = count; i > 0; --i) tail = t.cons(Term::small(i % 256), tail);
  return tail;
}

constexpr int kLong = 60'000;

}  // namespace

TEST_CASE("long lists are appended in slices") {
  TestHeap t(1 << 20);
  const Term right = t.list({kAtom_ok});
  check_slices(t, bif_append, {numbers(t, kLong), right});
  check_slices(t, bif_append, {numbers(t, kLong), kAtom_ok});
  check_slices(t, bif_append, {numbers(t, kLong, kAtom_ok), right});
  const Run r = run(t, bif_append, {numbers(t, kLong, kAtom_ok), right}, 100);
  CHECK(r.failed);
  CHECK(r.result == kAtom_badarg);
  const Run good = run(t, bif_append, {numbers(t, kLong), right}, 100);
  CHECK(exactly_equal(good.result, numbers(t, kLong, right)));
}

TEST_CASE("lists are reversed and searched in slices") {
  TestHeap t(1 << 20);
  check_slices(t, bif_lists_reverse, {numbers(t, kLong), Term::nil()});
  check_slices(t, bif_lists_member, {kAtom_ok, numbers(t, kLong)});
  check_slices(t, bif_lists_member, {kAtom_ok, numbers(t, kLong, kAtom_ok)});
  check_slices(t, bif_lists_keyfind, {kAtom_ok, Term::small(1), numbers(t, kLong)});
}

TEST_CASE("iodata of any shape becomes a binary in slices") {
  TestHeap t(1 << 20);
  const Term part = make_binary(t.heap, std::string(3'000'000, 'x'));
  Term nested = t.list({Term::small(1)});
  for (int i = 0; i < 20'000; ++i) nested = t.cons(nested, t.list({Term::small(i % 256)}));
  const Term big = t.list({nested, part, numbers(t, kLong, part), Term::nil(), nested});
  check_slices(t, bif_iolist_to_binary, {big});
  check_slices(t, bif_list_to_binary, {big});
  check_slices(t, bif_iolist_to_iovec, {big});
  check_slices(t, bif_list_to_binary, {t.list({big, kAtom_ok})});
  check_slices(t, bif_list_to_binary, {t.cons(big, Term::small(1))});
  check_slices(t, bif_list_to_binary, {t.list({big, Term::small(256)})});
}

TEST_CASE("binaries become lists in slices") {
  TestHeap t(1 << 20);
  const Term binary = make_binary(t.heap, std::string(200'000, 'y'));
  check_slices(t, bif_binary_to_list_1, {binary});
  check_slices(t, bif_binary_bin_to_list_3, {binary, Term::small(3), Term::small(150'000)});
}
