// Talking to a running node.
#include "cli/control_client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "cli/control_path.h"

namespace parley::cli {

namespace {

// A node that starts has no socket at first, then one that does not listen yet.
constexpr auto kStartTime = std::chrono::seconds(5), kListenTime = std::chrono::seconds(1);
constexpr std::size_t kFrameBytesMax = std::size_t{1} << 30;

bool read_all(int socket, char* at, std::size_t count) {
  while (count > 0) {
    const ssize_t n = ::read(socket, at, count);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += n;
    count -= static_cast<std::size_t>(n);
  }
  return true;
}

bool write_all(int socket, const std::string& bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t n = ::send(socket, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

WireTerm end_of_input() {
  return WireTerm::tuple({WireTerm::atom("input"), WireTerm::atom("eof")});
}

std::string described(const RunningSocket& node) {
  return std::to_string(node.pid) + (node.name.empty() ? "" : " (" + node.name + ")");
}

}  // namespace

std::expected<ControlClient, std::string> ControlClient::connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return std::unexpected("the path is too long: " + path);
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  const auto start = std::chrono::steady_clock::now();
  for (;;) {
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket < 0) return std::unexpected(std::string(std::strerror(errno)));
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
      return ControlClient(socket);
    }
    const int error = errno;
    ::close(socket);
    const auto waited = std::chrono::steady_clock::now() - start;
    const bool is_starting = (error == ENOENT && waited < kStartTime) ||
                             (error == ECONNREFUSED && waited < kListenTime);
    if (!is_starting) {
      return std::unexpected("cannot talk to the node at " + path + ": " + std::strerror(error));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

ControlClient::~ControlClient() {
  if (socket_ >= 0) ::close(socket_);
}

bool ControlClient::send(const WireTerm& term) {
  const std::string body = write_wire(term);
  std::string frame;
  for (int shift = 24; shift >= 0; shift -= 8) {
    frame += static_cast<char>((body.size() >> shift) & 0xFF);
  }
  return write_all(socket_, frame + body);
}

std::optional<WireTerm> ControlClient::receive() {
  unsigned char head[4];
  if (!read_all(socket_, reinterpret_cast<char*>(head), sizeof head)) return std::nullopt;
  const std::size_t size = std::size_t{head[0]} << 24 | std::size_t{head[1]} << 16 |
                           std::size_t{head[2]} << 8 | head[3];
  if (size > kFrameBytesMax) return std::nullopt;
  std::string body(size, '\0');
  if (!read_all(socket_, body.data(), size)) return std::nullopt;
  return read_wire(body);
}

// False: it was interrupted.
bool ControlClient::wait_readable(const Meanwhile& meanwhile) {
  for (;;) {
    pollfd ready[2] = {{socket_, POLLIN, 0}, {meanwhile.descriptor, POLLIN, 0}};
    constexpr int kLookEveryMs = 50;
    const int n = ::poll(ready, 2, kLookEveryMs);
    if (meanwhile.interrupted && meanwhile.interrupted()) return false;
    if (n > 0 && ready[1].revents != 0 && meanwhile.readable) meanwhile.readable();
    if (n > 0 && ready[0].revents != 0) return true;
  }
}

std::optional<WireTerm> ControlClient::ask(const WireTerm& request, const Meanwhile& meanwhile) {
  if (!send(request)) return std::nullopt;
  for (;;) {
    if (!wait_readable(meanwhile)) {
      if (!send(WireTerm::tuple({WireTerm::atom("interrupt")}))) return std::nullopt;
      continue;
    }
    auto answer = receive();
    if (answer && answer->is("input")) {
      if (!send(meanwhile.input ? meanwhile.input() : end_of_input())) return std::nullopt;
      continue;
    }
    if (!answer || !answer->is("output")) return answer;
    if (meanwhile.output) meanwhile.output(answer->text_at(1));
  }
}

std::optional<std::string> ControlClient::take_output() {
  const auto frame = receive();
  if (!frame) return std::nullopt;
  if (frame->is("output")) return frame->text_at(1);
  if (frame->is("input") && !send(end_of_input())) return std::nullopt;
  return "";
}

namespace {

std::expected<std::string, std::string> find_node_now(const std::string& wanted) {
  if (wanted.find('/') != std::string::npos) {
    if (::access(wanted.c_str(), F_OK) == 0) return wanted;
    return std::unexpected("no node listens at " + wanted);
  }
  std::vector<RunningSocket> matching;
  std::string all;
  for (RunningSocket& node : running_sockets()) {
    all += (all.empty() ? "" : ", ") + described(node);
    if (wanted.empty() || node.name == wanted || std::to_string(node.pid) == wanted) {
      matching.push_back(std::move(node));
    }
  }
  if (matching.size() == 1) return matching[0].path;
  if (all.empty()) {
    return std::unexpected("no node is running (`parley run` and `parley chat` start one)");
  }
  if (matching.empty()) return std::unexpected("no node is called " + wanted + "; running: " + all);
  return std::unexpected("several nodes are running, choose one with --node: " + all);
}

}  // namespace

std::expected<std::string, std::string> find_node(const std::string& wanted) {
  // A node that was just started makes its socket in a moment.
  constexpr auto kPatience = std::chrono::milliseconds(200);
  const auto start = std::chrono::steady_clock::now();
  for (;;) {
    auto found = find_node_now(wanted);
    if (found || std::chrono::steady_clock::now() - start > kPatience) return found;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

}  // namespace parley::cli
