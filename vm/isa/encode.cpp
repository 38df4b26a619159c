// Module file → bytes.
//
// Invariant: the bytes depend on the ModuleFile alone, and `parse_module_file` gives back an equal
// one for every ModuleFile whose indices are in range.
#include <algorithm>

#include "vm/base/assert.h"
#include "vm/isa/module_file.h"
#include "vm/isa/wire.h"

namespace parley::isa {

namespace {

class Writer {
 public:
  void byte(std::uint8_t value) { bytes_.push_back(value); }
  void number(std::uint64_t value) {
    while (value >= 0x80) {
      byte(static_cast<std::uint8_t>(value) | 0x80);
      value >>= 7;
    }
    byte(static_cast<std::uint8_t>(value));
  }
  void fixed32(std::uint32_t value) {
    for (unsigned shift = 0; shift < 32; shift += 8)
      byte(static_cast<std::uint8_t>(value >> shift));
  }
  void fixed16(std::uint16_t value) {
    byte(static_cast<std::uint8_t>(value));
    byte(static_cast<std::uint8_t>(value >> 8));
  }
  template <typename Bytes>
  void text(const Bytes& content) {
    number(content.size());
    bytes_.insert(bytes_.end(), content.begin(), content.end());
  }
  void packed(const Operand& operand) {
    const std::uint64_t value =
        operand.tag == OperandTag::kSmall ? zigzag(operand.value) : operand.value;
    const auto head =
        static_cast<std::uint8_t>(static_cast<std::uint8_t>(operand.tag) | ((value & 15) << 3));
    byte(value > 15 ? head | 0x80 : head);
    if (value > 15) number(value >> 4);
  }
  void operand(OperandKind kind, const Operand& operand) {
    if (is_packed(kind)) {
      packed(operand);
    } else {
      number(operand.value);
    }
  }
  void section(std::string_view name, const Writer& content) {
    bytes_.insert(bytes_.end(), name.begin(), name.end());
    fixed32(static_cast<std::uint32_t>(content.bytes_.size()));
    bytes_.insert(bytes_.end(), content.bytes_.begin(), content.bytes_.end());
  }

  const std::vector<std::uint8_t>& bytes() const { return bytes_; }
  std::vector<std::uint8_t> take() { return std::move(bytes_); }

