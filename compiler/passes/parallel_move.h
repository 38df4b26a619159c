// Moves that happen at once, written one after the other.
#pragma once

#include <algorithm>
#include <vector>

#include "vm/isa/module_file.h"

namespace parley::compiler {

struct Move {
  isa::Operand from, to;
};

// Calls put(move or swap, from, to). Targets are distinct registers.
template <class Put>
void resolve_moves(std::vector<Move> moves, Put put) {
  std::erase_if(moves, [](const Move& move) { return move.from == move.to; });
  while (!moves.empty()) {
    const auto ready = std::ranges::find_if(moves, [&](const Move& move) {
      return std::ranges::none_of(moves, [&](const Move& other) { return other.from == move.to; });
    });
    if (ready != moves.end()) {
      put(isa::Opcode::move, ready->from, ready->to);
      moves.erase(ready);
      continue;
    }
    // Only circles are left: exchanging two registers shortens one.
    const Move move = moves.back();
    moves.pop_back();
    put(isa::Opcode::swap, move.from, move.to);
    for (Move& other : moves) {
      if (other.from == move.from)
        other.from = move.to;
      else if (other.from == move.to)
        other.from = move.from;
    }
    std::erase_if(moves, [](const Move& other) { return other.from == other.to; });
  }
}

}  // namespace parley::compiler
