// Large terms from bytes; decode_slices.h says how.
#include "vm/bif/decode_slices.h"

#include "vm/bif/map_builder.h"

namespace parley {

namespace {

// Maps of more pairs than this are built in slices too.
constexpr Word kMapAtOnceMax = 1024;
// Binaries from this size on share the bytes that they are read from.
constexpr Word kSharedBytesMin = Word{1} << 18;

}  // namespace

DecodeRun::DecodeRun(BifCall& call, Term binary, Word at, Word flags, Term kept)
    : call_(call), binary_(binary), kept_(kept), at_(at), flags_(flags) {
  const BitsView view = bits_view(binary);
  bytes_ = {view.bytes, view.size_bits / 8};
}

DecodeRun::DecodeRun(BifCall& call, Term saved)
    : DecodeRun(call, trap_term(saved, 0), trap_raw(saved), trap_raw(saved, 1),
                trap_term(saved, 1)) {
  saved_ = trap_term(saved, 2);
}

Term DecodeRun::save() {
  for (std::size_t i = 0; i < frames_.size(); ++i) {
    Frame& f = frames_[i];
    const std::size_t end = i + 1 < frames_.size() ? frames_[i + 1].base : values_.size();
    for (std::size_t v = f.base; v < end; ++v) {
      f.values = make_cons(call_.heap, Term(values_[v]), f.values);
    }
    const bool has_key = f.key.is_value();
    saved_ = make_trap(call_.heap, {static_cast<Word>(f.kind), f.left, f.total, Word{has_key}},
                       {f.values, has_key ? f.key : Term::nil(), saved_});
  }
  return make_trap(call_.heap, {at_, flags_}, {binary_, kept_, saved_});
}

bool DecodeRun::load_frame() {
  if (saved_.is_nil()) return false;
  const Term f = saved_;
  frames_.push_back({static_cast<Kind>(trap_raw(f)), trap_raw(f, 1), trap_raw(f, 2),
                     trap_term(f, 0), trap_raw(f, 3) != 0 ? trap_term(f, 1) : Term(),
                     values_.size()});
  saved_ = trap_term(f, 2);
  return true;
}

DecodeRun::Step DecodeRun::run(NewAtoms new_atoms) {
  constexpr std::uint64_t kTermsPerReduction = 8;
  const DecodeOptions options{
      .new_atoms = new_atoms, .funs = call_.services.funs, .seed = call_.hash_seed};
  for (std::uint64_t steps = 1;; ++steps) {
    if (!frames_.empty() || load_frame()) {
      if (frames_.back().left > 0) read_value(options);
      else complete();
    } else {
      read_value(options);  // the first of all
    }
    if (error_) return Step::kFailed;
    if (root_.is_value()) return Step::kDone;
    if (steps % kTermsPerReduction == 0) --call_.reductions;
    if (must_yield(call_)) return Step::kYield;
  }
}

// Big endian; 0 after a failure.
Word DecodeRun::read_number(Word at, unsigned size) const {
  Word value = 0;
  for (unsigned i = 0; i < size; ++i) value = (value << 8) | bytes_[at + i];
  return value;
}

void DecodeRun::open(Kind kind, Word head, Word total, Word terms) {
  at_ += head;
  if (terms > bytes_.size() - at_) return fail(DecodeError::kTruncated);
  frames_.push_back({kind, terms, total, Term::nil(), Term(), values_.size()});
}

void DecodeRun::read_value(const DecodeOptions& options) {
  using namespace external;
  const Word left = bytes_.size() - at_;
  const std::uint8_t tag = left == 0 ? 0 : bytes_[at_];
  if (tag == kSmallInteger && left >= 2) {
    at_ += 2;
    return give(Term::small(bytes_[at_ - 1]));
  }
  if (left >= 5) {
    const Word n = read_number(at_ + 1, 4);
    if (tag == kInteger) {
      at_ += 5;
      return give(Term::small(static_cast<std::int32_t>(n)));
    }
    if (tag == kSmallTuple && bytes_[at_ + 1] != 0) {
      return open(Kind::kTuple, 2, bytes_[at_ + 1], bytes_[at_ + 1]);
    }
    if (tag == kLargeTuple && n != 0) return open(Kind::kTuple, 5, n, n);
    if (tag == kList) return open(Kind::kList, 5, n, n + 1);
    if (tag == kMap && n != 0) return open(Kind::kMap, 5, n, 2 * n);
    if (tag == kBinary && n >= kSharedBytesMin && n <= left - 5) {
      at_ += 5 + n;
      return give(make_slice(call_.heap, binary_, 8 * (at_ - n), 8 * n));
    }
  }
  const auto leaf = decode_external_term(call_.heap, call_.atoms, bytes_.subspan(at_), options);
  if (!leaf) return fail(leaf.error());
  at_ += leaf->used_bytes;
  call_.reductions -= static_cast<std::int64_t>(leaf->used_bytes / 512);
  give(leaf->term);
}

// A term is complete: it goes to the object that it is a part of.
void DecodeRun::give(Term value) {
  if (frames_.empty() && !load_frame()) {
    root_ = value;
    return;
  }
  Frame& f = frames_.back();
  --f.left;
  if (f.kind != Kind::kMap) {
    values_.push_back(value.raw);
  } else if (!f.key.is_value()) {
    f.key = value;
  } else {
    values_.push_back(make_cons(call_.heap, f.key, value).raw);
    f.key = Term();
  }
}

void DecodeRun::close(Term value) {
  values_.resize(frames_.back().base);
  frames_.pop_back();
  give(value);
}

void DecodeRun::complete() {
  Frame& f = frames_.back();
  switch (f.kind) {
    case Kind::kTuple: return complete_tuple();
    case Kind::kList: return complete_list();
    case Kind::kMap: return complete_map();
    case Kind::kFill:
      if (reverse_onto(call_, f.values, f.key)) close(f.key);
      return;
    case Kind::kBuild: return build_on();
  }
}

void DecodeRun::complete_tuple() {
  const Frame& f = frames_.back();
  Word* const box = call_.heap.allocate(1 + f.total);
  box[0] = make_header(Subtag::kTuple, f.total);
  Word at = f.total;
  for (std::size_t v = values_.size(); v > f.base; --v) box[at--] = values_[v - 1];
  for (Term l = f.values; l.is_cons(); l = l.tail()) box[at--] = l.head().raw;
  pay_words(call_, 4 * f.total);
  close(Term::boxed(box));
}

// The tail was read last. What is of this slice goes before it, then the rest.
void DecodeRun::complete_list() {
  Frame& f = frames_.back();
  Term made;
  if (values_.size() > f.base) {
    made = Term(values_.back());
    values_.pop_back();
  } else {
    made = f.values.head();
    f.values = f.values.tail();
  }
  for (std::size_t v = values_.size(); v > f.base; --v) {
    made = make_cons(call_.heap, Term(values_[v - 1]), made);
  }
  if (f.values.is_nil()) return close(made);
  values_.resize(f.base);
  f.kind = Kind::kFill;
  f.key = made;
}

void DecodeRun::complete_map() {
  Frame& f = frames_.back();
  if (f.values.is_nil() && f.total <= kMapAtOnceMax) {
    std::vector<MapPair> pairs;
    for (std::size_t v = f.base; v < values_.size(); ++v) {
      pairs.push_back({Term(values_[v]).head(), Term(values_[v]).tail()});
    }
    const Word total = f.total;
    const Term map = map_from_pairs(map_context(call_), std::move(pairs));
    pay_words(call_, 16 * total);
    if (map_size(map) != total) return fail(DecodeError::kMalformed);  // a key twice
    return close(map);
  }
  for (std::size_t v = f.base; v < values_.size(); ++v) {
    f.values = make_cons(call_.heap, Term(values_[v]), f.values);
  }
  values_.resize(f.base);
  f.kind = Kind::kBuild;
  f.values =
      MapBuilder(call_, PairShape::kCells, f.values, Term::nil(), Term::nil()).save();
}

void DecodeRun::build_on() {
  Frame& f = frames_.back();
  MapBuilder builder(call_, f.values);
  if (builder.run() == MapBuilder::Step::kYield) {
    f.values = builder.save();
    return;
  }
  if (map_size(builder.map()) != f.total) return fail(DecodeError::kMalformed);
  close(builder.map());
}

}  // namespace parley
