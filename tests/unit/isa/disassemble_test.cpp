// The disassembler's text, as a reader sees it.
#include <doctest/doctest.h>

#include <string>

#include "tests/unit/isa/random_module.h"
#include "vm/isa/module_file.h"

namespace parley::isa {
namespace {

Operand x(std::uint64_t n) { return {OperandTag::kX, n}; }
Operand y(std::uint64_t n) { return {OperandTag::kY, n}; }
Operand number(std::uint64_t n) { return {OperandTag::kUnsigned, n}; }
Operand small(std::int64_t n) { return {OperandTag::kSmall, static_cast<std::uint64_t>(n)}; }
Operand label(std::uint64_t n) { return {OperandTag::kLabel, n}; }

ModuleFile sample() {
  ModuleFile module;
  module.atoms = {"m", "len", "erlang", "display", "it's"};
  module.literals = {{131, 109, 0, 0, 0, 2, 'h', 'i'}};
  module.files = {"m.par"};
  module.imports = {{2, 3, 1}};
  module.frames = {{1, {0b101}, {0b1}}};
  module.label_count = 3;
  module.label_states = {{1, -1, {{OperandTag::kX, 0, StateType::kAny, 0, false}}},
                         {2, 1, {{OperandTag::kY, 0, StateType::kTuple, 3, true}}}};
  module.functions = {
      {1,
       1,
       1,
       {{Opcode::label, {number(1)}},
        {Opcode::line, {number(0), number(7)}},
        {Opcode::add, {label(0), x(0), small(-1), x(1)}},
        {Opcode::get_list, {x(0), x(1), y(2)}},
        {Opcode::handler, {number(2)}},
        {Opcode::call_ext, {number(0), number(0)}},
        {Opcode::label, {number(2)}},
        {Opcode::select_value,
         {x(0), label(1), {OperandTag::kAtom, 4}, label(2), small(5), label(1)}},
        {Opcode::put_tuple, {x(0), number(0), {OperandTag::kLiteral, 0}, {OperandTag::kNil, 0}}},
        {Opcode::bits_build,
         {label(0), x(0), number(0), number(0), number(8), number(3), x(2), small(16)}},
        {Opcode::ret, {number(1)}}}}};
  module.exports = {{0}};
  return module;
}

TEST_CASE("a function is printed with its labels, states, lines and operand names") {
  const LineReader read_line = [](std::string_view, std::uint32_t line) {
    return std::optional<std::string>("len(N) -> N - " + std::to_string(line) + ".");
  };
  CHECK(disassemble(sample(), read_line) == R"(module m
export len/1
literal 0: <<"hi">>

len/1:
  L1: no frame, x0 any
       ; m.par:7  len(N) -> N - 7.
    2  add 0, x0, -1 → x1
    3  get_list x0 → x1, y2
         handler L2
    5  call_ext erlang:display/1, [frame 1: x0 x2 y0]
  L2: frame 1, y0 tuple ≥ 3 fragile
    7  select_value x0, L1, {'it\'s' → L2, 5 → L1}
    8  put_tuple [frame 1: x0 x2 y0], {<<"hi">>, []} → x0
    9  bits_build 0, [frame 1: x0 x2 y0], {x2:16/integer-unit:8-little-signed} → x0
   10  ret 1
)");
}

TEST_CASE("literals are printed as terms, briefly") {
  const auto print = [](std::vector<std::uint8_t> bytes) { return print_literal(bytes); };
  CHECK(print({131, 104, 2, 97, 1, 119, 2, 'o', 'k'}) == "{1, ok}");
  CHECK(print({131, 108, 0, 0, 0, 2, 97, 1, 97, 2, 106}) == "[1, 2]");
  CHECK(print({131, 108, 0, 0, 0, 1, 97, 1, 97, 2}) == "[1 | 2]");
  CHECK(print({131, 116, 0, 0, 0, 1, 97, 1, 106}) == "#{1 => []}");
  CHECK(print({131, 107, 0, 2, 'a', '"'}) == "\"a\\\"\"");
  CHECK(print({131, 98, 0xFF, 0xFF, 0xFF, 0xFE}) == "-2");
  CHECK(print({131, 110, 2, 1, 0x34, 0x12}) == "-16#1234");
  CHECK(print({130}) == "?");
  CHECK(print({131, 109, 0, 0, 1, 0, 'x'}) == "<<\"\">>");
}

TEST_CASE("deep and wide literals are cut off") {
  std::vector<std::uint8_t> deep = {131};
  for (int i = 0; i < 100000; ++i) deep.insert(deep.end(), {104, 1});
  deep.push_back(106);
  CHECK(print_literal(deep).size() < 40);
  std::vector<std::uint8_t> wide = {131, 108, 0, 1, 0, 0};
  for (int i = 0; i < 65536; ++i) wide.insert(wide.end(), {97, 7});
  wide.push_back(106);
  CHECK(print_literal(wide).size() < 80);
}

TEST_CASE("every random module can be printed, broken ones too") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    ModuleFile module = RandomModule(seed).make();
    CHECK(!disassemble(module).empty());
    module.atoms.clear(), module.literals.clear(), module.files.clear(), module.frames.clear();
    module.imports.clear(), module.lambdas.clear();
    CHECK(!disassemble(module).empty());
  }
}

}  // namespace
}  // namespace parley::isa
