// Strings; text.h says which.
#include "vm/node/text.h"

#include "vm/bif/support.h"

namespace parley {

Term make_string(Heap& heap, std::string_view text) {
  const BitsView view{reinterpret_cast<const std::uint8_t*>(text.data()), 0, text.size() * 8};
  ListBuilder list(heap);
  for (std::uint64_t at = 0; at < view.size_bits;) {
    const auto point = read_utf8(view, at);
    list.append(Term::small(point ? point->value : static_cast<unsigned char>(text[at / 8])));
    at += point ? point->size_bits : 8;
  }
  return list.finish();
}

}  // namespace parley
