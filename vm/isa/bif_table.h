// The rows of bif.def as data, for whoever looks a built-in up by name: compiler, verifier, shell.
//
// Invariant: constant, sorted by module, name, arity; no two rows have the same three.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace parley {

enum class BifKind : std::uint8_t { kGuard, kPlain, kTrapping, kBlocking };
enum class BifEffect : std::uint8_t { kPure, kReads, kWrites };

}  // namespace parley

namespace parley::isa {

struct BifRow {
  std::string_view module, name;
  std::uint32_t arity = 0;
  BifKind kind{};
  BifEffect effect{};
  std::string_view spec;           // its type, as in -spec
  std::string_view documentation;  // one sentence
};

std::span<const BifRow> bif_rows();

// The row, or null. Any thread.
const BifRow* find_bif(std::string_view module, std::string_view name, std::uint32_t arity);

}  // namespace parley::isa
