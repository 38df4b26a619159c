// Built-ins: facts about the node, its terminal and how it was started.
#include <sys/ioctl.h>
#include <unistd.h>

#include "vm/bif/support.h"
#include "vm/node/pool_call.h"

namespace parley {

namespace {

Term count(std::size_t n) { return Term::small(static_cast<std::int64_t>(n)); }

Term text_list(BifCall& call, std::string_view text) {
  ListBuilder list(call.heap);
  for (const char c : text) list.append(Term::small(static_cast<unsigned char>(c)));
  return list.finish();
}

}  // namespace

Term bif_system_info(BifCall& call, const Term* a) {
  const Term what = a[0];
  const ProcessSpace& processes = *call.services.processes;
  if (what == kAtom_schedulers || what == kAtom_schedulers_online ||
      what == kAtom_logical_processors) {
    return count(call.services.schedulers->thread_count());
  }
  if (what == kAtom_process_count) return count(processes.count());
  if (what == kAtom_process_limit) return count(processes.limit());
  if (what == kAtom_atom_count) return count(call.atoms.count());
  if (what == kAtom_atom_limit) return count(call.atoms.limit());
  if (what == kAtom_port_count) return count(call.services.network->all().size());
  if (what == kAtom_port_limit) return count(std::size_t{1} << 21);
  if (what == kAtom_otp_release) return text_list(call, "28");
  if (what == kAtom_version) return text_list(call, "0.1.0");
  if (what == kAtom_machine) return text_list(call, "PARLEY");
  if (what == kAtom_system_version) return text_list(call, "Parley 0.1.0");
  if (what == kAtom_system_architecture) return text_list(call, "x86_64-linux");
  if (what == kAtom_wordsize) return count(sizeof(Word));
  if (what == kAtom_endian) return kAtom_little;
  return call.badarg();
}

Term bif_nodes(BifCall&, const Term*) { return Term::nil(); }

Term bif_prim_io_is_terminal(BifCall& call, const Term* a) {
  if (!a[0].is_small() || a[0].small_value() < 0 || a[0].small_value() > 2) return call.badarg();
  return boolean(isatty(static_cast<int>(a[0].small_value())) == 1);
}
Term bif_prim_io_window_size(BifCall& call, const Term*) {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
    return make_tuple(call.heap, {kAtom_error, kAtom_enotsup});
  }
  return make_tuple(call.heap, {kAtom_ok, count(size.ws_col), count(size.ws_row)});
}

Term bif_prim_init_arguments(BifCall& call, const Term*) {
  ListBuilder list(call.heap);
  for (const std::string& text : node_of(call).plain_arguments) {
    list.append(make_binary(call.heap, std::string_view(text)));
  }
  return list.finish();
}
Term bif_prim_init_flags(BifCall& call, const Term*) {
  ListBuilder list(call.heap);
  const auto flag = [&](Term name, std::string_view value) {
    const Term values = make_cons(call.heap, make_binary(call.heap, value), Term::nil());
    list.append(make_tuple(call.heap, {name, values}));
  };
  flag(kAtom_root, node_of(call).library_root);
  flag(kAtom_progname, "parley");
  return list.finish();
}
Term bif_prim_init_boot_time(BifCall& call, const Term*) {
  return Term::small(node_of(call).start_time_ms);
}

}  // namespace parley
