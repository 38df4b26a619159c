%{ // The grammar of one form, or of the expressions of a shell line. The caller has read its kind
   // off the first tokens and says so by the first token here (START_*): no form disturbs another.
   // Actions only build the tree; whether patterns and guards are legal is the lint pass's concern.
   // There are no conflicts: bison is run with -Werror.
%}
%require "3.8"
%skeleton "lalr1.cc"
%language "c++"
%define api.namespace {parley::grammar}
%define api.parser.class {Parser}
%define api.location.type {parley::Span}
%define parse.error custom
%locations

%code requires {
#include "compiler/syntax/tree_builder.h"
}
%parse-param { parley::TreeBuilder& build }
%lex-param { parley::TreeBuilder& build }

%union {
  const parley::Token* token;
  parley::ast::Expr* expr;
  parley::ast::Clause* clause;
  parley::ast::Type* type;
  parley::ast::BinaryOp op;
  parley::ast::UnaryOp unary_op;
  parley::Mark mark;      // where a list starts on its builder's stack
  parley::RawSeq seq;     // a finished list
  bool flag;
}

%code {
#include "compiler/syntax/grammar_glue.inc"
}

%token START_FUNCTION START_EXPRESSIONS START_ATTRIBUTE START_MODULE START_EXPORT START_IMPORT
%token START_RECORD START_TYPE START_SPEC
%token <token> INTEGER FLOAT CHAR ATOM VARIABLE STRING BINARY_STRING
%token <token> INTERPOLATION_START INTERPOLATION_MIDDLE INTERPOLATION_END
%token DOT DOT_DOT ELLIPSIS FIELD OPEN_PAREN CLOSE_PAREN OPEN_BRACE CLOSE_BRACE OPEN_BRACKET
%token CLOSE_BRACKET OPEN_BINARY CLOSE_BINARY COMMA SEMICOLON COLON COLON_COLON ARROW FAT_ARROW
%token COLON_EQUAL LEFT_ARROW STRICT_LEFT_ARROW BINARY_ARROW STRICT_BINARY_ARROW BAR BAR_BAR PIPE
%token ZIP HASH BANG EQUAL MAYBE_MATCH PLUS MINUS STAR SLASH PLUS_PLUS MINUS_MINUS EQUAL_EQUAL
%token NOT_EQUAL LESS_EQUAL LESS GREATER_EQUAL GREATER EXACT_EQUAL EXACT_NOT_EQUAL QUESTION
%token AFTER AND ANDALSO BAND BEGIN_ BNOT BOR BSL BSR BXOR CASE CATCH COND DIV ELSE END_ FUN IF LET
%token MAYBE NOT OF OR ORELSE RECEIVE REM TRY WHEN XOR
%token BAD END_OF_INPUT

%precedence CATCH
%right EQUAL BANG
%left PIPE
%right ORELSE
%right ANDALSO
%nonassoc DOT_DOT
%nonassoc EQUAL_EQUAL NOT_EQUAL LESS_EQUAL LESS GREATER_EQUAL GREATER EXACT_EQUAL EXACT_NOT_EQUAL
%right PLUS_PLUS MINUS_MINUS
%left PLUS MINUS BOR BXOR BSL BSR OR XOR
%left STAR SLASH DIV REM BAND AND
%precedence PREFIX

%type <expr> expr primary atom variable integer literal string interpolation binary comprehension
%type <expr> creation record_or_map call if_expr case_expr receive_expr try_expr fun_expr
%type <expr> maybe_expr maybe_item pattern pattern_primary segment_value segment_size
%type <expr> atom_or_variable integer_or_variable list tuple
%type <clause> function_clause case_clause if_clause catch_clause fun_clause named_fun_clause
%type <type> top_type type fun_type
%type <op> comparison add_op multiply_op list_op
%type <unary_op> prefix_op
%type <token> strings
%type <flag> list_arrow binary_arrow
%type <mark> expr_list maybe_list function_clauses case_clauses if_clauses catch_clauses fun_clauses
%type <mark> named_fun_clauses guard_list qualifiers zip map_fields record_fields segments type_list
%type <mark> union_list type_fields record_type_fields spec_clauses constraints
%type <mark> interpolation_parts
%type <seq> exprs arguments guard body case_clause_list catch_clause_list qualifier_list
%type <seq> map_tuple record_tuple types

%start input
%%

