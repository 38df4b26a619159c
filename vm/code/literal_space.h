// Where literals live: one reserved address range a node, so that "is a literal" is one comparison.
//
// Invariant: memory handed out is never moved and, in this version, never freed before the space.
// Thread: `copy` under the code index's lock; readers need none.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "vm/heap/collector.h"

namespace parley {

class LiteralSpace {
 public:
  explicit LiteralSpace(std::size_t bytes = std::size_t{1} << 32);
  ~LiteralSpace();
  LiteralSpace(const LiteralSpace&) = delete;
  LiteralSpace& operator=(const LiteralSpace&) = delete;

  // The term as a literal; literals within it are shared. Nothing where the space is used up.
  std::optional<Term> copy(Term term);
  AddressRange range() const { return {base_, base_ + size_words_}; }
  std::size_t used_words() const { return used_words_; }

 private:
  Word* base_;
  std::size_t size_words_;
  std::size_t used_words_ = 0;
  struct Objects {
    Word* begin;
    std::size_t words;
  };
  std::vector<Objects> with_blobs_;  // what counts blobs, to be counted down at the end
};

}  // namespace parley
