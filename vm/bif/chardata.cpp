// Reading character data.
#include "vm/bif/chardata.h"

#include <algorithm>
#include <cstring>

namespace parley {

namespace {

std::optional<CodePoint> read_encoded(const BitsView& view, std::uint64_t at,
                                      TextEncoding encoding) {
  switch (encoding) {
    case TextEncoding::kLatin1: return CodePoint{byte_at(view, at), 8};
    case TextEncoding::kUtf8: return read_utf8(view, at);
    case TextEncoding::kUtf16Big: return read_utf16(view, at, Endian::kBig);
    case TextEncoding::kUtf16Little: return read_utf16(view, at, Endian::kLittle);
    case TextEncoding::kUtf32Big: return read_utf32(view, at, Endian::kBig);
    case TextEncoding::kUtf32Little: return read_utf32(view, at, Endian::kLittle);
  }
  return std::nullopt;
}

// Whether bytes that are no code point might be the start of one.
bool may_be_start(const std::uint8_t* bytes, unsigned count, TextEncoding encoding) {
  if (encoding == TextEncoding::kUtf8) {
    const unsigned first = bytes[0];
    const unsigned wanted = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || count >= wanted) return false;
    return std::all_of(bytes + 1, bytes + count, [](auto b) { return (b & 0xC0) == 0x80; });
  }
  if (encoding == TextEncoding::kLatin1) return false;
  const bool wide = encoding >= TextEncoding::kUtf32Big;
  if (count < (wide ? 4u : 2u)) return true;
  if (wide || count >= 4) return false;
  const unsigned high = bytes[encoding == TextEncoding::kUtf16Big ? 0 : 1];
  return high >= 0xD8 && high <= 0xDB;
}

}  // namespace

// Makes `data_` a list that begins with a code point, or a binary that is not empty. False: the
// end, or something that is not character data (then `data_` is neither a list nor a binary).
bool CharReader::enter() {
  for (;;) {
    if (data_.is_cons()) {
      const Term head = data_.head();
      if (head.is_small()) return true;
      tails_.push(data_.tail().raw);
      data_ = head;
      if (!data_.is_list() && !is_binary(data_)) return false;
    } else if (is_binary(data_)) {
      if (left_bits() != 0) return true;
      data_ = Term::nil();
    } else if (data_.is_nil()) {
      if (!tails_.empty()) {
        data_ = Term(tails_.pop());
      } else if (following_.is_cons()) {
        data_ = following_.head();
        following_ = following_.tail();
      } else {
        return false;
      }
      at_ = 0;
    } else {
      return false;
    }
    if (!is_binary(data_)) at_ = 0;
  }
}

CharReader::Status CharReader::next(std::uint32_t& c) {
  if (!enter()) return data_.is_nil() ? Status::kEnd : Status::kBad;
  if (!data_.is_cons()) return next_of_binary(c);
  const std::int64_t value = data_.head().small_value();
  const std::int64_t limit = encoding_ == TextEncoding::kLatin1 ? 256 : 0x110000;
  if (!is_code_point(value) || value >= limit) return Status::kInvalid;
  c = static_cast<std::uint32_t>(value);
  data_ = data_.tail();
  return Status::kCharacter;
}

CharReader::Status CharReader::next_of_binary(std::uint32_t& c) {
  const BitsView view = bits_view(data_);
  if (const auto read = read_encoded(view, at_, encoding_)) {
    c = read->value;
    at_ += read->size_bits;
    return Status::kCharacter;
  }
  std::uint8_t bytes[4] = {};
  const auto count = static_cast<unsigned>(std::min<std::uint64_t>(4, left_bits() / 8));
  for (unsigned i = 0; i < count; ++i) bytes[i] = byte_at(view, at_ + 8 * i);
  if (count == 4 || !may_be_start(bytes, count, encoding_)) return Status::kInvalid;
  std::copy_n(bytes, count, joined_);
  joined_bytes_ = count;
  data_ = Term::nil();
  return join_binaries(c);
}

// A binary ended inside a code point: the binaries that follow may complete it.
CharReader::Status CharReader::join_binaries(std::uint32_t& c) {
  for (;;) {
    if (!enter()) {
      if (!data_.is_nil()) return Status::kBad;
      unfinished_at_end_ = true;
      return Status::kIncomplete;
    }
    if (data_.is_cons()) return Status::kIncomplete;  // an integer completes nothing
    const std::uint8_t byte = byte_at(bits_view(data_), at_);
    joined_[joined_bytes_] = byte;
    const BitsView joined{joined_, 0, 8 * (joined_bytes_ + 1)};
    if (const auto read = read_encoded(joined, 0, encoding_)) {
      at_ += 8;
      joined_bytes_ = 0;
      c = read->value;
      return Status::kCharacter;
    }
    if (joined_bytes_ == 3 || !may_be_start(joined_, joined_bytes_ + 1, encoding_)) {
      return Status::kIncomplete;
    }
    ++joined_bytes_;
    at_ += 8;
  }
}

std::span<const std::uint8_t> CharReader::next_ascii(std::size_t count_max) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080u;
  if (encoding_ > TextEncoding::kUtf8 || !is_binary(data_)) return {};
  const BitsView view = bits_view(data_);
  if (!view.aligned()) return {};
  const std::uint8_t* const begin = view.bytes + at_ / 8;
  const std::size_t size = std::min<std::uint64_t>(count_max, left_bits() / 8);
  std::size_t count = 0;
  for (std::uint64_t word; count + sizeof word <= size; count += sizeof word) {
    std::memcpy(&word, begin + count, sizeof word);
    if ((word & kHighBits) != 0) break;
  }
  while (count < size && begin[count] < 0x80) ++count;
  at_ += 8 * count;
  return {begin, count};
}

Term CharReader::suspend(Term& following) {
  Term rest = data_;
  if (is_binary(data_) && at_ != 0) rest = make_slice(heap_, data_, at_, left_bits());
  std::vector<Word> tails;
  while (!tails_.empty()) tails.push_back(tails_.pop());
  following = following_;
  for (auto t = tails.rbegin(); t != tails.rend(); ++t) {
    following = make_cons(heap_, Term(*t), following);
  }
  return rest;
}

Term CharReader::rest(Shape shape) {
  Term rest = data_;
  if (is_binary(data_) && at_ != 0) rest = make_slice(heap_, data_, at_, left_bits());
  const bool more = !tails_.empty() || following_.is_cons();
  if (is_binary(rest) && bits_size(rest) == 0 && more) rest = Term::nil();
  while (!tails_.empty() || following_.is_cons()) {
    Term tail;
    if (!tails_.empty()) {
      tail = Term(tails_.pop());
    } else {
      tail = following_.head();
      following_ = following_.tail();
    }
    const bool keep = shape == Shape::kShort && tail.is_nil();
    if (!keep) rest = rest.is_nil() ? tail : make_cons(heap_, rest, tail);
  }
  return rest;
}

Term CharReader::unfinished() {
  return make_binary(heap_, std::span<const std::uint8_t>(joined_, joined_bytes_));
}

}  // namespace parley
