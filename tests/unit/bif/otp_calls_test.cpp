// Calls of built-ins that Erlang/OTP answered (otp_calls.erl): ours answer the same.
#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "tests/unit/heap/otp_terms.h"
#include "vm/bif/bif.h"
#include "vm/heap/decode_external.h"
#include "vm/term/compare.h"
#include "vm/term/print.h"

namespace parley {
#define BIF(module, name, arity, symbol, kind, effect, spec, documentation) \
  Term bif_##symbol(BifCall& call, const Term* arguments);
#include "vm/isa/bif_terms.def"
#undef BIF
}  // namespace parley

using namespace parley;
using parley::test::Cells;
using parley::test::TestHeap;

namespace {

using Key = std::tuple<std::string, std::string, std::size_t>;

std::map<Key, BifFunction> built_ins() {
  return {
#define BIF(module, name, arity, symbol, kind, effect, spec, documentation) \
  {Key{#module, #name, arity}, &bif_##symbol},
#include "vm/isa/bif_terms.def"
#undef BIF
  };
}

Term read_hex(TestHeap& t, Cells& cells, const std::string& hex) {
  const auto decoded = decode_external(t.heap, t.atoms, test::bytes_of_hex(hex),
                                       {.funs = &cells, .seed = t.seed});
  REQUIRE(decoded.has_value());
  return decoded->term;
}

// What a built-in answers, in the shape of the file: {value, Result} or {Class, Reason}.
Term answer_of(TestHeap& t, Cells& cells, BifFunction function, const std::vector<Term>& a) {
  Services services;
  services.atoms = &t.atoms;
  services.funs = &cells;
  services.hash_seed = t.seed;
  std::int64_t reductions = 4000;
  BifCall call{.heap = t.heap,
               .atoms = t.atoms,
               .services = services,
               .hash_seed = t.seed,
               .reductions = reductions};
  const Term result = function(call, a.data());
  if (call.answer == BifAnswer::kThrow) return t.tuple({call.error_class, call.reason});
  REQUIRE(call.answer == BifAnswer::kValue);
  REQUIRE(result.is_value());
  return t.tuple({kAtom_value, result});
}

}  // namespace

TEST_CASE("built-ins answer what Erlang/OTP answers") {
  TestHeap t;
  Cells cells;
  const auto functions = built_ins();
  std::ifstream file("tests/unit/bif/otp_calls.txt");
  std::size_t calls = 0;
  std::string call_hex, answer_hex;
  while (file >> call_hex >> answer_hex) {
    const Term call = read_hex(t, cells, call_hex);
    const Term expected = read_hex(t, cells, answer_hex);
    std::vector<Term> arguments;
    for (Term l = call.element(2); l.is_cons(); l = l.tail()) arguments.push_back(l.head());
    const Key key{t.atoms.text(call.element(0)), t.atoms.text(call.element(1)), arguments.size()};
    const auto function = functions.find(key);
    CAPTURE(print_term(call, t.atoms, PrintStyle::kWrite, 300));
    REQUIRE(function != functions.end());
    const Term answer = answer_of(t, cells, function->second, arguments);
    CHECK_MESSAGE(exactly_equal(answer, expected),
                  print_term(answer, t.atoms, PrintStyle::kWrite, 300), " instead of ",
                  print_term(expected, t.atoms, PrintStyle::kWrite, 300));
    ++calls;
  }
  CHECK(calls > 5000);
}
