// Exports, records, attributes, texts.
#include "compiler/emit/module_tables.h"

#include <algorithm>
#include <string>
#include <unordered_set>

#include "compiler/emit/type_text.h"

namespace parley::compiler {

using ast::ExprKind;

namespace {

Ref literal_integer(const ast::Integer& e, bool negative, ConstantPool& constants) {
  if (!e.is_big) return constants.integer(negative ? -e.value : e.value);
  return constants.integer(negative, ast::magnitude_of(e));
}

Ref literal_list(const ast::ListExpr& e, ConstantPool& constants) {
  Ref list = e.tail == nullptr ? constants.nil() : literal_term(*e.tail, constants);
  for (std::size_t i = e.elements.size(); i-- > 0 && !list.none();) {
    const Ref element = literal_term(*e.elements[i], constants);
    list = element.none() ? Ref{} : constants.cons(element, list);
  }
  return list;
}

Ref literal_map(const ast::MapExpr& e, ConstantPool& constants) {
  std::vector<std::uint32_t> pairs;
  for (const ast::MapField& field : e.fields) {
    const Ref key = literal_term(*field.key, constants),
              value = literal_term(*field.value, constants);
    if (key.none() || value.none()) return {};
    pairs.insert(pairs.end(), {key.bits, value.bits});
  }
  return e.base == nullptr ? constants.map(pairs) : Ref{};
}

// -compile(X) or -compile([X, ...])
bool asks_for(const ast::Module& tree, std::string_view option) {
  const auto is = [&](const ast::Expr* e) {
    const auto* atom = ast::try_as<ast::Atom>(e);
    return atom != nullptr && atom->name.text() == option;
  };
  for (const ast::AttributeForm* form : tree.attributes) {
    if (form->name.text() != "compile") continue;
    for (const ast::Expr* argument : form->arguments) {
      const auto* list = ast::try_as<ast::ListExpr>(argument);
      if (is(argument) || (list != nullptr && std::ranges::any_of(list->elements, is))) return true;
    }
  }
  return false;
}

void write_exports(const ast::Module& tree, const ModuleIr& ir, isa::ModuleFile& file) {
  const bool all = asks_for(tree, "export_all"), tests = asks_for(tree, "export_tests");
  std::unordered_set<std::string> named;
  for (const ast::ExportForm* form : tree.exports) {
    for (const ast::FunctionReference& reference : form->functions) {
      named.insert(name_and_arity(reference.name.text(), reference.arity));
    }
  }
  for (std::uint32_t i = 0; i < ir.functions.size(); ++i) {
    const FunctionIr& function = *ir.functions[i];
    const bool is_written = i < tree.functions.size();
    const bool exported =
        function.name == "module_info" || function.name == "-expressions-" ||
        (is_written ? all || (tests && ast::is_test_function(function.name, function.arity)) ||
                          named.contains(name_and_arity(function.name, function.arity))
                    : function.name == "behaviour_info");
    if (exported) file.exports.push_back({i});
  }
}

void write_records(const ast::Module& tree, BytecodeWriter& writer, isa::ModuleFile& file) {
  for (const ast::RecordForm* form : tree.records) {
    isa::RecordInfo info;
    info.name = writer.atom(form->name.text());
    for (const ast::RecordFieldDefinition& field : form->fields) {
      info.fields.push_back(writer.atom(field.name.text()));
      info.defaults.push_back(field.initial == nullptr ? std::string() : ast::dump(*field.initial));
    }
    file.records.push_back(std::move(info));
  }
}

void write_attributes(const ast::Module& tree, ConstantPool& constants, BytecodeWriter& writer,
                      isa::ModuleFile& file) {
  for (const ast::AttributeForm* form : tree.attributes) {
    const std::string_view name = form->name.text();
    if (form->arguments.size() != 1 || name == "doc" || name == "moduledoc" || name == "compile" ||
        name == "feature") {
      continue;
    }
    const Ref value = literal_term(*form->arguments[0], constants);
    if (!value.none()) file.attributes.push_back({writer.atom(name), constants.encode(value)});
  }
}

// -parley_records([{Record, [{Field, Default}]}]): what a load needs to carry states over. A
// default that is no constant is `undefined` there.
void write_record_defaults(const ast::Module& tree, ConstantPool& constants,
                           BytecodeWriter& writer, isa::ModuleFile& file) {
  if (tree.records.empty()) return;
  Ref records = constants.nil();
  for (std::size_t i = tree.records.size(); i-- > 0;) {
    const ast::RecordForm& form = *tree.records[i];
    Ref fields = constants.nil();
    for (std::size_t j = form.fields.size(); j-- > 0;) {
      const ast::RecordFieldDefinition& field = form.fields[j];
      Ref value = field.initial == nullptr ? Ref{} : literal_term(*field.initial, constants);
      if (value.none()) value = constants.atom("undefined");
      const Ref name = constants.atom(field.name.text());
      fields = constants.cons(constants.tuple({name.bits, value.bits}), fields);
    }
    const Ref name = constants.atom(form.name.text());
    records = constants.cons(constants.tuple({name.bits, fields.bits}), records);
  }
  file.attributes.push_back({writer.atom("parley_records"), constants.encode(records)});
}

void write_types(const ast::Module& tree, BytecodeWriter& writer, isa::ModuleFile& file) {
  for (const ast::TypeForm* form : tree.types) {
    const bool is_opaque = form->type_kind == ast::TypeFormKind::kOpaque;
    file.texts.push_back({is_opaque ? "opaque" : "type", writer.atom(form->name.text()),
                          static_cast<std::uint32_t>(form->parameters.size()),
                          type_form_text(*form)});
  }
  for (const ast::SpecForm* form : tree.specs) {
    file.texts.push_back({form->is_callback ? "callback" : "spec", writer.atom(form->name.text()),
                          form->arity, spec_text(*form)});
  }
}

void write_docs(const ast::Module& tree, BytecodeWriter& writer, isa::ModuleFile& file) {
  if (!tree.module_doc.empty()) {
    file.texts.push_back({"moduledoc", file.name, 0, std::string(tree.module_doc)});
  }
  for (const ast::FunctionForm* form : tree.functions) {
    if (form->doc.empty() || form->doc_hidden) continue;
    file.texts.push_back(
        {"doc", writer.atom(form->name.text()), form->arity, std::string(form->doc)});
  }
}

}  // namespace

Ref literal_term(const ast::Expr& e, ConstantPool& constants) {
  switch (e.kind) {
    case ExprKind::kInteger:
      return literal_integer(ast::as<ast::Integer>(e), false, constants);
    case ExprKind::kFloat:
      return constants.real(ast::as<ast::Float>(e).value);
    case ExprKind::kChar:
      return constants.integer(ast::as<ast::Char>(e).code_point);
    case ExprKind::kAtom:
      return constants.atom(ast::as<ast::Atom>(e).name.text());
    case ExprKind::kString:
      return constants.string(ast::as<ast::String>(e).text);
    case ExprKind::kList:
      return literal_list(ast::as<ast::ListExpr>(e), constants);
    case ExprKind::kMap:
      return literal_map(ast::as<ast::MapExpr>(e), constants);
    case ExprKind::kUnary: {
      const auto& unary = ast::as<ast::Unary>(e);
      if (unary.op != ast::UnaryOp::kMinus) return {};
      if (const auto* number = ast::try_as<ast::Integer>(unary.operand)) {
        return literal_integer(*number, true, constants);
      }
      const auto* number = ast::try_as<ast::Float>(unary.operand);
      return number == nullptr ? Ref{} : constants.real(-number->value);
    }
    case ExprKind::kOperator: {
      const auto& op = ast::as<ast::Operator>(e);
      if (op.op != ast::BinaryOp::kDivide) return {};
      const Ref left = literal_term(*op.left, constants),
                right = literal_term(*op.right, constants);
      return left.none() || right.none() ? Ref{} : constants.tuple({left.bits, right.bits});
    }
    case ExprKind::kTuple: {
      std::vector<std::uint32_t> items;
      for (const ast::Expr* element : ast::as<ast::Tuple>(e).elements) {
        items.push_back(literal_term(*element, constants).bits);
        if (items.back() == 0) return {};
      }
      return constants.tuple(std::move(items));
    }
    default:
      return {};
  }
}

void write_tables(const ast::Module& tree, ModuleIr& ir, BytecodeWriter& writer,
                  isa::ModuleFile& file) {
  write_exports(tree, ir, file);
  write_records(tree, writer, file);
  write_attributes(tree, ir.constants, writer, file);
  write_record_defaults(tree, ir.constants, writer, file);
  write_types(tree, writer, file);
  write_docs(tree, writer, file);
}

}  // namespace parley::compiler
