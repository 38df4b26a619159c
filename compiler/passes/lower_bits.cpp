// Building bit strings.
#include "compiler/passes/lower_bits.h"

#include <bit>
#include <cstring>

namespace parley::compiler {

using ast::ExprKind;
using ast::SegmentType;

std::uint32_t segment_flags(const ast::Segment& segment) {
  std::uint32_t flags = 0;
  if (segment.endian == ast::SegmentEndian::kLittle) flags |= isa::kBitsLittle;
  if (segment.endian == ast::SegmentEndian::kNative) flags |= isa::kBitsNative;
  if (segment.sign == ast::SegmentSign::kSigned) flags |= isa::kBitsSigned;
  return flags;
}

std::uint32_t utf_unit(SegmentType type) {
  return type == SegmentType::kUtf8 ? 8 : type == SegmentType::kUtf16 ? 16 : 32;
}

namespace {

void append_utf8(std::uint32_t point, std::string& out) {
  const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | point >> 6);
    put(0x80 | (point & 63));
  } else if (point < 0x10000) {
    put(0xE0 | point >> 12);
    put(0x80 | (point >> 6 & 63));
    put(0x80 | (point & 63));
  } else {
    put(0xF0 | point >> 18);
    put(0x80 | (point >> 12 & 63));
    put(0x80 | (point >> 6 & 63));
    put(0x80 | (point & 63));
  }
}

void append_bytes(std::uint64_t value, unsigned bytes, bool little, std::string& out) {
  for (unsigned i = 0; i < bytes; ++i) {
    const unsigned shift = (little ? i : bytes - 1 - i) * 8;
    out.push_back(static_cast<char>(value >> shift));
  }
}

bool is_character(std::uint32_t point) {
  return point < 0xD800 || (point >= 0xE000 && point <= 0x10FFFF);
}

bool append_utf(SegmentType type, std::uint32_t point, bool little, std::string& out) {
  if (!is_character(point)) return false;
  if (type == SegmentType::kUtf8) {
    append_utf8(point, out);
  } else if (type == SegmentType::kUtf32) {
    append_bytes(point, 4, little, out);
  } else if (point < 0x10000) {
    append_bytes(point, 2, little, out);
  } else {
    append_bytes(0xD800 + ((point - 0x10000) >> 10), 2, little, out);
    append_bytes(0xDC00 + (point & 0x3FF), 2, little, out);
  }
  return true;
}

// Integer literals with their sign, characters.
bool literal_integer(const ast::Expr& e, std::int64_t& value) {
  if (const auto* number = ast::try_as<ast::Integer>(&e)) {
    value = number->value;
    return !number->is_big;
  }
  if (const auto* character = ast::try_as<ast::Char>(&e)) {
    value = character->code_point;
    return true;
  }
  const auto* unary = ast::try_as<ast::Unary>(&e);
  if (unary == nullptr || unary->op != ast::UnaryOp::kMinus ||
      unary->operand->kind != ExprKind::kInteger) {
    return false;
  }
  const auto& number = ast::as<ast::Integer>(*unary->operand);
  value = -number.value;
  return !number.is_big;
}

// Whether a segment of so many bits has this value.
bool fits(std::int64_t value, unsigned bits, ast::SegmentSign sign) {
  if (bits == 0) return value == 0;
  if (bits == 64) return sign == ast::SegmentSign::kSigned || value >= 0;
  if (sign == ast::SegmentSign::kSigned) {
    return value >= -(std::int64_t{1} << (bits - 1)) && value < std::int64_t{1} << (bits - 1);
  }
  return value >= 0 && value < std::int64_t{1} << bits;
}

bool literal_text(const ast::Segment& segment, Overflow overflow, std::string& bytes) {
  const std::string_view text = ast::as<ast::String>(*segment.value).text;
  const bool little = segment.endian != ast::SegmentEndian::kBig;
  for (std::size_t at = 0; at < text.size();) {
    const std::uint32_t point = ast::next_code_point(text, at);
    if (segment.type == SegmentType::kInteger) {
      if (segment.size != nullptr || segment.unit != 1) return false;
      if (overflow == Overflow::kIsNoLiteral && !fits(point, 8, segment.sign)) return false;
      bytes.push_back(static_cast<char>(point));
    } else if (!append_utf(segment.type, point, little, bytes)) {
      return false;
    }
  }
  return segment.type != SegmentType::kFloat && segment.type != SegmentType::kBinary;
}

}  // namespace

