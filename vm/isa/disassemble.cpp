// Module file → readable text: functions, labels with their states, one line an instruction.
//
// Invariant: total on every ModuleFile, also one made by hand whose indices are out of range (they
// are then printed as numbers with a question mark), since it serves to look at broken modules.
#include <fmt/format.h>

#include <iterator>
#include <unordered_map>

#include "vm/isa/module_file.h"
#include "vm/isa/wire.h"

namespace parley::isa {

namespace {

constexpr std::array<std::string_view, 9> kTypeNames = {"any",   "cons",  "tuple", "map",  "bits",
                                                        "small", "float", "fun",   "tuple"};
constexpr std::array<std::string_view, 7> kBitsKindNames = {"integer", "float", "bits",   "utf8",
                                                            "utf16",   "utf32", "literal"};

class Disassembler {
 public:
  Disassembler(const ModuleFile& module, const LineReader& read_line)
      : module_(module), read_line_(read_line) {}

  std::string run() {
    for (const LabelState& state : module_.label_states) states_[state.label] = &state;
    add("module {}\n", atom(module_.name));
    for (const Export& e : module_.exports) add("export {}\n", function_name(e.function));
    for (std::size_t i = 0; i < module_.lambdas.size(); ++i) {
      const Lambda& lambda = module_.lambdas[i];
      add("lambda {}: {}, arity {}, {} free, unique {:016x}\n", i, function_name(lambda.function),
          lambda.arity, lambda.free_count, lambda.unique);
    }
    for (std::size_t i = 0; i < module_.literals.size(); ++i) {
      add("literal {}: {}\n", i, print_literal(module_.literals[i]));
    }
    tables();
    for (const Function& function : module_.functions) {
      add("\n{}/{}:\n", atom(function.name), function.arity);
      for (std::size_t i = 0; i < function.code.size(); ++i) instruction(i, function.code[i]);
    }
    return std::move(out_);
  }

 private:
  template <typename... Arguments>
  void add(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Arguments>(arguments)...);
  }

  // What is not code: attributes, records, types and specifications, documentation.
  void tables() {
    for (const Attribute& attribute : module_.attributes) {
      add("attribute {}: {}\n", atom(attribute.name), print_literal(attribute.value));
    }
    for (const RecordInfo& record : module_.records) {
      std::string fields;
      for (const std::uint32_t field : record.fields) {
        fields += (fields.empty() ? "" : ", ") + atom(field);
      }
      add("record #{}{{{}}}\n", atom(record.name), fields);
    }
    for (const NamedText& text : module_.texts) {
      const bool is_doc = text.kind == "doc" || text.kind == "moduledoc";
      if (is_doc) add("{} {}/{}: {} bytes\n", text.kind, atom(text.name), text.arity,
                      text.text.size());
      else add("{} {}\n", text.kind, text.text);
    }
  }

  std::string atom(std::uint64_t index) const {
    if (index >= module_.atoms.size()) return fmt::format("atom {}?", index);
    // Printed as a literal, so that quoting is the same everywhere.
    const std::string& text = module_.atoms[index];
    std::vector<std::uint8_t> bytes = {131, 118, static_cast<std::uint8_t>(text.size() >> 8),
                                       static_cast<std::uint8_t>(text.size())};
    bytes.insert(bytes.end(), text.begin(), text.end());
    return print_literal(bytes, 5 * text.size() + 2);  // escapes lengthen it
  }
  std::string function_name(std::uint64_t index) const {
    if (index >= module_.functions.size()) return fmt::format("function {}?", index);
    const Function& function = module_.functions[index];
    return fmt::format("{}/{}", atom(function.name), function.arity);
  }
  std::string import_name(std::uint64_t index) const {
    if (index >= module_.imports.size()) return fmt::format("import {}?", index);
    const Import& import = module_.imports[index];
    return fmt::format("{}:{}/{}", atom(import.module), atom(import.name), import.arity);
  }
  std::string lambda_name(std::uint64_t index) const {
    if (index >= module_.lambdas.size()) return fmt::format("lambda {}?", index);
    return fmt::format("lambda {} ({})", index, function_name(module_.lambdas[index].function));
  }

  static std::string live_set(std::string_view bank, const std::vector<std::uint64_t>& bitmap) {
    std::string result;
    for (std::size_t i = 0; i < bitmap.size() * 64; ++i) {
      if ((bitmap[i / 64] >> (i % 64) & 1) != 0) result += fmt::format(" {}{}", bank, i);
    }
    return result;
  }
  std::string frame(std::uint64_t index) const {
    if (index >= module_.frames.size()) return fmt::format("[frame {}?]", index);
    const FrameDescriptor& frame = module_.frames[index];
    return fmt::format("[frame {}:{}{}]", frame.words, live_set("x", frame.x),
                       live_set("y", frame.y));
  }

