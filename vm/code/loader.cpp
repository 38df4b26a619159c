// The loader's two passes; loader.h says how they go together.
#include "vm/code/loader.h"

#include <algorithm>
#include <cstring>

#include "vm/base/assert.h"
#include "vm/heap/copy.h"
#include "vm/heap/decode_external.h"
#include "vm/heap/scratch_heap.h"
#include "vm/isa/layout.h"

namespace parley {

namespace {

using isa::Instruction;
using isa::Opcode;
using isa::Operand;
using isa::OperandKind;
using isa::OperandTag;

struct VariantRow {
  Opcode opcode;
  std::string_view letters;
};
constexpr VariantRow kVariants[] = {
#define VARIANT(name, letters) {Opcode::name, letters},
#include "vm/isa/variants.def"
#undef VARIANT
};
static_assert(kFirstVariant + std::size(kVariants) <= kHandlersMax);

constexpr std::array<isa::Letters, 256> kGenericLetters = [] {
  std::array<isa::Letters, 256> all{};
#define INSTRUCTION(number, name, operands, flags, documentation) \
  all[number] = isa::letters_of(operands);
#include "vm/isa/isa.def"
#undef INSTRUCTION
  return all;
}();

constexpr bool is_constant(OperandTag tag) {
  return tag == OperandTag::kAtom || tag == OperandTag::kSmall || tag == OperandTag::kNil ||
         tag == OperandTag::kLiteral;
}

bool fits(const Instruction& instruction, std::string_view letters) {
  unsigned i = 0;
  for (const char letter : letters) {
    if (isa::place_of(letter) == isa::Place::kList) break;
    const OperandTag tag = instruction.operands[i++].tag;
    if (letter == 'x' && tag != OperandTag::kX) return false;
    if (letter == 'y' && tag != OperandTag::kY) return false;
    if (letter == 'c' && !is_constant(tag)) return false;
  }
  return true;
}

std::uint32_t register_code(const Operand& operand) {
  const auto number = static_cast<std::uint32_t>(operand.value);
  return operand.tag == OperandTag::kY ? number | isa::kRegisterIsY : number;
}

// Words of the list behind the fixed part, its count included.
std::size_t list_words(OperandKind kind, std::size_t operands) {
  return 1 + (kind == OperandKind::kSegments ? operands / 5 * 3 : operands);
}

}  // namespace

void append_stub_frame(std::vector<Word>& words, std::uint32_t arity) {
  FrameDesc desc{};
  desc.x_words = static_cast<std::uint16_t>((arity + 63) / 64);
  Word first = 0;
  std::memcpy(&first, &desc, sizeof desc);
  words.push_back(first);
  for (std::uint32_t left = arity; left > 0; left -= std::min(left, 64u)) {
    words.push_back(left >= 64 ? ~Word{0} : (Word{1} << left) - 1);
  }
}

Loader::Loader(CodeIndex& index, std::shared_ptr<const isa::ModuleFile> file, AtomUse atom_use)
    : index_(index), file_(std::move(file)), atom_use_(atom_use) {}

std::expected<CodeIndex::Prepared, LoadFailure> Loader::run() {
  if (!resolve_atoms() || !decode_literals()) return std::unexpected(failure_);
  block_ = std::make_unique<CodeBlock>();
  block_->module = atoms_[file_->name];
  block_->files = file_->files;
  for (const isa::Lambda& lambda : file_->lambdas) {
    funs_.push_back(index_.fun_code(block_->module, static_cast<std::uint32_t>(funs_.size()),
                                     lambda.unique, lambda.arity, lambda.free_count,
                                     atoms_[file_->functions[lambda.function].name]));
  }
  choose_all();
  place_frames();
  write_all();
  enter_natives();
  CodeIndex::Prepared prepared;
  make_tables(prepared);
  prepared.module = block_->module;
  prepared.file = file_;
  prepared.block = std::move(block_);
  return prepared;
}

bool Loader::resolve_atoms() {
  atoms_.reserve(file_->atoms.size());
  for (const std::string& text : file_->atoms) {
    const auto atom = index_.atoms_.intern(text, atom_use_);
    if (!atom) {
      failure_ = {LoadFailure::Kind::kSystemLimit, "the node's limit of atoms is reached"};
      return false;
    }
    atoms_.push_back(*atom);
  }
  return true;
}

// Decoded in a scratch heap, then copied to their place, so that exactly their words are reserved.
bool Loader::decode_literals() {
  literals_.reserve(file_->literals.size());
  const DecodeOptions options{
      .atom_use = atom_use_, .funs = nullptr, .seed = index_.hash_seed_};
  for (const std::vector<std::uint8_t>& bytes : file_->literals) {
    ScratchHeap scratch;
    const auto decoded = decode_external(scratch.heap, index_.atoms_, bytes, options);
    if (!decoded) {
      const bool at_limit = decoded.error() == DecodeError::kAtomLimit;
      failure_ = {at_limit ? LoadFailure::Kind::kSystemLimit : LoadFailure::Kind::kInvalid,
                  "a literal: " + std::string(describe(decoded.error())), literals_.size()};
      return false;
    }
    const std::optional<Term> literal = index_.literals_.copy(decoded->term);
    if (!literal) {
      failure_ = {LoadFailure::Kind::kSystemLimit, "the space for literals is used up"};
      return false;
    }
    literals_.push_back(*literal);
  }
  return true;
}

// ---- pass one ----------------------------------------------------------------------------------

void Loader::choose_all() {
  frames_ = file_->frames;
  label_offsets_.assign(file_->label_count, 0);
  label_frames_.assign(file_->label_count, -1);
  for (const isa::LabelState& state : file_->label_states) {
    label_frames_[state.label] = state.frame_words;
  }
  for (std::uint32_t f = 0; f < file_->functions.size(); ++f) choose_function(f);
}

void Loader::choose_function(std::uint32_t number) {
  const isa::Function& function = file_->functions[number];
  const std::uint32_t begin = code_words_;
  std::uint32_t handler_label = 0;
  for (std::uint32_t i = 0; i < function.code.size(); ++i) {
    const Instruction& instruction = function.code[i];
    const isa::OpcodeInfo& info = isa::opcode_info(instruction.opcode);
    if (instruction.opcode == Opcode::label)
      label_offsets_[instruction.operands[0].value] = code_words_;
    if (instruction.opcode == Opcode::handler) {
      handler_label = static_cast<std::uint32_t>(instruction.operands[0].value);
    }
    Chosen chosen{&instruction, kGenericLetters[static_cast<unsigned>(instruction.opcode)].view(),
                  index_.handlers_[static_cast<unsigned>(instruction.opcode)], code_words_,
                  handler_label, number, i};
    if ((info.flags & isa::kPseudo) == 0) {
      for (unsigned v = 0; v < std::size(kVariants); ++v) {
        if (kVariants[v].opcode != instruction.opcode || !fits(instruction, kVariants[v].letters)) {
          continue;
        }
        chosen.letters = kVariants[v].letters;
        chosen.handler = index_.handlers_[kFirstVariant + v];
        break;
      }
      code_words_ += isa::layout_of(chosen.letters).fixed_words();
      if (info.has_list) {
        code_words_ += static_cast<std::uint32_t>(
            list_words(info.list, instruction.operands.size() - info.operand_count));
      }
      for (unsigned o = 0; o < info.operand_count; ++o) {
        if (info.kinds[o] != OperandKind::kFrame) continue;
        chosen.frame = frame_with_operands(
            instruction, static_cast<std::uint32_t>(instruction.operands[o].value));
        const std::uint64_t key = (std::uint64_t{handler_label} << 32) | chosen.frame;
        if (frame_offsets_.emplace(key, 0).second) frame_keys_.push_back(key);
      }
    }
    chosen_.push_back(chosen);
  }
  block_->functions.push_back(
      FunctionRange{begin, code_words_, atoms_[function.name], function.arity});
}

// The frame, or one that also names the registers that the instruction reads.
std::uint32_t Loader::frame_with_operands(const Instruction& instruction, std::uint32_t frame) {
  const isa::OpcodeInfo& info = isa::opcode_info(instruction.opcode);
  if (!info.collects()) return frame;
  isa::FrameDescriptor extended = frames_[frame];
  for (std::size_t i = 0; i < instruction.operands.size(); ++i) {
    const Operand& operand = instruction.operands[i];
    const bool written = i < info.operand_count && info.kinds[i] == OperandKind::kDestination;
    if (operand.tag > OperandTag::kY || written) continue;
    auto& bitmap = operand.tag == OperandTag::kX ? extended.x : extended.y;
    if (bitmap.size() <= operand.value / 64) bitmap.resize(operand.value / 64 + 1);
    bitmap[operand.value / 64] |= std::uint64_t{1} << (operand.value % 64);
  }
  if (extended == frames_[frame]) return frame;
  auto& same_registers = extended_frames_[{extended.x, extended.y}];
  for (const std::uint32_t other : same_registers) {
    if (frames_[other].words == extended.words) return other;
  }
  same_registers.push_back(static_cast<std::uint32_t>(frames_.size()));
  frames_.push_back(std::move(extended));
  return same_registers.back();
}

void Loader::place_frames() {
  std::uint32_t offset = code_words_;
  for (const std::uint64_t key : frame_keys_) {
    frame_offsets_[key] = offset;
    const isa::FrameDescriptor& frame = frames_[static_cast<std::uint32_t>(key)];
    offset += 1 + static_cast<std::uint32_t>(frame.x.size()) + (frame.words + 63) / 64;
  }
  block_->words.assign(offset, 0);
}

// ---- pass two ----------------------------------------------------------------------------------

void Loader::write_all() {
  std::int32_t frame_words = -1;
  std::uint32_t source_file = 0, source_line = 0, function = ~0u;
  for (const Chosen& chosen : chosen_) {
    const Instruction& instruction = *chosen.instruction;
    if (chosen.function != function) function = chosen.function, frame_words = -1, source_line = 0;
    switch (instruction.opcode) {
      case Opcode::label: frame_words = label_frames_[instruction.operands[0].value]; continue;
      case Opcode::line:
        source_file = static_cast<std::uint32_t>(instruction.operands[0].value);
        source_line = static_cast<std::uint32_t>(instruction.operands[1].value);
        continue;
      case Opcode::handler: continue;
      default: break;
    }
    add_place(chosen.offset, frame_words, chosen.handler_label, source_file, source_line);
    block_->origins.push_back({chosen.offset, chosen.function, chosen.index});
    write(chosen);
    if (instruction.opcode == Opcode::allocate) {
      frame_words = static_cast<std::int32_t>(instruction.operands[0].value);
    }
  }
  write_frames();
}

void Loader::add_place(std::uint32_t offset, std::int32_t frame_words, std::uint32_t handler_label,
                       std::uint32_t file, std::uint32_t line) {
  const std::uint32_t handler = handler_label == 0 ? 0 : label_offsets_[handler_label];
  std::vector<Place>& places = block_->places;
  if (!places.empty()) {
    const Place& last = places.back();
    if (last.frame_words == frame_words && last.handler == handler && last.file == file &&
        last.line == line) {
      return;
    }
  }
  places.push_back(Place{offset, handler, frame_words, file, line});
}

Word Loader::constant(const Operand& operand) const {
  switch (operand.tag) {
    case OperandTag::kX:
    case OperandTag::kY: return Term::special(register_code(operand)).raw;
    case OperandTag::kAtom: return atoms_[operand.value].raw;
    case OperandTag::kSmall: return Term::small(static_cast<std::int64_t>(operand.value)).raw;
    case OperandTag::kLiteral: return literals_[operand.value].raw;
    default: return kTagNil;
  }
}

Word Loader::cell_word(const isa::Import& import) const {
  const CodeIndex::Key key{atoms_[import.module].raw, atoms_[import.name].raw, import.arity};
  return reinterpret_cast<Word>(index_.make_cell(key));
}

Word Loader::built_in_word(const isa::Import& import) const {
  return reinterpret_cast<Word>(
      index_.find_built_in(atoms_[import.module], atoms_[import.name], import.arity));
}

std::int32_t Loader::label_distance(std::uint64_t label, std::uint32_t from) const {
  if (label == 0) return 0;
  return static_cast<std::int32_t>(label_offsets_[label]) - static_cast<std::int32_t>(from);
}

void Loader::write(const Chosen& chosen) {
  const Instruction& instruction = *chosen.instruction;
  Word* const words = block_->words.data() + chosen.offset;
  auto* const bytes = reinterpret_cast<std::uint8_t*>(words);
  auto* const halves = reinterpret_cast<std::int32_t*>(words);
  words[0] = chosen.handler;
  const std::uint32_t fixed = isa::layout_of(chosen.letters).fixed_words();
  for (unsigned i = 0; i < chosen.letters.size(); ++i) {
    const char letter = chosen.letters[i];
    const unsigned at = isa::position_of(chosen.letters, i);
    if (isa::place_of(letter) == isa::Place::kList) {
      write_list(chosen, at);
      break;
    }
    const Operand& operand = instruction.operands[i];
    switch (letter) {
      case 'x':
      case 'y': bytes[at] = static_cast<std::uint8_t>(operand.value); break;
      case 'c': case 's': case 'k': case 'a': words[at] = constant(operand); break;
      case 'i': words[at] = cell_word(file_->imports[operand.value]); break;
      case 'b': words[at] = built_in_word(file_->imports[operand.value]); break;
      case 'n': words[at] = reinterpret_cast<Word>(funs_[operand.value]); break;
      case 'd': case 'r': halves[at] = static_cast<std::int32_t>(register_code(operand)); break;
      case 'f': case 'o': halves[at] = label_distance(operand.value, chosen.offset); break;
      case 'l':
        halves[at] = label_distance(file_->functions[operand.value].entry_label, chosen.offset);
        break;
      case 'F': {
        const std::uint64_t key = (std::uint64_t{chosen.handler_label} << 32) | chosen.frame;
        halves[at] = static_cast<std::int32_t>(frame_offsets_.at(key)) -
                     static_cast<std::int32_t>(chosen.offset + fixed);
        break;
      }
      default: halves[at] = static_cast<std::int32_t>(operand.value); break;
    }
  }
}

void Loader::write_list(const Chosen& chosen, std::size_t at) {
  const Instruction& instruction = *chosen.instruction;
  const isa::OpcodeInfo& info = isa::opcode_info(instruction.opcode);
  Word* out = block_->words.data() + chosen.offset + at;
  const std::span<const Operand> items(instruction.operands.data() + info.operand_count,
                                       instruction.operands.size() - info.operand_count);
  switch (info.list) {
    case OperandKind::kSources:
      *out++ = items.size();
      for (const Operand& item : items) *out++ = constant(item);
      break;
    case OperandKind::kPairs:
      *out++ = items.size() / 2;
      for (const Operand& item : items) *out++ = constant(item);
      break;
    case OperandKind::kChoices: {
      *out++ = items.size() / 2;
      std::vector<std::pair<Word, Word>> pairs;
      for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
        const auto distance = label_distance(items[i + 1].value, chosen.offset);
        const Word key = items[i].tag == OperandTag::kUnsigned ? items[i].value << 2
                                                               : constant(items[i]);
        pairs.emplace_back(key, static_cast<Word>(static_cast<std::int64_t>(distance)));
      }
      std::sort(pairs.begin(), pairs.end(),
                       [](const auto& a, const auto& b) { return a.first < b.first; });
      for (const auto& [key, distance] : pairs) *out++ = key, *out++ = distance;
      break;
    }
    default:
      *out++ = items.size() / 5;
      for (std::size_t i = 0; i + 4 < items.size(); i += 5) {
        *out++ = items[i].value | (items[i + 1].value << 8) | (items[i + 2].value << 40);
        *out++ = constant(items[i + 3]);
        *out++ = constant(items[i + 4]);
      }
      break;
  }
}

