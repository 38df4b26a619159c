// Numbers of files; open_files.h says what holds.
#include "vm/node/open_files.h"

namespace parley {

std::int64_t OpenFiles::add(std::shared_ptr<OpenFile> file, Term owner) {
  std::lock_guard guard(lock_);
  const std::int64_t number = next_++;
  files_.emplace(number, Entry{std::move(file), owner.raw});
  owned_.emplace(owner.raw, number);
  return number;
}

std::shared_ptr<OpenFile> OpenFiles::find(std::int64_t number, Term owner) {
  std::lock_guard guard(lock_);
  const auto found = files_.find(number);
  return found == files_.end() || found->second.owner != owner.raw ? nullptr : found->second.file;
}

std::shared_ptr<OpenFile> OpenFiles::take(std::int64_t number, Term owner) {
  std::lock_guard guard(lock_);
  const auto found = files_.find(number);
  if (found == files_.end() || found->second.owner != owner.raw) return nullptr;
  std::shared_ptr<OpenFile> file = std::move(found->second.file);
  files_.erase(found);
  const auto [begin, end] = owned_.equal_range(owner.raw);
  for (auto it = begin; it != end; ++it) {
    if (it->second != number) continue;
    owned_.erase(it);
    break;
  }
  return file;
}

void OpenFiles::process_ended(Process& process, Term pid, Term) {
  // Its own thread set the bit, before it asked for the first.
  if ((process.state.load(std::memory_order_relaxed) & state_bit::kOwnsFiles) == 0) return;
  std::vector<std::shared_ptr<OpenFile>> closing;  // closed after the lock is given back
  std::lock_guard guard(lock_);
  const auto [begin, end] = owned_.equal_range(pid.raw);
  for (auto it = begin; it != end; ++it) {
    const auto found = files_.find(it->second);
    closing.push_back(std::move(found->second.file));
    files_.erase(found);
  }
  owned_.erase(begin, end);
}

}  // namespace parley
