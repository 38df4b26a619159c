// The generator of programs; random_program.h says what they are.
//
// A program is a row of steps. The state they hand on stands in four variables: an integer A, a
// list of integers L, a map M, a bit string B. Every step binds one of them anew.
#include "tests/unit/freeze/random_program.h"

#include <array>
#include <functional>
#include <vector>

namespace parley::test {

namespace {

// What every module has besides: work that lasts, frames that pile up, errors from deep inside.
constexpr const char* kHelpers = R"(
burn(0) -> ok;
burn(N) -> burn(N - 1).

deep(0, A) -> [A];
deep(N, A) -> [(A + N) rem 1000 | deep(N - 1, A)].

sum([]) -> 0;
sum([X | Rest]) -> X + sum(Rest).

fails(0, A) -> erlang:error({bottom, A, self()});
fails(N, A) -> 1 + fails(N - 1, A).

fill(0, M) -> M;
fill(N, M) -> fill(N - 1, M#{N => {N, [N]}, {k, N rem 3} => N * 1.5}).

bits(<<X:3, Rest/bits>>, Sum) -> bits(Rest, Sum + X);
bits(Rest, Sum) -> {Sum, bit_size(Rest)}.

flood(0) -> ok;
flood(N) -> self() ! {flood, N}, flood(N - 1).

drain(Sum) ->
    receive
        {flood, N} -> burn(N rem 5), drain(Sum + N)
    after 0 -> Sum
    end.

compose(F, 0) -> F;
compose(F, N) -> compose(fun(X) -> F(X + N) end, N - 1).
)";

class Writer {
 public:
  Writer(std::mt19937_64& random, std::string& out) : random_(random), out_(out) {}
  void program(unsigned number);

 private:
  using Step = void (Writer::*)();

  unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }
  std::string number(unsigned n) { return std::to_string(1 + below(n)); }
  std::string big() {
    std::string digits = number(9);
    for (unsigned i = 18 + below(30); i > 0; --i) digits += std::to_string(below(10));
    return digits;
  }
  // $A, $L, $M, $B: as they are; $1 .. $9: names of this step's own; the rest stands as it is.
  void line(const std::string& text);
  // Binds one of the four anew.
  void bind(char which, const std::string& value) {
    line(std::string("$") + which + "' = " + value + ",");
    ++versions_[index(which)];
  }
  static std::size_t index(char which) { return std::string_view("ALMB").find(which); }

  void integer();
  void list();
  void map();
  void binary();
  void fun();
  void caught();
  void mail();
  void selective();
  void timed();
  void dictionary();
  void long_built_in();
  void nested();
  void self_in_term();

  std::mt19937_64& random_;
  std::string& out_;
  std::array<unsigned, 4> versions_{};
  unsigned step_ = 0;
};

void Writer::line(const std::string& text) {
  out_ += "    ";
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$') {
      out_ += text[i];
      continue;
    }
    const char which = text[++i];
    if (which >= '1' && which <= '9') {
      out_ += std::string("T") + which + "_" + std::to_string(step_);
      continue;
    }
    const bool next = i + 1 < text.size() && text[i + 1] == '\'';
    out_ += which + std::to_string(versions_[index(which)] + (next ? 1 : 0));
    if (next) ++i;
  }
  out_ += "\n";
}

void Writer::integer() {
  switch (below(4)) {
    case 0: return bind('A', "($A * " + big() + " + " + big() + ") rem " + big());
    case 1: return bind('A', "($A bsl " + number(80) + ") bxor " + big());
    case 2: return bind('A', "$A div " + number(1000) + " - sum($L)");
    default: return bind('A', "trunc(($A rem 1000000) * 1.25 + " + number(99) + ")");
  }
}

void Writer::list() {
  switch (below(5)) {
    case 0: return bind('L', "[$A | lists:reverse($L)]");
    case 1: return bind('L', "lists:map(fun(X) -> (X + $A) rem 997 end, $L)");
    case 2: return bind('L', "deep(" + number(60) + ", $A rem 100)");
    case 3: return bind('L', "[X * 2 || X <- $L, X rem 3 =/= 0]");
    default: return bind('L', "lists:sort([$A, " + number(100) + " | $L])");
  }
}

void Writer::map() {
  switch (below(4)) {
    case 0: return bind('M', "$M#{a => $A, [x, $A] => $L}");
    case 1: return bind('M', "fill(" + number(60) + ", $M)");
    case 2: return bind('M', "maps:remove(" + number(60) + ", $M)");
    default: return bind('M', "maps:map(fun(_, V) -> {$A rem 10, V} end, #{a => $L, b => $B})");
  }
}

void Writer::binary() {
  switch (below(4)) {
    case 0: return bind('B', "<<$B/bits, ($A band 255), " + number(60000) + ":16>>");
    case 1: return bind('B', "<<(binary:copy(<<" + number(255) + ">>, " + number(200) +
                                 "))/binary, $B/bits>>");
    case 2:
      line("{$1, $2} = bits($B, 0),");
      return bind('A', "$A + $1 * 8 + $2");
    default: return bind('B', "case $B of <<_:5, $3/bits>> -> $3; $4 -> <<$4/bits, 1:3>> end");
  }
}