input:
    START_FUNCTION function_clauses DOT { build.function_form($2, @3); }
  | START_EXPRESSIONS exprs DOT { build.set_expressions($2); }
  | START_ATTRIBUTE exprs DOT { build.attribute_form($2); }
  | START_ATTRIBUTE OPEN_PAREN expr COMMA exprs CLOSE_PAREN DOT { build.attribute_form($3, $5); }
  | START_MODULE OPEN_PAREN ATOM CLOSE_PAREN DOT { build.module_form($3, @3); }
  | START_EXPORT OPEN_PAREN reference_list CLOSE_PAREN DOT { build.export_form(); }
  | START_EXPORT reference_list DOT { build.export_form(); }
  | START_IMPORT OPEN_PAREN ATOM COMMA reference_list CLOSE_PAREN DOT { build.import_form($3); }
  | START_RECORD OPEN_PAREN ATOM COMMA OPEN_BRACE record_definition_list CLOSE_BRACE CLOSE_PAREN
    DOT { build.record_form($3); }
  | START_TYPE type_definition DOT
  | START_TYPE OPEN_PAREN type_definition CLOSE_PAREN DOT
  | START_SPEC spec_name spec_clauses DOT { build.spec_form($3); }
  | START_SPEC OPEN_PAREN spec_name spec_clauses CLOSE_PAREN DOT { build.spec_form($4); }
  ;

// ---------------------------------------------------------------- functions

function_clauses:
    function_clause { $$ = build.clauses.start($1); }
  | function_clauses SEMICOLON function_clause { build.clauses.push($3); $$ = $1; }
  ;
function_clause:
    ATOM arguments guard body { $$ = build.clause($1, @1, $2, $3, $4); }
  ;

arguments:
    OPEN_PAREN CLOSE_PAREN { $$ = build.empty(); }
  | OPEN_PAREN exprs CLOSE_PAREN { $$ = $2; }
  ;
guard:
    %empty { $$ = build.empty(); }
  | WHEN guard_list { $$ = build.guards.finish($2); }
  ;
guard_list:
    exprs { $$ = build.guards.start($1.of<ast::Expr*>()); }
  | guard_list SEMICOLON exprs { build.guards.push($3.of<ast::Expr*>()); $$ = $1; }
  ;
body: ARROW exprs { $$ = $2; };

exprs: expr_list { $$ = build.exprs.finish($1); };
expr_list:
    expr { $$ = build.exprs.start($1); }
  | expr_list COMMA expr { build.exprs.push($3); $$ = $1; }
  ;

// ---------------------------------------------------------------- expressions

expr:
    primary
  | record_or_map
  | call
  | CATCH expr { $$ = build.catch_expr(@1, $2); }
  | expr EQUAL expr { $$ = build.match(@2, $1, $3); }
  | expr BANG expr { $$ = build.binary_op(ast::BinaryOp::kSend, @2, $1, $3); }
  | expr PIPE expr { $$ = build.pipe(@2, $1, $3); }
  | expr ORELSE expr { $$ = build.binary_op(ast::BinaryOp::kOrelse, @2, $1, $3); }
  | expr ANDALSO expr { $$ = build.binary_op(ast::BinaryOp::kAndalso, @2, $1, $3); }
  | expr comparison expr %prec EQUAL_EQUAL { $$ = build.binary_op($2, @2, $1, $3); }
  | expr list_op expr %prec PLUS_PLUS { $$ = build.binary_op($2, @2, $1, $3); }
  | expr add_op expr %prec PLUS { $$ = build.binary_op($2, @2, $1, $3); }
  | expr multiply_op expr %prec STAR { $$ = build.binary_op($2, @2, $1, $3); }
  | prefix_op expr %prec PREFIX { $$ = build.unary($1, @1, $2); }
  ;

comparison:
    EQUAL_EQUAL { $$ = ast::BinaryOp::kEqual; } | NOT_EQUAL { $$ = ast::BinaryOp::kNotEqual; }
  | LESS_EQUAL { $$ = ast::BinaryOp::kLessEqual; } | LESS { $$ = ast::BinaryOp::kLess; }
  | GREATER_EQUAL { $$ = ast::BinaryOp::kGreaterEqual; }
  | GREATER { $$ = ast::BinaryOp::kGreater; } | EXACT_EQUAL { $$ = ast::BinaryOp::kExactEqual; }
  | EXACT_NOT_EQUAL { $$ = ast::BinaryOp::kExactNotEqual; }
  ;
