// Framing. Bytes of an unfinished frame are kept; what comes next is added to them only up to the
// end of that frame, and all frames after it are cut out of the borrowed bytes.
#include "vm/net/framing.h"

#include <algorithm>
#include <cstring>

namespace parley {

namespace {

std::size_t length_bytes_of(FramingKind kind) {
  switch (kind) {
    case FramingKind::kLength1:
      return 1;
    case FramingKind::kLength2:
      return 2;
    case FramingKind::kLength4:
      return 4;
    default:
      return 0;
  }
}

}  // namespace

std::expected<Framer::Cut, std::size_t> Framer::cut(std::span<const std::uint8_t> bytes) {
  switch (options_.kind) {
    case FramingKind::kRaw: {
      const std::size_t wanted = exact_bytes_ == 0 ? bytes.size() : exact_bytes_;
      if (bytes.empty() || bytes.size() < wanted) {
        return std::unexpected(std::max<std::size_t>(wanted, 1));
      }
      return Cut{0, wanted, wanted};
    }
    case FramingKind::kLine:
      return cut_line(bytes);
    default:
      return cut_length(bytes, length_bytes_of(options_.kind));
  }
}

std::expected<Framer::Cut, std::size_t> Framer::cut_line(std::span<const std::uint8_t> bytes) {
  const std::size_t limit = std::min(bytes.size(), options_.line_max);
  const std::size_t from = bytes.data() == kept_.data() ? std::min(searched_, limit) : 0;
  const auto* found = static_cast<const std::uint8_t*>(
      limit > from ? std::memchr(bytes.data() + from, '\n', limit - from) : nullptr);
  if (found != nullptr) {
    const auto end = static_cast<std::size_t>(found - bytes.data()) + 1;
    return Cut{0, end, end};
  }
  if (bytes.size() >= options_.line_max) return Cut{0, limit, limit};
  return std::unexpected(bytes.size() + 1);
}

std::expected<Framer::Cut, std::size_t> Framer::cut_length(std::span<const std::uint8_t> bytes,
                                                           std::size_t length_bytes) {
  if (bytes.size() < length_bytes) return std::unexpected(length_bytes);
  std::size_t length = 0;
  for (std::size_t i = 0; i < length_bytes; ++i) length = (length << 8) | bytes[i];
  if (options_.frame_max != 0 && length > options_.frame_max) {
    too_long_ = true;
    return std::unexpected(std::size_t{1});
  }
  const std::size_t end = length_bytes + length;
  if (bytes.size() < end) return std::unexpected(end);
  return Cut{length_bytes, end, end};
}

std::optional<std::span<const std::uint8_t>> Framer::Feed::next() {
  std::vector<std::uint8_t>& kept = framer_.kept_;
  if (frame_from_kept_) {  // the frame that was given is done with
    kept.erase(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(frame_end_));
    frame_from_kept_ = false;
  }
  if (framer_.too_long_) return std::nullopt;
  while (!kept.empty()) {
    const auto found = framer_.cut(kept);
    if (framer_.too_long_) return std::nullopt;
    if (found.has_value()) {
      framer_.searched_ = 0;
      frame_from_kept_ = true;
      frame_end_ = found->next;
      return std::span<const std::uint8_t>(kept).subspan(found->begin, found->end - found->begin);
    }
    if (rest_.empty()) return std::nullopt;
    // As much as is known to be missing; of a line, up to its end or to the limit.
    std::size_t missing = std::min(found.error() - kept.size(), rest_.size());
    if (framer_.options_.kind == FramingKind::kLine) {
      framer_.searched_ = kept.size();
      const std::size_t limit = std::min(framer_.options_.line_max - kept.size(), rest_.size());
      const void* end = std::memchr(rest_.data(), '\n', limit);
      missing =
          end == nullptr
              ? limit
              : static_cast<std::size_t>(static_cast<const std::uint8_t*>(end) - rest_.data()) + 1;
    }
    kept.insert(kept.end(), rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(missing));
    rest_ = rest_.subspan(missing);
  }
  if (rest_.empty()) return std::nullopt;
  const auto found = framer_.cut(rest_);
  if (!found.has_value()) return std::nullopt;
  const auto frame = rest_.subspan(found->begin, found->end - found->begin);
  rest_ = rest_.subspan(found->next);
  return frame;
}

void Framer::Feed::keep_rest() {
  std::vector<std::uint8_t>& kept = framer_.kept_;
  if (frame_from_kept_) {
    kept.erase(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(frame_end_));
  }
  if (framer_.too_long_) kept.clear(), rest_ = {};
  kept.insert(kept.end(), rest_.begin(), rest_.end());
  if (kept.empty()) std::vector<std::uint8_t>().swap(kept);
}

std::optional<FrameHead> frame_head(FramingKind kind, std::size_t frame_bytes) {
  FrameHead head;
  head.size = length_bytes_of(kind);
  if (head.size == 0) return head;
  if (frame_bytes >> (8 * head.size) != 0) return std::nullopt;
  for (std::size_t i = 0; i < head.size; ++i) {
    head.bytes[i] = static_cast<std::uint8_t>(frame_bytes >> (8 * (head.size - 1 - i)));
  }
  return head;
}

}  // namespace parley
