// The external term format: terms as bytes, as OTP writes them (atoms in UTF-8, as since OTP 26).
//
// Invariant: what `encode_external` writes, `decode_external` (vm/heap/decode_external.h) reads
// back as an exactly equal term in the same node.
//
// Identifiers of this node: a process is NEW_PID_EXT with its slot as number and its generation as
// serial; a socket is V4_PORT_EXT; a reference is NEWER_REFERENCE_EXT with two words for a plain
// one, three for a timer's (the third is 1), four for an alias (then the owner's slot and
// generation). A fun is NEW_FUN_EXT whose sixteen bytes of hash begin with the code's 64 bits.
#pragma once

#include <cstdint>
#include <vector>

#include "vm/base/work_list.h"
#include "vm/term/atoms.h"
#include "vm/term/term.h"

namespace parley {

namespace external {
inline constexpr std::uint8_t kVersion = 131, kSmallInteger = 97, kInteger = 98, kFloatText = 99,
    kAtomLatin1 = 100, kSmallTuple = 104, kLargeTuple = 105, kNil = 106, kString = 107,
    kList = 108, kBinary = 109, kSmallBig = 110, kLargeBig = 111, kNewFun = 112, kExport = 113,
    kSmallAtomLatin1 = 115, kMap = 116, kAtomUtf8 = 118, kSmallAtomUtf8 = 119, kNewFloat = 70,
    kBitBinary = 77, kCompressed = 80, kNewPid = 88, kNewerReference = 90, kV4Port = 120;
}  // namespace external

// Appends the term, without the version byte. Iterative. Any thread.
void encode_external(std::vector<std::uint8_t>& out, Term term, const AtomTable& atoms);

// The same step by step, and it can stop in the middle: what is left to do is terms and numbers.
class ExternalEncoder {
 public:
  enum class Kind : std::uint8_t {
    kTerms,    // words of `object`, a cons or a box, from word `at` on, `left` of them
    kNode,     // likewise, the children of a node of a trie
    kFlatMap,  // pairs of `object`; `at` is twice the index, plus 1 where the value is next
    kList,     // the list `object`; `at` elements were written; their number stands at `left`, or
               // kKnown: it was known before
    kBits,     // the bit string `object` from byte `at` on
    kFunEnd,   // the size of a fun is to be written at `at`
  };
  struct Task {
    Term object;
    Word at, left;
    Kind kind;
  };
  // A number that was not known when its place was written.
  struct Patch {
    Word place;  // counted from the first byte of all
    std::uint32_t value;
  };

  // `written`: how many bytes were taken out of `out` before.
  ExternalEncoder(std::vector<std::uint8_t>& out, const AtomTable& atoms, Word written = 0)
      : out_(out), atoms_(atoms), written_(written) {}

  void begin(Term term) { put_term(term); }
  void push(const Task& task) { todo_.push(task); }
  // Goes on until there is nothing to do or about so many bytes were added. True: nothing.
  bool run(std::size_t bytes_max);
  // Takes the innermost task out. Requires that there is one.
  bool has_tasks() const { return !todo_.empty(); }
  Task pop() { return todo_.pop(); }
  // Those whose place is in bytes that were taken out.
  std::vector<Patch>& patches() { return patches_; }

 private:
  static constexpr Word kKnown = ~Word{0};

  Word position() const { return written_ + out_.size(); }
  void put(std::uint8_t byte) { out_.push_back(byte); }
  void put_big_endian(std::uint64_t value, unsigned bytes);
  void patch(Word place, std::uint32_t value);
  void push_words(Term object, Word at, Word count, Kind kind = Kind::kTerms) {
    if (count != 0) todo_.push({object, at, count, kind});
  }
  void step();
  void step_list(Task& task);
  void step_bits(Task& task);
  void put_term(Term t);
  void put_integer(Term t);
  void put_float(double value);
  void put_atom(Term t);
  void put_pid(Term t);
  void put_list(Term t);
  void put_bits(Term t);
  void put_map(Term t);
  void put_fun(Term t);
  void put_reference(Term t);
  void put_boxed(Term t);

  std::vector<std::uint8_t>& out_;
  const AtomTable& atoms_;
  Word written_;
  WorkList<Task> todo_;
  std::vector<Patch> patches_;
};

}  // namespace parley