list_op:
    PLUS_PLUS { $$ = ast::BinaryOp::kAppend; } | MINUS_MINUS { $$ = ast::BinaryOp::kSubtract; }
  ;
add_op:
    PLUS { $$ = ast::BinaryOp::kPlus; } | MINUS { $$ = ast::BinaryOp::kMinus; }
  | BOR { $$ = ast::BinaryOp::kBor; } | BXOR { $$ = ast::BinaryOp::kBxor; }
  | BSL { $$ = ast::BinaryOp::kBsl; } | BSR { $$ = ast::BinaryOp::kBsr; }
  | OR { $$ = ast::BinaryOp::kOr; } | XOR { $$ = ast::BinaryOp::kXor; }
  ;
multiply_op:
    STAR { $$ = ast::BinaryOp::kMultiply; } | SLASH { $$ = ast::BinaryOp::kDivide; }
  | DIV { $$ = ast::BinaryOp::kDiv; } | REM { $$ = ast::BinaryOp::kRem; }
  | BAND { $$ = ast::BinaryOp::kBand; } | AND { $$ = ast::BinaryOp::kAnd; }
  ;
prefix_op:
    PLUS { $$ = ast::UnaryOp::kPlus; } | MINUS { $$ = ast::UnaryOp::kMinus; }
  | NOT { $$ = ast::UnaryOp::kNot; } | BNOT { $$ = ast::UnaryOp::kBnot; }
  ;

atom: ATOM { $$ = build.atom($1, @1); };
variable: VARIABLE { $$ = build.variable($1, @1); };
integer: INTEGER { $$ = build.integer($1, @1); };
atom_or_variable: atom | variable;
integer_or_variable: integer | variable;

literal:
    atom
  | integer
  | FLOAT { $$ = build.floating($1, @1); }
  | CHAR { $$ = build.character($1, @1); }
  | string
  ;
string:
    strings { $$ = build.string(@$); }
  | BINARY_STRING { $$ = build.binary_string($1, @1); }
  ;
strings:
    STRING { build.start_string($1); $$ = $1; }
  | strings STRING { build.add_string($2); $$ = $1; }
  ;

interpolation:
    interpolation_parts INTERPOLATION_END { $$ = build.interpolation($1, $2, @$); }
  ;
interpolation_parts:
    INTERPOLATION_START expr { $$ = build.start_interpolation($1, $2); }
  | interpolation_parts INTERPOLATION_MIDDLE expr {
      build.start_interpolation($2, $3);
      $$ = $1;
    }
  ;

primary:
    variable
  | literal
  | interpolation
  | list
  | tuple
  | binary
  | comprehension
  | OPEN_PAREN expr CLOSE_PAREN { $$ = build.parenthesised($2); }
  | BEGIN_ exprs END_ { $$ = build.block(@$, $2); }
  | if_expr
  | case_expr
  | receive_expr
  | try_expr
  | maybe_expr
  | fun_expr
  ;

tuple:
    OPEN_BRACE CLOSE_BRACE { $$ = build.tuple(@$, build.empty()); }
  | OPEN_BRACE exprs CLOSE_BRACE { $$ = build.tuple(@$, $2); }
  ;
list:
    OPEN_BRACKET CLOSE_BRACKET { $$ = build.list(@$, build.empty(), nullptr); }
  | OPEN_BRACKET exprs CLOSE_BRACKET { $$ = build.list(@$, $2, nullptr); }
  | OPEN_BRACKET exprs BAR expr CLOSE_BRACKET { $$ = build.list(@$, $2, $4); }
  ;

binary:
    OPEN_BINARY CLOSE_BINARY { $$ = build.binary(@$, build.segments.here()); }
  | OPEN_BINARY segments CLOSE_BINARY { $$ = build.binary(@$, $2); }
  ;
segments:
    segment { $$ = build.segments.last(); }
  | segments COMMA segment { $$ = $1; }
  ;
segment:
    segment_value segment_size segment_types { build.segment(@$, $1, $2); }
  ;
segment_value:
    primary
  | prefix_op primary { $$ = build.unary($1, @1, $2); }
  ;
segment_size:
    %empty { $$ = nullptr; }
  | COLON primary { $$ = $2; }
  ;
segment_types: %empty | SLASH segment_type_list;
segment_type_list: segment_type | segment_type_list MINUS segment_type;
segment_type:
    ATOM { build.segment_type($1, nullptr, @1); }
  | ATOM COLON INTEGER { build.segment_type($1, $3, @$); }
  ;

