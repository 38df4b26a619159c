// What built-ins have in common: making lists and tuples, paying, and reading character data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vm/bif/bif.h"
#include "vm/heap/make_bits.h"
#include "vm/heap/make_integer.h"
#include "vm/heap/map.h"
#include "vm/term/bits.h"

namespace parley {

// ---- paying: one reduction for 64 words or 1 KiB ---------------------------------------------
inline void pay_words(BifCall& call, std::uint64_t words) {
  call.reductions -= static_cast<std::int64_t>(words / 64);
}
inline void pay_bytes(BifCall& call, std::uint64_t bytes) {
  call.reductions -= static_cast<std::int64_t>(bytes / 1024);
}
// Whether a trapping built-in has to yield now. Never where there is nobody to yield to.
inline bool must_yield(const BifCall& call) { return call.x != nullptr && call.reductions <= 0; }
// How many list cells a loop may visit before it asks `must_yield` again.
inline constexpr std::uint64_t kCellsPerReduction = 32;

// ---- yielding: the state of a built-in that is not done, as its first argument ---------------
// Some raw words, at least one, and some terms; no program can make or see such an object, so
// finding one in place of the first argument means to go on.
Term make_trap(Heap& heap, std::span<const Word> raw, std::span<const Term> terms);
inline Term make_trap(Heap& heap, Word raw, std::initializer_list<Term> terms) {
  return make_trap(heap, std::span(&raw, 1), std::span(terms.begin(), terms.size()));
}
inline Term make_trap(Heap& heap, std::initializer_list<Word> raw,
                      std::initializer_list<Term> terms) {
  return make_trap(heap, std::span(raw.begin(), raw.size()),
                   std::span(terms.begin(), terms.size()));
}
inline bool is_trap(Term t) { return t.is_box(Subtag::kTrap); }
inline Word trap_raw(Term trap, unsigned index = 0) { return trap.box()[2 + index]; }
inline Term trap_term(Term trap, unsigned index) {
  return Term(trap.box()[2 + trap.box()[1] + index]);
}
// Yields: the built-in is called again with `state` as its first argument.
inline Term yield_with(BifCall& call, Term state) {
  call.x[0] = state;
  return call.again(BifAnswer::kYield);
}

// Puts the elements of `rest` before `made`, the first of them deepest. False: the slice is over.
bool reverse_onto(BifCall& call, Term& rest, Term& made);

// ---- making ----------------------------------------------------------------------------------
inline Term make_cons(Heap& heap, Term head, Term tail) {
  Word* cell = heap.allocate(2);
  cell[0] = head.raw;
  cell[1] = tail.raw;
  return Term::cons(cell);
}
inline Term make_tuple(Heap& heap, std::initializer_list<Term> elements) {
  Word* box = heap.allocate(1 + elements.size());
  box[0] = make_header(Subtag::kTuple, elements.size());
  Word* at = box;
  for (const Term e : elements) *++at = e.raw;
  return Term::boxed(box);
}

// A list, built from its front.
class ListBuilder {
 public:
  explicit ListBuilder(Heap& heap) : heap_(heap) {}
  ListBuilder(const ListBuilder&) = delete;
  ListBuilder& operator=(const ListBuilder&) = delete;
  void append(Term element) {
    Word* cell = heap_.allocate(2);
    cell[0] = element.raw;
    cell[1] = kTagNil;
    *end_ = Term::cons(cell).raw;
    end_ = &cell[1];
  }
  Term finish(Term tail = Term::nil()) {
    *end_ = tail.raw;
    return Term(first_);
  }

 private:
  Heap& heap_;
  Word first_ = kTagNil;
  Word* end_ = &first_;
};

// A list of bytes or code points of Latin-1 text.
Term make_byte_list(Heap& heap, std::span<const std::uint8_t> bytes, Term tail = Term::nil());
inline Term make_byte_list(Heap& heap, std::string_view text) {
  return make_byte_list(
      heap, std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

// ---- reading ---------------------------------------------------------------------------------
// The number of elements of a proper list.
std::optional<std::uint64_t> proper_length(Term list);
// A small integer of 0..2^60, such as a size.
inline std::optional<std::uint64_t> to_size(Term t) {
  if (!t.is_small() || t.small_value() < 0) return std::nullopt;
  return static_cast<std::uint64_t>(t.small_value());
}
// The whole bytes of a binary as they lie in memory, or copied to `copy` if they do not start on a
// byte. Requires is_binary().
std::span<const std::uint8_t> binary_bytes(Term binary, std::vector<std::uint8_t>& copy);

// Walks iodata. `bits` allows bit strings that are not whole bytes. Calls `byte(b)` for integers,
// `bits(view)` for bit strings; false: not iodata. Iterative.
bool walk_iodata(Term iodata, bool allow_bits, auto byte, auto bits);
// The bytes of iodata appended; false: not iodata.
bool append_iodata(std::vector<std::uint8_t>& out, Term iodata);
// A list of code points below `limit`, as UTF-8 appended; false: something else.
bool append_characters(std::string& out, Term list, std::uint32_t limit = 0x110000);
// A list of Latin-1 characters such as numbers are written with.
std::optional<std::string> to_latin1(Term list);

inline MapContext map_context(BifCall& call) { return {call.heap, call.atoms, call.hash_seed}; }

}  // namespace parley

#include "vm/bif/walk_iodata.h"
