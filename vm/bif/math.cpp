// The module `math`. Integers become floats first; what is no number is badarg, a result that is
// not finite is badarith.
#include <cmath>
#include <numbers>

#include "vm/bif/arith.h"
#include "vm/bif/support.h"
#include "vm/term/integer.h"

namespace parley {

namespace {

Term apply(BifCall& call, Term t, double (*function)(double)) {
  if (!t.is_number()) return call.badarg();
  const auto d = number_to_double(t);
  return d ? arith_float(call, function(*d)) : call.fail(kAtom_badarith);
}

Term apply(BifCall& call, const Term* a, double (*function)(double, double)) {
  if (!a[0].is_number() || !a[1].is_number()) return call.badarg();
  const auto l = number_to_double(a[0]), r = number_to_double(a[1]);
  return l && r ? arith_float(call, function(*l, *r)) : call.fail(kAtom_badarith);
}

}  // namespace

Term bif_math_pi(BifCall& call, const Term*) { return make_float(call.heap, std::numbers::pi); }
Term bif_math_acos(BifCall& call, const Term* a) { return apply(call, a[0], std::acos); }
Term bif_math_acosh(BifCall& call, const Term* a) { return apply(call, a[0], std::acosh); }
Term bif_math_asin(BifCall& call, const Term* a) { return apply(call, a[0], std::asin); }
Term bif_math_asinh(BifCall& call, const Term* a) { return apply(call, a[0], std::asinh); }
Term bif_math_atan(BifCall& call, const Term* a) { return apply(call, a[0], std::atan); }
Term bif_math_atanh(BifCall& call, const Term* a) { return apply(call, a[0], std::atanh); }
Term bif_math_ceil(BifCall& call, const Term* a) { return apply(call, a[0], std::ceil); }
Term bif_math_cos(BifCall& call, const Term* a) { return apply(call, a[0], std::cos); }
Term bif_math_cosh(BifCall& call, const Term* a) { return apply(call, a[0], std::cosh); }
Term bif_math_erf(BifCall& call, const Term* a) { return apply(call, a[0], std::erf); }
Term bif_math_erfc(BifCall& call, const Term* a) { return apply(call, a[0], std::erfc); }
Term bif_math_exp(BifCall& call, const Term* a) { return apply(call, a[0], std::exp); }
Term bif_math_floor(BifCall& call, const Term* a) { return apply(call, a[0], std::floor); }
Term bif_math_log(BifCall& call, const Term* a) { return apply(call, a[0], std::log); }
Term bif_math_log10(BifCall& call, const Term* a) { return apply(call, a[0], std::log10); }
Term bif_math_sin(BifCall& call, const Term* a) { return apply(call, a[0], std::sin); }
Term bif_math_sinh(BifCall& call, const Term* a) { return apply(call, a[0], std::sinh); }
Term bif_math_sqrt(BifCall& call, const Term* a) { return apply(call, a[0], std::sqrt); }
Term bif_math_tan(BifCall& call, const Term* a) { return apply(call, a[0], std::tan); }
Term bif_math_tanh(BifCall& call, const Term* a) { return apply(call, a[0], std::tanh); }
Term bif_math_log2(BifCall& call, const Term* a) { return apply(call, a[0], std::log2); }
Term bif_math_atan2(BifCall& call, const Term* a) { return apply(call, a, std::atan2); }
Term bif_math_fmod(BifCall& call, const Term* a) { return apply(call, a, std::fmod); }
Term bif_math_pow(BifCall& call, const Term* a) { return apply(call, a, std::pow); }

}  // namespace parley
