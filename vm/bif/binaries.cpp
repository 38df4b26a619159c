// Binaries, bit strings and iodata: those of `erlang`.
#include <algorithm>

#include "vm/base/work_list.h"
#include "vm/bif/byte_chunks.h"

namespace parley {

namespace {

Term small(std::uint64_t n) { return Term::small(static_cast<std::int64_t>(n)); }

// The part of a binary that starts at `start` and is `length` long; backwards if it is negative.
Term part(BifCall& call, Term binary, Term start_term, Term length_term) {
  if (!binary.is_bits() || !start_term.is_small() || !length_term.is_small()) return call.badarg();
  std::int64_t start = start_term.small_value(), length = length_term.small_value();
  const auto size = static_cast<std::int64_t>(bits_size(binary) / 8);
  if (start < 0 || start > size) return call.badarg();
  if (length < 0) {
    if (-length > start) return call.badarg();
    start += length;
    length = -length;
  }
  if (length > size - start) return call.badarg();
  return make_slice(call.heap, binary, static_cast<std::uint64_t>(start) * 8,
                    static_cast<std::uint64_t>(length) * 8);
}

// All of iodata (or of a bit string list) as one bit string; the non-value if it is none.
Term flatten(BifCall& call, Term iodata, bool allow_bits) {
  std::uint64_t size_bits = 0;
  const bool good = walk_iodata(
      iodata, allow_bits, [&](std::uint8_t) { size_bits += 8; },
      [&](const BitsView& view) { size_bits += view.size_bits; });
  if (!good) return Term();
  pay_bytes(call, size_bits / 8 * 4);
  const NewBits made = make_bits(call.heap, size_bits);
  std::uint64_t at = 0;
  walk_iodata(
      iodata, allow_bits,
      [&](std::uint8_t b) {
        if ((at & 7) == 0) made.bytes[at >> 3] = b;
        else copy_bits(&b, 0, made.bytes, at, 8);
        at += 8;
      },
      [&](const BitsView& view) {
        copy_bits(view.bytes, view.bit_offset, made.bytes, at, view.size_bits);
        at += view.size_bits;
      });
  return made.term;
}

// Whether a list can be made a binary at once: few cells, and few bytes in its binaries.
bool is_short(Term list) {
  constexpr std::uint64_t kCellsMax = 4096, kBitsMax = std::uint64_t{8} << 18;
  WorkList<Word> tails;
  std::uint64_t bits = 0;
  for (std::uint64_t cells = 0; cells < kCellsMax;) {
    if (list.is_cons()) {
      ++cells;
      const Term head = list.head();
      if (head.is_cons()) tails.push(list.tail().raw);
      else if (head.is_bits()) bits += bits_size(head);
      list = head.is_cons() ? head : list.tail();
      if (bits > kBitsMax) return false;
    } else {
      if (tails.empty()) return true;
      list = Term(tails.pop());
    }
  }
  return false;
}

// The tails before a list, the latest first.
Term push_tails(Heap& heap, WorkList<Word>& tails, Term list) {
  std::vector<Word> oldest_last;
  while (!tails.empty()) oldest_last.push_back(tails.pop());
  for (auto t = oldest_last.rbegin(); t != oldest_last.rend(); ++t) {
    list = make_cons(heap, Term(*t), list);
  }
  return list;
}

// Joins what was made of iodata. State: 1, the bytes left; the binary, the chunks left.
Term join(BifCall& call, ChunkJoin chunks) {
  if (chunks.run(call)) return chunks.made();
  return yield_with(call, make_trap(call.heap, {1, chunks.left()},
                                    {chunks.made(), chunks.rest()}));
}

// Iodata of any size. State: 0, the bytes made so far; the iodata being read; a list of what
// follows the lists that were entered, innermost first; the chunks; all of the iodata.
Term flatten_in_slices(BifCall& call, Term rest, Term following, ByteChunks chunks, Term whole) {
  constexpr std::uint64_t kBytesPerSlice = std::uint64_t{1} << 18;
  WorkList<Word> tails;
  std::vector<std::uint8_t> bytes;
  const auto bad = [&] {
    call.first_argument = whole;
    return call.badarg();
  };
  for (std::uint64_t cells = 0;; ++cells) {
    if (rest.is_cons()) {
      const Term head = rest.head();
      if (head.is_small() && head.raw <= Word{255} << 2) {
        bytes.push_back(static_cast<std::uint8_t>(head.small_value()));
        rest = rest.tail();
      } else if (head.is_list() || head.is_bits()) {
        tails.push(rest.tail().raw);
        rest = head;
      } else {
        return bad();
      }
    } else if (is_binary(rest)) {
      const BitsView view = bits_view(rest);
      const std::uint64_t take = std::min(view.size_bits, kBytesPerSlice * 8);
      const std::size_t at = bytes.size();
      bytes.resize(at + take / 8);
      copy_bits(view.bytes, view.bit_offset, bytes.data(), at * 8, take);
      rest = take == view.size_bits ? Term::nil()
                                    : make_slice(call.heap, rest, take, view.size_bits - take);
      call.reductions -= static_cast<std::int64_t>(take / 8192);
    } else if (rest.is_nil()) {
      if (!tails.empty()) {
        rest = Term(tails.pop());
      } else if (following.is_cons()) {
        rest = following.head();
        following = following.tail();
      } else {
        break;
      }
    } else {
      return bad();
    }
    if (cells % kCellsPerReduction == 0) --call.reductions;
    if (must_yield(call)) {
      chunks.add(call.heap, bytes);
      following = push_tails(call.heap, tails, following);
      return yield_with(call, make_trap(call.heap, {0, chunks.size()},
                                        {rest, following, chunks.list(), whole}));
    }
  }
  chunks.add(call.heap, bytes);
  return join(call, ChunkJoin(call.heap, chunks));
}

Term flatten_on(BifCall& call, Term trap) {
  const Word size = trap_raw(trap, 1);
  if (trap_raw(trap) == 1) {
    return join(call, ChunkJoin(trap_term(trap, 0), trap_term(trap, 1), size));
  }
  return flatten_in_slices(call, trap_term(trap, 0), trap_term(trap, 1),
                           ByteChunks(trap_term(trap, 2), size), trap_term(trap, 3));
}

constexpr std::uint64_t kBytesToListAtOnce = 8192;

// The bytes of a binary before `tail`, from the end on. State: the bytes that are left; the binary,
// and the list made so far.
Term byte_list_in_slices(BifCall& call, Term binary, std::uint64_t left, Term tail) {
  constexpr std::uint64_t kBytesAtOnce = 4096;
  const BitsView view = bits_view(binary);
  for (;;) {
    const std::uint64_t take = std::min(left, kBytesAtOnce);
    left -= take;
    for (std::uint64_t i = take; i > 0; --i) {
      tail = make_cons(call.heap, Term::small(byte_at(view, 8 * (left + i - 1))), tail);
    }
    call.reductions -= static_cast<std::int64_t>(take / kCellsPerReduction);
    if (left == 0) return tail;
    if (must_yield(call)) {
      call.x[0] = make_trap(call.heap, left, {binary, tail});
      return call.again(BifAnswer::kYield);
    }
  }
}

Term byte_list(BifCall& call, const BitsView& view, Term tail) {
  pay_bytes(call, view.size_bits / 8 * 4);
  const std::uint64_t count = view.size_bits / 8;
  if (count == 0) return tail;
  Word* cells = call.heap.allocate(2 * count);
  for (std::uint64_t i = 0; i < count; ++i) {
    cells[2 * i] = Term::small(byte_at(view, 8 * i)).raw;
    cells[2 * i + 1] = Term::cons(cells + 2 * i + 2).raw;
  }
  cells[2 * count - 1] = tail.raw;
  return Term::cons(cells);
}

}  // namespace

Term bif_bit_size(BifCall& call, const Term* a) {
  return a[0].is_bits() ? small(bits_size(a[0])) : call.badarg();
}
Term bif_byte_size(BifCall& call, const Term* a) {
  return a[0].is_bits() ? small((bits_size(a[0]) + 7) / 8) : call.badarg();
}
Term bif_size(BifCall& call, const Term* a) {
  if (a[0].is_tuple()) return small(a[0].arity());
  return a[0].is_bits() ? small(bits_size(a[0]) / 8) : call.badarg();
}

Term bif_binary_part_3(BifCall& call, const Term* a) { return part(call, a[0], a[1], a[2]); }
Term bif_binary_part_2(BifCall& call, const Term* a) {
  if (!a[1].is_tuple() || a[1].arity() != 2) return call.badarg();
  return part(call, a[0], a[1].element(0), a[1].element(1));
}

Term bif_split_binary(BifCall& call, const Term* a) {
  const auto at = to_size(a[1]);
  if (!a[0].is_bits() || !at || *at > bits_size(a[0]) / 8) return call.badarg();
  const Term left = make_slice(call.heap, a[0], 0, *at * 8);
  const Term right = make_slice(call.heap, a[0], *at * 8, bits_size(a[0]) - *at * 8);
  return make_tuple(call.heap, {left, right});
}

namespace {

// State: the bytes so far; the iodata being read, what follows, all of it, as in flatten_in_slices.
Term size_in_slices(BifCall& call, Word size, Term rest, Term following, Term whole) {
  WorkList<Word> tails;
  for (std::uint64_t cells = 1;; ++cells) {
    if (rest.is_cons()) {
      const Term head = rest.head();
      if (head.is_small() && head.raw <= Word{255} << 2) {
        ++size;
        rest = rest.tail();
      } else if (is_binary(head)) {
        size += bits_size(head) / 8;
        rest = rest.tail();
      } else {
        tails.push(rest.tail().raw);
        rest = head;
      }
      if (!rest.is_list() && !is_binary(rest)) break;
    } else {
      if (is_binary(rest)) size += bits_size(rest) / 8;
      else if (!rest.is_nil()) break;
      if (!tails.empty()) rest = Term(tails.pop());
      else if (following.is_cons()) rest = following.head(), following = following.tail();
      else return small(size);
    }
    if (cells % kCellsPerReduction != 0) continue;
    --call.reductions;
    if (must_yield(call)) {
      following = push_tails(call.heap, tails, following);
      return yield_with(call, make_trap(call.heap, size, {rest, following, whole}));
    }
  }
  call.first_argument = whole;
  return call.badarg();
}

}  // namespace

Term bif_iolist_size(BifCall& call, const Term* a) {
  if (!is_trap(a[0])) return size_in_slices(call, 0, a[0], Term::nil(), a[0]);
  return size_in_slices(call, trap_raw(a[0]), trap_term(a[0], 0), trap_term(a[0], 1),
                        trap_term(a[0], 2));
}

Term bif_iolist_to_binary(BifCall& call, const Term* a) {
  if (is_trap(a[0])) return flatten_on(call, a[0]);
  if (is_binary(a[0])) return a[0];
  if (!a[0].is_list()) return call.badarg();
  if (!is_short(a[0])) {
    return flatten_in_slices(call, a[0], Term::nil(), ByteChunks(), a[0]);
  }
  const Term made = flatten(call, a[0], false);
  return made.is_value() ? made : call.badarg();
}
Term bif_list_to_binary(BifCall& call, const Term* a) {
  return a[0].is_list() || is_trap(a[0]) ? bif_iolist_to_binary(call, a) : call.badarg();
}
Term bif_iolist_to_iovec(BifCall& call, const Term* a) {
  const Term made = bif_iolist_to_binary(call, a);
  if (!made.is_value()) return made;
  if (bits_size(made) == 0) return Term::nil();
  return make_cons(call.heap, made, Term::nil());
}
Term bif_list_to_bitstring(BifCall& call, const Term* a) {
  if (!a[0].is_list()) return call.badarg();
  const Term made = flatten(call, a[0], true);
  return made.is_value() ? made : call.badarg();
}

Term bif_binary_to_list_1(BifCall& call, const Term* a) {
  if (is_trap(a[0])) {
    return byte_list_in_slices(call, trap_term(a[0], 0), trap_raw(a[0]), trap_term(a[0], 1));
  }
  if (!is_binary(a[0])) return call.badarg();
  const std::uint64_t bytes = bits_size(a[0]) / 8;
  if (bytes > kBytesToListAtOnce) return byte_list_in_slices(call, a[0], bytes, Term::nil());
  return byte_list(call, bits_view(a[0]), Term::nil());
}
// From byte `a[1]` to byte `a[2]`, both counted from 1.
Term bif_binary_to_list_3(BifCall& call, const Term* a) {
  if (is_trap(a[0])) return bif_binary_to_list_1(call, a);
  const auto first = to_size(a[1]), last = to_size(a[2]);
  if (!is_binary(a[0]) || !first || !last || *first < 1 || *first > *last) return call.badarg();
  if (*last > bits_size(a[0]) / 8) return call.badarg();
  const Term part = make_slice(call.heap, a[0], (*first - 1) * 8, (*last - *first + 1) * 8);
  return bif_binary_to_list_1(call, &part);
}
Term bif_bitstring_to_list(BifCall& call, const Term* a) {
  if (is_trap(a[0])) return bif_binary_to_list_1(call, a);
  if (!a[0].is_bits()) return call.badarg();
  const BitsView view = bits_view(a[0]);
  const std::uint64_t whole = view.size_bits & ~std::uint64_t{7};
  Term tail = Term::nil();
  if (whole != view.size_bits) {
    const Term rest = make_bits_copy(call.heap, view.part(whole, view.size_bits - whole));
    tail = make_cons(call.heap, rest, tail);
  }
  if (whole > 8 * kBytesToListAtOnce) return byte_list_in_slices(call, a[0], whole / 8, tail);
  return byte_list(call, view.part(0, whole), tail);
}

}  // namespace parley
