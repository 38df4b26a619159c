// Expansion of macros. What a macro expands to stands at its call; arguments keep their places.
#include <algorithm>

#include <fmt/format.h>
#include "compiler/syntax/preprocessor.h"

namespace parley {

namespace {

constexpr size_t kTokensMax = 1'000'000;
constexpr size_t kNestingMax = 200;
constexpr int64_t kOtpRelease = 28;

bool is_name(const Token& token) {
  return token.kind == TokenKind::kAtom || token.kind == TokenKind::kVariable ||
         is_keyword(token.kind);
}

// A string as source text.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (c == '\n') {
      out.append("\\n");
    } else if (c == '\t') {
      out.append("\\t");
    } else if (c == '\r') {
      out.append("\\r");
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
  return out;
}

// Follows brackets while the arguments of a macro are read.
class Nesting {
 public:
  /// The kind of token that closes the innermost bracket; kDot when none is open.
  [[nodiscard]] TokenKind closer() const {
    return closers_.empty() ? TokenKind::kDot : closers_.back();
  }
  void see(const Token* token, const Token* end) {
    if (!closers_.empty() && token->kind == closers_.back()) {
      closers_.pop_back();
      return;
    }
    switch (token->kind) {
      case TokenKind::kOpenParen:
        closers_.push_back(TokenKind::kCloseParen);
        break;
      case TokenKind::kOpenBrace:
        closers_.push_back(TokenKind::kCloseBrace);
        break;
      case TokenKind::kOpenBracket:
        closers_.push_back(TokenKind::kCloseBracket);
        break;
      case TokenKind::kOpenBinary:
        closers_.push_back(TokenKind::kCloseBinary);
        break;
      case TokenKind::kInterpolationStart:
        closers_.push_back(TokenKind::kInterpolationEnd);
        break;
      case TokenKind::kBegin:
      case TokenKind::kCase:
      case TokenKind::kIf:
      case TokenKind::kReceive:
      case TokenKind::kTry:
      case TokenKind::kMaybe:
        closers_.push_back(TokenKind::kEnd);
        break;
      case TokenKind::kFun: {
        const Token* next = token + 1;
        if (next < end && next->kind == TokenKind::kVariable) {
          ++next;
        }
        if (next < end && next->kind == TokenKind::kOpenParen) {
          closers_.push_back(TokenKind::kEnd);
        }
        break;
      }
      default:
        break;
    }
  }

 private:
  std::vector<TokenKind> closers_;
};

}  // namespace

Token Preprocessor::make(const Token& call, TokenKind kind, std::string_view text) {
  Token token = call;
  token.kind = kind;
  token.text = text;
  token.base = 10;
  token.is_big = false;
  token.name = nullptr;
  return token;
}

Token Preprocessor::make_atom(const Token& call, std::string_view text) {
  ast::Name name = module_.names.intern(text);
  Token token = make(call, TokenKind::kAtom, name.text());
  token.name = name.entry();
  return token;
}

Token Preprocessor::make_integer(const Token& call, int64_t value) {
  Token token = make(call, TokenKind::kInteger, module_.arena.copy_text(std::to_string(value)));
  token.integer = value;
  return token;
}

std::string Preprocessor::stringify(const std::vector<Token>& tokens) const {
  std::string out;
  for (const Token& token : tokens) {
    if (!out.empty()) {
      out.push_back(' ');
    }
    if (token.kind == TokenKind::kString) {
      out.append(quoted(token.text));
    } else if (token.kind == TokenKind::kBinaryString) {
      out.append("~").append(quoted(token.text));
    } else if (token.kind == TokenKind::kInteger && !token.is_big) {
      out.append(std::to_string(token.integer));
    } else {
      out.append(token.text);
    }
  }
  return out;
}

