// The external term format: terms as bytes, as OTP writes them (atoms in UTF-8, as since OTP 26).
//
// Invariant: what `encode_external` writes, `decode_external` (vm/heap/decode_external.h) reads
// back as an exactly equal term in the same node.
//
// Identifiers of this node: a process is NEW_PID_EXT with its slot as number and its generation as
// serial; a socket is V4_PORT_EXT; a reference is NEWER_REFERENCE_EXT with two words for a plain
// one, three for a timer's (the third is 1), four for an alias (then the owner's slot and
// generation). A fun is NEW_FUN_EXT whose sixteen bytes of hash begin with the code's 64 bits.
#pragma once

#include <cstdint>
#include <vector>

#include "vm/term/atoms.h"
#include "vm/term/term.h"

namespace parley {

namespace external {
inline constexpr std::uint8_t kVersion = 131, kSmallInteger = 97, kInteger = 98, kFloatText = 99,
    kAtomLatin1 = 100, kSmallTuple = 104, kLargeTuple = 105, kNil = 106, kString = 107,
    kList = 108, kBinary = 109, kSmallBig = 110, kLargeBig = 111, kNewFun = 112, kExport = 113,
    kSmallAtomLatin1 = 115, kMap = 116, kAtomUtf8 = 118, kSmallAtomUtf8 = 119, kNewFloat = 70,
    kBitBinary = 77, kCompressed = 80, kNewPid = 88, kNewerReference = 90, kV4Port = 120;
}  // namespace external

// Appends the term, without the version byte. Iterative. Any thread.
void encode_external(std::vector<std::uint8_t>& out, Term term, const AtomTable& atoms);

}  // namespace parley
