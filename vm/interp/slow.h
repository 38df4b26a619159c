// The slow paths of the instruction bodies: ordinary functions on a saved machine.
//
// Invariant: on entry context.heap's bounds are the machine's hp and sp; on exit the engine takes
// hp from context.heap and ip, sp and reductions from the machine. A slow path answers kGoto with
// machine.ip set, or kLeave with the process saved and context.result set.
#pragma once

#include "vm/interp/machine.h"

namespace parley {

// slow_control.cpp
Outcome slow_collect(Machine&);   // context.words_wanted, context.frame; re-executes
Outcome slow_yield(Machine&);     // context.frame; saves and leaves, or goes on if it may
Outcome slow_bad_fun(Machine&);   // operands: fun, arity
Outcome slow_apply(Machine&);     // operands: module, function, arity, frame words or ~0
Outcome slow_process_end(Machine&);
Outcome slow_process_start(Machine&);
Outcome slow_undefined_entry(Machine&);

// slow_bif.cpp
Outcome slow_bif(Machine&);
Outcome slow_built_in_entry(Machine&);
Outcome slow_compare(Machine&);     // operands: left, right; operation, next, fail
Outcome slow_arithmetic(Machine&);  // operands: left, right; operation, next, fail, target
Outcome slow_is_map_key(Machine&);
Outcome slow_get_map(Machine&);
Outcome slow_put_map(Machine&);
Outcome slow_update_map(Machine&);

// slow_bits.cpp
Outcome slow_bits_get_integer(Machine&);
Outcome slow_bits_get_float(Machine&);
Outcome slow_bits_get_bits(Machine&);
Outcome slow_bits_get_tail(Machine&);
Outcome slow_bits_get_utf(Machine&);
Outcome slow_bits_skip(Machine&);
Outcome slow_bits_skip_utf(Machine&);
Outcome slow_bits_match(Machine&);
Outcome slow_bits_build(Machine&);

// slow_message.cpp
Outcome slow_send(Machine&);
Outcome slow_loop_rec(Machine&);
Outcome slow_remove_message(Machine&);
Outcome slow_wait(Machine&);
Outcome slow_wait_timeout(Machine&);
Outcome slow_marker_use(Machine&);

// slow_error.cpp
Outcome slow_raise_value(Machine&);  // operands: value; operation
Outcome slow_if_clause(Machine&);
Outcome slow_function_clause(Machine&);
Outcome slow_raise(Machine&);
Outcome slow_build_stacktrace(Machine&);
Outcome slow_catch_value(Machine&);

// Throws context.error_class : error_reason from the instruction at machine.ip: continues at the
// nearest handler, or ends the process. A trace is captured unless error_trace is a value already.
Outcome throw_from(Machine&);
// The same with class and reason given.
Outcome throw_error(Machine&, Term reason);
Outcome throw_class(Machine&, Term error_class, Term reason);

// Leaves with `result`, the running process saved on its own stack so that it resumes at machine.ip
// with x0..x(live-1), the running frame being `frame`. May collect to make room, and then leave
// with kExited where the heap is too large.
Outcome save_and_leave(Machine&, const FrameDesc* frame, unsigned live_x, RunResult result);
Outcome leave(Machine&, RunResult result);
// What a large result asks for: a safe point soon, where it is collected.
inline void hurry_to_safe_point(Machine& m) {
  Context& c = *m.context;
  if (c.heap.wants_collection() && m.reductions > 0) {
    c.withheld_reductions += m.reductions;
    m.reductions = 0;
  }
}

// Leaves because of a pending fatal signal.
Outcome exit_by_signal(Machine&);

// Makes room for `words` between heap and stack; roots are the live registers of `frame`.
// False: the heap is larger than it may be, the process must end; context.exit_reason says so.
[[nodiscard]] bool collect_now(Machine&, const FrameDesc* frame, std::size_t words);

// {Module, Name, [Argument]}, as a trace begins with what failed.
Term call_triple(Heap& heap, Term module, Term name, const Term* arguments, std::uint32_t arity);
// The trace of the next throw begins with module:function and the arguments in x0...
void note_failed_function(Machine&, Term module, Term function, std::uint32_t arity);

BifCall make_bif_call(Machine&);

}  // namespace parley
