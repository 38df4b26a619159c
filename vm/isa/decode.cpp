// Bytes → module file, for any bytes.
//
// Invariant: memory stays within a constant times the size of the input, since every count is
// checked against the bytes that remain before anything is reserved; whatever is returned has
// indices within their tables. The first error wins: after it every read gives zero and every loop
// ends, so that the code below reads like a grammar.
#include <fmt/format.h>
#include <algorithm>

#include "vm/isa/module_file.h"
#include "vm/isa/wire.h"

namespace parley::isa {

namespace {

constexpr std::uint64_t kUint32Max = 0xFFFFFFFF;
constexpr std::int64_t kAtomCodePointsMax = 255;

class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> bytes) : bytes_(bytes), end_(bytes.size()) {}

  bool ok() const { return !error_; }
  const FileError& error() const { return *error_; }
  std::size_t position() const { return position_; }
  std::size_t remaining() const { return end_ - position_; }
  bool at_end() const { return position_ >= end_; }

  void enter(std::string_view section, std::size_t begin, std::size_t end) {
    section_ = section, position_ = begin, end_ = end;
  }
  // Records the first error; nothing can be read after it.
  void fail_at(std::size_t offset, std::string reason) {
    if (!error_) error_ = FileError{std::string(section_), offset, std::move(reason)};
    position_ = end_;
  }
  void fail(std::string reason) { fail_at(std::min(position_, bytes_.size()), std::move(reason)); }

  std::uint8_t byte() {
    if (at_end()) {
      if (ok()) fail("ends too early");
      return 0;
    }
    return bytes_[position_++];
  }
  std::uint64_t number() {
    const std::size_t begin = position_;
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const std::uint8_t next = byte();
      if (!ok()) return 0;
      const std::uint64_t bits = next & 0x7F;
      if (shift > 63 || (shift == 63 && bits > 1)) {
        fail_at(begin, "a number of more than 64 bits");
        return 0;
      }
      value |= bits << shift;
      if (next < 0x80) return value;
    }
  }
  // A number below `limit`, which is what `what` allows.
  std::uint32_t below(std::uint64_t limit, std::string_view what) {
    const std::size_t begin = position_;
    const std::uint64_t value = number();
    if (ok() && value >= limit) {
      fail_at(begin, fmt::format("{} {} is out of range, there are {}", what, value, limit));
    }
    return ok() ? static_cast<std::uint32_t>(value) : 0;
  }
  std::uint32_t number32() { return below(kUint32Max + 1, "number"); }
  // A count of things that take at least `bytes_each` bytes of what remains.
  std::uint32_t count(std::size_t bytes_each) {
    const std::size_t begin = position_;
    const std::uint64_t value = number();
    if (ok() && value > remaining() / bytes_each) {
      fail_at(begin, fmt::format("a count of {} where {} bytes remain", value, remaining()));
    }
    return ok() ? static_cast<std::uint32_t>(value) : 0;
  }
  std::span<const std::uint8_t> blob() {
    const std::uint32_t size = count(1);
    const auto result = bytes_.subspan(position_, ok() ? size : 0);
    if (ok()) position_ += size;
    return result;
  }
  std::string text() {
    const auto bytes = blob();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  std::uint32_t fixed32() {
    std::uint32_t value = 0;
    for (unsigned shift = 0; shift < 32; shift += 8) value |= std::uint32_t{byte()} << shift;
    return value;
  }
  std::string_view name() {
    if (remaining() < 4) {
      fail("ends inside a section's head");
      return {};
    }
    position_ += 4;
    return {reinterpret_cast<const char*>(bytes_.data()) + position_ - 4, 4};
  }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t position_ = 0;
  std::size_t end_;
  std::string_view section_ = "header";
  std::optional<FileError> error_;
};

class Parser {
 public:
  Parser(std::span<const std::uint8_t> bytes, FilePlaces* places)
      : in_(bytes), size_(bytes.size()), places_(places) {}

