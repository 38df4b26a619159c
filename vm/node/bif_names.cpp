// Built-ins: the addresses of a host by its name, from the system's resolver, which may take long.
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "vm/node/bif_file.h"

namespace parley {

namespace {

struct Resolved {
  bool is_inet6;
  std::vector<std::array<std::uint8_t, 16>> addresses;  // of inet: the first four bytes
};

// What the resolver's errors are called; 0: the name does not exist.
int error_number(int answer) {
  switch (answer) {
    case EAI_AGAIN: return ETIMEDOUT;
    case EAI_MEMORY: return ENOMEM;
    case EAI_SYSTEM: return errno;
    default: return 0;
  }
}

// Sets `error` where it fails.
std::optional<Resolved> resolve(const std::string& name, bool inet6, int& error) {
  addrinfo wanted{};
  wanted.ai_family = inet6 ? AF_INET6 : AF_INET;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* first = nullptr;
  const int answer = ::getaddrinfo(name.c_str(), nullptr, &wanted, &first);
  if (answer != 0) {
    error = error_number(answer);
    return std::nullopt;
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all(first, &::freeaddrinfo);
  Resolved found{inet6, {}};
  for (const addrinfo* at = first; at != nullptr; at = at->ai_next) {
    auto& bytes = found.addresses.emplace_back();
    if (inet6) {
      const auto* address = reinterpret_cast<const sockaddr_in6*>(at->ai_addr);
      std::memcpy(bytes.data(), &address->sin6_addr, 16);
    } else {
      const auto* address = reinterpret_cast<const sockaddr_in*>(at->ai_addr);
      std::memcpy(bytes.data(), &address->sin_addr, 4);
    }
  }
  return found;
}

Term address_tuple(Heap& heap, bool is_inet6, const std::array<std::uint8_t, 16>& bytes) {
  const std::size_t parts = is_inet6 ? 8 : 4;
  Word* box = heap.allocate(1 + parts);
  box[0] = make_header(Subtag::kTuple, parts);
  for (std::size_t i = 0; i < parts; ++i) {
    box[1 + i] =
        Term::small(is_inet6 ? (bytes[2 * i] << 8) | bytes[2 * i + 1] : bytes[i]).raw;
  }
  return Term::boxed(box);
}

Term answer_term(Heap& heap, AtomTable& atoms, const std::optional<Resolved>& found, int error) {
  if (!found && error != 0) return system_error(heap, atoms, SystemError{error});
  if (!found) return make_tuple(heap, {kAtom_error, kAtom_nxdomain});
  ListBuilder list(heap);
  for (const auto& bytes : found->addresses) {
    list.append(address_tuple(heap, found->is_inet6, bytes));
  }
  return make_tuple(heap, {kAtom_ok, list.finish()});
}

}  // namespace

Term bif_net_resolve(BifCall& call, const Term* a) {
  auto name = path_of(a[0]);
  if (!name || (a[1] != kAtom_inet && a[1] != kAtom_inet6)) return call.badarg();
  AtomTable& atoms = call.atoms;
  return ask_pool(call, PoolQueue::kNames,
                  [name = std::move(*name), inet6 = a[1] == kAtom_inet6, &atoms]() -> PoolAnswer {
                    int error = 0;
                    auto found = resolve(name, inet6, error);
                    return [found = std::move(found), error, &atoms](Heap& heap) {
                      return answer_term(heap, atoms, found, error);
                    };
                  });
}

}  // namespace parley
