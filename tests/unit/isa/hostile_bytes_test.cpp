// Hostile files: bytes that only someone who can compute a checksum would write. Each is refused
// naming the section and what is wrong there.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "vm/isa/module_file.h"
#include "vm/isa/wire.h"

namespace parley::isa {
namespace {

using Bytes = std::vector<std::uint8_t>;

ModuleFile plain_module() {
  ModuleFile module;
  module.atoms = {"m", "f"};
  module.literals = {{131, 106}};
  module.files = {"m.par"};
  module.frames = {{0, {1}, {}}};
  module.imports = {{0, 1, 0}};
  module.lambdas = {{0, 1, 0, 9}};
  module.label_count = 3;
  module.label_states = {{1, -1, {{OperandTag::kX, 0, StateType::kAny, 0, false}}}, {2, -1, {}}};
  module.functions = {{1,
                       1,
                       1,
                       {{Opcode::label, {{OperandTag::kUnsigned, 1}}},
                        {Opcode::ret, {{OperandTag::kUnsigned, 0}}}}}};
  module.exports = {{0}};
  module.records = {{1, {0}, {"undefined"}}};
  module.texts = {{"doc", 1, 1, "Text."}};
  module.attributes = {{1, {131, 106}}};
  return module;
}

// Where a section's content begins.
std::size_t content_of(const Bytes& bytes, std::string_view name) {
  const auto found =
      std::search(bytes.begin() + kHeaderBytes, bytes.end(), name.begin(), name.end());
  REQUIRE(found != bytes.end());
  return static_cast<std::size_t>(found - bytes.begin()) + 8;
}

// Puts other content in a section, with its length.
void replace(Bytes& bytes, std::string_view name, const Bytes& content) {
  const std::size_t begin = content_of(bytes, name);
  const std::size_t old_size = bytes[begin - 4];  // sections here are short
  const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(begin);
  bytes.erase(at, at + static_cast<std::ptrdiff_t>(old_size));
  bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(begin), content.begin(), content.end());
  bytes[begin - 4] = static_cast<std::uint8_t>(content.size());
}
void put(Bytes& bytes, std::string_view name, std::size_t offset, std::uint8_t value) {
  bytes[content_of(bytes, name) + offset] = value;
}

struct Hostile {
  std::string_view section;
  std::string_view reason;
  void (*edit)(Bytes&);
};

// Sections as plain_module() has them: Atom 2 1 m 1 f; Modu 0 1 3; Lite 1 2 131 106; Fram 1 0 1 1
// 0; Impo 1 0 1 0; Lamb 1 0 1 0 9; Func 1 1 1 2 (1 1) (5 0); Labl 2 (1 0 1 (0 0 0)) (2 0 0); Expo 1
// 0.
const Hostile kHostile[] = {
    {"header", "not a module file: no PARC at the start", [](Bytes& b) { b[0] = 'p'; }},
    {"header", "version 2, this is for version 1", [](Bytes& b) { b[4] = 2; }},
    {"header", "unknown flags", [](Bytes& b) { b[6] = 1; }},
    {"file", "unknown section",
     [](Bytes& b) { b.insert(b.end(), {'Q', 'Q', 'Q', 'Q', 0, 0, 0, 0}); }},
    {"file", "ends inside a section's head", [](Bytes& b) { b.insert(b.end(), {'a', 'b', 'c'}); }},
    {"file", "section of 9 bytes where 1 remain",
     [](Bytes& b) { b.insert(b.end(), {'n', 'o', 't', 'e', 9, 0, 0, 0, 1}); }},
    {"Expo", "sections out of order",
     [](Bytes& b) { b.insert(b.end(), {'E', 'x', 'p', 'o', 1, 0, 0, 0, 0}); }},
    {"Lite", "sections out of order",
     [](Bytes& b) { b.insert(b.begin() + kHeaderBytes, {'L', 'i', 't', 'e', 1, 0, 0, 0, 0}); }},
    {"Atom", "the section is missing", [](Bytes& b) { b.resize(kHeaderBytes); }},
    {"Modu", "the section is missing", [](Bytes& b) { b.resize(content_of(b, "Modu") - 8); }},
    {"Func", "the section is missing", [](Bytes& b) { b.resize(content_of(b, "Func") - 8); }},
    {"Atom", "a count of 200 where 4 bytes remain",
     [](Bytes& b) { replace(b, "Atom", {200, 1, 1, 'm', 1, 'f'}); }},
    {"Atom", "an atom that is not UTF-8",
     [](Bytes& b) { replace(b, "Atom", {2, 1, 0xFF, 1, 'f'}); }},
    {"Atom", "bytes after the section's content",
     [](Bytes& b) { replace(b, "Atom", {2, 1, 'm', 1, 'f', 0}); }},
    {"Atom", "ends too early", [](Bytes& b) { replace(b, "Atom", {}); }},
    {"Modu", "atom 2 is out of range, there are 2", [](Bytes& b) { put(b, "Modu", 0, 2); }},
    {"Modu", "a label count of 0", [](Bytes& b) { put(b, "Modu", 2, 0); }},
    {"Modu", "a number of more than 64 bits",
     [](Bytes& b) {
       replace(b, "Modu", {0, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2});
     }},
    {"Lite", "a count of 3 where 2 bytes remain", [](Bytes& b) { put(b, "Lite", 1, 3); }},
    {"Fram", "bitmap size 6 is out of range, there are 5", [](Bytes& b) { put(b, "Fram", 2, 6); }},
    {"Impo", "atom 9 is out of range, there are 2", [](Bytes& b) { put(b, "Impo", 2, 9); }},
    {"Lamb", "function 1 is out of range, there are 1", [](Bytes& b) { put(b, "Lamb", 1, 1); }},
    {"Lamb", "a lambda of more than 255 arguments and variables",
     [](Bytes& b) { replace(b, "Lamb", {1, 0, 0xFF, 1, 1, 9}); }},
    {"Func", "there is no instruction 200",
     [](Bytes& b) { replace(b, "Func", {1, 1, 1, 2, 1, 1, 200, 0}); }},
    {"Func", "there is no instruction 240",  // one that only the machine makes
     [](Bytes& b) { replace(b, "Func", {1, 1, 1, 2, 1, 1, 240, 0}); }},
    {"Func", "label 3 is out of range, there are 3", [](Bytes& b) { put(b, "Func", 2, 3); }},
    {"Func", "label 0 where a label must be",
     [](Bytes& b) { replace(b, "Func", {1, 1, 1, 2, 1, 1, 14, 0}); }},
    {"Func", "a constant where a register must be",  // move nil to nil
     [](Bytes& b) { replace(b, "Func", {1, 1, 1, 2, 1, 1, 15, 4, 4}); }},
    {"Func", "there is no kind of operand 6",
     [](Bytes& b) { replace(b, "Func", {1, 1, 1, 2, 1, 1, 15, 6, 0}); }},
    {"Func", "register 255 is out of range, there are 255",
     [](Bytes& b) { replace(b, "Func", {1, 1, 1, 2, 1, 1, 15, 0xF8, 15, 0}); }},
    {"Func", "a small integer of more than 62 bits",
     [](Bytes& b) {
       replace(b, "Func",
               {1, 1, 1, 2, 1, 1, 15, 0x83, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 4, 0});
     }},
    {"Func", "there is no kind of segment 7",
     [](Bytes& b) { replace(b, "Func", {1, 1, 1, 2, 1, 1, 111, 0, 0, 0, 1, 7, 1, 0, 4, 4}); }},
    {"Func", "frame 1 is out of range, there are 1",
     [](Bytes& b) { replace(b, "Func", {1, 1, 1, 2, 1, 1, 4, 0, 1}); }},
    {"Labl", "label states out of order",
     [](Bytes& b) { replace(b, "Labl", {2, 2, 0, 0, 1, 0, 0}); }},
    {"Labl", "there is no such type", [](Bytes& b) { replace(b, "Labl", {1, 1, 0, 1, 18, 0, 0}); }},
    {"Expo", "function 7 is out of range, there are 1", [](Bytes& b) { put(b, "Expo", 1, 7); }},
    {"recs", "ends too early", [](Bytes& b) { replace(b, "recs", {1, 1, 0x80}); }},
    {"attr", "a count of 99 where 2 bytes remain",
     [](Bytes& b) { replace(b, "attr", {1, 1, 99, 131, 106}); }},
};

TEST_CASE("every hostile file is refused with its section and reason") {
  for (const Hostile& hostile : kHostile) {
    CAPTURE(hostile.reason);
    Bytes bytes = write_module_file(plain_module());
    REQUIRE(parse_module_file(bytes).has_value());
    hostile.edit(bytes);
    const std::uint32_t checksum = crc32(std::span(bytes).subspan(kHeaderBytes));
    for (unsigned i = 0; i < 4; ++i) bytes[8 + i] = static_cast<std::uint8_t>(checksum >> (8 * i));
    const auto parsed = parse_module_file(bytes);
    CHECK(!parsed.has_value());
    if (parsed.has_value()) continue;
    CHECK(parsed.error().section == hostile.section);
    CHECK(parsed.error().reason == hostile.reason);
    CHECK(parsed.error().offset <= bytes.size());
  }
  CHECK(std::size(kHostile) >= 15);
}

}  // namespace
}  // namespace parley::isa