  std::expected<ModuleFile, FileError> run() {
    std::size_t next = 0;  // the section that may come next, in their order
    std::size_t position = kHeaderBytes;
    while (in_.ok() && position < size_) position = section(position, next);
    if (in_.ok() && next < 2) {
      in_.enter(kSectionNames[next], size_, size_);
      in_.fail("the section is missing");
    }
    if (in_.ok() && module_.functions.size() != function_count_) {
      in_.enter("Func", size_, size_);
      in_.fail("the section is missing");
    }
    if (!in_.ok()) return std::unexpected(in_.error());
    return std::move(module_);
  }

 private:
  // Reads the section at `begin`; answers where the next one begins.
  std::size_t section(std::size_t begin, std::size_t& next) {
    in_.enter("file", begin, size_);
    const std::string_view name = in_.name();
    const std::uint32_t length = in_.fixed32();
    if (!in_.ok()) return size_;
    if (length > in_.remaining()) {
      in_.fail_at(begin,
                  fmt::format("section of {} bytes where {} remain", length, in_.remaining()));
      return size_;
    }
    const std::size_t end = in_.position() + length;
    const auto known = std::find(kSectionNames.begin(), kSectionNames.end(), name);
    if (known == kSectionNames.end()) {
      if (name[0] < 'a' || name[0] > 'z') in_.fail_at(begin, "unknown section");
      return end;
    }
    const auto index = static_cast<std::size_t>(known - kSectionNames.begin());
    in_.enter(*known, in_.position(), end);
    if (index < next || (index > 1 && next < 2)) {
      in_.fail_at(begin, "sections out of order");
      return end;
    }
    next = index + 1;
    content(index);
    if (in_.ok() && !in_.at_end()) in_.fail("bytes after the section's content");
    return end;
  }

  void content(std::size_t index) {
    switch (index) {
      case 0:
        return atoms();
      case 1:
        return head();
      case 2:
        return literals();
      case 3:
        return table(module_.files, 1, [this] { return in_.text(); });
      case 4:
        return table(module_.frames, 3, [this] { return frame(); });
      case 5:
        return table(module_.imports, 3, [this] { return import(); });
      case 6:
        return table(module_.lambdas, 4, [this] { return lambda(); });
      case 7:
        return functions();
      case 8:
        return label_states();
      case 9:
        return table(module_.exports, 1, [this] { return Export{function_index()}; });
      case 10:
        return table(module_.records, 2, [this] { return record(); });
      case 11:
        return table(module_.texts, 4, [this] { return named_text(); });
      default:
        return table(module_.attributes, 2, [this] { return attribute(); });
    }
  }

  template <typename T, typename Row>
  void table(std::vector<T>& rows, std::size_t bytes_each, Row row) {
    const std::uint32_t count = in_.count(bytes_each);
    rows.reserve(count);
    for (std::uint32_t i = 0; i < count && in_.ok(); ++i) rows.push_back(row());
  }

  std::uint32_t atom_index() { return in_.below(module_.atoms.size(), "atom"); }
  std::uint32_t function_index() { return in_.below(function_count_, "function"); }
  std::uint32_t arity() { return in_.below(kRegistersMax + 1, "arity"); }

  void atoms() {
    table(module_.atoms, 1, [this] {
      const std::size_t begin = in_.position();
      std::string text = in_.text();
      const std::int64_t length = utf8_length(text);
      if (length < 0) in_.fail_at(begin, "an atom that is not UTF-8");
      if (length > kAtomCodePointsMax) in_.fail_at(begin, "an atom of more than 255 characters");
      return text;
    });
  }

  void head() {
    module_.name = atom_index();
    function_count_ = in_.below(size_, "function count");
    module_.label_count = in_.below(size_, "label count");
    if (in_.ok() && module_.label_count == 0) in_.fail("a label count of 0");
  }

  void literals() {
    table(module_.literals, 1, [this] {
      if (places_ != nullptr) places_->literals.push_back(in_.position());
      const auto bytes = in_.blob();
      return std::vector<std::uint8_t>(bytes.begin(), bytes.end());
    });
  }

