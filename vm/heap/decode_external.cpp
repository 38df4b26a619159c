// Decoding: terms are made from the outside in. A task is a row of words that still have to be
// filled; a map is a row of keys and values outside the heap that becomes a map when it is full.
#include "vm/heap/decode_external.h"

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "vm/base/work_list.h"
#include "vm/heap/make_bits.h"
#include "vm/heap/make_integer.h"

namespace parley {

std::string_view describe(DecodeError error) {
  switch (error) {
    case DecodeError::kMalformed: return "not a term in the external format";
    case DecodeError::kTruncated: return "the bytes end inside a term";
    case DecodeError::kAtomLimit: return "the atom table is full";
    case DecodeError::kNewAtom: return "an atom that does not exist yet";
    case DecodeError::kTooLarge: return "an integer that is too large";
    case DecodeError::kFunLimit: return "a fun that no code has, or too many that are not loaded";
  }
  return "";
}

namespace {

using namespace external;

// Code points of a UTF-8 text; SIZE_MAX: it is not UTF-8.
std::size_t count_utf8(std::span<const std::uint8_t> text) {
  const BitsView view{text.data(), 0, text.size() * 8};
  std::size_t count = 0;
  for (std::uint64_t at = 0; at < view.size_bits; ++count) {
    const auto c = read_utf8(view, at);
    if (!c) return SIZE_MAX;
    at += c->size_bits;
  }
  return count;
}

class Decoder {
 public:
  Decoder(Heap& heap, AtomTable& atoms, std::span<const std::uint8_t> bytes,
          const DecodeOptions& options)
      : heap_(heap), atoms_(atoms), options_(options), bytes_(bytes) {}

  std::expected<Decoded, DecodeError> run() {
    Word root = kTagNil;
    push(&root, 1);
    while (!todo_.empty() && !error_) {
      Task& task = todo_.top();
      if (task.count == 0) {
        if (task.kind == Kind::kMap) finish_map(task.slot);
        todo_.pop();
        continue;
      }
      Word* const slot = task.slot;
      --task.count;
      --promised_;
      if (task.kind == Kind::kMap) {
        read_term(&maps_.back()[maps_.back().size() - task.count - 1]);
        continue;
      }
      task.slot += task.stride;
      if (task.count == 0) todo_.pop();  // before the last: a long chain keeps no tasks
      read_term(slot);
    }
    if (error_) return std::unexpected(*error_);
    return Decoded{Term(root), at_};
  }

 private:
  enum class Kind : std::uint8_t { kTerms, kMap };
  struct Task {
    Word* slot;  // kTerms: the next to fill; kMap: where the map goes
    Word count;  // still to fill
    std::uint8_t stride;
    Kind kind;
  };

  void fail(DecodeError error) {
    if (!error_) error_ = error;
  }
  std::size_t left() const { return bytes_.size() - at_; }
  bool has(std::uint64_t count) {
    if (count <= left()) return true;
    fail(DecodeError::kTruncated);
    return false;
  }
  // Big endian; 0 after a failure.
  std::uint64_t read_number(unsigned size) {
    if (!has(size)) return 0;
    std::uint64_t value = 0;
    for (unsigned i = 0; i < size; ++i) value = (value << 8) | bytes_[at_++];
    return value;
  }
  std::span<const std::uint8_t> read_bytes(std::uint64_t count) {
    if (!has(count)) return {};
    at_ += count;
    return bytes_.subspan(at_ - count, count);
  }
  void push(Word* slot, Word count, std::uint8_t stride = 1) {
    if (count == 0) return;
    promised_ += count;
    todo_.push({slot, count, stride, Kind::kTerms});
  }
  // Room for `count` more terms is made only if the bytes left can hold them, at one byte each,
  // besides those that were promised before: so all room is in proportion to the bytes.
  bool can_promise(std::uint64_t count) { return has(promised_ + count); }

