// parley repl and attach: the shell, of a node in this process or of a running one.
//
// Both are clients of a control socket; the repl starts the node that it talks to.
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <thread>

#include "cli/control_client.h"
#include "cli/line_reader.h"
#include "cli/project.h"
#include "cli/serve.h"

namespace parley::cli {

namespace {

// Set by the signal's handler, which can reach nothing else.
volatile std::sig_atomic_t interrupt_count = 0;

void on_interrupt(int) { interrupt_count = interrupt_count + 1; }

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

bool is_blank(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first == std::string::npos ||
         (text[first] == '%' && text.find('\n', first) == std::string::npos);
}

bool is_unfinished(const std::string& text) {
  return parse_expressions(SourceFile{"shell", text}).incomplete;
}

class Shell {
 public:
  explicit Shell(ControlClient client) : client_(std::move(client)) {
    reader_ = make_line_reader([this](const std::string& line) { return complete(line); });
  }

  // False: the node is gone.
  bool run() {
    std::signal(SIGINT, on_interrupt);
    if (!greet()) return false;
    for (;;) {
      const auto text = read_expression();
      if (!text) return true;
      if (is_blank(*text)) continue;
      reader_->remember(*text);
      const auto answer = evaluate(*text);
      if (!answer) return false;
      if (answer->is("quit")) return true;
      print(answer->text_at(1));
      ++number_;
    }
  }

 private:
  bool greet() {
    const auto hello = client_.ask(WireTerm::tuple({WireTerm::atom("hello")}), print);
    if (!hello) return false;
    if (reader_->is_terminal()) {
      print(hello->text_at(2) + ", node " + hello->text_at(1) +
            " - help(). tells the commands, q(). leaves\n");
    }
    return true;
  }

  // Lines until they are an expression; nullopt: the end.
  std::optional<std::string> read_expression() {
    std::string text;
    for (;;) {
      const auto line = reader_->read(text.empty() ? std::to_string(number_) + "> " : ".. ");
      if (!line) return text.empty() ? std::nullopt : std::optional(text + "\n.");
      if (line->cancelled) {
        text.clear();
        continue;
      }
      text += (text.empty() ? "" : "\n") + line->text;
      if (is_blank(text)) text.clear();
      if (!text.empty() && !is_unfinished(text)) return text;
    }
  }

  std::optional<WireTerm> evaluate(const std::string& text) {
    const int before = interrupt_count;
    bool told = false;
    const auto interrupted = [&] { return !told && (told = interrupt_count != before); };
    return client_.ask(WireTerm::tuple({WireTerm::atom("line"), WireTerm::binary(text)}), print,
                       interrupted);
  }

  Completions complete(const std::string& line) {
    Completions found;
    const auto answer =
        client_.ask(WireTerm::tuple({WireTerm::atom("complete"), WireTerm::binary(line)}), {});
    if (!answer || !answer->is("complete") || answer->items.size() < 3) return found;
    found.stem = answer->text_at(1);
    for (const WireTerm& candidate : answer->items[2].items) {
      found.candidates.push_back(candidate.text);
    }
    return found;
  }

  ControlClient client_;
  std::unique_ptr<LineReader> reader_;
  int number_ = 1;
};

// Ends the program when the node ends while somebody is at the prompt.
class EndWatch {
 public:
  EndWatch(Node& node, std::string control_path)
      : control_path_(std::move(control_path)),
        saved_(tcgetattr(STDIN_FILENO, &terminal_) == 0),
        thread_([this, &node] { watch(node.wait()); }) {}
  ~EndWatch() { thread_.join(); }
  void leave() { leaving_ = true; }

 private:
  void watch(int status) {
    if (leaving_) return;
    if (saved_) tcsetattr(STDIN_FILENO, TCSANOW, &terminal_);
    unlink(control_path_.c_str());
    std::fflush(stdout);
    _exit(status);
  }

  std::string control_path_;
  termios terminal_{};
  bool saved_;
  std::atomic<bool> leaving_{false};
  std::thread thread_;  // last: it uses the others
};

// The project's modules, where there is a project here. False: errors have been told.
bool add_project(RunOptions& options, const SourceOptions& source) {
  if (!is_project(".")) return true;
  const auto project = read_project(".");
  if (!project) return false;
  if (!build(*project, sources_in(*project, "src"), project_options(*project, source))) {
    return false;
  }
  options.code_paths.push_back(project->build_folder());
  if (options.name.empty()) options.name = project->name;
  return true;
}

}  // namespace

int verb_repl(RunOptions options, const SourceOptions& source) {
  if (!add_project(options, source)) return 1;
  const auto node = make_node(options);
  if (node == nullptr) return 1;
  options.control = true;
  RunningNode running(*node, {"parley_main", "idle", std::nullopt, true}, options,
                      Interrupts::kAreTheCallers);
  if (running.control_path().empty()) return 1;
  EndWatch watch(*node, running.control_path());
  auto client = ControlClient::connect(running.control_path());
  if (!client) complain(client.error());
  if (client) Shell(std::move(*client)).run();
  watch.leave();
  node->start_process("parley_main", "signal", "sigterm");
  const int status = running.join();
  return client ? status : 1;
}

int verb_attach(const std::string& node) {
  const auto path = find_node(node);
  if (!path) {
    complain(path.error());
    return 1;
  }
  auto client = ControlClient::connect(*path);
  if (!client) {
    complain(client.error());
    return 1;
  }
  if (Shell(std::move(*client)).run()) return 0;
  complain("the node ended");
  return 1;
}

}  // namespace parley::cli