  FrameDescriptor frame() {
    FrameDescriptor frame;
    frame.words = in_.below(kRegistersMax + 1, "frame size");
    for (auto* bitmap : {&frame.x, &frame.y}) {
      const std::uint32_t words = in_.below((kRegistersMax + 64) / 64 + 1, "bitmap size");
      for (std::uint32_t i = 0; i < words && in_.ok(); ++i) bitmap->push_back(in_.number());
      if (bitmap->size() == 4 && (bitmap->back() >> 63) != 0)
        in_.fail("register 255 does not exist");
    }
    return frame;
  }

  Import import() {
    const std::uint32_t module = atom_index(), name = atom_index();
    return {module, name, arity()};
  }

  Lambda lambda() {
    Lambda lambda{.function = function_index(), .arity = arity(), .free_count = arity()};
    lambda.unique = in_.number();
    if (in_.ok() && lambda.arity + lambda.free_count > kRegistersMax) {
      in_.fail("a lambda of more than 255 arguments and variables");
    }
    return lambda;
  }

  void functions() {
    module_.functions.reserve(std::min<std::size_t>(function_count_, in_.remaining() / 4));
    for (std::uint32_t i = 0; i < function_count_ && in_.ok(); ++i) {
      Function& function = module_.functions.emplace_back();
      function.name = atom_index();
      function.arity = arity();
      function.entry_label = in_.below(module_.label_count, "label");
      const std::uint32_t count = in_.count(1);
      function.code.reserve(count);
      if (places_ != nullptr) places_->instructions.emplace_back();
      for (std::uint32_t j = 0; j < count && in_.ok(); ++j) {
        if (places_ != nullptr) places_->instructions.back().push_back(in_.position());
        function.code.push_back(instruction());
      }
    }
  }

  Instruction instruction() {
    const std::size_t begin = in_.position();
    const std::uint8_t number = in_.byte();
    const OpcodeInfo& info = kOpcodes[number];
    Instruction result;
    if (info.name.empty() || info.internal()) {
      in_.fail_at(begin, fmt::format("there is no instruction {}", number));
      return result;
    }
    result.opcode = static_cast<Opcode>(number);
    result.operands.reserve(info.operand_count);
    for (std::size_t i = 0; i < info.operand_count && in_.ok(); ++i) {
      result.operands.push_back(operand(info.kinds[i]));
    }
    if (info.has_list && in_.ok()) list(info.list, result.operands);
    if ((info.flags & kPseudo) != 0 && in_.ok()) pseudo(begin, result);
    return result;
  }

  void list(OperandKind kind, std::vector<Operand>& operands) {
    const std::size_t stride = list_stride(kind);
    const std::uint32_t count = in_.count(stride);
    for (std::uint32_t i = 0; i < count && in_.ok(); ++i) {
      const std::size_t begin = in_.position();
      for (std::size_t j = 0; j < stride && in_.ok(); ++j) {
        operands.push_back(operand(list_item_kind(kind, j)));
      }
      if (kind == OperandKind::kSegments && in_.ok()) {
        segment(begin, std::span(operands).last(stride));
      }
    }
  }

  void segment(std::size_t begin, std::span<const Operand> fields) {
    if (fields[0].value > static_cast<std::uint64_t>(BitsKind::kLiteral)) {
      in_.fail_at(begin, fmt::format("there is no kind of segment {}", fields[0].value));
    } else if (fields[1].value == 0 || fields[1].value > 256) {
      in_.fail_at(begin, fmt::format("a segment of unit {}", fields[1].value));
    } else if (fields[2].value > (kBitsLittle | kBitsSigned | kBitsNative)) {
      in_.fail_at(begin, fmt::format("a segment of flags {}", fields[2].value));
    }
  }

