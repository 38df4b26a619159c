// Built-ins: what the program around the node brings: its compiler, which the node's owner hands to
// it as a function, and the file of the socket that its verbs talk through.
//
// A text of a few hundred lines takes milliseconds; the caller pays for its length.
#include <sys/stat.h>

#include "vm/bif/support.h"
#include "vm/node/control.h"

namespace parley {

namespace {

constexpr std::uint64_t kBytesPerReduction = 64;

std::string text_of(Term binary) {
  std::vector<std::uint8_t> copy;
  const auto bytes = binary_bytes(binary, copy);
  return std::string(bytes.begin(), bytes.end());
}

Term error_answer(BifCall& call, std::string_view messages) {
  return make_tuple(call.heap, {kAtom_error, make_binary(call.heap, messages)});
}

Term no_compiler(BifCall& call) { return error_answer(call, "this program has no compiler"); }

std::optional<std::vector<std::string>> names_of(BifCall& call, Term list) {
  std::vector<std::string> names;
  for (; list.is_cons(); list = list.tail()) {
    if (!list.head().is_atom()) return std::nullopt;
    names.emplace_back(call.atoms.text(list.head()));
  }
  return list.is_nil() ? std::optional(std::move(names)) : std::nullopt;
}

}  // namespace

Term bif_compile_module(BifCall& call, const Term* a) {
  if (!is_binary(a[0]) || !is_binary(a[1])) return call.badarg();
  const auto& compile = call.services.control->compile_module;
  if (!compile) return no_compiler(call);
  call.reductions -= static_cast<std::int64_t>(bits_size(a[0]) / 8 / kBytesPerReduction);
  const CompiledText made = compile(text_of(a[0]), text_of(a[1]));
  if (made.module.empty()) return error_answer(call, made.messages);
  const auto name = call.atoms.intern(made.module);
  if (!name) return call.fail(kAtom_system_limit);
  return make_tuple(call.heap, {kAtom_ok, *name, make_binary(call.heap, made.bytes),
                                make_binary(call.heap, std::string_view(made.messages))});
}

Term bif_compile_expressions(BifCall& call, const Term* a) {
  if (!is_binary(a[0]) || !a[1].is_atom() || !a[3].is_atom()) return call.badarg();
  const auto names = names_of(call, a[2]);
  if (!names) return call.badarg();
  const auto& compile = call.services.control->compile_expressions;
  if (!compile) return no_compiler(call);
  call.reductions -= static_cast<std::int64_t>(bits_size(a[0]) / 8 / kBytesPerReduction);
  const bool is_line = call.atoms.text(a[3]) == "line";
  const CompiledText made =
      compile(text_of(a[0]), std::string(call.atoms.text(a[1])), *names, is_line);
  if (made.incomplete) return kAtom_incomplete;
  if (made.module.empty()) return error_answer(call, made.messages);
  return make_tuple(call.heap, {kAtom_ok, make_binary(call.heap, made.bytes),
                                boolean(made.makes_funs)});
}

// The folder is its owner's alone; this makes the socket in it so too.
Term bif_control_restrict(BifCall& call, const Term* a) {
  if (!is_binary(a[0])) return call.badarg();
  if (::chmod(text_of(a[0]).c_str(), S_IRUSR | S_IWUSR) == 0) return kAtom_ok;
  return make_tuple(call.heap, {kAtom_error, kAtom_eio});
}

}  // namespace parley
