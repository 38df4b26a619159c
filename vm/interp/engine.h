// The engines: one set of instruction bodies, run by tail calls or by a loop.
//
// Invariant: both engines run exactly the bodies of ops_*.h; what differs is only how the next
// handler is reached. A module's words hold handlers of one engine, so a node has one engine.
#pragma once

#include "vm/code/code_index.h"
#include "vm/interp/machine.h"

namespace parley {

enum class Engine : std::uint8_t { kTail, kLoop };

// False for the tail-call engine in a build without `musttail` (gcc 12).
bool engine_available(Engine engine);
constexpr Engine kLastEngine = Engine::kLoop;
Engine default_engine();

// The handlers that the loader writes into instruction words.
const HandlerTable& engine_handlers(Engine engine);

// Runs from the machine's state until a slow path answers kLeave; context.result says why. The
// process is then saved (or ends). Returns with the machine's sp and reductions as they were last.
void engine_run(Engine engine, Machine& machine);

// The slow path that a body asked for: one call, shared by the engines. True: go on at machine.ip.
bool run_slow_path(Machine& machine);

}  // namespace parley
