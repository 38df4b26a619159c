// parley rpc, load, ps: verbs that talk to a running node.
#include <cstdio>
#include <filesystem>
#include <iostream>

#include "cli/control_client.h"
#include "cli/verbs.h"

namespace parley::cli {

namespace {

std::optional<ControlClient> client_of(const std::string& node) {
  const auto path = find_node(node);
  if (!path) {
    complain(path.error());
    return std::nullopt;
  }
  auto client = ControlClient::connect(*path);
  if (!client) {
    complain(client.error());
    return std::nullopt;
  }
  return std::move(*client);
}

// Asks, prints what comes; the exit status.
int ask_and_print(const std::string& node, const WireTerm& request) {
  auto client = client_of(node);
  if (!client) return 1;
  const auto print = [](const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
  };
  const auto read = [] {
    std::string line;
    const bool got = static_cast<bool>(std::getline(std::cin, line));
    return WireTerm::tuple({WireTerm::atom("input"), got ? WireTerm::binary(line + "\n")
                                                         : WireTerm::atom("eof")});
  };
  const auto answer = client->ask(request, {.output = print, .input = read});
  if (!answer) {
    complain("the connection to the node was closed before it answered");
    return 1;
  }
  const bool good = answer->is("value");
  const std::string& text = answer->text_at(1);
  std::fwrite(text.data(), 1, text.size(), good ? stdout : stderr);
  return good ? 0 : 1;
}

std::optional<std::vector<std::uint8_t>> compiled(const std::string& file,
                                                  const SourceOptions& source) {
  if (file.ends_with(".parc")) {
    const auto bytes = read_file(file);
    if (!bytes) {
      complain("cannot read " + file);
      return std::nullopt;
    }
    return std::vector<std::uint8_t>(bytes->begin(), bytes->end());
  }
  const auto module = compile_file(file, source);
  if (!module) return std::nullopt;
  return isa::write_module_file(*module);
}

}  // namespace

int verb_rpc(const std::string& node, const std::string& text) {
  return ask_and_print(node, WireTerm::tuple({WireTerm::atom("eval"), WireTerm::binary(text)}));
}

int verb_ps(const std::string& node) {
  return ask_and_print(node, WireTerm::tuple({WireTerm::atom("ps")}));
}

int verb_undo(const std::string& node) {
  return ask_and_print(node, WireTerm::tuple({WireTerm::atom("undo")}));
}

int verb_load(const std::string& node, const std::vector<std::string>& files,
              const SourceOptions& source) {
  std::vector<WireTerm> batch;
  bool good = true;
  for (const std::string& file : files) {
    const auto bytes = compiled(file, source);
    if (!bytes) {
      good = false;
      continue;
    }
    const std::string path = std::filesystem::absolute(file).string();
    batch.push_back(WireTerm::tuple({WireTerm::binary(std::string(bytes->begin(), bytes->end())),
                                     WireTerm::binary(path)}));
  }
  // All or nothing: a file that does not compile keeps the others out as well.
  if (!good) return 1;
  return ask_and_print(node, WireTerm::tuple({WireTerm::atom("load"), WireTerm::list(batch)}));
}

}  // namespace parley::cli
