// Built-ins: what the operating system is, and the node's environment variables.
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>

#include "vm/node/pool_call.h"
#include "vm/node/text.h"

namespace parley {

namespace {

// A string as bytes; nullopt: not one, or with a NUL.
std::optional<std::string> text_of(Term list) {
  std::string text;
  if (!append_characters(text, list) || text.find('\0') != std::string::npos) return std::nullopt;
  return text;
}
std::optional<std::string> name_of(Term list) {
  auto name = text_of(list);
  return !name || name->empty() || name->find('=') != std::string::npos ? std::nullopt : name;
}

Environment& environment(BifCall& call) { return node_of(call).outside().environment; }

Term variable_or(BifCall& call, Term name, Term otherwise) {
  const auto text = text_of(name);
  if (!text) return call.badarg();
  const auto value = environment(call).get(*text);
  return value ? make_string(call.heap, *value) : otherwise;
}

}  // namespace

Term bif_os_getenv(BifCall& call, const Term* a) { return variable_or(call, a[0], kAtom_false_); }
Term bif_os_getenv_default(BifCall& call, const Term* a) { return variable_or(call, a[0], a[1]); }
Term bif_os_getenv_all(BifCall& call, const Term*) {
  ListBuilder list(call.heap);
  for (const std::string& text : environment(call).all()) {
    list.append(make_string(call.heap, text));
  }
  return list.finish();
}
Term bif_os_putenv(BifCall& call, const Term* a) {
  const auto name = name_of(a[0]), value = text_of(a[1]);
  if (!name || !value) return call.badarg();
  environment(call).set(*name, *value);
  return kAtom_true_;
}
Term bif_os_unsetenv(BifCall& call, const Term* a) {
  const auto name = name_of(a[0]);
  if (!name) return call.badarg();
  environment(call).remove(*name);
  return kAtom_true_;
}

Term bif_os_getpid(BifCall& call, const Term*) {
  return make_string(call.heap, std::to_string(::getpid()));
}
Term bif_os_type(BifCall& call, const Term*) {
  return make_tuple(call.heap, {kAtom_unix_, kAtom_linux_});
}
Term bif_os_version(BifCall& call, const Term*) {
  utsname name{};
  int numbers[3] = {};
  if (::uname(&name) != 0 ||
      std::sscanf(name.release, "%d.%d.%d", &numbers[0], &numbers[1], &numbers[2]) < 2) {
    return make_string(call.heap, name.release);
  }
  return make_tuple(call.heap, {Term::small(numbers[0]), Term::small(numbers[1]),
                                Term::small(numbers[2])});
}

}  // namespace parley
