// The machine that instruction bodies work on, and what they answer.
//
// Invariant: a body checks before it writes. Whatever it answers but kNext and kGoto, it has
// changed nothing that re-executing the same instruction would see. It calls nothing on its fast
// path and takes no address of a register.
//
// The engines keep the five fields of Machine in machine registers; the rest of the state is the
// Context of the scheduler thread, whose x array stands at offset 0.
#pragma once

#include <cstdint>

#include "vm/bif/bif.h"
#include "vm/code/built_in.h"
#include "vm/code/code_block.h"
#include "vm/heap/collector.h"
#include "vm/isa/layout.h"
#include "vm/isa/module_file.h"
#include "vm/process/process.h"
#include "vm/process/slice.h"

namespace parley {

struct Context;

// What a body answers. After inlining, answers that a body never gives disappear.
enum class Outcome : std::uint8_t {
  kNext,   // go on behind this instruction
  kGoto,   // machine.ip is set: go on there
  kSlow,   // leave the fast path: context.slow says where to
  kLeave,  // (slow paths only) back to the scheduler: context.result says why
};

// A slow path: an ordinary function on the saved machine. machine.ip is the instruction's.
struct Machine;
using SlowPath = Outcome (*)(Machine&);

// Fixed words of the instruction under execution stand behind ip.
struct Machine {
  const Word* ip;
  Context* context;
  Word* hp;
  Word* sp;
  std::int64_t reductions;
};

inline constexpr unsigned kXRegisters = 256;

struct Context {
  Word x[kXRegisters];

  // Set by a body that answers kSlow.
  SlowPath slow = nullptr;
  const FrameDesc* frame = nullptr;   // the descriptor in force there, where it has one
  std::size_t words_wanted = 0;       // heap words to make room for
  const Word* next = nullptr;         // behind the instruction
  const Word* fail = nullptr;         // its fail label, or null: raise
  Word operands[4] = {};              // values that were read
  std::uint32_t target = 0;           // destination register: see isa::kRegisterIsY
  std::uint8_t operation = 0;         // an Opcode where one slow path serves several

  // The process that runs, and its heap (top and limit are in the machine while code runs).
  Process* process = nullptr;
  Heap heap;
  unsigned active_code = 0;           // which entry of an export cell this slice reads
  std::int64_t slice_reductions = 2000;
  std::int64_t withheld_reductions = 0;  // taken away to reach the next safe point soon
  RunResult result = RunResult::kYielded;
  Term exit_reason;
  // What failed, where a trace begins with a built-in or an operator: {M, F, Arguments}.
  Term failed_call = Term::nil();

  // An exception on its way to its handler.
  Term error_class, error_reason, error_trace;
  Term uncaught_class;  // of the exception that ended the process, for the report

  RunCounters* counters = nullptr;  // of the runner
  Services* services = nullptr;
  SchedulerThread* scheduler = nullptr;
  std::uint32_t thread = 0;
  const Word* process_end = nullptr;   // the stub below every stack
  std::size_t block_words_max = kBlockWordsMax;  // a process that needs more is killed
  bool collect_always = false;         // GC stress: collect at every safe point

  Machine left{};  // the machine as a chain of handlers ended

  Word read(Word source, const Word* sp) const {
    if ((source & 0x7F) != kTagSpecial) return source;
    const std::uint32_t code = static_cast<std::uint32_t>(source >> 7);
    return (code & isa::kRegisterIsY) != 0 ? sp[code & 255] : x[code & 255];
  }
  void write(std::uint32_t target_register, Term value, Word* sp) {
    if ((target_register & isa::kRegisterIsY) != 0) {
      sp[target_register & 255] = value.raw;
    } else {
      x[target_register & 255] = value.raw;
    }
  }
};

// A source operand that is a register, as it stands in code.
constexpr Word register_source(std::uint32_t code) { return Term::special(code).raw; }

// A string that a template can take: the kind letters of a variant.
struct Kinds {
  char text[12] = {};
  unsigned count = 0;
  constexpr Kinds(const char* s) {  // NOLINT: a literal is meant to convert
    while (s[count] != 0) text[count] = s[count], ++count;
  }
  constexpr Kinds(isa::Letters l) : count(l.count) {  // NOLINT
    for (unsigned i = 0; i < l.count; ++i) text[i] = l.text[i];
  }
  constexpr std::string_view view() const { return {text, count}; }
};

// How a body reads and writes the operands of one variant. All positions are compile-time numbers.
template <Kinds K>
struct Operands {
  static constexpr isa::Layout kLayout = isa::layout_of(K.view());
  static constexpr unsigned kFixedWords = kLayout.fixed_words();

