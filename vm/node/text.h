// Text of the operating system as strings of the language.
#pragma once

#include <string_view>

#include "vm/heap/heap.h"
#include "vm/term/term.h"

namespace parley {

// The code points of a UTF-8 text as a list; bytes that are none stand for themselves.
Term make_string(Heap& heap, std::string_view text);

}  // namespace parley
