// Complaints about the command line.
#include "cli/usage.h"

#include <cstdio>
#include <string>
#include <vector>

#include "cli/source.h"
#include "compiler/diagnostics/diagnostics.h"

namespace parley::cli {

namespace {

// "; did you mean X?", or nothing.
std::string suggestion(const std::string& name, const std::vector<std::string>& known) {
  const std::vector<std::string_view> candidates(known.begin(), known.end());
  const std::string_view nearest = nearest_name(name, candidates);
  return nearest.empty() ? "" : "; did you mean " + std::string(nearest) + "?";
}

std::vector<std::string> verbs_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(verb->get_name());
  }
  return names;
}

std::vector<std::string> options_of(const CLI::App& verb) {
  std::vector<std::string> names;
  for (const CLI::Option* option : verb.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

// The first argument that looks like an option and is none of the verb's.
std::string unknown_option(const std::vector<std::string>& known, int argc, char** argv) {
  for (int i = 2; i < argc; ++i) {
    std::string argument = argv[i];
    if (argument == "--") break;
    if (argument.size() < 2 || argument[0] != '-') continue;
    if (argument[1] == '-') argument = argument.substr(0, argument.find('='));
    if (argument[1] != '-') argument = argument.substr(0, 2);
    bool is_known = false;
    for (const std::string& name : known) is_known = is_known || name == argument;
    if (!is_known) return argument;
  }
  return "";
}

}  // namespace

int report_parse_error(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  if (error.get_exit_code() == 0) return app.exit(error);
  const auto chosen = app.get_subcommands();
  if (chosen.empty() || argc < 2) {
    const std::string name = argc < 2 ? "" : argv[1];
    if (name.empty()) {
      std::fputs(app.help().c_str(), stdout);
      return 0;
    }
    const bool is_option = name[0] == '-';
    complain(std::string(is_option ? "no option " : "no verb ") + name +
             suggestion(name, is_option ? options_of(app) : verbs_of(app)) +
             " (parley --help lists them)");
    return kUsageStatus;
  }
  const CLI::App& verb = *chosen.front();
  const std::vector<std::string> known = options_of(verb);
  const std::string option = unknown_option(known, argc, argv);
  const std::string hint = " (parley " + verb.get_name() + " --help)";
  if (!option.empty()) {
    complain(verb.get_name() + ": no option " + option + suggestion(option, known) + hint);
  } else {
    complain(verb.get_name() + ": " + error.what() + hint);
  }
  return kUsageStatus;
}

}  // namespace parley::cli
