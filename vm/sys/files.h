// Files and folders. Every call may block: the node makes them on its blocking pool.
//
// Invariant: a path is bytes without NUL. A call does all of what it says or answers an error; only
// `read` and `pread` may give less. Nothing here keeps a position of its own: the descriptor has
// it.
//
// Thread: any, but one call at a time on one descriptor.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "vm/sys/system_error.h"

namespace parley {

using FileDescriptor = int;

struct OpenOptions {
  bool read = false, write = false;
  bool append = false;     // writes go to the end
  bool exclusive = false;  // fails if it exists
  bool sync = false;       // a write returns when it is on the medium
  bool truncate = false;
  bool create = false;
  bool folder = false;  // to open a folder, for `sync`
};

enum class FileType : std::uint8_t { kDevice, kFolder, kRegular, kLink, kOther };
enum class FileAccess : std::uint8_t { kNone, kRead, kWrite, kReadWrite };
enum class FollowLinks : std::uint8_t { kNo, kYes };
enum class SeekFrom : std::uint8_t { kStart, kCurrent, kEnd };

struct FileInfo {
  std::uint64_t size_bytes = 0;
  FileType type{};
  FileAccess access{};                                         // of this program's user
  std::int64_t accessed_s = 0, modified_s = 0, changed_s = 0;  // since 1970
  std::uint32_t mode = 0, links = 0;
  std::uint64_t major_device = 0, minor_device = 0, inode = 0;
  std::uint32_t user = 0, group = 0;
};
// What `set_info` changes; the rest stays.
struct FileInfoChange {
  std::optional<std::uint32_t> mode, user, group;
  std::optional<std::int64_t> accessed_s, modified_s;
};

class Files {
 public:
  virtual ~Files() = default;
  using Bytes = std::vector<std::uint8_t>;
  using BytesView = std::span<const std::uint8_t>;

  virtual SystemResult<FileDescriptor> open(const std::string& path, OpenOptions options) = 0;
  virtual SystemResult<void> close(FileDescriptor file) = 0;
  // At most `into.size()` bytes; 0: at the end.
  virtual SystemResult<std::size_t> read(FileDescriptor file, std::span<std::uint8_t> into) = 0;
  virtual SystemResult<std::size_t> pread(FileDescriptor file, std::uint64_t offset,
                                          std::span<std::uint8_t> into) = 0;
  virtual SystemResult<void> write(FileDescriptor file, BytesView bytes) = 0;
  virtual SystemResult<void> pwrite(FileDescriptor file, std::uint64_t offset, BytesView bytes) = 0;
  virtual SystemResult<std::uint64_t> seek(FileDescriptor file, SeekFrom from,
                                           std::int64_t offset) = 0;
  virtual SystemResult<void> truncate(FileDescriptor file) = 0;  // at the position
  virtual SystemResult<void> sync(FileDescriptor file) = 0;
  virtual SystemResult<void> sync_data(FileDescriptor file) = 0;
  virtual SystemResult<FileInfo> info_of(FileDescriptor file) = 0;

  virtual SystemResult<Bytes> read_file(const std::string& path) = 0;
  // Names without "." and "..", in no order.
  virtual SystemResult<std::vector<std::string>> list_folder(const std::string& path) = 0;
  virtual SystemResult<void> make_folder(const std::string& path) = 0;
  virtual SystemResult<void> remove_folder(const std::string& path) = 0;
  virtual SystemResult<void> remove_file(const std::string& path) = 0;
  virtual SystemResult<void> rename(const std::string& from, const std::string& to) = 0;
  virtual SystemResult<void> make_link(const std::string& existing, const std::string& path) = 0;
  virtual SystemResult<void> make_symbolic_link(const std::string& existing,
                                                const std::string& path) = 0;
  virtual SystemResult<std::string> read_link(const std::string& path) = 0;
  virtual SystemResult<FileInfo> info(const std::string& path, FollowLinks follow) = 0;
  virtual SystemResult<void> set_info(const std::string& path, const FileInfoChange& change) = 0;
  virtual SystemResult<std::string> current_folder() = 0;
  virtual SystemResult<void> set_current_folder(const std::string& path) = 0;
};

std::unique_ptr<Files> make_posix_files();

}  // namespace parley
