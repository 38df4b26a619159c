// Built-ins: clocks and unique integers.
#include <chrono>
#include <ctime>

#include "vm/bif/arith.h"
#include "vm/heap/make_integer.h"
#include "vm/process/bif_support.h"
#include "vm/sched/scheduler.h"

namespace parley {

namespace {

constexpr std::int64_t kNanoseconds = 1'000'000'000;

std::int64_t steady_ns() { return static_cast<std::int64_t>(monotonic_ns()); }
std::int64_t system_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Term integer(BifCall& call, std::int64_t value) { return make_integer(call.heap, value); }

// Parts a second of a time unit; 0: not a unit.
std::int64_t parts_per_second(Term unit) {
  if (unit == kAtom_second || unit == kAtom_seconds) return 1;
  if (unit == kAtom_millisecond || unit == kAtom_milli_seconds) return 1000;
  if (unit == kAtom_microsecond || unit == kAtom_micro_seconds) return 1'000'000;
  if (unit == kAtom_nanosecond || unit == kAtom_nano_seconds || unit == kAtom_native) {
    return kNanoseconds;
  }
  if (unit == kAtom_perf_counter) return kNanoseconds;
  return unit.is_small() && unit.small_value() > 0 ? unit.small_value() : 0;
}

std::int64_t floor_divide(__int128 value, std::int64_t divisor) {
  __int128 quotient = value / divisor;
  if (value % divisor != 0 && value < 0) --quotient;
  return static_cast<std::int64_t>(quotient);
}

Term in_unit(BifCall& call, std::int64_t nanoseconds, Term unit) {
  const std::int64_t parts = parts_per_second(unit);
  if (parts == 0) return call.badarg();
  return integer(call, floor_divide(static_cast<__int128>(nanoseconds) * parts, kNanoseconds));
}

Term stamp(BifCall& call, std::int64_t ns) {
  const std::int64_t us = ns / 1000;
  return make_tuple(call.heap, {Term::small(us / 1'000'000'000'000),
                               Term::small(us / 1'000'000 % 1'000'000),
                               Term::small(us % 1'000'000)});
}

std::tm broken_down(bool local) {
  const std::time_t now = static_cast<std::time_t>(system_ns() / kNanoseconds);
  std::tm parts{};
  if (local) localtime_r(&now, &parts);
  else gmtime_r(&now, &parts);
  return parts;
}
Term date_of(BifCall& call, const std::tm& t) {
  return make_tuple(call.heap, {Term::small(t.tm_year + 1900), Term::small(t.tm_mon + 1),
                               Term::small(t.tm_mday)});
}
Term time_of(BifCall& call, const std::tm& t) {
  return make_tuple(call.heap,
                   {Term::small(t.tm_hour), Term::small(t.tm_min), Term::small(t.tm_sec)});
}

}  // namespace

Term bif_monotonic_time(BifCall& call, const Term*) { return integer(call, steady_ns()); }
Term bif_monotonic_time_unit(BifCall& call, const Term* a) {
  return in_unit(call, steady_ns(), a[0]);
}
Term bif_system_time(BifCall& call, const Term*) { return integer(call, system_ns()); }
Term bif_system_time_unit(BifCall& call, const Term* a) { return in_unit(call, system_ns(), a[0]); }
Term bif_os_system_time(BifCall& call, const Term*) { return integer(call, system_ns()); }
Term bif_os_system_time_unit(BifCall& call, const Term* a) {
  return in_unit(call, system_ns(), a[0]);
}
Term bif_time_offset(BifCall& call, const Term*) {
  return integer(call, system_ns() - steady_ns());
}
Term bif_time_offset_unit(BifCall& call, const Term* a) {
  return in_unit(call, system_ns() - steady_ns(), a[0]);
}

Term bif_convert_time_unit(BifCall& call, const Term* a) {
  const std::int64_t from = parts_per_second(a[1]), to = parts_per_second(a[2]);
  if (!a[0].is_integer() || from == 0 || to == 0) return call.badarg();
  // Rounded down also below zero: (time * to - (from - 1 if negative)) div from.
  Term product = arith_multiply(call, a[0], Term::small(to));
  if (!product.is_value()) return product;
  const Term remainder = arith_int_rem(call, product, Term::small(from));
  const Term quotient = arith_int_div(call, product, Term::small(from));
  const bool negative_rest = remainder.is_small() && remainder.small_value() < 0;
  return negative_rest ? arith_subtract(call, quotient, Term::small(1)) : quotient;
}

Term bif_timestamp(BifCall& call, const Term*) { return stamp(call, system_ns()); }
Term bif_os_timestamp(BifCall& call, const Term*) { return stamp(call, system_ns()); }

Term bif_universaltime(BifCall& call, const Term*) {
  const std::tm t = broken_down(false);
  return make_tuple(call.heap, {date_of(call, t), time_of(call, t)});
}
Term bif_localtime(BifCall& call, const Term*) {
  const std::tm t = broken_down(true);
  return make_tuple(call.heap, {date_of(call, t), time_of(call, t)});
}
Term bif_date(BifCall& call, const Term*) { return date_of(call, broken_down(true)); }
Term bif_time(BifCall& call, const Term*) { return time_of(call, broken_down(true)); }

Term bif_unique_integer(BifCall& call, const Term*) {
  return integer(call, static_cast<std::int64_t>(call.services.processes->next_reference()));
}
Term bif_unique_integer_options(BifCall& call, const Term* a) {
  Term list = a[0];
  for (; list.is_cons(); list = list.tail()) {
    if (list.head() != kAtom_positive && list.head() != kAtom_monotonic) return call.badarg();
  }
  return list.is_nil() ? bif_unique_integer(call, nullptr) : call.badarg();
}

}  // namespace parley
