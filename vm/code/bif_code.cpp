// Built-ins: what code is loaded.
#include "vm/code/code_index.h"

namespace parley {

namespace {

bool parse_mfa(const Term* a, std::uint32_t& arity) {
  if (!a[0].is_atom() || !a[1].is_atom() || !a[2].is_small()) return false;
  if (a[2].small_value() < 0 || a[2].small_value() > 255) return false;
  arity = static_cast<std::uint32_t>(a[2].small_value());
  return true;
}

}  // namespace

Term bif_function_exported(BifCall& call, const Term* a) {
  std::uint32_t arity = 0;
  if (!parse_mfa(a, arity)) return call.badarg();
  const CodeIndex& code = *call.services.code;
  const CallCell* cell = code.find_cell(a[0], a[1], arity);
  if (cell == nullptr) return kAtom_false_;
  return boolean(cell->entry[code.active_index()].load(std::memory_order_acquire) != cell->stub ||
                 cell->built_in != nullptr);
}
Term bif_module_loaded(BifCall& call, const Term* a) {
  return a[0].is_atom() ? boolean(call.services.code->is_loaded(a[0])) : call.badarg();
}
Term bif_is_builtin(BifCall& call, const Term* a) {
  std::uint32_t arity = 0;
  if (!parse_mfa(a, arity)) return call.badarg();
  return boolean(call.services.code->find_built_in(a[0], a[1], arity) != nullptr);
}

}  // namespace parley
