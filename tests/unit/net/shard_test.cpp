// The shard with real sockets on the loopback interface and in the file system.
#include "vm/net/shard.h"

#include <doctest/doctest.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <thread>

namespace parley {
namespace {

using Then = ShardEvents::Then;

const SocketAddress kAnyPort = SocketAddress::inet({127, 0, 0, 1}, 0);

// Records what it is told; a test may put a hook of its own into each callback.
struct Recorder : ShardEvents {
  std::map<SocketHandle, std::string> data;
  std::set<SocketHandle> ended, connected, acceptable;
  std::map<SocketHandle, int> errors, written;
  std::function<Then(SocketHandle, std::span<const std::uint8_t>)> data_hook;
  std::function<void(SocketHandle)> acceptable_hook;

  Then on_data(SocketHandle h, std::span<const std::uint8_t> bytes) override {
    data[h].append(bytes.begin(), bytes.end());
    return data_hook ? data_hook(h, bytes) : Then::kGoOn;
  }
  void on_eof(SocketHandle h) override { CHECK(ended.insert(h).second); }
  void on_error(SocketHandle h, SystemError error) override { errors[h] = error.number; }
  void on_connected(SocketHandle h) override { connected.insert(h); }
  void on_acceptable(SocketHandle h) override {
    acceptable.insert(h);
    if (acceptable_hook) acceptable_hook(h);
  }
  void on_written(SocketHandle h) override { ++written[h]; }
};

struct World {
  std::unique_ptr<Sockets> sockets = make_posix_sockets();
  std::unique_ptr<Clock> clock = make_posix_clock();
  Recorder events;
  Shard shard{3, *sockets, *clock, events};

