// What the verifier knows of every register at one point of a function.
//
// Invariant: a register that is not `kUndefined` holds a term of its type whenever the point is
// reached; one that is not fragile does not point into the message under examination.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "vm/isa/module_file.h"

namespace parley::verifier {

inline constexpr std::uint8_t kUndefined = 0xFF;

struct Value {
  std::uint8_t type = kUndefined;  // of isa::StateType
  bool fragile = false;
  std::uint32_t detail = 0;

  constexpr bool defined() const { return type != kUndefined; }
  constexpr bool is(isa::StateType wanted) const {
    return type == static_cast<std::uint8_t>(wanted);
  }
};

constexpr Value value_of(isa::StateType type, std::uint32_t detail = 0, bool fragile = false) {
  return {static_cast<std::uint8_t>(type), fragile, detail};
}

// Whether all terms of `value` are such as `declared` says.
constexpr bool satisfies(const Value& value, const isa::RegisterState& declared) {
  using isa::StateType;
  if (!value.defined() || (value.fragile && !declared.fragile)) return false;
  switch (declared.type) {
    case StateType::kAny:
      return true;
    case StateType::kTuple:
      return (value.is(StateType::kTuple) || value.is(StateType::kTupleExact)) &&
             value.detail >= declared.detail;
    case StateType::kTupleExact:
    case StateType::kFun:
      return value.is(declared.type) && value.detail == declared.detail;
    default:
      return value.is(declared.type);
  }
}

struct State {
  std::array<Value, isa::kRegistersMax> x;
  std::array<Value, isa::kRegistersMax> y;
  std::uint32_t x_used = 0;       // no x from here on is defined: keeps every sweep short
  std::int32_t frame_words = -1;  // -1: no frame
  bool examining = false;         // between loop_rec and remove_message or loop_rec_end

  std::uint32_t words() const {
    return frame_words < 0 ? 0 : static_cast<std::uint32_t>(frame_words);
  }
  // Of a register that exists.
  const Value& get(isa::OperandTag bank, std::uint64_t number) const {
    return bank == isa::OperandTag::kY ? y[number] : x[number];
  }
  void set(isa::OperandTag bank, std::uint64_t number, const Value& value) {
    if (bank == isa::OperandTag::kY) {
      y[number] = value;
    } else {
      x[number] = value;
      x_used = std::max(x_used, static_cast<std::uint32_t>(number) + 1);
    }
  }
  void forget_x() {
    std::fill_n(x.begin(), x_used, Value{});
    x_used = 0;
  }
  // Leaves the frame, whose registers are gone, for one of other words, all undefined.
  void set_frame(std::int32_t new_words) {
    std::fill_n(y.begin(), words(), Value{});
    frame_words = new_words;
  }
  // What a descriptor does not name is out of the collector's sight, and lost.
  void keep_only(const isa::FrameDescriptor& frame) {
    const auto sweep = [](Value* bank, std::uint32_t count,
                          const std::vector<std::uint64_t>& bitmap) {
      for (std::uint32_t n = 0; n < count; ++n) {
        if (n / 64 >= bitmap.size() || (bitmap[n / 64] >> (n % 64) & 1) == 0) bank[n] = {};
      }
    };
    sweep(x.data(), x_used, frame.x);
    sweep(y.data(), words(), frame.y);
  }
  template <typename Change>
  void each(Change change) {
    for (std::uint32_t n = 0; n < x_used; ++n) change(x[n]);
    for (std::uint32_t n = 0; n < words(); ++n) change(y[n]);
  }
};

}  // namespace parley::verifier
