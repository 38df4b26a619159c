// The table of built-ins: every row is found, none stands twice.
#include "vm/isa/bif_table.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

namespace parley::isa {
namespace {

TEST_CASE("every row of bif.def is found by its name, and stands once") {
  std::set<std::string> seen;
  for (const BifRow& row : bif_rows()) {
    CAPTURE(row.name);
    CHECK(find_bif(row.module, row.name, row.arity) == &row);
    CHECK(seen.insert(std::string(row.module) + ":" + std::string(row.name) + "/" +
                      std::to_string(row.arity))
              .second);
    CHECK(row.spec.starts_with("("));
    CHECK(row.documentation.ends_with("."));
  }
  CHECK(seen.size() > 50);
}

TEST_CASE("what is not a built-in is not found") {
  CHECK(find_bif("erlang", "hd", 1) != nullptr);
  CHECK(find_bif("erlang", "hd", 1)->kind == BifKind::kGuard);
  CHECK(find_bif("erlang", "hd", 2) == nullptr);
  CHECK(find_bif("erlang", "", 0) == nullptr);
  CHECK(find_bif("zzz", "hd", 1) == nullptr);
}

}  // namespace
}  // namespace parley::isa
