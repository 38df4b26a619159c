// Built-ins: ending the node, and the plainest output, for people who look for an error.
#include <unistd.h>

#include <cerrno>
#include <string>

#include "vm/bif/support.h"
#include "vm/node/control.h"
#include "vm/process/bif_support.h"
#include "vm/term/print.h"

namespace parley {

namespace {

// Writes all, whatever the descriptor's mode; an errno, 0: written.
int write_all(int fd, const std::uint8_t* bytes, std::size_t count) {
  while (count > 0) {
    const ssize_t n = ::write(fd, bytes, count);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    bytes += n;
    count -= static_cast<std::size_t>(n);
  }
  return 0;
}

Term halt_with(BifCall& call, Term status) {
  const bool negative = status.is_small() && status.small_value() < 0;
  const bool is_abort = status.is_atom() && call.atoms.text(status) == "abort";
  if (negative || !(status.is_integer() || status.is_list() || is_abort)) return call.badarg();
  int value = 1;
  if (status.is_small() && status.small_value() >= 0) {
    value = static_cast<int>(status.small_value() & 0xFF);
  } else if (!status.is_nil() && !status.is_cons() &&
             !(status.is_atom() && call.atoms.text(status) == "abort")) {
    return call.badarg();
  }
  call.services.control->halt(value);
  call.reductions = 0;
  // The process does not run on: it waits for the schedulers to stop.
  return call.again(BifAnswer::kWait);
}

}  // namespace

Term bif_halt(BifCall& call, const Term*) { return halt_with(call, Term::small(0)); }
Term bif_halt_status(BifCall& call, const Term* a) { return halt_with(call, a[0]); }
Term bif_halt_options(BifCall& call, const Term* a) { return halt_with(call, a[0]); }

Term bif_display(BifCall& call, const Term* a) {
  std::string text = print_term(a[0], call.atoms);
  text += '\n';
  write_all(STDERR_FILENO, reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  return kAtom_true_;
}

}  // namespace parley