bool literal_segment(const ast::Segment& segment, Overflow overflow, std::string& bytes,
                     unsigned& unused_bits) {
  if (unused_bits != 0) return false;
  if (segment.value->kind == ExprKind::kString) {
    return literal_text(segment, overflow, bytes);
  }
  std::int64_t value = 0;
  if (!literal_integer(*segment.value, value)) return false;
  const bool little = segment.endian != ast::SegmentEndian::kBig;
  if (segment.type != SegmentType::kInteger) {
    return segment.type >= SegmentType::kUtf8 && value >= 0 && value <= 0x10FFFF &&
           append_utf(segment.type, static_cast<std::uint32_t>(value), little, bytes);
  }
  std::int64_t size = 8;
  if (segment.size != nullptr && !literal_integer(*segment.size, size)) return false;
  if (size < 0 || size > 64 || size * segment.unit > 64) return false;
  const auto bits = static_cast<unsigned>(size * segment.unit);
  if (overflow == Overflow::kIsNoLiteral && !fits(value, bits, segment.sign)) return false;
  if (bits % 8 == 0) {
    append_bytes(static_cast<std::uint64_t>(value), bits / 8, little, bytes);
    return true;
  }
  if (little || bits > 56) return false;
  unused_bits = 8 - bits % 8;
  append_bytes(static_cast<std::uint64_t>(value) << unused_bits &
                   ((std::uint64_t{1} << (bits + unused_bits)) - 1),
               bits / 8 + 1, false, bytes);
  return true;
}

// The whole as a constant; none: it is not one.
Ref Lowerer::constant_bits(const ast::BinaryExpr& e, Overflow overflow) {
  std::string bytes;
  unsigned unused_bits = 0;
  for (const ast::Segment& segment : e.segments) {
    if (!literal_segment(segment, overflow, bytes, unused_bits)) return {};
  }
  return constants().bits(std::move(bytes), unused_bits);
}

namespace {
isa::BitsKind kind_of(SegmentType type) {
  switch (type) {
    case SegmentType::kInteger:
      return isa::BitsKind::kInteger;
    case SegmentType::kFloat:
      return isa::BitsKind::kFloat;
    case SegmentType::kBinary:
      return isa::BitsKind::kBits;
    case SegmentType::kUtf8:
      return isa::BitsKind::kUtf8;
    case SegmentType::kUtf16:
      return isa::BitsKind::kUtf16;
    default:
      return isa::BitsKind::kUtf32;
  }
}
}  // namespace

void Lowerer::bits_segment(const ast::Segment& segment, std::vector<std::uint32_t>& words) {
  const auto put = [&](Ref value, Ref size) {
    words.insert(words.end(), {static_cast<std::uint32_t>(kind_of(segment.type)), segment.unit,
                               segment_flags(segment), value.bits, size.bits});
  };
  std::string bytes;
  unsigned unused_bits = 0;
  if (segment.value->kind == ExprKind::kString) {
    if (literal_segment(segment, Overflow::kIsCut, bytes, unused_bits)) {
      words.insert(words.end(), {static_cast<std::uint32_t>(isa::BitsKind::kBits), 1U, 0U,
                                 constants().bits(std::move(bytes)).bits, 0U});
      return;
    }
    const Ref size = segment.size == nullptr ? Ref{} : expr(*segment.size);
    const std::string_view text = ast::as<ast::String>(*segment.value).text;
    for (std::size_t at = 0; at < text.size();) {
      put(constants().integer(ast::next_code_point(text, at)), size);
    }
    return;
  }
  const Ref value = expr(*segment.value);
  Ref size;
  if (segment.size != nullptr)
    size = expr(*segment.size);
  else if (segment.type == SegmentType::kInteger)
    size = constants().integer(8);
  else if (segment.type == SegmentType::kFloat)
    size = constants().integer(64);
  put(value, size);
}

Ref Lowerer::build_bits(std::span<const std::uint32_t> segments) {
  constexpr std::size_t kWordsMax = 100 * 5;
  Ref result;
  for (std::size_t from = 0; from < segments.size() || result.none();) {
    const std::size_t count = std::min(segments.size() - from, kWordsMax);
    const Ref next = new_value();
    std::vector<std::uint32_t> words{guard_fail_, next.bits, 0};
    if (!result.none()) {
      words.insert(words.end(),
                   {static_cast<std::uint32_t>(isa::BitsKind::kBits), 1U, 0U, result.bits, 0U});
    }
    words.insert(words.end(), segments.begin() + static_cast<long>(from),
                 segments.begin() + static_cast<long>(from + count));
    emit(Opcode::bits_build, words);
    result = next;
    from += count;
  }
  return result;
}

Ref Lowerer::bits(const ast::BinaryExpr& e) {
  const Ref constant = constant_bits(e, Overflow::kIsCut);
  if (!constant.none()) return constant;
  std::vector<std::uint32_t> words;
  for (const ast::Segment& segment : e.segments) bits_segment(segment, words);
  set_line(e.location);
  return build_bits(words);
}

}  // namespace parley::compiler
