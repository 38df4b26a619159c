// The bytecode writer: functions with registers become the code and tables of a ModuleFile.
//
// Invariant: labels ascend in the order of the code; a block is laid where something before it
// leads to it; equal frame descriptors and constants are one entry of their tables.
#pragma once

#include <map>
#include <string>
#include <unordered_map>

#include "compiler/passes/allocate.h"
#include "compiler/passes/module_ir.h"
#include "vm/isa/module_file.h"

namespace parley::compiler {

class BytecodeWriter {
 public:
  BytecodeWriter(const ModuleIr& module, isa::ModuleFile& file) : module_(module), file_(file) {}

  std::uint32_t atom(std::string_view text);
  // Functions must come in the order of their indices.
  void add_function(const FunctionIr& function, const ControlFlow& flow, MachineFunction machine);
  // Imports, lambdas and the hash of the code.
  void finish();

 private:
  struct Layout {
    std::vector<BlockId> order;
    std::vector<bool> referenced;
    std::vector<std::uint32_t> label_of;
  };
  Layout lay_out(const ControlFlow& flow, const MachineFunction& machine);
  void add_block(const MachineFunction& machine, const Layout& layout, std::size_t at,
                 isa::Function& out);
  void add_label(const MachineFunction& machine, const Layout& layout, BlockId block,
                 isa::Function& out);
  isa::Operand constant(std::uint64_t bits);
  std::uint32_t frame(isa::FrameDescriptor frame);
  void operands(isa::Instruction& instruction, const MachineFunction& machine,
                const Layout& layout);
  void add_line(Line line, isa::Function& out);

  const ModuleIr& module_;
  isa::ModuleFile& file_;
  std::unordered_map<std::string, std::uint32_t> atoms_;
  std::unordered_map<std::uint32_t, isa::Operand> constants_;
  std::map<std::vector<std::uint64_t>, std::uint32_t> frames_;
  std::vector<std::uint32_t> frame_of_;  // of the function: local index to the module's
  BlockId handler_ = 0;
  Line line_;
};

}  // namespace parley::compiler