comprehension:
    OPEN_BRACKET expr BAR_BAR qualifier_list CLOSE_BRACKET {
      $$ = build.comprehension(ast::ComprehensionKind::kList, @$, nullptr, $2, $4);
    }
  | OPEN_BINARY primary BAR_BAR qualifier_list CLOSE_BINARY {
      $$ = build.comprehension(ast::ComprehensionKind::kBinary, @$, nullptr, $2, $4);
    }
  | HASH OPEN_BRACE expr FAT_ARROW expr BAR_BAR qualifier_list CLOSE_BRACE {
      $$ = build.comprehension(ast::ComprehensionKind::kMap, @$, $3, $5, $7);
    }
  ;
qualifier_list: qualifiers { $$ = build.qualifiers.finish($1); };
qualifiers:
    qualifier { $$ = build.qualifiers.last(); }
  | qualifiers COMMA qualifier { $$ = $1; }
  ;
qualifier:
    expr { build.filter($1, @$); }
  | generator
  | zip { build.zip($1, @$); }
  ;
zip:
    generator ZIP generator { $$ = build.qualifiers.last(2); }
  | zip ZIP generator { $$ = $1; }
  ;
generator:
    expr list_arrow expr {
      build.generator(ast::QualifierKind::kList, $2, @$, $1, nullptr, $3);
    }
  | expr binary_arrow expr {
      build.generator(ast::QualifierKind::kBinary, $2, @$, $1, nullptr, $3);
    }
  | expr COLON_EQUAL expr list_arrow expr {
      build.generator(ast::QualifierKind::kMap, $4, @$, $1, $3, $5);
    }
  ;
list_arrow: LEFT_ARROW { $$ = false; } | STRICT_LEFT_ARROW { $$ = true; };
binary_arrow: BINARY_ARROW { $$ = false; } | STRICT_BINARY_ARROW { $$ = true; };

creation:
    HASH map_tuple { $$ = build.map(@$, nullptr, $2); }
  | HASH ATOM record_tuple { $$ = build.record(@$, nullptr, $2, $3); }
  | HASH ATOM FIELD ATOM { $$ = build.record_index(@$, $2, $4, @4); }
  ;
record_or_map:
    creation
  | primary HASH map_tuple { $$ = build.map(@$, $1, $3); }
  | primary HASH ATOM record_tuple { $$ = build.record(@$, $1, $3, $4); }
  | primary HASH ATOM FIELD ATOM { $$ = build.record_access(@$, $1, $3, $5, @5); }
  | record_or_map HASH map_tuple { $$ = build.map(@$, $1, $3); }
  | record_or_map HASH ATOM record_tuple { $$ = build.record(@$, $1, $3, $4); }
  | record_or_map HASH ATOM FIELD ATOM { $$ = build.record_access(@$, $1, $3, $5, @5); }
  ;
map_tuple:
    OPEN_BRACE CLOSE_BRACE { $$ = build.empty(); }
  | OPEN_BRACE map_fields CLOSE_BRACE { $$ = build.map_fields.finish($2); }
  ;
map_fields:
    map_field { $$ = build.map_fields.last(); }
  | map_fields COMMA map_field { $$ = $1; }
  ;
map_field:
    expr FAT_ARROW expr { build.map_field(@2, $1, $3, false); }
  | expr COLON_EQUAL expr { build.map_field(@2, $1, $3, true); }
  ;
record_tuple:
    OPEN_BRACE CLOSE_BRACE { $$ = build.empty(); }
  | OPEN_BRACE record_fields CLOSE_BRACE { $$ = build.record_fields.finish($2); }
  ;
record_fields:
    record_field { $$ = build.record_fields.last(); }
  | record_fields COMMA record_field { $$ = $1; }
  ;
record_field:
    ATOM EQUAL expr { build.record_field($1, @1, $3); }
  | VARIABLE EQUAL expr { build.record_field($1, @1, $3); }
  ;

call:
    primary arguments { $$ = build.call(@$, nullptr, $1, $2); }
  | primary COLON primary arguments { $$ = build.call(@$, $1, $3, $4); }
  ;

if_expr: IF if_clauses END_ { $$ = build.if_expr(@$, $2); };
if_clauses:
    if_clause { $$ = build.clauses.start($1); }
  | if_clauses SEMICOLON if_clause { build.clauses.push($3); $$ = $1; }
  ;
