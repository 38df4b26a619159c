// What can be asked of a process: process_info/1,2.
//
// Invariant: answered by the process's owner (itself, its runner at a safe point, or the holder of
// its claim), so nothing is read that changes meanwhile.
#pragma once

#include <optional>

#include "vm/process/space.h"

namespace parley {

// {Item, Value} made in `heap`, which need not be the process's; [] for a name it does not have;
// nullopt: no such item.
enum class Asked : std::uint8_t { kByItself, kWhileSaved };
std::optional<Term> process_item(ProcessSpace& space, Process& process, Heap& heap, Term item,
                                 Asked asked);
// A list of {Item, Value} for the items (all usual ones for []); nullopt: an unknown item.
std::optional<Term> process_items(ProcessSpace& space, Process& process, Heap& heap, Term items,
                                  Asked asked);

// Handles a kInfoRequest: sends {Reference, Answer} to who asked.
void answer_info_request(ProcessSpace& space, Process& process, Term request);

}  // namespace parley