  void read_term(Word* slot) {
    *slot = kTagNil;  // never undefined, even after a failure
    const auto tag = static_cast<std::uint8_t>(read_number(1));
    if (error_) return;
    switch (tag) {
      case kSmallInteger:
        *slot = Term::small(static_cast<std::int64_t>(read_number(1))).raw;
        return;
      case kInteger:
        *slot = Term::small(static_cast<std::int32_t>(read_number(4))).raw;
        return;
      case kSmallBig: return read_big(slot, read_number(1));
      case kLargeBig: return read_big(slot, read_number(4));
      case kNewFloat: return put_float(slot, std::bit_cast<double>(read_number(8)));
      case kFloatText: return read_float_text(slot);
      case kNil: return;
      case kSmallTuple: return read_tuple(slot, read_number(1));
      case kLargeTuple: return read_tuple(slot, read_number(4));
      case kString: return read_string(slot);
      case kList: return read_list(slot);
      case kMap: return read_map(slot);
      case kBinary:
      case kBitBinary: return read_bits(slot, tag);
      case kNewPid: *slot = read_pid().raw; return;
      case kNewerReference: return read_reference(slot);
      case kV4Port: return read_port(slot);
      case kExport: return read_export(slot);
      case kNewFun: return read_fun(slot);
      default:
        --at_;
        *slot = read_atom().raw;
    }
  }

  Term read_atom() {
    const auto tag = static_cast<std::uint8_t>(read_number(1));
    const bool latin1 = tag == kAtomLatin1 || tag == kSmallAtomLatin1;
    if (!latin1 && tag != kAtomUtf8 && tag != kSmallAtomUtf8) {
      fail(DecodeError::kMalformed);
      return Term::nil();
    }
    const bool small = tag == kSmallAtomLatin1 || tag == kSmallAtomUtf8;
    const auto raw = read_bytes(read_number(small ? 1 : 2));
    if (error_) return Term::nil();
    std::string text(reinterpret_cast<const char*>(raw.data()), raw.size());
    std::size_t characters = raw.size();
    if (latin1) {
      text.clear();
      for (const std::uint8_t c : raw) {
        std::uint8_t out[4];
        text.append(reinterpret_cast<const char*>(out), write_utf8(c, out));
      }
    } else {
      characters = count_utf8(raw);
    }
    if (characters > 255) {
      fail(DecodeError::kMalformed);
      return Term::nil();
    }
    const auto atom = options_.new_atoms == NewAtoms::kMake
                          ? atoms_.intern(text, options_.atom_use)
                          : atoms_.find(text);
    if (atom) return *atom;
    fail(options_.new_atoms == NewAtoms::kMake ? DecodeError::kAtomLimit : DecodeError::kNewAtom);
    return Term::nil();
  }

  void put_float(Word* slot, double value) {
    if (!std::isfinite(value)) return fail(DecodeError::kMalformed);
    *slot = make_float(heap_, value).raw;
  }

  void read_float_text(Word* slot) {
    const auto raw = read_bytes(31);
    if (error_) return;
    const auto* begin = reinterpret_cast<const char*>(raw.data());
    const auto* end = std::find(begin, begin + raw.size(), '\0');
    double value = 0;
    const auto result = std::from_chars(begin, end, value);
    if (result.ec != std::errc() || result.ptr != end) return fail(DecodeError::kMalformed);
    put_float(slot, value);
  }

  void read_big(Word* slot, std::uint64_t size) {
    const std::uint64_t sign = read_number(1);
    const auto raw = read_bytes(size);
    if (error_) return;
    std::vector<Word> limbs((raw.size() + 7) / 8);
    for (std::size_t i = 0; i < raw.size(); ++i) limbs[i / 8] |= Word{raw[i]} << (8 * (i % 8));
    const Term t = make_integer(heap_, sign != 0, limbs);
    if (!t.is_value()) return fail(DecodeError::kTooLarge);
    *slot = t.raw;
  }

  void read_tuple(Word* slot, std::uint64_t arity) {
    if (error_ || !can_promise(arity)) return;
    Word* box = heap_.allocate(1 + arity);
    box[0] = make_header(Subtag::kTuple, arity);
    *slot = Term::boxed(box).raw;
    push(box + 1, arity);
  }

  // A row of cells whose heads and last tail are still to be filled.
  Word* make_cells(Word* slot, std::uint64_t count) {
    Word* cells = heap_.allocate(2 * count);
    for (std::uint64_t i = 0; i < count; ++i) {
      cells[2 * i] = kTagNil;
      cells[2 * i + 1] = i + 1 < count ? Term::cons(cells + 2 * (i + 1)).raw : kTagNil;
    }
    *slot = Term::cons(cells).raw;
    return cells;
  }