  std::string operand(OperandKind kind, const Operand& operand) const {
    switch (kind) {
      case OperandKind::kFrame:
        return frame(operand.value);
      case OperandKind::kFunction:
        return function_name(operand.value);
      case OperandKind::kImport:
      case OperandKind::kBuiltIn:
        return import_name(operand.value);
      case OperandKind::kLambda:
        return lambda_name(operand.value);
      default:
        break;
    }
    switch (operand.tag) {
      case OperandTag::kX:
        return fmt::format("x{}", operand.value);
      case OperandTag::kY:
        return fmt::format("y{}", operand.value);
      case OperandTag::kAtom:
        return atom(operand.value);
      case OperandTag::kSmall:
        return fmt::format("{}", static_cast<std::int64_t>(operand.value));
      case OperandTag::kNil:
        return "[]";
      case OperandTag::kLiteral:
        if (operand.value >= module_.literals.size()) {
          return fmt::format("literal {}?", operand.value);
        }
        return print_literal(module_.literals[operand.value]);
      case OperandTag::kLabel:
        return operand.value == 0 ? "0" : fmt::format("L{}", operand.value);
      default:
        return fmt::format("{}", operand.value);
    }
  }

  void instruction(std::size_t index, const Instruction& instruction) {
    const OpcodeInfo& info = opcode_info(instruction.opcode);
    const auto& operands = instruction.operands;
    if (info.name.empty() || operands.size() < info.operand_count) {
      add("{:5}  opcode {}?\n", index, static_cast<unsigned>(instruction.opcode));
      return;
    }
    switch (instruction.opcode) {
      case Opcode::label:
        return label(operands[0].value);
      case Opcode::line:
        return source_line(operands[0].value, operands[1].value);
      case Opcode::handler:
        return add("         handler L{}\n", operands[0].value);
      default:
        break;
    }
    std::string sources, results;
    for (std::size_t i = 0; i < info.operand_count; ++i) {
      const OperandKind kind = info.kinds[i];
      std::string& side = kind == OperandKind::kDestination ? results : sources;
      if (!side.empty()) side += ", ";
      side += operand(kind, operands[i]);
    }
    if (info.has_list) {
      if (!sources.empty()) sources += ", ";
      sources += list(info.list, std::span(operands).subspan(info.operand_count));
    }
    add("{:5}  {}{}{}{}{}\n", index, info.name, sources.empty() ? "" : " ", sources,
        results.empty() ? "" : " → ", results);
  }

  std::string list(OperandKind kind, std::span<const Operand> items) const {
    const std::size_t stride = list_stride(kind);
    std::string out = "{";
    for (std::size_t i = 0; i + stride <= items.size(); i += stride) {
      if (i != 0) out += ", ";
      if (kind == OperandKind::kSegments) {
        out += segment(items.subspan(i, stride));
        continue;
      }
      for (std::size_t j = 0; j < stride; ++j) {
        if (j != 0) out += " → ";
        out += operand(list_item_kind(kind, j), items[i + j]);
      }
    }
    return out + "}";
  }

  // Written as in the source: value:size/kind-unit:8-little.
  std::string segment(std::span<const Operand> fields) const {
    std::string out = operand(OperandKind::kSource, fields[3]);
    if (fields[4].tag != OperandTag::kNil) {
      out += ":" + operand(OperandKind::kSource, fields[4]);
    }
    const std::uint64_t kind = fields[0].value, flags = fields[2].value;
    out += fmt::format("/{}-unit:{}", kind < kBitsKindNames.size() ? kBitsKindNames[kind] : "?",
                       fields[1].value);
    if ((flags & kBitsLittle) != 0) out += "-little";
    if ((flags & kBitsSigned) != 0) out += "-signed";
    if ((flags & kBitsNative) != 0) out += "-native";
    return out;
  }

  void label(std::uint64_t number) {
    add("  L{}:", number);
    const auto found = states_.find(number);
    if (found != states_.end()) {
      const LabelState& state = *found->second;
      state.frame_words < 0 ? add(" no frame") : add(" frame {}", state.frame_words);
      for (const RegisterState& reg : state.registers) add(", {}", register_state(reg));
    }
    out_ += '\n';
  }

  static std::string register_state(const RegisterState& state) {
    const auto type = static_cast<std::size_t>(state.type);
    std::string out = fmt::format("{}{} {}", state.bank == OperandTag::kY ? "y" : "x", state.number,
                                  type < kTypeNames.size() ? kTypeNames[type] : "?");
    if (state.type == StateType::kTuple) out += fmt::format(" ≥ {}", state.detail);
    if (state.type == StateType::kTupleExact) out += fmt::format(" of {}", state.detail);
    if (state.type == StateType::kFun) out += fmt::format("/{}", state.detail);
    return state.fragile ? out + " fragile" : out;
  }

  void source_line(std::uint64_t file, std::uint64_t line) {
    if (line == 0) return add("       ; no line\n");
    const std::string name =
        file < module_.files.size() ? module_.files[file] : fmt::format("file {}?", file);
    add("       ; {}:{}", name, line);
    if (read_line_) {
      const auto text = read_line_(name, static_cast<std::uint32_t>(line));
      if (text) add("  {}", *text);
    }
    out_ += '\n';
  }

  const ModuleFile& module_;
  const LineReader& read_line_;
  std::unordered_map<std::uint64_t, const LabelState*> states_;
  std::string out_;
};

}  // namespace

std::string disassemble(const ModuleFile& module, const LineReader& read_line) {
  return Disassembler(module, read_line).run();
}

}  // namespace parley::isa
