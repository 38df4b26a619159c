// The tree that source text gives, shown by dump().
#include "compiler/syntax/parse.h"

#include <doctest/doctest.h>

#include "compiler/diagnostics/diagnostics.h"

namespace {

using parley::parse_expressions;
using parley::parse_module;

// The dump of one expression, or what is wrong with it.
std::string tree(std::string text) {
  auto result = parse_expressions({"shell", text + " ."});
  if (!result.ok()) {
    return parley::render(result.diagnostics.all(), result.module->files, {.excerpt = false});
  }
  std::string dump = parley::ast::dump(*result.module);
  return dump.substr(0, dump.size() - 1);
}

std::string forms(std::string text, const parley::ParseOptions& options = {}) {
  auto result = parse_module({"m.erl", std::move(text)}, options);
  return parley::render(result.diagnostics.all(), result.module->files, {.excerpt = false}) +
         parley::ast::dump(*result.module);
}

}  // namespace

TEST_CASE("operators bind as in Erlang") {
  CHECK(tree("1 + 2 * 3 - 4") == "(- (+ 1 (* 2 3)) 4)");
  CHECK(tree("A = B = C ! D") == "(= A (= B (! C D)))");
  CHECK(tree("A ++ B -- C") == "(++ A (-- B C))");
  CHECK(tree("- 1 + not X") == "(+ (- 1) (not X))");
  CHECK(tree("A orelse B andalso C == D") == "(orelse A (andalso B (== C D)))");
  CHECK(tree("catch A = 1") == "(catch (= A 1))");
  CHECK(tree("X bsl 2 bor 3 band 4") == "(bor (bsl X 2) (band 3 4))");
  CHECK(tree("1 < 2 < 3").starts_with("shell:1:7: error[PAR-0001]"));
}

TEST_CASE("literals") {
  CHECK(tree("16#fF") == "16#fF");
  CHECK(tree("1_000.5e-1_0") == "1.0005e-07");
  CHECK(tree("16#1.8#e1") == "24.0");
  CHECK(tree("$\\n") == "(char 10)");
  CHECK(tree("$\\x{1F600}") == "(char 128512)");
  CHECK(tree("\"a\\x41\\101\\^A\" \"b\"") == "\"aAA\\x01b\"");
  CHECK(tree("'hello world'") == "'hello world'");
  CHECK(tree("~S(a\\b)") == "\"a\\\\b\"");
  CHECK(tree("~\"é\"") == "(binary {\"é\" utf8 1})");
  CHECK(tree("\"\"\"\n  a\n\n    \"b\"\n  \"\"\"") == "\"a\\n\\n  \\\"b\\\"\"");
  CHECK(tree("\"\"\"\n  \"\"\"") == "\"\"");
}

TEST_CASE("big integers keep their digits and have a magnitude") {
  auto result = parse_expressions({"shell", "16#1_0000_0000_0000_0000, 18446744073709551615."});
  REQUIRE(result.ok());
  auto& power = parley::ast::as<parley::ast::Integer>(*result.module->expressions[0]);
  auto& largest = parley::ast::as<parley::ast::Integer>(*result.module->expressions[1]);
  CHECK(power.is_big);
  CHECK(parley::ast::magnitude_of(power) == std::vector<uint64_t>{0, 1});
  CHECK(parley::ast::magnitude_of(largest) == std::vector<uint64_t>{UINT64_MAX});
}

TEST_CASE("calls, funs, records, maps") {
  CHECK(tree("m:f(X)") == "(call m:f X)");
  CHECK(tree("F(1, 2)") == "(call F 1 2)");
  CHECK(tree("(fun () -> ok end)()") == "(call (fun ([] -> [ok])))");
  CHECK(tree("fun f/1") == "(fun f/1)");
  CHECK(tree("fun M:f/A") == "(fun M f A)");
  CHECK(tree("fun F(0) -> 0; F(N) when N > 1 -> F(N - 1) end") ==
        "(fun F ([0] -> [0]) ([N] when [(> N 1)] -> [(call F (- N 1))]))");
  CHECK(tree("R#r{a = 1, _ = 2}#r.a") == "(field r a (record r of R a = 1 _ = 2))");
  CHECK(tree("#r.a") == "(index r a)");
  CHECK(tree("M#{a => 1, b := 2}") == "(map of M a => 1 b := 2)");
}

TEST_CASE("binaries") {
  CHECK(tree("<<>>") == "(binary)");
  CHECK(tree("<<A:8/little-signed, B/binary, C:N/bits, D/utf8>>") ==
        "(binary {A : 8 integer signed little 1} {B binary 8} {C : N binary 1} {D utf8 1})");
  CHECK(tree("<<-1:4/unit:2>>") == "(binary {(- 1) : 4 integer 2})");
}

