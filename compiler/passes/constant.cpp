// Constant terms and their external term format.
#include "compiler/passes/constant.h"

#include <bit>
#include <cstring>

namespace parley::compiler {

namespace {

void put_u8(std::vector<std::uint8_t>& out, unsigned value) {
  out.push_back(static_cast<std::uint8_t>(value));
}
void put_u16(std::vector<std::uint8_t>& out, unsigned value) {
  put_u8(out, value >> 8);
  put_u8(out, value & 255);
}
void put_u32(std::vector<std::uint8_t>& out, std::uint64_t value) {
  put_u16(out, static_cast<unsigned>(value >> 16) & 0xFFFF);
  put_u16(out, static_cast<unsigned>(value) & 0xFFFF);
}
void put_bytes(std::vector<std::uint8_t>& out, std::string_view bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void encode_magnitude(bool negative, std::string_view little_endian,
                      std::vector<std::uint8_t>& out) {
  std::size_t size = little_endian.size();
  while (size > 0 && little_endian[size - 1] == 0) --size;
  if (size < 256) {
    put_u8(out, 110);
    put_u8(out, static_cast<unsigned>(size));
  } else {
    put_u8(out, 111);
    put_u32(out, size);
  }
  put_u8(out, negative ? 1 : 0);
  put_bytes(out, little_endian.substr(0, size));
}

void encode_small(std::int64_t value, std::vector<std::uint8_t>& out) {
  if (value >= 0 && value < 256) {
    put_u8(out, 97);
    put_u8(out, static_cast<unsigned>(value));
  } else if (value >= INT32_MIN && value <= INT32_MAX) {
    put_u8(out, 98);
    put_u32(out, static_cast<std::uint32_t>(value));
  } else {
    const std::uint64_t magnitude =
        value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
    char bytes[8];
    std::memcpy(bytes, &magnitude, 8);
    encode_magnitude(value < 0, {bytes, 8}, out);
  }
}

}  // namespace

ConstantPool::ConstantPool() {
  nil_ = intern({ConstantKind::kNil});
  true_ = atom("true");
  false_ = atom("false");
}

Ref ConstantPool::intern(Constant constant) {
  std::string key;
  key.reserve(17 + constant.bytes.size() + constant.items.size() * 4);
  key.push_back(static_cast<char>(constant.kind));
  key.append(reinterpret_cast<const char*>(&constant.small), sizeof constant.small);
  key.append(constant.bytes);
  key.append(reinterpret_cast<const char*>(constant.items.data()), constant.items.size() * 4);
  const auto [at, added] =
      index_.try_emplace(std::move(key), static_cast<std::uint32_t>(constants_.size()));
  if (added) constants_.push_back(std::move(constant));
  return Ref::constant(at->second);
}

Ref ConstantPool::atom(std::string_view text) {
  return intern({ConstantKind::kAtom, 0, std::string(text)});
}

Ref ConstantPool::integer(std::int64_t value) {
  if (value >= kSmallMin && value <= kSmallMax) return intern({ConstantKind::kSmall, value});
  const std::uint64_t magnitude =
      value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  return integer(value < 0, {magnitude});
}

Ref ConstantPool::integer(bool negative, std::vector<std::uint64_t> magnitude) {
  while (!magnitude.empty() && magnitude.back() == 0) magnitude.pop_back();
  if (magnitude.empty()) return integer(0);
  if (magnitude.size() == 1 &&
      magnitude[0] <= static_cast<std::uint64_t>(kSmallMax) + (negative ? 1 : 0)) {
    const auto value = static_cast<std::int64_t>(magnitude[0]);
    return intern({ConstantKind::kSmall, negative ? -value : value});
  }
  std::string bytes(reinterpret_cast<const char*>(magnitude.data()), magnitude.size() * 8);
  return intern({ConstantKind::kBig, negative ? 1 : 0, std::move(bytes)});
}

Ref ConstantPool::real(double value) {
  const auto raw = std::bit_cast<std::uint64_t>(value);
  return intern({ConstantKind::kFloat, 0, std::string(reinterpret_cast<const char*>(&raw), 8)});
}

Ref ConstantPool::cons(Ref head, Ref tail) {
  return intern({ConstantKind::kCons, 0, {}, {head.bits, tail.bits}});
}

Ref ConstantPool::tuple(std::vector<std::uint32_t> items) {
  return intern({ConstantKind::kTuple, 0, {}, std::move(items)});
}

Ref ConstantPool::map(const std::vector<std::uint32_t>& pairs) {
  std::vector<std::uint32_t> unique;
  std::unordered_map<std::uint32_t, std::size_t> seen;
  for (std::size_t i = 0; i < pairs.size(); i += 2) {
    const auto [at, added] = seen.try_emplace(pairs[i], unique.size());
    if (added) {
      unique.push_back(pairs[i]);
      unique.push_back(pairs[i + 1]);
    } else {
      unique[at->second + 1] = pairs[i + 1];
    }
  }
  return intern({ConstantKind::kMap, 0, {}, std::move(unique)});
}

Ref ConstantPool::bits(std::string bytes, unsigned unused_bits) {
  return intern({ConstantKind::kBits, static_cast<std::int64_t>(unused_bits), std::move(bytes)});
}

Ref ConstantPool::string(std::string_view utf8) {
  std::vector<std::uint32_t> points;
  for (std::size_t at = 0; at < utf8.size();) points.push_back(ast::next_code_point(utf8, at));
  Ref list = nil_;
  for (std::size_t i = points.size(); i-- > 0;) list = cons(integer(points[i]), list);
  return list;
}

bool ConstantPool::is_atom(Ref ref, std::string_view text) const {
  return ref.is_constant() && (*this)[ref].kind == ConstantKind::kAtom &&
         (*this)[ref].bytes == text;
}

void ConstantPool::encode_list(Ref ref, std::vector<std::uint8_t>& out) const {
  std::vector<Ref> items;
  bool all_bytes = true;
  while ((*this)[ref].kind == ConstantKind::kCons) {
    const Ref head{(*this)[ref].items[0]};
    all_bytes =
        all_bytes && is_small(head) && (*this)[head].small >= 0 && (*this)[head].small < 256;
    items.push_back(head);
    ref = Ref{(*this)[ref].items[1]};
  }
  if (all_bytes && ref == nil_ && items.size() < 65536) {
    put_u8(out, 107);
    put_u16(out, static_cast<unsigned>(items.size()));
    for (const Ref item : items) put_u8(out, static_cast<unsigned>((*this)[item].small));
    return;
  }
  put_u8(out, 108);
  put_u32(out, items.size());
  for (const Ref item : items) encode_into(item, out);
  encode_into(ref, out);
}

void ConstantPool::encode_into(Ref ref, std::vector<std::uint8_t>& out) const {
  const Constant& constant = (*this)[ref];
  switch (constant.kind) {
    case ConstantKind::kAtom:
      put_u8(out, constant.bytes.size() < 256 ? 119 : 118);
      if (constant.bytes.size() >= 256)
        put_u8(out, static_cast<unsigned>(constant.bytes.size() >> 8));
      put_u8(out, constant.bytes.size() & 255);
      put_bytes(out, constant.bytes);
      return;
    case ConstantKind::kSmall:
      return encode_small(constant.small, out);
    case ConstantKind::kBig:
      return encode_magnitude(constant.small != 0, constant.bytes, out);
    case ConstantKind::kFloat:
      put_u8(out, 70);
      for (int i = 7; i >= 0; --i) put_u8(out, static_cast<unsigned char>(constant.bytes[i]));
      return;
    case ConstantKind::kNil:
      return put_u8(out, 106);
    case ConstantKind::kCons:
      return encode_list(ref, out);
    case ConstantKind::kTuple:
      put_u8(out, constant.items.size() < 256 ? 104 : 105);
      if (constant.items.size() < 256)
        put_u8(out, static_cast<unsigned>(constant.items.size()));
      else
        put_u32(out, constant.items.size());
      break;
    case ConstantKind::kMap:
      put_u8(out, 116);
      put_u32(out, constant.items.size() / 2);
      break;
    case ConstantKind::kBits:
      put_u8(out, constant.small == 0 ? 109 : 77);
      put_u32(out, constant.bytes.size());
      if (constant.small != 0) put_u8(out, 8 - static_cast<unsigned>(constant.small));
      put_bytes(out, constant.bytes);
      return;
  }
  for (const std::uint32_t item : constant.items) encode_into(Ref{item}, out);
}

std::vector<std::uint8_t> ConstantPool::encode(Ref ref) const {
  std::vector<std::uint8_t> out{131};
  encode_into(ref, out);
  return out;
}

}  // namespace parley::compiler
