// What code a node has: modules in two versions, export cells, fun entries, and which addresses
// belong to which version.
//
// Invariant: a cell, once made, stays at its address; a call through a cell reads the entry of the
// index that its slice read at its start, so a slice sees wholly old or wholly new code.
//
// Thread: look-ups of cells, fun entries and blocks take a shared lock; loading takes it
// exclusively. Code that runs holds no lock: it goes through cells and fun entries by address.
#pragma once

#include <atomic>
#include <array>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "vm/code/built_in.h"
#include "vm/code/code_block.h"
#include "vm/code/literal_space.h"
#include "vm/isa/module_file.h"
#include "vm/term/atoms.h"

namespace parley {

// The engine's handlers, as the loader puts them into instruction words: by opcode for the generic
// form, from kFirstVariant on by row of variants.def.
inline constexpr unsigned kFirstVariant = 256;
inline constexpr unsigned kHandlersMax = 512;
using HandlerTable = std::array<std::uint32_t, kHandlersMax>;

// The versions of a module at one moment. Blocks live as long as the index.
struct ModuleVersions {
  const CodeBlock* current = nullptr;          // null: none
  const CodeBlock* old = nullptr;
  std::shared_ptr<const isa::ModuleFile> file; // of the current version
};

// How an attempt to change what code is current went.
enum class LoadResult : std::uint8_t {
  kDone,
  kBusy,        // an earlier change has not settled: again when it has
  kOldVersion,  // a version that became old before is still there
  kNothing,     // there is nothing to change
};

// Why a module cannot be loaded.
struct LoadFailure {
  enum class Kind : std::uint8_t {
    kInvalid,      // the bytes are no module that this machine runs
    kSystemLimit,  // no room for its atoms or its literals
  };
  Kind kind = Kind::kInvalid;
  std::string text;
  std::optional<std::size_t> literal = {};  // the number of the one that is no term
};

// FNV-1a of a module file: tells versions apart, no secret.
constexpr std::uint64_t module_hash(std::span<const std::uint8_t> bytes) {
  std::uint64_t hash = 0xCBF29CE484222325u;
  for (const std::uint8_t b : bytes) hash = (hash ^ b) * 0x100000001B3u;
  return hash;
}
// As module_info(md5) shows it.
Term module_hash_binary(BifCall& call, std::uint64_t hash);

class CodeIndex : public FunResolver {
 public:
  CodeIndex(AtomTable& atoms, const HandlerTable& handlers, std::vector<BuiltIn> built_ins,
            std::uint64_t hash_seed);
  ~CodeIndex() override;

  // The cell of module:function/arity; made (undefined) if it is not there.
  CallCell* cell(Term module, Term function, std::uint32_t arity);
  CallCell* find_cell(Term module, Term function, std::uint32_t arity) const;
  const BuiltIn* find_built_in(Term module, Term function, std::uint32_t arity) const;
  // FunResolver, for funs that come from outside as bytes or names.
  const ExportCell* export_cell(Term module, Term function, std::uint32_t arity) override;
  const FunEntry* fun_entry(const FunEntry& wanted) override;
  FunCode* fun_code(Term module, std::uint32_t index, std::uint64_t unique, std::uint32_t arity,
                      std::uint32_t free_count, Term function);

  // The funs of a version and where their code is in it. Versions with the same lambda share its
  // entry, which holds the place in the current one.
  using FunPlaces = std::vector<std::pair<FunCode*, const Word*>>;

  // The text of why not, where a batch cannot be prepared. Nothing is visible before `commit`.
  struct Prepared {
    std::unique_ptr<CodeBlock> block;
    std::shared_ptr<const isa::ModuleFile> file;
    Term module;
    std::vector<std::pair<CallCell*, const Word*>> exports;
    FunPlaces funs;
  };
  std::expected<Prepared, LoadFailure> prepare(std::shared_ptr<const isa::ModuleFile> file,
                                               AtomUse atom_use);
  // Makes a batch current: fills the inactive entries, flips the active index. The versions that
  // were current become old. Changes nothing unless it answers kDone; then takes the batch.
  // Modules that have no version yet become visible at once: nobody can be in them, so nothing
  // flips and there is nothing to settle; loading on demand is never held up by another load.
  // Only an undoable batch is what `flip_back` undoes, as long as all its old versions are there.
  enum class Undo : std::uint8_t { kImpossible, kPossible };
  LoadResult commit(std::vector<Prepared>& batch, Undo undo);
  // After every slice that began before the flip has ended: makes both entries of the cells equal.
  void settle();
  // Undoes the latest undoable commit: its old versions become current again.
  LoadResult flip_back();

