// Source text as the compiler keeps it: the files of a module, places in them, and their code
// points. A file's text is valid UTF-8 whatever its bytes were.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace parley::ast {

/// A place on one line of a file. Columns count code points from 1; `end_column` is one past the
/// last column, or 0 when the construct ends on a later line. What a macro expanded to stands at
/// its call.
struct Location {
  uint32_t file = 0;  // index into Module::files
  uint32_t line = 0;  // physical, from 1; 0 means "no place"
  uint32_t column = 0;
  uint32_t end_column = 0;
};

/// A file that took part in a module: the source itself, an included one, or a name set with -file.
struct File {
  std::string_view name;   // as given to the compiler or as found by -include; what ?FILE says
  std::string_view text;   // the whole source, kept for diagnostics
  int32_t line_delta = 0;  // reported line = Location::line + this; 0 but after -file
};

/// The code point at `at`, which must be inside valid UTF-8, and `at` moved past it.
uint32_t next_code_point(std::string_view text, size_t& at);

}  // namespace parley::ast
