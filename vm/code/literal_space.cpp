// The reserved range of literals.
#include "vm/code/literal_space.h"

#include <sys/mman.h>

#include "vm/base/need.h"
#include "vm/heap/copy.h"

namespace parley {

LiteralSpace::LiteralSpace(std::size_t bytes) : size_words_(bytes / sizeof(Word)) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  need(memory != MAP_FAILED, "address space for literals");
  base_ = static_cast<Word*>(memory);
}

LiteralSpace::~LiteralSpace() {
  for (const Objects& objects : with_blobs_) release_blobs(objects.begin, objects.words);
  munmap(base_, size_words_ * sizeof(Word));
}

std::optional<Term> LiteralSpace::copy(Term term) {
  const std::size_t words = copied_words(term, range());
  if (size_words_ - used_words_ < words) return std::nullopt;
  Word* const begin = base_ + used_words_;
  Word* at = begin;
  bool has_blobs = false;
  const Term literal = copy_term(term, at, range(), has_blobs);
  if (has_blobs) with_blobs_.push_back({begin, words});
  used_words_ += words;
  return literal;
}

}  // namespace parley
