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
#include "cli/screen.h"
#include "cli/serve.h"

namespace parley::cli {

namespace {

// Set by the signal's handler, which can reach nothing else.
volatile std::sig_atomic_t interrupt_count = 0;

void on_interrupt(int) { interrupt_count = interrupt_count + 1; }

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
  Shell(ControlClient client, Screen& screen) : client_(std::move(client)), screen_(screen) {
    reader_ = make_line_reader([this](const std::string& line) { return complete(line); },
                               screen_.file());
    reader_->watch({client_.descriptor(), [this] {
                      auto text = client_.take_output();
                      gone_ = !text;
                      return text;
                    }});
    if (screen_.descriptor() >= 0) {
      reader_->watch({screen_.descriptor(), [this] { return std::optional(screen_.take()); }});
    }
  }

  // False: the node is gone.
  bool run() {
    std::signal(SIGINT, on_interrupt);
    if (!greet()) return false;
    for (;;) {
      const auto text = read_expression();
      if (gone_) return false;
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
  void print(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), screen_.file());
    std::fflush(screen_.file());
    const auto end = text.rfind('\n');
    last_line_ = end == std::string::npos ? last_line_ + text : text.substr(end + 1);
  }

  bool greet() {
    const auto hello = client_.ask(WireTerm::tuple({WireTerm::atom("hello")}), {});
    if (!hello) return false;
    if (reader_->is_terminal()) {
      print(hello->text_at(2) + ", node " + hello->text_at(1) +
            " - help(). tells the commands, q(). leaves\n");
    }
    return true;
  }

  // Lines until they are an expression; nullopt: the end.
  std::optional<std::string> read_expression() {
    if (reader_->is_terminal() && !last_line_.empty()) print("\n");
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

  // A line for the expression that runs. What it has printed as a prompt is the editor's.
  WireTerm read_line() {
    const std::string prompt = std::exchange(last_line_, "");
    if (reader_->is_terminal()) std::fputc('\r', screen_.file());
    const auto line = reader_->read(prompt);
    if (line && line->cancelled) return WireTerm::tuple({WireTerm::atom("interrupt")});
    return WireTerm::tuple({WireTerm::atom("input"), line ? WireTerm::binary(line->text + "\n")
                                                          : WireTerm::atom("eof")});
  }

  std::optional<WireTerm> evaluate(const std::string& text) {
    const int before = interrupt_count;
    bool told = false;
    const auto show = [this] { print(screen_.take()); };
    print(std::exchange(late_output_, ""));
    auto answer = client_.ask(
        WireTerm::tuple({WireTerm::atom("line"), WireTerm::binary(text)}),
        {.output = [this](const std::string& output) { print(output); },
         .interrupted = [&] { return !told && (told = interrupt_count != before); },
         .input = [this] { return read_line(); },
         .descriptor = screen_.descriptor(),
         .readable = show});
    if (screen_.descriptor() >= 0) show();
    return answer;
  }

  Completions complete(const std::string& line) {
    Completions found;
    const auto answer =
        client_.ask(WireTerm::tuple({WireTerm::atom("complete"), WireTerm::binary(line)}),
                    {.output = [this](const std::string& output) { late_output_ += output; }});
    if (!answer || !answer->is("complete") || answer->items.size() < 3) return found;
    found.stem = answer->text_at(1);
    for (const WireTerm& candidate : answer->items[2].items) {
      found.candidates.push_back(candidate.text);
    }
    return found;
  }

  ControlClient client_;
  Screen& screen_;
  std::unique_ptr<LineReader> reader_;
  std::string last_line_;  // what was printed behind the last line feed
  std::string late_output_;  // came while candidates were looked for
  bool gone_ = false;
  int number_ = 1;
};

// Ends the program when the node ends while somebody is at the prompt.
class EndWatch {
 public:
  EndWatch(Node& node, std::string control_path, Screen& screen)
      : control_path_(std::move(control_path)),
        screen_(screen),
        saved_(tcgetattr(STDIN_FILENO, &terminal_) == 0),
        thread_([this, &node] { watch(node.wait()); }) {}
  ~EndWatch() { thread_.join(); }
  void leave() { leaving_ = true; }

 private:
  void watch(int status) {
    if (leaving_) return;
    if (saved_) tcsetattr(STDIN_FILENO, TCSANOW, &terminal_);
    unlink(control_path_.c_str());
    screen_.release();
    std::fflush(stdout);
    _exit(status);
  }

  std::string control_path_;
  Screen& screen_;
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
  Screen screen;
  if (is_on_terminal()) screen.capture();
  RunningNode running(*node, {"parley_main", "idle", std::nullopt, true}, options,
                      Interrupts::kAreTheCallers);
  if (running.control_path().empty()) return 1;
  EndWatch watch(*node, running.control_path(), screen);
  auto client = ControlClient::connect(running.control_path());
  if (!client) complain(client.error());
  if (client) Shell(std::move(*client), screen).run();
  watch.leave();
  screen.release();
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
  Screen screen;
  if (Shell(std::move(*client), screen).run()) return 0;
  complain("the node ended");
  return 1;
}

}  // namespace parley::cli
