// Layout of blocks, labels with their states, tables.
#include "compiler/emit/bytecode.h"

#include <algorithm>

namespace parley::compiler {

using isa::Operand;
using isa::OperandTag;

std::uint32_t BytecodeWriter::atom(std::string_view text) {
  const auto [at, added] =
      atoms_.try_emplace(std::string(text), static_cast<std::uint32_t>(file_.atoms.size()));
  if (added) file_.atoms.emplace_back(text);
  return at->second;
}

Operand BytecodeWriter::constant(std::uint64_t bits) {
  const Ref ref{static_cast<std::uint32_t>(bits)};
  const Constant& constant = module_.constants[ref];
  switch (constant.kind) {
    case ConstantKind::kSmall:
      return {OperandTag::kSmall, static_cast<std::uint64_t>(constant.small)};
    case ConstantKind::kNil:
      return {OperandTag::kNil, 0};
    default:
      break;
  }
  const auto [at, added] = constants_.try_emplace(ref.bits);
  if (!added) return at->second;
  if (constant.kind == ConstantKind::kAtom) {
    at->second = {OperandTag::kAtom, atom(constant.bytes)};
  } else {
    at->second = {OperandTag::kLiteral, file_.literals.size()};
    file_.literals.push_back(module_.constants.encode(ref));
  }
  return at->second;
}

std::uint32_t BytecodeWriter::frame(isa::FrameDescriptor frame) {
  std::vector<std::uint64_t> key{frame.words, frame.x.size()};
  key.insert(key.end(), frame.x.begin(), frame.x.end());
  key.insert(key.end(), frame.y.begin(), frame.y.end());
  const auto [at, added] =
      frames_.try_emplace(std::move(key), static_cast<std::uint32_t>(file_.frames.size()));
  if (added) file_.frames.push_back(std::move(frame));
  return at->second;
}

// Each block is followed by the one that it jumps to, where that is still free.
BytecodeWriter::Layout BytecodeWriter::lay_out(const ControlFlow& flow,
                                               const MachineFunction& machine) {
  Layout layout;
  std::vector<bool> placed(machine.blocks.size());
  for (BlockId id : flow.order) {
    for (; id != 0 && !placed[id]; id = machine.blocks[id].jump_target) {
      placed[id] = true;
      layout.order.push_back(id);
    }
  }
  layout.referenced.assign(machine.blocks.size(), false);
  layout.referenced[1] = true;
  for (std::size_t i = 0; i < layout.order.size(); ++i) {
    const MachineBlock& block = machine.blocks[layout.order[i]];
    if (block.handler != 0) layout.referenced[block.handler] = true;
    for (const isa::Instruction& instruction : block.code) {
      for (const Operand& operand : instruction.operands) {
        if (operand.tag == OperandTag::kLabel) layout.referenced[operand.value] = true;
      }
    }
    const BlockId next = i + 1 < layout.order.size() ? layout.order[i + 1] : 0;
    if (block.jump_target != 0 && block.jump_target != next) {
      layout.referenced[block.jump_target] = true;
    }
  }
  layout.label_of.assign(machine.blocks.size(), 0);
  for (const BlockId id : layout.order) {
    if (layout.referenced[id]) layout.label_of[id] = file_.label_count++;
  }
  return layout;
}

void BytecodeWriter::add_line(Line line, isa::Function& out) {
  if (line == line_) return;
  line_ = line;
  out.code.push_back(
      {Opcode::line, {{OperandTag::kUnsigned, line.file}, {OperandTag::kUnsigned, line.line}}});
}

void BytecodeWriter::operands(isa::Instruction& instruction, const MachineFunction& machine,
                              const Layout& layout) {
  const isa::OpcodeInfo& info = isa::opcode_info(instruction.opcode);
  for (std::size_t i = 0; i < instruction.operands.size(); ++i) {
    Operand& operand = instruction.operands[i];
    if (operand.tag == OperandTag::kLiteral) {
      operand = constant(operand.value);
    } else if (operand.tag == OperandTag::kLabel) {
      operand.value = layout.label_of[operand.value];
    } else if (operand.tag == OperandTag::kUnsigned && i < info.operand_count) {
      if (info.kinds[i] == isa::OperandKind::kFrame)
        operand.value = frame_of_[operand.value];
      else if (operand.value == MachineFunction::kWords)
        operand.value = machine.frame_words;
    }
  }
}

void BytecodeWriter::add_label(const MachineFunction& machine, const Layout& layout, BlockId block,
                               isa::Function& out) {
  const std::uint32_t label = layout.label_of[block];
  if (label == 0) return;
  out.code.push_back({Opcode::label, {{OperandTag::kUnsigned, label}}});
  const MachineBlock& from = machine.blocks[block];
  isa::LabelState state;
  state.label = label;
  state.frame_words = from.framed ? static_cast<std::int32_t>(machine.frame_words) : -1;
  state.registers = from.entry;
  file_.label_states.push_back(std::move(state));
}

void BytecodeWriter::add_block(const MachineFunction& machine, const Layout& layout, std::size_t at,
                               isa::Function& out) {
  const BlockId id = layout.order[at];
  const MachineBlock& block = machine.blocks[id];
  add_label(machine, layout, id, out);
  if (block.handler != handler_) {
    handler_ = block.handler;
    const std::uint32_t label = handler_ == 0 ? 0 : layout.label_of[handler_];
    out.code.push_back({Opcode::handler, {{OperandTag::kUnsigned, label}}});
  }
  for (std::size_t i = 0; i < block.code.size(); ++i) {
    isa::Instruction instruction = block.code[i];
    const std::uint8_t flags = isa::opcode_info(instruction.opcode).flags;
    if ((flags & (isa::kMayThrow | isa::kMayYield)) != 0) add_line(block.lines[i], out);
    operands(instruction, machine, layout);
    out.code.push_back(std::move(instruction));
  }
  const BlockId next = at + 1 < layout.order.size() ? layout.order[at + 1] : 0;
  if (block.jump_target != 0 && block.jump_target != next) {
    out.code.push_back({Opcode::jump, {{OperandTag::kLabel, layout.label_of[block.jump_target]}}});
  }
}

void BytecodeWriter::add_function(const FunctionIr& function, const ControlFlow& flow,
                                  MachineFunction machine) {
  isa::Function out;
  out.name = atom(function.name);
  out.arity = function.arity;
  const Layout layout = lay_out(flow, machine);
  out.entry_label = layout.label_of[1];
  frame_of_.clear();
  for (std::size_t i = 0; i < machine.frames.size(); ++i) {
    isa::FrameDescriptor descriptor = std::move(machine.frames[i]);
    descriptor.words = machine.frame_is_made[i] ? machine.frame_words : 0;
    frame_of_.push_back(frame(std::move(descriptor)));
  }
  handler_ = 0;
  line_ = {};
  for (std::size_t i = 0; i < layout.order.size(); ++i) add_block(machine, layout, i, out);
  file_.functions.push_back(std::move(out));
}

void BytecodeWriter::finish() {
  for (const ImportIr& import : module_.imports) {
    file_.imports.push_back({atom(import.module), atom(import.name), import.arity});
  }
  // FNV-1a over the code: another version of the module has other funs.
  std::uint64_t hash = 14695981039346656037ULL;
  const auto mix = [&](std::uint64_t value) { hash = (hash ^ value) * 1099511628211ULL; };
  for (const isa::Function& function : file_.functions) {
    mix(function.name);
    mix(function.arity);
    for (const isa::Instruction& instruction : function.code) {
      if (instruction.opcode == Opcode::line) continue;
      mix(static_cast<std::uint64_t>(instruction.opcode));
      for (const Operand& operand : instruction.operands) {
        mix(static_cast<std::uint64_t>(operand.tag) << 56 ^ operand.value);
      }
    }
  }
  for (const std::string& text : file_.atoms) {
    for (const char c : text) mix(static_cast<unsigned char>(c));
  }
  for (const auto& literal : file_.literals) {
    for (const std::uint8_t byte : literal) mix(byte);
  }
  for (const LambdaIr& lambda : module_.lambdas) {
    file_.lambdas.push_back({lambda.function, lambda.arity, lambda.free_count, hash});
  }
}

}  // namespace parley::compiler
