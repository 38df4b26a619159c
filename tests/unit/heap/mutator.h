// A program without code, for tests of the collector: a heap with a stack of frames, registers and
// other roots, that makes random objects and is collected when the test says so.
//
// Invariant: everything that it can reach is a finished term; what its frame descriptors call dead
// holds words that look like pointers and are none.
#pragma once

#include <map>
#include <random>
#include <vector>

#include "vm/heap/blob.h"
#include "vm/heap/collector.h"

namespace parley::test {

// Everything reachable from some roots, written down so that two graphs that are the same, sharing
// included, are the same words; and what it takes.
struct Snapshot {
  std::vector<Word> words;
  // Of the heap: neither literals nor the message under examination.
  std::size_t heap_words = 0, blob_bytes = 0;
  std::map<Blob*, std::uint64_t> blobs;  // how many objects count each
};

// The descriptors of a random stack, and the return addresses that lead to them.
class Frames {
 public:
  Frames(std::mt19937_64& random, unsigned count);
  static constexpr unsigned kRegisters = 70;  // two words of bits

  const FrameDesc* desc(unsigned frame) const {
    return reinterpret_cast<const FrameDesc*>(code_.data() + desc_at_[frame]);
  }
  unsigned count() const { return static_cast<unsigned>(desc_at_.size()); }
  // What stands behind a frame on the stack.
  const Word* return_from(unsigned frame) const { return code_.data() + return_at_[frame]; }
  const Word* bottom() const { return return_from(count() - 1); }
  std::size_t stack_words() const { return stack_words_; }

 private:
  std::vector<Word> code_;
  std::vector<std::size_t> desc_at_, return_at_;
  std::size_t stack_words_ = 0;
};

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed, unsigned frames = 4, std::size_t words = 600);
  ~Mutator();
  Mutator(const Mutator&) = delete;
  Mutator& operator=(const Mutator&) = delete;

  std::mt19937_64 random;
  Heap heap;
  HeapBlock block;
  OldGeneration old;
  std::vector<Word> x, dictionary;

  // One more random object, and a root that knows it.
  void step();
  Term make_object();
  Term make_blob_object();
  // Of a few objects, so that a copy, which keeps no sharing, stays small.
  Term make_small_term();
  // Any term that is known.
  Term any_term();
  void set_any_root(Term term);
  // All roots that are alive.
  std::vector<Word*> roots();

  // As a message comes: a copy in a fragment. It is examined first, then it is adopted or freed.
  void receive(Term term);
  void examine();  // some root knows it
  void end_examination();
  bool has_message() const { return message_ != nullptr; }
  bool examining() const { return message_ != nullptr && examined_; }

  void collect(Collector::Kind kind, std::size_t words_wanted = 0,
               Collector::Fit fit = Collector::Fit::kRoomy);
  Snapshot snapshot();
  // How often a blob must be counted: our own reference, the objects of the snapshot, and those in
  // the message that the mailbox still owns.
  std::uint64_t expected_count(const Snapshot& reached, Blob* blob);
  const std::vector<Blob*>& blobs() const { return blobs_; }
  AddressRange literals() const {
    return {literals_.data(), literals_.data() + literals_.size()};
  }
  const std::vector<Word>& literal_words() const { return literals_; }
  std::size_t nursery_words() const { return static_cast<std::size_t>(heap.top() - block.words); }
  // Whether each word that the descriptors call dead is what it should be.
  bool dead_words_are_nil() const;
  bool dead_registers_are_kept() const;

 private:
  Word* stack() const { return block.words + block.size - frames_.stack_words(); }
  void make_literals();
  AddressRange message_range() const;
  Word garbage() { return (random() & 0x0000FFFFFFFFFFF8) | (random() % 2 == 0 ? 1 : 5); }

  Frames frames_;
  std::vector<Word> literals_, registers_before_;
  std::vector<Blob*> blobs_;  // one reference of each is ours
  Fragment* message_ = nullptr;
  bool examined_ = false;
};

}  // namespace parley::test
