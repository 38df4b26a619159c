// The parley program: reads the command line and calls a verb.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>

#include "cli/usage.h"
#include "cli/verbs.h"
#include "vm/base/alloc.h"

namespace {

using namespace parley::cli;

struct CommandLine {
  std::vector<std::string> files, arguments, paths;
  std::string target, text, output_dir = ".", code, node;
  SourceOptions source;
  RunOptions run;
};

void add_source_options(CLI::App& verb, CommandLine& line) {
  verb.add_option("-I", line.source.include_dirs, "a folder where includes are looked for")
      ->allow_extra_args(false);
  verb.add_option("-D", line.source.defines, "defines a macro: NAME or NAME=VALUE")
      ->allow_extra_args(false);
}

void add_run_options(CLI::App& verb, CommandLine& line) {
  // A timer's reference has eight bits for its thread.
  verb.add_option("--schedulers", line.run.schedulers, "scheduler threads; one a core by default")
      ->check(CLI::Range(1u, 255u));
  verb.add_option("--slice", line.run.slice, "reductions a process runs at a time")
      ->check(CLI::Range(1u, 1u << 30));
  verb.add_flag("--gc-stress", line.run.gc_stress, "collect at every safe point");
  verb.add_option("--engine", line.run.engine, "tail or loop")
      ->check(CLI::IsMember({"tail", "loop"}));
  verb.add_option("--max-processes", line.run.processes_max, "most processes at a time")
      ->check(CLI::Range(16u, 1u << 28));
  verb.add_option("--max-atoms", line.run.atoms_max, "most atoms")->check(CLI::Range(1u, 1u << 30));
  verb.add_option("--generation-bits", line.run.generation_bits,
                  "bits of a pid's generation, for tests")
      ->check(CLI::Range(2u, 32u));
  verb.add_option("--hash-seed", line.run.hash_seed, "seed of hashes; drawn by default");
}

void add_path_option(CLI::App& verb, CommandLine& line) {
  verb.add_option("-p,--path", line.run.code_paths, "a folder of compiled modules")
      ->allow_extra_args(false)
      ->check(CLI::ExistingDirectory);
}

// It is a part of a file's name, and is told apart from a path and a process id.
std::string why_no_node_name(const std::string& name) {
  const bool good = !name.empty() && name[0] != '.' && name.size() <= 60 &&
                    name.find_first_not_of("0123456789") != std::string::npos &&
                    std::ranges::all_of(name, [](unsigned char c) {
                      return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
                    });
  return good ? "" : "a node's name is of letters, digits, _, - and ., not " + name;
}

void add_name_option(CLI::App& verb, CommandLine& line) {
  verb.add_option("--name", line.run.name, "what `--node` of the other verbs calls this node")
      ->check(why_no_node_name);
}

void add_control_options(CLI::App& verb, CommandLine& line) {
  add_name_option(verb, line);
  verb.add_flag_callback("--no-control", [&] { line.run.control = false; }, "no control socket");
}

void add_eval(CLI::App& app, CommandLine& line, int& status) {
  CLI::App* eval = app.add_subcommand("eval", "evaluate expressions, print the last value");
  eval->add_option("expressions", line.text, "such as 'lists:sum([1, 2]).'")->required();
  add_path_option(*eval, line);
  add_run_options(*eval, line);
  eval->callback([&] { status = verb_eval(line.text, line.run); });
}

// The chat application reads its own options: they are handed on as they stand.
void add_chat(CLI::App& app, CommandLine& line, int& status) {
  CLI::App* chat = app.add_subcommand("chat", "start the chat server");
  const auto hand_on = [&line, chat](const char* name, const char* help) {
    const auto take = [&line, name](const std::string& value) {
      line.arguments.insert(line.arguments.end(), {name, value});
    };
    chat->add_option_function<std::string>(name, take, help)->trigger_on_parse();
  };
  hand_on("--port", "the port to listen on; 0: any free one");
  hand_on("--ip", "the address to listen on");
  hand_on("--motd", "the message of the day");
  hand_on("--set", "NAME=NUMBER: any other setting");
  hand_on("--server-name", "what the server calls itself");
  add_control_options(*chat, line);
  add_path_option(*chat, line);
  add_run_options(*chat, line);
  chat->callback([&] { status = verb_chat(line.arguments, line.run); });
}

void add_node_option(CLI::App& verb, CommandLine& line) {
  verb.add_option("--node", line.node, "name, process id or socket path of the node");
}

void add_shells(CLI::App& app, CommandLine& line, int& status) {
  CLI::App* repl = app.add_subcommand("repl", "a shell, with the modules of the project");
  add_name_option(*repl, line);
  add_source_options(*repl, line);
  add_path_option(*repl, line);
  add_run_options(*repl, line);
  repl->callback([&] { status = verb_repl(line.run, line.source); });

  CLI::App* attach = app.add_subcommand("attach", "a shell of a running node");
  attach->add_option("node", line.node, "name, process id or socket path of the node");
  attach->callback([&] { status = verb_attach(line.node); });
}

// The verbs that talk to a running node.
void add_node_verbs(CLI::App& app, CommandLine& line, int& status) {
  CLI::App* rpc = app.add_subcommand("rpc", "evaluate expressions in a running node");
  rpc->add_option("expressions", line.text)->required();
  add_node_option(*rpc, line);
  rpc->callback([&] { status = verb_rpc(line.node, line.text); });

  CLI::App* ps = app.add_subcommand("ps", "the processes of a running node");
  add_node_option(*ps, line);
  ps->callback([&] { status = verb_ps(line.node); });

  CLI::App* undo = app.add_subcommand("undo", "go back to the code before the last load");
  add_node_option(*undo, line);
  undo->callback([&] { status = verb_undo(line.node); });

  CLI::App* load = app.add_subcommand("load", "load files into a running node, all or nothing");
  load->add_option("files", line.files, ".par, .erl or .parc files")->required();
  add_node_option(*load, line);
  add_source_options(*load, line);
  load->callback([&] { status = verb_load(line.node, line.files, line.source); });
}

// What is compiled to be kept is looked at more closely.
void give_advice(CommandLine& line) {
  line.source.advice = true;
  line.source.library_names = LibraryNames::kWarned;
}

void add_project_verbs(CLI::App& app, CommandLine& line, int& status) {
  CLI::App* create = app.add_subcommand("new", "make a project that runs");
  create->add_option("name", line.target, "its name, which is the folder's too")->required();
  create->callback([&] { status = verb_new(line.target); });

  CLI::App* build = app.add_subcommand("build", "compile the project to build/");
  add_source_options(*build, line);
  build->callback([&] {
    give_advice(line);
    status = verb_build(line.source);
  });

  CLI::App* test = app.add_subcommand("test", "run the tests of the project, or of files");
  test->add_option("files", line.files);
  add_source_options(*test, line);
  add_path_option(*test, line);
  add_run_options(*test, line);
  test->callback([&] { status = verb_test(line.files, line.source, line.run); });
}

void add_verbs(CLI::App& app, CommandLine& line, int& status) {
  add_project_verbs(app, line, status);
  add_eval(app, line, status);
  add_shells(app, line, status);
  add_node_verbs(app, line, status);
  add_chat(app, line, status);
  CLI::App* run = app.add_subcommand("run", "run a file, or the project in this folder");
  run->add_option("target", line.target, "a .par, .erl or .parc file, or a project's folder");
  run->add_option("arguments", line.arguments, "given to main/1 as strings");
  add_source_options(*run, line);
  add_control_options(*run, line);
  add_path_option(*run, line);
  add_run_options(*run, line);
  run->callback([&] { status = verb_run(line.target, line.arguments, line.source, line.run); });

  CLI::App* compile = app.add_subcommand("compile", "compile files to .parc");
  compile->add_option("files", line.files)->required();
  compile->add_option("-o", line.output_dir, "where the .parc files go");
  add_source_options(*compile, line);
  compile->add_option("--emit", line.text, "print instead: tokens, ast or asm")
      ->check(CLI::IsMember({"tokens", "ast", "asm"}));
  compile->callback([&] {
    if (line.text.empty()) give_advice(line);
    status = line.text.empty() ? verb_compile(line.files, line.output_dir, line.source)
                               : verb_emit(line.files, line.text, line.source);
  });

  CLI::App* check = app.add_subcommand("check", "diagnostics only, of files or of the project");
  check->add_option("files", line.files);
  add_source_options(*check, line);
  check->callback([&] {
    give_advice(line);
    status = line.files.empty() ? check_project(line.source) : verb_check(line.files, line.source);
  });

  CLI::App* dis = app.add_subcommand("dis", "bytecode of .parc or source files");
  dis->add_option("files", line.files)->required();
  add_source_options(*dis, line);
  dis->callback([&] { status = verb_dis(line.files, line.source); });

  CLI::App* explain = app.add_subcommand("explain", "an error code at length");
  explain->add_option("code", line.code)->required();
  explain->callback([&] { status = verb_explain(line.code); });
}

}  // namespace

namespace {

// `parley help VERB` is `parley VERB --help`.
void turn_help_around(std::vector<const char*>& arguments) {
  if (arguments.size() < 2 || std::string_view(arguments[1]) != "help") return;
  arguments.erase(arguments.begin() + 1);
  arguments.push_back("--help");
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Parley: a language and a machine for services that talk", "parley"};
  app.require_subcommand(1);
  app.set_version_flag("--version", "Parley 0.1.0");
  CommandLine line;
  int status = 0;
  add_verbs(app, line, status);
  std::vector<const char*> arguments(argv, argv + argc);
  turn_help_around(arguments);
  try {
    app.parse(static_cast<int>(arguments.size()), arguments.data());
  } catch (const CLI::ParseError& error) {
    status = report_parse_error(app, error, argc, argv);
  }
  return output_is_out() || status != 0 ? status : 1;
}
