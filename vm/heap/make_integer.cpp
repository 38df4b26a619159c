// Integer arithmetic on GMP's mpn layer. Results are built in place on the heap: room for the
// largest possible result is allocated, filled, and what was not needed is given back.
#include "vm/heap/make_integer.h"

#include <gmp.h>

#include <bit>
#include <cmath>
#include <vector>

#include "vm/base/assert.h"
#include "vm/term/integer.h"

namespace parley {

namespace {

constexpr Word kLimbsMax = kBigBitsMax / 64;

mp_size_t mp_size(std::size_t n) { return static_cast<mp_size_t>(n); }

// A big integer under construction on the heap.
class Builder {
 public:
  Builder(Heap& heap, std::size_t limbs)
      : heap_(heap), room_(limbs), box_(heap.allocate(limbs + 1)) {}
  Word* limbs() { return box_ + 1; }

  // The term of `count` limbs; leading zeros are dropped.
  Term finish(bool negative, std::size_t count) {
    while (count > 0 && limbs()[count - 1] == 0) --count;
    if (count <= 1) {
      const Word low = count == 0 ? 0 : limbs()[0];
      if (low <= Word{1} << 61) {
        const auto value = static_cast<std::int64_t>(negative ? -low : low);
        if (fits_small(value)) return discard(Term::small(value));
      }
    }
    if (count > kLimbsMax) return discard(Term());
    box_[0] = make_header(negative ? Subtag::kBigNegative : Subtag::kBigPositive, count);
    heap_.give_back(box_ + 1 + count, room_ - count);
    return Term::boxed(box_);
  }

 private:
  Term discard(Term instead) {
    heap_.give_back(box_, room_ + 1);
    return instead;
  }

  Heap& heap_;
  std::size_t room_;
  Word* box_;
};

int compare_magnitudes(const IntegerView& l, const IntegerView& r) {
  if (l.count != r.count) return l.count < r.count ? -1 : 1;
  return l.count == 0 ? 0 : mpn_cmp(l.limbs, r.limbs, mp_size(l.count));
}

// |l| + |r| or |l| - |r|, depending on the signs; `r_negative` is the sign that r is given.
Term add_signed(Heap& heap, const IntegerView& l, const IntegerView& r, bool r_negative) {
  const IntegerView& longer = l.count >= r.count ? l : r;
  const IntegerView& shorter = l.count >= r.count ? r : l;
  Builder result(heap, longer.count + 1);
  if (longer.count == 0) return result.finish(false, 0);
  if (l.negative == r_negative || r.count == 0 || l.count == 0) {
    const Word carry = shorter.count == 0
                           ? (mpn_copyi(result.limbs(), longer.limbs, mp_size(longer.count)), 0)
                           : mpn_add(result.limbs(), longer.limbs, mp_size(longer.count),
                                     shorter.limbs, mp_size(shorter.count));
    result.limbs()[longer.count] = carry;
    return result.finish(l.count == 0 ? r_negative : l.negative, longer.count + 1);
  }
  const int order = compare_magnitudes(l, r);
  if (order == 0) return result.finish(false, 0);
  const IntegerView& larger = order > 0 ? l : r;
  const IntegerView& smaller = order > 0 ? r : l;
  mpn_sub(result.limbs(), larger.limbs, mp_size(larger.count), smaller.limbs,
          mp_size(smaller.count));
  return result.finish(order > 0 ? l.negative : r_negative, larger.count);
}

// The limbs of an integer in two's complement, one by one, sign-extended without end.
class TwosComplement {
 public:
  explicit TwosComplement(const IntegerView& view) : view_(view) {}
  Word next() {
    const Word magnitude = at_ < view_.count ? view_.limbs[at_] : 0;
    ++at_;
    if (!view_.negative) return magnitude;
    const Word limb = ~magnitude + carry_;
    carry_ = carry_ & (limb == 0);
    return limb;
  }

