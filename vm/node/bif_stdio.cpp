// Built-ins: the standard streams. Reading waits on the pool; so does what a full pipe or terminal
// does not take at once.
#include <unistd.h>

#include <cerrno>

#include "vm/node/pool_call.h"

namespace parley {

namespace {

// What is left goes to the pool; its place behind other rests is kept by the one thread there. The
// caller has the turn.
Term write_rest(BifCall& call, int descriptor, std::vector<std::uint8_t> rest) {
  const std::shared_ptr<Streams>& streams = node_of(call).outside().streams;
  streams->announce_rest(descriptor);
  const Term answer =
      ask_system(call, PoolQueue::kOutput, [streams, descriptor, rest = std::move(rest)] {
        return streams->write_rest(descriptor, rest);
      });
  if (call.answer != BifAnswer::kTailCall) streams->withdraw_rest(descriptor);
  return answer;
}

Term write_to(BifCall& call, int descriptor, Term iodata) {
  std::vector<std::uint8_t> bytes;
  if (!append_iodata(bytes, iodata)) return call.badarg();
  pay_bytes(call, bytes.size());
  const std::shared_ptr<Streams>& streams = node_of(call).outside().streams;
  const Streams::Turn turn = streams->take_turn(descriptor);
  const auto written = streams->write_now(turn, descriptor, bytes);
  if (!written) return system_error(call.heap, call.atoms, written.error());
  if (*written == bytes.size()) return kAtom_ok;
  bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(*written));
  return write_rest(call, descriptor, std::move(bytes));
}

}  // namespace

Term bif_prim_io_write(BifCall& call, const Term* a) {
  return write_to(call, STDOUT_FILENO, a[0]);
}
Term bif_prim_io_write_to(BifCall& call, const Term* a) {
  if (a[0] == Term::small(1)) return write_to(call, STDOUT_FILENO, a[1]);
  return a[0] == Term::small(2) ? write_to(call, STDERR_FILENO, a[1]) : call.badarg();
}

Term bif_prim_io_read_line(BifCall& call, const Term*) {
  const std::shared_ptr<Streams>& streams = node_of(call).outside().streams;
  ProcessSpace& processes = *call.services.processes;
  AtomTable& atoms = call.atoms;
  const Term asker = own_pid(call);
  // A line that its asker did not live to see is the next one's.
  const auto taken = std::make_shared<std::string>();
  return ask_pool(
      call, PoolQueue::kInput,
      [streams, taken, asker, &processes, &atoms]() -> PoolAnswer {
        const auto ready = streams->wait_for_line();
        return [streams, taken, asker, ready, &processes, &atoms](Heap& heap) {
          if (!ready) return system_error(heap, atoms, ready.error());
          if (processes.find(asker) == nullptr) return kAtom_eof;  // to nobody
          *taken = streams->take_line();
          if (taken->empty()) return kAtom_eof;
          const Term line = make_binary(heap, std::string_view(*taken));
          return make_tuple(heap, {kAtom_ok, line});
        };
      },
      [streams, taken] { streams->give_line_back(*taken); });
}

}  // namespace parley
