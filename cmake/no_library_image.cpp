// The library image of parley_bootstrap, which compiles the library and so holds none.
#include "cli/library_image.h"

namespace parley {

std::span<const LibraryModule> library_image() { return {}; }
std::span<const LibraryModule> library_headers() { return {}; }

}  // namespace parley