  // The numbers that pseudo instructions hold are indices too.
  void pseudo(std::size_t begin, const Instruction& instruction) {
    const std::uint64_t first = instruction.operands[0].value;
    if (instruction.opcode == Opcode::line) {
      if (instruction.operands[1].value != 0 && first >= module_.files.size()) {
        in_.fail_at(begin, fmt::format("file {} is out of range, there are {}", first,
                                       module_.files.size()));
      }
    } else if (first >= module_.label_count ||
               (first == 0 && instruction.opcode == Opcode::label)) {
      in_.fail_at(
          begin, fmt::format("label {} is out of range, there are {}", first, module_.label_count));
    }
  }

  Operand operand(OperandKind kind) {
    if (is_packed(kind)) return packed(kind);
    switch (kind) {
      case OperandKind::kLabel: {
        const std::size_t begin = in_.position();
        const std::uint32_t label = in_.below(module_.label_count, "label");
        if (in_.ok() && label == 0) in_.fail_at(begin, "label 0 where a label must be");
        return {OperandTag::kLabel, label};
      }
      case OperandKind::kOptionalLabel:
        return {OperandTag::kLabel, in_.below(module_.label_count, "label")};
      case OperandKind::kFrame:
        return {OperandTag::kUnsigned, in_.below(module_.frames.size(), "frame")};
      case OperandKind::kFunction:
        return {OperandTag::kUnsigned, function_index()};
      case OperandKind::kImport:
      case OperandKind::kBuiltIn:
        return {OperandTag::kUnsigned, in_.below(module_.imports.size(), "import")};
      case OperandKind::kLambda:
        return {OperandTag::kUnsigned, in_.below(module_.lambdas.size(), "lambda")};
      case OperandKind::kAtom:
        return {OperandTag::kAtom, atom_index()};
      default:
        return {OperandTag::kUnsigned, in_.number32()};
    }
  }

  Operand packed(OperandKind kind) {
    const std::size_t begin = in_.position();
    const std::uint8_t head = in_.byte();
    std::uint64_t value = (head >> 3) & 15;
    if (head >= 0x80) {
      const std::uint64_t high = in_.number();
      if (high >> 60 != 0) in_.fail_at(begin, "an operand of more than 64 bits");
      value |= high << 4;
    }
    const auto tag = static_cast<OperandTag>(head & 7);
    const bool register_allowed = kind != OperandKind::kConstant;
    const bool constant_allowed = kind == OperandKind::kSource || kind == OperandKind::kConstant;
    switch (tag) {
      case OperandTag::kX:
      case OperandTag::kY:
        if (!register_allowed) in_.fail_at(begin, "a register where a constant must be");
        check(begin, "register", value, kRegistersMax);
        break;
      case OperandTag::kAtom:
        check(begin, "atom", value, module_.atoms.size());
        break;
      case OperandTag::kLiteral:
        check(begin, "literal", value, module_.literals.size());
        break;
      case OperandTag::kSmall:
        value = unzigzag(value);
        if (!fits_small(value)) in_.fail_at(begin, "a small integer of more than 62 bits");
        break;
      case OperandTag::kNil:
        check(begin, "nil", value, 1);
        break;
      default:
        in_.fail_at(begin, fmt::format("there is no kind of operand {}", head & 7));
    }
    if (tag > OperandTag::kY && !constant_allowed) {
      in_.fail_at(begin, "a constant where a register must be");
    }
    return {tag, value};
  }

  void check(std::size_t begin, std::string_view what, std::uint64_t value, std::uint64_t limit) {
    if (value < limit) return;
    in_.fail_at(begin, fmt::format("{} {} is out of range, there are {}", what, value, limit));
  }

  void label_states() {
    std::uint32_t previous = 0;
    table(module_.label_states, 3, [&] {
      const std::size_t begin = in_.position();
      LabelState state;
      state.label = in_.below(module_.label_count, "label");
      if (in_.ok() && state.label <= previous) in_.fail_at(begin, "label states out of order");
      previous = state.label;
      state.frame_words = static_cast<std::int32_t>(in_.below(kRegistersMax + 2, "frame size")) - 1;
      table(state.registers, 3, [this] { return register_state(); });
      return state;
    });
  }

