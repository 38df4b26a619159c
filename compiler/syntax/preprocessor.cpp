// Forms, conditions, definitions and inclusion; macros.cpp expands.
#include "compiler/syntax/preprocessor.h"

#include <fmt/format.h>
#include "compiler/syntax/source.h"

namespace parley {

namespace {

constexpr size_t kIncludesMax = 30;

constexpr std::string_view kBuiltinMacros[] = {
    "LINE",    "FILE", "MODULE",      "MODULE_STRING", "FUNCTION_NAME",     "FUNCTION_ARITY",
    "MACHINE", "BEAM", "OTP_RELEASE", "PARLEY",        "FEATURE_AVAILABLE", "FEATURE_ENABLED"};

bool is_name(const Token& token) {
  return token.kind == TokenKind::kAtom || token.kind == TokenKind::kVariable ||
         is_keyword(token.kind);
}

std::string folder_of(std::string_view path) {
  size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string{} : std::string(path.substr(0, slash + 1));
}

}  // namespace

Preprocessor::Preprocessor(ast::Module& module, Diagnostics& diagnostics,
                           const ParseOptions& options, ConditionParser parse_condition)
    : module_(module),
      diagnostics_(diagnostics),
      options_(options),
      parse_condition_(std::move(parse_condition)) {
  for (std::string_view name : kBuiltinMacros) {
    auto macro = std::make_unique<Macro>();
    macro->builtin = true;
    macros_[module_.names.intern(name).entry()].push_back(std::move(macro));
  }
}

void Preprocessor::open(uint32_t file) {
  Source source;
  source.lexed = lex(module_, file);
  source.file = source.shown_file = file;
  source.condition_count = conditions_.size();
  sources_.push_back(std::move(source));
}

Diagnostic& Preprocessor::error(Code code, const Token& token, std::string message) {
  ast::Location place = token.location;
  if (token.end_line != place.line) {
    place.end_column = 0;
  }
  return diagnostics_.error(code, place, std::move(message));
}

Preprocessor::RawForm Preprocessor::take_form(Source& source) {
  std::vector<Token>& tokens = source.lexed.tokens;
  size_t first = source.at;
  size_t at = first;
  while (tokens[at].kind != TokenKind::kDot && tokens[at].kind != TokenKind::kEndOfFile) {
    ++at;
  }
  if (source.shown_file != source.file) {
    for (size_t i = first; i <= at; ++i) {
      tokens[i].location.file = source.shown_file;
    }
  }
  source.at = tokens[at].kind == TokenKind::kEndOfFile ? at : at + 1;
  return {tokens.data() + first, tokens.data() + at + 1};
}

// A condition inside a skipped branch is never taken, so the innermost one decides.
bool Preprocessor::skipping() const {
  return !conditions_.empty() && conditions_.back().branch != Branch::kTaken;
}

void Preprocessor::close_source() {
  Source& source = sources_.back();
  while (conditions_.size() > source.condition_count) {
    diagnostics_
        .error(Code::kUnbalancedCondition, conditions_.back().place, "this condition has no -endif")
        .hint = "the condition must end in the file in which it starts";
    conditions_.pop_back();
  }
  sources_.pop_back();
}

bool Preprocessor::next_form(std::vector<Token>& out) {
  out.clear();
  while (!sources_.empty()) {
    Source& source = sources_.back();
    if (source.lexed.tokens[source.at].kind == TokenKind::kEndOfFile) {
      close_source();
      continue;
    }
    RawForm form = take_form(source);
    if (directive(form) || skipping()) {
      continue;
    }
    if (report_bad(form)) {
      continue;
    }
    form_out_ = &out;
    pushed_count_ = 0;
    active_.clear();
    if (expand(form.first, form.end, out)) {
      note_module(out);
      return true;
    }
    out.clear();
  }
  return false;
}

// Says what is wrong with the malformed tokens of the form, if there are any.
bool Preprocessor::report_bad(const RawForm& form) {
  bool found = false;
  for (const Token* token = form.first; token < form.end; ++token) {
    if (token->kind == TokenKind::kBad) {
      diagnostics_.add(sources_.back().lexed.diagnostics[token->diagnostic]);
      found = true;
    }
  }
  return found;
}

void Preprocessor::note_module(const std::vector<Token>& form) {
  if (module_name_ == nullptr && form.size() > 4 && form[0].kind == TokenKind::kMinus &&
      form[1].text == "module" && form[2].kind == TokenKind::kOpenParen &&
      form[3].kind == TokenKind::kAtom) {
    module_name_ = form[3].name;
  }
}

// Whether the form is a directive; it has been obeyed then.
bool Preprocessor::directive(const RawForm& form) {
  if (form.size() < 2 || form.first[0].kind != TokenKind::kMinus ||
      (form.first[1].kind != TokenKind::kAtom && !is_keyword(form.first[1].kind))) {
    return false;
  }
  std::string_view name = form.first[1].text;
  if (condition_directive(name, form)) {
    return true;
  }
  bool known = name == "define" || name == "undef" || name == "include" || name == "include_lib" ||
               name == "error" || name == "warning" || name == "file";
  if (!known || skipping()) {
    return false;
  }
  if (report_bad(form)) {
    return true;
  }
  if (name == "define") {
    define(form);
  } else if (name == "undef") {
    undefine(form);
  } else if (name == "include" || name == "include_lib") {
    include(form, name == "include_lib");
  } else if (name == "file") {
    set_file(form);
  } else {
    message(form, name == "error");
  }
  return true;
}

bool Preprocessor::condition_directive(std::string_view name, const RawForm& form) {
  if (name == "ifdef" || name == "ifndef") {
    if_defined(form, name == "ifdef");
  } else if (name == "if") {
    if_true(form);
  } else if (name == "elif") {
    else_if(form);
  } else if (name == "else") {
    else_branch(form);
  } else if (name == "endif") {
    end_if(form);
  } else {
    return false;
  }
  return true;
}

// The name in `-directive(NAME).`, or null after having complained.
const Token* Preprocessor::name_argument(const RawForm& form, size_t count) {
  if (form.size() != count || form.first[2].kind != TokenKind::kOpenParen ||
      !is_name(form.first[3]) || form.first[4].kind != TokenKind::kCloseParen ||
      form.end[-1].kind != TokenKind::kDot) {
    error(Code::kBadDirective, form.first[1],
          fmt::format("-{} is followed by (NAME) and a full stop", form.first[1].text));
    return nullptr;
  }
  return &form.first[3];
}

bool Preprocessor::is_defined(const Token& name) const {
  ast::Name found = module_.names.find(name.text);
  if (name.kind == TokenKind::kAtom) {
    found = ast::Name(name.name);
  }
  auto entry = macros_.find(found.entry());
  return entry != macros_.end() && !entry->second.empty();
}

void Preprocessor::if_defined(const RawForm& form, bool wanted) {
  Branch branch = Branch::kDone;
  if (!skipping()) {
    constexpr size_t kTokenCount = 6;  // - ifdef ( NAME ) .
    const Token* name = name_argument(form, kTokenCount);
    branch = name && is_defined(*name) == wanted ? Branch::kTaken : Branch::kWaiting;
  }
  conditions_.push_back({branch, false, form.first[1].location});
}

void Preprocessor::if_true(const RawForm& form) {
  Branch branch = Branch::kDone;
  if (!skipping()) {
    branch = evaluate(form) ? Branch::kTaken : Branch::kWaiting;
  }
  conditions_.push_back({branch, false, form.first[1].location});
}

void Preprocessor::else_if(const RawForm& form) {
  if (conditions_.size() <= sources_.back().condition_count || conditions_.back().had_else) {
    error(Code::kUnbalancedCondition, form.first[1], "-elif without a condition before it");
    return;
  }
  Branch before = conditions_.back().branch;
  if (before == Branch::kTaken) {
    conditions_.back().branch = Branch::kDone;
  } else if (before == Branch::kWaiting) {
    // Decided as if this branch were outside, and only where all outer conditions hold.
    Condition condition = conditions_.back();
    conditions_.pop_back();
    condition.branch = evaluate(form) ? Branch::kTaken : Branch::kWaiting;
    conditions_.push_back(condition);
  }
}

void Preprocessor::else_branch(const RawForm& form) {
  if (conditions_.size() <= sources_.back().condition_count || conditions_.back().had_else) {
    error(Code::kUnbalancedCondition, form.first[1], "-else without a condition before it");
    return;
  }
  Condition& condition = conditions_.back();
  condition.had_else = true;
  condition.branch = condition.branch == Branch::kWaiting ? Branch::kTaken : Branch::kDone;
}

void Preprocessor::end_if(const RawForm& form) {
  if (conditions_.size() <= sources_.back().condition_count) {
    error(Code::kUnbalancedCondition, form.first[1], "-endif without a condition before it");
    return;
  }
  conditions_.pop_back();
}

bool Preprocessor::evaluate(const RawForm& form) {
  constexpr size_t kTokensMin = 6;  // - if ( X ) .
  if (report_bad(form)) {
    return false;
  }
  if (form.size() < kTokensMin || form.first[2].kind != TokenKind::kOpenParen ||
      form.end[-1].kind != TokenKind::kDot) {
    error(Code::kBadDirective, form.first[1],
          fmt::format("-{} is followed by (Condition) and a full stop", form.first[1].text));
    return false;
  }
  // defined(NAME) is answered before macros are expanded.
  std::vector<Token> answered;
  for (const Token* token = form.first + 2; token < form.end; ++token) {
    bool question = token->text == "defined" && form.end - token > 4 &&
                    token[1].kind == TokenKind::kOpenParen && is_name(token[2]) &&
                    token[3].kind == TokenKind::kCloseParen;
    if (question) {
      answered.push_back(make_atom(*token, is_defined(token[2]) ? "true" : "false"));
      token += 3;
    } else {
      answered.push_back(*token);
    }
  }
  std::vector<Token> expanded;
  form_out_ = &expanded;
  pushed_count_ = 0;
  active_.clear();
  if (!expand(answered.data(), answered.data() + answered.size(), expanded)) {
    return false;
  }
  const ast::Expr* expr = parse_condition_(expanded);
  if (expr == nullptr) {
    return false;
  }
  std::optional<bool> holds = condition_holds(*expr);
  if (!holds) {
    error(Code::kBadDirective, form.first[1], "this condition cannot be computed while compiling")
        .hint = "a condition is made of constants, operators, defined(NAME) and guard functions";
  }
  return holds.value_or(false);
}

// Reads `(A, B)` at `at`; what follows is `, Replacement`.
bool Preprocessor::read_parameters(const RawForm& form, size_t& at, Macro& macro) {
  macro.has_parameters = true;
  ++at;
  if (form.first[at].kind == TokenKind::kCloseParen) {
    ++at;
    return true;
  }
  while (at + 1 < form.size()) {
    const Token& token = form.first[at];
    if (token.kind != TokenKind::kVariable) {
      break;
    }
    for (const ast::Name::Entry* other : macro.parameters) {
      if (other == token.name) {
        error(Code::kBadDefine, token, fmt::format("the argument {} stands twice", token.text));
        return false;
      }
    }
    macro.parameters.push_back(token.name);
    TokenKind next = form.first[at + 1].kind;
    at += 2;
    if (next == TokenKind::kCloseParen) {
      return true;
    }
    if (next != TokenKind::kComma) {
      break;
    }
  }
  error(Code::kBadDefine, form.first[1], "the arguments of a macro are variables");
  return false;
}

void Preprocessor::define(const RawForm& form) {
  constexpr size_t kTokensMin = 7;  // - define ( NAME , ) .
  size_t count = form.size();
  bool framed = count >= kTokensMin && form.first[2].kind == TokenKind::kOpenParen &&
                is_name(form.first[3]) && form.end[-1].kind == TokenKind::kDot &&
                form.end[-2].kind == TokenKind::kCloseParen;
  if (!framed) {
    error(Code::kBadDefine, form.first[1],
          "a definition is -define(NAME, Replacement). with a full stop");
    return;
  }
  auto macro = std::make_unique<Macro>();
  const Token& name = form.first[3];
  macro->place = name.location;
  size_t at = 4;
  if (form.first[at].kind == TokenKind::kOpenParen && !read_parameters(form, at, *macro)) {
    return;
  }
  if (form.first[at].kind != TokenKind::kComma) {
    error(Code::kBadDefine, form.first[at],
          fmt::format("a comma parts the name {} from its replacement", name.text));
    return;
  }
  macro->body.assign(form.first + at + 1, form.end - 2);
  ast::Name interned =
      name.kind == TokenKind::kAtom ? ast::Name(name.name) : module_.names.intern(name.text);
  Overloads& overloads = macros_[interned.entry()];
  for (const auto& other : overloads) {
    bool same = other->builtin || (other->has_parameters == macro->has_parameters &&
                                   other->parameters.size() == macro->parameters.size());
    if (same) {
      Diagnostic& diagnostic =
          error(Code::kBadDefine, name, fmt::format("the macro {} exists already", name.text));
      if (!other->builtin) {
        diagnostic.notes.push_back({other->place, "it is defined here"});
      }
      return;
    }
  }
  overloads.push_back(std::move(macro));
}

void Preprocessor::undefine(const RawForm& form) {
  constexpr size_t kTokenCount = 6;
  const Token* name = name_argument(form, kTokenCount);
  if (name == nullptr) {
    return;
  }
  ast::Name interned =
      name->kind == TokenKind::kAtom ? ast::Name(name->name) : module_.names.intern(name->text);
  auto found = macros_.find(interned.entry());
  if (found == macros_.end()) {
    return;
  }
  if (!found->second.empty() && found->second[0]->builtin) {
    error(Code::kBadDefine, *name, fmt::format("the macro {} is built in", name->text));
    return;
  }
  macros_.erase(found);
}

bool Preprocessor::try_include(const std::string& path, const ast::Location& place) {
  if (!options_.load) {
    return false;
  }
  std::optional<std::string> text = options_.load(path);
  if (!text) {
    return false;
  }
  open(add_source(module_, diagnostics_, {path, std::move(*text)}, place));
  return true;
}

void Preprocessor::include(const RawForm& form, bool library) {
  constexpr size_t kTokensMin = 6;  // - include ( "x" ) .
  bool framed = form.size() >= kTokensMin && form.first[2].kind == TokenKind::kOpenParen &&
                form.end[-1].kind == TokenKind::kDot && form.end[-2].kind == TokenKind::kCloseParen;
  std::vector<Token> argument;
  if (framed) {
    form_out_ = &argument;
    framed = expand(form.first + 3, form.end - 2, argument);
  }
  std::string path;
  for (const Token& token : argument) {
    framed = framed && token.kind == TokenKind::kString;
    path.append(token.text);
  }
  if (!framed || path.empty()) {
    error(Code::kBadDirective, form.first[1],
          fmt::format("-{} is followed by (\"path\") and a full stop", form.first[1].text));
    return;
  }
  Token place = argument[0];
  if (sources_.size() > kIncludesMax) {
    error(Code::kIncludeTooDeep, place,
          fmt::format("{} is included more than {} levels deep", path, kIncludesMax));
    return;
  }
  if (path.starts_with('/')) {
    if (try_include(path, place.location)) {
      return;
    }
  } else {
    std::string beside = folder_of(module_.files[sources_.back().file].name);
    if (try_include(beside + path, place.location)) {
      return;
    }
    for (const std::string& dir : options_.include_dirs) {
      if (try_include(dir + "/" + path, place.location)) {
        return;
      }
    }
    size_t slash = path.find('/');
    if (library && slash != std::string::npos && options_.library_dir) {
      auto dir = options_.library_dir(std::string_view(path).substr(0, slash));
      if (dir && try_include(*dir + path.substr(slash), place.location)) {
        return;
      }
    }
  }
  error(Code::kIncludeNotFound, place, fmt::format("the file \"{}\" is not found", path));
}

void Preprocessor::message(const RawForm& form, bool is_error) {
  std::vector<Token> tokens;
  form_out_ = &tokens;
  if (form.size() > 4 && !expand(form.first + 3, form.end - 2, tokens)) {
    return;
  }
  std::string text = tokens.size() == 1 && tokens[0].kind == TokenKind::kString
                         ? std::string(tokens[0].text)
                         : stringify(tokens);
  if (text.empty()) text = is_error ? "an -error without text" : "a -warning without text";
  Diagnostic& diagnostic =
      error(is_error ? Code::kErrorDirective : Code::kWarningDirective, form.first[1], text);
  if (!is_error) {
    Diagnostic copy = diagnostic;
    copy.severity = Severity::kWarning;
    diagnostics_.drop_last();
    diagnostics_.add(std::move(copy));
  }
}

// -file("name", Line). says where the lines after it come from.
void Preprocessor::set_file(const RawForm& form) {
  constexpr size_t kTokenCount = 8;  // - file ( "x" , 1 ) .
  if (form.size() != kTokenCount || form.first[3].kind != TokenKind::kString ||
      form.first[5].kind != TokenKind::kInteger || form.first[5].is_big) {
    error(Code::kBadDirective, form.first[1], "-file is followed by (\"name\", Line)");
    return;
  }
  Source& source = sources_.back();
  ast::File file = module_.files[source.file];
  file.name = module_.arena.copy_text(form.first[3].text);
  file.line_delta = static_cast<int32_t>(form.first[5].integer -
                                         static_cast<int64_t>(form.first[1].location.line));
  source.shown_file = static_cast<uint32_t>(module_.files.size());
  module_.files.push_back(file);
}

}  // namespace parley
