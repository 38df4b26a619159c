// The compiled module: what a .parc file holds, as plain data that compiler and VM share.
//
// Invariant: a ModuleFile that `parse_module_file` returned has indices that are in range of their
// tables and operands that fit their kinds; that its code is *safe* is the verifier's word.
//
// A file: magic "PARC", version (u16), flags (u16), CRC-32 of the rest (u32), then sections:
// four-letter name, length (u32), bytes. Numbers inside sections are LEB128. Unknown sections whose
// name starts with a capital are refused, others skipped. Little endian throughout.
//
// Thread: plain values, no sharing.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vm/isa/opcode.h"

namespace parley::isa {

inline constexpr std::uint16_t kModuleFileVersion = 1;
inline constexpr unsigned kRegistersMax = 255;

enum class OperandTag : std::uint8_t {
  kX,         // value: register number
  kY,
  kAtom,      // value: index into atoms
  kSmall,     // value: the integer, as two's complement
  kNil,
  kLiteral,   // value: index into literals
  kUnsigned,  // value: the number; also frames, functions, imports, lambdas by index
  kLabel,     // value: label number; 0 where an optional label is absent
};

struct Operand {
  OperandTag tag = OperandTag::kUnsigned;
  std::uint64_t value = 0;
  bool operator==(const Operand&) const = default;
};

// One segment of bits_build: kind, unit, flags, then value and size (size: nil where it has none).
struct Segment {
  BitsKind kind = BitsKind::kInteger;
  std::uint32_t unit = 1;
  std::uint32_t flags = 0;
  Operand value;
  Operand size;
  bool operator==(const Segment&) const = default;
};

// Fixed operands stand in the row's order; a list's items follow them: S sources; P and K in pairs;
// G as five operands a segment (kind, unit, flags as kUnsigned, value, size).
struct Instruction {
  Opcode opcode{};
  std::vector<Operand> operands;
  bool operator==(const Instruction&) const = default;
};

// Which registers are alive at a safe point. x and y are bitmaps, 64 registers a word, low first.
struct FrameDescriptor {
  std::uint32_t words = 0;  // of the frame; 0 also where there is none
  std::vector<std::uint64_t> x;
  std::vector<std::uint64_t> y;
  bool operator==(const FrameDescriptor&) const = default;
};

// What the verifier may believe of a register at a label. It checks every jump against it.
enum class StateType : std::uint8_t {
  kAny, kCons, kTuple /* detail: arity at least */, kMap, kBits, kSmall, kFloat,
  kFun /* detail: arity */, kTupleExact /* detail: arity */,
};
struct RegisterState {
  OperandTag bank = OperandTag::kX;  // kX or kY
  std::uint8_t number = 0;
  StateType type = StateType::kAny;
  std::uint32_t detail = 0;
  bool fragile = false;  // points into the message under examination
  bool operator==(const RegisterState&) const = default;
};
struct LabelState {
  std::uint32_t label = 0;
  std::int32_t frame_words = -1;  // -1: no frame
  std::vector<RegisterState> registers;  // all others are undefined
  bool operator==(const LabelState&) const = default;
};

struct Function {
  std::uint32_t name = 0;  // atom
  std::uint32_t arity = 0;
  std::uint32_t entry_label = 0;
  std::vector<Instruction> code;  // begins with `label entry_label`
  bool operator==(const Function&) const = default;
};
struct Export {
  std::uint32_t function = 0;  // index into functions
  bool operator==(const Export&) const = default;
};
struct Import {
  std::uint32_t module = 0, name = 0, arity = 0;
  bool operator==(const Import&) const = default;
};
// Code that a fun runs: function `function` takes `arity` arguments, then `free_count` variables.
struct Lambda {
  std::uint32_t function = 0, arity = 0, free_count = 0;
  std::uint64_t unique = 0;  // hash of the code: a fun of another version does not match
  bool operator==(const Lambda&) const = default;
};
struct RecordInfo {
  std::uint32_t name = 0;                // atom
  std::vector<std::uint32_t> fields;     // atoms
  std::vector<std::string> defaults;     // each default as a tree (ast::dump), empty if none
  bool operator==(const RecordInfo&) const = default;
};
// Types, specs and documentation are kept as canonical source text, by function or name.
struct NamedText {
  std::string kind;  // "spec", "type", "opaque", "callback", "doc", "moduledoc"
  std::uint32_t name = 0, arity = 0;
  std::string text;
  bool operator==(const NamedText&) const = default;
};
struct Attribute {
  std::uint32_t name = 0;
  std::vector<std::uint8_t> value;  // external term format
  bool operator==(const Attribute&) const = default;
};

struct ModuleFile {
  std::uint32_t name = 0;                          // atom
  std::vector<std::string> atoms;                  // UTF-8
  std::vector<std::vector<std::uint8_t>> literals; // external term format, version byte included
  std::vector<std::string> files;                  // source names; `line` refers to them
  std::vector<Function> functions;
  std::vector<Export> exports;
  std::vector<Import> imports;
  std::vector<Lambda> lambdas;
  std::vector<FrameDescriptor> frames;
  std::vector<LabelState> label_states;            // ascending by label
  std::vector<RecordInfo> records;
  std::vector<NamedText> texts;
  std::vector<Attribute> attributes;
  std::uint32_t label_count = 1;                   // labels are 1 .. label_count - 1, module-wide
  bool operator==(const ModuleFile&) const = default;
};

struct FileError {
  std::string section;
  std::uint64_t offset = 0;  // in the file
  std::string reason;
  std::string text() const {
    return "section " + section + ", offset " + std::to_string(offset) + ": " + reason;
  }
};

std::vector<std::uint8_t> write_module_file(const ModuleFile& module);
// With `ignore_checksum` a fuzzer reaches what stands behind the checksum.
enum class Checksum : std::uint8_t { kCheck, kIgnore };
// Offsets in a file, for who finds something wrong with what was read from it.
struct FilePlaces {
  std::vector<std::vector<std::uint64_t>> instructions;  // by function
  std::vector<std::uint64_t> literals;
};
// `places`: is told where things stand; null: nobody wants to know.
std::expected<ModuleFile, FileError> parse_module_file(std::span<const std::uint8_t> bytes,
                                                       Checksum checksum = Checksum::kCheck,
                                                       FilePlaces* places = nullptr);
// One line an instruction, with source lines where `read_line(file, line)` can give them.
using LineReader =
    std::function<std::optional<std::string>(std::string_view file, std::uint32_t line)>;
std::string disassemble(const ModuleFile& module, const LineReader& read_line = {});

}  // namespace parley::isa
