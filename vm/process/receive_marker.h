// Receive markers: where in its mailbox a process need not look for a reference that it made.
//
//   queue_head -> m1 -> m2 -> m3 -> m4 -> m5          references made when m3 was the last
//                              ^
//                              marker {first, last of them, the link behind m3}
//
// Mail that was there before a reference was made cannot hold it, unless forged. So a receive all
// of whose clauses ask for that reference begins behind such mail, and a call out of a process with
// ten thousand waiting messages costs what it costs with none. The compiler says which receives are
// such (`marker_use`); the position is kept here, when the reference is made: only where fetched
// mail waits at that moment, so who has none pays one comparison. Mail that has arrived but was not
// fetched by then stands behind the marker and is looked at. (Erlang/OTP marks at the call, in
// compiled code: "receive optimisations", OTP 24; here any reference of the process's own does.)
//
// References have rising numbers, so all that were made while the same message was the last share a
// marker: those between the first and the last that are not the process's own were made later than
// that mail, too.
//
// Invariant: the links of markers are part of the private queue, in the order of the markers. Who
// takes a message out of that queue does so by take_message(), which moves those behind it.
//
// Thread: owner of the process.
#pragma once

#include "vm/process/space.h"

namespace parley {

// A reference was made; call it before anybody else can know it.
void mark_mailbox(ProcessSpace& space, Process& process, std::uint64_t reference_id);
// The link where mail that may hold the reference begins.
Fragment** mail_since(Process& process, std::uint64_t reference_id);
// The receive that has begun can only match mail that holds the reference: the scan goes forward to
// where that begins, never back. So a loop of `marker_use` and `loop_rec_end` comes to an end.
void skip_older_mail(Process& process, std::uint64_t reference_id);
// Takes the message behind `link` out of the private queue; it is the caller's now.
Fragment* take_message(Process& process, Fragment** link);

}  // namespace parley
