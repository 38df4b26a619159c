// The rows of bif.def, sorted once.
//
// Invariant: constant after the first call.
#include "vm/isa/bif_table.h"

#include <algorithm>
#include <tuple>
#include <vector>

namespace parley::isa {

namespace {

auto key_of(const BifRow& row) { return std::tuple(row.module, row.name, row.arity); }

std::vector<BifRow> sorted_rows() {
  // The words of bif.def's columns.
  [[maybe_unused]] constexpr BifKind guard = BifKind::kGuard, plain = BifKind::kPlain,
                                     trapping = BifKind::kTrapping,
                                     blocking = BifKind::kBlocking;
  [[maybe_unused]] constexpr BifEffect pure = BifEffect::kPure, reads = BifEffect::kReads,
                                       writes = BifEffect::kWrites;
  std::vector<BifRow> rows = {
#define BIF(module, name, arity, symbol, kind, effect, spec, documentation) \
  BifRow{#module, #name, arity, kind, effect, spec, documentation},
#include "vm/isa/bif.def"
#undef BIF
  };
  std::sort(rows.begin(), rows.end(),
            [](const BifRow& a, const BifRow& b) { return key_of(a) < key_of(b); });
  return rows;
}

}  // namespace

std::span<const BifRow> bif_rows() {
  static const std::vector<BifRow> rows = sorted_rows();
  return rows;
}

const BifRow* find_bif(std::string_view module, std::string_view name, std::uint32_t arity) {
  const auto rows = bif_rows();
  const auto key = std::tuple(module, name, arity);
  const auto found = std::lower_bound(
      rows.begin(), rows.end(), key,
      [](const BifRow& row, const auto& wanted) { return key_of(row) < wanted; });
  return found != rows.end() && key_of(*found) == key ? &*found : nullptr;
}

}  // namespace parley::isa
