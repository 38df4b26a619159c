// A small assembler for tests: modules written as lines of C++.
//
// Invariant: it checks nothing; broken modules are what it is for.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vm/isa/module_file.h"

namespace parley::isa {

inline Operand x(std::uint64_t n) { return {OperandTag::kX, n}; }
inline Operand y(std::uint64_t n) { return {OperandTag::kY, n}; }
inline Operand number(std::uint64_t n) { return {OperandTag::kUnsigned, n}; }
inline Operand small(std::int64_t n) { return {OperandTag::kSmall, static_cast<std::uint64_t>(n)}; }
inline Operand label(std::uint64_t n) { return {OperandTag::kLabel, n}; }
inline Operand nil() { return {OperandTag::kNil, 0}; }

class Assembler {
 public:
  ModuleFile module;

  Assembler() { module.name = atom_index("sample"); }

  Operand atom(std::string_view text) { return {OperandTag::kAtom, atom_index(text)}; }
  Operand literal(std::vector<std::uint8_t> bytes) {
    module.literals.push_back(std::move(bytes));
    return {OperandTag::kLiteral, module.literals.size() - 1};
  }
  Operand import(std::string_view name_module, std::string_view name, std::uint32_t arity) {
    module.imports.push_back({atom_index(name_module), atom_index(name), arity});
    return number(module.imports.size() - 1);
  }
  Operand lambda(std::uint32_t function, std::uint32_t arity, std::uint32_t free_count) {
    module.lambdas.push_back({function, arity, free_count, 0x1234});
    return number(module.lambdas.size() - 1);
  }
  // A descriptor: the frame's words and registers as in "x0 x2 y1".
  Operand frame(std::uint32_t words, const std::string& registers) {
    FrameDescriptor frame{words, {}, {}};
    std::istringstream in(registers);
    for (std::string word; in >> word;) {
      auto& bitmap = word[0] == 'x' ? frame.x : frame.y;
      const unsigned n = static_cast<unsigned>(std::stoul(word.substr(1)));
      if (bitmap.size() <= n / 64) bitmap.resize(n / 64 + 1);
      bitmap[n / 64] |= std::uint64_t{1} << (n % 64);
    }
    module.frames.push_back(std::move(frame));
    return number(module.frames.size() - 1);
  }

  // Begins a function whose entry label takes the arguments.
  void function(std::string_view name, std::uint32_t arity, std::uint32_t entry_label) {
    module.functions.push_back({atom_index(name), arity, entry_label, {}});
    std::string state;
    for (std::uint32_t n = 0; n < arity; ++n) state += "x" + std::to_string(n) + " ";
    place(entry_label, -1, state);
  }
  // Places a label: the words of its frame (-1: none) and its state, as in
  // "x0 x1:cons y0:tuple=2 y1:tuple>1 x2:fun=1 x3!" (an exclamation mark: fragile).
  void place(std::uint32_t number_of_label, std::int32_t words, const std::string& registers) {
    LabelState state{number_of_label, words, {}};
    std::istringstream in(registers);
    for (std::string word; in >> word;) state.registers.push_back(register_state(word));
    auto& states = module.label_states;
    auto place = states.begin();
    while (place != states.end() && place->label < number_of_label) ++place;
    states.insert(place, std::move(state));
    module.label_count = std::max(module.label_count, number_of_label + 1);
    op(Opcode::label, {number(number_of_label)});
  }
  void op(Opcode opcode, std::initializer_list<Operand> operands = {}) {
    module.functions.back().code.push_back({opcode, operands});
  }

 private:
  std::uint32_t atom_index(std::string_view text) {
    for (std::uint32_t i = 0; i < module.atoms.size(); ++i) {
      if (module.atoms[i] == text) return i;
    }
    module.atoms.emplace_back(text);
    return static_cast<std::uint32_t>(module.atoms.size() - 1);
  }
  static RegisterState register_state(std::string word) {
    static constexpr std::pair<std::string_view, StateType> kTypes[] = {
        {"cons", StateType::kCons},         {"map", StateType::kMap},
        {"bits", StateType::kBits},         {"small", StateType::kSmall},
        {"float", StateType::kFloat},       {"fun=", StateType::kFun},
        {"tuple=", StateType::kTupleExact}, {"tuple>", StateType::kTuple}};
    RegisterState state;
    if (word.back() == '!') state.fragile = true, word.pop_back();
    state.bank = word[0] == 'x' ? OperandTag::kX : OperandTag::kY;
    state.number = static_cast<std::uint8_t>(std::stoul(word.substr(1)));
    const std::size_t colon = word.find(':');
    if (colon == std::string::npos) return state;
    const std::string type = word.substr(colon + 1);
    for (const auto& [name, value] : kTypes) {
      if (!type.starts_with(name)) continue;
      state.type = value;
      if (type.size() > name.size()) {
        state.detail = static_cast<std::uint32_t>(std::stoul(type.substr(name.size())));
      }
    }
    return state;
  }
};

}  // namespace parley::isa
