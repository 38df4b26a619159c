// Jump threading, order of blocks, placing of frames.
#include "compiler/passes/control_flow.h"

#include <algorithm>
#include <unordered_map>

namespace parley::compiler {

namespace {

// Where a block that does nothing but jump leads; chains are short, and a circle of such blocks
// cannot be written.
BlockId final_target(const FunctionIr& function, BlockId block) {
  for (int steps = 0; steps < 1000; ++steps) {
    const Block& b = function.blocks[block];
    if (b.code.size() != 1 || b.code[0].op != Opcode::jump || b.code[0].implicit != 0 || b.framed ||
        !b.parameters.empty()) {
      break;
    }
    block = function.operands[b.code[0].first];
  }
  return block;
}

template <class Visit>
void for_each_target(FunctionIr& function, Block& block, Visit visit) {
  for (Instr& instr : block.code) {
    for_each_operand(function, instr, [&](Role role, std::uint32_t& word) {
      if (role == Role::kTarget) visit(word);
    });
  }
}

// get_head and get_tail of one list, side by side, are one instruction.
void join_parts_of_lists(FunctionIr& function, Block& block) {
  for (std::size_t i = 0; i + 1 < block.code.size(); ++i) {
    Instr &head = block.code[i], &tail = block.code[i + 1];
    if (head.op != Opcode::get_head || tail.op != Opcode::get_tail) continue;
    const std::uint32_t* a = function.operands.data() + head.first;
    const std::uint32_t* b = function.operands.data() + tail.first;
    if (a[0] != b[0]) continue;
    const std::uint32_t words[] = {a[0], a[1], b[1]};
    head.op = Opcode::get_list;
    head.first = static_cast<std::uint32_t>(function.operands.size());
    head.count = 3;
    function.operands.insert(function.operands.end(), std::begin(words), std::end(words));
    block.code.erase(block.code.begin() + static_cast<long>(i) + 1);
  }
}

// Depth-first, without recursion; returns blocks in reverse postorder.
std::vector<BlockId> reverse_postorder(FunctionIr& function) {
  struct Visit {
    BlockId block;
    std::vector<BlockId> next;
  };
  std::vector<BlockId> order;
  std::vector<bool> seen(function.blocks.size());
  std::vector<Visit> stack;
  const auto enter = [&](BlockId id) {
    seen[id] = true;
    Block& block = function.blocks[id];
    Visit visit{id, {}};
    for_each_target(function, block, [&](std::uint32_t& target) {
      target = final_target(function, target);
      visit.next.push_back(target);
    });
    if (block.handler != 0) visit.next.push_back(block.handler);
    join_parts_of_lists(function, block);
    stack.push_back(std::move(visit));
  };
  enter(1);
  while (!stack.empty()) {
    if (stack.back().next.empty()) {
      order.push_back(stack.back().block);
      stack.pop_back();
      continue;
    }
    const BlockId next = stack.back().next.back();
    stack.back().next.pop_back();
    if (!seen[next]) enter(next);
  }
  std::ranges::reverse(order);
  return order;
}

bool needs_frame(const Instr& instr) { return clobbers_x(instr.op); }

bool has_target(FunctionIr& function, const Instr& instr) {
  bool found = false;
  for_each_operand(function, instr,
                   [&](Role role, std::uint32_t&) { found = found || role == Role::kTarget; });
  return found;
}

// The index before which an unframed block makes its frame.
std::uint32_t frame_position(FunctionIr& function, const Block& block) {
  const auto& code = block.code;
  const auto first_need = std::ranges::find_if(code, needs_frame);
  if (first_need == code.end()) return ControlFlow::kNever;
  auto at = static_cast<std::uint32_t>(first_need - code.begin());
  while (at > 0 && !has_target(function, code[at - 1])) --at;
  return at;
}

// Blocks that some way enters with a frame.
void spread_frames(FunctionIr& function, ControlFlow& flow) {
  for (const BlockId id : flow.order) {
    Block& block = function.blocks[id];
    flow.allocate_at[id] = block.framed ? 0 : frame_position(function, block);
    for (std::uint32_t i = 0; i < block.code.size(); ++i) {
      if (!block.framed && i < flow.allocate_at[id]) continue;
      for_each_operand(function, block.code[i], [&](Role role, std::uint32_t& target) {
        if (role == Role::kTarget) function.blocks[target].framed = true;
      });
    }
  }
}

}  // namespace

ControlFlow prepare(FunctionIr& function) {
  ControlFlow flow;
  flow.order = reverse_postorder(function);
  return flow;
}

void place_frames(FunctionIr& function, ControlFlow& flow) {
  flow.allocate_at.assign(function.blocks.size(), ControlFlow::kNever);
  spread_frames(function, flow);
  // A way from an unframed block into a framed one makes the frame on its own.
  std::unordered_map<BlockId, BlockId> split_of;  // by its target
  for (const BlockId id : flow.order) {
    if (function.blocks[id].framed) continue;
    const std::size_t size = function.blocks[id].code.size();
    for (std::uint32_t i = 0; i < size && i < flow.allocate_at[id]; ++i) {
      const Instr instr = function.blocks[id].code[i];
      if (instr.op == Opcode::jump) {
        if (function.blocks[function.operands[instr.first]].framed) flow.allocate_at[id] = i;
        continue;
      }
      std::vector<std::uint32_t> at;
      for_each_operand(function, instr, [&](Role role, std::uint32_t& target) {
        if (role == Role::kTarget && function.blocks[target].framed) {
          at.push_back(static_cast<std::uint32_t>(&target - function.operands.data()));
        }
      });
      for (const std::uint32_t word : at) {
        const BlockId target = function.operands[word];
        if (const auto known = split_of.find(target); known != split_of.end()) {
          function.operands[word] = known->second;
          continue;
        }
        const BlockId split = function.new_block();
        function.blocks[split].handler = 0;
        const auto first = static_cast<std::uint32_t>(function.operands.size());
        function.operands.push_back(target);
        function.blocks[split].code.push_back({Opcode::jump, 0, first, 1, 0, instr.line});
        function.operands[word] = split;
        split_of.emplace(target, split);
      }
    }
  }
  flow.allocate_at.resize(function.blocks.size(), 0);
  std::vector<BlockId> order;
  for (const BlockId id : flow.order) {
    if (const auto split = split_of.find(id); split != split_of.end()) {
      order.push_back(split->second);
    }
    order.push_back(id);
  }
  flow.order = std::move(order);
}

}  // namespace parley::compiler
