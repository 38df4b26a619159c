// One row a callback.
#include "compiler/passes/behaviours.h"

namespace parley {

namespace {

enum class Need : uint8_t { kRequired, kOptional };

struct CallbackRow {
  std::string_view module, name;
  uint32_t arity;
  Need need;
};

constexpr CallbackRow kCallbacks[] = {
    {"application", "start", 2, Need::kRequired},
    {"application", "stop", 1, Need::kRequired},
    {"application", "start_phase", 3, Need::kOptional},
    {"application", "prep_stop", 1, Need::kOptional},
    {"application", "config_change", 3, Need::kOptional},
    {"gen_event", "init", 1, Need::kRequired},
    {"gen_event", "handle_event", 2, Need::kRequired},
    {"gen_event", "handle_call", 2, Need::kRequired},
    {"gen_event", "handle_info", 2, Need::kOptional},
    {"gen_event", "terminate", 2, Need::kOptional},
    {"gen_event", "code_change", 3, Need::kOptional},
    {"gen_server", "init", 1, Need::kRequired},
    {"gen_server", "handle_call", 3, Need::kRequired},
    {"gen_server", "handle_cast", 2, Need::kRequired},
    {"gen_server", "handle_info", 2, Need::kOptional},
    {"gen_server", "handle_continue", 2, Need::kOptional},
    {"gen_server", "terminate", 2, Need::kOptional},
    {"gen_server", "code_change", 3, Need::kOptional},
    {"gen_statem", "init", 1, Need::kRequired},
    {"gen_statem", "callback_mode", 0, Need::kRequired},
    {"gen_statem", "handle_event", 4, Need::kOptional},
    {"gen_statem", "terminate", 3, Need::kOptional},
    {"gen_statem", "code_change", 4, Need::kOptional},
    {"supervisor", "init", 1, Need::kRequired},
    {"supervisor_bridge", "init", 1, Need::kRequired},
    {"supervisor_bridge", "terminate", 2, Need::kRequired},
};

}  // namespace

std::optional<std::vector<BehaviourCallback>> standard_behaviour(std::string_view module) {
  std::vector<BehaviourCallback> callbacks;
  for (const CallbackRow& row : kCallbacks) {
    if (row.module == module) {
      callbacks.push_back({std::string(row.name), row.arity, row.need == Need::kOptional});
    }
  }
  return callbacks.empty() ? std::nullopt : std::optional(std::move(callbacks));
}

}  // namespace parley
