// The reserved range of literals.
#include "vm/code/literal_space.h"

#include <sys/mman.h>

#include "vm/base/assert.h"

namespace parley {

LiteralSpace::LiteralSpace(std::size_t bytes) : size_words_(bytes / sizeof(Word)) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  PARLEY_ASSERT(memory != MAP_FAILED, "address space for literals");
  base_ = static_cast<Word*>(memory);
}

LiteralSpace::~LiteralSpace() { munmap(base_, size_words_ * sizeof(Word)); }

Word* LiteralSpace::reserve(std::size_t words) {
  if (size_words_ - used_words_ < words) return nullptr;
  Word* p = base_ + used_words_;
  used_words_ += words;
  return p;
}

}  // namespace parley
