// Built-ins: dates and times of day in UTC, here, and as seconds since 1970.
#include <array>
#include <ctime>

#include "vm/bif/support.h"
#include "vm/term/integer.h"

namespace parley {

namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;
// The years that Erlang/OTP converts.
constexpr std::int64_t kYearMin = 1600, kYearMax = 1 << 20;

struct DateTime {
  std::int64_t year, month, day, hour, minute, second;
};

std::optional<std::array<std::int64_t, 3>> three_numbers(Term tuple) {
  if (!tuple.is_tuple() || tuple.arity() != 3) return std::nullopt;
  std::array<std::int64_t, 3> numbers;
  for (unsigned i = 0; i < 3; ++i) {
    if (!tuple.element(i).is_small()) return std::nullopt;
    numbers[i] = tuple.element(i).small_value();
  }
  return numbers;
}

bool within(std::int64_t low, std::int64_t value, std::int64_t high) {
  return low <= value && value <= high;
}

// {{Year, Month, Day}, {Hour, Minute, Second}} of the Gregorian calendar.
std::optional<DateTime> parse_date_time(Term term) {
  if (!term.is_tuple() || term.arity() != 2) return std::nullopt;
  const auto date = three_numbers(term.element(0)), time = three_numbers(term.element(1));
  if (!date || !time) return std::nullopt;
  const DateTime t{(*date)[0], (*date)[1], (*date)[2], (*time)[0], (*time)[1], (*time)[2]};
  if (!within(kYearMin, t.year, kYearMax) || !within(1, t.month, 12) || t.day < 1 ||
      !within(0, t.hour, 23) || !within(0, t.minute, 59) || !within(0, t.second, 59)) {
    return std::nullopt;
  }
  std::tm first{};  // the last day of the month is the day before the next one's first
  first.tm_year = static_cast<int>(t.year - 1900);
  first.tm_mon = static_cast<int>(t.month);
  first.tm_mday = 0;
  timegm(&first);
  return t.day <= first.tm_mday ? std::optional(t) : std::nullopt;
}

std::tm broken_down(const DateTime& t) {
  std::tm parts{};
  parts.tm_year = static_cast<int>(t.year - 1900);
  parts.tm_mon = static_cast<int>(t.month - 1);
  parts.tm_mday = static_cast<int>(t.day);
  parts.tm_hour = static_cast<int>(t.hour);
  parts.tm_min = static_cast<int>(t.minute);
  parts.tm_sec = static_cast<int>(t.second);
  return parts;
}

Term date_time_term(BifCall& call, const std::tm& t) {
  const Term date = make_tuple(call.heap, {Term::small(t.tm_year + 1900),
                                           Term::small(t.tm_mon + 1), Term::small(t.tm_mday)});
  const Term time = make_tuple(
      call.heap, {Term::small(t.tm_hour), Term::small(t.tm_min), Term::small(t.tm_sec)});
  return make_tuple(call.heap, {date, time});
}

Term local_to_universal(BifCall& call, Term local, int daylight_saving) {
  const auto date_time = parse_date_time(local);
  if (!date_time) return call.badarg();
  std::tm parts = broken_down(*date_time);
  parts.tm_isdst = daylight_saving;
  const std::time_t seconds = mktime(&parts);
  std::tm universal{};
  gmtime_r(&seconds, &universal);
  return date_time_term(call, universal);
}

}  // namespace

Term bif_posixtime_to_universaltime(BifCall& call, const Term* a) {
  const auto seconds = a[0].is_integer() ? integer_to_int64(a[0]) : std::nullopt;
  const std::int64_t limit = kYearMax * 366 * kSecondsPerDay;
  if (!seconds || !within(-limit, *seconds, limit)) return call.badarg();
  const std::time_t time = *seconds;
  std::tm universal{};
  gmtime_r(&time, &universal);
  return date_time_term(call, universal);
}

Term bif_universaltime_to_posixtime(BifCall& call, const Term* a) {
  const auto date_time = parse_date_time(a[0]);
  if (!date_time) return call.badarg();
  std::tm parts = broken_down(*date_time);
  return make_int64(call.heap, timegm(&parts));
}

Term bif_universaltime_to_localtime(BifCall& call, const Term* a) {
  const auto date_time = parse_date_time(a[0]);
  if (!date_time) return call.badarg();
  std::tm parts = broken_down(*date_time);
  const std::time_t seconds = timegm(&parts);
  std::tm local{};
  localtime_r(&seconds, &local);
  return date_time_term(call, local);
}

Term bif_localtime_to_universaltime(BifCall& call, const Term* a) {
  return local_to_universal(call, a[0], -1);
}
Term bif_localtime_to_universaltime_dst(BifCall& call, const Term* a) {
  if (a[1] == kAtom_undefined) return local_to_universal(call, a[0], -1);
  if (a[1] != kAtom_true_ && a[1] != kAtom_false_) return call.badarg();
  return local_to_universal(call, a[0], a[1] == kAtom_true_ ? 1 : 0);
}

}  // namespace parley
