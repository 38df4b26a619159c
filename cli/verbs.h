// The verbs of the program, one function each; main.cpp reads the command line for them.
//
// Each returns the exit status of the program.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/source.h"

namespace parley::cli {

// Options of a node that runs in this process.
struct RunOptions {
  unsigned schedulers = 0;
  std::int64_t slice = 2000;
  bool gc_stress = false;
  std::string engine;       // "", "tail", "loop"
  std::uint32_t processes_max = 1u << 20;
  std::uint32_t atoms_max = 1u << 20;
  std::uint32_t generation_bits = 32;
  std::uint64_t hash_seed = 0;
  std::vector<std::string> code_paths;  // folders of .parc files, looked into before the library
  std::string name;                     // the node's, for `--node`; empty: none
  bool control = true;                  // listen on a control socket
};

int verb_compile(const std::vector<std::string>& files, const std::string& output_dir,
                 const SourceOptions& source);
// What a stage of the compiler makes of files, on standard output: tokens, ast or asm.
int verb_emit(const std::vector<std::string>& files, const std::string& what,
              const SourceOptions& source);
int verb_run(const std::string& target, const std::vector<std::string>& arguments,
             const SourceOptions& source, const RunOptions& options);
// A file or a project's folder; "" is this folder.
int run_file(const std::string& target, const std::vector<std::string>& arguments,
             const SourceOptions& source, const RunOptions& options);
int run_project(const std::string& folder, const std::vector<std::string>& arguments,
                const SourceOptions& source, RunOptions options);
int verb_new(const std::string& path);
int verb_build(const SourceOptions& source);
// Without files: those of the project, or what is wrong.
int verb_test(std::vector<std::string> files, SourceOptions source, RunOptions options);
int check_project(const SourceOptions& source);
int verb_eval(const std::string& text, RunOptions options);
int verb_chat(const std::vector<std::string>& arguments, const RunOptions& options);
int verb_repl(RunOptions options, const SourceOptions& source);
int verb_attach(const std::string& node);
int verb_rpc(const std::string& node, const std::string& text);
int verb_ps(const std::string& node);
int verb_undo(const std::string& node);
int verb_load(const std::string& node, const std::vector<std::string>& files,
              const SourceOptions& source);
int verb_check(const std::vector<std::string>& files, const SourceOptions& source);
int verb_dis(const std::vector<std::string>& files, const SourceOptions& source);
int verb_explain(const std::string& code);

}  // namespace parley::cli