// Every token that an expansion makes is counted, so that no few macros make billions.
bool Preprocessor::push(std::vector<Token>& out, const Token& token) {
  if (++pushed_count_ > kTokensMax) {
    if (pushed_count_ == kTokensMax + 1) {
      error(Code::kMacroTooLarge, token,
            fmt::format("the macros of this form expand to more than {} tokens", kTokensMax));
    }
    return false;
  }
  out.push_back(token);
  return true;
}

bool Preprocessor::expand(const Token* first, const Token* end, std::vector<Token>& out) {
  for (const Token* at = first; at < end;) {
    if (at->kind == TokenKind::kQuestion) {
      if (!expand_one(at, end, out)) {
        return false;
      }
    } else if (!push(out, *at++)) {
      return false;
    }
  }
  return true;
}

void Preprocessor::undefined_macro(const Token& call, const Token& name) {
  std::vector<std::string_view> names;
  for (const auto& [entry, overloads] : macros_) {
    if (!overloads.empty()) {
      names.push_back(entry->text);
    }
  }
  std::ranges::sort(names);
  Diagnostic& diagnostic =
      error(Code::kUndefinedMacro, call, fmt::format("the macro ?{} is not defined", name.text));
  if (std::string_view near = nearest_name(name.text, names); !near.empty()) {
    diagnostic.hint = fmt::format("did you mean ?{}?", near);
  }
}

// `at` is at a question mark; afterwards behind the macro and its arguments.
bool Preprocessor::expand_one(const Token*& at, const Token* end, std::vector<Token>& out) {
  Token call = *at++;
  if (at == end || !is_name(*at)) {
    error(Code::kSyntax, call, "a ? is followed by the name of a macro");
    return false;
  }
  const Token& name = *at++;
  if (name.end_line == call.end_line) {
    call.location.end_column = std::max(call.location.end_column, name.location.end_column);
  }
  ast::Name interned =
      name.kind == TokenKind::kAtom ? ast::Name(name.name) : module_.names.intern(name.text);
  auto found = macros_.find(interned.entry());
  if (found == macros_.end() || found->second.empty()) {
    undefined_macro(call, name);
    return false;
  }
  if (found->second[0]->builtin) {
    return expand_builtin(name.text, call, at, end, out);
  }
  Arguments arguments;
  const Macro* macro = choose(call, name, found->second, at, end, arguments);
  if (macro == nullptr) {
    return false;
  }
  if (macro->has_parameters) {
    at = arguments.after;
  }
  if (std::ranges::find(active_, macro) != active_.end()) {
    error(Code::kMacroRecursion, call, fmt::format("the macro ?{} expands to itself", name.text))
        .notes.push_back({macro->place, "it is defined here"});
    return false;
  }
  if (depth_ >= kNestingMax) {
    error(Code::kMacroTooLarge, call,
          fmt::format("macros are nested more than {} deep here", kNestingMax));
    return false;
  }
  ++depth_;
  bool good = expand_macro(*macro, call, arguments, out);
  --depth_;
  return good;
}

// The definition that fits the arguments that follow; complains and answers null when none does.
const Preprocessor::Macro* Preprocessor::choose(const Token& call, const Token& name,
                                                const Overloads& overloads, const Token* next,
                                                const Token* end, Arguments& arguments) {
  if (overloads.size() == 1 && !overloads[0]->has_parameters) {
    return overloads[0].get();
  }
  bool called = next < end && next->kind == TokenKind::kOpenParen;
  if (called && !read_arguments(call, next, end, arguments)) {
    return nullptr;
  }
  for (const auto& macro : overloads) {
    bool fits = called ? macro->has_parameters && macro->parameters.size() == arguments.list.size()
                       : !macro->has_parameters;
    if (fits) {
      return macro.get();
    }
  }
  Diagnostic& diagnostic =
      called ? error(Code::kBadMacroCall, call,
                     fmt::format("no macro ?{} takes {} argument{}", name.text,
                                 arguments.list.size(), arguments.list.size() == 1 ? "" : "s"))
             : error(Code::kBadMacroCall, call,
                     fmt::format("the macro ?{} needs arguments", name.text));
  for (const auto& macro : overloads) {
    diagnostic.notes.push_back(
        {macro->place, fmt::format("it is defined with {} here", macro->parameters.size())});
  }
  return nullptr;
}

