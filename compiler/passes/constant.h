// The constant terms of a module: hash-consed, so that equal terms have equal indices.
//
// Invariant: a map's keys are distinct; an integer is `small` if and only if it fits 62 bits.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "compiler/passes/ir.h"
#include "compiler/syntax/ast.h"

namespace parley::compiler {

enum class ConstantKind : std::uint8_t {
  kAtom,
  kSmall,
  kBig,
  kFloat,
  kNil,
  kCons,
  kTuple,
  kMap,
  kBits
};

struct Constant {
  ConstantKind kind{};
  std::int64_t small = 0;            // kSmall; kBits: unused bits of the last byte
  std::string bytes;                 // kAtom: UTF-8; kBig: sign and limbs; kFloat, kBits: bytes
  std::vector<std::uint32_t> items;  // kCons: head, tail; kTuple; kMap: key, value, ...
};

inline constexpr std::int64_t kSmallMax = (std::int64_t{1} << 61) - 1;
inline constexpr std::int64_t kSmallMin = -(std::int64_t{1} << 61);

class ConstantPool {
 public:
  ConstantPool();
  Ref atom(std::string_view text);
  Ref boolean(bool value) { return value ? true_ : false_; }
  Ref nil() const { return nil_; }
  Ref integer(std::int64_t value);
  // magnitude in limbs, least significant first
  Ref integer(bool negative, std::vector<std::uint64_t> magnitude);
  Ref real(double value);
  Ref cons(Ref head, Ref tail);
  Ref tuple(std::vector<std::uint32_t> items);
  Ref map(const std::vector<std::uint32_t>& pairs);  // a later key replaces an equal one
  Ref bits(std::string bytes, unsigned unused_bits = 0);
  Ref string(std::string_view utf8);  // a list of code points

  const Constant& operator[](Ref ref) const { return constants_[ref.as_constant()]; }
  bool is_atom(Ref ref, std::string_view text) const;
  bool is_small(Ref ref) const {
    return ref.is_constant() && (*this)[ref].kind == ConstantKind::kSmall;
  }
  // In external term format, version byte included.
  std::vector<std::uint8_t> encode(Ref ref) const;

 private:
  Ref intern(Constant constant);
  void encode_into(Ref ref, std::vector<std::uint8_t>& out) const;
  void encode_list(Ref ref, std::vector<std::uint8_t>& out) const;

  std::vector<Constant> constants_;
  std::unordered_map<std::string, std::uint32_t> index_;
  Ref nil_, true_, false_;
};

}  // namespace parley::compiler
