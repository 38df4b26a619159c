// Lines of the shell: edited on a terminal with history and completion, or plain from a pipe.
//
// Invariant: between calls of `read` the terminal is as it was found.
#pragma once

#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace parley::cli {

struct Completions {
  std::string stem;                     // the end of the line that they begin with
  std::vector<std::string> candidates;  // whole, each beginning with the stem
};

class LineReader {
 public:
  using Complete = std::function<Completions(const std::string& line_to_cursor)>;
  virtual ~LineReader() = default;

  struct Line {
    std::string text;  // without its line feed
    bool cancelled = false;  // Ctrl-C
  };
  // nullopt: the end of the input.
  virtual std::optional<Line> read(const std::string& prompt) = 0;
  // Keeps an expression of perhaps many lines in the history.
  virtual void remember(const std::string& text) = 0;
  virtual bool is_terminal() const = 0;
  // While a line is edited, what comes from elsewhere is shown above it. `take` gives the text, or
  // nullopt: nothing more comes, and no more lines are read.
  struct Source {
    int descriptor;
    std::function<std::optional<std::string>()> take;
  };
  virtual void watch(Source source) = 0;
};

// Whether standard input and output are a terminal.
bool is_on_terminal();
// There an editing reader that draws to `screen`, else a plain one.
std::unique_ptr<LineReader> make_line_reader(LineReader::Complete complete, std::FILE* screen);

}  // namespace parley::cli
