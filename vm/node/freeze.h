// A process as bytes: written out while it does not run, read back into this node or another.
//
// In memory a frame is one bytecode address and terms. Written out, the address is a place:
// {module, hash of its file, function, generic instruction}; the loader keeps the way from
// specialised to generic code and back (CodeBlock::origins), so the reader finds the address in its
// own copy of the same code, whatever form that has.
//
//   saved registers | descriptor | place | frame | place | frame | ... | bottom
//
// Everything else is terms: dictionary, label, mail in its order, and how far the running receive
// has looked. Sharing of terms is kept, that of binaries is lost. Maps are rebuilt, for their shape
// depends on the node's hash seed. The process's own pid becomes the pid of the process that is
// read back; other handles keep their numbers and mean something in the same node only.
//
// A process in the middle of a large map's enumeration can only go on in a node with the same hash
// seed, for the order is that of the hashes: elsewhere reading refuses, and the owner may let the
// process run a little and write it out again. So destroy it only when it has been read.
//
// What ties a process to others stays behind: one with links, monitors, aliases, a name, sockets,
// tables or message timers is refused.
//
// The bytes are trusted, like the memory they come from: reading checks that they are whole, that
// the code is there and that frames have the size the code says; it does not verify terms.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "vm/bif/bif.h"
#include "vm/process/process.h"

namespace parley {

// The caller owns the process (it is in no run queue and nobody runs it). Signals that have arrived
// are handled first. The process is unchanged otherwise. The text of why not.
std::expected<std::vector<std::uint8_t>, std::string> freeze_process(const Services& services,
                                                                     Process& process);

// A new process in state RUNNABLE, the caller's; to let it run, put it into a run queue. Its
// modules must be loaded, or be found by the code index's autoload, in the same version.
std::expected<Process*, std::string> thaw_process(const Services& services,
                                                  std::span<const std::uint8_t> bytes);

}  // namespace parley
