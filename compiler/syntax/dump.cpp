// The tree as text: every node is (kind part ...), lists are [...]. For people and golden tests;
// there is no reader. Recursion is bounded by kMaxDepth.
#include <fmt/format.h>
#include "compiler/syntax/ast.h"

namespace parley::ast {

namespace {

std::string quoted(std::string_view text, char quote) {
  std::string out(1, quote);
  for (char c : text) {
    if (c == quote || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + quote;
}

bool is_reserved(std::string_view text) {
#define PARLEY_TOKEN(kind, grammar, text)
#define PARLEY_KEYWORD(kind, grammar, spelled) \
  if (quoted(text, '\'') == spelled) return true;
#include "compiler/syntax/tokens.def"
  return false;
}

std::string atom_text(Name name) { return ast::atom_text(name.text()); }

class Dumper {
 public:
  std::string out;

  void form(const Form& form) {
    switch (form.kind) {
      case FormKind::kModule:
        line("module {}", atom_text(static_cast<const ModuleForm&>(form).name));
        break;
      case FormKind::kExport:
        references("export", static_cast<const ExportForm&>(form).functions);
        break;
      case FormKind::kExportType:
        references("export_type", static_cast<const ExportForm&>(form).functions);
        break;
      case FormKind::kOptionalCallbacks:
        references("optional_callbacks", static_cast<const ExportForm&>(form).functions);
        break;
      case FormKind::kImport:
        out += fmt::format("import {} ", atom_text(as<ImportForm>(form).module));
        references("", as<ImportForm>(form).functions);
        break;
      case FormKind::kRecord:
        record(as<RecordForm>(form));
        break;
      case FormKind::kType:
        type_form(as<TypeForm>(form));
        break;
      case FormKind::kSpec:
        spec(as<SpecForm>(form));
        break;
      case FormKind::kFunction:
        function(as<FunctionForm>(form));
        break;
      case FormKind::kAttribute:
        out += fmt::format("attribute {}", atom_text(as<AttributeForm>(form).name));
        for (const Expr* argument : as<AttributeForm>(form).arguments) {
          out += ' ';
          expr(*argument);
        }
        out += '\n';
        break;
    }
  }

  void expr(const Expr& node) {
    switch (node.kind) {
      case ExprKind::kInteger:
        out += as<Integer>(node).base == 10
                   ? std::string(as<Integer>(node).digits)
                   : fmt::format("{}#{}", as<Integer>(node).base, as<Integer>(node).digits);
        break;
      case ExprKind::kFloat:
        out += fmt::format("{:#}", as<Float>(node).value);
        break;
      case ExprKind::kChar:
        out += fmt::format("(char {})", as<Char>(node).code_point);
        break;
      case ExprKind::kAtom:
        out += atom_text(as<Atom>(node).name);
        break;
      case ExprKind::kString:
        out += quoted(as<String>(node).text, '"');
        break;
      case ExprKind::kVariable:
        out += as<Variable>(node).name.text();
        break;
      case ExprKind::kWildcard:
        out += '_';
        break;
      case ExprKind::kTuple:
        node_of("tuple", as<Tuple>(node).elements);
        break;
      default:
        compound(node);
    }
  }

 private:
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    out += fmt::format(format, std::forward<Args>(args)...);
    out += '\n';
  }

  void exprs(Seq<Expr*> list) {
    out += '[';
    for (uint32_t i = 0; i < list.size(); ++i) {
      out += i ? " " : "";
      expr(*list[i]);
    }
    out += ']';
  }

  void node_of(std::string_view name, Seq<Expr*> list) {
    out += fmt::format("({}", name);
    for (const Expr* element : list) {
      out += ' ';
      expr(*element);
    }
    out += ')';
  }

  template <class... Nodes>
  void parts(std::string_view name, const Nodes*... nodes) {
    out += fmt::format("({}", name);
    auto part = [&](const Expr* node) {
      out += ' ';
      if (node) {
        expr(*node);
      } else {
        out += '-';
      }
    };
    (part(nodes), ...);
    out += ')';
  }

  void compound(const Expr& node) {
    switch (node.kind) {
      case ExprKind::kList:
        out += "(list ";
        exprs(as<ListExpr>(node).elements);
        optional(" | ", as<ListExpr>(node).tail);
        out += ')';
        break;
      case ExprKind::kMap:
        map(as<MapExpr>(node));
        break;
      case ExprKind::kRecord:
        record(as<RecordExpr>(node));
        break;
      case ExprKind::kRecordField:
        out += fmt::format("(field {} {} ", atom_text(as<RecordAccess>(node).name),
                           atom_text(as<RecordAccess>(node).field));
        expr(*as<RecordAccess>(node).record);
        out += ')';
        break;
      case ExprKind::kRecordIndex:
        out += fmt::format("(index {} {})", atom_text(as<RecordIndex>(node).name),
                           atom_text(as<RecordIndex>(node).field));
        break;
      case ExprKind::kBinary:
        binary(as<BinaryExpr>(node));
        break;
      case ExprKind::kInterpolation:
        out += "(interpolation";
        for (const InterpolationPart& part : as<Interpolation>(node).parts) {
          out += ' ';
          part.expr ? expr(*part.expr) : void(out += quoted(part.text, '"'));
        }
        out += ')';
        break;
      case ExprKind::kMatch:
        parts("=", as<Match>(node).pattern, as<Match>(node).value);
        break;
      case ExprKind::kMaybeMatch:
        parts("?=", as<MaybeMatch>(node).pattern, as<MaybeMatch>(node).value);
        break;
      case ExprKind::kUnary:
        parts(spelling(as<Unary>(node).op), as<Unary>(node).operand);
        break;
      case ExprKind::kOperator:
        parts(spelling(as<Operator>(node).op), as<Operator>(node).left, as<Operator>(node).right);
        break;
      default:
        control(node);
    }
  }

  void control(const Expr& node) {
    switch (node.kind) {
      case ExprKind::kCall:
        call(as<Call>(node));
        break;
      case ExprKind::kPipe:
        out += fmt::format("(pipe {} ", as<Pipe>(node).hole);
        expr(*as<Pipe>(node).input);
        out += ' ';
        call(*as<Pipe>(node).call);
        out += ')';
        break;
      case ExprKind::kBlock:
        node_of("begin", as<Block>(node).body);
        break;
      case ExprKind::kCase:
        out += "(case ";
        expr(*as<Case>(node).subject);
        clauses("", as<Case>(node).clauses);
        out += ')';
        break;
      case ExprKind::kIf:
        out += "(if";
        clauses("", as<If>(node).clauses);
        out += ')';
        break;
      case ExprKind::kReceive:
        out += "(receive";
        clauses("", as<Receive>(node).clauses);
        after(as<Receive>(node).timeout, as<Receive>(node).after_body);
        out += ')';
        break;
      case ExprKind::kTry:
        try_expr(as<Try>(node));
        break;
      case ExprKind::kCatch:
        parts("catch", as<Catch>(node).operand);
        break;
      case ExprKind::kMaybe:
        out += "(maybe ";
        exprs(as<Maybe>(node).body);
        clauses(" else", as<Maybe>(node).else_clauses);
        out += ')';
        break;
      default:
        fun(node);
    }
  }

  void fun(const Expr& node) {
    if (node.kind == ExprKind::kFun) {
      const Fun& closure = as<Fun>(node);
      out += "(fun";
      if (closure.name) {
        out += fmt::format(" {}", closure.name.text());
      }
      clauses("", closure.clauses);
      out += ')';
    } else if (node.kind == ExprKind::kFunLocal) {
      out +=
          fmt::format("(fun {}/{})", atom_text(as<FunLocal>(node).name), as<FunLocal>(node).arity);
    } else if (node.kind == ExprKind::kFunExternal) {
      const FunExternal& external = as<FunExternal>(node);
      parts("fun", external.module, external.function, external.arity);
    } else {
      comprehension(as<Comprehension>(node));
    }
  }

  void optional(std::string_view before, const Expr* node) {
    if (node) {
      out += before;
      expr(*node);
    }
  }

  void after(const Expr* timeout, Seq<Expr*> body) {
    if (timeout || !body.empty()) {
      out += " after ";
      optional("", timeout);
      out += timeout ? " " : "";
      exprs(body);
    }
  }

  void try_expr(const Try& node) {
    out += "(try ";
    exprs(node.body);
    clauses(" of", node.of_clauses);
    clauses(" catch", node.catch_clauses);
    after(nullptr, node.after_body);
    out += ')';
  }

  void map(const MapExpr& node) {
    out += "(map";
    optional(" of ", node.base);
    for (const MapField& field : node.fields) {
      out += ' ';
      expr(*field.key);
      out += field.exact ? " := " : " => ";
      expr(*field.value);
    }
    out += ')';
  }

  void record(const RecordExpr& node) {
    out += fmt::format("(record {}", atom_text(node.name));
    optional(" of ", node.base);
    for (const RecordField& field : node.fields) {
      out += fmt::format(" {} = ", field.name ? atom_text(field.name) : "_");
      expr(*field.value);
    }
    out += ')';
  }

  void binary(const BinaryExpr& node) {
    constexpr std::string_view kTypes[] = {"integer", "float", "binary", "utf8", "utf16", "utf32"};
    constexpr std::string_view kEndians[] = {"big", "little", "native"};
    out += "(binary";
    for (const Segment& segment : node.segments) {
      out += " {";
      expr(*segment.value);
      optional(" : ", segment.size);
      out += fmt::format(" {}", kTypes[static_cast<size_t>(segment.type)]);
      if (segment.sign == SegmentSign::kSigned) {
        out += " signed";
      }
      if (segment.endian != SegmentEndian::kBig) {
        out += fmt::format(" {}", kEndians[static_cast<size_t>(segment.endian)]);
      }
      out += fmt::format(" {}}}", segment.unit);
    }
    out += ')';
  }

  void call(const Call& node) {
    out += "(call ";
    optional("", node.module);
    out += node.module ? ":" : "";
    expr(*node.function);
    for (const Expr* argument : node.arguments) {
      out += ' ';
      expr(*argument);
    }
    out += ')';
  }

  void comprehension(const Comprehension& node) {
    constexpr std::string_view kNames[] = {"list", "binary", "map"};
    out += fmt::format("(comprehension {} ", kNames[static_cast<size_t>(node.of)]);
    optional("", node.key);
    out += node.key ? " => " : "";
    expr(*node.value);
    out += " ||";
    for (const Qualifier& each : node.qualifiers) {
      qualifier(each);
    }
    out += ')';
  }

  void qualifier(const Qualifier& node) {
    if (node.kind == QualifierKind::kFilter) {
      out += " (filter ";
      expr(*node.expr);
    } else if (node.kind == QualifierKind::kZip) {
      out += " (zip";
      for (const Qualifier& each : node.zipped) {
        qualifier(each);
      }
    } else {
      out += node.kind == QualifierKind::kList     ? " (list"
             : node.kind == QualifierKind::kBinary ? " (binary"
                                                   : " (map";
      out += node.strict ? " strict " : " ";
      expr(*node.pattern);
      optional(" := ", node.value_pattern);
      out += " <- ";
      expr(*node.expr);
    }
    out += ')';
  }

  void clauses(std::string_view name, Seq<Clause*> list) {
    if (!list.empty()) {
      out += name;
    }
    for (const Clause* clause : list) {
      out += " (";
      exprs(clause->patterns);
      for (uint32_t i = 0; i < clause->guard.size(); ++i) {
        out += i ? " ; " : " when ";
        exprs(clause->guard[i]);
      }
      out += " -> ";
      exprs(clause->body);
      out += ')';
    }
  }

  void references(std::string_view name, Seq<FunctionReference> list) {
    out += name;
    for (const FunctionReference& reference : list) {
      out += fmt::format(" {}/{}", atom_text(reference.name), reference.arity);
    }
    out += '\n';
  }

  void record(const RecordForm& form) {
    out += fmt::format("record {}", atom_text(form.name));
    for (const RecordFieldDefinition& field : form.fields) {
      out += fmt::format(" {}", atom_text(field.name));
      optional(" = ", field.initial);
      if (field.type) {
        out += " :: ";
        type(*field.type);
      }
    }
    out += '\n';
  }

  void function(const FunctionForm& form) {
    out += fmt::format("function {}/{}", atom_text(form.name), form.arity);
    if (!form.doc.empty()) {
      out += fmt::format(" doc {}", quoted(form.doc, '"'));
    }
    for (const Clause* clause : form.clauses) {
      Seq<Clause*> one{const_cast<Clause**>(&clause), 1};
      out += "\n ";
      clauses("", one);
    }
    out += '\n';
  }

  void spec(const SpecForm& form) {
    out += form.is_callback ? "callback " : "spec ";
    if (form.module) {
      out += atom_text(form.module) + ":";
    }
    out += fmt::format("{}/{}", atom_text(form.name), form.arity);
    for (const SpecClause& clause : form.clauses) {
      out += ' ';
      type(*clause.type);
      for (const TypeConstraint& constraint : clause.constraints) {
        out += fmt::format(" when {} :: ", constraint.name.text());
        type(*constraint.type);
      }
    }
    out += '\n';
  }

  void type_form(const TypeForm& form) {
    constexpr std::string_view kNames[] = {"type", "opaque", "nominal"};
    out += fmt::format("{} {}(", kNames[static_cast<size_t>(form.type_kind)], atom_text(form.name));
    for (uint32_t i = 0; i < form.parameters.size(); ++i) {
      out += fmt::format("{}{}", i ? " " : "", form.parameters[i].text());
    }
    out += ") ";
    type(*form.type);
    out += '\n';
  }

  void type_arguments(const Type& node) {
    for (const Type* argument : node.arguments) {
      out += ' ';
      type(*argument);
    }
  }

  void type(const Type& node) {
    constexpr std::string_view kNames[] = {
        "variable", "annotated", "atom",   "integer", "range",   "union", "list", "nonempty_list",
        "tuple",    "map",       "record", "binary",  "any_fun", "fun",   "type", "remote_type"};
    if (node.kind == TypeKind::kVariable) {
      out += node.name.text();
      return;
    }
    if (node.kind == TypeKind::kAtom) {
      out += atom_text(node.name);
      return;
    }
    out += fmt::format("({}", kNames[static_cast<size_t>(node.kind)]);
    if (node.module) {
      out += fmt::format(" {}:", atom_text(node.module));
    }
    if (node.name) {
      bool variable = node.kind == TypeKind::kAnnotated;
      out += fmt::format(" {}", variable ? std::string(node.name.text()) : atom_text(node.name));
    }
    out += node.any_arguments ? " ..." : "";
    type_arguments(node);
    for (const TypeField& field : node.fields) {
      out += ' ';
      type(*field.key);
      out += field.exact ? " := " : " => ";
      type(*field.value);
    }
    if (node.result) {
      out += " -> ";
      type(*node.result);
    }
    optional(" ", node.value);
    optional(" ", node.high);
    out += ')';
  }
};

}  // namespace

std::string dump(const Module& module) {
  Dumper dumper;
  for (const Form* form : module.forms) {
    dumper.form(*form);
  }
  for (const Expr* expr : module.expressions) {
    dumper.expr(*expr);
    dumper.out += '\n';
  }
  return std::move(dumper.out);
}

std::string dump(const Expr& expr) {
  Dumper dumper;
  dumper.expr(expr);
  return std::move(dumper.out);
}

std::string atom_text(std::string_view name) {
  bool plain = !name.empty() && name[0] >= 'a' && name[0] <= 'z' && !is_reserved(name);
  for (char c : name) {
    plain = plain && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '@');
  }
  return plain ? std::string(name) : quoted(name, '\'');
}

}  // namespace parley::ast
