// Standard input and output; streams.h says what holds.
#include "vm/node/streams.h"

#include <limits.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "vm/base/assert.h"
#include "vm/base/need.h"

namespace parley {

namespace {

bool is_ready(int descriptor, short events) {
  pollfd fd{descriptor, events, 0};
  return ::poll(&fd, 1, 0) > 0;
}

// Pipes, terminals and sockets can be full; a file cannot.
bool can_be_full(int descriptor) {
  struct stat stat{};
  return ::fstat(descriptor, &stat) == 0 &&
         (S_ISFIFO(stat.st_mode) || S_ISCHR(stat.st_mode) || S_ISSOCK(stat.st_mode));
}

// A pipe that is ready for writing takes this much without blocking the writer.
constexpr std::size_t kPieceBytes = PIPE_BUF;

}  // namespace

Streams::Streams() : stop_event_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  need(stop_event_ >= 0, "a descriptor for the standard streams");
}
Streams::~Streams() { ::close(stop_event_); }

void Streams::stop() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto n = ::write(stop_event_, &one, sizeof one);
}

SystemResult<void> Streams::wait_until(int descriptor, short events) {
  for (;;) {
    pollfd fds[2] = {{descriptor, events, 0}, {stop_event_, POLLIN, 0}};
    if (::poll(fds, 2, -1) < 0 && errno != EINTR) return system_failure(errno);
    if (fds[1].revents != 0) return system_failure(ECANCELED);
    if (fds[0].revents != 0) return {};
  }
}

SystemResult<void> Streams::wait_for_line() {
  for (;;) {
    {
      std::lock_guard guard(lock_);
      if (input_.find('\n') != std::string::npos) return {};
    }
    if (auto ready = wait_until(STDIN_FILENO, POLLIN); !ready) return ready;
    char buffer[65536];
    const ssize_t got = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (got == 0) return {};  // the end; of a terminal more may come after it
    if (got < 0 && errno != EAGAIN && errno != EINTR) return system_failure(errno);
    if (got < 0) continue;
    std::lock_guard guard(lock_);
    input_.append(buffer, static_cast<std::size_t>(got));
  }
}

std::string Streams::take_line() {
  std::lock_guard guard(lock_);
  const std::size_t newline = input_.find('\n');
  const std::size_t size = newline == std::string::npos ? input_.size() : newline + 1;
  std::string line = input_.substr(0, size);
  input_.erase(0, size);
  return line;
}

void Streams::give_line_back(const std::string& line) {
  std::lock_guard guard(lock_);
  input_.insert(0, line);
}

SystemResult<std::size_t> Streams::write_now(const Turn& turn, int descriptor, Bytes bytes) {
  PARLEY_ASSERT(turn.owns_lock(), "who writes has the turn");
  if (rests_[rest_index(descriptor)].load() != 0) return 0;
  const bool limited = can_be_full(descriptor);
  std::size_t written = 0;
  while (written < bytes.size()) {
    if (limited && !is_ready(descriptor, POLLOUT)) break;
    const std::size_t rest = bytes.size() - written;
    const ssize_t n = ::write(descriptor, bytes.data() + written,
                              limited ? std::min(rest, kPieceBytes) : rest);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) break;
    if (n < 0) return system_failure(errno);
    written += static_cast<std::size_t>(n);
  }
  return written;
}

SystemResult<void> Streams::write_rest(int descriptor, Bytes bytes) {
  SystemResult<void> result{};
  while (!bytes.empty()) {
    result = wait_until(descriptor, POLLOUT);
    if (!result) break;
    const ssize_t n = ::write(descriptor, bytes.data(), std::min(bytes.size(), kPieceBytes));
    if (n > 0) bytes = bytes.subspan(static_cast<std::size_t>(n));
    if (n < 0 && errno != EINTR && errno != EAGAIN) {
      result = system_failure(errno);
      break;
    }
  }
  withdraw_rest(descriptor);
  return result;
}

}  // namespace parley
