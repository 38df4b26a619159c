// Where the machine's large memory comes from.
//
// Invariant: what `allocate_memory` gave, `free_memory` takes, on any thread.
#pragma once

#include <cstddef>

namespace parley {

// Tells the allocator once a program that blocks of a few megabytes come and go all the time: they
// stay in the process instead of going back to the system, whose page faults cost more than the
// work that the memory is for.
void tune_allocator();

}  // namespace parley
