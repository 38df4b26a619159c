// Drives preprocessor and grammar form by form and puts the forms together.
#include "compiler/syntax/parse.h"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>
#include "compiler/syntax/grammar.h"
#include "compiler/syntax/preprocessor.h"
#include "compiler/syntax/source.h"
#include "compiler/syntax/tree_builder.h"

namespace parley {

using namespace ast;

namespace {

struct AttributeRow {
  std::string_view name;
  StartKind start;
};

// The attributes with a grammar of their own.
constexpr AttributeRow kAttributes[] = {
    {"module", StartKind::kModule},      {"export", StartKind::kExport},
    {"export_type", StartKind::kExport}, {"optional_callbacks", StartKind::kExport},
    {"import", StartKind::kImport},      {"record", StartKind::kRecord},
    {"type", StartKind::kType},          {"opaque", StartKind::kType},
    {"nominal", StartKind::kType},       {"spec", StartKind::kSpec},
    {"callback", StartKind::kSpec},
};

StartKind start_of(std::string_view name) {
  for (const AttributeRow& row : kAttributes) {
    if (row.name == name) {
      return row.start;
    }
  }
  return StartKind::kAttribute;
}

// The text of -doc "..." or -doc ~"...", or nothing.
std::optional<std::string_view> doc_text(const AttributeForm& form) {
  if (form.arguments.size() != 1) {
    return {};
  }
  if (const String* text = try_as<String>(form.arguments[0])) {
    return text->text;
  }
  const BinaryExpr* binary = try_as<BinaryExpr>(form.arguments[0]);
  if (binary && binary->segments.size() == 1) {
    if (const String* text = try_as<String>(binary->segments[0].value)) {
      return text->text;
    }
  }
  return {};
}

class ModuleReader {
 public:
  ModuleReader(ParseResult& result, const ParseOptions& options)
      : module_(*result.module),
        diagnostics_(result.diagnostics),
        builder_(module_, diagnostics_),
        preprocessor_(module_, diagnostics_, options,
                      [this](const std::vector<Token>& tokens) { return condition(tokens); }) {}

  void open(uint32_t file) { preprocessor_.open(file); }

  void read_module() {
    while (preprocessor_.next_form(tokens_)) {
      read_form();
    }
    attach_specs();
  }

  void read_expressions(bool& incomplete, const ParseOptions& options) {
    if (!options.prelude.empty() && preprocessor_.next_form(tokens_)) {
      read_form();
    }
    incomplete = true;
    if (preprocessor_.next_form(tokens_)) {
      incomplete = tokens_.back().kind == TokenKind::kEndOfFile;
      if (incomplete) {
        tokens_.back().kind = TokenKind::kDot;
      }
      if (run(StartKind::kExpressions, tokens_.data()) && !options.takes_variable.empty()) {
        for (Expr* expr : module_.expressions) {
          name_variable(expr, options.takes_variable);
        }
      }
      if (!incomplete && preprocessor_.next_form(tokens_)) {
        diagnostics_.error(Code::kSyntax, tokens_[0].location, "nothing may follow the full stop");
      }
    }
  }

 private:
  // Parses from `first` to the end of the form. False: an error has been reported.
  bool run(StartKind start, const Token* first) {
    builder_.begin(start, first, tokens_.data() + tokens_.size());
    grammar::Parser parser(builder_);
    return parser.parse() == 0 && !builder_.failed();
  }

  void name_variable(Expr* expr, std::string_view function) {
    Call* call = try_as<Call>(expr);
    if (call == nullptr || call->module != nullptr || call->arguments.size() != 1) {
      return;
    }
    const Atom* called = try_as<Atom>(call->function);
    const Variable* variable = try_as<Variable>(call->arguments[0]);
    if (called != nullptr && called->name.text() == function && variable != nullptr) {
      Atom* atom = module_.arena.make<Atom>();
      atom->kind = Atom::kKind;
      atom->location = variable->location;
      atom->depth = variable->depth;
      atom->name = variable->name;
      call->arguments[0] = atom;
    }
  }

  Expr* condition(const std::vector<Token>& tokens) {
    builder_.begin(StartKind::kExpressions, tokens.data(), tokens.data() + tokens.size());
    grammar::Parser parser(builder_);
    bool good = parser.parse() == 0 && !builder_.failed() && module_.expressions.size() == 1;
    Expr* expr = good ? module_.expressions[0] : nullptr;
    module_.expressions = {};
    return expr;
  }

  void read_form() {
    const Token* first = tokens_.data();
    while (first != nullptr) {
      StartKind start = StartKind::kFunction;
      const Token* parsed = first;
      bool attribute = first[0].kind == TokenKind::kMinus && first[1].kind == TokenKind::kAtom;
      if (attribute) {
        start = start_of(first[1].text);
        builder_.set_form_name(first + 1);
        parsed = first + 2;
      }
      if (run(start, parsed)) {
        if (builder_.form()) {
          builder_.form()->kind == FormKind::kModule ? add_module(*builder_.form())
                                                     : add(*builder_.form());
        }
        return;
      }
      doc_ = {};
      first = resume_after(first);
    }
  }

