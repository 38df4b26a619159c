// Where the control sockets of this user's nodes lie: $XDG_RUNTIME_DIR/parley, else
// /tmp/parley-UID. The folder is its owner's alone (0700), so is each socket (0600).
//
// A node's socket is PID.sock, or PID-NAME.sock for a node that has a name.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace parley::cli {

// A path for the socket of a node in this process; nullopt: there is no safe folder, and the reason
// has been told.
std::optional<std::string> new_control_path(const std::string& name);

struct RunningSocket {
  int pid = 0;
  std::string name;  // empty: none
  std::string path;
};
// The sockets that a node listens at; those left by dead ones are removed.
std::vector<RunningSocket> running_sockets();

}  // namespace parley::cli
