// epoll. Each socket is added once, for both directions, edge-triggered: no further system call as
// long as it lives.
#include "vm/sys/posix_poller.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "vm/base/assert.h"
#include "vm/base/need.h"

namespace parley {

namespace {

constexpr std::uint64_t kWakeToken = ~std::uint64_t{0};

class EpollPoller : public SocketPoller {
 public:
  EpollPoller()
      : epoll_(::epoll_create1(EPOLL_CLOEXEC)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    need(epoll_ >= 0 && wake_ >= 0, "two descriptors for a poller");
    // Only for reading: reading it makes it writable again, which would be an event, too.
    PARLEY_ASSERT(add(wake_, kWakeToken, EPOLLIN | EPOLLET), "an eventfd can be polled");
  }
  ~EpollPoller() override {
    ::close(wake_);
    ::close(epoll_);
  }
  EpollPoller(const EpollPoller&) = delete;
  EpollPoller& operator=(const EpollPoller&) = delete;

  SystemResult<void> add(SocketNumber socket, std::uint64_t token) override {
    if (add(socket, token, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET)) return {};
    return system_failure(errno);
  }

  std::size_t wait(std::span<PollEvent> events, int timeout_us) override {
    std::array<epoll_event, 256> ready;
    const int limit = static_cast<int>(std::min(events.size(), ready.size()));
    const int count = wait_us(ready.data(), limit, timeout_us);
    if (count < 0) {
      PARLEY_ASSERT(errno == EINTR, "an epoll of our own can be waited for");
      return 0;
    }
    std::size_t used = 0;
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = ready[static_cast<std::size_t>(i)];
      if (event.data.u64 == kWakeToken) {
        std::uint64_t wakes;
        [[maybe_unused]] const ssize_t got = ::read(wake_, &wakes, sizeof wakes);
        continue;
      }
      const bool broken = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
      const bool ended = broken || (event.events & EPOLLRDHUP) != 0;
      events[used++] = {event.data.u64, ended || (event.events & EPOLLIN) != 0,
                        broken || (event.events & EPOLLOUT) != 0, ended};
    }
    return used;
  }

  void wake() override {
    const std::uint64_t one = 1;
    // A full counter has woken it already.
    [[maybe_unused]] const ssize_t put = ::write(wake_, &one, sizeof one);
  }

 private:
  // A kernel before 5.11, or a filter of system calls that does not know the newer one: whole
  // milliseconds only.
  int wait_us(epoll_event* ready, int limit, int timeout_us) {
    if (timeout_us <= 0) return ::epoll_wait(epoll_, ready, limit, timeout_us);
    if (has_fine_wait_) {
      const timespec timeout{timeout_us / 1'000'000, timeout_us % 1'000'000 * 1000L};
      const int count = ::epoll_pwait2(epoll_, ready, limit, &timeout, nullptr);
      if (count >= 0 || (errno != ENOSYS && errno != EPERM)) return count;
      has_fine_wait_ = false;
    }
    return ::epoll_wait(epoll_, ready, limit, (timeout_us + 999) / 1000);
  }

  bool add(int descriptor, std::uint64_t token, std::uint32_t interest) {
    epoll_event event{};
    event.events = interest;
    event.data.u64 = token;
    return ::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) == 0;
  }

  int epoll_, wake_;
  bool has_fine_wait_ = true;
};

}  // namespace

std::unique_ptr<SocketPoller> make_epoll_poller() { return std::make_unique<EpollPoller>(); }

}  // namespace parley
