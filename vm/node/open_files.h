// The open files of a node, by number: what a program holds is the number, the descriptor is here.
//
// Invariant: a number names one file ever. A file is closed when it is closed by its owner or when
// its owner ends, whichever comes first, but not before a call that is under way on it returns.
//
// Thread: any.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "vm/process/space.h"
#include "vm/sys/files.h"

namespace parley {

// An open descriptor; it closes with its last holder.
class OpenFile {
 public:
  OpenFile(std::shared_ptr<Files> files, FileDescriptor descriptor, FileType type)
      : files_(std::move(files)), descriptor_(descriptor), type_(type) {}
  ~OpenFile() { (void)close(); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  Files& files() { return *files_; }
  FileDescriptor descriptor() const { return descriptor_; }
  FileType type() const { return type_; }
  // Only the one holder that took it out of the table.
  SystemResult<void> close() {
    if (descriptor_ < 0) return {};
    return files_->close(std::exchange(descriptor_, -1));
  }

 private:
  std::shared_ptr<Files> files_;
  FileDescriptor descriptor_;
  FileType type_;
};

class OpenFiles : public ExitObserver {
 public:
  // The number of a file that is the process's from now on. Its kOwnsFiles is set already.
  std::int64_t add(std::shared_ptr<OpenFile> file, Term owner);
  // Null: closed, or not this process's.
  std::shared_ptr<OpenFile> find(std::int64_t number, Term owner);
  std::shared_ptr<OpenFile> take(std::int64_t number, Term owner);
  void process_ended(Process& process, Term pid, Term reason) override;

 private:
  struct Entry {
    std::shared_ptr<OpenFile> file;
    Word owner;
  };
  std::mutex lock_;
  std::unordered_map<std::int64_t, Entry> files_;
  std::unordered_multimap<Word, std::int64_t> owned_;
  std::int64_t next_ = 1;
};

}  // namespace parley
