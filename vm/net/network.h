// The network of a node: a shard a scheduler thread, and what their sockets mean to processes.
//
//   kernel -> shard's scratch buffer -> framer -> message of the owner (or of who waits)
//
// Invariant: a port exists exactly as long as its socket's handle is open; it is found through the
// shard's user word. Messages of one socket reach its owner in the order of the bytes.
//
// Thread: every function takes the lock of the shard it touches; ShardEvents come with it held.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "vm/net/port.h"
#include "vm/process/space.h"
#include "vm/sys/clock.h"

namespace parley {

class Network : public ShardEvents, public ExitObserver {
 public:
  Network(ProcessSpace& processes, unsigned shards);
  ~Network() override;

  Shard& shard(unsigned number) { return *shards_[number]; }
  unsigned shard_count() const { return static_cast<unsigned>(shards_.size()); }
  // The shard of a handle, or null.
  Shard* shard_of(SocketHandle handle) {
    return handle.shard < shards_.size() ? shards_[handle.shard].get() : nullptr;
  }
  // Lock held. Null: closed.
  Port* find(Shard& shard, SocketHandle handle);

  // Lock of `shard` held for all below.
  Port& add_port(Shard& shard, SocketHandle handle, Term owner, const PortOptions& options);
  void close_port(Shard& shard, Port& port, Term reason_for_waiters);
  // Gives frames that are here already, then reads on if somebody wants more.
  void pump(Shard& shard, Port& port);
  void serve_accepters(Shard& shard, Port& listener);
  void apply_framing(Port& port);
  bool give(Port& port, Term new_owner);

  std::vector<SocketHandle> all();
  ProcessSpace& processes() { return processes_; }

  // {'$net', Socket, Reference, Result}; false: the waiter is dead.
  bool answer(const NetWaiter& waiter, SocketHandle socket, Term result);

  // ShardEvents
  Then on_data(SocketHandle socket, std::span<const std::uint8_t> bytes) override;
  void on_eof(SocketHandle socket) override;
  void on_error(SocketHandle socket, SystemError error) override;
  void on_connected(SocketHandle socket) override;
  void on_acceptable(SocketHandle listener) override;
  void on_written(SocketHandle socket) override;
  // ExitObserver
  void process_ended(Process& process, Term pid, Term reason) override;

 private:
  void feed(Port& port, std::span<const std::uint8_t> bytes);
  void give_frame(Port& port, std::span<const std::uint8_t> frame);
  void give_end(Shard& shard, Port& port);
  void tell_accepter(Port& listener, SystemError error);
  bool accept_one(Shard& shard, Port& listener);
  void fail_port(Shard& shard, Port& port, SystemError error);
  bool tell(Term pid, std::span<const Term> elements);
  // False: it has ended, and is told of no socket any more.
  [[nodiscard]] bool own(Term pid, SocketHandle handle);
  void disown(Term pid, SocketHandle handle);

  ProcessSpace& processes_;
  std::unique_ptr<Sockets> sockets_;
  std::unique_ptr<Clock> clock_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::mutex owners_lock_;
  std::unordered_multimap<Word, SocketHandle> owners_;  // pid -> sockets
};

inline Term socket_term(SocketHandle handle) { return Term::socket(handle.packed()); }
// The errno's name as an atom.
Term error_atom(AtomTable& atoms, SystemError error);

}  // namespace parley