 private:
  const IntegerView& view_;
  std::uint32_t at_ = 0;
  Word carry_ = 1;
};

template <class Operation>
Term bitwise(Heap& heap, Term left, Term right, Operation operation) {
  const IntegerView l(left), r(right);
  const std::size_t count = std::max(l.count, r.count) + 1;
  TwosComplement l_limbs(l), r_limbs(r);
  Builder result(heap, count);
  for (std::size_t i = 0; i < count; ++i) {
    result.limbs()[i] = operation(l_limbs.next(), r_limbs.next());
  }
  const bool negative = (result.limbs()[count - 1] >> 63) != 0;
  if (negative) mpn_neg(result.limbs(), result.limbs(), mp_size(count));
  return result.finish(negative, count);
}

Term shift_left(Heap& heap, const IntegerView& view, std::uint64_t count) {
  if (view.count == 0) return Term::small(0);
  if (count > kBigBitsMax || view.bit_length() + count > kBigBitsMax) return Term();
  const std::size_t limbs = count / 64;
  const unsigned bits = count % 64;
  Builder result(heap, view.count + limbs + 1);
  mpn_zero(result.limbs(), mp_size(limbs));
  Word* high = result.limbs() + limbs;
  if (bits == 0) {
    mpn_copyi(high, view.limbs, mp_size(view.count));
    high[view.count] = 0;
  } else {
    high[view.count] = mpn_lshift(high, view.limbs, mp_size(view.count), bits);
  }
  return result.finish(view.negative, view.count + limbs + 1);
}

Term shift_right(Heap& heap, const IntegerView& view, std::uint64_t count) {
  const std::size_t limbs = count / 64;
  const unsigned bits = count % 64;
  if (limbs >= view.count) return Term::small(view.negative ? -1 : 0);
  const std::size_t left = view.count - limbs;
  Builder result(heap, left + 1);
  Word dropped = 0;
  if (bits == 0) {
    mpn_copyi(result.limbs(), view.limbs + limbs, mp_size(left));
  } else {
    dropped = mpn_rshift(result.limbs(), view.limbs + limbs, mp_size(left), bits);
  }
  for (std::size_t i = 0; i < limbs && dropped == 0; ++i) dropped = view.limbs[i];
  result.limbs()[left] = 0;
  if (view.negative && dropped != 0) {  // round down, not towards zero
    mpn_add_1(result.limbs(), result.limbs(), mp_size(left + 1), 1);
  }
  return result.finish(view.negative, left + 1);
}

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'z') return c - 'a' + 10;
  if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
  return 99;
}

}  // namespace

Term make_big_int64(Heap& heap, std::int64_t value) {
  Word* box = heap.allocate(2);
  box[0] = make_header(value < 0 ? Subtag::kBigNegative : Subtag::kBigPositive, 1);
  box[1] = value < 0 ? -static_cast<Word>(value) : static_cast<Word>(value);
  return Term::boxed(box);
}

Term make_uint64(Heap& heap, std::uint64_t value) {
  return make_integer(heap, false, std::span(&value, 1));
}

Term make_int128(Heap& heap, __int128 value) {
  const bool negative = value < 0;
  const auto magnitude = negative ? -static_cast<unsigned __int128>(value)
                                  : static_cast<unsigned __int128>(value);
  const Word limbs[2] = {static_cast<Word>(magnitude), static_cast<Word>(magnitude >> 64)};
  return make_integer(heap, negative, limbs);
}

Term make_integer(Heap& heap, bool negative, std::span<const Word> limbs) {
  std::size_t count = limbs.size();
  while (count > 0 && limbs[count - 1] == 0) --count;
  Builder result(heap, count);
  mpn_copyi(result.limbs(), limbs.data(), mp_size(count));
  return result.finish(negative, count);
}

Term make_integer(Heap& heap, double value) {
  int exponent = 0;
  const double fraction = std::frexp(std::trunc(value), &exponent);
  if (exponent <= 61) return make_int64(heap, static_cast<std::int64_t>(value));
  const auto mantissa = static_cast<Word>(std::ldexp(std::fabs(fraction), 53));
  const std::size_t shift = static_cast<std::size_t>(exponent) - 53;
  Word limbs[18] = {};
  limbs[shift / 64] = mantissa << (shift % 64);
  if (shift % 64 > 11) limbs[shift / 64 + 1] = mantissa >> (64 - shift % 64);
  return make_integer(heap, value < 0, limbs);
}