  RegisterState register_state() {
    const std::size_t begin = in_.position();
    const std::uint8_t head = in_.byte();
    RegisterState state;
    state.bank = (head & 1) != 0 ? OperandTag::kY : OperandTag::kX;
    state.fragile = (head & 0x80) != 0;
    state.type = static_cast<StateType>((head >> 1) & 0x3F);
    state.number = in_.byte();
    state.detail = in_.number32();
    if (state.type > StateType::kTupleExact) in_.fail_at(begin, "there is no such type");
    if (state.number >= kRegistersMax) in_.fail_at(begin, "register 255 does not exist");
    return state;
  }

  RecordInfo record() {
    RecordInfo record;
    record.name = atom_index();
    const std::uint32_t count = in_.count(2);
    for (std::uint32_t i = 0; i < count && in_.ok(); ++i) {
      record.fields.push_back(atom_index());
      record.defaults.push_back(in_.text());
    }
    return record;
  }

  NamedText named_text() {
    NamedText text;
    text.kind = in_.text();
    text.name = atom_index();
    text.arity = arity();
    text.text = in_.text();
    return text;
  }

  Attribute attribute() {
    Attribute attribute;
    attribute.name = atom_index();
    const auto bytes = in_.blob();
    attribute.value.assign(bytes.begin(), bytes.end());
    return attribute;
  }

  Reader in_;
  std::size_t size_;
  FilePlaces* places_;
  std::uint32_t function_count_ = 0;
  ModuleFile module_;
};

FileError header_error(std::size_t offset, std::string reason) {
  return {"header", offset, std::move(reason)};
}

}  // namespace

std::int64_t utf8_length(std::string_view text) {
  static constexpr std::array<std::uint32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  std::int64_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++count) {
    const auto lead = static_cast<std::uint8_t>(text[i]);
    const std::size_t length = lead < 0x80    ? 1
                               : lead >= 0xF0 ? 4
                               : lead >= 0xE0 ? 3
                               : lead >= 0xC2 ? 2
                                              : 0;
    if (length == 0 || length > text.size() - i || lead > 0xF4) return -1;
    std::uint32_t code_point = length == 1 ? lead : lead & (0xFFu >> (length + 1));
    for (std::size_t j = 1; j < length; ++j) {
      const auto byte = static_cast<std::uint8_t>(text[i + j]);
      if ((byte & 0xC0) != 0x80) return -1;
      code_point = (code_point << 6) | (byte & 0x3F);
    }
    const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
    if (code_point < kSmallest[length] || code_point > 0x10FFFF || surrogate) return -1;
    i += length;
  }
  return count;
}

std::expected<ModuleFile, FileError> parse_module_file(std::span<const std::uint8_t> bytes,
                                                       Checksum checksum, FilePlaces* places) {
  if (bytes.size() < kHeaderBytes) {
    return std::unexpected(header_error(bytes.size(), "not a module file: too short"));
  }
  if (!std::equal(kMagic.begin(), kMagic.end(), bytes.begin())) {
    return std::unexpected(header_error(0, "not a module file: no PARC at the start"));
  }
  const unsigned version = bytes[4] | (bytes[5] << 8);
  if (version != kModuleFileVersion) {
    return std::unexpected(header_error(
        4, fmt::format("version {}, this is for version {}", version, kModuleFileVersion)));
  }
  if ((bytes[6] | bytes[7]) != 0) return std::unexpected(header_error(6, "unknown flags"));
  if (bytes.size() > kUint32Max) return std::unexpected(header_error(0, "larger than 4 GiB"));
  const std::uint32_t stored = bytes[8] | (std::uint32_t{bytes[9]} << 8) |
                               (std::uint32_t{bytes[10]} << 16) | (std::uint32_t{bytes[11]} << 24);
  if (checksum == Checksum::kCheck && stored != crc32(bytes.subspan(kHeaderBytes))) {
    return std::unexpected(header_error(8, "the checksum does not match: the file is damaged"));
  }
  return Parser(bytes, places).run();
}

}  // namespace parley::isa
