// Assertions. A broken invariant is a bug of ours, and going on from one destroys data, so
// PARLEY_ASSERT stays on in release builds; it costs one predicted branch.
//
// PARLEY_ASSERT(condition, "what should have held")  always checked
// PARLEY_DEBUG_ASSERT(condition, "...")              checked where PARLEY_DEV is set; for checks
//                                                    too dear for release. The condition still
//                                                    compiles there, and is not evaluated.
// PARLEY_UNREACHABLE("why this cannot be reached")   always fatal
//
// A failure prints "file:line: assertion failed: condition: message" to standard error and aborts.
// Never for a user's error or the environment's: those are a Diagnostic and a std::expected.
#pragma once

namespace parley {

// Prints and aborts. Any thread; allocates nothing, takes no lock.
[[noreturn, gnu::cold, gnu::noinline]] void assertion_failed(const char* file, int line,
                                                             const char* condition,
                                                             const char* message) noexcept;

}  // namespace parley

#define PARLEY_ASSERT(condition, message)            \
  (__builtin_expect(static_cast<bool>(condition), 1) \
       ? static_cast<void>(0)                        \
       : ::parley::assertion_failed(__FILE__, __LINE__, #condition, message))

#define PARLEY_UNREACHABLE(message) \
  ::parley::assertion_failed(__FILE__, __LINE__, "unreachable", message)

#ifdef PARLEY_DEV
#define PARLEY_DEBUG_ASSERT(condition, message) PARLEY_ASSERT(condition, message)
#else
#define PARLEY_DEBUG_ASSERT(condition, message) \
  static_cast<void>(sizeof(static_cast<bool>(condition)))
#endif
