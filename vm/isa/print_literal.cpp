// A short readable form of a literal, straight from its external term format.
//
// Invariant: total on any bytes; recursion and output are bounded by the limit that the caller
// gives, whatever the bytes say.
#include <fmt/format.h>

#include <bit>
#include <cstring>

#include "vm/isa/wire.h"

namespace parley::isa {

namespace {

constexpr unsigned kDepthMax = 6;

class LiteralPrinter {
 public:
  LiteralPrinter(std::span<const std::uint8_t> bytes, std::size_t limit)
      : bytes_(bytes), limit_(limit) {}

  std::string run() {
    if (take(1) != 131) return "?";
    term(kDepthMax);
    return std::move(out_);
  }

 private:
  // A big-endian number of so many bytes; a lack of bytes stops everything.
  std::uint64_t take(std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      if (position_ >= bytes_.size()) {
        broken_ = true;
        return 0;
      }
      value = (value << 8) | bytes_[position_++];
    }
    return value;
  }
  std::string_view take_text(std::uint64_t size) {
    if (size > bytes_.size() - position_) {
      broken_ = true;
      return {};
    }
    position_ += size;
    return {reinterpret_cast<const char*>(bytes_.data()) + position_ - size, size};
  }
  bool full() const { return broken_ || out_.size() > limit_; }

  void term(unsigned depth) {
    if (full() || depth == 0) {
      if (!out_.ends_with("…")) out_ += "…";
      broken_ = true;  // what was not walked over cannot be skipped either
      return;
    }
    switch (take(1)) {
      case 70:
        number(std::bit_cast<double>(take(8)));
        return;
      case 97:
        out_ += fmt::format("{}", take(1));
        return;
      case 98:
        out_ += fmt::format("{}", static_cast<std::int32_t>(take(4)));
        return;
      case 100:
        atom(take_text(take(2)));
        return;
      case 118:
        atom(take_text(take(2)));
        return;
      case 115:
      case 119:
        atom(take_text(take(1)));
        return;
      case 104:
        return items("{", take(1), "}", depth);
      case 105:
        return items("{", take(4), "}", depth);
      case 106:
        out_ += "[]";
        return;
      case 107:
        quoted("\"", take_text(take(2)), "\"");
        return;
      case 108:
        return list(take(4), depth);
      case 109:
        quoted("<<\"", take_text(take(4)), "\">>");
        return;
      case 77: {
        const std::uint64_t size = take(4);
        const std::uint64_t last_bits = take(1);
        out_ += fmt::format("<<{} bytes, the last of {} bits>>", size, last_bits);
        take_text(size);
        return;
      }
      case 110:
        return big(take(1));
      case 111:
        return big(take(4));
      case 116:
        return map(take(4), depth);
      case 113:
        return external_fun(depth);
      default:
        broken_ = true;
        out_ += "?";
    }
  }

  void number(double value) { out_ += fmt::format("{}", value); }
  void atom(std::string_view text) {
    bool plain = !text.empty() && text[0] >= 'a' && text[0] <= 'z';
    for (const char c : text) {
      plain = plain && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || c == '_' || c == '@');
    }
    plain ? void(out_ += text) : quoted("'", text, "'");
  }
  void quoted(std::string_view open, std::string_view text, std::string_view close) {
    out_ += open;
    for (const char c : text) {
      if (full()) break;
      const auto byte = static_cast<std::uint8_t>(c);
      if (byte < 0x20 || byte == 0x7F || (byte >= 0x80 && utf8_length(text) < 0)) {
        out_ += fmt::format("\\x{{{:x}}}", byte);
      } else {
        if (c == '\\' || open.ends_with(c)) out_ += '\\';
        out_ += c;
      }
    }
    if (out_.size() > limit_) out_ += "…";
    out_ += close;
  }
  void items(std::string_view open, std::uint64_t count, std::string_view close, unsigned depth) {
    out_ += open;
    for (std::uint64_t i = 0; i < count && !full(); ++i) {
      if (i != 0) out_ += ", ";
      term(depth - 1);
    }
    if (full() && !out_.ends_with("…")) out_ += "…";
    out_ += close;
  }
  void list(std::uint64_t count, unsigned depth) {
    items("[", count, "", depth);
    if (!full() && position_ < bytes_.size() && bytes_[position_] != 106) {
      out_ += " | ";
      term(depth - 1);
    } else {
      take(1);
    }
    out_ += "]";
  }
  void map(std::uint64_t count, unsigned depth) {
    out_ += "#{";
    for (std::uint64_t i = 0; i < count && !full(); ++i) {
      if (i != 0) out_ += ", ";
      term(depth - 1);
      out_ += " => ";
      term(depth - 1);
    }
    out_ += "}";
  }
  void big(std::uint64_t size) {
    const bool negative = take(1) != 0;
    const std::string_view digits = take_text(size);
    if (size > limit_) {
      out_ += fmt::format("{}integer of {} bytes", negative ? "negative " : "", size);
      return;
    }
    out_ += negative ? "-16#" : "16#";
    for (std::size_t i = digits.size(); i-- > 0;) {
      out_ += fmt::format("{:02X}", static_cast<std::uint8_t>(digits[i]));
    }
  }
  void external_fun(unsigned depth) {
    out_ += "fun ";
    term(depth - 1);
    out_ += ":";
    term(depth - 1);
    out_ += "/";
    term(depth - 1);
  }

  std::span<const std::uint8_t> bytes_;
  std::size_t position_ = 0;
  std::size_t limit_;
  bool broken_ = false;
  std::string out_;
};

}  // namespace

std::string print_literal(std::span<const std::uint8_t> bytes, std::size_t limit) {
  return LiteralPrinter(bytes, limit).run();
}

}  // namespace parley::isa