// Reads `(A, B)`, parted at the commas outside of all brackets.
bool Preprocessor::read_arguments(const Token& call, const Token* open, const Token* end,
                                  Arguments& found) {
  Nesting nesting;
  std::vector<Token> argument;
  for (const Token* at = open + 1; at < end; ++at) {
    bool outside = nesting.closer() == TokenKind::kDot;
    if (outside && at->kind == TokenKind::kCloseParen) {
      if (!argument.empty() || !found.list.empty()) {
        found.list.push_back(std::move(argument));
      }
      found.after = at + 1;
      return true;
    }
    if (outside && at->kind == TokenKind::kComma) {
      found.list.push_back(std::move(argument));
      argument.clear();
    } else {
      nesting.see(at, end);
      if (!push(argument, *at)) {
        return false;
      }
    }
  }
  error(Code::kBadMacroCall, call, "the arguments of this macro are never closed");
  return false;
}

bool Preprocessor::expand_macro(const Macro& macro, const Token& call, const Arguments& arguments,
                                std::vector<Token>& out) {
  Arguments expanded = arguments;
  for (std::vector<Token>& argument : expanded.list) {
    std::vector<Token> tokens;
    if (!expand(argument.data(), argument.data() + argument.size(), tokens)) {
      return false;
    }
    argument = std::move(tokens);
  }
  // The body's own macros are expanded with this one active; its arguments are done already.
  active_.push_back(&macro);
  std::vector<Token> body;
  for (const Token& token : macro.body) {
    body.push_back(token);
    body.back().location = call.location;
    body.back().end_line = call.end_line;
  }
  bool good = true;
  for (const Token* at = body.data(); good && at < body.data() + body.size();) {
    const Token* end = body.data() + body.size();
    auto parameter = std::ranges::find(macro.parameters, at->name);
    bool is_parameter = at->kind == TokenKind::kVariable && parameter != macro.parameters.end();
    bool stringified = at->kind == TokenKind::kQuestion && end - at > 2 &&
                       at[1].kind == TokenKind::kQuestion && at[2].kind == TokenKind::kVariable;
    if (is_parameter) {
      for (const Token& token : expanded.list[parameter - macro.parameters.begin()]) {
        good = good && push(out, token);
      }
      ++at;
    } else if (stringified) {
      auto named = std::ranges::find(macro.parameters, at[2].name);
      if (named == macro.parameters.end()) {
        error(Code::kBadMacroCall, call,
              fmt::format("??{} stands for no argument of the macro", at[2].text));
        good = false;
      } else {
        std::string text = stringify(arguments.list[named - macro.parameters.begin()]);
        good = push(out, make(call, TokenKind::kString, module_.arena.copy_text(text)));
        at += 3;
      }
    } else if (at->kind == TokenKind::kQuestion) {
      good = expand_in_body(macro, expanded, at, end, out);
    } else {
      good = push(out, *at++);
    }
  }
  active_.pop_back();
  return good;
}

// A macro called in the body of another: the outer one's arguments are put into its arguments
// first.
bool Preprocessor::expand_in_body(const Macro& outer, const Arguments& arguments, const Token*& at,
                                  const Token* end, std::vector<Token>& out) {
  const Token* stop = at + 2;
  if (stop < end && stop->kind == TokenKind::kOpenParen) {
    Nesting nesting;
    do {
      nesting.see(stop, end);
      ++stop;
    } while (stop < end && nesting.closer() != TokenKind::kDot);
  }
  stop = std::min(stop, end);
  std::vector<Token> call;
  for (const Token* token = at; token < stop; ++token) {
    auto parameter = std::ranges::find(outer.parameters, token->name);
    bool named = token == at + 1;  // ?X with X a parameter is the macro that the argument names
    if (token->kind == TokenKind::kVariable && parameter != outer.parameters.end() &&
        (!named || arguments.list[parameter - outer.parameters.begin()].size() == 1)) {
      for (const Token& argument : arguments.list[parameter - outer.parameters.begin()]) {
        if (!push(call, argument)) {
          return false;
        }
      }
    } else {
      call.push_back(*token);
    }
  }
  const Token* first = call.data();
  const Token* call_end = first + call.size();
  if (!expand_one(first, call_end, out)) {
    return false;
  }
  at = stop;
  return expand(first, call_end, out);
}

