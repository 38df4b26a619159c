// Register allocation and selection; see allocate.h.
#include "compiler/passes/allocate.h"

#include <algorithm>

#include "compiler/passes/parallel_move.h"
#include "vm/base/assert.h"

namespace parley::compiler {

namespace {

using isa::Operand;
using isa::OperandTag;

constexpr std::uint8_t kNone = 255;

struct PendingJump {
  BlockId from, to;
  std::vector<Operand> sources;
};

class Allocator {
 public:
  Allocator(FunctionIr& function, const ControlFlow& flow, const Liveness& liveness,
            const ConstantPool& constants)
      : f_(function), flow_(flow), live_(liveness), constants_(constants) {
    x_.assign(function.value_count, kNone);
    y_.assign(function.value_count, kNone);
    out_.blocks.resize(function.blocks.size());
    entry_facts_.resize(function.blocks.size());
  }

  MachineFunction run() {
    assign_homes();
    for (const BlockId id : flow_.order) block(id);
    for (const PendingJump& jump : jumps_) finish_jump(jump);
    for (const BlockId id : flow_.order) declare_entry(id);
    return std::move(out_);
  }

 private:
  // ---- where values are ----------------------------------------------------------------------
  bool in_y(Value v) const { return framed_ && live_.outlives_call(v); }
  Operand place(Value v) const {
    return in_y(v) ? Operand{OperandTag::kY, y_[v]} : Operand{OperandTag::kX, x_[v]};
  }
  Operand operand(std::uint32_t bits) const {
    const Ref ref{bits};
    if (ref.none()) return {OperandTag::kNil, 0};
    if (ref.is_constant()) return {OperandTag::kLiteral, bits};
    return place(ref.as_value());
  }
  std::uint8_t take_x(std::uint8_t hint) {
    std::uint8_t at = 0;
    if (hint != Liveness::kNoHint && x_used_[hint] == 0)
      at = hint;
    else
      while (at < 250 && x_used_[at] != 0) ++at;
    if (at >= 250) out_.too_large = true;
    x_used_[at] = 1;
    return at;
  }
  std::uint8_t take_y() {
    std::uint8_t at = 0;
    while (at < 250 && y_used_[at]) ++at;
    if (at >= 250) out_.too_large = true;
    y_used_[at] = true;
    out_.frame_words = std::max<std::uint32_t>(out_.frame_words, at + 1U);
    return at;
  }
  void set_x(Value v, std::uint8_t at) {
    x_[v] = at;
    x_used_[at] = v;
    copy_[at] = 0;
  }
  // Where an x register still holds what was moved to y, it is read instead: often it is the very
  // register in which a call wants the value.
  Operand nearest(std::uint32_t bits) const {
    const Ref ref{bits};
    if (ref.is_value() && in_y(ref.as_value())) {
      const std::uint8_t x = x_[ref.as_value()];
      if (x != kNone && copy_[x] == ref.as_value()) return {OperandTag::kX, x};
    }
    return operand(bits);
  }
  Operand define(Value v) {
    if (in_y(v)) {
      y_[v] = take_y();
    } else {
      set_x(v, take_x(live_.hint(v)));
    }
    return place(v);
  }
  void release(Value v) {
    if (in_y(v))
      y_used_[y_[v]] = false;
    else
      x_used_[x_[v]] = 0;
  }
  bool assigned(Value v) const { return in_y(v) ? y_[v] != kNone : x_[v] != kNone; }

  // ---- output --------------------------------------------------------------------------------
  void put(Opcode op, std::vector<Operand> operands) {
    out_.blocks[id_].code.push_back({op, std::move(operands)});
    out_.blocks[id_].lines.push_back(line_);
  }
  void move(Operand from, Operand to) {
    if (from != to) put(Opcode::move, {from, to});
  }
  void moves(std::vector<Move> moves) {
    resolve_moves(std::move(moves), [this](Opcode op, Operand a, Operand b) { put(op, {a, b}); });
  }
  using Bits = std::vector<std::uint64_t>;
  static void set_bit(Bits& bits, unsigned at) {
    if (bits.size() <= at / 64) bits.resize(at / 64 + 1);
    bits[at / 64] |= std::uint64_t{1} << (at % 64);
  }
  Operand descriptor(std::optional<unsigned> arguments, BlockId also_alive_at) {
    isa::FrameDescriptor frame;
    for (unsigned i = 0; i < 250; ++i) {
      if (arguments ? i < *arguments : x_used_[i] != 0) set_bit(frame.x, i);
      if (framed_ && y_used_[i]) set_bit(frame.y, i);
    }
    if (also_alive_at != 0) {
      live_.for_each_live_in(also_alive_at, [&](Value v) {
        if (in_y(v))
          set_bit(frame.y, y_[v]);
        else if (!arguments)
          set_bit(frame.x, x_[v]);
      });
    }
    out_.frames.push_back(std::move(frame));
    out_.frame_is_made.push_back(framed_);
    return {OperandTag::kUnsigned, out_.frames.size() - 1};
  }

