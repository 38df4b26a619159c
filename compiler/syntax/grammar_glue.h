// The few lines between Bison's parser and the builder. Included by grammar.y alone.
#pragma once

#define YYLLOC_DEFAULT(current, rhs, count)                   \
  do {                                                        \
    if (count) {                                              \
      (current) = YYRHSLOC(rhs, 1);                           \
      (current).end_line = YYRHSLOC(rhs, count).end_line;     \
      (current).end_column = YYRHSLOC(rhs, count).end_column; \
    } else {                                                  \
      (current) = YYRHSLOC(rhs, 0);                           \
      (current).line = (current).end_line;                    \
      (current).column = (current).end_column;                \
    }                                                         \
  } while (false)

namespace parley::grammar {

constexpr int kGrammarTokens[] = {
#define PARLEY_TOKEN(kind, grammar, text) Parser::token::grammar,
#include "compiler/syntax/tokens.def"
};

constexpr int kStartTokens[] = {
    Parser::token::START_FUNCTION, Parser::token::START_EXPRESSIONS, Parser::token::START_ATTRIBUTE,
    Parser::token::START_MODULE,   Parser::token::START_EXPORT,      Parser::token::START_IMPORT,
    Parser::token::START_RECORD,   Parser::token::START_TYPE,        Parser::token::START_SPEC,
};

inline int yylex(Parser::value_type* value, Span* place, TreeBuilder& build) {
  if (build.take_start()) {
    *place = build.next_place();
    place->end_line = place->line;
    place->end_column = place->column;
    return kStartTokens[static_cast<size_t>(build.start())];
  }
  *place = build.next_place();
  value->token = build.advance();
  return value->token ? kGrammarTokens[static_cast<size_t>(value->token->kind)]
                      : Parser::token::YYEOF;
}

/// How people read a symbol of the grammar; empty when it is no token.
inline std::string_view describe_symbol(Parser::symbol_kind_type symbol) {
  switch (symbol) {
#define PARLEY_TOKEN(kind, grammar, text) \
  case Parser::symbol_kind::S_##grammar:  \
    return text;
#include "compiler/syntax/tokens.def"
    default:
      return {};
  }
}

}  // namespace parley::grammar
