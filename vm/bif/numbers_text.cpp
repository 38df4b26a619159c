// Numbers as text and back.
#include <charconv>
#include <cmath>
#include <cstdio>

#include "vm/bif/support.h"
#include "vm/term/integer.h"
#include "vm/term/print.h"

namespace parley {

namespace {

// The base of `a[index]`, 2 to 36.
std::optional<int> to_base(Term t) {
  const auto n = to_size(t);
  if (!n || *n < 2 || *n > 36) return std::nullopt;
  return static_cast<int>(*n);
}

std::optional<std::string> binary_text(Term binary) {
  if (!is_binary(binary)) return std::nullopt;
  std::vector<std::uint8_t> copy;
  const auto bytes = binary_bytes(binary, copy);
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

// Conversion of large numbers takes more than linear time.
void pay_digits(BifCall& call, std::size_t digits) {
  const auto n = static_cast<double>(digits);
  call.reductions -= static_cast<std::int64_t>(n * std::sqrt(n) / 8192);
}

Term parse_integer(BifCall& call, const std::optional<std::string>& text, int base) {
  if (!text) return call.badarg();
  pay_digits(call, text->size());
  const Term t = make_integer(call.heap, *text, base);
  if (t == Term::special(kTooLarge)) return call.fail(kAtom_system_limit);
  return t.is_value() ? t : call.badarg();
}

// The digits of a small integer, without a detour over the heap of C++.
struct SmallText {
  explicit SmallText(Term small)
      : size(static_cast<std::size_t>(
            std::to_chars(text, text + sizeof text, small.small_value()).ptr - text)) {}
  std::string_view view() const { return {text, size}; }
  char text[24];
  std::size_t size;
};

std::optional<std::string> integer_text(BifCall& call, Term integer, int base) {
  if (!integer.is_integer()) return std::nullopt;
  std::string text;
  append_integer(text, integer, base);
  pay_digits(call, text.size());
  return text;
}

// sign? digits "." digits (("e" | "E") sign? digits)?
bool is_float_text(std::string_view s) {
  std::size_t at = 0;
  const auto sign = [&] { at += at < s.size() && (s[at] == '+' || s[at] == '-'); };
  const auto digits = [&] {
    const std::size_t start = at;
    while (at < s.size() && s[at] >= '0' && s[at] <= '9') ++at;
    return at > start;
  };
  sign();
  if (!digits() || at == s.size() || s[at++] != '.' || !digits()) return false;
  if (at == s.size()) return true;
  if (s[at] != 'e' && s[at] != 'E') return false;
  ++at;
  sign();
  return digits() && at == s.size();
}

Term parse_float(BifCall& call, const std::optional<std::string>& text) {
  if (!text || !is_float_text(*text)) return call.badarg();
  const char* begin = text->data() + ((*text)[0] == '+' ? 1 : 0);
  const char* end = text->data() + text->size();
  double value = 0;
  const auto result = std::from_chars(begin, end, value);
  if (result.ec == std::errc::result_out_of_range) {
    // Too small is zero, too large is an error; `from_chars` leaves both alike.
    value = std::strtod(begin, nullptr);
  }
  return std::isfinite(value) ? make_float(call.heap, value) : call.badarg();
}

// How OTP rounds to decimals: digits after the point are scaled up and rounded half up. Beyond what
// that can do exactly enough, all digits are exact.
void append_decimals(std::string& out, double value, int decimals) {
  constexpr double kFastMax = 4503599627370496.0;  // 2^52
  constexpr int kFastDecimalsMax = 18;
  if (std::fabs(value) >= kFastMax || decimals > kFastDecimalsMax) {
    char text[700];
    const int size = std::snprintf(text, sizeof text, "%.*f", decimals, value);
    out.append(text, static_cast<std::size_t>(size));
    return;
  }
  double whole = 0;
  const double fraction = std::modf(std::fabs(value), &whole);
  std::uint64_t scale = 1;
  for (int i = 0; i < decimals; ++i) scale *= 10;
  auto digits = static_cast<std::uint64_t>(fraction * static_cast<double>(scale) + 0.5);
  auto integer = static_cast<std::uint64_t>(whole);
  if (digits >= scale) {
    ++integer;
    digits -= scale;
  }
  if (std::signbit(value)) out.push_back('-');
  out.append(std::to_string(integer));
  if (decimals == 0) return;
  const std::string text = std::to_string(digits);
  out.push_back('.');
  out.append(static_cast<std::size_t>(decimals) - text.size(), '0').append(text);
}

void append_scientific(std::string& out, double value, int decimals) {
  char text[300];
  const int size = std::snprintf(text, sizeof text, "%.*e", decimals, value);
  out.append(text, static_cast<std::size_t>(size));
}

void drop_trailing_zeros(std::string& text) {
  if (text.find('.') == std::string::npos) return;
  while (text.back() == '0' && text[text.size() - 2] != '.') text.pop_back();
}

// Options of float_to_list/2; nullopt: not valid.
std::optional<std::string> format_float(const BifCall& call, double value, Term options) {
  enum class Style : std::uint8_t { kScientific, kDecimals, kShort };
  Style style = Style::kScientific;
  int digits = 20;
  bool compact = false;
  for (; options.is_cons(); options = options.tail()) {
    const Term o = options.head();
    if (o.is_atom() && call.atoms.text(o) == "compact") {
      compact = true;
    } else if (o.is_atom() && call.atoms.text(o) == "short") {
      style = Style::kShort;
    } else if (o.is_tuple() && o.arity() == 2 && o.element(0).is_atom() && to_size(o.element(1))) {
      const std::string_view name = call.atoms.text(o.element(0));
      const bool decimals = name == "decimals";
      if (!decimals && name != "scientific") return std::nullopt;
      const std::uint64_t n = *to_size(o.element(1));
      if (n > (decimals ? 253 : 249)) return std::nullopt;
      style = decimals ? Style::kDecimals : Style::kScientific;
      digits = static_cast<int>(n);
    } else {
      return std::nullopt;
    }
  }
  if (!options.is_nil()) return std::nullopt;
  std::string text;
  if (style == Style::kShort) append_float(text, value);
  if (style == Style::kScientific) append_scientific(text, value, digits);
  if (style == Style::kDecimals) {
    append_decimals(text, value, digits);
    if (compact) drop_trailing_zeros(text);
  }
  return text;
}

std::optional<std::string> float_text(BifCall& call, const Term* a, bool has_options) {
  if (!a[0].is_float()) return std::nullopt;
  return format_float(call, float_value(a[0]), has_options ? a[1] : Term::nil());
}

Term list_or_badarg(BifCall& call, const std::optional<std::string>& text) {
  return text ? make_byte_list(call.heap, *text) : call.badarg();
}
Term binary_or_badarg(BifCall& call, const std::optional<std::string>& text) {
  return text ? make_binary(call.heap, *text) : call.badarg();
}

}  // namespace

Term bif_integer_to_list_1(BifCall& call, const Term* a) {
  if (a[0].is_small()) return make_byte_list(call.heap, SmallText(a[0]).view());
  return list_or_badarg(call, integer_text(call, a[0], 10));
}
Term bif_integer_to_list_2(BifCall& call, const Term* a) {
  const auto base = to_base(a[1]);
  return base ? list_or_badarg(call, integer_text(call, a[0], *base)) : call.badarg();
}
Term bif_integer_to_binary_1(BifCall& call, const Term* a) {
  if (a[0].is_small()) return make_binary(call.heap, SmallText(a[0]).view());
  return binary_or_badarg(call, integer_text(call, a[0], 10));
}
Term bif_integer_to_binary_2(BifCall& call, const Term* a) {
  const auto base = to_base(a[1]);
  return base ? binary_or_badarg(call, integer_text(call, a[0], *base)) : call.badarg();
}

Term bif_list_to_integer_1(BifCall& call, const Term* a) {
  return parse_integer(call, to_latin1(a[0]), 10);
}
Term bif_list_to_integer_2(BifCall& call, const Term* a) {
  const auto base = to_base(a[1]);
  return base ? parse_integer(call, to_latin1(a[0]), *base) : call.badarg();
}
Term bif_binary_to_integer_1(BifCall& call, const Term* a) {
  return parse_integer(call, binary_text(a[0]), 10);
}
Term bif_binary_to_integer_2(BifCall& call, const Term* a) {
  const auto base = to_base(a[1]);
  return base ? parse_integer(call, binary_text(a[0]), *base) : call.badarg();
}

Term bif_float_to_list_1(BifCall& call, const Term* a) {
  return list_or_badarg(call, float_text(call, a, false));
}
Term bif_float_to_list_2(BifCall& call, const Term* a) {
  return list_or_badarg(call, float_text(call, a, true));
}
Term bif_float_to_binary_1(BifCall& call, const Term* a) {
  return binary_or_badarg(call, float_text(call, a, false));
}
Term bif_float_to_binary_2(BifCall& call, const Term* a) {
  return binary_or_badarg(call, float_text(call, a, true));
}
Term bif_list_to_float(BifCall& call, const Term* a) {
  return parse_float(call, to_latin1(a[0]));
}
Term bif_binary_to_float(BifCall& call, const Term* a) {
  return parse_float(call, binary_text(a[0]));
}

}  // namespace parley
