// Which blocks are reached, in which order, and where frames are made.
//
// After `prepare`, `order` holds the reached blocks such that a block stands after every block that
// dominates it, and after all blocks that jump to it but for the ways back of receive loops; no
// test jumps to a block that only jumps on.
//
// After `place_frames`, `Block::framed` says whether a block is entered with a frame, and
// `allocate_at` where in an unframed block its frame is made: before the instruction of that index,
// or kNever. Frames are made late, so that paths without calls have none, but after the last test
// before the first call, so that parts of terms go to their y registers at once.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/passes/ir.h"

namespace parley::compiler {

struct ControlFlow {
  static constexpr std::uint32_t kNever = 0xFFFFFFFF;
  std::vector<BlockId> order;
  std::vector<std::uint32_t> allocate_at;  // by block
};

ControlFlow prepare(FunctionIr& function);
void place_frames(FunctionIr& function, ControlFlow& flow);

}  // namespace parley::compiler
