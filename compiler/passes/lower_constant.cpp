// Expressions whose value is known from their text alone: what patterns hold as constants, and the
// keys and sizes in them that nothing needs to be computed for.
#include "compiler/passes/constant_number.h"
#include "compiler/passes/lower.h"

namespace parley::compiler {

using ast::ExprKind;

// Writes no code. None: the value depends on a variable or a call, or cannot be computed.
Ref Lowerer::constant_term(const Expr& e) {
  switch (e.kind) {
    case ExprKind::kAtom:
      return constants().atom(ast::as<ast::Atom>(e).name.text());
    case ExprKind::kString:
      return constants().string(ast::as<ast::String>(e).text);
    case ExprKind::kTuple: {
      std::vector<std::uint32_t> items;
      return constant_terms(ast::as<ast::Tuple>(e).elements, items)
                 ? constants().tuple(std::move(items))
                 : Ref{};
    }
    case ExprKind::kList: {
      const auto& list = ast::as<ast::ListExpr>(e);
      Ref result = list.tail == nullptr ? constants().nil() : constant_term(*list.tail);
      std::vector<std::uint32_t> items;
      if (result.none() || !constant_terms(list.elements, items)) return {};
      for (std::size_t i = items.size(); i-- > 0;) result = constants().cons(Ref{items[i]}, result);
      return result;
    }
    case ExprKind::kMap: {
      const auto& map = ast::as<ast::MapExpr>(e);
      std::vector<std::uint32_t> pairs;
      for (const ast::MapField& field : map.fields) {
        const Ref key = constant_term(*field.key);
        const Ref value = key.none() ? Ref{} : constant_term(*field.value);
        if (value.none()) return {};
        pairs.insert(pairs.end(), {key.bits, value.bits});
      }
      return map.base == nullptr ? constants().map(pairs) : Ref{};
    }
    case ExprKind::kBinary:
      return constant_bits(ast::as<ast::BinaryExpr>(e), Overflow::kIsCut);
    case ExprKind::kRecordIndex:
      return record_index(ast::as<ast::RecordIndex>(e));
    default: {
      auto number = constant_number(e);
      return number ? number_constant(constants(), std::move(*number)) : Ref{};
    }
  }
}

bool Lowerer::constant_terms(ast::Seq<Expr*> exprs, std::vector<std::uint32_t>& items) {
  for (const Expr* each : exprs) {
    const Ref item = constant_term(*each);
    if (item.none()) return false;
    items.push_back(item.bits);
  }
  return true;
}

}  // namespace parley::compiler
