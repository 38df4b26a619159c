// Reading a process back; freeze.h says what is read.
//
// Every term goes into fragments of the new process; its block holds the stack. The first
// collection brings all into one block.
#include <algorithm>
#include <optional>

#include "vm/code/code_index.h"
#include "vm/code/stack_trace.h"
#include "vm/heap/make_bits.h"
#include "vm/heap/map.h"
#include "vm/node/freeze.h"
#include "vm/node/freeze_format.h"
#include "vm/process/signal.h"
#include "vm/process/space.h"
#include "vm/term/fun.h"

namespace parley {

using namespace frozen;

namespace {

// Words between the top and the stack of the new block: its first steps need no collection.
constexpr std::size_t kSpareWords = 64;

class Thawer {
 public:
  Thawer(const Services& services, std::span<const std::uint8_t> bytes)
      : code_(*services.code),
        space_(*services.processes),
        atoms_(*services.atoms),
        seed_(services.hash_seed),
        bytes_(bytes) {}
  std::expected<Process*, std::string> run();

 private:
  void fail(const std::string& why) {
    if (error_.empty()) error_ = why;
    at_ = bytes_.size();
  }
  bool good() const { return error_.empty(); }
  std::uint64_t number();
  // A count of things that take at least one byte each.
  std::uint64_t count();
  template <class Tag>
  Tag tag() {
    return static_cast<Tag>(byte());
  }
  std::uint8_t byte();
  std::string_view text();
  Term atom();
  Term root();
  Term term(TermTag tag);
  Term term() { return term(tag<TermTag>()); }
  Term object();
  Term boxed_object(ObjectTag tag);
  Term raw_object(Word flags);
  Term trace();
  Term map(Word flags);
  Term bits(Word flags);
  Term fun(Word flags);
  Term terms(Subtag subtag, Word flags, Word size, Word first_words_count,
             const Word* first_words);
  const CodeBlock* block_of(Term module, std::uint64_t hash);
  const Word* place(bool must_be_there);
  const FrameDesc* descriptor(const Word* ip);
  void machine();
  void frames(const FrameDesc* frame);
  void mail();
  void extension();
  void settle_in();
  void give_up();

