// Encoding: depth first, with an explicit stack of words still to be written.
#include "vm/term/external.h"

#include <bit>
#include <string_view>

#include "vm/base/work_list.h"
#include "vm/term/bits.h"
#include "vm/term/fun.h"
#include "vm/term/integer.h"
#include "vm/term/map_cursor.h"

namespace parley {

namespace {

using namespace external;

constexpr std::size_t kStringMax = 0xFFFF;

class Encoder {
 public:
  Encoder(std::vector<std::uint8_t>& out, const AtomTable& atoms) : out_(out), atoms_(atoms) {}

  void run(Term term) {
    put_term(term);
    while (!todo_.empty()) {
      Task& task = todo_.top();
      if (task.kind == Kind::kFunEnd) {
        write_fun_size(todo_.pop().left);
        continue;
      }
      if (task.kind == Kind::kList) {
        const Term rest(task.left);
        if (rest.is_cons()) {
          task.left = rest.tail().raw;
          put_term(rest.head());
        } else {
          todo_.pop();
          put_term(rest);
        }
        continue;
      }
      const Term next(*task.at++);
      if (--task.left == 0) todo_.pop();
      put_term(next);
    }
  }

 private:
  enum class Kind : std::uint8_t { kTerms, kList, kFunEnd };
  struct Task {
    const Word* at;  // kTerms: the next
    Word left;       // kTerms: how many; kList: the rest; kFunEnd: where the fun's size stands
    Kind kind;
  };

  void put(std::uint8_t byte) { out_.push_back(byte); }
  void put_big_endian(std::uint64_t value, unsigned bytes) {
    const std::size_t at = out_.size();
    out_.resize(at + bytes);
    std::uint8_t* p = out_.data() + at;
    while (bytes > 0) *p++ = static_cast<std::uint8_t>(value >> (8 * --bytes));
  }
  void push(const Word* at, Word count) {
    if (count != 0) todo_.push({at, count, Kind::kTerms});
  }

  void put_term(Term t) {
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

  void put_integer(Term t) {
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

  void put_float(double value) {
    put(kNewFloat);
    put_big_endian(std::bit_cast<std::uint64_t>(value), 8);
  }

  void put_atom(Term t) {
    const std::string_view text = atoms_.text(t);
    const bool small = text.size() < 256;
    put(small ? kSmallAtomUtf8 : kAtomUtf8);
    put_big_endian(text.size(), small ? 1 : 2);
    out_.insert(out_.end(), text.begin(), text.end());
  }

  void put_pid(Term t) {
    put(kNewPid);
    put_atom(kAtom_nonode_at_nohost);
    put_big_endian(t.pid_slot(), 4);
    put_big_endian(t.pid_generation(), 4);
    put_big_endian(0, 4);
  }

  void put_list(Term t) {
    std::uint64_t count = 0, bytes = 0;  // of the elements that lead, how many are bytes
    Term rest = t;
    for (; rest.is_cons(); rest = rest.tail(), ++count) {
      if (bytes == count && rest.head().is_small() && rest.head().raw <= Word{255} << 2) ++bytes;
    }
    if (rest.is_nil() && bytes == count && count <= kStringMax) {
      put(kString);
      put_big_endian(count, 2);
      for (; t.is_cons(); t = t.tail()) put(static_cast<std::uint8_t>(t.head().small_value()));
      return;
    }
    put(kList);
    put_big_endian(count, 4);
    todo_.push({nullptr, t.raw, Kind::kList});
  }

  void put_bits(Term t) {
    const BitsView view = bits_view(t);
    const std::uint64_t bytes = view.size_bytes();
    put(view.whole_bytes() ? kBinary : kBitBinary);
    put_big_endian(bytes, 4);
    if (!view.whole_bytes()) put(static_cast<std::uint8_t>(view.size_bits & 7));
    if (bytes == 0) return;
    const std::size_t start = out_.size();
    out_.resize(start + bytes);
    copy_bits(view.bytes, view.bit_offset, out_.data() + start, 0, view.size_bits);
  }

  void put_map(Term t) {
    put(kMap);
    put_big_endian(map_size(t), 4);
    if (is_flat_map(t)) {
      const Word* keys = flat_map_key_words(t);
      const Word* values = flat_map_value_words(t);
      for (Word i = map_size(t); i > 0; --i) {  // the first pair on top
        push(values + i - 1, 1);
        push(keys + i - 1, 1);
      }
    } else {
      push(t.box() + 2, 1);
    }
  }

  // A trie's pairs, child by child. The nodes of a trie are at most kHashLevels + 1 deep.
  void put_node(Term t) {
    const HashNodeView node(t);
    for (Word i = node.count; i > 0; --i) {
      const Term child(node.children[i - 1]);
      if (child.is_cons()) push(child.address(), 2);
      else push(node.children + i - 1, 1);
    }
  }

  void put_fun(Term t) {
    const FunEntry& entry = fun_entry(t);
    put(kNewFun);
    const std::size_t start = out_.size();
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
    todo_.push({nullptr, start, Kind::kFunEnd});
    push(fun_free_variables(t), entry.free_count);
  }

  // The size counts itself and all up to here.
  void write_fun_size(std::size_t start) {
    const std::uint64_t size = out_.size() - start;
    for (unsigned i = 0; i < 4; ++i) {
      out_[start + i] = static_cast<std::uint8_t>(size >> (8 * (3 - i)));
    }
  }

  void put_reference(Term t) {
    const Word* box = t.box();
    const Subtag subtag = header_subtag(box[0]);
    const unsigned words = subtag == Subtag::kRef ? 2 : subtag == Subtag::kTimerRef ? 3 : 4;
    put(kNewerReference);
    put_big_endian(words, 2);
    put_atom(kAtom_nonode_at_nohost);
    put_big_endian(0, 4);
    put_big_endian(box[1], 4);
    put_big_endian(box[1] >> 32, 4);
    if (words == 3) put_big_endian(1, 4);
    if (words == 4) {
      put_big_endian(Term(box[2]).pid_slot(), 4);
      put_big_endian(Term(box[2]).pid_generation(), 4);
    }
  }

  void put_boxed(Term t) {
    const Word* box = t.box();
    switch (header_subtag(box[0])) {
      case Subtag::kTuple: {
        const Word arity = t.arity();
        put(arity < 256 ? kSmallTuple : kLargeTuple);
        put_big_endian(arity, arity < 256 ? 1 : 4);
        return push(box + 1, arity);
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
      case Subtag::kHashNode: return put_node(t);
      default: PARLEY_UNREACHABLE("internal objects are not sent");
    }
  }

  std::vector<std::uint8_t>& out_;
  const AtomTable& atoms_;
  WorkList<Task> todo_;
};

}  // namespace

void encode_external(std::vector<std::uint8_t>& out, Term term, const AtomTable& atoms) {
  Encoder(out, atoms).run(term);
}

}  // namespace parley
