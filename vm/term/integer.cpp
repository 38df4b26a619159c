// Comparison, conversion and text of integers, on GMP's mpn layer.
#include "vm/term/integer.h"

#include <gmp.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <vector>

#include "vm/base/assert.h"

namespace parley {

static_assert(sizeof(mp_limb_t) == sizeof(Word) && GMP_NUMB_BITS == 64);

IntegerView::IntegerView(Term integer) {
  if (integer.is_small()) {
    const std::int64_t v = integer.small_value();
    negative = v < 0;
    small_limb_ = negative ? -static_cast<Word>(v) : static_cast<Word>(v);
    limbs = &small_limb_;
    count = v != 0;
    return;
  }
  PARLEY_DEBUG_ASSERT(integer.is_big(), "an integer");
  negative = is_negative_big(integer);
  limbs = integer.box() + 1;
  count = static_cast<std::uint32_t>(header_size(integer.header()));
}

IntegerView::IntegerView(std::int64_t v) : limbs(&small_limb_), count(v != 0), negative(v < 0) {
  small_limb_ = negative ? -static_cast<Word>(v) : static_cast<Word>(v);
}

std::uint64_t IntegerView::bit_length() const {
  return count == 0 ? 0 : std::uint64_t{count} * 64 - std::countl_zero(limbs[count - 1]);
}

int compare_integers(Term left, Term right) {
  if (left.is_small() && right.is_small()) {
    const std::int64_t l = left.small_value(), r = right.small_value();
    return l < r ? -1 : l > r ? 1 : 0;
  }
  // A big is larger in magnitude than any small, so its sign decides.
  if (left.is_small()) return is_negative_big(right) ? 1 : -1;
  if (right.is_small()) return is_negative_big(left) ? -1 : 1;
  const bool negative = is_negative_big(left);
  if (negative != is_negative_big(right)) return negative ? -1 : 1;
  const Word l_count = header_size(left.header()), r_count = header_size(right.header());
  int order = 0;
  if (l_count != r_count) {
    order = l_count < r_count ? -1 : 1;
  } else {
    order = mpn_cmp(left.box() + 1, right.box() + 1, static_cast<mp_size_t>(l_count));
    order = order < 0 ? -1 : order > 0 ? 1 : 0;
  }
  return negative ? -order : order;
}

namespace {

int sign_of(double d) { return d < 0 ? -1 : d > 0 ? 1 : 0; }

// Of a magnitude of at least 2^61 and a double of at least 2^61, both positive.
int compare_large(const IntegerView& view, double d) {
  int exponent = 0;
  const auto mantissa = static_cast<Word>(std::ldexp(std::frexp(d, &exponent), 53));
  const auto double_bits = static_cast<std::uint64_t>(exponent);
  const std::uint64_t integer_bits = view.bit_length();
  if (integer_bits != double_bits) return integer_bits < double_bits ? -1 : 1;
  // Both have the same length: compare the leading 53 bits, then ask whether any bit is left.
  const std::uint64_t low = integer_bits - 53;
  const std::uint64_t limb = low / 64, shift = low % 64;
  Word top = view.limbs[limb] >> shift;
  if (shift != 0 && limb + 1 < view.count) top |= view.limbs[limb + 1] << (64 - shift);
  if (top != mantissa) return top < mantissa ? -1 : 1;
  if (shift != 0 && (view.limbs[limb] << (64 - shift)) != 0) return 1;
  for (std::uint64_t i = 0; i < limb; ++i) {
    if (view.limbs[i] != 0) return 1;
  }
  return 0;
}

}  // namespace

int compare_integer_to_double(Term left, double right) {
  constexpr double kTwo61 = 2305843009213693952.0;
  if (left.is_small()) {
    const double whole = std::trunc(right);
    if (whole >= kTwo61) return -1;
    if (whole < -kTwo61) return 1;
    const auto r = static_cast<std::int64_t>(whole);
    const std::int64_t l = left.small_value();
    if (l != r) return l < r ? -1 : 1;
    return -sign_of(right - whole);
  }
  const IntegerView view(left);
  if (view.negative) {
    return right > -kTwo61 ? -1 : -compare_large(view, -right);
  }
  return right < kTwo61 ? 1 : compare_large(view, right);
}

std::optional<double> integer_to_double(const IntegerView& view) {
  const std::uint64_t bits = view.bit_length();
  if (bits > 1024) return std::nullopt;
  double magnitude = 0;
  if (view.count <= 1) {
    magnitude = view.count == 0 ? 0.0 : static_cast<double>(view.limbs[0]);
  } else {
    // The leading 64 bits with a sticky lowest bit round once, exactly as all of them would.
    const std::uint64_t low = bits - 64;
    const std::uint64_t limb = low / 64, shift = low % 64;
    Word top = view.limbs[limb] >> shift;
    if (shift != 0) top |= view.limbs[limb + 1] << (64 - shift);
    bool rest = shift != 0 && (view.limbs[limb] << (64 - shift)) != 0;
    for (std::uint64_t i = 0; i < limb && !rest; ++i) rest = view.limbs[i] != 0;
    magnitude = std::ldexp(static_cast<double>(top | (rest ? 1 : 0)), static_cast<int>(low));
  }
  if (!std::isfinite(magnitude)) return std::nullopt;
  return view.negative ? -magnitude : magnitude;
}

std::optional<double> integer_to_double(Term integer) {
  if (integer.is_small()) return static_cast<double>(integer.small_value());
  return integer_to_double(IntegerView(integer));
}

std::optional<double> number_to_double(Term number) {
  return number.is_float() ? std::optional(float_value(number)) : integer_to_double(number);
}

std::optional<std::int64_t> integer_to_int64(Term integer) {
  if (integer.is_small()) return integer.small_value();
  const IntegerView view(integer);
  if (view.count != 1) return std::nullopt;
  if (view.negative) {
    if (view.limbs[0] > Word{1} << 63) return std::nullopt;
    return static_cast<std::int64_t>(-view.limbs[0]);
  }
  if (view.limbs[0] >= Word{1} << 63) return std::nullopt;
  return static_cast<std::int64_t>(view.limbs[0]);
}

std::optional<std::uint64_t> integer_to_uint64(Term integer) {
  const IntegerView view(integer);
  if (view.negative || view.count > 1) return std::nullopt;
  return view.count == 0 ? 0 : view.limbs[0];
}

void append_integer(std::string& out, Term integer, int base) {
  PARLEY_ASSERT(base >= 2 && base <= 36, "a base that has digits");
  const std::size_t start = out.size();
  if (integer.is_small()) {
    char text[72];
    const auto end = std::to_chars(text, text + sizeof text, integer.small_value(), base);
    out.append(text, end.ptr);
  } else {
    const IntegerView view(integer);
    if (view.negative) out.push_back('-');
    std::vector<Word> limbs(view.limbs, view.limbs + view.count);  // mpn_get_str destroys them
    const std::size_t digits_start = out.size();
    out.resize(digits_start + mpn_sizeinbase(limbs.data(), view.count, base) + 1);
    auto* digits = reinterpret_cast<unsigned char*>(out.data() + digits_start);
    const std::size_t count = mpn_get_str(digits, base, limbs.data(), view.count);
    std::size_t zeros = 0;
    while (zeros + 1 < count && digits[zeros] == 0) ++zeros;
    for (std::size_t i = zeros; i < count; ++i) {
      const unsigned char d = digits[i];
      digits[i - zeros] = static_cast<unsigned char>(d < 10 ? '0' + d : 'a' + d - 10);
    }
    out.resize(digits_start + count - zeros);
  }
  for (std::size_t i = start; i < out.size(); ++i) {
    if (out[i] >= 'a') out[i] = static_cast<char>(out[i] - 'a' + 'A');
  }
}

}  // namespace parley