if_clause:
    guard_list body {
      $$ = build.clause(nullptr, @1, build.empty(), build.guards.finish($1), $2);
    }
  ;

case_expr: CASE expr OF case_clause_list END_ { $$ = build.case_expr(@$, $2, $4); };
case_clause_list: case_clauses { $$ = build.clauses.finish($1); };
case_clauses:
    case_clause { $$ = build.clauses.start($1); }
  | case_clauses SEMICOLON case_clause { build.clauses.push($3); $$ = $1; }
  ;
case_clause: expr guard body { $$ = build.clause_of_one(@1, $1, $2, $3); };

receive_expr:
    RECEIVE case_clause_list END_ { $$ = build.receive(@$, $2, nullptr, build.empty()); }
  | RECEIVE AFTER expr body END_ { $$ = build.receive(@$, build.empty(), $3, $4); }
  | RECEIVE case_clause_list AFTER expr body END_ { $$ = build.receive(@$, $2, $4, $5); }
  ;

try_expr:
    TRY exprs OF case_clause_list CATCH catch_clause_list END_ {
      $$ = build.try_expr(@$, $2, $4, $6, build.empty());
    }
  | TRY exprs OF case_clause_list CATCH catch_clause_list AFTER exprs END_ {
      $$ = build.try_expr(@$, $2, $4, $6, $8);
    }
  | TRY exprs OF case_clause_list AFTER exprs END_ {
      $$ = build.try_expr(@$, $2, $4, build.empty(), $6);
    }
  | TRY exprs CATCH catch_clause_list END_ {
      $$ = build.try_expr(@$, $2, build.empty(), $4, build.empty());
    }
  | TRY exprs CATCH catch_clause_list AFTER exprs END_ {
      $$ = build.try_expr(@$, $2, build.empty(), $4, $6);
    }
  | TRY exprs AFTER exprs END_ {
      $$ = build.try_expr(@$, $2, build.empty(), build.empty(), $4);
    }
  ;
catch_clause_list: catch_clauses { $$ = build.clauses.finish($1); };
catch_clauses:
    catch_clause { $$ = build.clauses.start($1); }
  | catch_clauses SEMICOLON catch_clause { build.clauses.push($3); $$ = $1; }
  ;
catch_clause:
    pattern guard body { $$ = build.catch_clause(@1, nullptr, $1, nullptr, $2, $3); }
  | atom_or_variable COLON pattern guard body {
      $$ = build.catch_clause(@1, $1, $3, nullptr, $4, $5);
    }
  | atom_or_variable COLON pattern COLON variable guard body {
      $$ = build.catch_clause(@1, $1, $3, $5, $6, $7);
    }
  ;

// What may stand between the colons of a catch clause: an expression without remote calls.
pattern:
    pattern_primary
  | creation
  | pattern EQUAL pattern { $$ = build.match(@2, $1, $3); }
  | pattern comparison pattern %prec EQUAL_EQUAL { $$ = build.binary_op($2, @2, $1, $3); }
  | pattern list_op pattern %prec PLUS_PLUS { $$ = build.binary_op($2, @2, $1, $3); }
  | pattern add_op pattern %prec PLUS { $$ = build.binary_op($2, @2, $1, $3); }
  | pattern multiply_op pattern %prec STAR { $$ = build.binary_op($2, @2, $1, $3); }
  | prefix_op pattern %prec PREFIX { $$ = build.unary($1, @1, $2); }
  ;
pattern_primary:
    variable
  | literal
  | list
  | tuple
  | binary
  | OPEN_PAREN pattern CLOSE_PAREN { $$ = build.parenthesised($2); }
  ;

maybe_expr:
    MAYBE maybe_list END_ { $$ = build.maybe(@$, $2, build.empty()); }
  | MAYBE maybe_list ELSE case_clause_list END_ { $$ = build.maybe(@$, $2, $4); }
  ;
maybe_list:
    maybe_item { $$ = build.exprs.start($1); }
  | maybe_list COMMA maybe_item { build.exprs.push($3); $$ = $1; }
  ;
maybe_item:
    expr
  | expr MAYBE_MATCH expr { $$ = build.maybe_match(@2, $1, $3); }
  ;

