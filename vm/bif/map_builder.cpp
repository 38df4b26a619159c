// Large maps in slices; map_builder.h says how.
#include "vm/bif/map_builder.h"

#include <algorithm>

namespace parley {

namespace {

// So many pairs become a part of the trie at once, which takes some 100 microseconds.
constexpr Word kPartMax = 1024;
constexpr std::uint64_t kPairsPerReduction = 8;

}  // namespace

MapBuilder::MapBuilder(BifCall& call, PairShape shape, Term list, Term value, Term kept)
    : call_(call), context_(map_context(call)), shape_(shape), value_(value), kept_(kept) {
  frame_.rest = list;
  frame_.slots.fill(Term::nil());
}

MapBuilder::MapBuilder(BifCall& call, Term saved)
    : call_(call), context_(map_context(call)), shape_(static_cast<PairShape>(trap_raw(saved))),
      size_(trap_raw(saved, 1)), value_(trap_term(saved, 0)), kept_(trap_term(saved, 1)) {
  load_frame(trap_term(saved, 2));
}

Term MapBuilder::save() {
  return make_trap(call_.heap, {static_cast<Word>(shape_), size_}, {value_, kept_, save_frame()});
}

Term MapBuilder::save_frame() const {
  std::array<Word, 3 + kSlots> raw{frame_.level, frame_.backwards, frame_.next};
  std::copy(frame_.counts.begin(), frame_.counts.end(), raw.begin() + 3);
  std::array<Term, 2 + kSlots> terms{frame_.rest, frame_.parent};
  std::copy(frame_.slots.begin(), frame_.slots.end(), terms.begin() + 2);
  return make_trap(call_.heap, raw, terms);
}

void MapBuilder::load_frame(Term saved) {
  frame_.level = trap_raw(saved, 0);
  frame_.backwards = trap_raw(saved, 1);
  frame_.next = trap_raw(saved, 2);
  frame_.rest = trap_term(saved, 0);
  frame_.parent = trap_term(saved, 1);
  for (unsigned i = 0; i < kSlots; ++i) {
    frame_.counts[i] = trap_raw(saved, 3 + i);
    frame_.slots[i] = trap_term(saved, 2 + i);
  }
}

bool MapBuilder::has_shape(Term pair) const {
  return shape_ != PairShape::kTuples || (pair.is_tuple() && pair.arity() == 2);
}

MapPair MapBuilder::pair_of(Term pair) const {
  switch (shape_) {
    case PairShape::kTuples: return {pair.element(0), pair.element(1)};
    case PairShape::kCells: return {pair.head(), pair.tail()};
    case PairShape::kKeys: break;
  }
  return {pair, value_};
}

MapBuilder::Step MapBuilder::run() {
  for (;;) {
    if (frame_.rest.is_cons()) {
      if (!deal_out()) return Step::kBad;
    } else if (!frame_.rest.is_nil()) {
      return Step::kBad;
    } else if (frame_.next < kSlots) {
      build_slot();
    } else {
      finish_frame();
      if (map_.is_value()) return Step::kDone;
    }
    if (must_yield(call_)) return Step::kYield;
  }
}

// Some pairs go to the lists of their slots. False: something is no pair.
bool MapBuilder::deal_out() {
  Term rest = frame_.rest;
  for (std::uint64_t i = 0; i < kPairsPerReduction && rest.is_cons(); ++i, rest = rest.tail()) {
    const Term pair = rest.head();
    if (!has_shape(pair)) return false;
    const unsigned slot =
        hash_slot(context_.hash(pair_of(pair).key), static_cast<unsigned>(frame_.level));
    frame_.slots[slot] = make_cons(call_.heap, pair, frame_.slots[slot]);
    ++frame_.counts[slot];
  }
  frame_.rest = rest;
  --call_.reductions;
  return true;
}

// The next slot's pairs become a child at once, or a frame of their own.
void MapBuilder::build_slot() {
  Term& slot = frame_.slots[frame_.next];
  const Word count = frame_.counts[frame_.next];
  if (count == 0) {
    ++frame_.next;
    return;
  }
  const Word level = frame_.level + 1, backwards = 1 - frame_.backwards;
  if (count > kPartMax && level < kHashLevels) {
    const Term pairs = slot;
    slot = Term::nil();
    const Term parent = save_frame();
    frame_ = Frame{.level = level, .backwards = backwards, .rest = pairs, .parent = parent};
    frame_.slots.fill(Term::nil());
    return;
  }
  std::vector<MapPair> pairs;
  pairs.reserve(count);
  for (Term l = slot; l.is_cons(); l = l.tail()) pairs.push_back(pair_of(l.head()));
  if (backwards != 0) std::reverse(pairs.begin(), pairs.end());
  Word size = 0;
  slot = detail::trie_child(context_, pairs, static_cast<unsigned>(level), size);
  size_ += size;
  ++frame_.next;
  pay_words(call_, 16 * count);
}

// All slots are built: they become a node, the next child of the frame outside.
void MapBuilder::finish_frame() {
  const auto is_child = [](Term t) { return !t.is_nil(); };
  const auto children = std::count_if(frame_.slots.begin(), frame_.slots.end(), is_child);
  if (frame_.level == 0) {
    map_ = children == 0 ? map_empty(call_.heap)
                         : detail::trie_map(context_, size_,
                                            detail::trie_node(call_.heap, frame_.slots));
    return;
  }
  Term child = *std::find_if(frame_.slots.begin(), frame_.slots.end(), is_child);
  // A pair that is alone moves up.
  if (children > 1 || !child.is_cons()) child = detail::trie_node(call_.heap, frame_.slots);
  load_frame(frame_.parent);
  frame_.slots[frame_.next++] = child;
}

}  // namespace parley
