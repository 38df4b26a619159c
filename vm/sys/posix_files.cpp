// Files and folders by system calls.
//
// Invariant: EINTR is never answered; a short write goes on.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <memory>

#include "vm/sys/files.h"

namespace parley {

namespace {

std::unexpected<SystemError> failure() { return system_failure(errno); }

// Calls again while a signal interrupts.
template <typename Call>
auto retry(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

template <typename Call>
SystemResult<void> done(Call call) {
  if (retry(call) < 0) return failure();
  return {};
}

FileType type_of(mode_t mode) {
  if (S_ISREG(mode)) return FileType::kRegular;
  if (S_ISDIR(mode)) return FileType::kFolder;
  if (S_ISLNK(mode)) return FileType::kLink;
  if (S_ISCHR(mode) || S_ISBLK(mode)) return FileType::kDevice;
  return FileType::kOther;
}

FileInfo info_from(const struct stat& stat, bool readable, bool writable) {
  FileInfo info;
  info.size_bytes = static_cast<std::uint64_t>(stat.st_size);
  info.type = type_of(stat.st_mode);
  info.access = readable ? (writable ? FileAccess::kReadWrite : FileAccess::kRead)
                         : (writable ? FileAccess::kWrite : FileAccess::kNone);
  info.accessed_s = stat.st_atim.tv_sec;
  info.modified_s = stat.st_mtim.tv_sec;
  info.changed_s = stat.st_ctim.tv_sec;
  info.mode = stat.st_mode;
  info.links = static_cast<std::uint32_t>(stat.st_nlink);
  info.major_device = stat.st_dev;
  info.minor_device = stat.st_rdev;
  info.inode = stat.st_ino;
  info.user = stat.st_uid;
  info.group = stat.st_gid;
  return info;
}

class PosixFiles : public Files {
 public:
  SystemResult<FileDescriptor> open(const std::string& path, OpenOptions options) override {
    int flags = O_CLOEXEC;
    flags |= options.write ? (options.read ? O_RDWR : O_WRONLY) : O_RDONLY;
    if (options.append) flags |= O_APPEND;
    if (options.exclusive) flags |= O_EXCL | O_CREAT;
    if (options.create) flags |= O_CREAT;
    if (options.truncate) flags |= O_TRUNC;
    if (options.sync) flags |= O_SYNC;
    if (options.folder) flags |= O_DIRECTORY;
    const int file = retry([&] { return ::open(path.c_str(), flags, 0666); });
    if (file < 0) return failure();
    // A folder opens for reading as if it were a file; whoever wants one says so.
    struct stat stat{};
    if (!options.folder && ::fstat(file, &stat) == 0 && S_ISDIR(stat.st_mode)) {
      ::close(file);
      return system_failure(EISDIR);
    }
    return file;
  }
  SystemResult<void> close(FileDescriptor file) override {
    if (::close(file) < 0 && errno != EINTR) return failure();  // it is closed after EINTR, too
    return {};
  }
  SystemResult<std::size_t> read(FileDescriptor file, std::span<std::uint8_t> into) override {
    const ssize_t got = retry([&] { return ::read(file, into.data(), into.size()); });
    if (got < 0) return failure();
    return static_cast<std::size_t>(got);
  }
  SystemResult<std::size_t> pread(FileDescriptor file, std::uint64_t offset,
                                  std::span<std::uint8_t> into) override {
    const ssize_t got =
        retry([&] { return ::pread(file, into.data(), into.size(), static_cast<off_t>(offset)); });
    if (got < 0) return failure();
    return static_cast<std::size_t>(got);
  }
  SystemResult<void> write(FileDescriptor file, BytesView bytes) override {
    while (!bytes.empty()) {
      const ssize_t put = retry([&] { return ::write(file, bytes.data(), bytes.size()); });
      if (put < 0) return failure();
      bytes = bytes.subspan(static_cast<std::size_t>(put));
    }
    return {};
  }
  SystemResult<void> pwrite(FileDescriptor file, std::uint64_t offset, BytesView bytes) override {
    while (!bytes.empty()) {
      const ssize_t put = retry(
          [&] { return ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
      if (put < 0) return failure();
      bytes = bytes.subspan(static_cast<std::size_t>(put));
      offset += static_cast<std::uint64_t>(put);
    }
    return {};
  }
  SystemResult<std::uint64_t> seek(FileDescriptor file, SeekFrom from,
                                   std::int64_t offset) override {
    const int whence =
        from == SeekFrom::kStart ? SEEK_SET : (from == SeekFrom::kEnd ? SEEK_END : SEEK_CUR);
    const off_t place = ::lseek(file, offset, whence);
    if (place < 0) return failure();
    return static_cast<std::uint64_t>(place);
  }
  SystemResult<void> truncate(FileDescriptor file) override {
    const off_t place = ::lseek(file, 0, SEEK_CUR);
    if (place < 0) return failure();
    return done([&] { return ::ftruncate(file, place); });
  }
  SystemResult<void> sync(FileDescriptor file) override {
    return done([&] { return ::fsync(file); });
  }
  SystemResult<void> sync_data(FileDescriptor file) override {
    return done([&] { return ::fdatasync(file); });
  }
  SystemResult<FileInfo> info_of(FileDescriptor file) override {
    struct stat stat{};
    if (::fstat(file, &stat) < 0) return failure();
    const int access = ::fcntl(file, F_GETFL) & O_ACCMODE;
    return info_from(stat, access != O_WRONLY, access != O_RDONLY);
  }

  SystemResult<Bytes> read_file(const std::string& path) override {
    const auto file = open(path, {.read = true});
    if (!file) return std::unexpected(file.error());
    Bytes bytes;
    struct stat stat{};
    if (::fstat(*file, &stat) == 0 && S_ISREG(stat.st_mode)) {
      bytes.reserve(static_cast<std::size_t>(stat.st_size) + 1);
    }
    // Until the end is seen: a file may grow, and some have no size.
    for (std::size_t used = 0;;) {
      bytes.resize(std::max(bytes.capacity(), used + 4096));
      const auto got = read(*file, std::span(bytes).subspan(used));
      if (!got || *got == 0) {
        close(*file);
        if (!got) return std::unexpected(got.error());
        bytes.resize(used);
        return bytes;
      }
      used += *got;
    }
  }
  SystemResult<std::vector<std::string>> list_folder(const std::string& path) override {
    const auto close_folder = [](DIR* folder) { ::closedir(folder); };
    const std::unique_ptr<DIR, decltype(close_folder)> folder(::opendir(path.c_str()));
    if (folder == nullptr) return failure();
    std::vector<std::string> names;
    for (;;) {
      errno = 0;
      const dirent* entry = ::readdir(folder.get());
      if (entry == nullptr) break;
      std::string name = entry->d_name;
      if (name != "." && name != "..") names.push_back(std::move(name));
    }
    if (errno != 0) return failure();
    return names;
  }
  SystemResult<void> make_folder(const std::string& path) override {
    return done([&] { return ::mkdir(path.c_str(), 0777); });
  }
  SystemResult<void> remove_folder(const std::string& path) override {
    return done([&] { return ::rmdir(path.c_str()); });
  }
  SystemResult<void> remove_file(const std::string& path) override {
    return done([&] { return ::unlink(path.c_str()); });
  }
  SystemResult<void> rename(const std::string& from, const std::string& to) override {
    return done([&] { return ::rename(from.c_str(), to.c_str()); });
  }
  SystemResult<void> make_link(const std::string& existing, const std::string& path) override {
    return done([&] { return ::link(existing.c_str(), path.c_str()); });
  }
  SystemResult<void> make_symbolic_link(const std::string& existing,
                                        const std::string& path) override {
    return done([&] { return ::symlink(existing.c_str(), path.c_str()); });
  }
  SystemResult<std::string> read_link(const std::string& path) override {
    std::string target(PATH_MAX, '\0');
    const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
    if (size < 0) return failure();
    target.resize(static_cast<std::size_t>(size));
    return target;
  }
  SystemResult<FileInfo> info(const std::string& path, FollowLinks follow) override {
    struct stat stat{};
    const int flags = follow == FollowLinks::kYes ? 0 : AT_SYMLINK_NOFOLLOW;
    if (::fstatat(AT_FDCWD, path.c_str(), &stat, flags) < 0) return failure();
    return info_from(stat, ::access(path.c_str(), R_OK) == 0, ::access(path.c_str(), W_OK) == 0);
  }
  SystemResult<void> set_info(const std::string& path, const FileInfoChange& change) override {
    if (change.mode && ::chmod(path.c_str(), *change.mode & 07777) < 0) return failure();
    const uid_t user = change.user.value_or(static_cast<uid_t>(-1));
    const gid_t group = change.group.value_or(static_cast<gid_t>(-1));
    if ((change.user || change.group) && ::chown(path.c_str(), user, group) < 0) return failure();
    if (!change.accessed_s && !change.modified_s) return {};
    const auto time = [](const std::optional<std::int64_t>& seconds) {
      return seconds ? timespec{*seconds, 0} : timespec{0, UTIME_OMIT};
    };
    const timespec times[2] = {time(change.accessed_s), time(change.modified_s)};
    return done([&] { return ::utimensat(AT_FDCWD, path.c_str(), times, 0); });
  }
  SystemResult<std::string> current_folder() override {
    std::string path(PATH_MAX, '\0');
    if (::getcwd(path.data(), path.size()) == nullptr) return failure();
    path.resize(path.find('\0'));
    return path;
  }
  SystemResult<void> set_current_folder(const std::string& path) override {
    return done([&] { return ::chdir(path.c_str()); });
  }
};

}  // namespace

std::unique_ptr<Files> make_posix_files() { return std::make_unique<PosixFiles>(); }

}  // namespace parley