void Loader::write_frames() {
  for (const std::uint64_t key : frame_keys_) {
    const std::uint32_t offset = frame_offsets_.at(key);
    const auto handler_label = static_cast<std::uint32_t>(key >> 32);
    const isa::FrameDescriptor& frame = frames_[static_cast<std::uint32_t>(key)];
    Word* const words = block_->words.data() + offset;
    FrameDesc desc{};
    desc.frame_words = static_cast<std::uint16_t>(frame.words);
    desc.x_words = static_cast<std::uint16_t>(frame.x.size());
    desc.handler = label_distance(handler_label, offset);
    std::memcpy(words, &desc, sizeof desc);
    std::copy(frame.x.begin(), frame.x.end(), words + 1);
    std::copy(frame.y.begin(), frame.y.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(
                                   frame.y.size(), (frame.words + 63) / 64)),
              words + 1 + frame.x.size());
  }
}

// A native of the library has a body in Parley for its documentation only: what a call within its
// module would enter becomes the entry of the built-in (see CodeIndex::make_stub for its words).
void Loader::enter_natives() {
  for (const FunctionRange& function : block_->functions) {
    const BuiltIn* built_in = index_.find_built_in(block_->module, function.name, function.arity);
    if (built_in == nullptr) continue;
    PARLEY_ASSERT(function.end - function.begin >= 3, "a body has room for the entry");
    const auto frame = static_cast<std::int32_t>(block_->words.size());
    append_stub_frame(block_->words, function.arity);
    Word* const entry = block_->words.data() + function.begin;
    entry[0] = index_.handlers_[static_cast<unsigned>(Opcode::built_in_entry)];
    entry[1] = reinterpret_cast<Word>(built_in);
    reinterpret_cast<std::int32_t*>(entry)[5] =
        frame - static_cast<std::int32_t>(function.begin + 3);
  }
}

void Loader::make_tables(CodeIndex::Prepared& prepared) {
  const Word* const base = block_->words.data();
  for (const isa::Export& exported : file_->exports) {
    const isa::Function& function = file_->functions[exported.function];
    const Term name = atoms_[function.name];
    // A native of the library has a body in Parley for its documentation only.
    if (index_.find_built_in(block_->module, name, function.arity) != nullptr) continue;
    CallCell* cell =
        index_.make_cell(CodeIndex::Key{block_->module.raw, name.raw, function.arity});
    prepared.exports.emplace_back(cell, base + label_offsets_[function.entry_label]);
  }
  for (std::size_t i = 0; i < funs_.size(); ++i) {
    const isa::Function& body = file_->functions[file_->lambdas[i].function];
    prepared.funs.emplace_back(funs_[i], base + label_offsets_[body.entry_label]);
  }
}

}  // namespace parley