void Writer::fun() {
  line("$1 = compose(fun(X) -> {X, $A rem 50, hd([0 | $L])} end, " + number(12) + "),");
  line("burn(" + number(80) + "),");
  line("{$2, $3, $4} = $1($A),");
  bind('L', "[$2, $3, $4 | $L]");
}

void Writer::caught() {
  switch (below(4)) {
    case 0:
      line("{$1, $2} = try burn(" + number(60) + "), throw({$A, $L})");
      line("    catch throw:{$3, $4} -> burn(" + number(40) + "), {$3, $4}");
      line("    after put(after_it, $A) end,");
      return bind('L', "[$1 rem 7 | $2]");
    case 1:
      line("$1 = try fails(" + number(6) + ", $A rem 100) of $2 -> $2");
      line("    catch error:{bottom, $6, $3}:$4 when $3 =:= self() ->");
      line("        burn(" + number(90) + "), {$6, [element(2, $5) || $5 <- $4], $4} end,");
      line("put(trace, $1),");
      return bind('A', "$A + element(1, $1)");
    case 2:
      line("$1 = (catch burn(" + number(50) + ") + $A),");
      line("{'EXIT', {badarith, $2}} = $1,");
      return bind('L', "[length($2) | $L]");
    default:
      line("$1 = try lists:nth(0, $L) catch error:$2:$3 -> burn(" + number(60) +
           "), {$2, length($3)} end,");
      return bind('M', "$M#{caught => $1}");
  }
}

void Writer::mail() {
  line("flood(" + number(30) + "),");
  line("burn(" + number(60) + "),");
  bind('A', "$A + drain(0)");
}

void Writer::selective() {
  const std::string count = std::to_string(3 + below(9));
  line("[self() ! {mail, X, $B} || X <- lists:seq(1, " + count + ")],");
  line("self() ! {last, $A, $L},");
  line("burn(" + number(50) + "),");
  line("receive {last, $1, $2} -> ok end,");
  line("receive {mail, 2, $3} -> burn(" + number(30) + ") end,");
  line("{message_queue_len, $4} = process_info(self(), message_queue_len),");
  if (below(2) == 0) line("[receive {mail, X, _} -> X end || X <- lists:seq(3, " + count + ")],");
  bind('B', "<<$3/bits, $4:8>>");
  bind('L', "[$1 rem 11 | $2]");
}

void Writer::timed() {
  line("self() ! stays,");
  line("$1 = receive {nobody, sends, this} -> never after " + number(20) + " -> $A end,");
  line("receive stays -> ok end,");
  bind('A', "$1 + 1");
}

void Writer::dictionary() {
  line("put({d, " + number(5) + "}, {$A, $L}),");
  line("process_flag(trap_exit, " + std::string(below(2) == 0 ? "true" : "false") + "),");
  line("$1 = get({d, " + number(5) + "}),");
  bind('M', "$M#{dictionary => $1}");
}

void Writer::long_built_in() {
  line("$1 = lists:seq(1, " + number(3000) + "),");
  line("$2 = $1 ++ lists:reverse($1),");
  bind('A', "$A + length($2) + byte_size(iolist_to_binary([X band 255 || X <- $2]))");
}

// The rest of the work hangs on values that only this frame holds.
void Writer::nested() {
  line("$1 = [begin burn(X), {X, $A rem X, $L} end || X <- lists:seq(1, " + number(20) + ")],");
  bind('A', "lists:foldl(fun({X, Y, _}, Sum) -> burn(X), Sum + X * Y end, $A rem 10000, $1)");
}

void Writer::self_in_term() {
  line("$1 = {self(), [self() | $L], fun() -> self() end},");
  line("burn(" + number(60) + "),");
  line("{$2, [$3 | $4], $5} = $1,");
  line("true = $2 =:= self() andalso $3 =:= $5(),");
  bind('L', "[$A rem 13 | $4]");
}

void Writer::program(unsigned number_of_it) {
  static constexpr std::array<Step, 13> kSteps{
      &Writer::integer,    &Writer::list,  &Writer::map,  &Writer::binary,
      &Writer::fun,        &Writer::caught, &Writer::mail, &Writer::selective,
      &Writer::timed,      &Writer::dictionary, &Writer::long_built_in, &Writer::nested,
      &Writer::self_in_term};
  versions_ = {};
  out_ += "\np" + std::to_string(number_of_it) + "() ->\n";
  line("$A = " + big() + ",");
  line("$L = [" + number(9) + ", " + number(99) + "],");
  line("$M = #{first => " + number(9) + "},");
  line("$B = <<" + number(255) + ", \"text\">>,");
  for (unsigned steps = 4 + below(6); steps > 0; --steps) {
    ++step_;
    (this->*kSteps[below(kSteps.size())])();
  }
  line("exit({done, $A, $L, lists:sort(maps:to_list($M)), $B, lists:sort(get()),");
  line("    process_info(self(), trap_exit)}).");
}

}  // namespace

std::string random_module(std::mt19937_64& random, const std::string& name, unsigned count) {
  std::string text = "-module(" + name + ").\n-export([";
  for (unsigned i = 0; i < count; ++i) {
    text += (i == 0 ? "p" : ", p") + std::to_string(i) + "/0";
  }
  text += "]).\n";
  text += kHelpers;
  Writer writer(random, text);
  for (unsigned i = 0; i < count; ++i) writer.program(i);
  return text;
}

}  // namespace parley::test
