// Bit strings against a model of single bits.
#include <doctest/doctest.h>

#include <random>
#include <string>

#include "tests/unit/heap/test_heap.h"
#include "vm/term/compare.h"
#include "vm/term/hash.h"
#include "vm/term/integer.h"

using namespace parley;
using parley::test::TestHeap;

namespace {

std::string bits_of(const BitsView& view) {
  std::string text;
  for (std::uint64_t i = 0; i < view.size_bits; ++i) {
    text.push_back(read_bits(view, i, 1) != 0 ? '1' : '0');
  }
  return text;
}
std::string bits_of(Term t) { return bits_of(bits_view(t)); }

Term from_bits(TestHeap& t, const std::string& bits) {
  const NewBits made = make_bits(t.heap, bits.size());
  for (std::size_t i = 0; i < bits.size(); ++i) {
    const std::uint8_t bit = bits[i] == '1' ? 0x80 : 0;
    copy_bits(&bit, 0, made.bytes, i, 1);
  }
  return made.term;
}

std::string random_bits(std::mt19937& random, std::size_t count) {
  std::string bits;
  for (std::size_t i = 0; i < count; ++i) bits.push_back(random() % 2 == 0 ? '0' : '1');
  return bits;
}

}  // namespace

TEST_CASE("slices of heap bits, blobs and slices hold the bits between") {
  TestHeap t(1 << 20);
  std::mt19937 random(1);
  for (int i = 0; i < 600; ++i) {
    const std::string bits = random_bits(random, random() % 2000);
    Term term = from_bits(t, bits);
    REQUIRE(bits_of(term) == bits);
    const std::size_t from = random() % (bits.size() + 1);
    const std::size_t size = random() % (bits.size() - from + 1);
    const Term slice = make_slice(t.heap, term, from, size);
    const std::string cut = bits.substr(from, size);
    CHECK(bits_of(slice) == cut);
    const std::size_t inner = random() % (size + 1);
    const Term again = make_slice(t.heap, slice, inner, size - inner);
    CHECK(bits_of(again) == cut.substr(inner));
    // However a bit string lies in memory, it is equal and hashes the same.
    const Term copy = from_bits(t, cut);
    CHECK(exactly_equal(slice, copy));
    CHECK(internal_hash(slice, t.atoms, 9) == internal_hash(copy, t.atoms, 9));
    CHECK(portable_hash(slice, t.atoms) == portable_hash(copy, t.atoms));
    const int order = cut < bits ? -1 : cut > bits ? 1 : 0;
    CHECK(compare(slice, term, t.atoms) == order);
  }
}

TEST_CASE("integers of any size, sign and byte order at any bit read back") {
  TestHeap t(1 << 20);
  std::mt19937 random(2);
  for (int i = 0; i < 4000; ++i) {
    const std::uint64_t size = random() % 200, offset = random() % 20;
    Term value = Term::small(0);
    for (std::uint64_t k = 0; k < size / 16 + 1; ++k) {
      value = integer_add(t.heap, integer_shift(t.heap, value, 16), Term::small(random() % 65536));
    }
    value = integer_subtract(t.heap, value, integer_shift(t.heap, Term::small(1), size / 2));
    for (const Endian endian : {Endian::kBig, Endian::kLittle}) {
      const NewBits made = make_bits(t.heap, offset + size + 7);
      std::fill_n(made.bytes, (offset + size + 14) / 8, std::uint8_t{0xA5});
      const std::string before = bits_of(made.term);
      write_integer(made.bytes, offset, size, value, endian);
      const std::string after = bits_of(made.term);
      CHECK(after.substr(0, offset) == before.substr(0, offset));
      CHECK(after.substr(offset + size) == before.substr(offset + size));
      const BitsView view = bits_view(made.term);
      const Term modulus = integer_shift(t.heap, Term::small(1), static_cast<std::int64_t>(size));
      const Term mask = integer_subtract(t.heap, modulus, Term::small(1));
      const Term low = integer_and(t.heap, value, mask);
      CHECK(exactly_equal(read_integer(t.heap, view, offset, size, endian, Sign::kUnsigned), low));
      const bool negative =
          size > 0 && integer_shift(t.heap, low, 1 - static_cast<std::int64_t>(size)) ==
                          Term::small(1);
      const Term as_signed = negative ? integer_subtract(t.heap, low, modulus) : low;
      CHECK(exactly_equal(read_integer(t.heap, view, offset, size, endian, Sign::kSigned),
                          as_signed));
    }
  }
}