  void read_string(Word* slot) {
    const auto raw = read_bytes(read_number(2));
    if (error_ || raw.empty()) return;
    Word* cells = make_cells(slot, raw.size());
    for (std::size_t i = 0; i < raw.size(); ++i) cells[2 * i] = Term::small(raw[i]).raw;
  }

  void read_list(Word* slot) {
    const std::uint64_t count = read_number(4);
    if (error_ || !can_promise(count)) return;
    if (count == 0) return push(slot, 1);
    Word* cells = make_cells(slot, count);
    push(cells + 2 * count - 1, 1);
    push(cells, count, 2);
  }

  void read_map(Word* slot) {
    const std::uint64_t count = read_number(4);
    if (error_ || !can_promise(2 * count)) return;
    promised_ += 2 * count;
    maps_.emplace_back(2 * count, kTagNil);
    todo_.push({slot, 2 * count, 1, Kind::kMap});
  }

  void finish_map(Word* slot) {
    const std::vector<Word>& words = maps_.back();
    std::vector<MapPair> pairs;
    pairs.reserve(words.size() / 2);
    for (std::size_t i = 0; i < words.size(); i += 2) {
      pairs.push_back({Term(words[i]), Term(words[i + 1])});
    }
    const MapContext context{heap_, atoms_, options_.seed};
    *slot = map_from_pairs(context, std::move(pairs)).raw;
    if (map_size(Term(*slot)) * 2 != words.size()) fail(DecodeError::kMalformed);  // a key twice
    maps_.pop_back();
  }

  void read_bits(Word* slot, std::uint8_t tag) {
    const std::uint64_t size = read_number(4);
    const std::uint64_t last = tag == kBitBinary ? read_number(1) : 8;
    if (error_) return;
    const auto raw = read_bytes(size);
    if (error_) return;
    if (last == 0 || last > 8 || (size == 0 && last != 8)) return fail(DecodeError::kMalformed);
    *slot = make_bits_copy(heap_, {raw.data(), 0, size * 8 - (8 - last)}).raw;
  }

  void read_node() {
    if (read_atom() != kAtom_nonode_at_nohost) fail(DecodeError::kMalformed);
  }

  // After its tag.
  Term read_pid() {
    read_node();
    const std::uint64_t slot = read_number(4), generation = read_number(4);
    read_number(4);
    if (slot >= 1u << 28) fail(DecodeError::kMalformed);
    if (error_) return Term::nil();
    return Term::pid(static_cast<std::uint32_t>(slot), static_cast<std::uint32_t>(generation));
  }

  void read_reference(Word* slot) {
    const std::uint64_t words = read_number(2);
    read_node();
    read_number(4);
    const std::uint64_t low = read_number(4), high = read_number(4);
    const std::uint64_t third = words >= 4 ? read_number(4) : 0;
    const std::uint64_t fourth = words >= 4 ? read_number(4) : 0;
    const std::uint64_t fifth = words == 5 ? read_number(4) : 1;
    if (error_) return;
    if ((words != 2 && words != 4 && words != 5) || (words == 4 && third >= 1u << 28) ||
        fifth != 1) {
      return fail(DecodeError::kMalformed);
    }
    const Subtag subtag = words == 2   ? Subtag::kRef
                          : words == 5 ? Subtag::kTimerRef
                                       : Subtag::kAliasRef;
    Word* box = heap_.allocate(words == 2 ? 2 : 3);
    box[0] = make_header(subtag, words == 2 ? 1 : 2);
    box[1] = (high << 32) | low;
    if (words == 4) {
      box[2] = Term::pid(static_cast<std::uint32_t>(third), static_cast<std::uint32_t>(fourth)).raw;
    }
    if (words == 5) box[2] = (fourth << 32) | third;
    *slot = Term::boxed(box).raw;
  }

  void read_port(Word* slot) {
    read_node();
    const std::uint64_t handle = read_number(8);
    read_number(4);
    if (handle >> 57 != 0) fail(DecodeError::kMalformed);
    if (!error_) *slot = Term::socket(handle).raw;
  }

  void read_export(Word* slot) {
    const Term module = read_atom(), function = read_atom();
    if (read_number(1) != kSmallInteger) fail(DecodeError::kMalformed);
    const std::uint64_t arity = read_number(1);
    if (options_.funs == nullptr) fail(DecodeError::kMalformed);
    if (error_) return;
    const ExportCell* cell =
        options_.funs->export_cell(module, function, static_cast<std::uint32_t>(arity));
    if (cell == nullptr) return fail(DecodeError::kFunLimit);
    Word* box = heap_.allocate(2);
    box[0] = make_header(Subtag::kExportFun, 1);
    box[1] = reinterpret_cast<Word>(cell);
    *slot = Term::boxed(box).raw;
  }

