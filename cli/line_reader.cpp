// Reading lines with libedit.
#include "cli/line_reader.h"

#include <histedit.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>

namespace parley::cli {

namespace {

constexpr int kHistoryLinesMax = 2000;
constexpr std::size_t kCandidatesShownMax = 100;

class PlainReader : public LineReader {
 public:
  std::optional<Line> read(const std::string&) override {
    Line line;
    if (!std::getline(std::cin, line.text)) return std::nullopt;
    return line;
  }
  void remember(const std::string&) override {}
  bool is_terminal() const override { return false; }
};

// Empty: nowhere.
std::string history_path() {
  namespace fs = std::filesystem;
  const char* state = std::getenv("XDG_STATE_HOME");
  const char* home = std::getenv("HOME");
  fs::path folder;
  if (state != nullptr && state[0] == '/') {
    folder = fs::path(state) / "parley";
  } else if (home != nullptr && home[0] == '/') {
    folder = fs::path(home) / ".local" / "state" / "parley";
  } else {
    return "";
  }
  std::error_code error;
  fs::create_directories(folder, error);
  return error ? "" : (folder / "history").string();
}

std::string common_beginning(const std::vector<std::string>& texts) {
  std::string common = texts.front();
  for (const std::string& text : texts) {
    const auto [end, rest] = std::ranges::mismatch(common, text);
    common.erase(end, common.end());
  }
  return common;
}

class TerminalReader : public LineReader {
 public:
  explicit TerminalReader(Complete complete)
      : complete_(std::move(complete)), history_path_(history_path()) {
    std::setlocale(LC_CTYPE, "");
    history_ = history_init();
    HistEvent event;
    history(history_, &event, H_SETSIZE, kHistoryLinesMax);
    history(history_, &event, H_SETUNIQUE, 1);
    if (!history_path_.empty()) history(history_, &event, H_LOAD, history_path_.c_str());
    editor_ = el_init("parley", stdin, stdout, stderr);
    el_set(editor_, EL_CLIENTDATA, this);
    el_set(editor_, EL_PROMPT, &TerminalReader::prompt);
    el_set(editor_, EL_EDITOR, "emacs");
    el_set(editor_, EL_HIST, history, history_);
    el_set(editor_, EL_ADDFN, "parley-complete", "complete", &TerminalReader::on_tab);
    el_set(editor_, EL_ADDFN, "parley-cancel", "cancel the line", &TerminalReader::on_cancel);
    el_set(editor_, EL_BIND, "\t", "parley-complete", nullptr);
    el_set(editor_, EL_BIND, "^R", "em-inc-search-prev", nullptr);
    el_set(editor_, EL_SIGNAL, 0);
    // While a line is edited Ctrl-C is a key like others.
    el_set(editor_, EL_SETTY, "-d", "-isig", nullptr);
    el_set(editor_, EL_BIND, "^C", "parley-cancel", nullptr);
  }
  ~TerminalReader() override {
    el_end(editor_);
    history_end(history_);
  }

  std::optional<Line> read(const std::string& text) override {
    prompt_ = text;
    cancelled_ = false;
    int count = 0;
    const char* line = el_gets(editor_, &count);
    if (cancelled_) return Line{"", true};
    if (line == nullptr || count <= 0) {
      std::fputc('\n', stdout);
      return std::nullopt;
    }
    Line result{std::string(line, static_cast<std::size_t>(count))};
    while (!result.text.empty() && result.text.back() == '\n') result.text.pop_back();
    return result;
  }

  // Several lines become one: the editor shows one line, and the language does not mind.
  void remember(const std::string& text) override {
    std::string line = text;
    std::ranges::replace(line, '\n', ' ');
    HistEvent event;
    history(history_, &event, H_ENTER, line.c_str());
    if (!history_path_.empty()) history(history_, &event, H_SAVE, history_path_.c_str());
  }
  bool is_terminal() const override { return true; }

 private:
  static TerminalReader& of(EditLine* editor) {
    void* self = nullptr;
    el_get(editor, EL_CLIENTDATA, &self);
    return *static_cast<TerminalReader*>(self);
  }
  static char* prompt(EditLine* editor) { return of(editor).prompt_.data(); }
  static unsigned char on_cancel(EditLine* editor, int) {
    of(editor).cancelled_ = true;
    std::fputs("^C\n", stdout);
    return CC_EOF;
  }
  static unsigned char on_tab(EditLine* editor, int) { return of(editor).complete_line(); }

  unsigned char complete_line() {
    const LineInfo* info = el_line(editor_);
    const Completions found = complete_(std::string(info->buffer, info->cursor));
    if (found.candidates.empty()) return CC_REFRESH_BEEP;
    const std::string common = common_beginning(found.candidates);
    if (common.size() > found.stem.size()) {
      el_insertstr(editor_, common.substr(found.stem.size()).c_str());
      return CC_REFRESH;
    }
    std::fputc('\n', stdout);
    for (std::size_t i = 0; i < found.candidates.size() && i < kCandidatesShownMax; ++i) {
      std::printf("%s  ", found.candidates[i].c_str());
    }
    if (found.candidates.size() > kCandidatesShownMax) std::printf("...");
    std::fputc('\n', stdout);
    return CC_REDISPLAY;
  }

  Complete complete_;
  std::string history_path_, prompt_;
  History* history_;
  EditLine* editor_;
  bool cancelled_ = false;
};

}  // namespace

std::unique_ptr<LineReader> make_line_reader(LineReader::Complete complete) {
  if (isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1) {
    return std::make_unique<TerminalReader>(std::move(complete));
  }
  return std::make_unique<PlainReader>();
}

}  // namespace parley::cli
