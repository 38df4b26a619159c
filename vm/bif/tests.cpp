// Type tests, and tests of parts.
#include "vm/bif/support.h"
#include "vm/term/fun.h"

namespace parley {

Term bif_is_atom(BifCall&, const Term* a) { return boolean(a[0].is_atom()); }
Term bif_is_binary(BifCall&, const Term* a) { return boolean(is_binary(a[0])); }
Term bif_is_bitstring(BifCall&, const Term* a) { return boolean(a[0].is_bits()); }
Term bif_is_boolean(BifCall&, const Term* a) {
  return boolean(a[0] == kAtom_true_ || a[0] == kAtom_false_);
}
Term bif_is_float(BifCall&, const Term* a) { return boolean(a[0].is_float()); }
Term bif_is_integer(BifCall&, const Term* a) { return boolean(a[0].is_integer()); }
Term bif_is_list(BifCall&, const Term* a) { return boolean(a[0].is_list()); }
Term bif_is_map(BifCall&, const Term* a) { return boolean(a[0].is_map()); }
Term bif_is_number(BifCall&, const Term* a) { return boolean(a[0].is_number()); }
Term bif_is_pid(BifCall&, const Term* a) { return boolean(a[0].is_pid()); }
Term bif_is_port(BifCall&, const Term* a) { return boolean(a[0].is_socket()); }
Term bif_is_reference(BifCall&, const Term* a) { return boolean(a[0].is_ref()); }
Term bif_is_tuple(BifCall&, const Term* a) { return boolean(a[0].is_tuple()); }
Term bif_is_function_1(BifCall&, const Term* a) { return boolean(a[0].is_fun()); }

Term bif_is_function_2(BifCall& call, const Term* a) {
  if (!a[1].is_integer()) return call.badarg();
  if (a[1].is_small() ? a[1].small_value() < 0
                      : header_subtag(a[1].header()) == Subtag::kBigNegative) {
    return call.badarg();
  }
  return boolean(a[0].is_fun() && a[1] == Term::small(fun_arity(a[0])));
}

Term bif_is_record_2(BifCall& call, const Term* a) {
  if (!a[1].is_atom()) return call.badarg();
  return boolean(a[0].is_tuple() && a[0].arity() > 0 && a[0].element(0) == a[1]);
}

Term bif_is_record_3(BifCall& call, const Term* a) {
  if (!a[1].is_atom() || !a[2].is_integer()) return call.badarg();
  if (!a[0].is_tuple() || a[0].arity() == 0 || a[0].element(0) != a[1]) return kAtom_false_;
  return boolean(Term::small(static_cast<std::int64_t>(a[0].arity())) == a[2]);
}

}  // namespace parley
