// Receive markers: where in its mailbox a process need not look for a reference that it made.
//
//   queue_head -> m1 -> m2 -> m3 -> m4 -> m5          reference made when m3 was the last
//                              ^
//                              marker {reference, the link behind m3}
//
// Mail that was there before a reference was made cannot hold it. So a receive all of whose clauses
// ask for that reference begins behind such mail, and a call out of a process with ten thousand
// waiting messages costs what it costs with none. The compiler says which receives are such
// (`marker_use`); the position is kept here, when the reference is made: only where mail waits at
// that moment, so who has none pays one comparison. What has arrived but was not fetched yet is
// examined once, by the first receive that fetches it. (Erlang/OTP marks at the call, in compiled
// code: L. Larsson, "receive optimisations", OTP 24; here any reference of the process's own does.)
//
// Invariant: a marker's link is part of the private queue. Who takes a message out of that queue
// does so by take_message(), which moves the markers that stood behind it.
//
// Thread: owner of the process.
#pragma once

#include "vm/process/space.h"

namespace parley {

// A reference was made; call it before anybody else can know it.
void mark_mailbox(ProcessSpace& space, Process& process, std::uint64_t reference_id);
// The link where mail that may hold the reference begins; null: anywhere.
Fragment** mail_since(const Process& process, std::uint64_t reference_id);
// Takes the message behind `link` out of the private queue; it is the caller's now.
Fragment* take_message(Process& process, Fragment** link);

}  // namespace parley
