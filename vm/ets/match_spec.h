// Match specifications: [{Head, Guards, Body}], compiled to steps of two small stack machines.
//
// The head is a row of steps in the order of a walk through the pattern: each takes a term off the
// stack and tests it, binds it, or pushes its parts. Guards and body are expressions in postfix
// order. Neither compiling nor running recurses.
//
// Invariant: a compiled specification points into the term it was made of, so it lives no longer
// than the call of a built-in (nothing is collected there). A result may point into the matched
// object: copy it before the table's lock is given up.
//
// Semantics: ERTS User's Guide, "Match Specifications in Erlang". A guard that is not `true` or
// raises fails its clause; a body whose last expression raises gives 'EXIT'.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vm/bif/bif.h"

namespace parley {

enum class HeadOp : std::uint8_t { kAny, kBind, kSame, kConstant, kTuple, kCons, kMap };
struct HeadStep {
  HeadOp op{};
  std::uint32_t number = 0;  // slot, arity, or pairs of the map
  Term constant;             // kConstant, or a key of the map that the next steps' term is under
};

enum class BodyOp : std::uint8_t {
  kConstant, kVariable, kObject, kVariables, kTuple, kCons, kMap, kCall,
  kAllTrue, kAnyTrue,    // and, or: of `number` booleans
  kUnlessTrue,           // andalso: true goes on, false goes to label `number` and stays
  kUnlessFalse,          // orelse
  kLabel,
};
struct BodyStep {
  BodyOp op{};
  std::uint32_t number = 0;
  Term constant;
  BifFunction function = nullptr;
};

struct MatchClause {
  Term head, body;                       // as given; body: the last expression
  std::vector<HeadStep> head_steps;
  std::vector<std::vector<BodyStep>> guards, bodies;
  std::vector<std::uint32_t> variables;  // numbers of $N by slot
  std::vector<std::uint32_t> in_order;   // slots by number, for '$$'
};

class MatchSpec {
 public:
  // False: it is not one; `problem` says why.
  bool compile(BifCall& call, Term spec);
  const std::string& problem() const { return problem_; }

  // The value of the first clause that matches, or the non-value. It may point into `object`.
  Term run(BifCall& call, Term object);

  const std::vector<MatchClause>& clauses() const { return clauses_; }
  // The key that every match must have, where it stands in the only clause; else the non-value.
  Term bound_key(std::uint32_t key_position) const;
  // Whether every clause's body is an object with the key of the one it matched.
  bool keeps_key(std::uint32_t key_position) const;

 private:
  friend class MatchCompiler;
  bool match_head(BifCall& call, const MatchClause& clause, Term object);
  Term evaluate(BifCall& call, const MatchClause& clause, const std::vector<BodyStep>& steps,
                Term object);
  bool step(BifCall& call, const MatchClause& clause, const std::vector<BodyStep>& steps,
            std::size_t& at, Term object);
  bool call_function(BifCall& call, const BodyStep& step);

  std::vector<MatchClause> clauses_;
  std::vector<Term> stack_, bound_;
  std::string problem_;
};

// Whether no part of it is a variable or '_'.
bool is_constant_pattern(const AtomTable& atoms, Term pattern);

}  // namespace parley
