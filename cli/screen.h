// The terminal of a shell that shares its process with a node.
//
// Invariant: while it captures, what the process writes to its standard output and error comes
// through a pipe to whoever draws the screen, so nothing is written into the line being typed; what
// is in the pipe when the capture ends, or the process aborts, is written out.
#pragma once

#include <cstdio>
#include <string>

namespace parley::cli {

class Screen {
 public:
  Screen() = default;
  ~Screen() { release(); }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  // Takes standard output and error; one screen at a time.
  void capture();
  // Gives them back. The thread that captured, or one that ends the process.
  void release();
  // Where to draw.
  std::FILE* file() const { return file_; }
  // Readable when there is something to take; -1: nothing is captured.
  int descriptor() const { return pipe_; }
  std::string take();

 private:
  std::FILE* file_ = stdout;
  int pipe_ = -1, out_ = -1, error_ = -1;
};

}  // namespace parley::cli