  template <unsigned I>
  static constexpr unsigned position = isa::position_of(K.view(), I);
  template <unsigned I>
  static constexpr char kind = K.text[I];

  template <unsigned I>
  [[gnu::always_inline]] static unsigned byte(const Machine& m) {
    return static_cast<unsigned>((m.ip[0] >> (position<I> * 8)) & 0xFF);
  }
  template <unsigned I>
  [[gnu::always_inline]] static std::int32_t half(const Machine& m) {
    return reinterpret_cast<const std::int32_t*>(m.ip)[position<I>];
  }
  template <unsigned I>
  [[gnu::always_inline]] static Word word(const Machine& m) {
    return m.ip[position<I>];
  }
  // The value of a source or register operand.
  template <unsigned I>
  [[gnu::always_inline]] static Term get(const Machine& m) {
    if constexpr (kind<I> == 'x') return Term(m.context->x[byte<I>(m)]);
    else if constexpr (kind<I> == 'y') return Term(m.sp[byte<I>(m)]);
    else if constexpr (kind<I> == 'c' || kind<I> == 'k' || kind<I> == 'a') return Term(word<I>(m));
    else if constexpr (kind<I> == 's') return Term(m.context->read(word<I>(m), m.sp));
    else return get_half_register(m, static_cast<std::uint32_t>(half<I>(m)));
  }
  template <unsigned I>
  [[gnu::always_inline]] static void set(Machine& m, Term value) {
    if constexpr (kind<I> == 'x') m.context->x[byte<I>(m)] = value.raw;
    else if constexpr (kind<I> == 'y') m.sp[byte<I>(m)] = value.raw;
    else m.context->write(static_cast<std::uint32_t>(half<I>(m)), value, m.sp);
  }
  // The register code of a destination, for slow paths.
  template <unsigned I>
  [[gnu::always_inline]] static std::uint32_t register_code(const Machine& m) {
    if constexpr (kind<I> == 'x') return byte<I>(m);
    else if constexpr (kind<I> == 'y') return byte<I>(m) | isa::kRegisterIsY;
    else return static_cast<std::uint32_t>(half<I>(m));
  }
  template <unsigned I>
  [[gnu::always_inline]] static std::uint32_t number(const Machine& m) {
    return static_cast<std::uint32_t>(half<I>(m));
  }
  // Continues at a label operand.
  template <unsigned I>
  [[gnu::always_inline]] static Outcome branch(Machine& m) {
    m.ip += half<I>(m);
    return Outcome::kGoto;
  }
  // Null for an optional label that is absent.
  template <unsigned I>
  [[gnu::always_inline]] static const Word* label_or_null(const Machine& m) {
    const std::int32_t distance = half<I>(m);
    return distance == 0 ? nullptr : m.ip + distance;
  }
  template <unsigned I>
  [[gnu::always_inline]] static const FrameDesc* frame(const Machine& m) {
    return reinterpret_cast<const FrameDesc*>(m.ip + kFixedWords + half<I>(m));
  }
  [[gnu::always_inline]] static const Word* next(const Machine& m) { return m.ip + kFixedWords; }
  // The list behind the fixed words: its number of items, then its words.
  [[gnu::always_inline]] static Word list_count(const Machine& m) { return m.ip[kFixedWords]; }
  [[gnu::always_inline]] static const Word* list(const Machine& m) {
    return m.ip + kFixedWords + 1;
  }

 private:
  [[gnu::always_inline]] static Term get_half_register(const Machine& m, std::uint32_t code) {
    return Term((code & isa::kRegisterIsY) != 0 ? m.sp[code & 255] : m.context->x[code & 255]);
  }
};

}  // namespace parley
