// What built-ins have in common, out of line.
#include "vm/bif/support.h"

#include <algorithm>
#include <cstring>

namespace parley {

Term make_byte_list(Heap& heap, std::span<const std::uint8_t> bytes, Term tail) {
  if (bytes.empty()) return tail;
  Word* cells = heap.allocate(2 * bytes.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    cells[2 * i] = Term::small(bytes[i]).raw;
    cells[2 * i + 1] = Term::cons(cells + 2 * i + 2).raw;
  }
  cells[2 * bytes.size() - 1] = tail.raw;
  return Term::cons(cells);
}

Term make_trap(Heap& heap, std::span<const Word> raw, std::span<const Term> terms) {
  Word* box = heap.allocate(2 + raw.size() + terms.size());
  box[0] = make_header(Subtag::kTrap, 1 + raw.size() + terms.size());
  box[1] = raw.size();
  Word* at = std::copy(raw.begin(), raw.end(), box + 2);
  for (const Term t : terms) *at++ = t.raw;
  return Term::boxed(box);
}

bool reverse_onto(BifCall& call, Term& rest, Term& made) {
  while (rest.is_cons()) {
    for (std::uint64_t i = 0; i < kCellsPerReduction && rest.is_cons(); ++i, rest = rest.tail()) {
      made = make_cons(call.heap, rest.head(), made);
    }
    --call.reductions;
    if (rest.is_cons() && must_yield(call)) return false;
  }
  return true;
}

std::optional<std::uint64_t> proper_length(Term list) {
  std::uint64_t count = 0;
  for (; list.is_cons(); list = list.tail()) ++count;
  if (!list.is_nil()) return std::nullopt;
  return count;
}

std::span<const std::uint8_t> binary_bytes(Term binary, std::vector<std::uint8_t>& copy) {
  const BitsView view = bits_view(binary);
  if (view.aligned()) return {view.bytes, view.size_bits / 8};
  copy.resize(view.size_bits / 8);
  copy_bits(view.bytes, view.bit_offset, copy.data(), 0, view.size_bits);
  return copy;
}

bool append_iodata(std::vector<std::uint8_t>& out, Term iodata) {
  return walk_iodata(
      iodata, false, [&](std::uint8_t b) { out.push_back(b); },
      [&](const BitsView& view) {
        const std::size_t start = out.size();
        out.resize(start + view.size_bits / 8);
        if (view.size_bits == 0) return;
        copy_bits(view.bytes, view.bit_offset, out.data() + start, 0, view.size_bits);
      });
}

bool append_characters(std::string& out, Term list, std::uint32_t limit) {
  for (; list.is_cons(); list = list.tail()) {
    const Term c = list.head();
    if (!c.is_small() || !is_code_point(c.small_value()) || c.small_value() >= limit) return false;
    std::uint8_t bytes[4];
    const unsigned count = write_utf8(static_cast<std::uint32_t>(c.small_value()), bytes);
    out.append(reinterpret_cast<const char*>(bytes), count);
  }
  return list.is_nil();
}

std::optional<std::string> to_latin1(Term list) {
  std::string text;
  for (; list.is_cons(); list = list.tail()) {
    if (!list.head().is_small() || list.head().raw > Word{255} << 2) return std::nullopt;
    text.push_back(static_cast<char>(list.head().small_value()));
  }
  if (!list.is_nil()) return std::nullopt;
  return text;
}

}  // namespace parley
