// Making a large map from a list of pairs, in slices: the pairs are dealt out by their hashes, four
// bits a level, until few enough are together to become a part of the trie at once.
//
// Invariant: the map is the one that `map_from_pairs` makes of the same pairs; of pairs with the
// same key the last counts. Between slices the builder is a heap object (`save`), whose frames, one
// for each level that is under way, are linked from the innermost to the outermost.
#pragma once

#include <array>

#include "vm/bif/support.h"

namespace parley {

enum class PairShape : std::uint8_t {
  kTuples,  // {Key, Value}
  kCells,   // [Key | Value]
  kKeys,    // the key itself; all have the same value
};

class MapBuilder {
 public:
  // `value`: of kKeys. `kept`: whatever the caller wants to find again.
  MapBuilder(BifCall& call, PairShape shape, Term list, Term value, Term kept);
  // Goes on with what `save` gave.
  MapBuilder(BifCall& call, Term saved);

  enum class Step : std::uint8_t {
    kDone,   // `map()` is made
    kYield,  // the slice is over
    kBad,    // not a proper list of pairs of that shape
  };
  Step run();
  Term map() const { return map_; }
  Term kept() const { return kept_; }
  Term save();

 private:
  static constexpr unsigned kSlots = 1u << kHashLevelBits;
  // The pairs whose hashes agree on all levels above `level`.
  struct Frame {
    Word level = 0;
    Word backwards = 0;  // 1: the pairs of `rest` come in reverse
    Word next = 0;       // the slot to be built next, when the pairs are dealt out
    std::array<Word, kSlots> counts{};
    Term rest;                       // not yet dealt out
    std::array<Term, kSlots> slots;  // first a list of pairs; below `next` a child; nil for none
    Term parent = Term::nil();       // saved
  };

  Term save_frame() const;
  void load_frame(Term saved);
  bool has_shape(Term pair) const;
  MapPair pair_of(Term pair) const;
  bool deal_out();
  void build_slot();
  void finish_frame();

  BifCall& call_;
  const MapContext context_;
  PairShape shape_;
  Word size_ = 0;  // pairs in the parts that are built
  Term value_, kept_;
  Frame frame_;
  Term map_;
};

}  // namespace parley
