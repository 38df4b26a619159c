// A module that the verifier accepts and that uses every kind of instruction; the hostile modules
// are made of it by one edit each.
#pragma once

#include "tests/unit/code/assembler.h"
#include "vm/isa/module_file.h"

namespace parley::isa {

// Functions, in this order; labels are unique in the module.
enum SampleFunction : std::uint32_t {
  kWalk,
  kServe,
  kGuarded,
  kTerms,
  kBits,
  kCalls,
  kLambdaBody,
  kCatch,
  kMarked
};

inline void add_walk(Assembler& a) {  // adds the head of a list of one element
  a.function("walk", 2, 1);
  a.op(Opcode::is_cons, {label(2), x(0)});
  a.op(Opcode::get_list, {x(0), x(2), x(0)});
  a.op(Opcode::add, {label(0), x(1), x(2), x(1)});
  a.op(Opcode::jump, {label(2)});
  a.place(2, -1, "x0 x1");
  a.op(Opcode::is_nil, {label(3), x(0)});
  a.op(Opcode::move, {x(1), x(0)});
  a.op(Opcode::ret, {number(0)});
  a.place(3, -1, "x0 x1");
  a.op(Opcode::function_clause);
}

inline void add_serve(Assembler& a) {  // receive {stop, V} -> V after 1000 -> Argument end
  a.function("serve", 1, 4);
  a.op(Opcode::allocate, {number(2), a.frame(0, "x0")});
  a.op(Opcode::move, {x(0), y(0)});
  a.op(Opcode::move, {small(5), y(1)});
  a.place(5, 2, "y0 y1");
  a.op(Opcode::loop_rec, {label(7), x(0)});
  a.op(Opcode::test_arity, {label(6), x(0), number(2)});
  a.op(Opcode::get_element, {x(0), number(0), x(1)});
  a.op(Opcode::is_eq_exact, {label(6), x(1), a.atom("stop")});
  a.op(Opcode::get_element, {x(0), number(1), y(1)});
  a.op(Opcode::remove_message, {a.frame(2, "y0 y1")});
  a.op(Opcode::move, {y(1), x(0)});
  a.op(Opcode::ret, {number(2)});
  a.place(6, 2, "y0 y1");
  a.op(Opcode::loop_rec_end, {label(5)});
  a.place(7, 2, "y0 y1");
  a.op(Opcode::wait_timeout, {label(5), small(1000), a.frame(2, "y0 y1")});
  a.op(Opcode::move, {y(0), x(0)});
  a.op(Opcode::ret, {number(2)});
}

inline void add_guarded(Assembler& a) {  // try ext:go(A), hd(A) catch C:R:S -> {C, R, S, A} end
  a.function("guarded", 1, 8);
  a.op(Opcode::allocate, {number(1), a.frame(0, "x0")});
  a.op(Opcode::move, {x(0), y(0)});
  a.op(Opcode::handler, {number(9)});
  a.op(Opcode::call_ext, {a.import("ext", "go", 1), a.frame(1, "x0 y0")});
  a.op(Opcode::bif, {label(0), a.import("erlang", "hd", 1), x(0), y(0)});
  a.op(Opcode::handler, {number(0)});
  a.op(Opcode::ret, {number(1)});
  a.place(9, 1, "x0 x1 x2 y0");
  a.op(Opcode::build_stacktrace, {x(2), x(2), a.frame(1, "x0 x1 y0")});
  a.op(Opcode::put_tuple, {x(0), a.frame(1, "x0 x1 x2 y0"), x(0), x(1), x(2), y(0)});
  a.op(Opcode::ret, {number(1)});
}

inline void add_terms(Assembler& a) {
  a.function("terms", 2, 10);
  a.op(Opcode::select_value, {x(0), label(11), a.atom("a"), label(12), a.atom("b"), label(13)});
  a.place(11, -1, "x0 x1");
  a.op(Opcode::select_arity, {x(0), label(14), small(2), label(15)});
  a.place(12, -1, "x0 x1");
  a.op(Opcode::make_fun, {a.lambda(kLambdaBody, 1, 1), x(0), a.frame(0, "x1"), x(1)});
  a.op(Opcode::is_function2, {label(14), x(0), small(1)});
  a.op(Opcode::ret, {number(0)});
  a.place(13, -1, "x0 x1");
  a.op(Opcode::is_map, {label(14), x(0)});
  a.op(Opcode::get_map, {label(14), x(0), a.atom("k"), x(2)});
  a.op(Opcode::is_map_key, {label(14), x(0), a.atom("j")});
  a.op(Opcode::update_map, {label(0), x(0), x(0), a.frame(0, "x2"), a.atom("k"), x(2)});
  a.op(Opcode::ret, {number(0)});
  a.place(14, -1, "x0 x1");
  a.op(Opcode::badmatch, {x(0)});
  a.place(15, -1, "x0:tuple=2 x1");
  a.op(Opcode::update_tuple, {x(0), number(2), x(0), a.frame(0, "x1"), small(1), x(1)});
  a.op(Opcode::get_element, {x(0), number(1), x(2)});
  a.op(Opcode::put_list, {x(0), nil(), x(0), a.frame(0, "x2")});
  a.op(Opcode::get_head, {x(0), x(0)});
  a.op(Opcode::ret, {number(0)});
}

inline void add_bits(Assembler& a) {  // <<"P", N:8, Part:4/bits, C/utf8, Rest/bits>>
  a.function("bits", 1, 16);
  a.op(Opcode::bits_start, {label(18), x(0), x(1)});
  a.op(Opcode::bits_match, {label(17), x(0), x(1), a.literal({131, 109, 0, 0, 0, 1, 'P'})});
  a.op(Opcode::bits_get_integer,
       {label(17), x(0), x(1), small(8), number(1), number(0), x(2), a.frame(0, "x0 x1")});
  a.op(Opcode::bits_get_bits,
       {label(17), x(0), x(1), small(4), number(1), x(3), a.frame(0, "x0 x1 x2")});
  a.op(Opcode::bits_get_utf, {label(17), x(0), x(1), number(8), number(0), x(4)});
  a.op(Opcode::bits_skip, {label(17), x(0), x(1), x(2), number(8)});
  a.op(Opcode::bits_test_unit, {label(17), x(0), x(1), number(8)});
  a.op(Opcode::bits_get_tail, {x(0), x(1), x(5), a.frame(0, "x0 x2 x3 x4")});
  a.op(Opcode::bits_build, {label(0),  x(0),      a.frame(0, ""),  //
                            number(0), number(1), number(0),      x(2),
                            small(8),  // integer
                            number(2), number(1), number(0),      x(5),
                            nil(),  // bits, all of them
                            number(3), number(1), number(0),      x(4),
                            nil(),  // utf8
                            number(6), number(8), number(0),      {OperandTag::kLiteral, 0},
                            nil()});
  a.op(Opcode::ret, {number(0)});
  a.place(17, -1, "x0:bits");
  a.op(Opcode::case_clause, {x(0)});
  a.place(18, -1, "x0");
  a.op(Opcode::case_clause, {x(0)});
}

inline void add_calls(Assembler& a) {
  a.function("calls", 3, 19);
  a.op(Opcode::allocate, {number(2), a.frame(0, "x0 x1 x2")});
  a.op(Opcode::move, {x(2), y(0)});
  a.op(Opcode::move, {nil(), y(1)});
  a.op(Opcode::call, {number(kWalk), a.frame(2, "x0 x1 y0 y1")});
  a.op(Opcode::call_fun, {y(0), number(1), a.frame(2, "x0 y0 y1")});
  a.op(Opcode::swap, {x(0), y(1)});
  a.op(Opcode::apply, {a.atom("m"), y(0), number(1), a.frame(2, "x0 y0 y1")});
  a.op(Opcode::test_arity, {label(20), x(0), number(3)});
  a.op(Opcode::call_fun_last, {y(0), number(1), number(2), a.frame(2, "x0")});
  a.place(20, 2, "x0 y0 y1");
  a.op(Opcode::is_nil, {label(21), x(0)});
  a.op(Opcode::call_ext_last, {a.import("ext", "stop", 1), number(2), a.frame(2, "x0")});
  a.place(21, 2, "x0 y0 y1");
  a.op(Opcode::move, {y(1), x(1)});
  a.op(Opcode::call_last, {number(kWalk), number(2), a.frame(2, "x0 x1")});
}

inline void add_rest(Assembler& a) {
  a.function("-lambda-", 2, 22);
  a.op(Opcode::put_list, {x(0), x(1), x(0), a.frame(0, "")});
  a.op(Opcode::ret, {number(0)});

  a.function("catch", 1, 23);  // catch ext:go(A)
  a.op(Opcode::allocate, {number(0), a.frame(0, "x0")});
  a.op(Opcode::handler, {number(24)});
  a.op(Opcode::call_ext, {number(0), a.frame(0, "x0")});
  a.op(Opcode::handler, {number(0)});
  a.op(Opcode::ret, {number(0)});
  a.place(24, 0, "x0 x1 x2");
  a.op(Opcode::catch_value, {x(0), a.frame(0, "")});
  a.op(Opcode::ret, {number(0)});

  a.function("marked", 1, 25);  // a receive that waits for ever, guarded by a built-in
  a.op(Opcode::allocate, {number(1), a.frame(0, "x0")});
  a.op(Opcode::move, {x(0), y(0)});
  a.op(Opcode::send, {y(0), a.atom("ping"), x(0)});
  a.op(Opcode::marker_use, {y(0)});
  a.place(26, 1, "y0");
  a.op(Opcode::loop_rec, {label(28), x(0)});
  a.op(Opcode::is_cons, {label(27), x(0)});
  a.op(Opcode::bif, {label(27), number(1), x(1), x(0)});
  a.op(Opcode::put_list, {x(1), y(0), x(1), a.frame(1, "x0 y0")});
  a.op(Opcode::is_eq_exact, {label(27), x(1), x(0)});
  a.op(Opcode::remove_message, {a.frame(1, "x0 x1 y0")});
  a.op(Opcode::put_list, {x(1), x(0), x(0), a.frame(1, "")});
  a.op(Opcode::ret, {number(1)});
  a.place(27, 1, "y0 x0!");
  a.op(Opcode::loop_rec_end, {label(26)});
  a.place(28, 1, "y0");
  a.op(Opcode::wait, {label(26), a.frame(1, "y0")});
}

inline ModuleFile sample_module() {
  Assembler a;
  a.module.files = {"sample.par"};
  add_walk(a);
  add_serve(a);
  add_guarded(a);
  add_terms(a);
  add_bits(a);
  add_calls(a);
  add_rest(a);
  a.module.exports = {{kWalk}, {kServe}};
  return std::move(a.module);
}

}  // namespace parley::isa
