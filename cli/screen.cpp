// Capturing standard output and error in a pipe.
#include "cli/screen.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>

namespace parley::cli {

namespace {

// For the handler of an abort, which can reach nothing else: what was said before is still shown.
volatile std::sig_atomic_t abort_pipe = -1, abort_screen = -1;

void on_abort(int) {
  char bytes[512];
  for (ssize_t n; (n = ::read(abort_pipe, bytes, sizeof bytes)) > 0;) {
    [[maybe_unused]] const ssize_t written =
        ::write(abort_screen, bytes, static_cast<std::size_t>(n));
  }
  std::signal(SIGABRT, SIG_DFL);
  std::raise(SIGABRT);
}

}  // namespace

void Screen::capture() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return;
  std::fflush(stdout);
  out_ = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
  error_ = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
  std::FILE* file = out_ < 0 || error_ < 0 ? nullptr : ::fdopen(out_, "w");
  if (file == nullptr || ::fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) {
    for (const int each : {ends[0], ends[1], out_, error_}) ::close(each);
    return;
  }
  ::dup2(ends[1], STDOUT_FILENO);
  ::dup2(ends[1], STDERR_FILENO);
  ::close(ends[1]);
  file_ = file;
  pipe_ = ends[0];
  abort_pipe = pipe_;
  abort_screen = error_;
  std::signal(SIGABRT, on_abort);
}

void Screen::release() {
  if (pipe_ < 0) return;
  std::signal(SIGABRT, SIG_DFL);
  std::fflush(stdout);
  ::dup2(out_, STDOUT_FILENO);
  ::dup2(error_, STDERR_FILENO);
  const std::string rest = take();
  std::fwrite(rest.data(), 1, rest.size(), file_);
  std::fclose(file_);
  ::close(error_);
  ::close(pipe_);
  pipe_ = -1;
  file_ = stdout;
}

std::string Screen::take() {
  std::string text;
  char bytes[4096];
  for (ssize_t n; (n = ::read(pipe_, bytes, sizeof bytes)) > 0;) {
    text.append(bytes, static_cast<std::size_t>(n));
  }
  return text;
}

}  // namespace parley::cli
