// Built-ins: starting processes, and calling by value.
#include <algorithm>

#include "vm/process/bif_support.h"
#include "vm/term/fun.h"

namespace parley {

namespace {

struct SpawnOptions {
  bool link = false, monitor = false;
  std::uint32_t priority = 1;
  std::size_t min_heap_words = 0, max_heap_words = 0;
  MonitorOptions monitor_options = {};
};

bool proper_list(Term list) {
  while (list.is_cons()) list = list.tail();
  return list.is_nil();
}

Term new_monitor_reference(const BifCall& call) {
  return make_alias_ref(call.heap.allocate(kAliasRefWords),
                        own_reference_id(call), own_pid(call));
}

Term spawn_with(BifCall& call, Term module, Term function, Term arguments,
                const SpawnOptions& options) {
  SpawnRequest request;
  request.module = module;
  request.function = function;
  request.arguments = arguments;
  request.parent = call.process;
  request.group_leader = Term(call.process->group_leader.load(std::memory_order_relaxed));
  request.link = options.link;
  request.priority = options.priority;
  request.min_heap_words = options.min_heap_words;
  request.max_heap_words = options.max_heap_words;
  if (options.monitor) {
    request.monitor_reference = new_monitor_reference(call);
    request.monitor_tag = options.monitor_options.tag;
  }
  // Before the child runs: it may know the alias only from its parent, but it may end at once.
  const auto alias = options.monitor_options.alias;
  if (alias) own_extension(call).aliases[reference_id(request.monitor_reference)] = *alias;
  const Term pid =
      spawn_process(*call.services.processes, call.services.processes->entry, request);
  if (!pid.is_value()) {
    if (alias) own_extension(call).aliases.erase(reference_id(request.monitor_reference));
    return call.fail(kAtom_system_limit);
  }
  return options.monitor ? make_tuple(call.heap, {pid, request.monitor_reference}) : pid;
}

Term spawn_function(BifCall& call, Term fun, const SpawnOptions& options) {
  if (!fun.is_fun() || fun_arity(fun) != 0) return call.badarg();
  const Term arguments =
      make_cons(call.heap, fun, make_cons(call.heap, Term::nil(), Term::nil()));
  return spawn_with(call, kAtom_erlang, kAtom_apply, arguments, options);
}

Term spawn_named(BifCall& call, const Term* a, const SpawnOptions& options) {
  if (!a[0].is_atom() || !a[1].is_atom() || !proper_list(a[2])) return call.badarg();
  return spawn_with(call, a[0], a[1], a[2], options);
}

bool parse_pair(BifCall& call, Term key, Term value, SpawnOptions& options) {
  if (key == kAtom_priority) {
    const Term names[] = {kAtom_low, kAtom_normal, kAtom_high, kAtom_max};
    const auto* found = std::find(std::begin(names), std::end(names), value);
    options.priority = static_cast<std::uint32_t>(found - std::begin(names));
    return found != std::end(names);
  }
  if (key == kAtom_min_heap_size) return parse_heap_words(call, key, value, options.min_heap_words);
  if (key == kAtom_max_heap_size) return parse_heap_words(call, key, value, options.max_heap_words);
  if (key == kAtom_monitor) {
    options.monitor = true;
    return parse_monitor_options(value, options.monitor_options);
  }
  if (key == kAtom_message_queue_data) return value == kAtom_on_heap || value == kAtom_off_heap;
  // These two have no effect here.
  if (key == kAtom_fullsweep_after || key == kAtom_min_bin_vheap_size) {
    return value.is_small() && value.small_value() >= 0;
  }
  return false;
}

bool parse_options(BifCall& call, Term list, SpawnOptions& options) {
  for (; list.is_cons(); list = list.tail()) {
    const Term option = list.head();
    if (option == kAtom_link) {
      options.link = true;
    } else if (option == kAtom_monitor) {
      options.monitor = true;
    } else if (!option.is_tuple() || option.arity() != 2 ||
               !parse_pair(call, option.element(0), option.element(1), options)) {
      return false;
    }
  }
  return list.is_nil();
}

constexpr SpawnOptions kLinked{.link = true};
constexpr SpawnOptions kMonitored{.monitor = true};

}  // namespace

Term bif_spawn_fun(BifCall& call, const Term* a) { return spawn_function(call, a[0], {}); }
Term bif_spawn_mfa(BifCall& call, const Term* a) { return spawn_named(call, a, {}); }
Term bif_spawn_link_fun(BifCall& call, const Term* a) {
  return spawn_function(call, a[0], kLinked);
}
Term bif_spawn_link_mfa(BifCall& call, const Term* a) { return spawn_named(call, a, kLinked); }
Term bif_spawn_monitor_fun(BifCall& call, const Term* a) {
  return spawn_function(call, a[0], kMonitored);
}
Term bif_spawn_monitor_mfa(BifCall& call, const Term* a) {
  return spawn_named(call, a, kMonitored);
}
Term bif_spawn_opt_fun(BifCall& call, const Term* a) {
  SpawnOptions options;
  if (!parse_options(call, a[1], options)) return call.badarg();
  return spawn_function(call, a[0], options);
}
Term bif_spawn_opt_mfa(BifCall& call, const Term* a) {
  SpawnOptions options;
  if (!parse_options(call, a[3], options)) return call.badarg();
  return spawn_named(call, a, options);
}

// The forms that name a node: there is only this one.
static bool this_node(Term node) { return node == kAtom_nonode_at_nohost; }

Term bif_spawn_node_fun(BifCall& call, const Term* a) {
  return this_node(a[0]) ? spawn_function(call, a[1], {}) : call.badarg();
}
Term bif_spawn_node_mfa(BifCall& call, const Term* a) {
  return this_node(a[0]) ? spawn_named(call, a + 1, {}) : call.badarg();
}
Term bif_spawn_link_node_fun(BifCall& call, const Term* a) {
  return this_node(a[0]) ? spawn_function(call, a[1], kLinked) : call.badarg();
}
Term bif_spawn_link_node_mfa(BifCall& call, const Term* a) {
  return this_node(a[0]) ? spawn_named(call, a + 1, kLinked) : call.badarg();
}
Term bif_spawn_opt_node_fun(BifCall& call, const Term* a) {
  return this_node(a[0]) ? bif_spawn_opt_fun(call, a + 1) : call.badarg();
}
Term bif_spawn_opt_node_mfa(BifCall& call, const Term* a) {
  return this_node(a[0]) ? bif_spawn_opt_mfa(call, a + 1) : call.badarg();
}

Term bif_hibernate(BifCall& call, const Term* a) {
  if (!a[0].is_atom() || !a[1].is_atom() || !proper_list(a[2])) return call.badarg();
  call.tail_module = a[0];
  call.tail_function = a[1];
  call.x[0] = a[2];
  return call.again(BifAnswer::kHibernate);
}

// Puts the list's elements into x0... False: not a proper list, or too long.
static bool spread(BifCall& call, Term list, std::uint32_t& count) {
  constexpr std::uint32_t kArgumentsMax = 250;
  count = 0;
  for (; list.is_cons() && count < kArgumentsMax; list = list.tail()) {
    call.x[count++] = list.head();
  }
  return list.is_nil();
}

Term bif_apply_fun(BifCall& call, const Term* a) {
  const Term fun = a[0], list = a[1];
  std::uint32_t count = 0;
  if (!spread(call, list, count)) return call.badarg();
  return call.tail_call_fun(fun, count);
}

Term bif_apply_mfa(BifCall& call, const Term* a) {
  const Term module = a[0], function = a[1], list = a[2];
  if (!module.is_atom() || !function.is_atom()) return call.badarg();
  std::uint32_t count = 0;
  if (!spread(call, list, count)) return call.badarg();
  return call.tail_call(module, function, count);
}

}  // namespace parley
