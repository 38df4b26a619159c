// What the built-ins on paths and those on open files have in common. Answers are made on the pool.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "vm/node/pool_call.h"

namespace parley {

// The bytes of a path; nullopt: not a binary, or with a NUL.
std::optional<std::string> path_of(Term path);

Term ok_bytes(Heap& heap, std::span<const std::uint8_t> bytes);  // {ok, Binary}
Term ok_text(Heap& heap, const std::string& text);
Term ok_info(Heap& heap, const FileInfo& info);  // {ok, thirteen facts}, see prim_file:read_info/2

}  // namespace parley
