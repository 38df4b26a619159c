// Integers against GMP's own, and the order and conversion of integers and doubles.
#include <doctest/doctest.h>
#include <gmp.h>

#include <cmath>
#include <random>
#include <string>

#include "tests/unit/heap/test_heap.h"
#include "vm/term/compare.h"
#include "vm/term/integer.h"

using namespace parley;
using parley::test::TestHeap;

namespace {

struct Mpz {
  Mpz() { mpz_init(z); }
  ~Mpz() { mpz_clear(z); }
  Mpz(const Mpz&) = delete;
  Mpz& operator=(const Mpz&) = delete;
  void set(const std::string& text) { mpz_set_str(z, text.c_str(), 10); }
  std::string text() const {
    char* s = mpz_get_str(nullptr, 10, z);
    std::string copy(s);
    std::free(s);
    return copy;
  }
  mpz_t z;
};

std::string text_of(Term integer) {
  std::string text;
  append_integer(text, integer);
  return text;
}

// A number of a random length, often near a power of two.
void random_number(std::mt19937_64& random, Mpz& out) {
  const unsigned bits = random() % 260;
  mpz_set_ui(out.z, 1);
  mpz_mul_2exp(out.z, out.z, bits);
  if (random() % 3 == 0) {
    mpz_add_ui(out.z, out.z, random() % 3);
    mpz_sub_ui(out.z, out.z, 1);
  } else {
    for (int i = 0; i < 5; ++i) {
      mpz_mul_2exp(out.z, out.z, random() % 32);
      mpz_add_ui(out.z, out.z, random());
    }
    mpz_fdiv_r_2exp(out.z, out.z, bits);
  }
  if (random() % 2 == 0) mpz_neg(out.z, out.z);
}

}  // namespace

TEST_CASE("arithmetic agrees with GMP's") {
  TestHeap t(1 << 20);
  std::mt19937_64 random(11);
  Mpz a, b, r;
  for (int i = 0; i < 4000; ++i) {
    random_number(random, a);
    random_number(random, b);
    const Term x = t.integer(a.text()), y = t.integer(b.text());
    CAPTURE(a.text());
    CAPTURE(b.text());
    REQUIRE(text_of(x) == a.text());
    const auto check = [&](Term result) { CHECK(text_of(result) == r.text()); };
    mpz_add(r.z, a.z, b.z), check(integer_add(t.heap, x, y));
    mpz_sub(r.z, a.z, b.z), check(integer_subtract(t.heap, x, y));
    mpz_mul(r.z, a.z, b.z), check(integer_multiply(t.heap, x, y));
    mpz_and(r.z, a.z, b.z), check(integer_and(t.heap, x, y));
    mpz_ior(r.z, a.z, b.z), check(integer_or(t.heap, x, y));
    mpz_xor(r.z, a.z, b.z), check(integer_xor(t.heap, x, y));
    mpz_com(r.z, a.z), check(integer_not(t.heap, x));
    mpz_neg(r.z, a.z), check(integer_negate(t.heap, x));
    const unsigned shift = random() % 200;
    mpz_mul_2exp(r.z, a.z, shift), check(integer_shift(t.heap, x, shift));
    mpz_fdiv_q_2exp(r.z, a.z, shift), check(integer_shift(t.heap, x, -std::int64_t{shift}));
    const int order = mpz_cmp(a.z, b.z);
    CHECK(compare(x, y, t.atoms) == (order < 0 ? -1 : order > 0 ? 1 : 0));
    if (mpz_sgn(b.z) == 0) continue;
    mpz_tdiv_q(r.z, a.z, b.z), check(integer_divide(t.heap, x, y));
    mpz_tdiv_r(r.z, a.z, b.z), check(integer_remainder(t.heap, x, y));
  }
}

TEST_CASE("results are canonical: small where they fit") {
  TestHeap t;
  const Term edge = t.integer("2305843009213693952");  // 2^61, one above the largest small
  CHECK(edge.is_big());
  CHECK(integer_subtract(t.heap, edge, Term::small(1)) == Term::small(kSmallMax));
  CHECK(integer_negate(t.heap, edge) == Term::small(kSmallMin));
  CHECK(integer_add(t.heap, Term::small(kSmallMax), Term::small(1)).is_big());
  CHECK(integer_subtract(t.heap, edge, edge) == Term::small(0));
}

TEST_CASE("beyond 2^24 bits there is no result") {
  TestHeap t;
  const Term one = Term::small(1);
  const Term largest = integer_shift(t.heap, one, kBigBitsMax - 1);
  REQUIRE(largest.is_value());
  CHECK(!integer_shift(t.heap, one, kBigBitsMax).is_value());
  CHECK(!integer_add(t.heap, largest, largest).is_value());
  CHECK(!integer_multiply(t.heap, largest, Term::small(2)).is_value());
  CHECK(integer_multiply(t.heap, largest, one).is_value());
}

TEST_CASE("text in every base reads back") {
  TestHeap t(1 << 20);
  std::mt19937_64 random(5);
  Mpz a;
  for (int base = 2; base <= 36; ++base) {
    for (int i = 0; i < 40; ++i) {
      random_number(random, a);
      const Term x = t.integer(a.text());
      std::string text;
      append_integer(text, x, base);
      CHECK(exactly_equal(make_integer(t.heap, text, base), x));
    }
  }
  CHECK(!make_integer(t.heap, "12a", 10).is_value());
  CHECK(!make_integer(t.heap, "-", 10).is_value());
  CHECK(!make_integer(t.heap, "", 10).is_value());
  CHECK(make_integer(t.heap, "+00000000000000000000000012", 10) == Term::small(12));
}

TEST_CASE("integers become the nearest double, and compare with doubles exactly") {
  TestHeap t(1 << 20);
  std::mt19937_64 random(13);
  Mpz a, back;
  for (int i = 0; i < 4000; ++i) {
    random_number(random, a);
    const Term x = t.integer(a.text());
    const double d = *integer_to_double(x);
    CHECK(d == std::strtod(a.text().c_str(), nullptr));
    for (const double near : {d, std::nextafter(d, -HUGE_VAL), std::nextafter(d, HUGE_VAL)}) {
      mpz_set_d(back.z, near);  // truncates, so compare fractions by hand
      int expected = mpz_cmp(a.z, back.z);
      if (expected == 0) expected = near > std::trunc(near) ? -1 : near < std::trunc(near) ? 1 : 0;
      expected = expected < 0 ? -1 : expected > 0 ? 1 : 0;
      CHECK(compare(x, t.number(near), t.atoms) == expected);
      CHECK(compare(t.number(near), x, t.atoms) == -expected);
      CHECK(text_of(make_integer(t.heap, near)) == back.text());
    }
  }
  const Term huge = integer_shift(t.heap, Term::small(1), 1024);
  CHECK(!integer_to_double(huge).has_value());
  CHECK(compare(huge, t.number(1.7976931348623157e308), t.atoms) == 1);
}
