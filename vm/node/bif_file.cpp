// Built-ins: files and folders by their path. All but the current folder wait on the pool.
#include "vm/node/bif_file.h"

#include <cerrno>

namespace parley {

std::optional<std::string> path_of(Term path) {
  if (!is_binary(path)) return std::nullopt;
  std::vector<std::uint8_t> copy;
  const auto bytes = binary_bytes(path, copy);
  std::string text(bytes.begin(), bytes.end());
  if (text.find('\0') != std::string::npos) return std::nullopt;
  return text;
}

Term ok_bytes(Heap& heap, std::span<const std::uint8_t> bytes) {
  return make_tuple(heap, {kAtom_ok, make_binary(heap, bytes)});
}
Term ok_text(Heap& heap, const std::string& text) {
  return make_tuple(heap, {kAtom_ok, make_binary(heap, std::string_view(text))});
}

Term ok_info(Heap& heap, const FileInfo& info) {
  constexpr Term kTypes[] = {kAtom_device, kAtom_directory, kAtom_regular, kAtom_symlink,
                             kAtom_other};
  constexpr Term kAccesses[] = {kAtom_none, kAtom_read, kAtom_write, kAtom_read_write};
  const Term numbers = make_tuple(
      heap, {make_uint64(heap, info.size_bytes), kTypes[static_cast<unsigned>(info.type)],
             kAccesses[static_cast<unsigned>(info.access)], make_int64(heap, info.accessed_s),
             make_int64(heap, info.modified_s), make_int64(heap, info.changed_s),
             Term::small(info.mode), Term::small(info.links),
             make_uint64(heap, info.major_device), make_uint64(heap, info.minor_device),
             make_uint64(heap, info.inode), Term::small(info.user), Term::small(info.group)});
  return make_tuple(heap, {kAtom_ok, numbers});
}

namespace {

// Erlang's name for a folder that is not empty is that of a file which exists.
SystemResult<void> with_erlang_name(SystemResult<void> result) {
  return !result && result.error().number == ENOTEMPTY ? system_failure(EEXIST) : result;
}

// A call on one path that answers ok.
Term on_path(BifCall& call, Term path, SystemResult<void> (Files::*method)(const std::string&)) {
  auto text = path_of(path);
  if (!text) return call.badarg();
  return ask_system(call, PoolQueue::kFiles, [files = node_of(call).outside().files, method,
                                              text = std::move(*text)] {
    return with_erlang_name(((*files).*method)(text));
  });
}

Term on_two_paths(BifCall& call, const Term* a,
                  SystemResult<void> (Files::*method)(const std::string&, const std::string&)) {
  auto first = path_of(a[0]), second = path_of(a[1]);
  if (!first || !second) return call.badarg();
  return ask_system(call, PoolQueue::kFiles,
                    [files = node_of(call).outside().files, method, first = std::move(*first),
                     second = std::move(*second)] {
                      return with_erlang_name(((*files).*method)(first, second));
                    });
}

// Makes the file and writes all of it.
SystemResult<void> write_whole(Files& files, const std::string& path, OpenOptions options,
                               std::span<const std::uint8_t> bytes) {
  const auto file = files.open(path, options);
  if (!file) return std::unexpected(file.error());
  const auto written = files.write(*file, bytes);
  const auto closed = files.close(*file);
  return written ? closed : written;
}

bool change_from(Term list, FileInfoChange& change) {
  for (; list.is_cons(); list = list.tail()) {
    const Term item = list.head();
    if (!item.is_tuple() || item.arity() != 2 || !item.element(1).is_small()) return false;
    const std::int64_t value = item.element(1).small_value();
    const Term key = item.element(0);
    const bool is_time = key == kAtom_atime || key == kAtom_mtime;
    if (!is_time && (value < 0 || value > UINT32_MAX)) return false;
    if (key == kAtom_atime) change.accessed_s = value;
    else if (key == kAtom_mtime) change.modified_s = value;
    else if (key == kAtom_mode) change.mode = static_cast<std::uint32_t>(value);
    else if (key == kAtom_uid) change.user = static_cast<std::uint32_t>(value);
    else if (key == kAtom_gid) change.group = static_cast<std::uint32_t>(value);
    else return false;
  }
  return list.is_nil();
}

}  // namespace

Term bif_file_read_file(BifCall& call, const Term* a) {
  auto path = path_of(a[0]);
  if (!path) return call.badarg();
  return ask_system(
      call, PoolQueue::kFiles,
      [files = node_of(call).outside().files, path = std::move(*path)] {
        return files->read_file(path);
      },
      [](Heap& heap, const Files::Bytes& bytes) { return ok_bytes(heap, bytes); });
}

Term bif_file_write_file(BifCall& call, const Term* a) {
  auto path = path_of(a[0]);
  std::vector<std::uint8_t> bytes;
  OpenOptions options{.write = true, .truncate = true, .create = true};
  if (!path || !append_iodata(bytes, a[1])) return call.badarg();
  Term list = a[2];
  for (; list.is_cons(); list = list.tail()) {
    if (list.head() == kAtom_append) options.append = true, options.truncate = false;
    else if (list.head() == kAtom_exclusive) options.exclusive = true;
    else if (list.head() == kAtom_sync) options.sync = true;
    else return call.badarg();
  }
  if (!list.is_nil()) return call.badarg();
  pay_bytes(call, bytes.size());
  return ask_system(call, PoolQueue::kFiles,
                    [files = node_of(call).outside().files, path = std::move(*path), options,
                     bytes = std::move(bytes)] {
                      return write_whole(*files, path, options, bytes);
                    });
}

Term bif_file_list_dir(BifCall& call, const Term* a) {
  auto path = path_of(a[0]);
  if (!path) return call.badarg();
  return ask_system(
      call, PoolQueue::kFiles,
      [files = node_of(call).outside().files, path = std::move(*path)] {
        return files->list_folder(path);
      },
      [](Heap& heap, const std::vector<std::string>& names) {
        ListBuilder list(heap);
        for (const std::string& name : names) {
          list.append(make_binary(heap, std::string_view(name)));
        }
        return make_tuple(heap, {kAtom_ok, list.finish()});
      });
}

Term bif_file_make_dir(BifCall& call, const Term* a) {
  return on_path(call, a[0], &Files::make_folder);
}
Term bif_file_del_dir(BifCall& call, const Term* a) {
  return on_path(call, a[0], &Files::remove_folder);
}
Term bif_file_del_file(BifCall& call, const Term* a) {
  return on_path(call, a[0], &Files::remove_file);
}
Term bif_file_rename(BifCall& call, const Term* a) {
  return on_two_paths(call, a, &Files::rename);
}
Term bif_file_make_link(BifCall& call, const Term* a) {
  return on_two_paths(call, a, &Files::make_link);
}
Term bif_file_make_symlink(BifCall& call, const Term* a) {
  return on_two_paths(call, a, &Files::make_symbolic_link);
}

Term bif_file_read_link(BifCall& call, const Term* a) {
  auto path = path_of(a[0]);
  if (!path) return call.badarg();
  return ask_system(
      call, PoolQueue::kFiles,
      [files = node_of(call).outside().files, path = std::move(*path)] {
        return files->read_link(path);
      },
      ok_text);
}

Term bif_file_read_info(BifCall& call, const Term* a) {
  auto path = path_of(a[0]);
  if (!path || (a[1] != kAtom_follow && a[1] != kAtom_link)) return call.badarg();
  const FollowLinks follow = a[1] == kAtom_follow ? FollowLinks::kYes : FollowLinks::kNo;
  return ask_system(
      call, PoolQueue::kFiles,
      [files = node_of(call).outside().files, path = std::move(*path), follow] {
        return files->info(path, follow);
      },
      ok_info);
}

Term bif_file_write_info(BifCall& call, const Term* a) {
  auto path = path_of(a[0]);
  FileInfoChange change;
  if (!path || !change_from(a[1], change)) return call.badarg();
  return ask_system(call, PoolQueue::kFiles,
                    [files = node_of(call).outside().files, path = std::move(*path), change] {
                      return files->set_info(path, change);
                    });
}

Term bif_file_get_cwd(BifCall& call, const Term*) {
  const auto path = node_of(call).outside().files->current_folder();
  return path ? ok_text(call.heap, *path) : system_error(call.heap, call.atoms, path.error());
}
Term bif_file_set_cwd(BifCall& call, const Term* a) {
  const auto path = path_of(a[0]);
  if (!path) return call.badarg();
  const auto done = node_of(call).outside().files->set_current_folder(*path);
  return done ? kAtom_ok : system_error(call.heap, call.atoms, done.error());
}

}  // namespace parley
