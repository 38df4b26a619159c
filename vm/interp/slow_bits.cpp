// Slow paths: matching and building bit strings.
//
// Invariant: a match changes neither position nor result before it is certain. The position is a
// small that the verifier knows to be one, its value is checked here: what lies beyond the end
// fails.
#include <array>

#include "vm/heap/make_bits.h"
#include "vm/heap/make_integer.h"
#include "vm/interp/generic_operands.h"
#include "vm/interp/slow.h"
#include "vm/term/bits.h"
#include "vm/term/integer.h"

namespace parley {

namespace {

Endian endian_of(std::uint32_t flags) {
  // The machines this runs on are little endian, so native is little.
  return (flags & (isa::kBitsLittle | isa::kBitsNative)) != 0 ? Endian::kLittle : Endian::kBig;
}
Sign sign_of(std::uint32_t flags) {
  return (flags & isa::kBitsSigned) != 0 ? Sign::kSigned : Sign::kUnsigned;
}

// Size in bits of a segment; nullopt: not a size, or more than 2^48 bits.
std::optional<std::uint64_t> segment_bits(Term size, std::uint64_t unit) {
  if (!size.is_small() || size.small_value() < 0) return std::nullopt;
  const auto count = static_cast<std::uint64_t>(size.small_value());
  if (count > (std::uint64_t{1} << 48) / unit) return std::nullopt;
  return count * unit;
}

// What is left of the subject, or nullopt where the position is no position in it.
std::optional<std::uint64_t> bits_left(Term subject, Term position) {
  const std::uint64_t size = bits_size(subject);
  const auto at = static_cast<std::uint64_t>(position.small_value());
  return at > size ? std::nullopt : std::optional(size - at);
}

Term position_after(Term position, std::uint64_t bits) {
  return Term::small(position.small_value() + static_cast<std::int64_t>(bits));
}
std::uint64_t value_of(Term position) { return static_cast<std::uint64_t>(position.small_value()); }

}  // namespace

Outcome slow_bits_get_integer(Machine& m) {
  using O = GenericOperands<isa::Opcode::bits_get_integer>;
  const Term subject = O::get<1>(m), position = O::get<2>(m);
  const auto bits = segment_bits(O::get<3>(m), O::number<4>(m));
  const auto left = bits_left(subject, position);
  if (!bits || !left || *bits > *left) return go_to(m, m.ip + O::half<0>(m));
  const std::uint32_t flags = O::number<5>(m);
  const Term value = read_integer(m.context->heap, bits_view(subject), value_of(position), *bits,
                                  endian_of(flags), sign_of(flags));
  if (!value.is_value()) return go_to(m, m.ip + O::half<0>(m));  // larger than an integer can be
  O::set<2>(m, position_after(position, *bits));
  O::set<6>(m, value);
  return go_to(m, O::next(m));
}

Outcome slow_bits_get_float(Machine& m) {
  using O = GenericOperands<isa::Opcode::bits_get_float>;
  const Term subject = O::get<1>(m), position = O::get<2>(m);
  const auto bits = segment_bits(O::get<3>(m), O::number<4>(m));
  const auto left = bits_left(subject, position);
  if (!bits || !left || *bits > *left) return go_to(m, m.ip + O::half<0>(m));
  const auto value =
      *bits == 0 ? std::optional(0.0)  // as in Erlang/OTP
                 : read_float(bits_view(subject), value_of(position), *bits,
                              endian_of(O::number<5>(m)));
  if (!value) return go_to(m, m.ip + O::half<0>(m));
  Term result = immediate_double(*value);
  if (!result.is_immediate_double()) {
    Word* box = m.context->heap.allocate(2);
    box[0] = make_header(Subtag::kFloat, 1);
    box[1] = std::bit_cast<Word>(*value);
    result = Term::boxed(box);
  }
  O::set<2>(m, position_after(position, *bits));
  O::set<6>(m, result);
  return go_to(m, O::next(m));
}

Outcome slow_bits_get_bits(Machine& m) {
  using O = GenericOperands<isa::Opcode::bits_get_bits>;
  const Term subject = O::get<1>(m), position = O::get<2>(m);
  const auto bits = segment_bits(O::get<3>(m), O::number<4>(m));
  const auto left = bits_left(subject, position);
  if (!bits || !left || *bits > *left) return go_to(m, m.ip + O::half<0>(m));
  const Term part = make_slice(m.context->heap, subject, value_of(position), *bits);
  O::set<2>(m, position_after(position, *bits));
  O::set<5>(m, part);
  hurry_to_safe_point(m);
  return go_to(m, O::next(m));
}

Outcome slow_bits_get_tail(Machine& m) {
  using O = GenericOperands<isa::Opcode::bits_get_tail>;
  const Term subject = O::get<0>(m), position = O::get<1>(m);
  const std::uint64_t left = bits_left(subject, position).value_or(0);
  const Term part =
      left == bits_size(subject)
          ? subject
          : make_slice(m.context->heap, subject, bits_size(subject) - left, left);
  O::set<2>(m, part);
  hurry_to_safe_point(m);
  return go_to(m, O::next(m));
}

static std::optional<CodePoint> code_point_at(Term subject, Term position, std::uint32_t unit,
                                              std::uint32_t flags) {
  if (!bits_left(subject, position)) return std::nullopt;
  const BitsView view = bits_view(subject);
  if (unit == 8) return read_utf8(view, value_of(position));
  if (unit == 16) return read_utf16(view, value_of(position), endian_of(flags));
  return read_utf32(view, value_of(position), endian_of(flags));
}

Outcome slow_bits_get_utf(Machine& m) {
  using O = GenericOperands<isa::Opcode::bits_get_utf>;
  const Term position = O::get<2>(m);
  const auto found = code_point_at(O::get<1>(m), position, O::number<3>(m), O::number<4>(m));
  if (!found) return go_to(m, m.ip + O::half<0>(m));
  O::set<2>(m, position_after(position, found->size_bits));
  O::set<5>(m, Term::small(found->value));
  return go_to(m, O::next(m));
}

Outcome slow_bits_skip_utf(Machine& m) {
  using O = GenericOperands<isa::Opcode::bits_skip_utf>;
  const Term position = O::get<2>(m);
  const auto found = code_point_at(O::get<1>(m), position, O::number<3>(m), O::number<4>(m));
  if (!found) return go_to(m, m.ip + O::half<0>(m));
  O::set<2>(m, position_after(position, found->size_bits));
  return go_to(m, O::next(m));
}

Outcome slow_bits_skip(Machine& m) {
  using O = GenericOperands<isa::Opcode::bits_skip>;
  const Term position = O::get<2>(m);
  const auto bits = segment_bits(O::get<3>(m), O::number<4>(m));
  const auto left = bits_left(O::get<1>(m), position);
  if (!bits || !left || *bits > *left) return go_to(m, m.ip + O::half<0>(m));
  O::set<2>(m, position_after(position, *bits));
  return go_to(m, O::next(m));
}

Outcome slow_bits_match(Machine& m) {
  using O = GenericOperands<isa::Opcode::bits_match>;
  const Term subject = O::get<1>(m), position = O::get<2>(m), literal = O::get<3>(m);
  if (!literal.is_bits()) return go_to(m, m.ip + O::half<0>(m));
  const std::uint64_t bits = bits_size(literal);
  const auto left = bits_left(subject, position);
  if (!left || bits > *left ||
      !equal_bits(bits_view(subject).part(value_of(position), bits), bits_view(literal))) {
    return go_to(m, m.ip + O::half<0>(m));
  }
  O::set<2>(m, position_after(position, bits));
  return go_to(m, O::next(m));
}

// ---- building ----------------------------------------------------------------------------------

namespace {

struct Piece {
  isa::BitsKind kind;
  std::uint32_t unit, flags;
  Term value, size;
  std::uint64_t bits = 0;
};

Piece read_piece(const Context& c, const Word* words, const Word* sp) {
  Piece piece{};
  piece.kind = static_cast<isa::BitsKind>(words[0] & 0xFF);
  piece.unit = static_cast<std::uint32_t>((words[0] >> 8) & 0xFFFFFFFF);
  piece.flags = static_cast<std::uint32_t>(words[0] >> 40);
  piece.value = Term(c.read(words[1], sp));
  piece.size = Term(c.read(words[2], sp));
  return piece;
}

unsigned utf_bits(const Piece& piece) {
  const auto c = static_cast<std::uint32_t>(piece.value.small_value());
  if (piece.kind == isa::BitsKind::kUtf8) return 8 * utf8_bytes(c);
  if (piece.kind == isa::BitsKind::kUtf16) return c < 0x10000 ? 16 : 32;
  return 32;
}

// Sets piece.bits. False: the value or size does not fit the segment's type.
bool measure(Piece& piece) {
  switch (piece.kind) {
    case isa::BitsKind::kInteger: {
      if (!piece.value.is_integer()) return false;
      const auto bits = segment_bits(piece.size, piece.unit);
      if (!bits) return false;
      piece.bits = *bits;
      return true;
    }
    case isa::BitsKind::kFloat: {
      if (!piece.value.is_number()) return false;
      const auto bits = segment_bits(piece.size, piece.unit);
      if (!bits || (*bits != 16 && *bits != 32 && *bits != 64)) return false;
      piece.bits = *bits;
      return true;
    }
    case isa::BitsKind::kBits: {
      if (!piece.value.is_bits()) return false;
      if (piece.size.is_nil()) {  // all of it
        piece.bits = bits_size(piece.value);
        return piece.bits % piece.unit == 0;
      }
      const auto bits = segment_bits(piece.size, piece.unit);
      if (!bits || *bits > bits_size(piece.value)) return false;
      piece.bits = *bits;
      return true;
    }
    case isa::BitsKind::kLiteral:
      if (!piece.value.is_bits()) return false;
      piece.bits = bits_size(piece.value);
      return true;
    default:
      if (!piece.value.is_small() || !is_code_point(piece.value.small_value())) return false;
      piece.bits = utf_bits(piece);
      return true;
  }
}

// False: a float beyond its size.
bool write_piece(const Piece& piece, std::uint8_t* bytes, std::uint64_t at) {
  switch (piece.kind) {
    case isa::BitsKind::kInteger:
      write_integer(bytes, at, piece.bits, piece.value, endian_of(piece.flags));
      return true;
    case isa::BitsKind::kFloat: {
      const auto value = number_to_double(piece.value);
      return value && write_float(bytes, at, piece.bits, *value, endian_of(piece.flags));
    }
    case isa::BitsKind::kBits:
    case isa::BitsKind::kLiteral: {
      const BitsView view = bits_view(piece.value);
      copy_bits(view.bytes, view.bit_offset, bytes, at, piece.bits);
      return true;
    }
    default: {
      std::array<std::uint8_t, 4> encoded{};
      const auto c = static_cast<std::uint32_t>(piece.value.small_value());
      if (piece.kind == isa::BitsKind::kUtf8) write_utf8(c, encoded.data());
      if (piece.kind == isa::BitsKind::kUtf16)
        write_utf16(c, endian_of(piece.flags), encoded.data());
      if (piece.kind == isa::BitsKind::kUtf32)
        write_utf32(c, endian_of(piece.flags), encoded.data());
      copy_bits(encoded.data(), 0, bytes, at, piece.bits);
      return true;
    }
  }
}

// Most that one construction may make, 8 GiB: more would be a mistake, not a message.
constexpr std::uint64_t kBuildBitsMax = std::uint64_t{1} << 36;

}  // namespace

Outcome slow_bits_build(Machine& m) {
  using O = GenericOperands<isa::Opcode::bits_build>;
  Context& c = *m.context;
  const Word* const fail = O::label_or_null<0>(m);
  const Word count = O::list_count(m);
  const Word* const items = O::list(m);
  std::uint64_t total = 0, first_bits = 0;
  bool append = false;
  for (Word i = 0; i < count; ++i) {
    Piece piece = read_piece(c, items + 3 * i, m.sp);
    if (!measure(piece)) return fail != nullptr ? go_to(m, fail) : throw_error(m, kAtom_badarg);
    if (i == 0) {
      append = piece.kind == isa::BitsKind::kBits && piece.size.is_nil();
      first_bits = piece.bits;
    }
    total += piece.bits;
    if (total > kBuildBitsMax) {
      return fail != nullptr ? go_to(m, fail) : throw_error(m, kAtom_system_limit);
    }
  }
  NewBits made = append ? bits_append(c.heap, Term(c.read(items[1], m.sp)), total - first_bits)
                        : make_bits(c.heap, total);
  std::uint64_t at = made.bit_offset;  // where the part to fill begins
  for (Word i = append ? 1 : 0; i < count; ++i) {
    Piece piece = read_piece(c, items + 3 * i, m.sp);
    measure(piece);
    if (!write_piece(piece, made.bytes, at)) {
      return fail != nullptr ? go_to(m, fail) : throw_error(m, kAtom_badarg);
    }
    at += piece.bits;
  }
  O::set<1>(m, made.term);
  m.reductions -= static_cast<std::int64_t>(total >> 13);  // one a KiB
  hurry_to_safe_point(m);
  return go_to(m, items + 3 * count);
}

}  // namespace parley
