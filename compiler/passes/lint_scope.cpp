// Binding, undoing and merging; see the header.
#include "compiler/passes/lint_scope.h"

#include <unordered_map>

namespace parley {

void LintScope::reset(uint32_t name_count) {
  undo(0);
  trail_.clear();
  bindings_.clear();
  slots_.resize(name_count);
  seen_.resize(name_count);
}

void LintScope::set(ast::Name name, const Slot& slot) {
  trail_.push_back({name, slots_[name.index()]});
  slots_[name.index()] = slot;
}

void LintScope::bind(ast::Name name, ast::Location place) {
  uint32_t id = static_cast<uint32_t>(bindings_.size());
  bindings_.push_back({name, place, id, false});
  set(name, {State::kBound, id, {}, {}});
}

void LintScope::use(ast::Name name) {
  const Slot& slot = slots_[name.index()];
  if (slot.state != State::kUnbound) {
    bindings_[slot.binding].used = true;
  }
}

void LintScope::hide(ast::Name name) { set(name, {}); }

bool LintScope::is_used(uint32_t binding) const {
  while (!bindings_[binding].used && bindings_[binding].joint != binding) {
    binding = bindings_[binding].joint;
  }
  return bindings_[binding].used;
}

// A new binding without a place of its own that stands for both.
uint32_t LintScope::join(uint32_t a, uint32_t b) {
  if (a == b) {
    return a;
  }
  uint32_t id = static_cast<uint32_t>(bindings_.size());
  bindings_.push_back({bindings_[a].name, {}, id, false});
  bindings_[a].joint = id;
  bindings_[b].joint = id;
  return id;
}

LintScope::Changes LintScope::undo(size_t mark) {
  Changes changes;
  ++epoch_;
  // Newest first: the first record of a name tells its last state, the last one restores it.
  for (size_t i = trail_.size(); i > mark; --i) {
    const Undo& record = trail_[i - 1];
    uint32_t index = record.name.index();
    if (seen_[index] != epoch_) {
      seen_[index] = epoch_;
      changes.push_back({record.name, slots_[index]});
    }
    slots_[index] = record.before;
  }
  trail_.resize(mark);
  return changes;
}

void LintScope::join_into(Slot& merged, const Slot& slot) {
  if (slot.state == State::kUnbound) {
    return;
  }
  if (merged.state == State::kUnbound) {
    merged = slot;
    return;
  }
  uint32_t binding = join(merged.binding, slot.binding);
  if (slot.state == State::kUnsafe && merged.state == State::kBound) {
    merged = slot;
  }
  merged.binding = binding;
}

void LintScope::merge_branches(const std::vector<Changes>& branches, ast::Location construct,
                               std::string_view construct_name) {
  struct Merged {
    Slot slot;
    size_t bound_count = 0;
  };
  std::unordered_map<ast::Name, Merged> all;
  std::vector<ast::Name> order;
  for (const Changes& branch : branches) {
    for (const Change& change : branch) {
      auto [entry, added] = all.try_emplace(change.name);
      if (added) {
        order.push_back(change.name);
      }
      join_into(entry->second.slot, change.slot);
      entry->second.bound_count += change.slot.state != State::kUnbound;
    }
  }
  for (ast::Name name : order) {
    Merged& merged = all[name];
    if (merged.slot.state == State::kBound && merged.bound_count < branches.size()) {
      merged.slot.state = State::kUnsafe;
      merged.slot.construct = construct;
      merged.slot.construct_name = construct_name;
    }
    if (merged.slot.state != State::kUnbound) {
      set(name, merged.slot);
    }
  }
}

void LintScope::merge_parallel(const std::vector<Changes>& parts) {
  for (const Changes& part : parts) {
    for (const Change& change : part) {
      Slot merged = slots_[change.name.index()];
      join_into(merged, change.slot);
      set(change.name, merged);
    }
  }
}

void LintScope::make_unsafe(size_t mark, ast::Location construct, std::string_view construct_name) {
  Changes changes = undo(mark);
  for (Change& change : changes) {
    if (change.slot.state == State::kBound) {
      change.slot.state = State::kUnsafe;
      change.slot.construct = construct;
      change.slot.construct_name = construct_name;
    }
    set(change.name, change.slot);
  }
}

}  // namespace parley