  unsigned active_index() const { return active_.load(std::memory_order_acquire); }
  bool is_loaded(Term module) const;
  ModuleVersions versions(Term module) const;
  std::vector<Term> all_loaded() const;
  // Drops the old version; the caller has made sure that nobody is in it.
  void drop_old(Term module);
  // The current version becomes old, nothing becomes current.
  LoadResult delete_module(Term module);

  // Terms kept for the node's life, read without copying. Overwritten ones keep their memory.
  Term persistent_get(Term key) const;  // the non-value: none
  bool persistent_put(Term key, Term value);
  bool persistent_erase(Term key);

  // The block that an address is in, or null (stubs of built-ins are in none).
  const CodeBlock* block_at(const Word* address) const;
  const CodeBlock* block_by_id(std::uint32_t id) const;
  // The cell whose stub this is, or null.
  const CallCell* cell_of_stub(const Word* address) const;

  const Word* process_end() const { return process_end_.data() + 1; }
  const Word* process_start() const { return process_start_.data(); }
  const FrameDesc* process_start_frame() const;
  AddressRange literals() const { return literals_.range(); }
  AtomTable& atoms() { return atoms_; }

  // Called (without the lock) where a function of a module that is not loaded is called: loads it
  // from the library. Set once, before anything runs; may be empty.
  enum class Autoload : std::uint8_t { kLoaded, kWasLoaded, kNotInLibrary, kSystemLimit };
  std::function<Autoload(Term module)> autoload;
  // Calls it where the module is not loaded.
  Autoload load_if_missing(Term module) const;

 private:
  friend class Loader;
  struct LoadedModule {
    Term name;
    std::unique_ptr<CodeBlock> current;
    std::unique_ptr<CodeBlock> old;
    std::shared_ptr<const isa::ModuleFile> file;  // of the current version
    std::shared_ptr<const isa::ModuleFile> old_file;
    FunPlaces funs, old_funs;
  };
  struct Key {
    Word module, function;
    std::uint64_t arity;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& k) const {
      std::uint64_t h =
          k.module * 0x9E3779B97F4A7C15u ^ (k.function + k.arity) * 0xC2B2AE3D27D4EB4Fu;
      return h ^ (h >> 29);
    }
  };
  static Key fun_key(Term module, std::uint32_t index, std::uint64_t unique, std::uint32_t arity,
                     std::uint32_t free_count);
  CallCell* make_cell(const Key& key);
  void make_stub(CallCell& cell, const BuiltIn* built_in);
  void make_fixed_stubs();
  static void publish_funs(const FunPlaces& funs);
  bool is_new(Term module) const;
  // The latest batch cannot be undone any more where one of its modules changes.
  void forget_undo(Term module);

  // Entries live as long as the node, so what bytes from outside may make of them is bounded.
  static constexpr std::uint32_t kMadeFromBytesMax = 1u << 18;

  AtomTable& atoms_;
  const HandlerTable& handlers_;
  std::vector<BuiltIn> built_ins_;
  std::uint64_t hash_seed_;
  LiteralSpace literals_;
  std::atomic<unsigned> active_{0};
  mutable std::shared_mutex lock_;
  std::unordered_map<Key, std::unique_ptr<CallCell>, KeyHash> cells_;
  std::unordered_map<Key, const BuiltIn*, KeyHash> built_in_by_name_;
  std::unordered_map<Key, std::unique_ptr<FunCode>, KeyHash> funs_;
  std::unordered_map<Word, std::unique_ptr<LoadedModule>> modules_;
  std::vector<const CodeBlock*> blocks_;  // all versions, by id
  std::vector<std::unique_ptr<CodeBlock>> retired_;
  std::vector<std::unique_ptr<Word[]>> stubs_;
  std::unordered_map<Word, const CallCell*> stub_cells_;
  std::unordered_multimap<std::uint64_t, std::pair<Term, Term>> persistent_;
  std::uint32_t made_from_bytes_ = 0;
  std::vector<CallCell*> unsettled_;
  std::vector<Term> last_batch_;
  std::vector<Word> process_end_, process_start_;
};

}  // namespace parley
