// Finding and naming control sockets.
#include "cli/control_path.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>

#include "cli/source.h"

namespace parley::cli {

namespace {

std::string control_folder() {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  if (runtime != nullptr && runtime[0] == '/') return std::string(runtime) + "/parley";
  return "/tmp/parley-" + std::to_string(getuid());
}

// Somebody else's folder of that name could listen in: it must be ours, and ours alone.
bool is_safe(const std::string& folder) {
  struct stat info{};
  return lstat(folder.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == getuid() &&
         (info.st_mode & 0077) == 0;
}

// A queue of connections that is full is a sign of life, too.
bool accepts(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, path.data(), path.size());
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket < 0) return true;
  const int done = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const bool alive = done == 0 || errno != ECONNREFUSED;
  ::close(socket);
  return alive;
}

std::optional<RunningSocket> read_name(const std::filesystem::path& path) {
  if (path.extension() != ".sock") return std::nullopt;
  const std::string stem = path.stem().string();
  RunningSocket socket;
  const char* end = stem.data() + stem.size();
  const auto [rest, error] = std::from_chars(stem.data(), end, socket.pid);
  if (error != std::errc() || socket.pid <= 0) return std::nullopt;
  if (rest != end) {
    if (*rest != '-') return std::nullopt;
    socket.name.assign(rest + 1, end);
  }
  socket.path = path.string();
  return socket;
}

// Whether a node listens there. What nobody listens at is left over where it is no file of this
// moment: a node that starts makes its socket a little before it listens.
bool is_alive(const RunningSocket& candidate) {
  const std::string& path = candidate.path;
  struct stat info{};
  if (lstat(path.c_str(), &info) != 0) return false;
  if (kill(candidate.pid, 0) != 0 && errno == ESRCH) {
    unlink(path.c_str());
    return false;
  }
  if (S_ISSOCK(info.st_mode) && accepts(path)) return true;
  constexpr std::time_t kStartSeconds = 5;
  if (std::time(nullptr) - info.st_mtime > kStartSeconds) unlink(path.c_str());
  return false;
}

}  // namespace

std::optional<std::string> new_control_path(const std::string& name) {
  const std::string folder = control_folder();
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    complain("no control socket: cannot make " + folder + ": " + std::strerror(errno));
    return std::nullopt;
  }
  if (!is_safe(folder)) {
    complain("no control socket: " + folder + " is not a folder that only you can enter");
    return std::nullopt;
  }
  const std::string path =
      folder + "/" + std::to_string(getpid()) + (name.empty() ? "" : "-" + name) + ".sock";
  constexpr std::size_t kPathBytesMax = 107;  // of sockaddr_un
  if (path.size() > kPathBytesMax) {
    complain("no control socket: the path is too long: " + path);
    return std::nullopt;
  }
  unlink(path.c_str());
  return path;
}

std::vector<RunningSocket> running_sockets() {
  std::vector<RunningSocket> found;
  const std::string folder = control_folder();
  if (!is_safe(folder)) return found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    auto socket = read_name(entry.path());
    if (!socket || !is_alive(*socket)) continue;
    found.push_back(std::move(*socket));
  }
  std::ranges::sort(found, {}, &RunningSocket::pid);
  return found;
}

}  // namespace parley::cli