  // A small integer of the format: the old index and hash of a fun, which nothing uses.
  void skip_integer() {
    const std::uint64_t tag = read_number(1);
    if (tag != kSmallInteger && tag != kInteger) fail(DecodeError::kMalformed);
    read_number(tag == kSmallInteger ? 1 : 4);
  }

  void read_fun(Word* slot) {
    FunEntry wanted;
    read_number(4);
    wanted.arity = static_cast<std::uint32_t>(read_number(1));
    wanted.unique = read_number(8);
    read_number(8);
    wanted.index = static_cast<std::uint32_t>(read_number(4));
    wanted.free_count = static_cast<std::uint32_t>(read_number(4));
    wanted.module = read_atom();
    skip_integer();
    skip_integer();
    if (read_number(1) != kNewPid) fail(DecodeError::kMalformed);
    read_pid();
    if (options_.funs == nullptr) fail(DecodeError::kMalformed);
    if (error_ || !can_promise(wanted.free_count)) return;
    const FunEntry* entry = options_.funs->fun_entry(wanted);
    if (entry == nullptr) return fail(DecodeError::kFunLimit);
    Word* box = heap_.allocate(2 + wanted.free_count);
    box[0] = make_header(Subtag::kFun, 1 + wanted.free_count);
    box[1] = reinterpret_cast<Word>(entry);
    *slot = Term::boxed(box).raw;
    push(box + 2, wanted.free_count);
  }

  Heap& heap_;
  AtomTable& atoms_;
  const DecodeOptions& options_;
  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
  std::uint64_t promised_ = 0;  // terms that tasks still have to fill
  std::optional<DecodeError> error_;
  WorkList<Task> todo_;
  std::vector<std::vector<Word>> maps_;  // being filled, innermost last
};

// zlib's best ratio is 1032 to 1: a larger size that is claimed is a lie.
constexpr std::uint64_t kInflationMax = 1032;

}  // namespace

std::expected<Inflated, DecodeError> inflate_external(std::span<const std::uint8_t> bytes) {
  constexpr std::size_t kHead = 6;  // version, tag, size
  if (bytes.size() < kHead) return std::unexpected(DecodeError::kTruncated);
  std::uint64_t size = 0;
  for (std::size_t i = 2; i < kHead; ++i) size = (size << 8) | bytes[i];
  bytes = bytes.subspan(kHead);
  if (size > bytes.size() * kInflationMax + 64) return std::unexpected(DecodeError::kMalformed);
  Inflated inflated{std::vector<std::uint8_t>(size), 0};
  uLongf inflated_size = size;
  uLong used = bytes.size();
  if (uncompress2(inflated.bytes.data(), &inflated_size, bytes.data(), &used) != Z_OK ||
      inflated_size != size) {
    return std::unexpected(DecodeError::kMalformed);
  }
  inflated.used_bytes = kHead + used;
  return inflated;
}

std::expected<Decoded, DecodeError> decode_external_term(Heap& heap, AtomTable& atoms,
                                                         std::span<const std::uint8_t> bytes,
                                                         const DecodeOptions& options) {
  return Decoder(heap, atoms, bytes, options).run();
}

std::expected<Decoded, DecodeError> decode_external(Heap& heap, AtomTable& atoms,
                                                    std::span<const std::uint8_t> bytes,
                                                    const DecodeOptions& options) {
  if (bytes.size() < 2) return std::unexpected(DecodeError::kTruncated);
  if (bytes[0] != kVersion) return std::unexpected(DecodeError::kMalformed);
  if (bytes[1] == kCompressed) {
    const auto inflated = inflate_external(bytes);
    if (!inflated) return std::unexpected(inflated.error());
    auto decoded = decode_external_term(heap, atoms, inflated->bytes, options);
    if (decoded) decoded->used_bytes = inflated->used_bytes;
    return decoded;
  }
  auto decoded = decode_external_term(heap, atoms, bytes.subspan(1), options);
  if (decoded) ++decoded->used_bytes;
  return decoded;
}

}  // namespace parley
