// What building and matching of bits share: how a segment of the tree is read.
#pragma once

#include <string>

#include "compiler/passes/lower.h"

namespace parley::compiler {

std::uint32_t segment_flags(const ast::Segment& segment);
std::uint32_t utf_unit(ast::SegmentType type);
// The bits of a segment whose value and size are literals, appended to `bytes`, of whose last byte
// `unused_bits` are not used. False: it is not one, or what stands before it is no whole byte.
bool literal_segment(const ast::Segment& segment, Overflow overflow, std::string& bytes,
                     unsigned& unused_bits);

}  // namespace parley::compiler
