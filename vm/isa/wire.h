// What encoder and decoder of module files share: the order of sections, the packing of an operand,
// the checksum.
//
// Invariant: `unpack(pack(operand)) == operand`; a section stands after all sections whose table
// sizes its indices are checked against, so the decoder needs one pass.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "vm/isa/module_file.h"

namespace parley::isa {

// Sections, in the only order a file may have them. A capital: who does not know the section must
// refuse the file; a small letter: may skip it. Every section may be absent but the first two.
inline constexpr std::array<std::string_view, 13> kSectionNames = {
    "Atom", "Modu", "Lite", "File", "Fram", "Impo", "Lamb",
    "Func", "Labl", "Expo", "recs", "text", "attr"};
inline constexpr std::size_t kHeaderBytes = 12;
inline constexpr std::array<std::uint8_t, 4> kMagic = {'P', 'A', 'R', 'C'};

// A register or constant: one byte {more:1, low four bits of the number, tag:3}, then, where `more`
// is set, the number's other bits as LEB128. Small integers are zigzag coded first.
constexpr std::uint64_t zigzag(std::uint64_t value) {
  return (value << 1) ^ static_cast<std::uint64_t>(static_cast<std::int64_t>(value) >> 63);
}
constexpr std::uint64_t unzigzag(std::uint64_t value) { return (value >> 1) ^ (0 - (value & 1)); }

// Small integers have 62 bits.
constexpr bool fits_small(std::uint64_t value) {
  const auto number = static_cast<std::int64_t>(value);
  return number >= -(std::int64_t{1} << 61) && number < (std::int64_t{1} << 61);
}

// Operands whose kind leaves the tag open (registers and constants) are packed; the others are
// plain LEB128 numbers.
constexpr bool is_packed(OperandKind kind) {
  return kind == OperandKind::kDestination || kind == OperandKind::kRegister ||
         kind == OperandKind::kSource || kind == OperandKind::kConstant;
}
constexpr bool is_label(OperandKind kind) {
  return kind == OperandKind::kLabel || kind == OperandKind::kOptionalLabel;
}

// What one item of a list consists of; an item of kSegments is kind, unit, flags, value, size.
constexpr std::size_t list_stride(OperandKind list) {
  switch (list) {
    case OperandKind::kChoices:
    case OperandKind::kPairs:
      return 2;
    case OperandKind::kSegments:
      return 5;
    default:
      return 1;
  }
}
constexpr OperandKind list_item_kind(OperandKind list, std::size_t position) {
  switch (list) {
    case OperandKind::kChoices:
      return position == 0 ? OperandKind::kConstant : OperandKind::kLabel;
    case OperandKind::kSegments:
      return position < 3 ? OperandKind::kUnsigned : OperandKind::kSource;
    default:
      return OperandKind::kSource;
  }
}

// CRC-32 (ISO-HDLC, the polynomial of zlib and PNG).
std::uint32_t crc32(std::span<const std::uint8_t> bytes);

// UTF-8 without surrogates and overlong forms. Answers the number of code points, or -1.
std::int64_t utf8_length(std::string_view text);

// A literal in external term format, printed on one line of some `limit` bytes; "…" stands for what
// did not fit, "?" for what cannot be read.
std::string print_literal(std::span<const std::uint8_t> bytes, std::size_t limit = 60);

}  // namespace parley::isa
