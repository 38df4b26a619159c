// Module files: what is written is read back equal, and any bytes give a module or an error.
#include "vm/isa/module_file.h"

#include <doctest/doctest.h>

#include <set>

#include "tests/unit/isa/random_module.h"

namespace parley::isa {
namespace {

TEST_CASE("a random module is read back equal to what was written") {
  std::set<Opcode> seen;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    CAPTURE(seed);
    const ModuleFile module = RandomModule(seed).make();
    for (const Function& function : module.functions) {
      for (const Instruction& instruction : function.code) seen.insert(instruction.opcode);
    }
    const auto bytes = write_module_file(module);
    const auto parsed = parse_module_file(bytes);
    REQUIRE_MESSAGE(parsed.has_value(), parsed.error().section, ": ", parsed.error().reason);
    CHECK(*parsed == module);
    CHECK(write_module_file(*parsed) == bytes);
  }
  std::size_t opcodes = 0;
  for (const OpcodeInfo& info : kOpcodes) opcodes += !info.name.empty() && !info.internal();
  CHECK(seen.size() == opcodes);
}

TEST_CASE("every shortened file is refused with a place inside it") {
  const auto bytes = write_module_file(RandomModule(7).make());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    CAPTURE(length);
    const auto parsed = parse_module_file(std::span(bytes).first(length));
    REQUIRE(!parsed.has_value());
    CHECK(parsed.error().offset <= length);
    CHECK(!parsed.error().section.empty());
    CHECK(!parsed.error().reason.empty());
  }
}

// The empty sections at the end may be missing; all else that is cut off behind the checksum is an
// error.
TEST_CASE("every file cut off behind the checksum is refused or is whole without its end") {
  const ModuleFile module = RandomModule(11).make();
  const auto bytes = write_module_file(module);
  for (std::size_t length = kHeaderBytes; length < bytes.size(); ++length) {
    CAPTURE(length);
    const auto parsed = parse_module_file(std::span(bytes).first(length), Checksum::kIgnore);
    if (!parsed.has_value()) {
      CHECK(parsed.error().offset <= length);
      continue;
    }
    CHECK(parsed->functions == module.functions);
  }
}

TEST_CASE("one changed bit is caught by the checksum") {
  auto bytes = write_module_file(RandomModule(3).make());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] ^= static_cast<std::uint8_t>(1u << (i % 8));
    CHECK(!parse_module_file(bytes).has_value());
    bytes[i] ^= static_cast<std::uint8_t>(1u << (i % 8));
  }
}

TEST_CASE("mutated bytes behind the checksum give an error or a module that can be written") {
  std::size_t accepted = 0, refused = 0;
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    CAPTURE(seed);
    RandomModule random(seed % 40);
    auto bytes = write_module_file(random.make());
    RandomModule dice(seed);
    for (std::uint32_t n = 1 + dice.below(4); n > 0; --n) {
      bytes[dice.below(bytes.size())] = static_cast<std::uint8_t>(dice.below(256));
    }
    const auto parsed = parse_module_file(bytes, Checksum::kIgnore);
    if (!parsed.has_value()) {
      ++refused;
      CHECK(parsed.error().offset <= bytes.size());
      continue;
    }
    ++accepted;
    const auto again = parse_module_file(write_module_file(*parsed));
    REQUIRE(again.has_value());
    CHECK(*again == *parsed);
    CHECK(!disassemble(*parsed).empty());
  }
  CHECK(accepted > 100);
  CHECK(refused > 1000);
}

TEST_CASE("a huge count reserves nothing") {
  ModuleFile module;
  module.atoms = {"m"};
  auto bytes = write_module_file(module);
  // The count of literals is the first byte of the section after "Lite" and its length.
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::size_t place = text.find("Lite");
  bytes[place + 4] = 5;  // length: five bytes, which are the count 0xFFFFFFFF
  const std::uint8_t count[] = {0xFF, 0xFF, 0xFF, 0xFF, 0x0F};
  bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(place) + 8);
  bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(place) + 8, count, count + 5);
  const auto parsed = parse_module_file(bytes, Checksum::kIgnore);
  REQUIRE(!parsed.has_value());
  CHECK(parsed.error().section == "Lite");
  CHECK(parsed.error().offset == place + 8);
  CHECK(parsed.error().reason == "a count of 4294967295 where 0 bytes remain");
}

TEST_CASE("a section that nobody knows is skipped if its name starts small, else refused") {
  ModuleFile module;
  module.atoms = {"m"};
  auto bytes = write_module_file(module);
  const std::uint8_t extra[] = {'n', 'o', 't', 'e', 2, 0, 0, 0, 1, 2};
  bytes.insert(bytes.end(), std::begin(extra), std::end(extra));
  CHECK(parse_module_file(bytes, Checksum::kIgnore).has_value());
  bytes[bytes.size() - 10] = 'N';
  const auto parsed = parse_module_file(bytes, Checksum::kIgnore);
  REQUIRE(!parsed.has_value());
  CHECK(parsed.error().reason == "unknown section");
}

TEST_CASE("the checksum is that of zlib") {
  const std::string_view text = "123456789";
  CHECK(crc32({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}) == 0xCBF43926);
}

TEST_CASE("UTF-8 is counted in code points and checked") {
  CHECK(utf8_length("") == 0);
  CHECK(utf8_length("aé€𝄞") == 4);
  CHECK(utf8_length("\xC0\x80") == -1);          // overlong
  CHECK(utf8_length("\xED\xA0\x80") == -1);      // a surrogate
  CHECK(utf8_length("\xF4\x90\x80\x80") == -1);  // above 10FFFF
  CHECK(utf8_length("\xE2\x82") == -1);          // cut off
}

}  // namespace
}  // namespace parley::isa
