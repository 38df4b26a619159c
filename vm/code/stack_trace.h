// Raw traces, and what a person reads of them.
//
// A raw trace is a tuple in the process's heap: its first element is [] or what goes on top (a
// {M, F, Arguments} of a failed built-in, or the argument list of a function_clause), the others
// are places: small integers of (version << 28 | offset in words). Nothing is looked up while an
// exception travels. Blocks are kept when their version goes, so a place is good for ever.
#pragma once

#include "vm/code/code_index.h"
#include "vm/heap/heap.h"

namespace parley {

inline constexpr unsigned kTraceDepthMax = 8;
inline constexpr unsigned kTraceOffsetBits = 28;

// The small that names an address; the non-value for a stub.
Term trace_place(const CodeIndex& code, const Word* address);
// The way back; null where there is no such place (any more).
const Word* address_of_trace_place(const CodeIndex& code, Term place);
// A place of code that is not there: left out of the trace.
inline constexpr Term kNoTracePlace = Term::small(-1);

// [{Module, Function, Arity | Arguments, [{file, F}, {line, L}]}] of a raw trace; a list (of an
// earlier build, or given to erlang:raise/3) is returned as it is.
Term symbolise_trace(const CodeIndex& code, Heap& heap, Term raw);

}  // namespace parley