  // ---- frames ----------------------------------------------------------------------------------
  std::vector<Value> moved_at_frame(BlockId id);
  void assign_homes();

  // ---- the walk ------------------------------------------------------------------------------
  void block(BlockId id);
  void enter(BlockId id);
  void make_frame();
  void instruction(const Instr& instr, std::uint32_t index);
  void die(std::uint32_t index);
  void call(const Instr& instr, std::uint32_t index);
  void call_target(const Instr& instr, std::vector<Operand>& operands, std::vector<Move>& moves);
  void jump(const Instr& instr);
  void plain(const Instr& instr, std::uint32_t index);
  Operand own_position(const Instr& instr, BlockId fail);
  void lead_to(BlockId target, const Facts& facts);
  void follow_labels(const Instr& instr);
  void finish_jump(const PendingJump& jump);
  void declare_entry(BlockId id);

  FunctionIr& f_;
  const ControlFlow& flow_;
  const Liveness& live_;
  const ConstantPool& constants_;
  MachineFunction out_;
  std::vector<std::uint8_t> x_, y_;
  std::array<Value, 256> x_used_{};  // whose
  std::array<bool, 256> y_used_{};
  std::array<Value, 256> copy_{};  // the value, whose home is in y, that the x register holds too
  std::vector<std::optional<Facts>> entry_facts_;
  std::vector<PendingJump> jumps_;
  Facts facts_;
  BlockId id_ = 0;
  bool framed_ = false;
  Line line_;
  std::size_t next_death_ = 0;  // deaths are in descending order: counts down
  std::vector<Value> dead_;     // since the instruction before
  std::vector<Value> unread_;   // results of the instruction that nobody reads
};

void Allocator::enter(BlockId id) {
  const Block& block = f_.blocks[id];
  id_ = id;
  framed_ = block.framed;
  out_.blocks[id].framed = framed_;
  out_.blocks[id].handler = block.handler;
  x_used_.fill(0);
  y_used_.fill(false);
  copy_.fill(0);
  live_.for_each_live_in(id, [&](Value v) {
    if (in_y(v))
      y_used_[y_[v]] = true;
    else
      x_used_[x_[v]] = v;
  });
  facts_ = entry_facts_[id] ? *entry_facts_[id] : Facts{};
  next_death_ = live_.deaths(id).size();
  const bool fixed = id == 1 || block.is_handler;
  line_ = block.code.empty() ? Line{} : block.code[0].line;
  for (std::size_t i = 0; i < block.parameters.size(); ++i) {
    const Value v = block.parameters[i];
    if (!live_.used(v)) continue;
    if (!fixed) {
      define(v);
    } else {
      set_x(v, static_cast<std::uint8_t>(i));
    }
  }
  if (!block.is_handler) return;
  for (const Value v : block.parameters) {
    if (!live_.used(v) || !in_y(v)) continue;
    x_used_[x_[v]] = 0;
    y_[v] = take_y();
    move({OperandTag::kX, x_[v]}, place(v));
  }
}

// The values that are alive where an unframed block makes its frame, and outlive a call.
std::vector<Value> Allocator::moved_at_frame(BlockId id) {
  const Block& block = f_.blocks[id];
  const std::uint32_t at = flow_.allocate_at[id];
  std::vector<Value> alive;
  const auto add = [&](Value v) {
    if (live_.outlives_call(v)) alive.push_back(v);
  };
  live_.for_each_live_in(id, add);
  for (const Value v : block.parameters) {
    if (live_.used(v)) add(v);
  }
  const auto& deaths = live_.deaths(id);
  std::size_t next = deaths.size();
  for (std::uint32_t i = 0; i < at; ++i) {
    if (block.code[i].op == kNothing) continue;
    if (block.code[i].result != 0) add(block.code[i].result);
    for_each_operand(f_, block.code[i], [&](Role role, std::uint32_t& word) {
      if (role == Role::kDefine) add(word);
    });
    for (; next > 0 && deaths[next - 1].instr <= i; --next) {
      std::erase(alive, deaths[next - 1].value);
    }
  }
  return alive;
}

// A frame may be made in several places; a value that is moved into it goes to the same register in
// all of them. So those that meet in one place get different registers, before all else.
void Allocator::assign_homes() {
  std::vector<std::vector<Value>> places;
  for (const BlockId id : flow_.order) {
    if (!f_.blocks[id].framed && flow_.allocate_at[id] != ControlFlow::kNever) {
      places.push_back(moved_at_frame(id));
    }
  }
  std::vector<std::vector<std::uint32_t>> places_of(f_.value_count);
  for (std::uint32_t i = 0; i < places.size(); ++i) {
    for (const Value v : places[i]) places_of[v].push_back(i);
  }
  for (const std::vector<Value>& place : places) {
    for (const Value v : place) {
      if (y_[v] != kNone) continue;
      y_used_.fill(false);
      for (const std::uint32_t i : places_of[v]) {
        for (const Value other : places[i]) {
          if (y_[other] != kNone) y_used_[y_[other]] = true;
        }
      }
      y_[v] = take_y();
    }
  }
}

void Allocator::make_frame() {
  put(Opcode::allocate,
      {{OperandTag::kUnsigned, MachineFunction::kWords}, descriptor(std::nullopt, 0)});
  framed_ = true;
  for (unsigned i = 0; i < 250; ++i) {
    const Value v = x_used_[i];
    if (v == 0 || !live_.outlives_call(v)) continue;
    y_used_[y_[v]] = true;
    x_used_[i] = 0;
    move({OperandTag::kX, i}, place(v));
    copy_[i] = v;
  }
}

void Allocator::block(BlockId id) {
  enter(id);
  const Block& block = f_.blocks[id];
  for (std::uint32_t i = 0; i < block.code.size(); ++i) {
    if (!framed_ && i == flow_.allocate_at[id]) {
      line_ = block.code[i].line;
      make_frame();
    }
    if (block.code[i].op == kNothing) continue;
    line_ = block.code[i].line;
    instruction(block.code[i], i);
    for (const Value v : dead_) facts_.forget(v);
    dead_.clear();
    if (out_.too_large) return;
  }
}

// Frees what is not needed after the operands were read.
void Allocator::die(std::uint32_t index) {
  const auto& deaths = live_.deaths(id_);
  unread_.clear();
  for (; next_death_ > 0 && deaths[next_death_ - 1].instr <= index; --next_death_) {
    const Value v = deaths[next_death_ - 1].value;
    dead_.push_back(v);
    if (assigned(v))
      release(v);
    else
      unread_.push_back(v);
  }
}

void Allocator::instruction(const Instr& instr, std::uint32_t index) {
  if (instr.op == Opcode::jump) return jump(instr);
  const bool is_call = (isa::opcode_info(instr.op).flags & isa::kMayYield) != 0 &&
                       instr.op != Opcode::wait && instr.op != Opcode::wait_timeout;
  if (is_call) return call(instr, index);
  if (instr.op == Opcode::ret) {
    const Operand value = nearest(f_.operands[instr.first + 1]);
    move(value, {OperandTag::kX, 0});
    return put(Opcode::ret, {{OperandTag::kUnsigned, framed_ ? MachineFunction::kWords : 0}});
  }
  plain(instr, index);
}

// What the instruction calls. In a register it must not be one that takes an argument, nor, in a
// last call, one of the frame that is gone by then.
void Allocator::call_target(const Instr& instr, std::vector<Operand>& operands,
                            std::vector<Move>& moves) {
  const isa::OpcodeInfo& info = isa::opcode_info(instr.op);
  std::uint64_t scratch = instr.implicit;
  for (unsigned i = 0; i < info.operand_count; ++i) {
    const std::uint32_t word = f_.operands[instr.first + i];
    if (info.kinds[i] != isa::OperandKind::kSource) {
      operands.push_back({OperandTag::kUnsigned, word});
      continue;
    }
    Operand callee = nearest(word);
    if (callee.tag == OperandTag::kX || (callee.tag == OperandTag::kY && ends_block(instr.op))) {
      moves.push_back({callee, {OperandTag::kX, scratch}});
      callee = {OperandTag::kX, scratch++};
    }
    operands.push_back(callee);
  }
}

void Allocator::call(const Instr& instr, std::uint32_t index) {
  std::vector<Operand> operands;
  std::vector<Move> arguments;
  call_target(instr, operands, arguments);
  for (std::uint32_t i = 0; i < instr.implicit; ++i) {
    const std::uint32_t word = f_.operands[instr.first + instr.count - instr.implicit + i];
    arguments.push_back({nearest(word), {OperandTag::kX, i}});
  }
  moves(std::move(arguments));
  copy_.fill(0);
  die(index);
  const std::size_t frame = operands.size() - 1;
  operands[frame] = descriptor(instr.implicit, 0);
  if (ends_block(instr.op)) {
    operands[frame - 1] = {OperandTag::kUnsigned, framed_ ? MachineFunction::kWords : 0};
    return put(instr.op, std::move(operands));
  }
  put(instr.op, std::move(operands));
  PARLEY_DEBUG_ASSERT(std::ranges::all_of(x_used_, [](Value v) { return v == 0; }),
                      "no x register survives a call");
  if (!unread_.empty()) return;
  if (in_y(instr.result)) {
    y_[instr.result] = take_y();
    x_[instr.result] = 0;
    move({OperandTag::kX, 0}, place(instr.result));
    copy_[0] = instr.result;
  } else {
    set_x(instr.result, 0);
  }
}

// Arguments are moved when all blocks have been seen: only then is known where the target wants
// them.
void Allocator::jump(const Instr& instr) {
  PendingJump pending{id_, f_.operands[instr.first], {}};
  const Block& target = f_.blocks[pending.to];
  Facts facts = facts_;
  for (std::uint32_t i = 0; i < instr.implicit; ++i) {
    const Ref argument{f_.operands[instr.first + 1 + i]};
    const Value parameter = target.parameters[i];
    if (!live_.used(parameter)) continue;
    pending.sources.push_back(operand(argument.bits));
    facts.set(parameter, argument.is_value() ? facts_.of(argument.as_value()) : Fact{});
  }
  lead_to(pending.to, facts);
  jumps_.push_back(std::move(pending));
}

void Allocator::finish_jump(const PendingJump& jump) {
  id_ = jump.from;
  framed_ = f_.blocks[jump.to].framed;
  const auto& code = f_.blocks[jump.from].code;
  line_ = code.back().line;
  std::vector<Move> arguments;
  std::size_t next = 0;
  for (const Value parameter : f_.blocks[jump.to].parameters) {
    if (live_.used(parameter)) arguments.push_back({jump.sources[next++], place(parameter)});
  }
  moves(std::move(arguments));
  out_.blocks[jump.from].jump_target = jump.to;
}

// Where the target is entered, this is known: of what is alive there and of its parameters.
void Allocator::lead_to(BlockId target, const Facts& facts) {
  const auto& parameters = f_.blocks[target].parameters;
  const Facts kept = facts.only([&](Value v) {
    return live_.live_in(target, v) || std::ranges::find(parameters, v) != parameters.end();
  });
  if (entry_facts_[target])
    entry_facts_[target]->meet(kept);
  else
    entry_facts_[target] = kept;
}

void Allocator::follow_labels(const Instr& instr) {
  if (instr.op == Opcode::select_arity && Ref{f_.operands[instr.first]}.is_value()) {
    const Value tuple = f_.operands[instr.first];
    const Fact before = facts_.of(tuple);
    lead_to(f_.operands[instr.first + 1], facts_);
    for (std::uint32_t i = 2; i < instr.count; i += 2) {
      const auto arity =
          static_cast<std::uint32_t>(constants_[Ref{f_.operands[instr.first + i]}].small);
      facts_.set(tuple, {isa::StateType::kTupleExact, arity, before.fragile});
      lead_to(f_.operands[instr.first + i + 1], facts_);
    }
    return;
  }
  for_each_operand(f_, instr, [&](Role role, std::uint32_t& word) {
    if (role == Role::kTarget) lead_to(word, facts_);
  });
}

// A register for the position that the instruction may change: its own, where nothing else will
// read the old position, else a copy.
Operand Allocator::own_position(const Instr& instr, BlockId fail) {
  const Value before = f_.operands[instr.first + 2];
  if (x_used_[x_[before]] != before) {  // it has died
    x_[instr.result] = x_[before];
  } else {
    // Nor may the copy take a register that the way to `fail` still reads.
    std::array<bool, 256> taken{};
    live_.for_each_live_in(fail, [&](Value v) {
      if (!in_y(v)) taken[x_[v]] = true;
    });
    for_each_operand(f_, instr, [&](Role role, std::uint32_t& word) {
      if (role == Role::kUse && Ref{word}.is_value() && !in_y(word)) taken[x_[word]] = true;
    });
    std::uint8_t at = 0;
    while (at < 250 && (taken[at] || x_used_[at] != 0)) ++at;
    if (at >= 250) out_.too_large = true;
    x_[instr.result] = at;
    move(place(before), {OperandTag::kX, at});
  }
  x_used_[x_[instr.result]] = instr.result;
  copy_[x_[instr.result]] = 0;
  return {OperandTag::kX, x_[instr.result]};
}

void Allocator::plain(const Instr& instr, std::uint32_t index) {
  const isa::OpcodeInfo& info = isa::opcode_info(instr.op);
  const std::uint32_t* word = f_.operands.data() + instr.first;
  const std::uint32_t explicit_count = instr.count - instr.implicit;
  std::vector<Operand> operands(explicit_count);
  BlockId fail = 0;
  for (std::uint32_t i = 0; i < explicit_count; ++i) {
    using enum isa::OperandKind;
    const bool fixed = i < info.operand_count;
    const std::uint32_t at = fixed ? 0 : i - info.operand_count;
    isa::OperandKind kind = fixed ? info.kinds[i] : kSource;
    if (!fixed && info.list == kChoices) kind = at % 2 ? kLabel : kConstant;
    if (!fixed && info.list == kSegments && at % 5 < 3) kind = kUnsigned;
    switch (kind) {
      case kDestination:
      case kFrame:
        break;
      case kLabel:
      case kOptionalLabel:
        operands[i] = {OperandTag::kLabel, word[i]};
        if (fixed) fail = word[i];
        break;
      case kRegister:
      case kSource:
        operands[i] = operand(word[i]);
        break;
      case kConstant:
      case kAtom:
        operands[i] = {OperandTag::kLiteral, word[i]};
        break;
      default:
        operands[i] = {OperandTag::kUnsigned, word[i]};
        break;
    }
  }
  follow_labels(instr);
  die(index);
  const bool has_position = position_operand(instr.op) >= 0;
  std::optional<Operand> frame;
  Operand position;
  if (has_position) position = own_position(instr, fail);
  for (unsigned i = 0; i < info.operand_count; ++i) {
    if (info.kinds[i] != isa::OperandKind::kFrame) continue;
    const bool waits = instr.op == Opcode::wait || instr.op == Opcode::wait_timeout;
    copy_.fill(0);
    frame = descriptor(waits ? std::optional<unsigned>(0) : std::nullopt, fail);
    operands[i] = *frame;
  }
  if (has_position) operands[2] = position;
  for (unsigned i = 0; i < info.operand_count; ++i) {
    if (info.kinds[i] == isa::OperandKind::kDestination) operands[i] = define(word[i]);
  }
  facts_.after(f_, instr);
  if (instr.op == Opcode::move && operands[0] == operands[1]) {
    // nothing to do
  } else {
    put(instr.op, std::move(operands));
  }
  for (const Value v : unread_) release(v);
}

void Allocator::declare_entry(BlockId id) {
  const Block& block = f_.blocks[id];
  framed_ = block.framed;
  const Facts none;
  const Facts& facts = entry_facts_[id] && !block.is_handler ? *entry_facts_[id] : none;
  std::vector<isa::RegisterState>& entry = out_.blocks[id].entry;
  const auto declare = [&](Value v, Operand where) {
    const Fact fact = facts.of(v);
    entry.push_back(
        {where.tag, static_cast<std::uint8_t>(where.value), fact.type, fact.detail, fact.fragile});
  };
  live_.for_each_live_in(id, [&](Value v) { declare(v, place(v)); });
  for (const Value v : block.parameters) {
    if (!live_.used(v)) continue;
    declare(v, block.is_handler ? Operand{OperandTag::kX, x_[v]} : place(v));
  }
  std::ranges::sort(entry, {},
                    [](const isa::RegisterState& s) { return std::pair{s.bank, s.number}; });
}

}  // namespace

MachineFunction allocate_registers(FunctionIr& function, const ControlFlow& flow,
                                   const Liveness& liveness, const ConstantPool& constants) {
  return Allocator(function, flow, liveness, constants).run();
}

}  // namespace parley::compiler
