// Opcodes and their operand kinds, read from isa.def; the only place that expands the table's rows.
//
// Invariant: `opcode_info(op)` describes exactly the row of `op`.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace parley::isa {

enum class Opcode : std::uint8_t {
#define INSTRUCTION(number, name, operands, flags, documentation) name = number,
#include "vm/isa/isa.def"
#undef INSTRUCTION
};

enum class OperandKind : std::uint8_t {
  kDestination,  // d
  kRegister,     // r
  kSource,       // s
  kUnsigned,     // u
  kLabel,        // f
  kOptionalLabel,  // o
  kFrame,        // F
  kFunction,     // l
  kImport,       // i
  kBuiltIn,      // b
  kLambda,       // n
  kConstant,     // k
  kAtom,         // a
  kSources,      // S
  kChoices,      // P
  kPairs,        // K
  kSegments,     // G
};

inline constexpr std::uint8_t kMayCollect = 1, kMayYield = 2, kMayThrow = 4, kEndsBlock = 8,
                              kPseudo = 16, kInternal = 32;
inline constexpr unsigned kOperandsMax = 8;

// Kinds and flags of a segment or a match of a bit string.
enum class BitsKind : std::uint8_t { kInteger, kFloat, kBits, kUtf8, kUtf16, kUtf32, kLiteral };
inline constexpr std::uint32_t kBitsLittle = 1, kBitsSigned = 2, kBitsNative = 4;

struct OpcodeInfo {
  std::string_view name;  // empty: no such opcode
  std::string_view operands;
  std::string_view documentation;
  std::uint8_t flags = 0;
  std::uint8_t operand_count = 0;  // fixed ones; a list at the end is not counted
  bool has_list = false;
  OperandKind list{};
  std::array<OperandKind, kOperandsMax> kinds{};

  constexpr bool internal() const { return (flags & kInternal) != 0; }
  constexpr bool collects() const { return (flags & (kMayCollect | kMayYield)) != 0; }
};

constexpr OperandKind operand_kind_of(char letter) {
  switch (letter) {
    case 'd': return OperandKind::kDestination;
    case 'r': return OperandKind::kRegister;
    case 's': return OperandKind::kSource;
    case 'f': return OperandKind::kLabel;
    case 'o': return OperandKind::kOptionalLabel;
    case 'F': return OperandKind::kFrame;
    case 'l': return OperandKind::kFunction;
    case 'i': return OperandKind::kImport;
    case 'b': return OperandKind::kBuiltIn;
    case 'n': return OperandKind::kLambda;
    case 'k': return OperandKind::kConstant;
    case 'a': return OperandKind::kAtom;
    case 'S': return OperandKind::kSources;
    case 'P': return OperandKind::kChoices;
    case 'K': return OperandKind::kPairs;
    case 'G': return OperandKind::kSegments;
    default: return OperandKind::kUnsigned;
  }
}

constexpr OpcodeInfo parse_row(std::string_view name, std::string_view operands,
                               std::uint8_t flags, std::string_view documentation) {
  OpcodeInfo info{name, operands, documentation, flags};
  bool at_start = true;
  for (const char c : operands) {
    if (c == ' ' && at_start) continue;
    if (at_start) {
      const OperandKind kind = operand_kind_of(c);
      if (kind >= OperandKind::kSources) {
        info.has_list = true;
        info.list = kind;
      } else {
        info.kinds[info.operand_count++] = kind;
      }
      at_start = false;
    }
    if (c == ',') at_start = true;
  }
  return info;
}

namespace detail {
constexpr std::array<OpcodeInfo, 256> make_table() {
  std::array<OpcodeInfo, 256> table{};
  constexpr std::uint8_t C = kMayCollect, Y = kMayYield, T = kMayThrow, E = kEndsBlock, Q = kPseudo,
                         I = kInternal;
  (void)C, (void)Y, (void)T, (void)E, (void)Q, (void)I;
#define INSTRUCTION(number, name, operands, flags, documentation) \
  table[number] = parse_row(#name, operands, flags, documentation);
#include "vm/isa/isa.def"
#undef INSTRUCTION
  return table;
}
}  // namespace detail

inline constexpr std::array<OpcodeInfo, 256> kOpcodes = detail::make_table();
constexpr const OpcodeInfo& opcode_info(Opcode op) {
  return kOpcodes[static_cast<std::uint8_t>(op)];
}

static_assert(opcode_info(Opcode::bits_get_integer).operand_count == 8);
static_assert(opcode_info(Opcode::put_tuple).has_list);

}  // namespace parley::isa
