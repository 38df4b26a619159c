// The tables behind builtins.h.
#include "compiler/passes/builtins.h"

#include "vm/isa/bif_table.h"

namespace parley::compiler {

namespace {

using enum BuiltInKind;

struct Named {
  std::string_view name;
  std::uint32_t arity;
  isa::Opcode opcode;
};

constexpr Named kTypeTests[] = {
    {"is_integer", 1, isa::Opcode::is_integer},
    {"is_float", 1, isa::Opcode::is_float},
    {"is_number", 1, isa::Opcode::is_number},
    {"is_atom", 1, isa::Opcode::is_atom},
    {"is_boolean", 1, isa::Opcode::is_boolean},
    {"is_pid", 1, isa::Opcode::is_pid},
    {"is_port", 1, isa::Opcode::is_port},
    {"is_reference", 1, isa::Opcode::is_reference},
    {"is_function", 1, isa::Opcode::is_function},
    {"is_function", 2, isa::Opcode::is_function2},
    {"is_list", 1, isa::Opcode::is_list},
    {"is_tuple", 1, isa::Opcode::is_tuple},
    {"is_binary", 1, isa::Opcode::is_binary},
    {"is_bitstring", 1, isa::Opcode::is_bitstring},
    {"is_map", 1, isa::Opcode::is_map},
    {"=:=", 2, isa::Opcode::is_eq_exact},
    {"=/=", 2, isa::Opcode::is_ne_exact},
    {"==", 2, isa::Opcode::is_eq},
    {"/=", 2, isa::Opcode::is_ne},
    {"<", 2, isa::Opcode::is_lt},
    {">=", 2, isa::Opcode::is_ge},
};

constexpr Named kArithmetic[] = {
    {"+", 2, isa::Opcode::add},           {"-", 2, isa::Opcode::subtract},
    {"*", 2, isa::Opcode::multiply},      {"/", 2, isa::Opcode::divide},
    {"div", 2, isa::Opcode::int_div},     {"rem", 2, isa::Opcode::int_rem},
    {"band", 2, isa::Opcode::bit_and},    {"bor", 2, isa::Opcode::bit_or},
    {"bxor", 2, isa::Opcode::bit_xor},    {"bsl", 2, isa::Opcode::shift_left},
    {"bsr", 2, isa::Opcode::shift_right}, {"bnot", 1, isa::Opcode::bit_not},
    {"-", 1, isa::Opcode::negate},
};

template <std::size_t N>
std::optional<isa::Opcode> look_up(const Named (&rows)[N], std::string_view name,
                                   std::uint32_t arity) {
  for (const Named& row : rows) {
    if (row.arity == arity && row.name == name) return row.opcode;
  }
  return std::nullopt;
}

}  // namespace

BuiltInKind built_in_kind(std::string_view module, std::string_view name, std::uint32_t arity) {
  const isa::BifRow* row = isa::find_bif(module, name, arity);
  if (row == nullptr) return kNone;
  switch (row->kind) {
    case BifKind::kGuard:
      return kGuard;
    case BifKind::kPlain:
      return kPlain;
    case BifKind::kBlocking:
      return kBlocking;
    default:
      return kTrapping;
  }
}

std::optional<isa::Opcode> type_test(std::string_view name, std::uint32_t arity) {
  return look_up(kTypeTests, name, arity);
}

std::optional<isa::Opcode> arithmetic(std::string_view name, std::uint32_t arity) {
  return look_up(kArithmetic, name, arity);
}

}  // namespace parley::compiler
