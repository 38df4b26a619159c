// How a built-in has something done on the blocking pool: its process waits for the answer in
// prim_process:await/1, killable; the built-in is of kind trapping.
#pragma once

#include <utility>

#include "vm/bif/support.h"
#include "vm/node/node.h"
#include "vm/process/bif_support.h"

namespace parley {

inline Node& node_of(BifCall& call) { return static_cast<Node&>(*call.services.control); }

// {error, Name of the error}; also on a thread of the pool.
inline Term system_error(Heap& heap, AtomTable& atoms, SystemError error) {
  return make_tuple(heap, {kAtom_error, error_atom(atoms, error)});
}

// `work` blocks on a thread of the pool and holds no terms; it returns what makes the answer.
// {error, eagain} at once where the queue is full.
inline Term ask_pool(BifCall& call, PoolQueue queue, std::move_only_function<PoolAnswer()> work,
                     std::move_only_function<void()> dropped = {}) {
  const Term reference =
      make_alias_ref(call.heap.allocate(kAliasRefWords),
                     own_reference_id(call), own_pid(call));
  PoolJob job{own_pid(call), reference_id(reference), call.process->cause, std::move(work),
              std::move(dropped)};
  if (!node_of(call).outside().pool.submit(queue, std::move(job))) {
    return make_tuple(call.heap, {kAtom_error, kAtom_eagain});
  }
  call.x[0] = reference;
  return call.tail_call(kAtom_prim_process, kAtom_await, 1);
}

// The same for a call of the operating system: `work` answers a SystemResult, and `make` is given
// its value; {error, Name} otherwise.
template <typename Work, typename Make>
Term ask_system(BifCall& call, PoolQueue queue, Work work, Make make) {
  AtomTable& atoms = call.atoms;
  return ask_pool(call, queue, [&atoms, work = std::move(work), make]() mutable -> PoolAnswer {
    auto result = work();
    return [&atoms, make, result = std::move(result)](Heap& heap) mutable {
      return result ? make(heap, *result) : system_error(heap, atoms, result.error());
    };
  });
}
// And where there is no value: ok.
template <typename Work>
Term ask_system(BifCall& call, PoolQueue queue, Work work) {
  AtomTable& atoms = call.atoms;
  return ask_pool(call, queue, [&atoms, work = std::move(work)]() mutable -> PoolAnswer {
    return [&atoms, result = work()](Heap& heap) {
      return result ? kAtom_ok : system_error(heap, atoms, result.error());
    };
  });
}

}  // namespace parley