  // Polls until the condition holds; fails after five seconds.
  void until(const std::function<bool()>& condition) {
    const std::uint64_t limit = clock->monotonic_ns() + 5'000'000'000;
    while (!condition()) {
      REQUIRE(clock->monotonic_ns() < limit);
      shard.poll(20'000);
    }
  }
  SocketHandle listen(const SocketAddress& address = kAnyPort) {
    const auto listener = shard.listen(address, {{SocketOption::kReuseAddress, 1}}, 128);
    REQUIRE(listener.has_value());
    return *listener;
  }
  // Both ends of a new connection: who connected, who accepted.
  std::pair<SocketHandle, SocketHandle> pair(SocketHandle listener,
                                             const SocketOptions& options = {}) {
    const auto client = shard.connect(shard.own_address(listener).value(), {}, options);
    REQUIRE(client.has_value());
    until([&] { return events.connected.contains(*client); });
    SystemResult<SocketHandle> server = system_failure(EAGAIN);
    until([&] { return (server = shard.accept(listener)).has_value(); });
    return {*client, *server};
  }
  WriteState write(SocketHandle h, std::string_view text) {
    const OutputPart part{{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, {}};
    const auto state = shard.write(h, std::span(&part, 1));
    REQUIRE(state.has_value());
    return *state;
  }
};

TEST_CASE("what one end writes the other reads, both ways, then the end") {
  World w;
  const auto [client, server] = w.pair(w.listen());
  CHECK(w.shard.arm(client).has_value());
  CHECK(w.shard.arm(server).has_value());
  CHECK(w.write(client, "hello") == WriteState::kBelow);
  CHECK(w.write(server, "welcome") == WriteState::kBelow);
  w.until([&] { return w.events.data[server] == "hello" && w.events.data[client] == "welcome"; });
  CHECK(w.shard.shutdown(client, ShutdownWay::kWrite).has_value());
  w.until([&] { return w.events.ended.contains(server); });
  CHECK(w.write(server, " back") == WriteState::kBelow);  // the other way is still open
  w.until([&] { return w.events.data[client] == "welcome back"; });
  CHECK(w.shard.close(server).has_value());
  w.until([&] { return w.events.ended.contains(client); });
  CHECK(w.events.errors.empty());
  CHECK(w.shard.counts(client)->sent_bytes == 5);
  CHECK(w.shard.counts(client)->received_bytes == 12);
}

TEST_CASE("data that came with the end is given before the end, also when armed late") {
  World w;
  const auto [client, server] = w.pair(w.listen());
  w.write(client, "last words");
  CHECK(w.shard.close(client).has_value());
  for (int i = 0; i < 5; ++i) w.shard.poll(5'000);
  CHECK(w.events.data[server].empty());
  CHECK(w.shard.arm(server).has_value());
  w.until([&] { return w.events.ended.contains(server); });
  CHECK(w.events.data[server] == "last words");
  for (int i = 0; i < 3; ++i) w.shard.poll(5'000);  // and the end only once: on_eof checks it
}

TEST_CASE("a paused socket is not read until it is armed again") {
  World w;
  const auto [client, server] = w.pair(w.listen());
  w.events.data_hook = [](SocketHandle, auto) { return Then::kPause; };
  CHECK(w.shard.arm(server).has_value());
  w.write(client, "one");
  w.until([&] { return w.events.data[server] == "one"; });
  w.write(client, "two");
  for (int i = 0; i < 5; ++i) w.shard.poll(5'000);
  CHECK(w.events.data[server] == "one");
  CHECK(w.shard.arm(server).has_value());
  w.until([&] { return w.events.data[server] == "onetwo"; });
}

TEST_CASE("a poll that handed out what lay ready does not sleep") {
  World w;
  const auto [client, server] = w.pair(w.listen());
  w.write(client, "ready");
  for (int i = 0; i < 5; ++i) w.shard.poll(5'000);  // the news that it can be read is taken
  CHECK(w.shard.arm(server).has_value());
  const std::uint64_t before = w.clock->monotonic_ns();
  w.shard.poll(3'000'000);  // whoever was told may be in this thread's queue
  CHECK(w.events.data[server] == "ready");
  CHECK(w.clock->monotonic_ns() - before < 1'000'000'000);
}

TEST_CASE("a slow reader holds the writer back, and nothing is lost or out of order") {
  World w;
  const auto [client, server] = w.pair(w.listen(), {{SocketOption::kSendBuffer, 8192}});
  std::string all;
  WriteState state = WriteState::kBelow;
  for (int n = 0; state == WriteState::kBelow; ++n) {
    REQUIRE(n < 100'000);
    const std::string part = std::to_string(n) + std::string(5000, static_cast<char>('a' + n % 26));
    state = w.write(client, part);
    all += part;
  }
  CHECK(w.shard.counts(client)->pending_bytes >= Watermarks{}.high_bytes);
  CHECK(w.events.written.empty());
  CHECK(w.shard.arm(server).has_value());
  w.until([&] { return w.events.written[client] == 1; });
  CHECK(w.shard.counts(client)->pending_bytes <= Watermarks{}.low_bytes);
  w.until([&] { return w.events.data[server].size() == all.size(); });
  CHECK(w.events.data[server] == all);
  for (int i = 0; i < 3; ++i) w.shard.poll(5'000);
  CHECK(w.events.written[client] == 1);
}

TEST_CASE("many parts, shared and copied, arrive in order") {
  World w;
  const auto [client, server] = w.pair(w.listen(), {{SocketOption::kSendBuffer, 8192}});
  Blob* const blob = blob_create(100'000);
  for (int i = 0; i < 100'000; ++i) blob->data()[i] = static_cast<std::uint8_t>(i % 251);
  std::string expected;
  std::vector<std::string> texts(150, "small");
  std::vector<OutputPart> parts;
  for (std::size_t i = 0; i < 150; ++i) {
    if (i % 3 == 0) {
      parts.push_back({{blob->data() + i, 50'000}, blob});
    } else {
      parts.push_back({{reinterpret_cast<const std::uint8_t*>(texts[i].data()), 5}, nullptr});
    }
    expected.append(parts.back().bytes.begin(), parts.back().bytes.end());
  }
  REQUIRE(w.shard.write(client, parts).value() == WriteState::kAbove);
  blob_release(blob);  // the queue has counts of its own
  CHECK(w.shard.arm(server).has_value());
  w.until([&] { return w.events.data[server].size() == expected.size(); });
  CHECK(w.events.data[server] == expected);
  CHECK(w.events.written[client] == 1);
}

TEST_CASE("a closed handle is dead at once, and its queue is still sent") {
  World w;
  const auto [client, server] = w.pair(w.listen(), {{SocketOption::kSendBuffer, 8192}});
  const std::string large(3'000'000, 'x');
  CHECK(w.write(client, large) == WriteState::kAbove);
  CHECK(w.shard.close(client).has_value());
  CHECK(!w.shard.is_open(client));
  CHECK(w.shard.close(client).error().number == EBADF);
  CHECK(w.shard.arm(client).error().number == EBADF);
  CHECK(w.shard.arm(server).has_value());
  w.until([&] { return w.events.ended.contains(server); });
  CHECK(w.events.data[server].size() == large.size());
  CHECK(w.events.written.empty());
}

TEST_CASE("a queue that nobody reads is given up at the limit") {
  World w;
  const auto [client, server] = w.pair(w.listen(), {{SocketOption::kSendBuffer, 8192}});
  CHECK(w.write(client, std::string(8'000'000, 'x')) == WriteState::kAbove);
  const std::size_t open = w.shard.open_count();
  CHECK(w.shard.close(client, 100).has_value());
  CHECK(w.shard.open_count() == open - 1);
  const std::uint64_t limit = w.clock->monotonic_ns() + 200'000'000;
  w.until([&] { return w.clock->monotonic_ns() > limit; });
  CHECK(w.shard.arm(server).has_value());
  w.until([&] { return w.events.ended.contains(server) || w.events.errors.contains(server); });
  CHECK(w.events.data[server].size() < 8'000'000);
}

TEST_CASE("a handle never names the socket that uses its slot next") {
  World w;
  const SocketHandle listener = w.listen();
  const auto [first, other] = w.pair(listener);
  CHECK(w.shard.close(first).has_value());
  const auto [second, third] = w.pair(listener);
  CHECK(second.slot == first.slot);
  CHECK(second != first);
  CHECK(!w.shard.is_open(first));
  CHECK(w.shard.is_open(second));
  CHECK(SocketHandle::unpack(second.packed()) == second);
  CHECK(second.shard == 3);
  CHECK(!w.shard.is_open({4, second.slot, second.generation}));
  CHECK(!w.shard.is_open({3, 99999, 1}));
  CHECK(w.shard.all() == std::vector<SocketHandle>{listener, second, other, third});
}

TEST_CASE("a socket may be closed in its own callback") {
  World w;
  const auto [client, server] = w.pair(w.listen());
  w.events.data_hook = [&w](SocketHandle h, auto) {
    CHECK(w.shard.close(h).has_value());
    return Then::kGoOn;
  };
  CHECK(w.shard.arm(server).has_value());
  CHECK(w.shard.arm(client).has_value());
  w.write(client, "x");
  w.until([&] { return w.events.ended.contains(client); });
  CHECK(!w.shard.is_open(server));
}

TEST_CASE("errors are named: refused, in use, gone") {
  World w;
  const SocketHandle listener = w.listen();
  const SocketAddress address = w.shard.own_address(listener).value();
  CHECK(w.shard.listen(address, {}, 5).error().number == EADDRINUSE);
  CHECK(w.shard.accept(listener).error().number == EAGAIN);
  const auto [client, server] = w.pair(listener);
  CHECK(w.shard.accept(client).error().number == EINVAL);
  CHECK(w.shard.shutdown(listener, ShutdownWay::kWrite).error().number == ENOTCONN);
  CHECK(w.shard.close(listener).has_value());
  const auto refused = w.shard.connect(address, {}, {});
  REQUIRE(refused.has_value());
  w.until([&] { return w.events.errors.contains(*refused); });
  CHECK(w.events.errors[*refused] == ECONNREFUSED);
  CHECK(!w.shard.is_open(*refused));
  CHECK(w.shard.connect({}, {}, {}).error().number != 0);
}

TEST_CASE("a peer that resets is an error, and the socket is closed") {
  World w;
  const auto [client, server] = w.pair(w.listen());
  CHECK(w.shard.arm(server).has_value());
  CHECK(w.shard.set_option(client, SocketOption::kLinger, 0).has_value());  // close resets
  CHECK(w.shard.option(client, SocketOption::kLinger).value() == 0);
  CHECK(w.shard.close(client).has_value());
  w.until([&] { return w.events.errors.contains(server) || w.events.ended.contains(server); });
  const OutputPart part{{reinterpret_cast<const std::uint8_t*>("x"), 1}, nullptr};
  int error = 0;
  w.until([&] {  // the first write may still be taken
    const auto state = w.shard.write(server, std::span(&part, 1));
    if (!state) error = state.error().number;
    return error != 0;
  });
  CHECK((error == EPIPE || error == ECONNRESET || error == EBADF));
}

TEST_CASE("options are set and read, addresses match") {
  World w;
  const SocketHandle listener = w.listen();
  const auto [client, server] = w.pair(listener, {{SocketOption::kNoDelay, 1}});
  CHECK(w.shard.option(client, SocketOption::kNoDelay).value() != 0);
  CHECK(w.shard.option(server, SocketOption::kNoDelay).value() == 0);
  CHECK(w.shard.set_option(server, SocketOption::kKeepAlive, 1).has_value());
  CHECK(w.shard.option(server, SocketOption::kKeepAlive).value() != 0);
  CHECK(w.shard.peer_address(client).value() == w.shard.own_address(listener).value());
  CHECK(w.shard.peer_address(server).value() == w.shard.own_address(client).value());
  CHECK(w.shard.peer_address(listener).error().number == ENOTCONN);
  CHECK(w.shard.set_user(client, 77).has_value());
  CHECK(w.shard.user(client).value() == 77);
  CHECK(w.shard.user(server).value() == 0);
}

TEST_CASE("IPv6 works where the machine has it") {
  World w;
  std::array<std::uint8_t, 16> loopback{};
  loopback[15] = 1;
  const auto listener = w.shard.listen(SocketAddress::inet6(loopback, 0), {}, 5);
  if (!listener) {
    MESSAGE("no IPv6 here: ", listener.error().name());
    return;
  }
  const auto [client, server] = w.pair(*listener);
  CHECK(w.shard.arm(server).has_value());
  w.write(client, "six");
  w.until([&] { return w.events.data[server] == "six"; });
  CHECK(w.shard.peer_address(server)->kind == SocketAddress::Kind::kInet6);
}

TEST_CASE("a local socket stands in the file system for its user alone") {
  std::string folder = "/tmp/parley_net_XXXXXX";
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  const SocketAddress address = SocketAddress::local(folder + "/socket");
  {
    World w;
    const SocketHandle listener = w.listen(address);
    struct stat stat{};
    REQUIRE(::stat(address.path.c_str(), &stat) == 0);
    CHECK((stat.st_mode & 0777) == 0600);
    const auto [client, server] = w.pair(listener);
    CHECK(w.shard.arm(server).has_value());
    w.write(client, "local");
    w.until([&] { return w.events.data[server] == "local"; });
    CHECK(w.shard.own_address(listener).value() == address);
    CHECK(w.shard.listen(address, {}, 5).error().number == EADDRINUSE);
  }
  World w;  // the path is still there, and nobody listens at it
  CHECK(std::filesystem::exists(address.path));
  const SocketHandle listener = w.listen(address);
  CHECK(w.pair(listener).first.generation != 0);
  CHECK(w.shard.listen(SocketAddress::local(std::string(200, 'x')), {}, 5).error().name() ==
        "einval");
  std::filesystem::remove_all(folder);
}

TEST_CASE("a thousand connections, each echoed") {
  World w;
  const SocketHandle listener = w.listen();
  const SocketAddress address = w.shard.own_address(listener).value();
  std::set<SocketHandle> servers;
  w.events.acceptable_hook = [&](SocketHandle h) {
    for (auto server = w.shard.accept(h); server; server = w.shard.accept(h)) {
      servers.insert(*server);
      CHECK(w.shard.arm(*server).has_value());
    }
    CHECK(w.shard.arm(h).has_value());
  };
  w.events.data_hook = [&](SocketHandle h, std::span<const std::uint8_t> bytes) {
    const OutputPart part{bytes, nullptr};
    if (servers.contains(h)) CHECK(w.shard.write(h, std::span(&part, 1)).has_value());
    return Then::kGoOn;
  };
  CHECK(w.shard.arm(listener).has_value());
  static constexpr std::size_t kConnections = 1000;
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 4096);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
  std::vector<SocketHandle> clients;
  for (std::size_t n = 0; n < kConnections; ++n) {
    const auto client = w.shard.connect(address, {}, {});
    REQUIRE(client.has_value());
    clients.push_back(*client);
    CHECK(w.shard.arm(*client).has_value());
    w.write(*client, "number " + std::to_string(n));  // waits for the connection in the queue
    if (n % 50 == 0) w.shard.poll(0);
  }
  const auto all_echoed = [&] {
    for (std::size_t n = 0; n < kConnections; ++n) {
      if (w.events.data[clients[n]] != "number " + std::to_string(n)) return false;
    }
    return true;
  };
  w.until(all_echoed);
  CHECK(servers.size() == kConnections);
  CHECK(w.events.errors.empty());
  CHECK(w.shard.open_count() == 2 * kConnections + 1);
  for (const SocketHandle client : clients) CHECK(w.shard.close(client).has_value());
  w.until([&] { return w.events.ended.size() == kConnections; });
}

TEST_CASE("out of descriptors a connection is dropped, and the next one is taken") {
  World w;
  const SocketHandle listener = w.listen();
  const SocketAddress address = w.shard.own_address(listener).value();
  const auto waiting = w.shard.connect(address, {}, {});
  REQUIRE(waiting.has_value());
  w.until([&] { return w.events.connected.contains(*waiting); });
  CHECK(w.shard.arm(*waiting).has_value());
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  std::vector<SocketNumber> hogs;
  rlimit low = before;
  low.rlim_cur = 256;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
  while (const auto hog = w.sockets->open(SocketAddress::Kind::kInet)) hogs.push_back(*hog);
  CHECK(w.shard.accept(listener).error().number == EMFILE);
  w.until([&] { return w.events.ended.contains(*waiting) || w.events.errors.contains(*waiting); });
  for (const SocketNumber hog : hogs) w.sockets->close(hog);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(w.pair(listener).second.generation != 0);
}

TEST_CASE("out of descriptors nobody who waits is nobody, and a local address has one kept") {
  World w;
  const SocketHandle listener = w.listen();
  const SocketHandle local = w.listen(SocketAddress::local(std::string("\0parley-shard-test", 18)));
  const SocketAddress address = w.shard.own_address(local).value();
  const auto first = w.shard.connect(address, {}, {}), second = w.shard.connect(address, {}, {});
  REQUIRE(first.has_value());
  REQUIRE(second.has_value());
  w.until([&] { return w.events.connected.contains(*second); });
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit low = before;
  low.rlim_cur = 256;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
  std::vector<SocketNumber> hogs;
  while (const auto hog = w.sockets->open(SocketAddress::Kind::kInet)) hogs.push_back(*hog);
  CHECK(w.shard.accept(listener).error().number == EAGAIN);
  const auto accepted = w.shard.accept(local);
  CHECK(accepted.has_value());
  CHECK(w.shard.accept(local).error().number == EMFILE);
  // It is kept again as soon as one is free.
  if (accepted) CHECK(w.shard.close(*accepted).has_value());
  CHECK(w.shard.accept(local).has_value());
  for (const SocketNumber hog : hogs) w.sockets->close(hog);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(w.pair(local).second.generation != 0);
}

TEST_CASE("wake ends a sleep, and so does arming from another thread") {
  World w;
  const auto [client, server] = w.pair(w.listen());
  w.events.data_hook = [](SocketHandle, auto) { return Then::kPause; };
  w.write(client, "x");
  for (int i = 0; i < 3; ++i) w.shard.poll(5'000);  // the shard knows that there is something
  const auto elapsed_ms = [&](const std::function<void()>& other_thread) {
    const std::uint64_t begin = w.clock->monotonic_ns();
    std::thread thread([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(30));
      other_thread();
    });
    w.shard.poll(10'000'000);
    thread.join();
    return (w.clock->monotonic_ns() - begin) / 1'000'000;
  };
  CHECK(elapsed_ms([&] { w.shard.wake(); }) < 5'000);
  CHECK(elapsed_ms([&] {
          const std::lock_guard guard(w.shard.lock());
          CHECK(w.shard.arm(server).has_value());
        }) < 5'000);
  CHECK(w.events.data[server] == "x");
}

TEST_CASE("nothing is handled between the begin and the end of a wait that is observed") {
  struct Observer : WaitObserver {
    void wait_begins() override { waiting = true, ++waits; }
    void wait_ended() override { waiting = false; }
    bool waiting = false;
    int waits = 0;
  } observer;
  World w;
  const auto [client, server] = w.pair(w.listen());
  CHECK(w.shard.arm(server).has_value());
  bool handled = false;
  w.events.data_hook = [&](SocketHandle, auto) {
    CHECK_FALSE(observer.waiting);
    handled = true;
    return Then::kGoOn;
  };
  w.write(client, "x");
  for (int i = 0; i < 50 && !handled; ++i) w.shard.poll(20'000, &observer);
  CHECK(handled);
  CHECK(observer.waits > 0);
}

TEST_CASE("poll waits no longer than it is told") {
  World w;
  const std::uint64_t begin = w.clock->monotonic_ns();
  w.shard.poll(0);
  w.shard.poll(20'000);
  const std::uint64_t elapsed_ms = (w.clock->monotonic_ns() - begin) / 1'000'000;
  CHECK(elapsed_ms >= 19);
  CHECK(elapsed_ms < 2'000);
}

}  // namespace
}  // namespace parley