  // A form whose full stop was forgotten swallows the next one: after a syntax error at a form's
  // usual first token in the first column, reading goes on there.
  const Token* resume_after(const Token* first) {
    const Token* at = builder_.error_token();
    const Token* end = tokens_.data() + tokens_.size();
    if (at == nullptr || at <= first || end - at < 3 || at->location.column != 1) {
      return nullptr;
    }
    bool function = at->kind == TokenKind::kAtom && at[1].kind == TokenKind::kOpenParen;
    bool attribute = at->kind == TokenKind::kMinus && at[1].kind == TokenKind::kAtom;
    return function || attribute ? at : nullptr;
  }

  void add_module(Form& form) {
    auto& module_form = as<ModuleForm>(form);
    if (module_.name) {
      diagnostics_
          .error(Code::kMisplacedAttribute, form.location, "-module stands twice in this file")
          .notes.push_back({module_.name_location, "the first is here"});
      return;
    }
    module_.name = module_form.name;
    module_.name_location = form.location;
    module_.forms.push_back(&form);
  }

  void add(Form& form) {
    module_.forms.push_back(&form);
    switch (form.kind) {
      case FormKind::kExport:
        module_.exports.push_back(static_cast<ExportForm*>(&form));
        break;
      case FormKind::kImport:
        module_.imports.push_back(&as<ImportForm>(form));
        break;
      case FormKind::kRecord:
        module_.records.push_back(&as<RecordForm>(form));
        break;
      case FormKind::kType:
        module_.types.push_back(&as<TypeForm>(form));
        as<TypeForm>(form).doc = take_doc();
        break;
      case FormKind::kSpec:
        module_.specs.push_back(&as<SpecForm>(form));
        if (as<SpecForm>(form).is_callback) {
          as<SpecForm>(form).doc = take_doc();
        }
        break;
      case FormKind::kFunction:
        module_.functions.push_back(&as<FunctionForm>(form));
        as<FunctionForm>(form).doc_hidden = doc_hidden_;
        as<FunctionForm>(form).doc = take_doc();
        break;
      case FormKind::kAttribute:
        add_attribute(as<AttributeForm>(form));
        break;
      default:
        break;
    }
  }

  std::string_view take_doc() {
    std::string_view doc = doc_;
    doc_ = {};
    doc_hidden_ = false;
    return doc;
  }

  void add_attribute(AttributeForm& form) {
    std::string_view name = form.name.text();
    if (name == "moduledoc") {
      module_.module_doc = doc_text(form).value_or(std::string_view{});
    } else if (name == "doc") {
      if (std::optional<std::string_view> text = doc_text(form)) {
        doc_ = *text;
      }
      const Atom* atom = form.arguments.size() == 1 ? try_as<Atom>(form.arguments[0]) : nullptr;
      doc_hidden_ =
          doc_hidden_ || (atom && (atom->name.text() == "false" || atom->name.text() == "hidden"));
    }
    module_.attributes.push_back(&form);
  }

  void attach_specs() {
    std::unordered_map<uint64_t, FunctionForm*> functions;
    auto key = [](Name name, uint32_t arity) { return (uint64_t{name.index()} << 9) | arity; };
    for (FunctionForm* function : module_.functions) {
      functions.emplace(key(function->name, function->arity), function);
    }
    for (SpecForm* spec : module_.specs) {
      auto found = functions.find(key(spec->name, spec->arity));
      bool ours = !spec->module || spec->module == module_.name;
      if (!spec->is_callback && ours && found != functions.end() &&
          found->second->spec == nullptr) {
        found->second->spec = spec;
      }
    }
  }

  Module& module_;
  Diagnostics& diagnostics_;
  TreeBuilder builder_;
  Preprocessor preprocessor_;
  std::vector<Token> tokens_;
  std::string_view doc_;
  bool doc_hidden_ = false;
};

// The macros of the command line, as a source of their own that is read first.
uint32_t add_defines(Module& module, Diagnostics& diagnostics, const ParseOptions& options) {
  std::string text;
  for (const auto& [name, value] : options.defines) {
    text += fmt::format("-define({},{}).\n", name, value.empty() ? "true" : value);
  }
  return add_source(module, diagnostics, {"(command line)", std::move(text)}, {});
}

}  // namespace

ParseResult parse_module(SourceFile source, const ParseOptions& options) {
  ParseResult result;
  result.module = std::make_unique<Module>();
  ModuleReader reader(result, options);
  reader.open(add_source(*result.module, result.diagnostics, source, {}));
  if (!options.defines.empty()) {
    reader.open(add_defines(*result.module, result.diagnostics, options));
  }
  reader.read_module();
  return result;
}

ParseResult parse_expressions(SourceFile source, const ParseOptions& options) {
  ParseResult result;
  result.module = std::make_unique<Module>();
  ModuleReader reader(result, options);
  reader.open(add_source(*result.module, result.diagnostics, source, {}));
  if (!options.defines.empty()) {
    reader.open(add_defines(*result.module, result.diagnostics, options));
  }
  if (!options.prelude.empty()) {
    reader.open(add_source(*result.module, result.diagnostics, {"(shell)", options.prelude}, {}));
  }
  reader.read_expressions(result.incomplete, options);
  return result;
}

}  // namespace parley