 private:
  std::vector<std::uint8_t> bytes_;
};

void write_instruction(Writer& out, const Instruction& instruction) {
  const OpcodeInfo& info = opcode_info(instruction.opcode);
  const std::size_t count = instruction.operands.size();
  PARLEY_ASSERT(!info.name.empty(), "an opcode that isa.def has");
  PARLEY_ASSERT(info.has_list ? count >= info.operand_count : count == info.operand_count,
                "as many operands as the row has");
  out.byte(static_cast<std::uint8_t>(instruction.opcode));
  for (std::size_t i = 0; i < info.operand_count; ++i) {
    out.operand(info.kinds[i], instruction.operands[i]);
  }
  if (!info.has_list) return;
  const std::size_t stride = list_stride(info.list);
  const std::size_t listed = count - info.operand_count;
  PARLEY_ASSERT(listed % stride == 0, "whole items in the list");
  out.number(listed / stride);
  for (std::size_t i = 0; i < listed; ++i) {
    out.operand(list_item_kind(info.list, i % stride),
                instruction.operands[info.operand_count + i]);
  }
}

Writer functions_of(const ModuleFile& module) {
  Writer out;
  for (const Function& function : module.functions) {
    out.number(function.name);
    out.number(function.arity);
    out.number(function.entry_label);
    out.number(function.code.size());
    for (const Instruction& instruction : function.code) write_instruction(out, instruction);
  }
  return out;
}

Writer frames_of(const ModuleFile& module) {
  Writer out;
  out.number(module.frames.size());
  for (const FrameDescriptor& frame : module.frames) {
    out.number(frame.words);
    for (const auto* bitmap : {&frame.x, &frame.y}) {
      out.number(bitmap->size());
      for (const std::uint64_t word : *bitmap) out.number(word);
    }
  }
  return out;
}

Writer label_states_of(const ModuleFile& module) {
  Writer out;
  out.number(module.label_states.size());
  for (const LabelState& state : module.label_states) {
    out.number(state.label);
    out.number(static_cast<std::uint64_t>(std::int64_t{state.frame_words} + 1));
    out.number(state.registers.size());
    for (const RegisterState& reg : state.registers) {
      // {fragile:1, type:6, bank:1}, number, detail
      out.byte(static_cast<std::uint8_t>((reg.bank == OperandTag::kY ? 1u : 0u) |
                                         (static_cast<unsigned>(reg.type) << 1) |
                                         (reg.fragile ? 0x80u : 0u)));
      out.byte(reg.number);
      out.number(reg.detail);
    }
  }
  return out;
}

Writer records_of(const ModuleFile& module) {
  Writer out;
  out.number(module.records.size());
  for (const RecordInfo& record : module.records) {
    PARLEY_ASSERT(record.fields.size() == record.defaults.size(), "a default a field");
    out.number(record.name);
    out.number(record.fields.size());
    for (std::size_t i = 0; i < record.fields.size(); ++i) {
      out.number(record.fields[i]);
      out.text(record.defaults[i]);
    }
  }
  return out;
}

template <typename Table, typename Row>
Writer table_of(const Table& table, Row write_row) {
  Writer out;
  out.number(table.size());
  for (const auto& row : table) write_row(out, row);
  return out;
}

Writer section_of(const ModuleFile& module, std::string_view name) {
  const auto write_text = [](Writer& out, const auto& text) { out.text(text); };
  if (name == "Atom") return table_of(module.atoms, write_text);
  if (name == "Lite") return table_of(module.literals, write_text);
  if (name == "File") return table_of(module.files, write_text);
  if (name == "Fram") return frames_of(module);
  if (name == "Func") return functions_of(module);
  if (name == "Labl") return label_states_of(module);
  if (name == "recs") return records_of(module);
  if (name == "Impo") {
    return table_of(module.imports, [](Writer& out, const Import& import) {
      out.number(import.module), out.number(import.name), out.number(import.arity);
    });
  }
  if (name == "Lamb") {
    return table_of(module.lambdas, [](Writer& out, const Lambda& lambda) {
      out.number(lambda.function), out.number(lambda.arity), out.number(lambda.free_count);
      out.number(lambda.unique);
    });
  }
  if (name == "Expo") {
    return table_of(module.exports, [](Writer& out, const Export& e) { out.number(e.function); });
  }
  if (name == "text") {
    return table_of(module.texts, [](Writer& out, const NamedText& text) {
      out.text(text.kind), out.number(text.name), out.number(text.arity), out.text(text.text);
    });
  }
  if (name == "attr") {
    return table_of(module.attributes, [](Writer& out, const Attribute& attribute) {
      out.number(attribute.name), out.text(attribute.value);
    });
  }
  PARLEY_ASSERT(name == "Modu", "a section that is written");
  Writer out;
  out.number(module.name);
  out.number(module.functions.size());
  out.number(module.label_count);
  return out;
}

}  // namespace

std::uint32_t crc32(std::span<const std::uint8_t> bytes) {
  static constexpr auto kTable = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) * 0xEDB88320u);
      table[i] = value;
    }
    return table;
  }();
  std::uint32_t crc = 0xFFFFFFFF;
  for (const std::uint8_t byte : bytes) crc = (crc >> 8) ^ kTable[(crc ^ byte) & 0xFF];
  return ~crc;
}

std::vector<std::uint8_t> write_module_file(const ModuleFile& module) {
  Writer rest;
  for (const std::string_view name : kSectionNames) rest.section(name, section_of(module, name));
  Writer out;
  for (const std::uint8_t byte : kMagic) out.byte(byte);
  out.fixed16(kModuleFileVersion);
  out.fixed16(0);
  out.fixed32(crc32(rest.bytes()));
  std::vector<std::uint8_t> bytes = out.take();
  bytes.insert(bytes.end(), rest.bytes().begin(), rest.bytes().end());
  return bytes;
}

}  // namespace parley::isa