fun_expr:
    FUN ATOM SLASH INTEGER { $$ = build.fun_local(@$, $2, $4); }
  | FUN atom_or_variable COLON atom_or_variable SLASH integer_or_variable {
      $$ = build.fun_external(@$, $2, $4, $6);
    }
  | FUN fun_clauses END_ { $$ = build.fun(@$, nullptr, @1, $2); }
  | FUN named_fun_clauses END_ { $$ = build.named_fun(@$, @2, $2); }
  ;
fun_clauses:
    fun_clause { $$ = build.clauses.start($1); }
  | fun_clauses SEMICOLON fun_clause { build.clauses.push($3); $$ = $1; }
  ;
fun_clause: arguments guard body { $$ = build.clause(nullptr, @1, $1, $2, $3); };
named_fun_clauses:
    named_fun_clause { $$ = build.clauses.start($1); }
  | named_fun_clauses SEMICOLON named_fun_clause { build.clauses.push($3); $$ = $1; }
  ;
named_fun_clause:
    VARIABLE arguments guard body { $$ = build.clause($1, @1, $2, $3, $4); }
  ;

// ---------------------------------------------------------------- attributes

reference_list: OPEN_BRACKET CLOSE_BRACKET | OPEN_BRACKET references CLOSE_BRACKET;
references: reference | references COMMA reference;
reference: ATOM SLASH INTEGER { build.reference($1, $3, @$); };

record_definition_list: %empty | record_definitions;
record_definitions: record_definition | record_definitions COMMA record_definition;
record_definition:
    ATOM { build.record_definition($1, @1, nullptr, nullptr); }
  | ATOM EQUAL expr { build.record_definition($1, @1, $3, nullptr); }
  | ATOM COLON_COLON top_type { build.record_definition($1, @1, nullptr, $3); }
  | ATOM EQUAL expr COLON_COLON top_type { build.record_definition($1, @1, $3, $5); }
  ;

// ---------------------------------------------------------------- types

type_definition:
    ATOM OPEN_PAREN parameters CLOSE_PAREN COLON_COLON top_type { build.type_form($1, @1, $6); }
  ;
parameters: %empty | parameter_list;
parameter_list:
    VARIABLE { build.parameter($1, @1); }
  | parameter_list COMMA VARIABLE { build.parameter($3, @3); }
  ;

top_type:
    VARIABLE COLON_COLON top_type { $$ = build.annotated_type(@$, $1, $3); }
  | union_list { $$ = build.union_type(@$, $1); }
  | union_list BAR VARIABLE COLON_COLON top_type {
      build.types.push(build.annotated_type(@$, $3, $5));
      $$ = build.union_type(@$, $1);
    }
  ;
union_list:
    type { $$ = build.types.start($1); }
  | union_list BAR type { build.types.push($3); $$ = $1; }
  ;
types: type_list { $$ = build.types.finish($1); };
type_list:
    top_type { $$ = build.types.start($1); }
  | type_list COMMA top_type { build.types.push($3); $$ = $1; }
  ;
