// Writing a process out; freeze.h says what is written. Nothing recurses: terms may be deep.
#include "vm/node/freeze.h"

#include <algorithm>
#include <unordered_map>

#include "vm/code/code_index.h"
#include "vm/code/stack_trace.h"
#include "vm/node/freeze_format.h"
#include "vm/process/signal.h"
#include "vm/process/space.h"
#include "vm/term/bits.h"
#include "vm/term/fun.h"
#include "vm/term/map_cursor.h"

namespace parley {

using namespace frozen;

namespace {

class Freezer {
 public:
  Freezer(const Services& services, Process& process)
      : code_(*services.code),
        space_(*services.processes),
        atoms_(*services.atoms),
        seed_(services.hash_seed),
        process_(process),
        self_(space_.pid_of(process)) {}
  std::expected<std::vector<std::uint8_t>, std::string> run();

 private:
  void root(Term term);
  void term(Term term);
  void define(Term term);
  void define_box(Term term);
  void define_trace(Term term);
  void define_map(Term map);
  void children(Term term, std::vector<Term>& into) const;
  void atom(Term term);
  void place(const Word* address, bool exact);
  void descriptor(const FrameDesc* frame, const Word* ip);
  void machine();
  void frames(const FrameDesc* frame, const Word* sp);
  void mail();
  void extension();
  std::string refusal() const;

