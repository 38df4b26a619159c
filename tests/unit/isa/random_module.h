// Random module files: every table filled, every instruction of isa.def, every kind of operand, all
// indices in range. Such a module can be written and read; whether its code makes sense is not its
// concern.
#pragma once

#include <cstdint>
#include <random>

#include "vm/isa/module_file.h"
#include "vm/isa/wire.h"

namespace parley::isa {

class RandomModule {
 public:
  explicit RandomModule(std::uint64_t seed) : random_(seed) {}

  ModuleFile make() {
    fill(module_.atoms, 1, [this] { return atom_text(); });
    module_.name = index(module_.atoms);
    module_.label_count = 1 + below(20);
    module_.functions.resize(1 + below(4));
    fill(module_.literals, 1, [this] { return bytes(40); });
    fill(module_.files, 1, [this] { return atom_text(); });
    fill(module_.frames, 1, [this] { return frame(); });
    fill(module_.imports, 1,
         [this] { return Import{index(module_.atoms), index(module_.atoms), below(256)}; });
    fill(module_.lambdas, 1,
         [this] { return Lambda{index(module_.functions), below(128), below(128), number()}; });
    for (Function& function : module_.functions) {
      function = {index(module_.atoms), below(256), below(module_.label_count), {}};
      fill(function.code, 0, [this] { return instruction(); });
    }
    for (std::uint32_t label = 1; label < module_.label_count; ++label) {
      if (below(2) != 0) module_.label_states.push_back(label_state(label));
    }
    fill(module_.exports, 0, [this] { return Export{index(module_.functions)}; });
    fill(module_.records, 0, [this] { return record(); });
    fill(module_.texts, 0,
         [this] { return NamedText{atom_text(), index(module_.atoms), below(256), atom_text()}; });
    fill(module_.attributes, 0, [this] { return Attribute{index(module_.atoms), bytes(20)}; });
    return std::move(module_);
  }

  std::uint32_t below(std::uint64_t limit) { return static_cast<std::uint32_t>(random_() % limit); }
  // Of any size: as many short numbers as long ones.
  std::uint64_t number() { return random_() >> below(64); }

 private:
  template <typename T, typename Make>
  void fill(std::vector<T>& rows, std::uint32_t least, Make make) {
    for (std::uint32_t n = least + below(8); n > 0; --n) rows.push_back(make());
  }
  template <typename T>
  std::uint32_t index(const std::vector<T>& rows) {
    return below(rows.size());
  }
  std::string atom_text() {
    static constexpr std::string_view kPieces[] = {"a", "Z", "_", "é", "€", "𝄞", "'", " ", "\n"};
    std::string text;
    for (std::uint32_t n = below(12); n > 0; --n) text += kPieces[below(std::size(kPieces))];
    return text;
  }
  std::vector<std::uint8_t> bytes(std::uint32_t limit) {
    std::vector<std::uint8_t> result(below(limit));
    for (std::uint8_t& byte : result) byte = static_cast<std::uint8_t>(random_());
    return result;
  }
  FrameDescriptor frame() {
    FrameDescriptor frame{below(256), {}, {}};
    for (auto* bitmap : {&frame.x, &frame.y}) {
      bitmap->resize(below(5));
      for (std::uint64_t& word : *bitmap) word = number();
      if (bitmap->size() == 4) bitmap->back() &= ~(std::uint64_t{1} << 63);
    }
    return frame;
  }
  LabelState label_state(std::uint32_t label) {
    LabelState state{label, static_cast<std::int32_t>(below(257)) - 1, {}};
    fill(state.registers, 0, [this] {
      return RegisterState{below(2) != 0 ? OperandTag::kX : OperandTag::kY,
                           static_cast<std::uint8_t>(below(255)), static_cast<StateType>(below(9)),
                           below(1000), below(2) != 0};
    });
    return state;
  }
  RecordInfo record() {
    RecordInfo record{index(module_.atoms), {}, {}};
    fill(record.fields, 0, [this] { return index(module_.atoms); });
    for (std::size_t i = 0; i < record.fields.size(); ++i) record.defaults.push_back(atom_text());
    return record;
  }

  Operand any_register() {
    return {below(2) != 0 ? OperandTag::kX : OperandTag::kY, below(kRegistersMax)};
  }
  Operand constant() {
    switch (below(4)) {
      case 0:
        return {OperandTag::kAtom, index(module_.atoms)};
      case 1:
        return {OperandTag::kLiteral, index(module_.literals)};
      case 2:
        return {OperandTag::kNil, 0};
      default:
        break;
    }
    const std::uint64_t magnitude = number() >> 3;
    return {OperandTag::kSmall, below(2) != 0 ? magnitude : 0 - magnitude};
  }
  Operand label(std::uint32_t least) {
    if (module_.label_count <= least) return {OperandTag::kLabel, 0};
    return {OperandTag::kLabel, least + below(module_.label_count - least)};
  }
  Operand operand(OperandKind kind) {
    switch (kind) {
      case OperandKind::kDestination:
      case OperandKind::kRegister:
        return any_register();
      case OperandKind::kConstant:
        return constant();
      case OperandKind::kSource:
        return below(2) != 0 ? any_register() : constant();
      case OperandKind::kLabel:
        return label(1);
      case OperandKind::kOptionalLabel:
        return label(0);
      case OperandKind::kFrame:
        return {OperandTag::kUnsigned, index(module_.frames)};
      case OperandKind::kFunction:
        return {OperandTag::kUnsigned, index(module_.functions)};
      case OperandKind::kImport:
      case OperandKind::kBuiltIn:
        return {OperandTag::kUnsigned, index(module_.imports)};
      case OperandKind::kLambda:
        return {OperandTag::kUnsigned, index(module_.lambdas)};
      case OperandKind::kAtom:
        return {OperandTag::kAtom, index(module_.atoms)};
      default:
        return {OperandTag::kUnsigned, number() & 0xFFFFFFFF};
    }
  }
  bool usable(const OpcodeInfo& info) const {
    if (info.name.empty() || info.internal()) return false;
    if (module_.label_count > 1) return true;  // without labels nothing can name one
    if (info.name == "label" || (info.has_list && info.list == OperandKind::kChoices)) return false;
    for (unsigned i = 0; i < info.operand_count; ++i) {
      if (info.kinds[i] == OperandKind::kLabel) return false;
    }
    return true;
  }
  Instruction instruction() {
    std::uint32_t number = below(256);
    while (!usable(kOpcodes[number])) number = below(256);
    const OpcodeInfo& info = kOpcodes[number];
    Instruction result{static_cast<Opcode>(number), {}};
    for (unsigned i = 0; i < info.operand_count; ++i) {
      result.operands.push_back(operand(info.kinds[i]));
    }
    if (result.opcode == Opcode::label) result.operands[0].value = label(1).value;
    if (result.opcode == Opcode::handler) result.operands[0].value = label(0).value;
    if (result.opcode == Opcode::line) result.operands[0].value = index(module_.files);
    for (std::uint32_t n = info.has_list ? below(5) : 0; n > 0; --n)
      item(info.list, result.operands);
    return result;
  }
  void item(OperandKind list, std::vector<Operand>& operands) {
    const std::size_t begin = operands.size();
    for (std::size_t i = 0; i < list_stride(list); ++i) {
      operands.push_back(operand(list_item_kind(list, i)));
    }
    if (list != OperandKind::kSegments) return;
    operands[begin].value = below(7);
    operands[begin + 1].value = 1 + below(256);
    operands[begin + 2].value = below(8);
  }

  std::mt19937_64 random_;
  ModuleFile module_;
};

}  // namespace parley::isa
