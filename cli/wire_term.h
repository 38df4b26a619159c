// Terms as the control socket carries them: atoms, binaries, integers, tuples and lists of the
// external term format. The client has no node, so it has its own small reader and writer.
//
// Invariant: whatever bytes come, reading ends with a value or with nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::cli {

struct WireTerm {
  enum class Kind : std::uint8_t { kAtom, kBinary, kInteger, kTuple, kList };
  Kind kind = Kind::kTuple;
  std::string text;             // atom, binary
  std::int64_t integer = 0;
  std::vector<WireTerm> items;  // tuple, list

  static WireTerm atom(std::string_view name) { return {Kind::kAtom, std::string(name), 0, {}}; }
  static WireTerm binary(std::string text) { return {Kind::kBinary, std::move(text), 0, {}}; }
  static WireTerm tuple(std::vector<WireTerm> items) {
    return {Kind::kTuple, "", 0, std::move(items)};
  }
  static WireTerm list(std::vector<WireTerm> items) {
    return {Kind::kList, "", 0, std::move(items)};
  }

  // `incomplete`, or a tuple whose first element is the atom.
  bool is(std::string_view tag) const {
    if (kind == Kind::kAtom) return text == tag;
    return kind == Kind::kTuple && !items.empty() && items[0].kind == Kind::kAtom &&
           items[0].text == tag;
  }
  // The text of a tuple's element; empty where there is none.
  const std::string& text_at(std::size_t index) const {
    static const std::string none;
    return index < items.size() ? items[index].text : none;
  }
};

std::string write_wire(const WireTerm& term);
std::optional<WireTerm> read_wire(std::string_view bytes);

}  // namespace parley::cli