  CodeIndex& code_;
  ProcessSpace& space_;
  AtomTable& atoms_;
  std::uint64_t seed_;
  bool has_same_seed_ = false;
  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
  std::string error_;
  Process* process_ = nullptr;
  Term self_;
  Heap heap_;  // without a block: all in fragments
  std::vector<Term> atom_by_number_;
  std::vector<Term> objects_;
  std::vector<Word> stack_;
  std::optional<std::uint64_t> timer_left_ms_;
};

// ---- bytes -------------------------------------------------------------------------------------

std::uint8_t Thawer::byte() {
  if (at_ < bytes_.size()) return bytes_[at_++];
  fail("the bytes end too soon");
  return 0;
}

std::uint64_t Thawer::number() {
  std::uint64_t n = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const std::uint8_t b = byte();
    n |= static_cast<std::uint64_t>(b & 127) << shift;
    if (b < 128) return n;
  }
  fail("a number is too long");
  return 0;
}

std::uint64_t Thawer::count() {
  const std::uint64_t n = number();
  if (n <= bytes_.size() - at_) return n;
  fail("the bytes end too soon");
  return 0;
}

std::string_view Thawer::text() {
  const std::uint64_t size = count();
  const std::string_view s(reinterpret_cast<const char*>(bytes_.data()) + at_, size);
  at_ += size;
  return s;
}

// ---- terms -------------------------------------------------------------------------------------

Term Thawer::atom() {
  const std::uint64_t n = number();
  if (n < atom_by_number_.size()) return atom_by_number_[n];
  if (n > atom_by_number_.size()) return fail("an unknown atom"), Term::nil();
  const auto made = atoms_.intern(text());
  if (!made) return fail("the node's limit of atoms is reached"), Term::nil();
  atom_by_number_.push_back(*made);
  return *made;
}

Term Thawer::term(TermTag t) {
  switch (t) {
    case TermTag::kWord: {
      const Term word(number());
      return word.is_immediate() ? word : (fail("a pointer in bytes"), Term::nil());
    }
    case TermTag::kAtom: return atom();
    case TermTag::kSelf: return self_;
    case TermTag::kObject: {
      const std::uint64_t n = number();
      if (n < objects_.size()) return objects_[n];
      return fail("an unknown object"), Term::nil();
    }
    default: return fail("an unknown kind of term"), Term::nil();
  }
}

Term Thawer::root() {
  TermTag t = tag<TermTag>();
  while (good() && t == TermTag::kDefine) {
    objects_.push_back(object());
    t = tag<TermTag>();
  }
  return term(t);
}

Term Thawer::object() {
  const auto t = tag<ObjectTag>();
  if (t == ObjectTag::kCons) {
    Word* cell = heap_.allocate(2);
    cell[0] = term().raw;
    cell[1] = term().raw;
    return Term::cons(cell);
  }
  if (t == ObjectTag::kTrace) return trace();
  return boxed_object(t);
}

// An object of `size` payload words: some raw ones, the others terms that follow.
Term Thawer::terms(Subtag subtag, Word flags, Word size, Word first_words_count,
                   const Word* first_words) {
  if (size < first_words_count || size - first_words_count > bytes_.size() - at_) {
    return fail("an object is larger than the bytes"), Term::nil();
  }
  Word* box = heap_.allocate(size + 1);
  box[0] = make_header(subtag, size) | (flags << kHeaderFlagShift);
  std::copy(first_words, first_words + first_words_count, box + 1);
  for (Word i = first_words_count; i < size; ++i) box[1 + i] = term().raw;
  return Term::boxed(box);
}

Term Thawer::boxed_object(ObjectTag t) {
  const Word flags = number() & kHeaderFlagMask;
  switch (t) {
    case ObjectTag::kTerms: return terms(Subtag::kTuple, flags, number(), 0, nullptr);
    case ObjectTag::kRaw: return raw_object(flags);
    case ObjectTag::kBits: return bits(flags);
    case ObjectTag::kMap: return map(flags);
    case ObjectTag::kFun: return fun(flags);
    case ObjectTag::kExportFun: {
      const auto arity = static_cast<std::uint32_t>(number());
      const Term module = atom(), function = atom();
      if (!good()) return Term::nil();
      const auto cell = reinterpret_cast<Word>(code_.export_cell(module, function, arity));
      if (cell == 0) return fail("a fun that no code has"), Term::nil();
      return terms(Subtag::kExportFun, flags, 1, 1, &cell);
    }
    case ObjectTag::kAliasRef: {
      const Word id = number();
      return terms(Subtag::kAliasRef, flags, 2, 1, &id);
    }
    case ObjectTag::kTrap: {
      const Word size = number();
      std::vector<Word> raw{count()};
      for (Word left = raw[0]; left > 0; --left) raw.push_back(number());
      return terms(Subtag::kTrap, flags, size, raw.size(), raw.data());
    }
    default: return fail("an unknown kind of object"), Term::nil();
  }
}

Term Thawer::raw_object(Word flags) {
  const Word size = count();
  const auto subtag = tag<Subtag>();
  if (!good() || raw_words(subtag) != kAllRaw) return fail("not a raw object"), Term::nil();
  if ((flags << kHeaderFlagShift & kHeaderPositionBit) != 0 && !has_same_seed_) {
    return fail("it is enumerating a large map"), Term::nil();
  }
  std::vector<Word> raw;
  for (Word i = 0; i < size; ++i) raw.push_back(number());
  return terms(subtag, flags, size, size, raw.data());
}

Term Thawer::bits(Word flags) {
  const std::uint64_t size_bits = number();
  const std::uint64_t size_bytes = size_bits / 8 + (size_bits % 8 != 0 ? 1 : 0);
  if (size_bytes > bytes_.size() - at_) return fail("the bytes end too soon"), Term::nil();
  const Term made = make_bits_copy(heap_, BitsView{bytes_.data() + at_, 0, size_bits});
  made.box()[0] |= flags << kHeaderFlagShift;
  at_ += size_bytes;
  return made;
}

Term Thawer::map(Word flags) {
  std::vector<MapPair> pairs(count());
  for (MapPair& pair : pairs) {
    pair.key = term();
    pair.value = term();
  }
  const Term made = map_from_pairs(MapContext{heap_, atoms_, seed_}, std::move(pairs));
  if (flags != 0) made.box()[0] |= flags << kHeaderFlagShift;
  return made;
}

Term Thawer::fun(Word flags) {
  FunEntry wanted;
  wanted.free_count = static_cast<std::uint32_t>(number());
  wanted.module = atom();
  wanted.index = static_cast<std::uint32_t>(number());
  wanted.arity = static_cast<std::uint32_t>(number());
  wanted.unique = number();
  const FunEntry* entry = good() ? code_.fun_entry(wanted) : nullptr;
  if (entry == nullptr) return fail("a fun of another version"), Term::nil();
  const auto word = reinterpret_cast<Word>(entry);
  return terms(Subtag::kFun, flags, Word{wanted.free_count} + 1, 1, &word);
}

Term Thawer::trace() {
  const Word size = count();
  if (size == 0) return fail("an empty trace"), Term::nil();
  Word* box = heap_.allocate(size + 1);
  box[0] = make_header(Subtag::kTuple, size) | kHeaderTraceBit;
  std::fill(box + 1, box + 1 + size, Term::nil().raw);
  box[1] = term().raw;
  for (Word i = 1; i < size; ++i) {
    const Word* address = place(false);
    const Term here = address == nullptr ? Term() : trace_place(code_, address);
    box[1 + i] = here.is_value() ? here.raw : kNoTracePlace.raw;
  }
  return Term::boxed(box);
}

// ---- the machine -------------------------------------------------------------------------------

const CodeBlock* Thawer::block_of(Term module, std::uint64_t hash) {
  (void)code_.load_if_missing(module);
  const ModuleVersions loaded = code_.versions(module);
  if (loaded.current != nullptr && loaded.current->hash == hash) return loaded.current;
  if (loaded.old != nullptr && loaded.old->hash == hash) return loaded.old;
  return nullptr;
}

// Null, and a failure if it must be there, where this node has no such place.
const Word* Thawer::place(bool must_be_there) {
  switch (tag<PlaceTag>()) {
    case PlaceTag::kBottom: return code_.process_end();
    case PlaceTag::kStart: return code_.process_start();
    case PlaceTag::kStub: {
      const Term module = atom(), function = atom();
      const auto arity = static_cast<std::uint32_t>(number());
      return good() ? code_.cell(module, function, arity)->stub : nullptr;
    }
    case PlaceTag::kCode: {
      const Term module = atom();
      const std::uint64_t hash = number(), function = number(), index = number();
      const CodeBlock* block = good() ? block_of(module, hash) : nullptr;
      const CodeBlock::Origin* origin = nullptr;
      if (block != nullptr) {
        origin = block->origin_at(static_cast<std::uint32_t>(function),
                                  static_cast<std::uint32_t>(index));
      }
      if (origin != nullptr) return block->words.data() + origin->offset;
      if (must_be_there && good()) {
        fail("no such code here: " + std::string(atoms_.text(module)));
      }
      return nullptr;
    }
    default:
      if (must_be_there) fail("an unknown place");
      return nullptr;
  }
}

// A descriptor of the same code that says the same; they stand behind the code, back to back.
const FrameDesc* Thawer::descriptor(const Word* ip) {
  if (ip == code_.process_start()) return code_.process_start_frame();
  const CodeBlock* block = code_.block_at(ip);
  if (block == nullptr) {
    return code_.cell_of_stub(ip) == nullptr ? nullptr
                                             : reinterpret_cast<const FrameDesc*>(ip + 3);
  }
  const std::uint64_t frame_words = number(), x_words = number();
  std::vector<Word> bits((frame_words + 63) / 64 + x_words <= 64 ? (frame_words + 63) / 64 + x_words
                                                                 : 0);
  for (Word& word : bits) word = number();
  const Word* handler = number() != 0 ? place(true) : nullptr;
  const Word* const end = block->words.data() + block->words.size();
  for (const Word* at = block->words.data() + block->functions.back().end; at < end;) {
    const auto* frame = reinterpret_cast<const FrameDesc*>(at);
    const Word* const rest = at + 1;
    at = rest + frame->x_words + (frame->frame_words + 63) / 64;
    if (frame->frame_words == frame_words && frame->x_words == x_words &&
        frame->handler_address() == handler && std::equal(bits.begin(), bits.end(), rest)) {
      return frame;
    }
  }
  return nullptr;
}

void Thawer::frames(const FrameDesc* frame) {
  while (good()) {
    if (number() != frame->frame_words) return fail("a frame of another size");
    for (unsigned i = 0; i < frame->frame_words; ++i) stack_.push_back(root().raw);
    const Word* back = place(true);
    stack_.push_back(reinterpret_cast<Word>(back));
    if (!good() || back == code_.process_end()) return;
    frame = frame_of_return(back);
  }
}

void Thawer::machine() {
  const std::uint64_t saved_x = count();
  if (saved_x > 255) return fail("too many registers");
  for (std::uint64_t i = 0; i < saved_x; ++i) stack_.push_back(root().raw);
  const Word* ip = place(true);
  const FrameDesc* frame = good() ? descriptor(ip) : nullptr;
  if (frame == nullptr) return fail("no such frame here");
  stack_.push_back(reinterpret_cast<Word>(frame));
  stack_.push_back(reinterpret_cast<Word>(ip));
  frames(frame);
  process_->saved_x = static_cast<std::uint16_t>(saved_x);
  process_->set_flag(process_flag::kSaved);
}

// ---- the rest ----------------------------------------------------------------------------------

void Thawer::mail() {
  const std::uint64_t messages = count(), scanned = number();
  for (std::uint64_t i = 0; i < messages && good(); ++i) {
    const auto cause = static_cast<std::uint32_t>(number());
    Fragment* message = make_message(space_, MessageKind::kMessage, root(), cause);
    message->next = nullptr;
    *process_->queue_tail = message;
    process_->queue_tail = &message->next;
    if (i < scanned) process_->scan = &message->next;
    --process_->removed;  // counted, though it was never pushed
  }
}

void Thawer::extension() {
  if (number() == 0) return;
  ProcessExtension& e = space_.extension(*process_);
  e.dictionary.resize(count());
  for (DictionaryEntry& entry : e.dictionary) {
    entry.key = root();
    entry.value = root();
  }
  e.label = root();
  e.parent = root();
  e.initial_module = root();
  e.initial_function = root();
  e.initial_arity = static_cast<std::uint32_t>(number());
  e.reductions_total = number();
  e.min_heap_words = number();
  e.max_heap_words = number();
}

// Gives the process its block, its fragments and its timer.
void Thawer::settle_in() {
  Process& p = *process_;
  const HeapBlock block = allocate_block(stack_.size() + kSpareWords);
  p.block = block.words;
  p.size_words = static_cast<std::uint32_t>(block.size);
  p.top_words = 0;
  p.stack_words = static_cast<std::uint32_t>(block.size - stack_.size());
  std::copy(stack_.begin(), stack_.end(), p.block + p.stack_words);
  p.fragments = heap_.take_fragments();
  if (heap_.off_heap() != nullptr) {
    space_.extension(p).off_heap = heap_.off_heap();
    space_.extension(p).off_heap_bytes = heap_.off_heap_bytes();
  }
}

// As a process that ended at once.
void Thawer::give_up() {
  Process& p = *process_;
  ProcessExtension& e = space_.extension(p);
  e.off_heap = heap_.off_heap();
  p.extension.store(nullptr, std::memory_order_relaxed);
  delete &e;
  free_fragments(p.queue_head);
  p.queue_head = nullptr;
  for (Fragment* f = heap_.take_fragments(); f != nullptr;) {
    Fragment* next = f->next;
    std::free(f);  // its blobs were on the off-heap list
    f = next;
  }
  space_.release_slot(p);
}

std::expected<Process*, std::string> Thawer::run() {
  process_ = space_.allocate();
  if (process_ == nullptr) return std::unexpected("the node's limit of processes is reached");
  self_ = space_.pid_of(*process_);
  if (number() != kVersion) fail("another version of the format");
  has_same_seed_ = number() == seed_;
  const std::uint64_t priority = number() & 3;
  process_->flags = static_cast<std::uint16_t>(number() & ~process_flag::kHasMarkers);
  process_->cause = static_cast<std::uint32_t>(number());
  if (process_->has_flag(process_flag::kTimerSet)) timer_left_ms_ = number();
  if (timer_left_ms_.value_or(0) > std::uint64_t{kReceiveMsMax}) {
    fail("a time-out longer than a receive waits");
  }
  process_->group_leader.store(root().raw, std::memory_order_relaxed);
  extension();
  mail();
  machine();
  if (good() && timer_left_ms_ &&
      !space_.scheduler->arm_receive_timer(*process_, *timer_left_ms_)) {
    fail("there are too many timers");
  }
  if (!good()) {
    give_up();
    return std::unexpected(error_);
  }
  settle_in();
  // Release: who finds the process sees all of the above.
  process_->state.store(static_cast<std::uint32_t>(ProcessState::kRunnable) |
                            (static_cast<std::uint32_t>(priority) << state_bit::kPriorityShift),
                        std::memory_order_release);
  return process_;
}

}  // namespace

std::expected<Process*, std::string> thaw_process(const Services& services,
                                                  std::span<const std::uint8_t> bytes) {
  return Thawer(services, bytes).run();
}

}  // namespace parley
