// Terms that Erlang/OTP wrote (otp_terms.erl): decoding, encoding, hash, text and order agree with
// what it said.
#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/unit/heap/otp_terms.h"
#include "vm/heap/copy.h"
#include "vm/heap/decode_external.h"
#include "vm/term/compare.h"
#include "vm/term/hash.h"
#include "vm/term/print.h"

using namespace parley;
using parley::test::Cells;
using parley::test::TestHeap;

namespace {

struct OtpTerm {
  std::vector<std::uint8_t> bytes;
  std::uint32_t hash;
  std::string text;
  Term term;
};

std::vector<OtpTerm> read_terms(TestHeap& t, Cells& cells) {
  std::ifstream file("tests/unit/heap/otp_terms.txt");
  std::vector<OtpTerm> terms;
  for (std::string line; std::getline(file, line);) {
    std::istringstream in(line);
    std::string hex;
    OtpTerm o;
    in >> hex >> o.hash;
    in.get();
    std::getline(in, o.text);
    o.bytes = test::bytes_of_hex(hex);
    const auto decoded =
        decode_external(t.heap, t.atoms, o.bytes, {.funs = &cells, .seed = t.seed});
    REQUIRE_MESSAGE(decoded.has_value(), line);
    CHECK(decoded->used_bytes == o.bytes.size());
    o.term = decoded->term;
    terms.push_back(o);
  }
  return terms;
}

}  // namespace

TEST_CASE("terms that OTP wrote have the hash, text and order that OTP says") {
  TestHeap t;
  Cells cells;
  const std::vector<OtpTerm> terms = read_terms(t, cells);
  REQUIRE(terms.size() > 600);
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const OtpTerm& o = terms[i];
    CAPTURE(o.text);
    CHECK(portable_hash(o.term, t.atoms) == o.hash);
    if (!o.term.is_map() && o.text.find("#{") == std::string::npos) {
      CHECK(print_term(o.term, t.atoms) == o.text);
    }
    for (std::size_t j = i + 1; j < std::min(terms.size(), i + 8); ++j) {
      CAPTURE(terms[j].text);
      CHECK(compare(o.term, terms[j].term, t.atoms) <= 0);
      CHECK(compare(terms[j].term, o.term, t.atoms) >= 0);
      CHECK((compare(o.term, terms[j].term, t.atoms) == 0) == equal(o.term, terms[j].term));
      CHECK((compare_exact(o.term, terms[j].term, t.atoms) == 0) ==
            exactly_equal(o.term, terms[j].term));
    }
  }
}

TEST_CASE("encoding gives back an exactly equal term with the same hash") {
  TestHeap t;
  Cells cells;
  for (const OtpTerm& o : read_terms(t, cells)) {
    CAPTURE(o.text);
    std::vector<std::uint8_t> bytes{external::kVersion};
    encode_external(bytes, o.term, t.atoms);
    const auto again = decode_external(t.heap, t.atoms, bytes, {.funs = &cells, .seed = t.seed});
    REQUIRE(again.has_value());
    CHECK(exactly_equal(o.term, again->term));
    CHECK(internal_hash(o.term, t.atoms, 7) == internal_hash(again->term, t.atoms, 7));
    const Term copy = copy_to_heap(o.term, t.heap, {});
    CHECK(exactly_equal(o.term, copy));
    CHECK(compare_exact(o.term, copy, t.atoms) == 0);
  }
}

TEST_CASE("no truncation or change of a byte does more than fail") {
  TestHeap t;
  Cells cells;
  std::size_t refused = 0;
  for (const OtpTerm& o : read_terms(t, cells)) {
    for (std::size_t size = 0; size < o.bytes.size(); size += 1 + o.bytes.size() / 16) {
      const std::span part(o.bytes.data(), size);
      CHECK(!decode_external(t.heap, t.atoms, part, {.funs = &cells}).has_value());
    }
    std::vector<std::uint8_t> changed = o.bytes;
    for (std::size_t at = 1; at < changed.size(); at += 1 + changed.size() / 16) {
      changed[at] = static_cast<std::uint8_t>(changed[at] * 5 + 77);
      const auto decoded = decode_external(
          t.heap, t.atoms, changed, {.new_atoms = NewAtoms::kRefuse, .funs = &cells});
      if (!decoded) ++refused;
      else (void)print_term(decoded->term, t.atoms);
    }
  }
  CHECK(refused > 0);
}
