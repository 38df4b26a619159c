// A monotonic arena and the fixed sequences that live in it.
//
// Everything that the parser builds lies in the arena of its module and dies with it: nothing is
// freed singly and no destructor runs, so only trivially destructible values may be placed here.
// Not thread-safe: one module is built by one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace parley::ast {

/// A fixed run of values inside an arena: pointer and length, copied by value, never owning.
template <class T>
struct Seq {
  T* data = nullptr;
  uint32_t count = 0;

  [[nodiscard]] T* begin() const { return data; }
  [[nodiscard]] T* end() const { return data + count; }
  [[nodiscard]] uint32_t size() const { return count; }
  [[nodiscard]] bool empty() const { return count == 0; }
  [[nodiscard]] T& operator[](size_t index) const { return data[index]; }
  [[nodiscard]] T& front() const { return data[0]; }
  [[nodiscard]] T& back() const { return data[count - 1]; }
};

class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  Arena(Arena&&) = default;
  Arena& operator=(Arena&&) = default;

  /// Raw memory of `size_bytes`, aligned; never null.
  void* allocate(size_t size_bytes, size_t align_bytes) {
    size_t start = (used_bytes_ + align_bytes - 1) & ~(align_bytes - 1);
    if (start + size_bytes > chunk_bytes_) {
      grow(size_bytes);
      start = 0;
    }
    used_bytes_ = start + size_bytes;
    return chunks_.back().get() + start;
  }

  /// A new T, value-initialised from `args`.
  template <class T, class... Args>
  T* make(Args&&... args) {
    static_assert(std::is_trivially_destructible_v<T>, "the arena runs no destructors");
    return ::new (allocate(sizeof(T), alignof(T))) T{std::forward<Args>(args)...};
  }

  /// A copy of `count` values.
  template <class T>
  Seq<T> copy(const T* from, size_t count) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (count == 0) {
      return {};
    }
    T* to = static_cast<T*>(allocate(count * sizeof(T), alignof(T)));
    std::memcpy(static_cast<void*>(to), from, count * sizeof(T));
    return {to, static_cast<uint32_t>(count)};
  }

  template <class T>
  Seq<T> copy(const std::vector<T>& from) {
    return copy(from.data(), from.size());
  }

  template <class T>
  Seq<T> copy(std::initializer_list<T> from) {
    return copy(from.begin(), from.size());
  }

  /// A copy of the text, without a terminating zero.
  std::string_view copy_text(std::string_view text) {
    Seq<char> bytes = copy(text.data(), text.size());
    return {bytes.data, bytes.count};
  }

  /// Bytes asked of the system so far.
  [[nodiscard]] size_t reserved_bytes() const { return reserved_bytes_; }

 private:
  static constexpr size_t kFirstChunkBytes = 16 * 1024;
  static constexpr size_t kLargestChunkBytes = 1024 * 1024;

  void grow(size_t at_least_bytes) {
    size_t next = chunk_bytes_ == 0 ? kFirstChunkBytes : chunk_bytes_ * 2;
    if (next > kLargestChunkBytes) {
      next = kLargestChunkBytes;
    }
    if (next < at_least_bytes) {
      next = at_least_bytes;
    }
    chunks_.push_back(std::unique_ptr<std::byte[]>(new std::byte[next]));
    chunk_bytes_ = next;
    reserved_bytes_ += next;
    used_bytes_ = 0;
  }

  std::vector<std::unique_ptr<std::byte[]>> chunks_;
  size_t chunk_bytes_ = 0;
  size_t used_bytes_ = 0;
  size_t reserved_bytes_ = 0;
};

}  // namespace parley::ast
