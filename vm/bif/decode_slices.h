// Reading a large term in the external format in slices.
//
// Invariant: it makes the term that `decode_external` makes of the same bytes, or fails as that
// does. Terms are made from the inside out: what has been read of a tuple, list or map that is not
// complete is a list (the latest first), and the object is made when the last of it is there, so
// nothing that is finished is ever written to. Between slices each object that is under way is one
// on the heap, linked from the innermost outwards.
#pragma once

#include <expected>

#include "vm/bif/support.h"
#include "vm/heap/decode_external.h"

namespace parley {

class DecodeRun {
 public:
  // `binary` starts on a byte and is read from byte `at` on. `kept` is the caller's.
  DecodeRun(BifCall& call, Term binary, Word at, Word flags, Term kept);
  DecodeRun(BifCall& call, Term saved);

  enum class Step : std::uint8_t { kDone, kYield, kFailed };
  Step run(NewAtoms new_atoms);
  Term save();
  Term term() const { return root_; }
  DecodeError error() const { return *error_; }
  Word at() const { return at_; }
  Word flags() const { return flags_; }
  Term kept() const { return kept_; }

 private:
  enum class Kind : Word {
    kTuple,
    kList,   // its elements and its tail
    kMap,    // keys and values; read pairs are cells [Key | Value]
    kFill,   // a list that is being put together: `values` before `key`
    kBuild,  // a map that is being built: `values` is the builder
  };
  struct Frame {
    Kind kind;
    Word left;         // terms still to be read
    Word total;        // elements, or pairs
    Term values;       // read in earlier slices, the latest first
    Term key;          // of a map: whose value is next; else no value
    std::size_t base;  // those of this slice are above it in `values_`
  };

  Word read_number(Word at, unsigned size) const;
  void fail(DecodeError error) {
    if (!error_) error_ = error;
  }
  bool load_frame();
  void open(Kind kind, Word head, Word total, Word terms);
  void read_value(const DecodeOptions& options);
  void give(Term value);
  void complete();
  void complete_tuple();
  void complete_list();
  void complete_map();
  void build_on();
  void close(Term value);

  BifCall& call_;
  Term binary_, kept_;
  Word at_, flags_;
  std::span<const std::uint8_t> bytes_;
  std::optional<DecodeError> error_;
  Term root_;
  Term saved_ = Term::nil();  // frames of earlier slices, outside of those in `frames_`
  std::vector<Frame> frames_;
  std::vector<Word> values_;
};

}  // namespace parley