  const CodeIndex& code_;
  ProcessSpace& space_;
  const AtomTable& atoms_;
  std::uint64_t seed_;
  Process& process_;
  Term self_;
  ByteWriter out_;
  std::unordered_map<Word, std::uint64_t> atom_numbers_;
  std::unordered_map<Word, std::uint64_t> object_numbers_;  // by pointer
  std::vector<Term> work_;
  std::string error_;
};

// ---- terms -------------------------------------------------------------------------------------

void Freezer::atom(Term t) {
  const auto [found, is_new] = atom_numbers_.emplace(t.raw, atom_numbers_.size());
  out_.number(found->second);
  if (is_new) out_.text(atoms_.text(t));
}

// A term whose object, if it is one, has been defined.
void Freezer::term(Term t) {
  if (t.is_pointer()) {
    out_.tag(TermTag::kObject);
    out_.number(object_numbers_.at(t.raw));
  } else if (t.is_atom()) {
    out_.tag(TermTag::kAtom);
    atom(t);
  } else if (t == self_) {
    out_.tag(TermTag::kSelf);
  } else {
    out_.tag(TermTag::kWord);
    out_.number(t.raw);
  }
}

void Freezer::children(Term t, std::vector<Term>& into) const {
  if (t.is_cons()) {
    into.push_back(t.head());
    into.push_back(t.tail());
    return;
  }
  if (t.is_map()) {
    for (const MapPair& pair : map_pairs(t)) {
      into.push_back(pair.key);
      into.push_back(pair.value);
    }
    return;
  }
  if (t.is_bits()) return;
  const Word* box = t.box();
  const Word end = object_words(box[0]);
  for (Word i = first_term_word(box); i < end; ++i) into.push_back(Term(box[i]));
}

// Defines what the term is made of, children first, then writes the term.
void Freezer::root(Term t) {
  std::vector<Term> below;
  work_.push_back(t);
  while (!work_.empty()) {
    const Term next = work_.back();
    if (!next.is_pointer() || object_numbers_.contains(next.raw)) {
      work_.pop_back();
      continue;
    }
    below.clear();
    children(next, below);
    const std::size_t before = work_.size();
    for (const Term child : below) {
      if (child.is_pointer() && !object_numbers_.contains(child.raw)) work_.push_back(child);
    }
    if (work_.size() != before) continue;
    work_.pop_back();
    define(next);
    object_numbers_.emplace(next.raw, object_numbers_.size());
  }
  term(t);
}

void Freezer::define(Term t) {
  out_.tag(TermTag::kDefine);
  if (t.is_cons()) {
    out_.tag(ObjectTag::kCons);
    term(t.head());
    term(t.tail());
  } else if (t.is_tuple() && (t.header() & kHeaderTraceBit) != 0) {
    define_trace(t);
  } else {
    define_box(t);
  }
}

// A raw stack trace: what failed, then places as smalls that this node alone understands.
void Freezer::define_trace(Term t) {
  out_.tag(ObjectTag::kTrace);
  out_.number(t.arity());
  term(t.element(0));
  for (Word i = 1; i < t.arity(); ++i) place(address_of_trace_place(code_, t.element(i)), false);
}

void Freezer::define_map(Term map) {
  const std::vector<MapPair> pairs = map_pairs(map);
  out_.tag(ObjectTag::kMap);
  out_.number((map.header() >> kHeaderFlagShift) & kHeaderFlagMask);
  out_.number(pairs.size());
  for (const MapPair& pair : pairs) {
    term(pair.key);
    term(pair.value);
  }
}

void Freezer::define_box(Term t) {
  const Word* box = t.box();
  const Word flags = (box[0] >> kHeaderFlagShift) & kHeaderFlagMask;
  const Word size = header_size(box[0]);
  const auto begin = [&](ObjectTag tag, Word number) {
    out_.tag(tag);
    out_.number(flags);
    out_.number(number);
  };
  const auto terms_from = [&](Word first) {
    for (Word i = first; i <= size; ++i) term(Term(box[i]));
  };
  switch (header_subtag(box[0])) {
    case Subtag::kTuple:
      begin(ObjectTag::kTerms, size);
      terms_from(1);
      return;
    case Subtag::kFlatMap:
    case Subtag::kHashMap: define_map(t); return;
    case Subtag::kHeapBits:
    case Subtag::kBlobBits:
    case Subtag::kSliceBits: {
      const BitsView view = bits_view(t);
      begin(ObjectTag::kBits, view.size_bits);
      std::uint8_t* to = out_.room(view.size_bytes());
      copy_bits(view.bytes, view.bit_offset, to, 0, view.size_bits);
      return;
    }
    case Subtag::kFun: {
      const FunEntry& entry = fun_entry(t);
      begin(ObjectTag::kFun, entry.free_count);
      atom(entry.module);
      for (const std::uint64_t n : {std::uint64_t{entry.index}, std::uint64_t{entry.arity},
                                    entry.unique}) {
        out_.number(n);
      }
      terms_from(2);
      return;
    }
    case Subtag::kExportFun:
      begin(ObjectTag::kExportFun, export_cell(t).arity);
      atom(export_cell(t).module);
      atom(export_cell(t).function);
      return;
    case Subtag::kTrap:
      begin(ObjectTag::kTrap, size);
      out_.number(box[1]);
      for (Word i = 0; i < box[1]; ++i) out_.number(box[2 + i]);
      terms_from(2 + box[1]);
      return;
    case Subtag::kAliasRef:
      begin(ObjectTag::kAliasRef, box[1]);
      term(Term(box[2]));
      return;
    default:
      begin(ObjectTag::kRaw, size);
      out_.tag(header_subtag(box[0]));
      for (Word i = 1; i <= size; ++i) out_.number(box[i]);
      return;
  }
}

// ---- the machine -------------------------------------------------------------------------------

// `exact`: an instruction begins there. Else the address is inside of the one that is meant.
void Freezer::place(const Word* address, bool exact) {
  if (address == code_.process_end()) return out_.tag(PlaceTag::kBottom);
  if (address == code_.process_start()) return out_.tag(PlaceTag::kStart);
  if (const CallCell* cell = address == nullptr ? nullptr : code_.cell_of_stub(address)) {
    out_.tag(PlaceTag::kStub);
    atom(cell->module);
    atom(cell->function);
    return out_.number(cell->arity);
  }
  const CodeBlock* block = address == nullptr ? nullptr : code_.block_at(address);
  const CodeBlock::Origin* origin =
      block == nullptr ? nullptr : block->origin_of(block->offset_of(address));
  if (origin == nullptr || (exact && origin->offset != block->offset_of(address))) {
    if (exact) error_ = "an address on the stack is at no instruction";
    return out_.tag(PlaceTag::kUnknown);
  }
  out_.tag(PlaceTag::kCode);
  atom(block->module);
  out_.number(block->hash);
  out_.number(origin->function);
  out_.number(origin->index);
}

// Only what is alive and where the handler is: the reader looks for the same in its own code.
void Freezer::descriptor(const FrameDesc* frame, const Word* ip) {
  if (code_.block_at(ip) == nullptr) return;  // a stub has one
  const Word* handler = frame->handler_address();
  out_.number(frame->frame_words);
  out_.number(frame->x_words);
  const unsigned bits = frame->x_words + (frame->frame_words + 63u) / 64;
  for (unsigned i = 0; i < bits; ++i) out_.number(frame->x_bits()[i]);
  out_.number(handler != nullptr ? 1 : 0);
  if (handler != nullptr) place(handler, true);
}

void Freezer::frames(const FrameDesc* frame, const Word* sp) {
  for (;;) {
    out_.number(frame->frame_words);
    for (unsigned i = 0; i < frame->frame_words; ++i) {
      root(frame->y_alive(i) ? Term(sp[i]) : Term::nil());
    }
    sp += frame->frame_words;
    const auto* back = reinterpret_cast<const Word*>(*sp++);
    place(back, true);
    if (back == code_.process_end()) return;
    frame = frame_of_return(back);
  }
}

void Freezer::machine() {
  const Word* sp = process_.block + process_.stack_words;
  out_.number(process_.saved_x);
  for (unsigned i = 0; i < process_.saved_x; ++i) root(Term(*sp++));
  const auto* frame = reinterpret_cast<const FrameDesc*>(*sp++);
  const auto* ip = reinterpret_cast<const Word*>(*sp++);
  place(ip, true);
  descriptor(frame, ip);
  frames(frame, sp);
}

// ---- the rest ----------------------------------------------------------------------------------

void Freezer::mail() {
  std::uint64_t count = 0, scanned = 0;
  for (Fragment* f = process_.queue_head; f != nullptr; f = f->next) ++count;
  for (Fragment** at = &process_.queue_head; at != process_.scan; at = &(*at)->next) ++scanned;
  out_.number(count);
  out_.number(scanned);
  for (Fragment* f = process_.queue_head; f != nullptr; f = f->next) {
    out_.number(f->cause);
    root(Term(f->terms()[0]));
  }
}

void Freezer::extension() {
  ProcessExtension* e = process_.extension.load(std::memory_order_relaxed);
  out_.number(e != nullptr ? 1 : 0);
  if (e == nullptr) return;
  out_.number(e->dictionary.size());
  for (const DictionaryEntry& entry : e->dictionary) {
    root(entry.key);
    root(entry.value);
  }
  root(e->label);
  for (const Term t : {e->parent, e->initial_module, e->initial_function}) root(t);
  for (const std::uint64_t n : {std::uint64_t{e->initial_arity}, e->reductions_total,
                                std::uint64_t{e->min_heap_words},
                                std::uint64_t{e->max_heap_words}}) {
    out_.number(n);
  }
}

// Why the process cannot be written out; empty: it can.
std::string Freezer::refusal() const {
  const std::uint32_t state = process_.state.load(std::memory_order_acquire);
  if ((state & state_bit::kOwnsSockets) != 0) return "it owns sockets";
  if ((state & state_bit::kOwnsTables) != 0) return "it owns tables";
  if (space_.name_of(self_).is_atom()) return "it has a name";
  if (process_.has_flag(process_flag::kExamining)) return "it examines a message";
  const ProcessExtension* e = process_.extension.load(std::memory_order_relaxed);
  if (e == nullptr) return "";
  if (!e->suspenders.empty()) return "it is suspended";
  if (!e->suspending.empty()) return "it suspends others";
  if (!e->links.empty()) return "it has links";
  if (!e->monitors.empty() || !e->watchers.empty()) return "it has monitors";
  if (!e->aliases.empty()) return "it has aliases";
  return "";
}

std::expected<std::vector<std::uint8_t>, std::string> Freezer::run() {
  if (take_incoming(space_, process_)) return std::unexpected("it must exit");
  if (const std::string why = refusal(); !why.empty()) return std::unexpected(why);
  out_.number(kVersion);
  out_.number(seed_);
  out_.number((process_.state.load(std::memory_order_relaxed) & state_bit::kPriorityMask) >>
              state_bit::kPriorityShift);
  out_.number(process_.flags & ~process_flag::kHasMarkers);
  out_.number(process_.cause);
  if (process_.has_flag(process_flag::kTimerSet)) {
    // Nothing left: its time is out.
    out_.number(space_.scheduler->receive_timer_left_ms(process_).value_or(0));
  }
  root(Term(process_.group_leader.load(std::memory_order_relaxed)));
  extension();
  mail();
  machine();
  if (!error_.empty()) return std::unexpected(error_);
  return out_.take();
}

}  // namespace

std::expected<std::vector<std::uint8_t>, std::string> freeze_process(const Services& services,
                                                                     Process& process) {
  return Freezer(services, process).run();
}

}  // namespace parley
