// The standard library's compiled modules as they lie in the executable.
//
// Invariant: the bytes are read-only data of the program, aligned to 16, and live as long as it
// does; nobody copies or frees them. They are generated at build time (cmake/stdlib.cmake).
#pragma once

#include <cstddef>
#include <span>

namespace parley {

struct LibraryModule {
  const char* name;                      // the module's name, "lists"
  std::span<const unsigned char> bytes;  // a whole .parc file
};

// All modules, ordered by path; empty in parley_bootstrap. Any thread.
std::span<const LibraryModule> library_image();

// The headers of the library, named without a folder: "eunit.hrl".
std::span<const LibraryModule> library_headers();

}  // namespace parley
