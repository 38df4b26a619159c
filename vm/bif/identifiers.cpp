// Identifiers as text and back, and funs.
#include <charconv>

#include "vm/bif/support.h"
#include "vm/term/fun.h"
#include "vm/term/print.h"

namespace parley {

namespace {

Term text_of(BifCall& call, Term t) {
  return make_byte_list(call.heap, print_term(t, call.atoms));
}

// Numbers between fixed texts: reads `<0.17.2>` by the pattern "<0.#.#>".
std::optional<std::vector<std::uint64_t>> scan(std::string_view text, std::string_view pattern) {
  std::vector<std::uint64_t> numbers;
  for (const char c : pattern) {
    if (c != '#') {
      if (text.empty() || text[0] != c) return std::nullopt;
      text.remove_prefix(1);
      continue;
    }
    std::uint64_t n = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), n);
    if (result.ec != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(result.ptr - text.data()));
    numbers.push_back(n);
  }
  if (!text.empty()) return std::nullopt;
  return numbers;
}

std::optional<std::vector<std::uint64_t>> scan_list(Term list, std::string_view pattern) {
  const auto text = to_latin1(list);
  return text ? scan(*text, pattern) : std::nullopt;
}

// One item of fun_info; the non-value: there is no such item.
Term fun_item(BifCall& call, Term fun, std::string_view item) {
  const bool local = fun.is_box(Subtag::kFun);
  const auto small = [](std::uint64_t n) { return Term::small(static_cast<std::int64_t>(n)); };
  if (item == "type") return *call.atoms.intern(local ? "local" : "external", AtomUse::kNode);
  if (item == "arity") return small(fun_arity(fun));
  if (!local) {
    const ExportCell& cell = export_cell(fun);
    if (item == "module") return cell.module;
    if (item == "name") return cell.function;
    if (item == "env") return Term::nil();
    // What only local funs have is undefined.
    const bool other = item == "pid" || item == "index" || item == "new_index" || item == "uniq" ||
                       item == "new_uniq";
    return other ? kAtom_undefined : Term();
  }
  const FunEntry& entry = fun_entry(fun);
  if (item == "module") return entry.module;
  if (item == "index" || item == "new_index") return small(entry.index);
  if (item == "uniq") return small(entry.unique & 0x7FFFFFF);
  if (item == "new_uniq") {
    const NewBits made = make_binary(call.heap, 16);
    for (unsigned i = 0; i < 16; ++i) {
      made.bytes[i] = i < 8 ? static_cast<std::uint8_t>(entry.unique >> (56 - 8 * i)) : 0;
    }
    return made.term;
  }
  if (item == "name") {
    if (entry.function.is_atom() && entry.function != kAtom_undefined) return entry.function;
    const auto name = call.atoms.intern("-fun." + std::to_string(entry.index) + "-");
    return name ? *name : kAtom_undefined;
  }
  if (item == "pid") return kAtom_undefined;
  if (item != "env") return Term();
  Term list = Term::nil();
  for (std::uint32_t i = entry.free_count; i > 0; --i) {
    list = make_cons(call.heap, Term(fun_free_variables(fun)[i - 1]), list);
  }
  return list;
}

}  // namespace

Term bif_pid_to_list(BifCall& call, const Term* a) {
  return a[0].is_pid() ? text_of(call, a[0]) : call.badarg();
}
Term bif_port_to_list(BifCall& call, const Term* a) {
  return a[0].is_socket() ? text_of(call, a[0]) : call.badarg();
}
Term bif_ref_to_list(BifCall& call, const Term* a) {
  return a[0].is_ref() ? text_of(call, a[0]) : call.badarg();
}
Term bif_fun_to_list(BifCall& call, const Term* a) {
  return a[0].is_fun() ? text_of(call, a[0]) : call.badarg();
}

Term bif_list_to_pid(BifCall& call, const Term* a) {
  const auto n = scan_list(a[0], "<0.#.#>");
  if (!n || (*n)[0] >= 1u << 28 || (*n)[1] > 0xFFFFFFFF) return call.badarg();
  return Term::pid(static_cast<std::uint32_t>((*n)[0]), static_cast<std::uint32_t>((*n)[1]));
}
Term bif_list_to_port(BifCall& call, const Term* a) {
  const auto n = scan_list(a[0], "#Port<0.#>");
  return n && (*n)[0] >> 57 == 0 ? Term::socket((*n)[0]) : call.badarg();
}
// Of a plain reference only: the text of others does not say whose they are.
Term bif_list_to_ref(BifCall& call, const Term* a) {
  const auto n = scan_list(a[0], "#Ref<0.#.#>");
  if (!n || (*n)[0] > 0xFFFFFFFF || (*n)[1] > 0xFFFFFFFF) return call.badarg();
  Word* box = call.heap.allocate(2);
  box[0] = make_header(Subtag::kRef, 1);
  box[1] = ((*n)[0] << 32) | (*n)[1];
  return Term::boxed(box);
}

Term bif_fun_info_2(BifCall& call, const Term* a) {
  if (!a[0].is_fun() || !a[1].is_atom()) return call.badarg();
  const Term value = fun_item(call, a[0], call.atoms.text(a[1]));
  return value.is_value() ? make_tuple(call.heap, {a[1], value}) : call.badarg();
}

Term bif_fun_info_1(BifCall& call, const Term* a) {
  if (!a[0].is_fun()) return call.badarg();
  constexpr std::string_view kLocal[] = {"pid",  "module", "new_index", "new_uniq", "index",
                                         "uniq", "name",   "arity",     "env",      "type"};
  constexpr std::string_view kExternal[] = {"module", "name", "arity", "env", "type"};
  const std::span<const std::string_view> items =
      a[0].is_box(Subtag::kFun) ? std::span<const std::string_view>(kLocal) : kExternal;
  ListBuilder list(call.heap);
  for (const std::string_view item : items) {
    const Term name = *call.atoms.intern(item, AtomUse::kNode);
    list.append(make_tuple(call.heap, {name, fun_item(call, a[0], item)}));
  }
  return list.finish();
}

Term bif_make_fun(BifCall& call, const Term* a) {
  const auto arity = to_size(a[2]);
  if (!a[0].is_atom() || !a[1].is_atom() || !arity || *arity > 255) return call.badarg();
  PARLEY_ASSERT(call.services.funs != nullptr, "the node gives a resolver of funs");
  const ExportCell* cell =
      call.services.funs->export_cell(a[0], a[1], static_cast<std::uint32_t>(*arity));
  if (cell == nullptr) return call.fail(kAtom_system_limit);
  Word* box = call.heap.allocate(2);
  box[0] = make_header(Subtag::kExportFun, 1);
  box[1] = reinterpret_cast<Word>(cell);
  return Term::boxed(box);
}

}  // namespace parley