Term make_integer(Heap& heap, std::string_view text, int base) {
  const bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  if (text.empty()) return Term();
  std::int64_t small = 0;
  std::size_t at = 0;
  constexpr std::size_t kDigitsOfSmall = 11;  // of any base: 36^11 < 2^61
  for (; at < text.size(); ++at) {
    const int digit = digit_value(text[at]);
    if (digit >= base) return Term();
    if (at < kDigitsOfSmall) small = small * base + digit;
  }
  if (text.size() <= kDigitsOfSmall) return Term::small(negative ? -small : small);
  while (text.size() > 1 && text[0] == '0') text.remove_prefix(1);
  const double bits = std::log2(base) * static_cast<double>(text.size());
  if (bits > static_cast<double>(kBigBitsMax) + 64) return Term::special(kTooLarge);
  std::vector<unsigned char> digits(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    digits[i] = static_cast<unsigned char>(digit_value(text[i]));
  }
  Builder result(heap, static_cast<std::size_t>(bits / 64) + 2);
  const mp_size_t count = mpn_set_str(result.limbs(), digits.data(), digits.size(), base);
  const Term t = result.finish(negative, static_cast<std::size_t>(count));
  return t.is_value() ? t : Term::special(kTooLarge);
}

Term make_float_box(Heap& heap, double value) {
  Word* box = heap.allocate(2);
  box[0] = make_header(Subtag::kFloat, 1);
  box[1] = std::bit_cast<Word>(value);
  return Term::boxed(box);
}

Term integer_add(Heap& heap, Term left, Term right) {
  if (left.is_small() && right.is_small()) {
    return make_int64(heap, left.small_value() + right.small_value());
  }
  const IntegerView l(left), r(right);
  return add_signed(heap, l, r, r.negative);
}

Term integer_subtract(Heap& heap, Term left, Term right) {
  if (left.is_small() && right.is_small()) {
    return make_int64(heap, left.small_value() - right.small_value());
  }
  const IntegerView l(left), r(right);
  return add_signed(heap, l, r, !r.negative);
}

Term integer_multiply(Heap& heap, Term left, Term right) {
  if (left.is_small() && right.is_small()) {
    return make_int128(heap, static_cast<__int128>(left.small_value()) * right.small_value());
  }
  const IntegerView l(left), r(right);
  if (l.count == 0 || r.count == 0) return Term::small(0);
  if (l.bit_length() + r.bit_length() > kBigBitsMax + 1) return Term();
  Builder result(heap, l.count + r.count);
  if (l.count >= r.count) {
    mpn_mul(result.limbs(), l.limbs, mp_size(l.count), r.limbs, mp_size(r.count));
  } else {
    mpn_mul(result.limbs(), r.limbs, mp_size(r.count), l.limbs, mp_size(l.count));
  }
  return result.finish(l.negative != r.negative, l.count + r.count);
}

Term integer_divide(Heap& heap, Term left, Term right) {
  if (left.is_small() && right.is_small()) {
    return make_int64(heap, left.small_value() / right.small_value());
  }
  const IntegerView l(left), r(right);
  if (l.count < r.count) return Term::small(0);
  const std::size_t count = l.count - r.count + 1;
  std::vector<Word> remainder(r.count);
  Builder quotient(heap, count);
  mpn_tdiv_qr(quotient.limbs(), remainder.data(), 0, l.limbs, mp_size(l.count), r.limbs,
              mp_size(r.count));
  return quotient.finish(l.negative != r.negative, count);
}

Term integer_remainder(Heap& heap, Term left, Term right) {
  if (left.is_small() && right.is_small()) {
    return Term::small(left.small_value() % right.small_value());
  }
  const IntegerView l(left), r(right);
  if (l.count < r.count) return left;
  std::vector<Word> quotient(l.count - r.count + 1);
  Builder remainder(heap, r.count);
  mpn_tdiv_qr(quotient.data(), remainder.limbs(), 0, l.limbs, mp_size(l.count), r.limbs,
              mp_size(r.count));
  return remainder.finish(l.negative, r.count);
}

Term integer_negate(Heap& heap, Term operand) {
  return integer_subtract(heap, Term::small(0), operand);
}

Term integer_and(Heap& heap, Term left, Term right) {
  return bitwise(heap, left, right, [](Word l, Word r) { return l & r; });
}
Term integer_or(Heap& heap, Term left, Term right) {
  return bitwise(heap, left, right, [](Word l, Word r) { return l | r; });
}
Term integer_xor(Heap& heap, Term left, Term right) {
  return bitwise(heap, left, right, [](Word l, Word r) { return l ^ r; });
}
Term integer_not(Heap& heap, Term operand) {
  return integer_subtract(heap, Term::small(-1), operand);
}

Term integer_shift(Heap& heap, Term operand, std::int64_t count) {
  const IntegerView view(operand);
  if (count >= 0) return shift_left(heap, view, static_cast<std::uint64_t>(count));
  return shift_right(heap, view, -static_cast<std::uint64_t>(count));
}

}  // namespace parley
