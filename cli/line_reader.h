// Lines of the shell: edited on a terminal with history and completion, or plain from a pipe.
//
// Invariant: between calls of `read` the terminal is as it was found.
#pragma once

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
};

// An editing reader where standard input and output are a terminal, else a plain one.
std::unique_ptr<LineReader> make_line_reader(LineReader::Complete complete);

}  // namespace parley::cli