type:
    OPEN_PAREN top_type CLOSE_PAREN { $$ = $2; }
  | VARIABLE { $$ = build.type_variable(@1, $1); }
  | ATOM { $$ = build.type_atom(@1, $1); }
  | ATOM OPEN_PAREN CLOSE_PAREN { $$ = build.type_call(@$, nullptr, $1, build.empty()); }
  | ATOM OPEN_PAREN types CLOSE_PAREN { $$ = build.type_call(@$, nullptr, $1, $3); }
  | ATOM COLON ATOM OPEN_PAREN CLOSE_PAREN { $$ = build.type_call(@$, $1, $3, build.empty()); }
  | ATOM COLON ATOM OPEN_PAREN types CLOSE_PAREN { $$ = build.type_call(@$, $1, $3, $5); }
  | OPEN_BRACKET CLOSE_BRACKET { $$ = build.type_node(ast::TypeKind::kList, @$, build.empty()); }
  | OPEN_BRACKET top_type CLOSE_BRACKET { $$ = build.type_list(ast::TypeKind::kList, @$, $2); }
  | OPEN_BRACKET top_type COMMA ELLIPSIS CLOSE_BRACKET {
      $$ = build.type_list(ast::TypeKind::kNonemptyList, @$, $2);
    }
  | OPEN_BRACE CLOSE_BRACE { $$ = build.type_node(ast::TypeKind::kTuple, @$, build.empty()); }
  | OPEN_BRACE types CLOSE_BRACE { $$ = build.type_node(ast::TypeKind::kTuple, @$, $2); }
  | HASH OPEN_BRACE CLOSE_BRACE { $$ = build.type_map(@$, build.type_fields.here()); }
  | HASH OPEN_BRACE type_fields CLOSE_BRACE { $$ = build.type_map(@$, $3); }
  | HASH ATOM OPEN_BRACE CLOSE_BRACE { $$ = build.type_record(@$, $2, build.type_fields.here()); }
  | HASH ATOM OPEN_BRACE record_type_fields CLOSE_BRACE { $$ = build.type_record(@$, $2, $4); }
  | OPEN_BINARY CLOSE_BINARY { $$ = build.type_binary(@$, nullptr, nullptr); }
  | OPEN_BINARY VARIABLE COLON integer CLOSE_BINARY { $$ = build.type_binary(@$, $4, nullptr); }
  | OPEN_BINARY VARIABLE COLON VARIABLE STAR integer CLOSE_BINARY {
      $$ = build.type_binary(@$, nullptr, $6);
    }
  | OPEN_BINARY VARIABLE COLON integer COMMA VARIABLE COLON VARIABLE STAR integer CLOSE_BINARY
    { $$ = build.type_binary(@$, $4, $10); }
  | FUN OPEN_PAREN CLOSE_PAREN {
      $$ = build.type_node(ast::TypeKind::kAnyFun, @$, build.empty());
    }
  | FUN OPEN_PAREN fun_type CLOSE_PAREN { $$ = $3; }
  | INTEGER { $$ = build.type_integer(@1, build.integer($1, @1)); }
  | CHAR { $$ = build.type_integer(@1, build.character($1, @1)); }
  | type DOT_DOT type { $$ = build.type_range(@$, $1, $3); }
  | type add_op type %prec PLUS { $$ = build.type_operator(@$, @2, $2, $1, $3); }
  | type multiply_op type %prec STAR { $$ = build.type_operator(@$, @2, $2, $1, $3); }
  | prefix_op type %prec PREFIX { $$ = build.type_unary(@$, @1, $1, $2); }
  ;
type_fields:
    type_field { $$ = build.type_fields.last(); }
  | type_fields COMMA type_field { $$ = $1; }
  ;
type_field:
    top_type FAT_ARROW top_type { build.type_field(@$, $1, $3, false); }
  | top_type COLON_EQUAL top_type { build.type_field(@$, $1, $3, true); }
  ;
record_type_fields:
    record_type_field { $$ = build.type_fields.last(); }
  | record_type_fields COMMA record_type_field { $$ = $1; }
  ;
record_type_field:
    ATOM COLON_COLON top_type { build.type_field(@$, build.type_atom(@1, $1), $3, true); }
  ;
fun_type:
    OPEN_PAREN ELLIPSIS CLOSE_PAREN ARROW top_type { $$ = build.type_any_function(@$, $5); }
  | OPEN_PAREN CLOSE_PAREN ARROW top_type { $$ = build.type_function(@$, build.empty(), $4); }
  | OPEN_PAREN types CLOSE_PAREN ARROW top_type { $$ = build.type_function(@$, $2, $5); }
  ;

spec_name:
    ATOM { build.spec_name(nullptr, $1, @1); }
  | ATOM COLON ATOM { build.spec_name($1, $3, @3); }
  ;
spec_clauses:
    spec_clause { $$ = build.spec_clauses.last(); }
  | spec_clauses SEMICOLON spec_clause { $$ = $1; }
  ;
spec_clause:
    fun_type { build.spec_clause(@$, $1, build.constraints.here()); }
  | fun_type WHEN constraints { build.spec_clause(@$, $1, $3); }
  ;
constraints:
    constraint { $$ = build.constraints.last(); }
  | constraints COMMA constraint { $$ = $1; }
  ;
constraint:
    VARIABLE COLON_COLON top_type { build.constraint($1, @1, $3); }
  | ATOM OPEN_PAREN VARIABLE COMMA top_type CLOSE_PAREN { build.constraint($3, @3, $5); }
  ;

%%

namespace parley::grammar {

void Parser::error(const Span&, const std::string&) {}

void Parser::report_syntax_error(const context& where) const {
  constexpr int kExpectedMax = 5;
  symbol_kind_type expected[kExpectedMax];
  int count = where.expected_tokens(expected, kExpectedMax);
  build.syntax_error(count == 1 ? describe_symbol(expected[0]) : std::string_view{});
}

}  // namespace parley::grammar
