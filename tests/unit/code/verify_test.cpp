// The verifier accepts what is safe. What it refuses stands in hostile_test.cpp.
#include "vm/code/verify.h"

#include <doctest/doctest.h>

#include "tests/unit/code/sample_module.h"
#include "vm/isa/module_file.h"

namespace parley {
namespace {

using namespace isa;

void check_accepted(const ModuleFile& module) {
  const auto verdict = verify(module);
  CHECK_MESSAGE(verdict.has_value(), verdict.error().rule, ": ", verdict.error().message, "\n",
                disassemble(module));
}

TEST_CASE("the sample module is accepted, also after it was written and read") {
  const ModuleFile module = sample_module();
  check_accepted(module);
  const auto parsed = parse_module_file(write_module_file(module));
  REQUIRE(parsed.has_value());
  CHECK(*parsed == module);
  check_accepted(*parsed);
}

TEST_CASE("an empty module is accepted") {
  ModuleFile module;
  module.atoms = {"m"};
  check_accepted(module);
}

TEST_CASE("a literal is known for what it is") {
  Assembler a;
  a.function("f", 0, 1);
  a.op(Opcode::move, {a.literal({131, 104, 2, 97, 1, 97, 2}), x(0)});
  a.op(Opcode::get_element, {x(0), number(1), x(1)});
  a.op(Opcode::move, {a.literal({131, 107, 0, 1, 'a'}), x(0)});
  a.op(Opcode::get_head, {x(0), x(1)});
  a.op(Opcode::move, {a.literal({131, 116, 0, 0, 0, 0}), x(0)});
  a.place(2, -1, "x0");
  a.op(Opcode::ret, {number(0)});
  check_accepted(a.module);
}

TEST_CASE("a label may ask for less than is known") {
  Assembler a;
  a.function("f", 2, 1);
  a.op(Opcode::test_arity, {label(3), x(0), number(5)});
  a.op(Opcode::jump, {label(2)});
  a.place(2, -1, "x0:tuple>3");
  a.op(Opcode::get_element, {x(0), number(2), x(0)});
  a.op(Opcode::ret, {number(0)});
  a.place(3, -1, "x1");
  a.op(Opcode::if_clause);
  check_accepted(a.module);
}

TEST_CASE("what was under examination may be kept once it is removed") {
  Assembler a;
  a.function("f", 0, 1);
  a.op(Opcode::loop_rec, {label(2), x(0)});
  a.op(Opcode::put_list, {x(0), nil(), x(1), a.frame(0, "x0")});
  a.op(Opcode::remove_message, {a.frame(0, "x1")});
  a.op(Opcode::get_head, {x(1), x(0)});
  a.op(Opcode::ret, {number(0)});
  a.place(2, -1, "");
  a.op(Opcode::wait, {label(1), a.frame(0, "")});
  check_accepted(a.module);
}

TEST_CASE("a call may read registers right behind its arguments") {
  Assembler a;
  a.function("f", 3, 1);
  a.op(Opcode::allocate, {number(0), a.frame(0, "x0 x1 x2")});
  a.op(Opcode::apply, {x(2), x(1), number(1), a.frame(0, "x0")});
  a.op(Opcode::move, {x(0), x(1)});
  a.op(Opcode::call_fun_last, {x(1), number(1), number(0), a.frame(0, "x0")});
  check_accepted(a.module);
}

TEST_CASE("all 255 registers can be used") {
  Assembler a;
  a.function("f", 255, 1);
  a.op(Opcode::allocate, {number(255), a.frame(0, "x0 x254")});
  a.op(Opcode::move, {x(254), y(254)});
  a.op(Opcode::put_list, {x(0), y(254), x(254), a.frame(255, "x254 y254")});
  a.op(Opcode::move, {x(254), x(0)});
  a.op(Opcode::ret, {number(255)});
  check_accepted(a.module);
}

TEST_CASE("a large module takes time in its size") {
  Assembler a;
  a.function("f", 1, 1);
  for (std::uint32_t n = 2; n < 60000; ++n) {
    a.op(Opcode::is_atom, {label(2), x(0)});
    a.op(Opcode::put_list, {x(0), nil(), x(0), number(0)});
  }
  a.frame(0, "x0");
  a.op(Opcode::ret, {number(0)});
  a.place(2, -1, "x0");
  a.op(Opcode::ret, {number(0)});
  check_accepted(a.module);
}

}  // namespace
}  // namespace parley
