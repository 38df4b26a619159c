// Encoding: depth first, with an explicit stack of what is still to be written.
#include "vm/term/external.h"

#include <algorithm>
#include <bit>
#include <string_view>

#include "vm/term/bits.h"
#include "vm/term/fun.h"
#include "vm/term/integer.h"
#include "vm/term/map_cursor.h"

namespace parley {

using namespace external;

namespace {

constexpr std::size_t kStringMax = 0xFFFF;
// Of a large bit string so many bytes are copied in a step.
constexpr std::uint64_t kBitsStepBytes = std::uint64_t{1} << 14;

}  // namespace

bool ExternalEncoder::run(std::size_t bytes_max) {
  const std::size_t end = out_.size() + std::min(bytes_max, SIZE_MAX - out_.size());
  while (!todo_.empty()) {
    step();
    if (out_.size() >= end) return todo_.empty();
  }
  return true;
}

void ExternalEncoder::step() {
  Task& task = todo_.top();
  switch (task.kind) {
    case Kind::kTerms:
    case Kind::kNode: {
      const Term next(task.object.address()[task.at++]);
      const bool is_node = task.kind == Kind::kNode;
      if (--task.left == 0) todo_.pop();
      if (!is_node) return put_term(next);
      // A trie's pairs, child by child. Its nodes are at most kHashLevels + 1 deep.
      if (next.is_cons()) return push_words(next, 0, 2);
      return push_words(next, 2, HashNodeView(next).count, Kind::kNode);
    }
    case Kind::kFlatMap: {
      const Term map = task.object;
      const Word i = task.at++;
      if (task.at == 2 * map_size(map)) todo_.pop();
      const Word* words = i % 2 == 0 ? flat_map_key_words(map) : flat_map_value_words(map);
      return put_term(Term(words[i / 2]));
    }
    case Kind::kList: return step_list(task);
    case Kind::kBits: return step_bits(task);
    case Kind::kFunEnd: {  // the size counts itself and all up to here
      const Word place = todo_.pop().at;
      return patch(place, static_cast<std::uint32_t>(position() - place));
    }
  }
}

void ExternalEncoder::step_list(Task& task) {
  const Term rest = task.object;
  if (rest.is_cons()) {
    task.object = rest.tail();
    ++task.at;
    return put_term(rest.head());
  }
  const Task done = todo_.pop();
  if (done.left != kKnown) patch(done.left, static_cast<std::uint32_t>(done.at));
  put_term(rest);
}

void ExternalEncoder::step_bits(Task& task) {
  const BitsView view = bits_view(task.object);
  const std::uint64_t bytes = std::min(view.size_bytes() - task.at, kBitsStepBytes);
  const std::uint64_t bits = std::min(view.size_bits - 8 * task.at, 8 * bytes);
  const std::size_t start = out_.size();
  out_.resize(start + bytes);
  copy_bits(view.bytes, view.bit_offset + 8 * task.at, out_.data() + start, 0, bits);
  task.at += bytes;
  if (task.at == view.size_bytes()) todo_.pop();
}

void ExternalEncoder::put_big_endian(std::uint64_t value, unsigned bytes) {
  const std::size_t at = out_.size();
  out_.resize(at + bytes);
  std::uint8_t* p = out_.data() + at;
  while (bytes > 0) *p++ = static_cast<std::uint8_t>(value >> (8 * --bytes));
}

void ExternalEncoder::patch(Word place, std::uint32_t value) {
  if (place < written_) return patches_.push_back({place, value});
  for (unsigned i = 0; i < 4; ++i) {
    out_[place - written_ + i] = static_cast<std::uint8_t>(value >> (8 * (3 - i)));
  }
}

void ExternalEncoder::put_term(Term t) {
  if (t.is_small()) return put_integer(t);
  if (t.is_cons()) return put_list(t);
  if (t.is_boxed()) return put_boxed(t);
  if (t.is_immediate_double()) return put_float(t.immediate_double());
  if (t.is_atom()) return put_atom(t);
  if (t.is_nil()) return put(kNil);
  if (t.is_pid()) return put_pid(t);
  put(kV4Port);
  put_atom(kAtom_nonode_at_nohost);
  put_big_endian(t.socket_handle(), 8);
  put_big_endian(0, 4);
}

void ExternalEncoder::put_integer(Term t) {
  if (t.is_small()) {
    const std::int64_t v = t.small_value();
    if (v >= 0 && v < 256) {
      put(kSmallInteger);
      return put(static_cast<std::uint8_t>(v));
    }
    if (v >= INT32_MIN && v <= INT32_MAX) {
      put(kInteger);
      return put_big_endian(static_cast<std::uint64_t>(v), 4);
    }
  }
  const IntegerView view(t);
  const std::uint64_t bytes = (view.bit_length() + 7) / 8;
  put(bytes < 256 ? kSmallBig : kLargeBig);
  put_big_endian(bytes, bytes < 256 ? 1 : 4);
  put(view.negative ? 1 : 0);
  for (std::uint64_t i = 0; i < bytes; ++i) {
    put(static_cast<std::uint8_t>(view.limbs[i / 8] >> (8 * (i % 8))));
  }
}

void ExternalEncoder::put_float(double value) {
  put(kNewFloat);
  put_big_endian(std::bit_cast<std::uint64_t>(value), 8);
}

void ExternalEncoder::put_atom(Term t) {
  const std::string_view text = atoms_.text(t);
  const bool small = text.size() < 256;
  put(small ? kSmallAtomUtf8 : kAtomUtf8);
  put_big_endian(text.size(), small ? 1 : 2);
  out_.insert(out_.end(), text.begin(), text.end());
}

void ExternalEncoder::put_pid(Term t) {
  put(kNewPid);
  put_atom(kAtom_nonode_at_nohost);
  put_big_endian(t.pid_slot(), 4);
  put_big_endian(t.pid_generation(), 4);
  put_big_endian(0, 4);
}

void ExternalEncoder::put_list(Term t) {
  // Of the elements that lead, how many are bytes; a long list is not counted in one go.
  std::uint64_t count = 0, bytes = 0;
  Term rest = t;
  for (; rest.is_cons() && count <= kStringMax; rest = rest.tail(), ++count) {
    if (bytes == count && rest.head().is_small() && rest.head().raw <= Word{255} << 2) ++bytes;
  }
  if (rest.is_nil() && bytes == count && count <= kStringMax) {
    put(kString);
    put_big_endian(count, 2);
    for (; t.is_cons(); t = t.tail()) put(static_cast<std::uint8_t>(t.head().small_value()));
    return;
  }
  put(kList);
  const bool known = !rest.is_cons();
  todo_.push({t, 0, known ? kKnown : position(), Kind::kList});
  put_big_endian(known ? count : 0, 4);
}

void ExternalEncoder::put_bits(Term t) {
  const BitsView view = bits_view(t);
  const std::uint64_t bytes = view.size_bytes();
  put(view.whole_bytes() ? kBinary : kBitBinary);
  put_big_endian(bytes, 4);
  if (!view.whole_bytes()) put(static_cast<std::uint8_t>(view.size_bits & 7));
  if (bytes == 0) return;
  if (bytes > kBitsStepBytes) return todo_.push({t, 0, 0, Kind::kBits});
  const std::size_t start = out_.size();
  out_.resize(start + bytes);
  copy_bits(view.bytes, view.bit_offset, out_.data() + start, 0, view.size_bits);
}

void ExternalEncoder::put_map(Term t) {
  put(kMap);
  put_big_endian(map_size(t), 4);
  if (!is_flat_map(t)) {
    const Term root = hash_map_root(t);
    return push_words(root, 2, HashNodeView(root).count, Kind::kNode);
  }
  if (map_size(t) != 0) todo_.push({t, 0, 0, Kind::kFlatMap});
}

void ExternalEncoder::put_fun(Term t) {
  const FunEntry& entry = fun_entry(t);
  put(kNewFun);
  const Word start = position();
  put_big_endian(0, 4);  // the size: known when the free variables are written
  put(static_cast<std::uint8_t>(entry.arity));
  put_big_endian(entry.unique, 8);
  put_big_endian(0, 8);
  put_big_endian(entry.index, 4);
  put_big_endian(entry.free_count, 4);
  put_atom(entry.module);
  put_integer(Term::small(entry.index));
  put_integer(Term::small(static_cast<std::int64_t>(entry.unique & 0x7FFFFFF)));
  put_pid(Term::pid(0, 0));
  todo_.push({Term::nil(), start, 0, Kind::kFunEnd});
  push_words(t, 2, entry.free_count);
}

// 2 words: plain; 4: an alias and its owner; 5: a timer, its place, and a word to tell it by.
void ExternalEncoder::put_reference(Term t) {
  const Word* box = t.box();
  const Subtag subtag = header_subtag(box[0]);
  const unsigned words = subtag == Subtag::kRef ? 2 : subtag == Subtag::kTimerRef ? 5 : 4;
  put(kNewerReference);
  put_big_endian(words, 2);
  put_atom(kAtom_nonode_at_nohost);
  put_big_endian(0, 4);
  put_big_endian(box[1], 4);
  put_big_endian(box[1] >> 32, 4);
  if (words == 5) {
    put_big_endian(box[2], 4);
    put_big_endian(box[2] >> 32, 4);
    put_big_endian(1, 4);
  }
  if (words == 4) {
    put_big_endian(Term(box[2]).pid_slot(), 4);
    put_big_endian(Term(box[2]).pid_generation(), 4);
  }
}

void ExternalEncoder::put_boxed(Term t) {
  const Word* box = t.box();
  switch (header_subtag(box[0])) {
    case Subtag::kTuple: {
      const Word arity = t.arity();
      put(arity < 256 ? kSmallTuple : kLargeTuple);
      put_big_endian(arity, arity < 256 ? 1 : 4);
      return push_words(t, 1, arity);
    }
    case Subtag::kFloat: return put_float(float_value(t));
    case Subtag::kBigPositive:
    case Subtag::kBigNegative: return put_integer(t);
    case Subtag::kHeapBits:
    case Subtag::kBlobBits:
    case Subtag::kSliceBits: return put_bits(t);
    case Subtag::kFun: return put_fun(t);
    case Subtag::kExportFun:
      put(kExport);
      put_atom(export_cell(t).module);
      put_atom(export_cell(t).function);
      return put_integer(Term::small(export_cell(t).arity));
    case Subtag::kRef:
    case Subtag::kAliasRef:
    case Subtag::kTimerRef: return put_reference(t);
    case Subtag::kFlatMap:
    case Subtag::kHashMap: return put_map(t);
    default: PARLEY_UNREACHABLE("internal objects are not sent");
  }
}

void encode_external(std::vector<std::uint8_t>& out, Term term, const AtomTable& atoms) {
  ExternalEncoder encoder(out, atoms);
  encoder.begin(term);
  encoder.run(SIZE_MAX);
}

}  // namespace parley
