// Built-ins: open files. A handle is a number, good in the process that opened the file; in any
// other, and after closing, it answers {error, einval}.
#include <cerrno>

#include "vm/node/bif_file.h"
#include "vm/term/integer.h"

namespace parley {

namespace {

using File = std::shared_ptr<OpenFile>;

constexpr std::size_t kReadPieceBytes = 64 << 10;
// What is read of a pipe or a device by one call.
constexpr std::size_t kReadOnceBytesMax = 1 << 20;

Term einval(BifCall& call) { return make_tuple(call.heap, {kAtom_error, kAtom_einval}); }

File file_of(BifCall& call, Term handle) {
  if (!handle.is_small()) return nullptr;
  return node_of(call).outside().open_files.find(handle.small_value(), own_pid(call));
}

std::optional<std::int64_t> to_int64(Term number) {
  return number.is_integer() ? integer_to_int64(number) : std::nullopt;
}

std::optional<OpenOptions> options_from(Term list) {
  OpenOptions options;
  for (; list.is_cons(); list = list.tail()) {
    if (list.head() == kAtom_read) options.read = true;
    else if (list.head() == kAtom_write) options.write = true;
    else if (list.head() == kAtom_append) options.append = options.write = true;
    else if (list.head() == kAtom_exclusive) options.exclusive = options.write = true;
    else if (list.head() == kAtom_sync) options.sync = true;
    else if (list.head() == kAtom_directory) options.folder = true;
    else return std::nullopt;
  }
  options.create = options.write;
  options.truncate = options.write && !options.read && !options.append;
  return list.is_nil() ? std::optional(options) : std::nullopt;
}

SystemResult<File> open_file(const std::shared_ptr<Files>& files, const std::string& path,
                             OpenOptions options) {
  const auto descriptor = files->open(path, options);
  if (!descriptor) return std::unexpected(descriptor.error());
  const auto info = files->info_of(*descriptor);
  return std::make_shared<OpenFile>(files, *descriptor,
                                    info ? info->type : FileType::kOther);
}

// Up to `count` bytes, from a place if one is given. What a file holds comes whole; of anything
// else what one call gives. Memory grows with what is read, not with what was asked for.
SystemResult<Files::Bytes> read_bytes(OpenFile& file, std::uint64_t count,
                                      std::optional<std::uint64_t> place) {
  Files::Bytes bytes;
  const bool whole = file.type() == FileType::kRegular;
  const std::size_t piece_max = whole ? kReadPieceBytes : kReadOnceBytesMax;
  while (bytes.size() < count) {
    const std::size_t begin = bytes.size();
    bytes.resize(begin + std::min<std::uint64_t>(count - begin, std::max(piece_max, begin)));
    const auto piece = std::span(bytes).subspan(begin);
    const auto got = place ? file.files().pread(file.descriptor(), *place + begin, piece)
                           : file.files().read(file.descriptor(), piece);
    if (!got) return std::unexpected(got.error());
    const bool is_short = *got < piece.size();
    bytes.resize(begin + *got);
    if (is_short || !whole) break;
  }
  return bytes;
}

Term read_from(BifCall& call, Term handle, std::optional<std::uint64_t> place, Term count) {
  const auto size = to_size(count);
  if (!size) return call.badarg();
  File file = file_of(call, handle);
  if (file == nullptr) return einval(call);
  const bool nothing = *size == 0;
  return ask_system(
      call, PoolQueue::kFiles,
      [file = std::move(file), size = *size, place] { return read_bytes(*file, size, place); },
      [nothing](Heap& heap, const Files::Bytes& bytes) {
        return bytes.empty() && !nothing ? kAtom_eof : ok_bytes(heap, bytes);
      });
}

Term write_to(BifCall& call, Term handle, std::optional<std::uint64_t> place, Term iodata) {
  std::vector<std::uint8_t> bytes;
  if (!append_iodata(bytes, iodata)) return call.badarg();
  File file = file_of(call, handle);
  if (file == nullptr) return einval(call);
  pay_bytes(call, bytes.size());
  return ask_system(call, PoolQueue::kFiles,
                    [file = std::move(file), bytes = std::move(bytes), place] {
                      return place ? file->files().pwrite(file->descriptor(), *place, bytes)
                                   : file->files().write(file->descriptor(), bytes);
                    });
}

Term on_file(BifCall& call, Term handle, SystemResult<void> (Files::*method)(FileDescriptor)) {
  File file = file_of(call, handle);
  if (file == nullptr) return einval(call);
  return ask_system(call, PoolQueue::kFiles, [file = std::move(file), method] {
    return (file->files().*method)(file->descriptor());
  });
}

}  // namespace

Term bif_file_open(BifCall& call, const Term* a) {
  auto path = path_of(a[0]);
  const auto options = options_from(a[1]);
  if (!path || !options) return call.badarg();
  OpenFiles& open_files = node_of(call).outside().open_files;
  AtomTable& atoms = call.atoms;
  const Term owner = own_pid(call);
  // The owner may end while the file is being opened: then the number, which nobody knows, is
  // taken back.
  const auto number = std::make_shared<std::int64_t>(0);
  call.process->state.fetch_or(state_bit::kOwnsFiles, std::memory_order_relaxed);
  return ask_pool(
      call, PoolQueue::kFiles,
      [files = node_of(call).outside().files, path = std::move(*path), options = *options, owner,
       number, &open_files, &atoms]() -> PoolAnswer {
        auto file = open_file(files, path, options);
        return [file = std::move(file), owner, number, &open_files, &atoms](Heap& heap) {
          if (!file) return system_error(heap, atoms, file.error());
          *number = open_files.add(*file, owner);
          return make_tuple(heap, {kAtom_ok, Term::small(*number)});
        };
      },
      [owner, number, &open_files] { open_files.take(*number, owner); });
}

Term bif_file_close(BifCall& call, const Term* a) {
  if (!a[0].is_small()) return einval(call);
  File file = node_of(call).outside().open_files.take(a[0].small_value(), own_pid(call));
  if (file == nullptr) return einval(call);
  return ask_system(call, PoolQueue::kFiles,
                    [file = std::move(file)] { return file->close(); });
}

Term bif_file_read(BifCall& call, const Term* a) {
  return read_from(call, a[0], std::nullopt, a[1]);
}
Term bif_file_pread(BifCall& call, const Term* a) {
  const auto place = to_int64(a[1]);
  if (!place) return call.badarg();
  if (*place < 0) return einval(call);
  return read_from(call, a[0], static_cast<std::uint64_t>(*place), a[2]);
}
Term bif_file_write(BifCall& call, const Term* a) {
  return write_to(call, a[0], std::nullopt, a[1]);
}
Term bif_file_pwrite(BifCall& call, const Term* a) {
  const auto place = to_int64(a[1]);
  if (!place) return call.badarg();
  if (*place < 0) return einval(call);
  return write_to(call, a[0], static_cast<std::uint64_t>(*place), a[2]);
}

Term bif_file_position(BifCall& call, const Term* a) {
  if (!a[1].is_tuple() || a[1].arity() != 2) return call.badarg();
  const Term from = a[1].element(0);
  const auto offset = to_int64(a[1].element(1));
  const bool known = from == kAtom_bof || from == kAtom_cur || from == kAtom_eof;
  if (!known || !offset) return call.badarg();
  File file = file_of(call, a[0]);
  if (file == nullptr) return einval(call);
  const SeekFrom seek_from = from == kAtom_bof   ? SeekFrom::kStart
                             : from == kAtom_cur ? SeekFrom::kCurrent
                                                 : SeekFrom::kEnd;
  return ask_system(
      call, PoolQueue::kFiles,
      [file = std::move(file), seek_from, offset = *offset] {
        return file->files().seek(file->descriptor(), seek_from, offset);
      },
      [](Heap& heap, std::uint64_t place) {
        return make_tuple(heap, {kAtom_ok, make_uint64(heap, place)});
      });
}

Term bif_file_truncate(BifCall& call, const Term* a) {
  return on_file(call, a[0], &Files::truncate);
}
Term bif_file_sync(BifCall& call, const Term* a) { return on_file(call, a[0], &Files::sync); }
Term bif_file_datasync(BifCall& call, const Term* a) {
  return on_file(call, a[0], &Files::sync_data);
}

Term bif_file_handle_info(BifCall& call, const Term* a) {
  File file = file_of(call, a[0]);
  if (file == nullptr) return einval(call);
  return ask_system(
      call, PoolQueue::kFiles,
      [file = std::move(file)] { return file->files().info_of(file->descriptor()); }, ok_info);
}

}  // namespace parley
