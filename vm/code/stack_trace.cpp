// From places to functions and lines.
#include "vm/code/stack_trace.h"

#include <array>

#include "vm/bif/support.h"

namespace parley {

namespace {

Term make_text(Heap& heap, std::string_view text) {
  Term list = Term::nil();
  for (std::size_t i = text.size(); i-- > 0;) {
    list = make_cons(heap, Term::small(static_cast<unsigned char>(text[i])), list);
  }
  return list;
}

Term location(const CodeBlock& block, Heap& heap, std::uint32_t offset) {
  const Place* place = block.place_at(offset);
  if (place == nullptr || place->line == 0 || place->file >= block.files.size()) return Term::nil();
  const Term line = make_tuple(heap, {kAtom_line, Term::small(place->line)});
  const Term file =
      make_tuple(heap, {kAtom_file, make_text(heap, block.files[place->file])});
  return make_cons(heap, file, make_cons(heap, line, Term::nil()));
}

}  // namespace

Term trace_place(const CodeIndex& code, const Word* address) {
  const CodeBlock* block = code.block_at(address);
  if (block == nullptr) return Term();
  return Term::small((std::int64_t{block->id} << kTraceOffsetBits) | block->offset_of(address));
}

const Word* address_of_trace_place(const CodeIndex& code, Term place) {
  const std::int64_t value = place.small_value();
  if (value < 0) return nullptr;
  const CodeBlock* block = code.block_by_id(static_cast<std::uint32_t>(value >> kTraceOffsetBits));
  if (block == nullptr) return nullptr;
  return block->words.data() + (value & ((1 << kTraceOffsetBits) - 1));
}

Term symbolise_trace(const CodeIndex& code, Heap& heap, Term raw) {
  if (raw.is_list()) return raw;
  // Verified code may hand over any term.
  if (!raw.is_tuple() || (raw.header() & kHeaderTraceBit) == 0) return Term::nil();
  const Word count = raw.arity();
  std::array<Term, kTraceDepthMax + 1> entries;
  unsigned found = 0;
  Term arguments = raw.element(0);
  if (arguments.is_tuple() && arguments.arity() == 3) {  // a built-in that failed
    entries[found++] = make_tuple(heap, {arguments.element(0), arguments.element(1),
                                         arguments.element(2), Term::nil()});
    arguments = Term::nil();
  }
  for (Word i = 1; i < count && found < entries.size(); ++i) {
    const std::int64_t place = raw.element(i).small_value();
    const CodeBlock* block =
        code.block_by_id(static_cast<std::uint32_t>(place >> kTraceOffsetBits));
    const auto offset = static_cast<std::uint32_t>(place & ((1 << kTraceOffsetBits) - 1));
    const FunctionRange* function = block == nullptr ? nullptr : block->function_at(offset);
    if (function == nullptr) continue;
    const bool with_arguments = i == 1 && arguments.is_cons();
    entries[found++] =
        make_tuple(heap, {block->module, function->name,
                          with_arguments ? arguments : Term::small(function->arity),
                          location(*block, heap, offset)});
  }
  Term list = Term::nil();
  while (found > 0) list = make_cons(heap, entries[--found], list);
  return list;
}

}  // namespace parley
