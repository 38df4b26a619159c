// From a verified module file to specialised code.
//
// Invariant: the file has passed the verifier; the loader trusts it and only chooses forms,
// addresses and tables. It makes no version current: CodeIndex::commit does.
//
// Two passes. The first chooses each instruction's variant (vm/isa/variants.def) and so its length
// and every label's offset; between them descriptors get their places behind the code; the second
// writes the words. layout.h has the rule for where operands stand.
#pragma once

#include <map>
#include <unordered_map>
#include <utility>

#include "vm/code/code_index.h"

namespace parley {

// Appends a descriptor of a frame without y registers in which x0..x(arity-1) are alive.
void append_stub_frame(std::vector<Word>& words, std::uint32_t arity);

class Loader {
 public:
  Loader(CodeIndex& index, std::shared_ptr<const isa::ModuleFile> file, AtomUse atom_use);
  // Index lock held exclusively.
  std::expected<CodeIndex::Prepared, LoadFailure> run();

 private:
  struct Chosen {
    const isa::Instruction* instruction;
    std::string_view letters;
    std::uint32_t handler;
    std::uint32_t offset;
    std::uint32_t handler_label;  // in force
    std::uint32_t function, index;
    std::uint32_t frame = 0;      // index into frames_, where it has a descriptor
  };
  // False: the failure is set.
  bool resolve_atoms();
  bool decode_literals();
  void choose_all();
  void choose_function(std::uint32_t number);
  std::uint32_t frame_with_operands(const isa::Instruction& instruction, std::uint32_t frame);
  void place_frames();
  void write_all();
  void write(const Chosen& chosen);
  void write_list(const Chosen& chosen, std::size_t at);
  void write_frames();
  void enter_natives();
  void make_tables(CodeIndex::Prepared& prepared);
  Word constant(const isa::Operand& operand) const;
  Word cell_word(const isa::Import& import) const;
  Word built_in_word(const isa::Import& import) const;
  std::int32_t label_distance(std::uint64_t label, std::uint32_t from) const;
  void add_place(std::uint32_t offset, std::int32_t frame_words, std::uint32_t handler_label,
                 std::uint32_t file, std::uint32_t line);

  CodeIndex& index_;
  std::shared_ptr<const isa::ModuleFile> file_;
  const AtomUse atom_use_;
  LoadFailure failure_;
  std::vector<Term> atoms_;
  std::vector<Term> literals_;
  std::vector<FunCode*> funs_;
  std::vector<Chosen> chosen_;
  std::vector<std::uint32_t> label_offsets_;
  std::vector<std::int32_t> label_frames_;
  // The file's frames, then those that were made of them by adding operands. The file says what is
  // alive once the operands were read; an instruction that made room reads them again.
  std::vector<isa::FrameDescriptor> frames_;
  std::map<std::pair<std::vector<std::uint64_t>, std::vector<std::uint64_t>>,
           std::vector<std::uint32_t>> extended_frames_;
  // A descriptor is a frame and the handler in force; its offset behind the code.
  std::unordered_map<std::uint64_t, std::uint32_t> frame_offsets_;
  std::vector<std::uint64_t> frame_keys_;
  std::uint32_t code_words_ = 0;
  std::unique_ptr<CodeBlock> block_;
};

}  // namespace parley
