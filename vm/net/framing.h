// Framing: from bytes as they come to frames as a program wants them.
//
//   Framer::Feed feed(framer, bytes);           // bytes borrowed
//   while (auto frame = feed.next()) use(*frame);  // valid until the next call
//   ~Feed                                       // what is left is kept for the next feed
//
// Invariant: however the bytes are cut into feeds, the frames are the same. No byte is copied that
// lies in one feed with all of its frame; an idle framer holds no memory.
//
// Thread: one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <vector>

namespace parley {

enum class FramingKind : std::uint8_t {
  kRaw,      // whatever came; with `exact_bytes`, exactly so many
  kLine,     // up to and including "\n"; a longer line comes in pieces of `line_max`
  kLength1,  // a big-endian length of 1, 2 or 4 bytes, which is cut off
  kLength2,
  kLength4,
};

struct FramingOptions {
  FramingKind kind = FramingKind::kRaw;
  std::size_t line_max = 16384;  // bytes; at least 1
  std::size_t frame_max = 0;     // bytes; 0: no limit; a longer frame is an error
};

class Framer {
 public:
  explicit Framer(FramingOptions options = {}) : options_(options) {}

  // Bytes that were kept are framed anew.
  void set_options(FramingOptions options) { options_ = options, searched_ = 0; }
  const FramingOptions& options() const { return options_; }
  // kRaw: the next frame has exactly so many bytes; 0: whatever comes.
  void set_exact(std::size_t bytes) { exact_bytes_ = bytes; }
  // Bytes kept of a frame that is not whole.
  std::size_t kept_bytes() const { return kept_.size(); }
  // A frame was longer than `frame_max`: nothing comes any more.
  bool too_long() const { return too_long_; }

  // One portion of bytes on its way through a framer. One feed at a time.
  class Feed {
   public:
    Feed(Framer& framer, std::span<const std::uint8_t> bytes) : framer_(framer), rest_(bytes) {}
    ~Feed() { keep_rest(); }
    Feed(const Feed&) = delete;
    Feed& operator=(const Feed&) = delete;
    // The next whole frame, or nothing. Valid until the next call, and no longer than the feed.
    std::optional<std::span<const std::uint8_t>> next();

   private:
    void keep_rest();
    Framer& framer_;
    std::span<const std::uint8_t> rest_;
    bool frame_from_kept_ = false;  // the last frame lies at the start of framer_.kept_
    std::size_t frame_end_ = 0;     // and ends there
  };

 private:
  struct Cut {
    std::size_t begin, end;  // of the frame, within the bytes looked at
    std::size_t next;        // where what follows begins
  };
  // Where the first frame of the bytes lies, or how many bytes there must be at least to know.
  std::expected<Cut, std::size_t> cut(std::span<const std::uint8_t> bytes);
  std::expected<Cut, std::size_t> cut_line(std::span<const std::uint8_t> bytes);
  std::expected<Cut, std::size_t> cut_length(std::span<const std::uint8_t> bytes,
                                             std::size_t length_bytes);

  FramingOptions options_;
  std::size_t exact_bytes_ = 0;
  bool too_long_ = false;
  std::vector<std::uint8_t> kept_;
  std::size_t searched_ = 0;  // kLine: no line end stands before this in kept_
};

// The head that a frame gets when it is sent: 0 to 4 bytes. Nothing if the frame is too long for
// its kind.
struct FrameHead {
  std::uint8_t bytes[4] = {};
  std::size_t size = 0;
};
std::optional<FrameHead> frame_head(FramingKind kind, std::size_t frame_bytes);

}  // namespace parley
