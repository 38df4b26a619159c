// Facts about nodes that need no pass.
#include "compiler/syntax/ast.h"

#include <algorithm>

namespace parley::ast {

namespace {

constexpr std::string_view kBinaryOps[] = {"*",  "/",   "div",  "rem",     "band",   "and", "+",
                                           "-",  "bor", "bxor", "bsl",     "bsr",    "or",  "xor",
                                           "++", "--",  "==",   "/=",      "=<",     "<",   ">=",
                                           ">",  "=:=", "=/=",  "andalso", "orelse", "!"};
static_assert(std::size(kBinaryOps) == static_cast<size_t>(BinaryOp::kSend) + 1);

constexpr std::string_view kUnaryOps[] = {"+", "-", "not", "bnot"};

uint64_t digit_value(char c) {
  if (c <= '9') {
    return static_cast<uint64_t>(c - '0');
  }
  return static_cast<uint64_t>((c | 0x20) - 'a' + 10);
}

}  // namespace

std::vector<const Expr*> parts_of(const Expr& expr) {
  std::vector<const Expr*> parts;
  auto add = [&](const Expr* part) {
    if (part) {
      parts.push_back(part);
    }
  };
  switch (expr.kind) {
    case ExprKind::kTuple:
      std::ranges::for_each(as<Tuple>(expr).elements, add);
      break;
    case ExprKind::kList:
      std::ranges::for_each(as<ListExpr>(expr).elements, add);
      add(as<ListExpr>(expr).tail);
      break;
    case ExprKind::kMap:
      add(as<MapExpr>(expr).base);
      for (const MapField& field : as<MapExpr>(expr).fields) {
        add(field.key);
        add(field.value);
      }
      break;
    case ExprKind::kRecord:
      add(as<RecordExpr>(expr).base);
      for (const RecordField& field : as<RecordExpr>(expr).fields) {
        add(field.value);
      }
      break;
    case ExprKind::kRecordField:
      add(as<RecordAccess>(expr).record);
      break;
    case ExprKind::kBinary:
      for (const Segment& segment : as<BinaryExpr>(expr).segments) {
        add(segment.value);
        add(segment.size);
      }
      break;
    case ExprKind::kInterpolation:
      for (const InterpolationPart& part : as<Interpolation>(expr).parts) {
        add(part.expr);
      }
      break;
    default:
      break;
  }
  return parts;
}

std::string_view spelling(BinaryOp op) { return kBinaryOps[static_cast<size_t>(op)]; }

std::string_view spelling(UnaryOp op) { return kUnaryOps[static_cast<size_t>(op)]; }

// As many digits at a time as fit a limb, so that the quadratic part is small.
std::vector<uint64_t> magnitude_of(const Integer& integer) {
  std::vector<uint64_t> limbs;
  std::string_view digits = integer.digits;
  for (size_t at = 0; at < digits.size();) {
    uint64_t chunk = 0;
    uint64_t scale = 1;
    while (at < digits.size() && scale <= UINT64_MAX / integer.base) {
      chunk = chunk * integer.base + digit_value(digits[at++]);
      scale *= integer.base;
    }
    unsigned __int128 carry = chunk;
    for (uint64_t& limb : limbs) {
      carry += static_cast<unsigned __int128>(limb) * scale;
      limb = static_cast<uint64_t>(carry);
      carry >>= 64;
    }
    if (carry != 0) {
      limbs.push_back(static_cast<uint64_t>(carry));
    }
  }
  return limbs;
}

}  // namespace parley::ast
