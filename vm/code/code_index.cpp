// Cells, stubs, versions: code_index.h says what holds.
#include "vm/code/code_index.h"

#include <algorithm>
#include <cstring>
#include <mutex>

#include "vm/base/assert.h"
#include "vm/code/loader.h"
#include "vm/isa/layout.h"

namespace parley {

CodeIndex::CodeIndex(AtomTable& atoms, const HandlerTable& handlers,
                     std::vector<BuiltIn> built_ins, std::uint64_t hash_seed)
    : atoms_(atoms), handlers_(handlers), built_ins_(std::move(built_ins)), hash_seed_(hash_seed) {
  for (BuiltIn& row : built_ins_) {
    const auto module = atoms_.intern(row.module_text, AtomUse::kNode);
    const auto name = atoms_.intern(row.name_text, AtomUse::kNode);
    PARLEY_ASSERT(module && name, "the node's reserve has room for the names of built-ins");
    row.module = *module;
    row.name = *name;
    const Key key{row.module.raw, row.name.raw, row.arity};
    built_in_by_name_[key] = &row;
    make_cell(key);
  }
  make_fixed_stubs();
}

CodeIndex::~CodeIndex() = default;

void CodeIndex::make_fixed_stubs() {
  // Word 0 only carries the distance to the descriptor in its upper half, where a return address
  // expects it; the return address itself is word 1.
  process_end_ = {0, handlers_[static_cast<unsigned>(isa::Opcode::process_end)]};
  reinterpret_cast<std::int32_t*>(process_end_.data())[1] = 1;
  append_stub_frame(process_end_, 0);
  process_start_ = {handlers_[static_cast<unsigned>(isa::Opcode::process_start)], 0};
  reinterpret_cast<std::int32_t*>(process_start_.data())[3] = 0;
  append_stub_frame(process_start_, 3);
}

const FrameDesc* CodeIndex::process_start_frame() const {
  return reinterpret_cast<const FrameDesc*>(process_start_.data() + 2);
}

void CodeIndex::make_stub(CallCell& cell, const BuiltIn* built_in) {
  // handler | built-in or cell | halves: unused, distance to the descriptor | descriptor
  const auto opcode = built_in != nullptr ? isa::Opcode::built_in_entry
                                          : isa::Opcode::undefined_entry;
  std::vector<Word> words{handlers_[static_cast<unsigned>(opcode)],
                          built_in != nullptr ? reinterpret_cast<Word>(built_in)
                                              : reinterpret_cast<Word>(&cell),
                          0};
  append_stub_frame(words, cell.arity);
  auto memory = std::make_unique<Word[]>(words.size());
  std::copy(words.begin(), words.end(), memory.get());
  cell.stub = memory.get();
  cell.built_in = built_in;
  stub_cells_[reinterpret_cast<Word>(cell.stub)] = &cell;
  stubs_.push_back(std::move(memory));
}

CallCell* CodeIndex::make_cell(const Key& key) {
  auto& slot = cells_[key];
  if (slot == nullptr) {
    slot = std::make_unique<CallCell>();
    slot->module = Term(key.module);
    slot->function = Term(key.function);
    slot->arity = static_cast<std::uint32_t>(key.arity);
    const auto found = built_in_by_name_.find(key);
    make_stub(*slot, found == built_in_by_name_.end() ? nullptr : found->second);
    slot->entry[0].store(slot->stub, std::memory_order_release);
    slot->entry[1].store(slot->stub, std::memory_order_release);
  }
  return slot.get();
}

CallCell* CodeIndex::cell(Term module, Term function, std::uint32_t arity) {
  if (CallCell* found = find_cell(module, function, arity)) return found;
  std::unique_lock guard(lock_);
  return make_cell(Key{module.raw, function.raw, arity});
}

CallCell* CodeIndex::find_cell(Term module, Term function, std::uint32_t arity) const {
  std::shared_lock guard(lock_);
  const auto found = cells_.find(Key{module.raw, function.raw, arity});
  return found == cells_.end() ? nullptr : found->second.get();
}

const BuiltIn* CodeIndex::find_built_in(Term module, Term function, std::uint32_t arity) const {
  const auto found = built_in_by_name_.find(Key{module.raw, function.raw, arity});
  return found == built_in_by_name_.end() ? nullptr : found->second;
}

// All numbers are the key: an entry that was made from bytes and that no module file agrees with
// never gets code.
CodeIndex::Key CodeIndex::fun_key(Term module, std::uint32_t index, std::uint64_t unique,
                                  std::uint32_t arity, std::uint32_t free_count) {
  return {module.raw, unique, std::uint64_t{index} << 32 | arity << 16 | free_count};
}

FunCode* CodeIndex::fun_code(Term module, std::uint32_t index, std::uint64_t unique,
                             std::uint32_t arity, std::uint32_t free_count, Term function) {
  auto& slot = funs_[fun_key(module, index, unique, arity, free_count)];
  if (slot == nullptr) {
    slot = std::make_unique<FunCode>();
    slot->module = module;
    slot->index = index;
    slot->unique = unique;
    slot->arity = arity;
    slot->free_count = free_count;
    slot->function = function;
  }
  return slot.get();
}

const FunEntry* CodeIndex::fun_entry(const FunEntry& wanted) {
  if (wanted.arity > isa::kRegistersMax || wanted.free_count > isa::kRegistersMax) return nullptr;
  std::unique_lock guard(lock_);
  const bool is_known = funs_.contains(fun_key(wanted.module, wanted.index, wanted.unique,
                                               wanted.arity, wanted.free_count));
  if (!is_known && made_from_bytes_ >= kMadeFromBytesMax) return nullptr;
  if (!is_known) ++made_from_bytes_;
  return fun_code(wanted.module, wanted.index, wanted.unique, wanted.arity, wanted.free_count,
                  kAtom_undefined);
}

const ExportCell* CodeIndex::export_cell(Term module, Term function, std::uint32_t arity) {
  if (const CallCell* found = find_cell(module, function, arity)) return found;
  if (arity > isa::kRegistersMax) return nullptr;
  std::unique_lock guard(lock_);
  const bool is_known = cells_.contains(Key{module.raw, function.raw, arity});
  if (!is_known && made_from_bytes_ >= kMadeFromBytesMax) return nullptr;
  if (!is_known) ++made_from_bytes_;
  return make_cell(Key{module.raw, function.raw, arity});
}

std::expected<CodeIndex::Prepared, LoadFailure> CodeIndex::prepare(
    std::shared_ptr<const isa::ModuleFile> file, AtomUse atom_use) {
  std::unique_lock guard(lock_);
  return Loader(*this, std::move(file), atom_use).run();
}

CodeIndex::Autoload CodeIndex::load_if_missing(Term module) const {
  if (is_loaded(module)) return Autoload::kWasLoaded;
  return autoload ? autoload(module) : Autoload::kNotInLibrary;
}

bool CodeIndex::is_new(Term module) const {
  const auto found = modules_.find(module.raw);
  return found == modules_.end() ||
         (found->second->current == nullptr && found->second->old == nullptr);
}

void CodeIndex::forget_undo(Term module) {
  if (std::ranges::find(last_batch_, module) != last_batch_.end()) last_batch_.clear();
}

void CodeIndex::publish_funs(const FunPlaces& funs) {
  for (const auto& [fun, code] : funs) fun->code.store(code, std::memory_order_release);
}

LoadResult CodeIndex::commit(std::vector<Prepared>& batch, Undo undo) {
  std::unique_lock guard(lock_);
  const bool all_new =
      std::ranges::all_of(batch, [this](const Prepared& p) { return is_new(p.module); });
  if (!all_new && !unsettled_.empty()) return LoadResult::kBusy;
  for (const Prepared& prepared : batch) {
    const auto found = modules_.find(prepared.module.raw);
    if (found != modules_.end() && found->second->old != nullptr) return LoadResult::kOldVersion;
  }
  if (undo == Undo::kPossible) last_batch_.clear();
  const unsigned inactive = 1 - active_.load(std::memory_order_relaxed);
  for (Prepared& prepared : batch) {
    auto& module = modules_[prepared.module.raw];
    if (module == nullptr) module = std::make_unique<LoadedModule>();
    module->name = prepared.module;
    if (undo == Undo::kPossible) {
      last_batch_.push_back(prepared.module);
    } else {
      forget_undo(prepared.module);
    }
    const bool first_version = module->current == nullptr && module->old == nullptr;
    // What the version before exported and this one does not: undefined from the flip on.
    for (const auto& [key, cell] : cells_) {
      if (cell->module == prepared.module && cell->built_in == nullptr && cell->is_defined()) {
        cell->entry[inactive].store(cell->stub, std::memory_order_release);
        unsettled_.push_back(cell.get());
      }
    }
    for (const auto& [cell, entry] : prepared.exports) {
      cell->entry[inactive].store(entry, std::memory_order_release);
      if (first_version) {
        // Nobody can be in it: a slice that began before may as well see it at once.
        cell->entry[1 - inactive].store(entry, std::memory_order_release);
      } else {
        unsettled_.push_back(cell);
      }
    }
    publish_funs(prepared.funs);
    prepared.block->id = static_cast<std::uint32_t>(blocks_.size());
    blocks_.push_back(prepared.block.get());
    module->old = std::move(module->current);
    module->old_file = std::move(module->file);
    module->current = std::move(prepared.block);
    module->file = std::move(prepared.file);
    module->old_funs = std::exchange(module->funs, std::move(prepared.funs));
  }
  // Release: pairs with the acquire in active_index() at the start of a slice.
  if (!all_new) active_.store(inactive, std::memory_order_release);
  return LoadResult::kDone;
}

void CodeIndex::settle() {
  std::unique_lock guard(lock_);
  const unsigned active = active_.load(std::memory_order_relaxed);
  for (CallCell* cell : unsettled_) {
    cell->entry[1 - active].store(cell->entry[active].load(std::memory_order_relaxed),
                                  std::memory_order_release);
  }
  unsettled_.clear();
}

LoadResult CodeIndex::flip_back() {
  std::unique_lock guard(lock_);
  if (last_batch_.empty()) return LoadResult::kNothing;
  if (!unsettled_.empty()) return LoadResult::kBusy;
  const unsigned active = active_.load(std::memory_order_relaxed), inactive = 1 - active;
  for (const Term name : last_batch_) {
    LoadedModule& module = *modules_.at(name.raw);
    std::swap(module.current, module.old);
    std::swap(module.file, module.old_file);
    std::swap(module.funs, module.old_funs);
    publish_funs(module.funs);
    for (const auto& [key, cell] : cells_) {
      if (cell->module != name || cell->built_in != nullptr) continue;
      const Word* entry = cell->stub;
      if (module.current != nullptr) {
        for (const isa::Export& exported : module.file->exports) {
          const isa::Function& f = module.file->functions[exported.function];
          if (f.arity == cell->arity && module.file->atoms[f.name] == atoms_.text(cell->function)) {
            entry = module.current->words.data() +
                    module.current->functions[exported.function].begin;
          }
        }
      }
      cell->entry[inactive].store(entry, std::memory_order_release);
      unsettled_.push_back(cell.get());
    }
  }
  last_batch_.clear();
  active_.store(inactive, std::memory_order_release);
  return LoadResult::kDone;
}

bool CodeIndex::is_loaded(Term module) const {
  std::shared_lock guard(lock_);
  const auto found = modules_.find(module.raw);
  return found != modules_.end() && found->second->current != nullptr;
}

ModuleVersions CodeIndex::versions(Term name) const {
  std::shared_lock guard(lock_);
  const auto found = modules_.find(name.raw);
  if (found == modules_.end()) return {};
  const LoadedModule& module = *found->second;
  return {module.current.get(), module.old.get(), module.file};
}

std::vector<Term> CodeIndex::all_loaded() const {
  std::shared_lock guard(lock_);
  std::vector<Term> names;
  for (const auto& [key, module] : modules_) {
    if (module->current != nullptr) names.push_back(module->name);
  }
  return names;
}

void CodeIndex::drop_old(Term name) {
  std::unique_lock guard(lock_);
  const auto found = modules_.find(name.raw);
  if (found == modules_.end() || found->second->old == nullptr) return;
  forget_undo(name);
  LoadedModule& module = *found->second;
  for (const auto& [fun, place] : module.old_funs) {
    const Word* code = fun->code.load(std::memory_order_relaxed);
    if (code != nullptr && module.old->contains(code)) {
      fun->code.store(nullptr, std::memory_order_release);
    }
  }
  // The words stay (a raw trace may name them); what goes is the version.
  retired_.push_back(std::move(module.old));
  module.old_file.reset();
  module.old_funs.clear();
}

LoadResult CodeIndex::delete_module(Term name) {
  std::unique_lock guard(lock_);
  const auto found = modules_.find(name.raw);
  if (found == modules_.end() || found->second->current == nullptr) return LoadResult::kNothing;
  if (!unsettled_.empty()) return LoadResult::kBusy;
  LoadedModule& module = *found->second;
  if (module.old != nullptr) return LoadResult::kOldVersion;
  forget_undo(name);
  const unsigned inactive = 1 - active_.load(std::memory_order_relaxed);
  for (const auto& [key, cell] : cells_) {
    if (cell->module != name || cell->built_in != nullptr) continue;
    cell->entry[inactive].store(cell->stub, std::memory_order_release);
    unsettled_.push_back(cell.get());
  }
  module.old = std::move(module.current);
  module.old_file = std::move(module.file);
  module.old_funs = std::exchange(module.funs, {});
  active_.store(inactive, std::memory_order_release);
  return LoadResult::kDone;
}

const CodeBlock* CodeIndex::block_at(const Word* address) const {
  std::shared_lock guard(lock_);
  for (const CodeBlock* block : blocks_) {
    if (block->contains(address)) return block;
  }
  return nullptr;
}

const CodeBlock* CodeIndex::block_by_id(std::uint32_t id) const {
  std::shared_lock guard(lock_);
  return id < blocks_.size() ? blocks_[id] : nullptr;
}

const CallCell* CodeIndex::cell_of_stub(const Word* address) const {
  std::shared_lock guard(lock_);
  const auto found = stub_cells_.find(reinterpret_cast<Word>(address));
  return found == stub_cells_.end() ? nullptr : found->second;
}

const Place* CodeBlock::place_at(std::uint32_t offset) const {
  const auto after = std::upper_bound(places.begin(), places.end(), offset,
                                      [](std::uint32_t o, const Place& p) { return o < p.offset; });
  return after == places.begin() ? nullptr : &*(after - 1);
}

const CodeBlock::Origin* CodeBlock::origin_of(std::uint32_t offset) const {
  if (functions.empty() || offset >= functions.back().end) return nullptr;
  const auto after =
      std::upper_bound(origins.begin(), origins.end(), offset,
                       [](std::uint32_t o, const Origin& x) { return o < x.offset; });
  return after == origins.begin() ? nullptr : &*(after - 1);
}

const CodeBlock::Origin* CodeBlock::origin_at(std::uint32_t function, std::uint32_t index) const {
  // Functions lie in the order of their numbers, so both ways ascend together.
  const auto found = std::lower_bound(
      origins.begin(), origins.end(), std::pair{function, index},
      [](const Origin& x, const auto& key) { return std::pair{x.function, x.index} < key; });
  if (found == origins.end() || found->function != function || found->index != index) {
    return nullptr;
  }
  return &*found;
}

const FunctionRange* CodeBlock::function_at(std::uint32_t offset) const {
  const auto after =
      std::upper_bound(functions.begin(), functions.end(), offset,
                       [](std::uint32_t o, const FunctionRange& f) { return o < f.begin; });
  if (after == functions.begin()) return nullptr;
  const FunctionRange* found = &*(after - 1);
  return offset < found->end ? found : nullptr;
}

}  // namespace parley