TEST_CASE("comprehensions") {
  CHECK(tree("[X || X <- L, X > 1]") == "(comprehension list X || (list X <- L) (filter (> X 1)))");
  CHECK(tree("<< <<X>> || <<X>> <:= B >>") ==
        "(comprehension binary (binary {X integer 1}) || (binary strict (binary {X integer 1}) "
        "<- B))");
  CHECK(tree("#{K => V || K := V <:- M && X <- L}") ==
        "(comprehension map K => V || (zip (map strict K := V <- M) (list X <- L)))");
}

TEST_CASE("control") {
  CHECK(tree("try A of B -> C catch D -> E; error:F:G when H -> I after J end") ==
        "(try [A] of ([B] -> [C]) catch ([throw D _] -> [E]) ([error F G] when [H] -> [I]) after "
        "[J])");
  CHECK(tree("receive X -> 1 after 10 -> 2 end") == "(receive ([X] -> [1]) after 10 [2])");
  CHECK(tree("maybe {ok, A} ?= f(), A else _ -> B end") ==
        "(maybe [(?= (tuple ok A) (call f)) A] else ([_] -> [B]))");
  CHECK(tree("if A, B; C -> D; true -> E end") ==
        "(if ([] when [A B] ; [C] -> [D]) ([] when [true] -> [E]))");
}

TEST_CASE("what is Parley's own") {
  CHECK(tree("~f\"<~{Nick}> ~{g({1, \"}\"})}!\"") ==
        "(interpolation \"<\" Nick \"> \" (call g (tuple 1 \"}\")) \"!\")");
  CHECK(tree("~f\"plain\"") == "(binary {\"plain\" utf8 1})");
  CHECK(tree("~f\"\"\"\n  a ~{X}\n   b\n  \"\"\"") == "(interpolation \"a \" X \"\\n b\")");
  CHECK(tree("Y = X |> f(_, 1) |> m:g(2, _)") ==
        "(= Y (pipe 1 (pipe 0 X (call f _ 1)) (call m:g 2 _)))");
}

TEST_CASE("forms") {
  CHECK(forms("-module(m).\n-export([f/1, 'a b'/0]).\n-import(lists, [map/2]).\n") ==
        "module m\nexport f/1 'a b'/0\nimport lists  map/2\n");
  CHECK(forms("-record(r, {a, b = 1, c :: integer(), d = x :: atom()}).") ==
        "record r a b = 1 c :: (type integer) d = x :: (type atom)\n");
  CHECK(forms("-type t(A) :: #{a := A, b => []} | 1..2 | fun((...) -> A).") ==
        "type t(A) (union (map a := A b => (list)) (range 1 2) (fun ... -> A))\n");
  CHECK(forms("-spec f(X :: integer()) -> [X, ...] when X :: any(); (a) -> m:t(b).") ==
        "spec f/1 (fun (annotated X (type integer)) -> (nonempty_list X)) when X :: (type any) "
        "(fun a -> (remote_type m: t b))\n");
  CHECK(forms("-doc \"says\".\nf() -> 1.") ==
        "attribute doc \"says\"\nfunction f/0 doc \"says\"\n  ([] -> [1])\n");
  CHECK(forms("-foo({a, [1]}).\n-bar a, b.\n-compile([{inline, [f/1]}]).") ==
        "attribute foo (tuple a (list [1]))\nattribute bar a b\n"
        "attribute compile (list [(tuple inline (list [(/ f 1)]))])\n");
}

TEST_CASE("places") {
  auto result = parse_module({"m.erl", "f(é, X) ->\n    'ü' + X:y().\n"});
  REQUIRE(result.ok());
  auto& function = *result.module->functions[0];
  CHECK(function.location.end_column == 2);
  CHECK(function.clauses[0]->patterns[1]->location.column == 6);
  auto& sum = parley::ast::as<parley::ast::Operator>(*function.clauses[0]->body[0]);
  CHECK(sum.location.line == 2);
  CHECK(sum.location.column == 9);
  CHECK(sum.right->location.column == 11);
  CHECK(sum.right->location.end_column == 16);
  CHECK(function.end_line == 2);
}

TEST_CASE("a forgotten full stop costs one form") {
  CHECK(forms("f() ->\n    a\n\ng() ->\n    b.\n") ==
        "m.erl:4:1: error[PAR-0001]: unexpected g\n"
        "  hint: is the full stop missing at the end of the form before?\n"
        "function g/0\n  ([] -> [b])\n");
}

TEST_CASE("the shell is told to read on") {
  CHECK(parse_expressions({"shell", "f(1,"}).incomplete);
  CHECK(parse_expressions({"shell", "1 + 2"}).incomplete);
  CHECK(parse_expressions({"shell", "1 + 2"}).ok());
  CHECK_FALSE(parse_expressions({"shell", "1 + 2."}).incomplete);
  CHECK_FALSE(parse_expressions({"shell", "1. 2."}).ok());
}
