// Built-ins: what a loaded module says of itself, and terms that live as long as the node.
#include <algorithm>

#include "vm/bif/support.h"
#include "vm/code/code_index.h"
#include "vm/heap/decode_external.h"

namespace parley {

Term module_hash_binary(BifCall& call, std::uint64_t hash) {
  std::array<std::uint8_t, 16> bytes{};
  for (unsigned i = 0; i < 8; ++i) bytes[i] = static_cast<std::uint8_t>(hash >> (8 * i));
  return make_binary(call.heap, std::span<const std::uint8_t>(bytes));
}

namespace {

using isa::ModuleFile;

Term atom_of(BifCall& call, const ModuleFile& file, std::uint32_t index) {
  return *call.atoms.intern(file.atoms[index]);
}

Term name_and_arity(BifCall& call, const ModuleFile& file, const isa::Function& f) {
  return make_tuple(call.heap, {atom_of(call, file, f.name), Term::small(f.arity)});
}

bool is_exported(const ModuleFile& file, const isa::BifRow& row) {
  return std::ranges::any_of(file.exports, [&](const isa::Export& e) {
    const isa::Function& f = file.functions[e.function];
    return f.arity == row.arity && file.atoms[f.name] == row.name;
  });
}

// What the source exports, and the module's built-ins that no function of the source stands for.
Term exports(BifCall& call, const ModuleFile& file, std::string_view module) {
  ListBuilder list(call.heap);
  for (const isa::Export& e : file.exports) {
    list.append(name_and_arity(call, file, file.functions[e.function]));
  }
  for (const isa::BifRow& row : isa::bif_rows()) {
    if (row.module != module || is_exported(file, row)) continue;
    list.append(make_tuple(call.heap, {*call.atoms.intern(row.name), Term::small(row.arity)}));
  }
  return list.finish();
}
Term functions(BifCall& call, const ModuleFile& file) {
  ListBuilder list(call.heap);
  for (const isa::Function& f : file.functions) list.append(name_and_arity(call, file, f));
  return list.finish();
}
Term attributes(BifCall& call, const ModuleFile& file) {
  ListBuilder list(call.heap);
  for (const isa::Attribute& a : file.attributes) {
    const DecodeOptions options{.funs = call.services.code, .seed = call.hash_seed};
    const auto value = decode_external(call.heap, call.atoms, a.value, options);
    if (!value) continue;
    // -behaviour(gen_server) is [gen_server] here; what is a list already stays as it is.
    const bool is_list = value->term.is_cons() || value->term.is_nil();
    const Term values = is_list ? value->term : make_cons(call.heap, value->term, Term::nil());
    list.append(make_tuple(call.heap, {atom_of(call, file, a.name), values}));
  }
  return list.finish();
}
Term compile_info(BifCall& call, const ModuleFile& file) {
  const std::string source = file.files.empty() ? "" : file.files[0];
  ListBuilder text(call.heap);
  for (const char c : source) text.append(Term::small(static_cast<unsigned char>(c)));
  const Term pair = make_tuple(call.heap, {kAtom_source, text.finish()});
  return make_cons(call.heap, pair, Term::nil());
}

// The non-value: no such item.
Term item(BifCall& call, const ModuleVersions& module, Term key) {
  const ModuleFile& file = *module.file;
  if (key == kAtom_module) return module.current->module;
  if (key == kAtom_exports) return exports(call, file, call.atoms.text(module.current->module));
  if (key == kAtom_functions) return functions(call, file);
  if (key == kAtom_attributes) return attributes(call, file);
  if (key == kAtom_compile) return compile_info(call, file);
  if (key == kAtom_md5) return module_hash_binary(call, module.current->hash);
  if (key == kAtom_native) return kAtom_false_;
  return Term();
}

}  // namespace

Term bif_get_module_info(BifCall& call, const Term* a) {
  const ModuleVersions module = call.services.code->versions(a[0]);
  if (module.current == nullptr) return call.badarg();
  ListBuilder list(call.heap);
  for (const Term key :
       {kAtom_module, kAtom_exports, kAtom_attributes, kAtom_compile, kAtom_md5}) {
    list.append(make_tuple(call.heap, {key, item(call, module, key)}));
  }
  return list.finish();
}
Term bif_get_module_info_item(BifCall& call, const Term* a) {
  const ModuleVersions module = call.services.code->versions(a[0]);
  if (module.current == nullptr) return call.badarg();
  const Term value = item(call, module, a[1]);
  return value.is_value() ? value : call.badarg();
}

// ---- persistent terms --------------------------------------------------------------------------

Term bif_persistent_get(BifCall& call, const Term* a) {
  const Term value = call.services.code->persistent_get(a[0]);
  return value.is_value() ? value : call.badarg();
}
Term bif_persistent_get_default(BifCall& call, const Term* a) {
  const Term value = call.services.code->persistent_get(a[0]);
  return value.is_value() ? value : a[1];
}
Term bif_persistent_put(BifCall& call, const Term* a) {
  return call.services.code->persistent_put(a[0], a[1]) ? kAtom_ok : call.fail(kAtom_system_limit);
}
Term bif_persistent_erase(BifCall& call, const Term* a) {
  return boolean(call.services.code->persistent_erase(a[0]));
}

}  // namespace parley
