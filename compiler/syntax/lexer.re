// The tokens' shapes. What has content (strings, numbers, sigils) is read by lexer_*.cpp; here is
// only what decides which it is.
#include "compiler/syntax/lexer_state.h"

namespace parley {

bool Lexer::next() {
  const char* start = cursor_;
  const char* marker = nullptr;

  /*!re2c
    re2c:define:YYCTYPE = "unsigned char";
    re2c:define:YYPEEK = "static_cast<unsigned char>(*cursor_)";
    re2c:define:YYSKIP = "++cursor_;";
    re2c:define:YYBACKUP = "marker = cursor_;";
    re2c:define:YYRESTORE = "cursor_ = marker;";
    re2c:api = custom;
    re2c:api:style = free-form;
    re2c:yyfill:enable = 0;
    re2c:encoding:utf8 = 1;
    re2c:indent:string = "  ";

    lower = [a-z\u00df-\u00f6\u00f8-\u00ff];
    upper = [A-Z_\u00c0-\u00d6\u00d8-\u00de];
    alnum = lower | upper | [0-9@];
    digits = [0-9] ("_"? [0-9])*;
    wide_digits = [0-9a-zA-Z] ("_"? [0-9a-zA-Z])*;
    exponent = [eE] [+-]? digits;

    "\x00"  {
      if (start == end_) {
        cursor_ = start;
        return false;
      }
      space_ = true;
      return true;
    }
    [\x01-\x20\u0080-\u00a0]+  { space_ = true; return true; }
    "%"     { skip_comment(); return true; }

    digits                       { push_integer(start); return true; }
    digits "." digits exponent?  { push_float(start); return true; }
    digits "#" wide_digits       { push_based_integer(start); return true; }
    digits "#" wide_digits "." wide_digits ("#" exponent)? {
      push_based_float(start);
      return true;
    }

    "\""  { string(start); return true; }
    "'"   { quoted_atom(start); return true; }
    "$"   { push_char(start); return true; }
    "~"   { sigil(start); return true; }

    "after"    { push_word(TokenKind::kAfter, start); return true; }
    "and"      { push_word(TokenKind::kAnd, start); return true; }
    "andalso"  { push_word(TokenKind::kAndalso, start); return true; }
    "band"     { push_word(TokenKind::kBand, start); return true; }
    "begin"    { push_word(TokenKind::kBegin, start); return true; }
    "bnot"     { push_word(TokenKind::kBnot, start); return true; }
    "bor"      { push_word(TokenKind::kBor, start); return true; }
    "bsl"      { push_word(TokenKind::kBsl, start); return true; }
    "bsr"      { push_word(TokenKind::kBsr, start); return true; }
    "bxor"     { push_word(TokenKind::kBxor, start); return true; }
    "case"     { push_word(TokenKind::kCase, start); return true; }
    "catch"    { push_word(TokenKind::kCatch, start); return true; }
    "cond"     { push_word(TokenKind::kCond, start); return true; }
    "div"      { push_word(TokenKind::kDiv, start); return true; }
    "else"     { push_word(TokenKind::kElse, start); return true; }
    "end"      { push_word(TokenKind::kEnd, start); return true; }
    "fun"      { push_word(TokenKind::kFun, start); return true; }
    "if"       { push_word(TokenKind::kIf, start); return true; }
    "let"      { push_word(TokenKind::kLet, start); return true; }
    "maybe"    { push_word(TokenKind::kMaybe, start); return true; }
    "not"      { push_word(TokenKind::kNot, start); return true; }
    "of"       { push_word(TokenKind::kOf, start); return true; }
    "or"       { push_word(TokenKind::kOr, start); return true; }
    "orelse"   { push_word(TokenKind::kOrelse, start); return true; }
    "receive"  { push_word(TokenKind::kReceive, start); return true; }
    "rem"      { push_word(TokenKind::kRem, start); return true; }
    "try"      { push_word(TokenKind::kTry, start); return true; }
    "when"     { push_word(TokenKind::kWhen, start); return true; }
    "xor"      { push_word(TokenKind::kXor, start); return true; }
    lower alnum*  { push_word(TokenKind::kAtom, start); return true; }
    upper alnum*  { push_word(TokenKind::kVariable, start); return true; }

    "("    { push(TokenKind::kOpenParen, start); return true; }
    ")"    { push(TokenKind::kCloseParen, start); return true; }
    "{"    { open_brace(start); return true; }
    "}"    { close_brace(start); return true; }
    "["    { push(TokenKind::kOpenBracket, start); return true; }
    "]"    { push(TokenKind::kCloseBracket, start); return true; }
    "<<"   { push(TokenKind::kOpenBinary, start); return true; }
    ">>"   { push(TokenKind::kCloseBinary, start); return true; }
    ","    { push(TokenKind::kComma, start); return true; }
    ";"    { push(TokenKind::kSemicolon, start); return true; }
    ":"    { push(TokenKind::kColon, start); return true; }
    "::"   { push(TokenKind::kColonColon, start); return true; }
    "->"   { push(TokenKind::kArrow, start); return true; }
    "=>"   { push(TokenKind::kFatArrow, start); return true; }
    ":="   { push(TokenKind::kColonEqual, start); return true; }
    "<-"   { push(TokenKind::kLeftArrow, start); return true; }
    "<:-"  { push(TokenKind::kStrictLeftArrow, start); return true; }
    "<="   { push(TokenKind::kBinaryArrow, start); return true; }
    "<:="  { push(TokenKind::kStrictBinaryArrow, start); return true; }
    "|"    { push(TokenKind::kBar, start); return true; }
    "||"   { push(TokenKind::kBarBar, start); return true; }
    "|>"   { push(TokenKind::kPipe, start); return true; }
    "&&"   { push(TokenKind::kZip, start); return true; }
    "#"    { push(TokenKind::kHash, start); return true; }
    "!"    { push(TokenKind::kBang, start); return true; }
    "="    { push(TokenKind::kEqual, start); return true; }
    "?="   { push(TokenKind::kMaybeMatch, start); return true; }
    "?"    { push(TokenKind::kQuestion, start); return true; }
    "+"    { push(TokenKind::kPlus, start); return true; }
    "-"    { push(TokenKind::kMinus, start); return true; }
    "*"    { push(TokenKind::kStar, start); return true; }
    "/"    { push(TokenKind::kSlash, start); return true; }
    "++"   { push(TokenKind::kPlusPlus, start); return true; }
    "--"   { push(TokenKind::kMinusMinus, start); return true; }
    "=="   { push(TokenKind::kEqualEqual, start); return true; }
    "/="   { push(TokenKind::kNotEqual, start); return true; }
    "=<"   { push(TokenKind::kLessEqual, start); return true; }
    "<"    { push(TokenKind::kLess, start); return true; }
    ">="   { push(TokenKind::kGreaterEqual, start); return true; }
    ">"    { push(TokenKind::kGreater, start); return true; }
    "=:="  { push(TokenKind::kExactEqual, start); return true; }
    "=/="  { push(TokenKind::kExactNotEqual, start); return true; }
    ".."   { push(TokenKind::kDotDot, start); return true; }
    "..."  { push(TokenKind::kEllipsis, start); return true; }
    "."    { push_dot(start); return true; }
    *      { illegal_character(start); return true; }
  */
}

}  // namespace parley
