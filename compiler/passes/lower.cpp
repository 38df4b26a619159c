// Blocks, the environment and joins.
#include "compiler/passes/lower.h"

#include <algorithm>

#include "vm/base/assert.h"

namespace parley::compiler {

std::uint32_t ModuleIr::import_of(std::string_view module, std::string_view name,
                                  std::uint32_t arity) {
  std::string key;
  key.append(module).push_back(':');
  key.append(name_and_arity(name, arity));
  const auto [at, added] =
      import_index.try_emplace(std::move(key), static_cast<std::uint32_t>(imports.size()));
  if (added) imports.push_back({std::string(module), std::string(name), arity});
  return at->second;
}

Lowerer::Lowerer(ModuleIr& module, ast::Module& tree) : module_(module), tree_(tree) {
  bound_.resize(tree.names.size());
  for (const ast::RecordForm* form : tree.records) records_.emplace(form->name, form);
}

BlockId Lowerer::new_block() {
  const BlockId block = fn_->new_block();
  fn_->blocks[block].handler = handler_;
  return block;
}

Instr& Lowerer::emit(Opcode op, std::span<const std::uint32_t> words, std::span<const Ref> implicit,
                     Value result) {
  const auto first = static_cast<std::uint32_t>(fn_->operands.size());
  fn_->operands.insert(fn_->operands.end(), words.begin(), words.end());
  for (const Ref ref : implicit) fn_->operands.push_back(ref.bits);
  Block& block = fn_->blocks[block_];
  block.code.push_back({op, static_cast<std::uint16_t>(implicit.size()), first,
                        static_cast<std::uint32_t>(words.size() + implicit.size()), result, line_});
  Instr& instr = block.code.back();
  if (ends_block(op)) end_block();
  return instr;
}

// Only pointers into `code` of the finished block stay valid: a new block may move the others.
void Lowerer::end_block() {
  fn_->blocks[block_].ended = true;
  block_ = new_block();
}

void Lowerer::jump(BlockId target, std::span<const Ref> arguments) {
  const std::uint32_t words[] = {target};
  emit(Opcode::jump, words, arguments);
}

void Lowerer::ret(Ref value) {
  const std::uint32_t words[] = {0};
  const Ref values[] = {value};
  emit(Opcode::ret, words, values);
}

Ref Lowerer::in_register(Ref ref) {
  if (ref.is_value()) return ref;
  const Ref value = new_value();
  emit(Opcode::move, {ref.bits, value.bits});
  return value;
}

void Lowerer::bind(ast::Name name, Ref ref) {
  if (name.index() >= bound_.size()) bound_.resize(name.index() + 1);
  trail_.push_back({name, bound_[name.index()]});
  bound_[name.index()] = {epoch_, ref};
}

Ref Lowerer::look_up(ast::Name name) const {
  if (name.index() >= bound_.size() || bound_[name.index()].epoch != epoch_) return {};
  return bound_[name.index()].ref;
}

void Lowerer::undo(std::size_t to) {
  while (trail_.size() > to) {
    bound_[trail_.back().name.index()] = trail_.back().old;
    trail_.pop_back();
  }
}

Lowerer::Bindings Lowerer::bound_since(std::size_t mark) const {
  Bindings bindings;
  for (std::size_t i = mark; i < trail_.size(); ++i) {
    const ast::Name name = trail_[i].name;
    const Ref ref = look_up(name);
    if (!ref.none() && (trail_[i].old.epoch != epoch_ || trail_[i].old.ref.none())) {
      bindings.emplace_back(name, ref);
    }
  }
  return bindings;
}

Lowerer::Join Lowerer::start_join(Position position) {
  Join join;
  join.mark = mark();
  join.position = position;
  return join;
}

// The current block is the end of a branch: it waits for the join, and what it bound is undone.
void Lowerer::end_branch(Join& join, Ref value) {
  if (join.position == Position::kTail) {
    ret(value);
  } else {
    join.ends.push_back({block_, value, join.exports ? bound_since(join.mark) : Bindings{}});
    block_ = new_block();
  }
  undo(join.mark);
}

Ref Lowerer::finish_join(Join& join) {
  undo(join.mark);
  if (join.ends.empty()) {  // every branch returned or threw
    block_ = new_block();
    return constants().atom("ok");
  }
  if (join.ends.size() == 1) {
    block_ = join.ends[0].block;
    for (const auto& [name, ref] : join.ends[0].bound) bind(name, ref);
    return join.ends[0].value;
  }
  const BlockId target = new_block();
  std::vector<std::vector<Ref>> arguments(join.ends.size());
  const auto merge = [&](auto&& ref_of) {
    const Ref first = ref_of(join.ends[0]);
    if (std::ranges::all_of(join.ends, [&](auto& end) { return ref_of(end) == first; }))
      return first;
    const Ref parameter = new_value();
    fn_->blocks[target].parameters.push_back(parameter.as_value());
    for (std::size_t i = 0; i < join.ends.size(); ++i) arguments[i].push_back(ref_of(join.ends[i]));
    return parameter;
  };
  const Ref value = merge([](const Join::End& end) { return end.value; });
  for (const auto& bound : join.ends[0].bound) {
    const ast::Name name = bound.first;
    const auto find = [&](const Join::End& end) {
      for (const auto& [other, ref] : end.bound) {
        if (other == name) return ref;
      }
      return Ref{};
    };
    if (std::ranges::any_of(join.ends, [&](auto& end) { return find(end).none(); })) continue;
    bind(name, merge(find));
  }
  for (std::size_t i = 0; i < join.ends.size(); ++i) {
    block_ = join.ends[i].block;
    jump(target, arguments[i]);
  }
  block_ = target;
  return value;
}

void Lowerer::problem(ast::Location location, std::string text) {
  module_.problems.push_back({location, std::move(text)});
}

}  // namespace parley::compiler
