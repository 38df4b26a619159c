// Reading lines with libedit.
#include "cli/line_reader.h"

#include <histedit.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <cstdlib>
#include <cwchar>
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
  void watch(Source) override {}
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
  TerminalReader(Complete complete, std::FILE* screen)
      : complete_(std::move(complete)), history_path_(history_path()), screen_(screen) {
    std::setlocale(LC_CTYPE, "");
    history_ = history_init();
    HistEvent event;
    history(history_, &event, H_SETSIZE, kHistoryLinesMax);
    history(history_, &event, H_SETUNIQUE, 1);
    if (!history_path_.empty()) history(history_, &event, H_LOAD, history_path_.c_str());
    editor_ = el_init("parley", stdin, screen_, screen_);
    el_set(editor_, EL_CLIENTDATA, this);
    el_set(editor_, EL_GETCFN, &TerminalReader::on_key);
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
      std::fputc('\n', screen_);
      std::fflush(screen_);
      return std::nullopt;
    }
    Line result{std::string(line, static_cast<std::size_t>(count))};
    while (!result.text.empty() && result.text.back() == '\n') result.text.pop_back();
    return result;
  }

  void remember(const std::string& text) override {
    HistEvent event;
    history(history_, &event, H_ENTER, text.c_str());
    if (!history_path_.empty()) history(history_, &event, H_SAVE, history_path_.c_str());
  }
  bool is_terminal() const override { return true; }
  void watch(Source source) override { sources_.push_back(std::move(source)); }

 private:
  static TerminalReader& of(EditLine* editor) {
    void* self = nullptr;
    el_get(editor, EL_CLIENTDATA, &self);
    return *static_cast<TerminalReader*>(self);
  }
  static char* prompt(EditLine* editor) { return of(editor).prompt_.data(); }
  static unsigned char on_cancel(EditLine* editor, int) {
    of(editor).cancelled_ = true;
    std::fputs("^C\n", of(editor).screen_);
    return CC_EOF;
  }
  static unsigned char on_tab(EditLine* editor, int) { return of(editor).complete_line(); }
  static int on_key(EditLine* editor, wchar_t* key) { return of(editor).read_key(*key); }

  // 1: a key, 0: the end, -1: an error.
  int read_key(wchar_t& key) {
    std::mbstate_t state{};
    while (wait_for_key()) {
      char byte = 0;
      const ssize_t count = ::read(STDIN_FILENO, &byte, 1);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return static_cast<int>(count);
      const std::size_t size = std::mbrtowc(&key, &byte, 1, &state);
      if (size <= 1) return 1;
      if (size == static_cast<std::size_t>(-1)) state = {};  // no character: passed over
    }
    return 0;
  }

  // Shows what comes meanwhile. False: no more lines are read.
  bool wait_for_key() {
    for (;;) {
      std::vector<pollfd> ready{{STDIN_FILENO, POLLIN, 0}};
      for (const Source& source : sources_) ready.push_back({source.descriptor, POLLIN, 0});
      if (::poll(ready.data(), ready.size(), -1) < 0) {
        if (errno == EINTR) continue;
        return false;
      }
      for (std::size_t i = 0; i < sources_.size(); ++i) {
        if (ready[i + 1].revents == 0) continue;
        const auto text = sources_[i].take();
        if (!text) return false;
        show_above(*text);
      }
      if (ready[0].revents != 0) return true;
    }
  }

  // Takes the line away, prints the text and draws the line anew below it.
  void show_above(const std::string& text) {
    if (text.empty()) return;
    if (const int row = cursor_row(); row > 0) std::fprintf(screen_, "\x1b[%dA", row);
    std::fputs("\r\x1b[J", screen_);
    std::fwrite(text.data(), 1, text.size(), screen_);
    if (text.back() != '\n') std::fputc('\n', screen_);
    std::fflush(screen_);
    el_set(editor_, EL_REFRESH);
  }

  // How many rows below the first one of prompt and line the cursor is.
  int cursor_row() const {
    winsize size{};
    const bool known = ioctl(fileno(screen_), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    const int columns = known ? size.ws_col : 80;
    const LineInfo* info = el_line(editor_);
    const std::string text = prompt_ + std::string(info->buffer, info->cursor);
    std::mbstate_t state{};
    int row = 0, column = 0;
    for (std::size_t at = 0; at < text.size();) {
      wchar_t c = 0;
      const std::size_t length = std::mbrtowc(&c, text.data() + at, text.size() - at, &state);
      at += length >= 1 && length <= text.size() ? length : 1;
      column += std::max(0, wcwidth(c));
      if (c != L'\n' && column < columns) continue;
      column = c == L'\n' ? 0 : column - columns;
      ++row;
    }
    return row;
  }

  unsigned char complete_line() {
    const LineInfo* info = el_line(editor_);
    const Completions found = complete_(std::string(info->buffer, info->cursor));
    if (found.candidates.empty()) return CC_REFRESH_BEEP;
    const std::string common = common_beginning(found.candidates);
    if (common.size() > found.stem.size()) {
      el_insertstr(editor_, common.substr(found.stem.size()).c_str());
      return CC_REFRESH;
    }
    std::fputc('\n', screen_);
    for (std::size_t i = 0; i < found.candidates.size() && i < kCandidatesShownMax; ++i) {
      std::fprintf(screen_, "%s  ", found.candidates[i].c_str());
    }
    if (found.candidates.size() > kCandidatesShownMax) std::fputs("...", screen_);
    std::fputc('\n', screen_);
    return CC_REDISPLAY;
  }

  Complete complete_;
  std::string history_path_, prompt_;
  std::FILE* screen_;
  std::vector<Source> sources_;
  History* history_;
  EditLine* editor_;
  bool cancelled_ = false;
};

}  // namespace

bool is_on_terminal() { return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1; }

std::unique_ptr<LineReader> make_line_reader(LineReader::Complete complete, std::FILE* screen) {
  if (isatty(STDIN_FILENO) == 1 && isatty(fileno(screen)) == 1) {
    return std::make_unique<TerminalReader>(std::move(complete), screen);
  }
  return std::make_unique<PlainReader>();
}

}  // namespace parley::cli
