// Random programs for the collector.
#include "tests/unit/heap/mutator.h"

#include <algorithm>
#include <cstdlib>
#include <unordered_map>

#include "vm/heap/copy.h"
#include "vm/term/bits.h"

namespace parley::test {

namespace {

constexpr std::size_t kBlobBytes = 100;
constexpr unsigned kDictionaryWords = 6;
constexpr std::uint8_t kHasBlobsBit = 0x80;

void set_bit(Word* bits, unsigned n) { bits[n / 64] |= Word{1} << (n % 64); }

}  // namespace

// ---- frames -------------------------------------------------------------------------------------

Frames::Frames(std::mt19937_64& random, unsigned count) {
  constexpr unsigned kFrameWordsMax = 70;
  for (unsigned k = 0; k < count; ++k) {
    // Mostly small, now and then with two words of bits.
    const auto frame_words =
        static_cast<unsigned>(random() % (random() % 4 == 0 ? kFrameWordsMax : 5));
    const unsigned x_words = k == 0 ? (kRegisters + 63) / 64 : 0;
    desc_at_.push_back(code_.size());
    code_.push_back((Word{x_words} << 16) | frame_words);
    const std::size_t bits_at = code_.size();
    code_.resize(bits_at + x_words + (frame_words + 63) / 64, 0);
    for (unsigned n = 0; n < (k == 0 ? kRegisters : 0); ++n) {
      if (random() % 4 == 0) set_bit(&code_[bits_at], n);
    }
    for (unsigned n = 0; n < frame_words; ++n) {
      if (random() % 3 != 0) set_bit(&code_[bits_at + x_words], n);
    }
    stack_words_ += frame_words + 1;
  }
  for (unsigned k = 0; k < count; ++k) {
    // The distance back to the descriptor of the next frame stands in the half word before; there
    // is none before the bottom.
    const auto at = static_cast<std::int64_t>(code_.size() + 1);
    const std::int64_t distance =
        k + 1 == count ? 0 : static_cast<std::int64_t>(desc_at_[k + 1]) - at;
    code_.push_back(static_cast<Word>(distance) << 32);
    return_at_.push_back(code_.size());
    code_.push_back(0);
  }
}

// ---- roots --------------------------------------------------------------------------------------

Mutator::Mutator(std::uint64_t seed, unsigned frames, std::size_t words)
    : random(seed), x(Frames::kRegisters), dictionary(kDictionaryWords), frames_(random, frames) {
  block = allocate_block(words + frames_.stack_words());
  heap.set_bounds(block.words, stack());
  Word* at = stack();
  for (unsigned k = 0; k < frames_.count(); ++k) {
    const FrameDesc* frame = frames_.desc(k);
    for (unsigned i = 0; i < frame->frame_words; ++i) {
      *at++ = frame->y_alive(i) ? kTagNil : garbage();
    }
    *at++ = reinterpret_cast<Word>(frames_.return_from(k));
  }
  for (unsigned i = 0; i < x.size(); ++i) {
    x[i] = frames_.desc(0)->x_alive(i) ? kTagNil : garbage();
  }
  for (Word& entry : dictionary) entry = kTagNil;
  registers_before_ = x;
  make_literals();
}

Mutator::~Mutator() {
  for (Word* box = heap.off_heap(); box != nullptr;) {
    auto* next = reinterpret_cast<Word*>(box[4]);
    blob_release(reinterpret_cast<Blob*>(box[3]));
    box = next;
  }
  for (Fragment* f = heap.take_fragments(); f != nullptr;) {
    Fragment* next = f->next;
    std::free(f);  // its blobs were on the list
    f = next;
  }
  if (message_ != nullptr) free_fragment(message_);
  free_block(block);
  for (Blob* blob : blobs_) blob_release(blob);
}

std::vector<Word*> Mutator::roots() {
  std::vector<Word*> all;
  for (unsigned i = 0; i < x.size(); ++i) {
    if (frames_.desc(0)->x_alive(i)) all.push_back(&x[i]);
  }
  Word* at = stack();
  for (unsigned k = 0; k < frames_.count(); ++k) {
    const FrameDesc* frame = frames_.desc(k);
    for (unsigned i = 0; i < frame->frame_words; ++i) {
      if (frame->y_alive(i)) all.push_back(at + i);
    }
    at += frame->frame_words + 1;
  }
  for (Word& entry : dictionary) all.push_back(&entry);
  return all;
}

bool Mutator::dead_words_are_nil() const {
  const Word* at = stack();
  for (unsigned k = 0; k < frames_.count(); ++k) {
    const FrameDesc* frame = frames_.desc(k);
    for (unsigned i = 0; i < frame->frame_words; ++i) {
      if (!frame->y_alive(i) && at[i] != kTagNil) return false;
    }
    at += frame->frame_words;
    if (*at++ != reinterpret_cast<Word>(frames_.return_from(k))) return false;
  }
  return true;
}

bool Mutator::dead_registers_are_kept() const {
  for (unsigned i = 0; i < x.size(); ++i) {
    if (!frames_.desc(0)->x_alive(i) && x[i] != registers_before_[i]) return false;
  }
  return true;
}

// ---- objects ------------------------------------------------------------------------------------

// A list of tuples of numbers, finished objects back to back.
void Mutator::make_literals() {
  literals_.resize(64);
  Word* at = literals_.data();
  Term list = Term::nil();
  for (int i = 0; i < 8; ++i, at += 5) {
    at[0] = make_header(Subtag::kTuple, 2);
    at[1] = Term::small(i).raw;
    at[2] = list.raw;
    at[3] = Term::boxed(at).raw;
    at[4] = list.raw;
    list = Term::cons(at + 3);
  }
}

Term Mutator::any_term() {
  const auto known = roots();
  const Term t(*known[random() % known.size()]);
  switch (random() % 8) {
    case 0: return Term::small(static_cast<std::int64_t>(random() % 1000));
    case 1: return Term::cons(literals_.data() + 5 * (random() % 8) + 3);
    case 2: return t.is_cons() ? t.tail() : t;
    default: return t;
  }
}

void Mutator::set_any_root(Term term) {
  const auto known = roots();
  *known[random() % known.size()] = term.raw;
}

Term Mutator::make_blob_object() {
  if (blobs_.empty() || random() % 4 == 0) blobs_.push_back(blob_create(kBlobBytes));
  Blob* blob = blobs_[random() % blobs_.size()];
  blob_retain(blob);
  Word* box = heap.allocate(5);
  box[0] = make_header(Subtag::kBlobBits, 4);
  box[1] = kBlobBytes * 8;
  box[2] = 0;
  box[3] = reinterpret_cast<Word>(blob);
  heap.link_off_heap(box);
  return Term::boxed(box);
}

Term Mutator::make_object() {
  const auto subtag = static_cast<Subtag>(random() % 17);
  if (static_cast<unsigned>(subtag) == 16) {
    const Term head = any_term(), tail = any_term();
    Word* cell = heap.allocate(2);
    cell[0] = head.raw;
    cell[1] = tail.raw;
    return Term::cons(cell);
  }
  if (subtag == Subtag::kBlobBits) return make_blob_object();
  std::vector<Word> payload;
  if (subtag == Subtag::kSliceBits) {
    const Term whole = make_blob_object();
    payload = {8 * 80, 8, whole.raw};
  } else if (subtag == Subtag::kHeapBits) {
    payload = {64, garbage()};
  } else {
    const unsigned raw = raw_words(subtag);
    const std::size_t more = random() % 5;
    if (raw == kAllRaw) {
      for (std::size_t i = 0; i < 1 + more; ++i) payload.push_back(garbage());
    } else {
      for (unsigned i = 0; i < raw; ++i) payload.push_back(garbage());
      if (subtag == Subtag::kTrap) {
        payload[0] = random() % 4;
        for (Word i = 0; i < payload[0]; ++i) payload.push_back(garbage());
      }
      for (std::size_t i = 0; i < more; ++i) payload.push_back(any_term().raw);
    }
  }
  Word* box = heap.allocate(1 + payload.size());
  box[0] = make_header(subtag, payload.size());
  std::copy(payload.begin(), payload.end(), box + 1);
  return Term::boxed(box);
}

Term Mutator::make_small_term() {
  Term t = make_blob_object();
  const std::size_t depth = random() % 4;
  for (std::size_t i = 0; i < depth; ++i) {
    Word* box = heap.allocate(4);
    box[0] = make_header(Subtag::kTuple, 3);
    box[1] = box[2] = t.raw;
    box[3] = Term::cons(literals_.data() + 3).raw;
    t = Term::boxed(box);
  }
  return t;
}

void Mutator::step() { set_any_root(make_object()); }

// ---- messages -----------------------------------------------------------------------------------

AddressRange Mutator::message_range() const {
  if (message_ == nullptr) return {};
  return {message_->payload(), message_->payload() + message_->words()};
}

void Mutator::receive(Term term) {
  PARLEY_ASSERT(message_ == nullptr, "one message at a time");
  const std::size_t words = copied_words(term, literals());
  message_ = allocate_fragment(1 + words, 0);
  Word* at = message_->terms() + 1;
  bool has_blobs = false;
  message_->terms()[0] = copy_term(term, at, literals(), has_blobs).raw;
  if (has_blobs) message_->words_and_kind |= static_cast<std::uint32_t>(kHasBlobsBit) << 24;
}

void Mutator::examine() {
  examined_ = true;
  set_any_root(Term(message_->terms()[0]));
}

void Mutator::end_examination() {
  if (examined_) heap.adopt(message_);
  else free_fragment(message_);
  message_ = nullptr;
  examined_ = false;
}

// ---- collecting ---------------------------------------------------------------------------------

void Mutator::collect(Collector::Kind kind, std::size_t words_wanted, Collector::Fit fit) {
  Collector collector(heap, block, kind == Collector::Kind::kWhole ? nullptr : &old, kind,
                      words_wanted, literals(), examining() ? message_range() : AddressRange{});
  collector.visit_x(x.data(), frames_.desc(0));
  collector.visit_stack(stack(), frames_.desc(0), frames_.bottom());
  for (Word& entry : dictionary) collector.visit(entry);
  block = collector.finish(fit);
  if (kind == Collector::Kind::kWhole && !examining()) old.high_water = heap.top();
}

Snapshot Mutator::snapshot() {
  Snapshot s;
  std::unordered_map<const Word*, Word> numbers;
  std::vector<Term> order;
  const auto note = [&](Word word) {
    const Term t(word);
    if (!t.is_pointer() || literals().contains(t.address())) {
      s.words.push_back(word);
      return;
    }
    const auto [known, is_new] = numbers.try_emplace(t.address(), numbers.size());
    if (is_new) order.push_back(t);
    s.words.push_back((known->second << 3) | (word & kTagMask));
  };
  for (const Word* root : roots()) note(*root);
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Word* object = order[i].address();
    const bool is_ours = !message_range().contains(object);
    if (order[i].is_cons()) {
      s.heap_words += is_ours ? 2 : 0;
      note(object[0]);
      note(object[1]);
      continue;
    }
    const std::size_t words = object_words(object[0]), terms = first_term_word(object);
    const bool is_blob = header_subtag(object[0]) == Subtag::kBlobBits;
    s.heap_words += is_ours ? words : 0;
    // The last word of one that counts a blob is a link of the heap's list.
    for (std::size_t w = 0; w < terms - (is_blob ? 1 : 0); ++w) s.words.push_back(object[w]);
    for (std::size_t w = terms; w < words; ++w) note(object[w]);
    if (!is_blob || !is_ours) continue;
    s.blob_bytes += object[1] / 8;
    ++s.blobs[reinterpret_cast<Blob*>(object[3])];
  }
  return s;
}

std::uint64_t Mutator::expected_count(const Snapshot& reached, Blob* blob) {
  const auto found = reached.blobs.find(blob);
  std::uint64_t count = 1 + (found == reached.blobs.end() ? 0 : found->second);
  if (message_ == nullptr) return count;
  const Word* const end = message_range().end;
  for (const Word* w = message_->terms() + 1; w < end;) {
    if (!is_header(*w)) {
      w += 2;
      continue;
    }
    const bool counts = header_subtag(*w) == Subtag::kBlobBits;
    if (counts && reinterpret_cast<Blob*>(w[3]) == blob) ++count;
    w += object_words(*w);
  }
  return count;
}

}  // namespace parley::test
