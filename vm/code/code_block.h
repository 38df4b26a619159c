// One version of one module in memory: specialised code, frame descriptors and place tables.
//
// Invariant: nothing in a block changes after it is published, but the first half of an instruction
// word (its handler); everything that runs or lies on a stack points into a block that is alive.
//
//   words:  [ functions' code ... | frame descriptors ... ]
//
// Functions lie in the order of the module file. `places` is ascending by offset and answers, for
// any address in the block, which frame is in force there, which handler, which line.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "vm/isa/frame_desc.h"
#include "vm/term/fun.h"
#include "vm/term/term.h"

namespace parley {

struct BuiltIn;

struct Place {
  std::uint32_t offset;       // in words; in force up to the next place
  std::uint32_t handler;      // offset in words of the handler, 0: none
  std::int32_t frame_words;   // -1: no frame
  std::uint32_t file;         // index into files
  std::uint32_t line;         // 0: unknown
};

struct FunctionRange {
  std::uint32_t begin, end;  // offsets in words
  Term name;                 // atom
  std::uint32_t arity;
};

// A fun's code, shared by all versions that have the same lambda; never freed.
struct FunCode : FunEntry {
  std::atomic<const Word*> code{nullptr};  // null: not loaded (purged): badfun
};

// The entry of module:function/arity. Its address never changes; calls go through it.
// entry[active index of the caller's slice]; release on write, acquire on read.
struct CallCell : ExportCell {
  std::atomic<const Word*> entry[2];
  const BuiltIn* built_in = nullptr;
  const Word* stub = nullptr;  // undefined_entry, or built_in_entry, of this cell
  bool is_defined() const {
    return built_in != nullptr || entry[0].load(std::memory_order_acquire) != stub ||
           entry[1].load(std::memory_order_acquire) != stub;
  }
};

struct CodeBlock {
  Term module;
  std::uint32_t id = 0;          // of this version: a raw trace names it
  std::uint64_t hash = 0;        // of the module file
  std::string path;              // of the file it came from; empty: none
  std::vector<Word> words;
  std::vector<FunctionRange> functions;
  std::vector<Place> places;
  std::vector<std::string> files;
  // Where each specialised instruction came from: (offset, function, generic index), ascending.
  struct Origin { std::uint32_t offset, function, index; };
  std::vector<Origin> origins;

  // The instruction that an offset is in; null: not in code.
  const Origin* origin_of(std::uint32_t offset) const;
  // Where a generic instruction is; null: it was merged into another or is none.
  const Origin* origin_at(std::uint32_t function, std::uint32_t index) const;

  bool contains(const Word* p) const {
    return p >= words.data() && p < words.data() + words.size();
  }
  std::uint32_t offset_of(const Word* p) const {
    return static_cast<std::uint32_t>(p - words.data());
  }
  const Place* place_at(std::uint32_t offset) const;
  const FunctionRange* function_at(std::uint32_t offset) const;
};

}  // namespace parley
