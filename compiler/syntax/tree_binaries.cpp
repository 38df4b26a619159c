// Nodes of the bit syntax: what the type list of a segment means, with its defaults.
#include <algorithm>

#include <fmt/format.h>
#include "compiler/syntax/tree_builder.h"

namespace parley {

using namespace ast;

namespace {

constexpr int64_t kUnitMax = 256;

struct TypeRow {
  std::string_view name;
  SegmentType type;
  bool bits;  // unit 1 although the type is kBinary
};

constexpr TypeRow kTypes[] = {
    {"integer", SegmentType::kInteger, false}, {"float", SegmentType::kFloat, false},
    {"binary", SegmentType::kBinary, false},   {"bytes", SegmentType::kBinary, false},
    {"bitstring", SegmentType::kBinary, true}, {"bits", SegmentType::kBinary, true},
    {"utf8", SegmentType::kUtf8, false},       {"utf16", SegmentType::kUtf16, false},
    {"utf32", SegmentType::kUtf32, false},
};

}  // namespace

void TreeBuilder::segment_type(const Token* name, const Token* unit, const Span& place) {
  segment_options_.push_back({name, unit, place.location()});
}

void TreeBuilder::apply_segment_option(const SegmentOption& option, Segment& segment,
                                       bool& type_given, bool& bits) {
  std::string_view name = option.name->text;
  auto conflict = [&](std::string_view with) {
    error(Code::kBadSegment, option.place, fmt::format("{} contradicts {}", name, with));
  };
  if (option.unit) {
    if (name != "unit") {
      error(Code::kBadSegment, option.place, fmt::format("{} takes no number", name));
    } else if (segment.unit_given) {
      conflict("the unit before it");
    } else if (option.unit->is_big || option.unit->integer < 1 || option.unit->integer > kUnitMax) {
      error(Code::kBadSegment, option.place,
            fmt::format("the unit {} is not between 1 and {}", option.unit->text, kUnitMax));
    } else {
      segment.unit = static_cast<uint16_t>(option.unit->integer);
      segment.unit_given = true;
    }
    return;
  }
  for (const TypeRow& row : kTypes) {
    if (row.name == name) {
      if (type_given && (segment.type != row.type || bits != row.bits)) {
        conflict("the type before it");
      }
      segment.type = row.type;
      bits = row.bits;
      type_given = true;
      return;
    }
  }
  if (name == "signed" || name == "unsigned") {
    SegmentSign sign = name == "signed" ? SegmentSign::kSigned : SegmentSign::kUnsigned;
    if (segment.sign_given && segment.sign != sign) {
      conflict("the sign before it");
    }
    segment.sign = sign;
    segment.sign_given = true;
  } else if (name == "big" || name == "little" || name == "native") {
    SegmentEndian endian = name == "big"      ? SegmentEndian::kBig
                           : name == "little" ? SegmentEndian::kLittle
                                              : SegmentEndian::kNative;
    if (segment.endian_given && segment.endian != endian) {
      conflict("the byte order before it");
    }
    segment.endian = endian;
    segment.endian_given = true;
  } else {
    constexpr std::string_view kNames[] = {"integer",  "float", "binary", "bytes",  "bitstring",
                                           "bits",     "utf8",  "utf16",  "utf32",  "signed",
                                           "unsigned", "big",   "little", "native", "unit"};
    error(Code::kBadSegment, option.place,
          fmt::format("there is no type {} for a segment of a binary", name));
    if (std::string_view near = nearest_name(name, kNames); !near.empty()) {
      diagnostics_.all().back().hint = fmt::format("did you mean {}?", near);
    }
  }
}

void TreeBuilder::segment(const Span& place, Expr* value, Expr* size) {
  Segment segment;
  segment.value = value;
  segment.size = size;
  segment.location = place.location();
  bool type_given = false;
  bool bits = false;
  for (const SegmentOption& option : segment_options_) {
    apply_segment_option(option, segment, type_given, bits);
  }
  segment_options_.clear();
  if (!segment.unit_given) {
    segment.unit = segment.type == SegmentType::kBinary && !bits ? 8 : 1;
  }
  bool utf = segment.type >= SegmentType::kUtf8;
  if (utf && (size || segment.unit_given)) {
    error(Code::kBadSegment, segment.location, "a utf segment has neither size nor unit");
  }
  if (segment.unit_given && size == nullptr && segment.type != SegmentType::kBinary) {
    error(Code::kBadSegment, segment.location, "a unit needs a size");
  }
  segments.push(segment);
}

Expr* TreeBuilder::binary(const Span& place, Mark mark) {
  auto* node = make<BinaryExpr>(place);
  node->segments = segments.take(mark);
  uint32_t depth = 0;
  for (const Segment& segment : node->segments) {
    depth = std::max<uint32_t>(depth, segment.value->depth);
    if (segment.size) {
      depth = std::max<uint32_t>(depth, segment.size->depth);
    }
  }
  deepen(node, depth);
  return node;
}

}  // namespace parley
