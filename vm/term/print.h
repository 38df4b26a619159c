// Terms as text: what reports, dumps and `erlang:display` show.
//
// Invariant: nothing is printed of a term whose header says *secret* but the word `secret` in angle
// brackets. Maps print in term order, so the text depends on the term alone.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "vm/term/atoms.h"
#include "vm/term/term.h"

namespace parley {

enum class PrintStyle : std::uint8_t {
  kWrite,    // as io:format's ~tw: lists of characters are lists of numbers
  kDisplay,  // as erlang:display: lists of printable ASCII are strings
};

// Appends the term. After `limit_bytes` bytes of it the rest becomes "...". Any thread; iterative.
void print_term(std::string& out, Term term, const AtomTable& atoms,
                PrintStyle style = PrintStyle::kWrite, std::size_t limit_bytes = SIZE_MAX);
std::string print_term(Term term, const AtomTable& atoms,
                       PrintStyle style = PrintStyle::kWrite, std::size_t limit_bytes = SIZE_MAX);

// The shortest text that reads back as the same double, always with a point, in scientific
// notation where that is shorter or the value is at least 2^53: `float_to_list(F, [short])`.
void append_float(std::string& out, double value);
// With quotes and escapes where an atom needs them.
void append_atom(std::string& out, std::string_view text);

}  // namespace parley
