// How a built-in is called, and how it answers.
//
// Invariant: a built-in never collects, never blocks, and roots nothing: it makes terms through
// `call.heap`, which overflows into fragments. It returns a term, or `call.fail(...)` (an exception
// that the interpreter raises), or, if its kind is trapping, one of the `call.continue_*` answers.
//
// To add one: a row in vm/isa/bif_*.def and a function `Term bif_<symbol>(BifCall&, const Term*)`
// in a file of the layer it serves; docs/howto/add-a-built-in.md walks through it.
#pragma once

#include <cstdint>

#include "vm/heap/heap.h"
#include "vm/isa/bif_table.h"
#include "vm/term/atoms.h"
#include "vm/term/term.h"

namespace parley {

struct Process;
class ProcessSpace;
class CodeIndex;
class Tables;
class Network;
class Scheduler;
class SchedulerThread;
class NodeControl;
class FunResolver;

// What a node is made of, as built-ins of every layer reach it; each layer uses what it may
// include.
struct Services {
  AtomTable* atoms = nullptr;
  ProcessSpace* processes = nullptr;  // vm/process
  CodeIndex* code = nullptr;          // vm/code
  FunResolver* funs = nullptr;        // vm/term/fun.h; the code index, for layers left of it
  Tables* tables = nullptr;           // vm/ets
  Network* network = nullptr;         // vm/net
  Scheduler* schedulers = nullptr;    // vm/sched
  NodeControl* control = nullptr;     // vm/node
  std::uint64_t hash_seed = 0;
};

enum class BifAnswer : std::uint8_t {
  kValue,     // the returned term
  kThrow,     // class, reason
  kTailCall,  // go on in `module:function` with `arity` arguments in call.x (trapping only)
  kYield,     // out of reductions: call again with the arguments in call.x (trapping only)
  kWait,      // wait for a message or wake-up, then call again with call.x (trapping only)
  kTailFun,   // go on in the fun `tail_fun` with `tail_arity` arguments in call.x (trapping only)
  kHibernate, // forget the stack; with the next message go on in `tail_module:tail_function` with
              // the list in call.x[0] (trapping only)
  kExit,      // the calling process must exit now; the reason is its pending_exit
};

struct BifCall {
  Heap& heap;
  AtomTable& atoms;
  Services& services;
  Process* process;            // the caller; null where terms alone are at work (compiler, tests)
  SchedulerThread* scheduler;  // likewise: the thread that runs it
  std::uint32_t thread;        // number of that thread
  std::uint64_t hash_seed;     // of the node
  std::int64_t& reductions;    // a built-in subtracts what it costs beyond one
  Term* x = nullptr;           // x registers, for the kinds that continue

  BifAnswer answer = BifAnswer::kValue;
  Term error_class;            // kThrow: error, exit or throw
  Term reason;
  Term trace;                  // a stack trace as a list, where the exception has one
  bool in_trace = false;       // the trace begins with the built-in and its arguments
  Term first_argument;         // in the trace, where a state has taken its place; else no value
  Term caller_arguments;       // else, where it is a list: of the function that called, as error/2
  Term tail_module, tail_function, tail_fun;
  std::uint32_t tail_arity = 0;

  // Raises error:reason. The caller returns what this returns.
  Term fail(Term reason_term) {
    in_trace = true;
    return raise(kAtom_error, reason_term);
  }
  Term badarg() { return fail(kAtom_badarg); }
  // As `fail`, but any class, and the trace begins with the caller, not with the built-in.
  Term raise(Term class_term, Term reason_term) {
    answer = BifAnswer::kThrow;
    error_class = class_term;
    reason = reason_term;
    return Term();
  }
  Term tail_call(Term module, Term function, std::uint32_t arity) {
    answer = BifAnswer::kTailCall;
    tail_module = module;
    tail_function = function;
    tail_arity = arity;
    return Term();
  }
  Term tail_call_fun(Term fun, std::uint32_t arity) {
    answer = BifAnswer::kTailFun;
    tail_fun = fun;
    tail_arity = arity;
    return Term();
  }
  Term again(BifAnswer why) {
    answer = why;
    return Term();
  }
};

using BifFunction = Term (*)(BifCall&, const Term* arguments);

}  // namespace parley
