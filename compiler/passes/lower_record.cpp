// Records: tuples whose first element is the record's name.
#include "compiler/passes/lower.h"

namespace parley::compiler {

using ast::ExprKind;

const ast::RecordForm* Lowerer::record(ast::Name name, ast::Location location) {
  const auto at = records_.find(name);
  if (at != records_.end()) return at->second;
  problem(location, "record '" + std::string(name.text()) + "' is undefined");
  return nullptr;
}

int Lowerer::field_index(const ast::RecordForm& form, ast::Name field, ast::Location location) {
  for (std::size_t i = 0; i < form.fields.size(); ++i) {
    if (form.fields[i].name == field) return static_cast<int>(i) + 1;
  }
  problem(location, "field '" + std::string(field.text()) + "' is undefined in record '" +
                        std::string(form.name.text()) + "'");
  return 1;
}

// The fields are computed in the order of the definition, however they are written; `_ = E` is
// computed once for each field that it stands for.
Ref Lowerer::new_record(const ast::RecordExpr& e, const ast::RecordForm& form) {
  std::vector<Ref> items{constants().atom(form.name.text())};
  for (const ast::RecordFieldDefinition& definition : form.fields) {
    if (const Expr* given = e.value_of(definition.name)) {
      items.push_back(expr(*given));
    } else if (definition.initial != nullptr) {
      const std::size_t before = mark();
      items.push_back(expr(*definition.initial));
      undo(before);
    } else {
      items.push_back(constants().atom("undefined"));
    }
  }
  set_line(e.location);
  return make_tuple(items);
}

// The value in a register that is known to hold a record of this form; else {badrecord, Value}.
Ref Lowerer::checked_record(Ref value, const ast::RecordForm& form) {
  value = in_register(value);
  const BlockId wrong = guard_fail_ != 0 ? guard_fail_ : new_block();
  const std::uint32_t words[] = {wrong, value.bits,
                                 static_cast<std::uint32_t>(form.fields.size() + 1),
                                 constants().atom(form.name.text()).bits};
  type_test(Opcode::is_tagged_tuple, words);
  if (guard_fail_ == 0) {
    const BlockId here = block_;
    go_on_in(wrong);
    raise_error("badrecord", value);
    go_on_in(here);
  }
  return value;
}

Ref Lowerer::record_expr(const ast::RecordExpr& e) {
  const ast::RecordForm* form = record(e.name, e.location);
  if (form == nullptr) return constants().nil();
  if (e.base == nullptr) return new_record(e, *form);
  const Ref base = expr(*e.base);
  std::vector<std::uint32_t> changes;
  for (const ast::RecordField& field : e.fields) {
    const Ref value = expr(*field.value);
    const int index = field_index(*form, field.name, field.location);
    changes.push_back(constants().integer(index).bits);
    changes.push_back(value.bits);
  }
  set_line(e.location);
  const Ref known = checked_record(base, *form);
  if (changes.empty()) return known;
  const Ref result = new_value();
  std::vector<std::uint32_t> words{known.bits, static_cast<std::uint32_t>(form->fields.size() + 1),
                                   result.bits, 0};
  words.insert(words.end(), changes.begin(), changes.end());
  emit(Opcode::update_tuple, words);
  return result;
}

Ref Lowerer::record_access(const ast::RecordAccess& e) {
  const Ref value = expr(*e.record);
  const ast::RecordForm* form = record(e.name, e.location);
  if (form == nullptr) return constants().nil();
  set_line(e.location);
  const Ref known = checked_record(value, *form);
  const Ref result = new_value();
  const auto index = static_cast<std::uint32_t>(field_index(*form, e.field, e.field_location));
  emit(Opcode::get_element, {known.bits, index, result.bits});
  return result;
}

Ref Lowerer::record_index(const ast::RecordIndex& e) {
  const ast::RecordForm* form = record(e.name, e.location);
  if (form == nullptr) return constants().nil();
  return constants().integer(field_index(*form, e.field, e.field_location) + 1);
}

// record_info(fields, R), record_info(size, R)
Ref Lowerer::record_info(const ast::Call& e) {
  const auto* what = ast::try_as<ast::Atom>(e.arguments[0]);
  const auto* name = ast::try_as<ast::Atom>(e.arguments[1]);
  if (what == nullptr || name == nullptr) {
    problem(e.location, "record_info needs literal atoms");
    return constants().nil();
  }
  const ast::RecordForm* form = record(name->name, e.location);
  if (form == nullptr) return constants().nil();
  if (what->name.text() == "size") {
    return constants().integer(static_cast<std::int64_t>(form->fields.size()) + 1);
  }
  Ref list = constants().nil();
  for (std::size_t i = form->fields.size(); i-- > 0;) {
    list = constants().cons(constants().atom(form->fields[i].name.text()), list);
  }
  return list;
}

}  // namespace parley::compiler
