// What it takes to read terms that Erlang/OTP wrote, as lines of hexadecimal digits.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/unit/heap/test_heap.h"
#include "vm/term/fun.h"

namespace parley::test {

// Export funs get a cell of their own; other funs are refused.
struct Cells : FunResolver {
  std::vector<std::unique_ptr<ExportCell>> cells;
  const ExportCell* export_cell(Term module, Term function, std::uint32_t arity) override {
    for (const auto& c : cells) {
      if (c->module == module && c->function == function && c->arity == arity) return c.get();
    }
    cells.push_back(std::make_unique<ExportCell>(ExportCell{module, function, arity}));
    return cells.back().get();
  }
  const FunEntry* fun_entry(const FunEntry&) override { return nullptr; }
};

inline std::vector<std::uint8_t> bytes_of_hex(const std::string& hex) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

}  // namespace parley::test
