// The standard streams of the program, as one node uses them: lines in, bytes out.
//
// Invariant: a line that was read is given to exactly one process that lives, or stays for the next
// one that asks. Bytes written by one call stay together, and in the order of the calls. Nothing
// waits here but the pool's threads, and these until `stop` at the latest.
//
// Thread: any, except where a comment says the pool.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "vm/sys/system_error.h"

namespace parley {

class Streams {
 public:
  Streams();
  ~Streams();
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;

  // Ends every wait, now and later.
  void stop();

  // Pool: returns when a whole line is there, or the end, or an error (ECANCELED after `stop`).
  SystemResult<void> wait_for_line();
  // The line that `wait_for_line` found, with its newline; empty: the end.
  std::string take_line();
  void give_line_back(const std::string& line);

  using Bytes = std::span<const std::uint8_t>;
  // Whoever writes has the turn from write_now until its rest is with the pool. Held for as long as
  // a call takes that waits for nothing.
  using Turn = std::unique_lock<std::mutex>;
  Turn take_turn(int descriptor) { return Turn(turns_[rest_index(descriptor)]); }
  // Writes what can be written without waiting, if nothing else waits to be written; how much.
  SystemResult<std::size_t> write_now(const Turn& turn, int descriptor, Bytes bytes);
  // Whoever has a rest announces it before it goes to the pool, and withdraws it if it does not.
  void announce_rest(int descriptor) { rests_[rest_index(descriptor)].fetch_add(1); }
  void withdraw_rest(int descriptor) { rests_[rest_index(descriptor)].fetch_sub(1); }
  // Pool: writes the announced rest.
  SystemResult<void> write_rest(int descriptor, Bytes bytes);

 private:
  static std::size_t rest_index(int descriptor) { return descriptor == 2 ? 1 : 0; }
  SystemResult<void> wait_until(int descriptor, short events);

  int stop_event_;
  std::mutex lock_;
  std::string input_;  // read and not taken
  std::array<std::mutex, 2> turns_;
  std::array<std::atomic<unsigned>, 2> rests_{};
};

}  // namespace parley
