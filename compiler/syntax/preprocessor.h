// The preprocessor: tokens of files to tokens of forms, with conditions decided, files included and
// macros expanded. Follows OTP 28; differences: macro arguments are expanded before they are put
// in.
//
// Total: every macro expands to at most kTokensMax tokens a form, kNestingMax deep, and a macro
// never inside itself; files nest at most kIncludesMax deep. More is a diagnostic.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/syntax/lexer.h"
#include "compiler/syntax/parse.h"
#include "compiler/syntax/token.h"

namespace parley {

class Preprocessor {
 public:
  /// Parses the tokens of a condition, which end in a dot; null when they are no expression. Errors
  /// have been reported.
  using ConditionParser = std::function<ast::Expr*(const std::vector<Token>& tokens)>;

  Preprocessor(ast::Module& module, Diagnostics& diagnostics, const ParseOptions& options,
               ConditionParser parse_condition);

  /// Starts with files[file], whose text is in place; later files come first.
  void open(uint32_t file);
  /// The next form into `out`, its dot included; false at the end. A form without a dot ends in
  /// kEndOfFile.
  bool next_form(std::vector<Token>& out);

 private:
  struct Macro {
    bool has_parameters = false;
    bool builtin = false;
    std::vector<const ast::Name::Entry*> parameters;
    std::vector<Token> body;
    ast::Location place;
  };
  using Overloads = std::vector<std::unique_ptr<Macro>>;

  enum class Branch : uint8_t { kTaken, kWaiting, kDone };  // waiting: no branch was true so far
  struct Condition {
    Branch branch;
    bool had_else = false;
    ast::Location place;
  };

  struct Source {
    LexResult lexed;
    size_t at = 0;
    uint32_t file = 0;        // in whose text the tokens lie
    uint32_t shown_file = 0;  // where they are said to be: differs after -file
    size_t condition_count = 0;
  };

  // A form as it stands in its file: from the first token to the dot.
  struct RawForm {
    const Token* first;
    const Token* end;
    [[nodiscard]] size_t size() const { return static_cast<size_t>(end - first); }
  };

  // preprocessor.cpp
  RawForm take_form(Source& source);
  bool skipping() const;
  bool directive(const RawForm& form);
  bool condition_directive(std::string_view name, const RawForm& form);
  void if_defined(const RawForm& form, bool wanted);
  void if_true(const RawForm& form);
  void else_if(const RawForm& form);
  void else_branch(const RawForm& form);
  void end_if(const RawForm& form);
  bool evaluate(const RawForm& form);
  void define(const RawForm& form);
  bool read_parameters(const RawForm& form, size_t& at, Macro& macro);
  void undefine(const RawForm& form);
  void include(const RawForm& form, bool library);
  bool try_include(const std::string& path, const ast::Location& place);
  void message(const RawForm& form, bool is_error);
  void set_file(const RawForm& form);
  bool report_bad(const RawForm& form);
  void close_source();
  Diagnostic& error(Code code, const Token& token, std::string message);
  const Token* name_argument(const RawForm& form, size_t count);
  bool is_defined(const Token& name) const;
  void note_module(const std::vector<Token>& form);

  // macros.cpp
  struct Arguments {
    std::vector<std::vector<Token>> list;
    const Token* after = nullptr;
  };
  bool expand(const Token* first, const Token* end, std::vector<Token>& out);
  bool expand_one(const Token*& at, const Token* end, std::vector<Token>& out);
  bool expand_builtin(std::string_view name, const Token& call, const Token*& at, const Token* end,
                      std::vector<Token>& out);
  bool expand_function(bool arity, const Token& call, std::vector<Token>& out);
  bool expand_feature(const Token& call, const Token*& at, const Token* end,
                      std::vector<Token>& out);
  bool expand_macro(const Macro& macro, const Token& call, const Arguments& arguments,
                    std::vector<Token>& out);
  bool expand_in_body(const Macro& outer, const Arguments& arguments, const Token*& at,
                      const Token* end, std::vector<Token>& out);
  bool read_arguments(const Token& call, const Token* open, const Token* end, Arguments& found);
  const Macro* choose(const Token& call, const Token& name, const Overloads& overloads,
                      const Token* next, const Token* end, Arguments& arguments);
  void undefined_macro(const Token& call, const Token& name);
  bool push(std::vector<Token>& out, const Token& token);
  Token make(const Token& call, TokenKind kind, std::string_view text);
  Token make_atom(const Token& call, std::string_view text);
  Token make_integer(const Token& call, int64_t value);
  std::string stringify(const std::vector<Token>& tokens) const;

  ast::Module& module_;
  Diagnostics& diagnostics_;
  const ParseOptions& options_;
  ConditionParser parse_condition_;
  std::vector<Source> sources_;
  std::vector<Condition> conditions_;
  std::unordered_map<const ast::Name::Entry*, Overloads> macros_;
  std::vector<const Macro*> active_;
  std::vector<Token>* form_out_ = nullptr;  // of the form being expanded
  const ast::Name::Entry* module_name_ = nullptr;
  size_t pushed_count_ = 0;
  size_t depth_ = 0;  // of macros being expanded, arguments included
};

/// Whether the condition of an -if holds: the value of a constant expression is `true`. Nothing: it
/// is no expression that can be computed here.
std::optional<bool> condition_holds(const ast::Expr& expr);

}  // namespace parley
