// The external term format: terms from bytes that may be anything.
//
// Invariant: nothing is allocated for a size that the bytes left could not fill, so hostile bytes
// cost at most a fixed multiple of their length; nothing recurses. On failure whatever was made is
// garbage on the heap, and no atom was made where `new_atoms` forbids it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string_view>
#include <vector>

#include "vm/heap/map.h"
#include "vm/term/atoms.h"
#include "vm/term/external.h"
#include "vm/term/fun.h"

namespace parley {

enum class NewAtoms : std::uint8_t { kMake, kRefuse };  // kMake: as far as the limit allows

struct DecodeOptions {
  NewAtoms new_atoms = NewAtoms::kMake;
  AtomUse atom_use = AtomUse::kProgram;
  FunResolver* funs = nullptr;  // null: funs are refused
  std::uint64_t seed = 0;       // of the node's hashes
};

enum class DecodeError : std::uint8_t {
  kMalformed,   // not the format, or a tag, node or fun that this node does not know
  kTruncated,
  kAtomLimit,   // the atom table is full
  kNewAtom,     // an atom that does not exist, where that is refused
  kTooLarge,    // an integer beyond kBigBitsMax bits
  kFunLimit,    // a fun of code that is not loaded, where no more are taken, or impossible numbers
};
std::string_view describe(DecodeError error);

struct Decoded {
  Term term;
  std::size_t used_bytes;
};

// Of bytes that begin with the version byte; compressed terms are inflated. The heap's owner.
std::expected<Decoded, DecodeError> decode_external(Heap& heap, AtomTable& atoms,
                                                    std::span<const std::uint8_t> bytes,
                                                    const DecodeOptions& options);

// Of bytes that begin with the tag of a term.
std::expected<Decoded, DecodeError> decode_external_term(Heap& heap, AtomTable& atoms,
                                                         std::span<const std::uint8_t> bytes,
                                                         const DecodeOptions& options);

struct Inflated {
  std::vector<std::uint8_t> bytes;  // begin with the tag of a term
  std::size_t used_bytes;
};
// Of bytes that begin with the version byte and the tag of what is compressed.
std::expected<Inflated, DecodeError> inflate_external(std::span<const std::uint8_t> bytes);

}  // namespace parley
