// Built-ins: loading code, and the library inside the program.
//
// A load is visible to its caller: the built-in yields until every slice that began before the flip
// has ended. What it waits for stands in x0, where a special word marks the second part.
#include "vm/bif/support.h"
#include "vm/node/pool_call.h"
#include "vm/process/bif_support.h"

namespace parley {

namespace {

// In x0 while a load settles; never a term that a program has. x1 then holds the answer.
constexpr Term kSettling = Term::special(2);

Term settle_then(BifCall& call, Term answer) {
  call.x[0] = kSettling;
  call.x[1] = answer;
  return call.again(BifAnswer::kYield);
}

// The second part, where the first has flipped. The non-value: this is the first.
std::optional<Term> settled(BifCall& call, const Term* a, Term answer) {
  if (a[0] != kSettling) return std::nullopt;
  if (!node_of(call).try_settle()) return call.again(BifAnswer::kYield);
  return answer;
}

Term text_binary(BifCall& call, std::string_view text) { return make_binary(call.heap, text); }

Term load_error(BifCall& call, Term module, Term reason) {
  return make_tuple(call.heap, {kAtom_error, make_tuple(call.heap, {module, reason})});
}

std::vector<std::uint8_t> bytes_of(Term binary) {
  std::vector<std::uint8_t> bytes(bits_size(binary) / 8);
  const BitsView view = bits_view(binary);
  copy_bits(view.bytes, view.bit_offset, bytes.data(), 0, view.size_bits);
  return bytes;
}

bool well_formed(Term batch) {
  for (; batch.is_cons(); batch = batch.tail()) {
    const Term row = batch.head();
    if (!row.is_tuple() || row.arity() != 3 || !row.element(0).is_atom() ||
        !is_binary(row.element(1))) {
      return false;
    }
  }
  return batch.is_nil();
}

std::string path_text(Term path) {
  if (!is_binary(path)) return "";
  const auto bytes = bytes_of(path);
  return std::string(bytes.begin(), bytes.end());
}

}  // namespace

// commit([{Module, Binary, Path}], undoable | plain) ->
//     ok | {error, {Module, Reason}} | {error, Reason}
Term bif_code_commit(BifCall& call, const Term* a) {
  if (a[0] == kSettling) return *settled(call, a, kAtom_ok);
  if (!well_formed(a[0]) || !a[1].is_atom()) return call.badarg();
  using Undo = CodeIndex::Undo;
  const Undo undo = call.atoms.text(a[1]) == "undoable" ? Undo::kPossible : Undo::kImpossible;
  Node& node = node_of(call);
  // Another load may be on its way: after it, and nothing is prepared in vain.
  if (!node.try_settle()) return call.again(BifAnswer::kYield);
  std::vector<CodeIndex::Prepared> batch;
  for (Term list = a[0]; list.is_cons(); list = list.tail()) {
    const Term module = list.head().element(0);
    auto prepared = node.prepare(bytes_of(list.head().element(1)));
    if (!prepared) {
      if (prepared.error().kind == LoadFailure::Kind::kSystemLimit) {
        return load_error(call, module, kAtom_system_limit);
      }
      const Term text = text_binary(call, prepared.error().text);
      return load_error(call, module, make_tuple(call.heap, {kAtom_verify, text}));
    }
    if (prepared->module != module) return load_error(call, module, kAtom_badfile);
    prepared->block->path = path_text(list.head().element(2));
    batch.push_back(std::move(*prepared));
  }
  switch (node.commit(batch, undo)) {
    case LoadResult::kDone: return settle_then(call, kAtom_ok);
    case LoadResult::kBusy: return call.again(BifAnswer::kYield);
    default: return make_tuple(call.heap, {kAtom_error, kAtom_not_purged});
  }
}

Term bif_code_flip_back(BifCall& call, const Term*) {
  // It has no argument in which to say that it is at its second part.
  Process& process = *call.process;
  if (!node_of(call).try_settle()) return call.again(BifAnswer::kYield);
  if (process.has_flag(process_flag::kFlippedBack)) {
    process.clear_flag(process_flag::kFlippedBack);
    return kAtom_ok;
  }
  switch (node_of(call).flip_back()) {
    case LoadResult::kDone: process.set_flag(process_flag::kFlippedBack); break;
    case LoadResult::kBusy: break;
    default: return make_tuple(call.heap, {kAtom_error, kAtom_nothing});
  }
  return call.again(BifAnswer::kYield);
}

Term bif_code_delete(BifCall& call, const Term* a) {
  if (a[0] == kSettling) return *settled(call, a, kAtom_true_);
  if (!a[0].is_atom()) return call.badarg();
  Node& node = node_of(call);
  if (!node.try_settle()) return call.again(BifAnswer::kYield);
  switch (node.delete_module(a[0])) {
    case LoadResult::kDone: return settle_then(call, kAtom_true_);
    case LoadResult::kBusy: return call.again(BifAnswer::kYield);
    case LoadResult::kNothing: return kAtom_undefined;
    case LoadResult::kOldVersion: return call.badarg();
  }
  PARLEY_UNREACHABLE("a result of a load");
}

Term bif_code_is_loaded(BifCall& call, const Term* a) {
  return a[0].is_atom() ? boolean(call.services.code->is_loaded(a[0])) : call.badarg();
}
Term bif_code_has_old(BifCall& call, const Term* a) {
  return boolean(call.services.code->versions(a[0]).old != nullptr);
}
Term bif_code_drop_old(BifCall& call, const Term* a) {
  if (!a[0].is_atom()) return call.badarg();
  call.services.code->drop_old(a[0]);
  return kAtom_true_;
}
Term bif_code_path_of(BifCall& call, const Term* a) {
  const CodeBlock* current = call.services.code->versions(a[0]).current;
  if (current == nullptr) return kAtom_error;
  if (current->path.empty()) {
    return node_of(call).find_library && node_of(call).find_library(call.atoms.text(a[0]))
               ? kAtom_preloaded
               : kAtom_none;
  }
  return make_tuple(call.heap, {kAtom_ok, text_binary(call, current->path)});
}
Term bif_code_all_loaded(BifCall& call, const Term*) {
  ListBuilder list(call.heap);
  for (const Term name : call.services.code->all_loaded()) list.append(name);
  return list.finish();
}

Term bif_code_embedded(BifCall& call, const Term* a) {
  Node& node = node_of(call);
  if (!a[0].is_atom() || !node.find_library) return kAtom_error;
  const auto bytes = node.find_library(call.atoms.text(a[0]));
  if (!bytes) return kAtom_error;
  return make_tuple(call.heap, {kAtom_ok, make_binary(call.heap, *bytes)});
}
Term bif_code_embedded_modules(BifCall& call, const Term*) {
  ListBuilder list(call.heap);
  const auto add = [&](const std::string& name, AtomUse use) {
    if (const auto atom = call.atoms.intern(name, use)) list.append(*atom);
  };
  const Node& node = node_of(call);
  for (const auto& [name, bytes] : node.image) add(name, AtomUse::kNode);
  for (const std::string& name : node.project_modules) add(name, AtomUse::kProgram);
  return list.finish();
}

Term bif_code_module_md5(BifCall& call, const Term* a) {
  if (!is_binary(a[0])) return call.badarg();
  const auto bytes = bytes_of(a[0]);
  if (!isa::parse_module_file(bytes)) return kAtom_undefined;
  return module_hash_binary(call, module_hash(bytes));
}
Term bif_code_parc_module(BifCall& call, const Term* a) {
  if (!is_binary(a[0])) return call.badarg();
  const auto file = isa::parse_module_file(bytes_of(a[0]));
  if (!file) {
    return make_tuple(call.heap, {kAtom_error, text_binary(call, file.error().text())});
  }
  const auto name = call.atoms.intern(file->atoms[file->name]);
  return name ? make_tuple(call.heap, {kAtom_ok, *name}) : call.fail(kAtom_system_limit);
}

}  // namespace parley
