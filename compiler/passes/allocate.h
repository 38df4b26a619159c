// Registers: values get x or y registers, and instructions take their final form.
//
// Blocks are visited in an order in which definitions come before uses; a value takes a free
// register where it is defined and keeps it while it is alive. A value that outlives a call has a y
// register wherever there is a frame; one that is defined before the frame is made is moved there
// when it is. All others have x registers. Since values are assigned once, what is free at a
// definition is free for the value's whole life.
//
// The result still names blocks in label operands, and frame descriptors by their index here:
// emit.cpp replaces them. Operands kWords stand for the size of the frame.
#pragma once

#include <array>
#include <bitset>
#include <optional>
#include <string>

#include "compiler/passes/constant.h"
#include "compiler/passes/facts.h"
#include "compiler/passes/liveness.h"
#include "vm/isa/module_file.h"

namespace parley::compiler {

// Constants of an operand stay Refs here: tag kLiteral, value Ref::bits.
struct MachineBlock {
  std::vector<isa::Instruction> code;
  std::vector<Line> lines;  // of each instruction
  BlockId handler = 0;
  BlockId jump_target = 0;  // the block ends with a jump there, which `code` does not hold
  bool framed = false;
  std::vector<isa::RegisterState> entry;
};

struct MachineFunction {
  static constexpr std::uint64_t kWords = 0xFFFFFFFF;  // value of a kUnsigned operand
  std::vector<MachineBlock> blocks;                    // by BlockId
  std::vector<isa::FrameDescriptor> frames;
  std::vector<bool> frame_is_made;  // of each descriptor: its `words` is the frame's size
  std::uint32_t frame_words = 0;
  bool too_large = false;  // more values alive at once than there are registers
};

MachineFunction allocate_registers(FunctionIr& function, const ControlFlow& flow,
                                   const Liveness& liveness, const ConstantPool& constants);

}  // namespace parley::compiler
