// The table of built-ins, from bif.def: the only place that names every one of their functions.
#include "vm/node/bif_registry.h"

namespace parley {

#define BIF(module, name, arity, symbol, kind, effect, spec, documentation) \
  Term bif_##symbol(BifCall& call, const Term* arguments);
#include "vm/isa/bif.def"
#undef BIF

std::vector<BuiltIn> all_built_ins() {
  [[maybe_unused]] constexpr BifKind guard = BifKind::kGuard, plain = BifKind::kPlain,
                                     trapping = BifKind::kTrapping,
                                     blocking = BifKind::kBlocking;
  [[maybe_unused]] constexpr BifEffect pure = BifEffect::kPure, reads = BifEffect::kReads,
                                       writes = BifEffect::kWrites;
  return {
#define BIF(module, name, arity, symbol, kind, effect, spec, documentation) \
  BuiltIn{#module, #name, arity, &bif_##symbol, kind, effect, Term(), Term()},
#include "vm/isa/bif.def"
#undef BIF
  };
}

}  // namespace parley
