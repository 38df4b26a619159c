// Socket options and addresses as terms: what gen_tcp and inet hand to the natives.
#pragma once

#include <optional>

#include "vm/bif/bif.h"
#include "vm/net/port.h"

namespace parley {

struct ParsedOptions {
  PortOptions port;
  SocketOptions socket;   // for the system
  SocketAddress source;   // connect only
  bool active_set = false;
};

// Applies [{Option, Value}] to what is there. False: not an option, or not its value.
bool parse_socket_options(Term list, ParsedOptions& options);
// Value of an option for getopts; the non-value: no such option.
Term socket_option_value(BifCall& call, const Port& port, Shard& shard, Term name);

// {inet, {A,B,C,D}, Port} | {inet6, {...}, Port} | {local, Path}
std::optional<SocketAddress> parse_address(Term term);
Term address_term(BifCall& call, const SocketAddress& address);

}  // namespace parley
