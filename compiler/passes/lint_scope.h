// Variables while the lint pass walks a function: which have values, where they got them, whether
// anybody looked.
//
// The state of every name is in one array; a trail of undo records restores it when a branch or an
// inner scope ends. A binding is one place that gives a variable its value; bindings of one
// variable in several branches are joined, so that a use after the branches counts for all of
// them.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/syntax/ast.h"

namespace parley {

class LintScope {
 public:
  enum class State : uint8_t { kUnbound, kBound, kUnsafe };

  struct Slot {
    State state = State::kUnbound;
    uint32_t binding = 0;     // kBound and kUnsafe
    ast::Location construct;  // kUnsafe: the expression that binds it on some ways only
    std::string_view construct_name;
  };

  struct Binding {
    ast::Name name;
    ast::Location place;
    uint32_t joint;  // the binding that stands for it after its branch; itself if there is none
    bool used = false;
  };

  struct Change {
    ast::Name name;
    Slot slot;
  };
  using Changes = std::vector<Change>;  // each name once, its state at the end

  /// Forgets everything; `name_count` names exist.
  void reset(uint32_t name_count);

  [[nodiscard]] const Slot& at(ast::Name name) const { return slots_[name.index()]; }
  /// Gives the variable a value at this place.
  void bind(ast::Name name, ast::Location place);
  void use(ast::Name name);
  /// Makes the name unbound until the scope is undone: a new variable hides it.
  void hide(ast::Name name);
  void set(ast::Name name, const Slot& slot);

  [[nodiscard]] size_t mark() const { return trail_.size(); }
  /// What changed since the mark, and back to the state at the mark.
  Changes undo(size_t mark);
  /// After the branches of one construct: bound in all of them is bound, in some unsafe.
  void merge_branches(const std::vector<Changes>& branches, ast::Location construct,
                      std::string_view construct_name);
  /// After expressions that were computed side by side: bound in any is bound.
  void merge_parallel(const std::vector<Changes>& parts);
  /// Everything bound since the mark may or may not have happened.
  void make_unsafe(size_t mark, ast::Location construct, std::string_view construct_name);

  [[nodiscard]] const std::vector<Binding>& bindings() const { return bindings_; }
  [[nodiscard]] bool is_used(uint32_t binding) const;

 private:
  struct Undo {
    ast::Name name;
    Slot before;
  };

  uint32_t join(uint32_t a, uint32_t b);
  void join_into(Slot& merged, const Slot& slot);

  std::vector<Slot> slots_;  // by Name::index
  std::vector<Undo> trail_;
  std::vector<Binding> bindings_;
  std::vector<uint32_t> seen_;  // by Name::index: the epoch in which undo() met the name
  uint32_t epoch_ = 0;
};

}  // namespace parley
