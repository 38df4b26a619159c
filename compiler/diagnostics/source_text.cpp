// Reading code points.
#include "compiler/diagnostics/source_text.h"

#include <algorithm>

namespace parley::ast {

uint32_t next_code_point(std::string_view text, size_t& at) {
  auto byte = [&](size_t i) -> uint32_t {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0;
  };
  uint32_t first = byte(0);
  if (first < 0xC0) {
    at += 1;
    return first;
  }
  if (first < 0xE0) {
    uint32_t value = ((first & 0x1F) << 6) | (byte(1) & 0x3F);
    at = std::min(at + 2, text.size());
    return value;
  }
  if (first < 0xF0) {
    uint32_t value = ((first & 0x0F) << 12) | ((byte(1) & 0x3F) << 6) | (byte(2) & 0x3F);
    at = std::min(at + 3, text.size());
    return value;
  }
  uint32_t value = ((first & 0x07) << 18) | ((byte(1) & 0x3F) << 12) | ((byte(2) & 0x3F) << 6) |
                   (byte(3) & 0x3F);
  at = std::min(at + 4, text.size());
  return value;
}

}  // namespace parley::ast
