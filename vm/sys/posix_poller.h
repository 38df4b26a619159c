// The poller of posix sockets: epoll, edge-triggered, with an eventfd to wake it.
#pragma once

#include <memory>

#include "vm/sys/sockets.h"

namespace parley {

std::unique_ptr<SocketPoller> make_epoll_poller();

}  // namespace parley