bool Preprocessor::expand_builtin(std::string_view name, const Token& call, const Token*& at,
                                  const Token* end, std::vector<Token>& out) {
  if (name == "LINE") {
    int64_t line =
        static_cast<int64_t>(call.location.line) + module_.files[call.location.file].line_delta;
    return push(out, make_integer(call, line));
  }
  if (name == "FILE") {
    return push(out, make(call, TokenKind::kString, module_.files[call.location.file].name));
  }
  if (name == "MODULE" || name == "MODULE_STRING") {
    if (module_name_ == nullptr) {
      error(Code::kUndefinedMacro, call, fmt::format("?{} is used before -module", name));
      return false;
    }
    return push(out, name == "MODULE" ? make_atom(call, module_name_->text)
                                      : make(call, TokenKind::kString, module_name_->text));
  }
  if (name == "FUNCTION_NAME" || name == "FUNCTION_ARITY") {
    return expand_function(name == "FUNCTION_ARITY", call, out);
  }
  if (name == "OTP_RELEASE") {
    return push(out, make_integer(call, kOtpRelease));
  }
  if (name == "MACHINE") {
    return push(out, make_atom(call, "BEAM"));
  }
  if (name == "BEAM" || name == "PARLEY") {
    return push(out, make_atom(call, "true"));
  }
  return expand_feature(call, at, end, out);
}

// ?FEATURE_AVAILABLE(F) and ?FEATURE_ENABLED(F): there is one feature, and it is always on.
bool Preprocessor::expand_feature(const Token& call, const Token*& at, const Token* end,
                                  std::vector<Token>& out) {
  if (end - at < 3 || at[0].kind != TokenKind::kOpenParen || at[1].kind != TokenKind::kAtom ||
      at[2].kind != TokenKind::kCloseParen) {
    error(Code::kBadMacroCall, call, "this macro takes the name of a feature");
    return false;
  }
  bool known = ast::Name(at[1].name).text() == "maybe_expr";
  at += 3;
  return push(out, make_atom(call, known ? "true" : "false"));
}

// The name and arity are read off the head, which stands before the place in the same form.
bool Preprocessor::expand_function(bool arity, const Token& call, std::vector<Token>& out) {
  const std::vector<Token>& form = *form_out_;
  if (form.size() < 2 || form[0].kind != TokenKind::kAtom ||
      form[1].kind != TokenKind::kOpenParen) {
    error(Code::kUndefinedMacro, call, "this macro means something only inside a function");
    return false;
  }
  if (!arity) {
    return push(out, make_atom(call, ast::Name(form[0].name).text()));
  }
  Nesting nesting;
  const Token* end = form.data() + form.size();
  int64_t count = form.size() > 2 && form[2].kind == TokenKind::kCloseParen ? 0 : 1;
  for (const Token* at = form.data() + 2; at < end; ++at) {
    bool outside = nesting.closer() == TokenKind::kDot;
    if (outside && at->kind == TokenKind::kCloseParen) {
      return push(out, make_integer(call, count));
    }
    count += outside && at->kind == TokenKind::kComma;
    nesting.see(at, end);
  }
  error(Code::kUndefinedMacro, call, "the arity is not known inside the head itself");
  return false;
}

}  // namespace parley
