// Entries of funs: what bytes from outside claim of code that is not loaded must not become true.
#include <doctest/doctest.h>

#include "vm/code/code_index.h"

namespace parley {
namespace {

constexpr std::uint64_t kUnique = 0x1234'5678'9ABC'DEF0u;

FunEntry wanted(Term module, std::uint32_t arity, std::uint32_t free_count) {
  FunEntry entry;
  entry.module = module;
  entry.index = 0;
  entry.arity = arity;
  entry.free_count = free_count;
  entry.unique = kUnique;
  return entry;
}

struct Index {
  AtomTable atoms{100000};
  HandlerTable handlers{};
  CodeIndex code{atoms, handlers, {}, 42};
};

TEST_CASE("a fun from bytes is the loaded one only if all numbers agree") {
  Index index;
  const Term module = *index.atoms.intern("m");
  const FunEntry* claimed = index.code.fun_entry(wanted(module, 1, 0));
  const FunEntry* honest = index.code.fun_entry(wanted(module, 1, 3));
  REQUIRE(claimed != nullptr);
  REQUIRE(honest != nullptr);
  const FunCode* loaded = index.code.fun_code(module, 0, kUnique, 1, 3, kAtom_undefined);
  CHECK(loaded == honest);
  CHECK(loaded != claimed);
  CHECK(loaded->free_count == 3);
  CHECK(claimed->free_count == 0);
}

TEST_CASE("no fun has more arguments or variables than there are registers") {
  Index index;
  const Term module = *index.atoms.intern("m");
  CHECK(index.code.fun_entry(wanted(module, 1, 256)) == nullptr);
  CHECK(index.code.fun_entry(wanted(module, 256, 0)) == nullptr);
  CHECK(index.code.export_cell(module, module, 256) == nullptr);
}

TEST_CASE("entries that bytes ask for end somewhere") {
  Index index;
  const Term module = *index.atoms.intern("m");
  FunEntry entry = wanted(module, 1, 0);
  const FunEntry* first = index.code.fun_entry(entry);
  std::uint32_t made = 1;
  for (; made < 1u << 20; ++made) {
    entry.index = made;
    if (index.code.fun_entry(entry) == nullptr) break;
  }
  CHECK(made < 1u << 20);
  CHECK(index.code.export_cell(module, module, 1) == nullptr);
  entry.index = 0;
  CHECK(index.code.fun_entry(entry) == first);
}

}  // namespace
}  // namespace parley
