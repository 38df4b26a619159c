// The external term format, as much of it as the control socket uses.
#include "cli/wire_term.h"

namespace parley::cli {

namespace {

enum Tag : std::uint8_t {
  kVersion = 131,
  kSmallInteger = 97,
  kInteger = 98,
  kAtomLatin1 = 100,
  kSmallTuple = 104,
  kNil = 106,
  kString = 107,
  kListTag = 108,
  kBinaryTag = 109,
  kAtomUtf8 = 118,
  kSmallAtomUtf8 = 119,
};
constexpr int kDepthMax = 32;  // requests and answers nest three deep

void put_size(std::string& out, std::size_t size, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out += static_cast<char>((size >> shift) & 0xFF);
  }
}

void write_term(std::string& out, const WireTerm& term) {
  switch (term.kind) {
    case WireTerm::Kind::kAtom:
      out += static_cast<char>(kSmallAtomUtf8);
      put_size(out, term.text.size(), 1);
      out += term.text;
      return;
    case WireTerm::Kind::kBinary:
      out += static_cast<char>(kBinaryTag);
      put_size(out, term.text.size(), 4);
      out += term.text;
      return;
    case WireTerm::Kind::kInteger:
      out += static_cast<char>(kInteger);
      put_size(out, static_cast<std::size_t>(term.integer), 4);
      return;
    case WireTerm::Kind::kTuple:
      out += static_cast<char>(kSmallTuple);
      put_size(out, term.items.size(), 1);
      for (const WireTerm& item : term.items) write_term(out, item);
      return;
    case WireTerm::Kind::kList:
      if (!term.items.empty()) {
        out += static_cast<char>(kListTag);
        put_size(out, term.items.size(), 4);
        for (const WireTerm& item : term.items) write_term(out, item);
      }
      out += static_cast<char>(kNil);
  }
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  std::optional<WireTerm> read(int depth) {
    const auto tag = number(1);
    if (!tag || depth > kDepthMax) return std::nullopt;
    switch (*tag) {
      case kSmallInteger:
        return integer(1);
      case kInteger:
        return integer(4);
      case kAtomLatin1:
      case kAtomUtf8:
        return text(WireTerm::Kind::kAtom, 2);
      case kSmallAtomUtf8:
        return text(WireTerm::Kind::kAtom, 1);
      case kBinaryTag:
        return text(WireTerm::Kind::kBinary, 4);
      case kString:  // a list of bytes
        return text(WireTerm::Kind::kBinary, 2);
      case kNil:
        return WireTerm::list({});
      case kSmallTuple:
        return items(WireTerm::Kind::kTuple, 1, depth);
      case kListTag:
        return items(WireTerm::Kind::kList, 4, depth);
      default:
        return std::nullopt;
    }
  }

 private:
  std::optional<std::size_t> number(std::size_t size) {
    if (bytes_.size() < size) return std::nullopt;
    std::size_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      value = value << 8 | static_cast<unsigned char>(bytes_[i]);
    }
    bytes_.remove_prefix(size);
    return value;
  }
  std::optional<WireTerm> integer(std::size_t size) {
    const auto value = number(size);
    if (!value) return std::nullopt;
    const auto signed_value = static_cast<std::int32_t>(*value);
    return WireTerm{WireTerm::Kind::kInteger, "", signed_value, {}};
  }
  std::optional<WireTerm> text(WireTerm::Kind kind, std::size_t size_bytes) {
    const auto size = number(size_bytes);
    if (!size || bytes_.size() < *size) return std::nullopt;
    WireTerm term{kind, std::string(bytes_.substr(0, *size)), 0, {}};
    bytes_.remove_prefix(*size);
    return term;
  }
  std::optional<WireTerm> items(WireTerm::Kind kind, std::size_t size_bytes, int depth) {
    const auto size = number(size_bytes);
    if (!size) return std::nullopt;
    WireTerm term{kind, "", 0, {}};
    for (std::size_t i = 0; i < *size; ++i) {
      auto item = read(depth + 1);
      if (!item) return std::nullopt;
      term.items.push_back(std::move(*item));
    }
    if (kind == WireTerm::Kind::kList && number(1) != std::size_t{kNil}) return std::nullopt;
    return term;
  }

  std::string_view bytes_;
};

}  // namespace

std::string write_wire(const WireTerm& term) {
  std::string out(1, static_cast<char>(kVersion));
  write_term(out, term);
  return out;
}

std::optional<WireTerm> read_wire(std::string_view bytes) {
  if (bytes.empty() || static_cast<unsigned char>(bytes[0]) != kVersion) return std::nullopt;
  return Reader(bytes.substr(1)).read(0);
}

}  // namespace parley::cli