TEST_CASE("floats of three sizes read back, halves round to even") {
  TestHeap t;
  for (const double d : {0.0, -0.0, 1.0, -1.5, 65504.0, 6.103515625e-05, 5.9604644775390625e-08}) {
    for (const std::uint64_t size : {16u, 32u, 64u}) {
      for (const Endian endian : {Endian::kBig, Endian::kLittle}) {
        const NewBits made = make_bits(t.heap, size + 3);
        REQUIRE(write_float(made.bytes, 3, size, d, endian));
        const auto back = read_float(bits_view(made.term), 3, size, endian);
        CHECK(back == d);
        CHECK(std::signbit(*back) == std::signbit(d));
      }
    }
  }
  CHECK(double_to_half(1.0) == 0x3C00);
  CHECK(double_to_half(65519.0) == 0x7BFF);
  CHECK(double_to_half(65520.0) == 0x7C00);
  CHECK(double_to_half(-1e300) == 0xFC00);
  CHECK(double_to_half(2049.0) == 0x6800);  // halfway between 2048 and 2050: to even
  CHECK(double_to_half(2051.0) == 0x6802);
  for (std::uint32_t h = 0; h < 0x7C00; ++h) {
    REQUIRE(double_to_half(half_to_double(static_cast<std::uint16_t>(h))) == h);
  }
  std::uint8_t bytes[8];
  CHECK(write_float(bytes, 0, 32, 1e39, Endian::kBig));
  CHECK(!read_float({bytes, 0, 32}, 0, 32, Endian::kBig).has_value());
  CHECK(!write_float(bytes, 0, 24, 1.0, Endian::kBig));
}

TEST_CASE("code points in three encodings read back; what is none is refused") {
  std::uint8_t bytes[8] = {};
  for (std::uint32_t c = 0; c < 0x110000; c += c < 0x900 ? 1 : 251) {
    if (!is_code_point(c)) continue;
    const BitsView all{bytes, 0, 64};
    const auto check = [&](unsigned written, std::optional<CodePoint> read) {
      REQUIRE(read.has_value());
      CHECK(read->value == c);
      CHECK(read->size_bits == written * 8);
    };
    unsigned written = write_utf8(c, bytes);
    check(written, read_utf8(all, 0));
    for (const Endian endian : {Endian::kBig, Endian::kLittle}) {
      written = write_utf16(c, endian, bytes);
      check(written, read_utf16(all, 0, endian));
      written = write_utf32(c, endian, bytes);
      check(written, read_utf32(all, 0, endian));
    }
  }
  const auto refused = [](std::string_view text) {
    const BitsView view{reinterpret_cast<const std::uint8_t*>(text.data()), 0, text.size() * 8};
    return !read_utf8(view, 0).has_value();
  };
  CHECK(refused("\x80"));
  CHECK(refused("\xC0\x80"));              // overlong
  CHECK(refused("\xE0\x80\x80"));          // overlong
  CHECK(refused("\xED\xA0\x80"));          // a surrogate
  CHECK(refused("\xF4\x90\x80\x80"));      // above 0x10FFFF
  CHECK(refused("\xE2\x82"));              // too short
  CHECK(refused(""));
}

TEST_CASE("appending byte after byte is linear and leaves earlier bit strings as they were") {
  TestHeap t(1 << 16);
  Term acc = make_bits(t.heap, 0).term;
  Term at_100;
  std::size_t copies = 0;
  const Blob* blob = nullptr;
  for (int i = 0; i < 20000; ++i) {
    const NewBits grown = bits_append(t.heap, acc, 8);
    const auto byte = static_cast<std::uint8_t>(i);
    copy_bits(&byte, 0, grown.bytes, grown.bit_offset, 8);
    acc = grown.term;
    if (blob_of(acc) != blob) ++copies;
    blob = blob_of(acc);
    if (i == 99) at_100 = acc;
  }
  CHECK(copies < 15);
  REQUIRE(bits_size(acc) == 20000 * 8);
  const BitsView view = bits_view(acc);
  for (unsigned i = 0; i < 20000; ++i) REQUIRE(byte_at(view, 8 * i) == i % 256);
  CHECK(bits_size(at_100) == 800);
  // Two continuations of one bit string do not see each other.
  const NewBits one = bits_append(t.heap, at_100, 8), two = bits_append(t.heap, at_100, 8);
  *(one.bytes + one.bit_offset / 8) = 1;
  *(two.bytes + two.bit_offset / 8) = 2;
  CHECK(byte_at(bits_view(one.term), 800) == 1);
  CHECK(byte_at(bits_view(two.term), 800) == 2);
  CHECK(byte_at(bits_view(acc), 800) == 100);
}
