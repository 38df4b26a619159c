// Framing: the frames do not depend on how the bytes were cut.
#include "vm/net/framing.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

namespace parley {
namespace {

using Frames = std::vector<std::string>;

// Feeds the pieces one after the other and collects the frames.
Frames frames_of(Framer& framer, const std::vector<std::string>& pieces) {
  Frames frames;
  for (const std::string& piece : pieces) {
    Framer::Feed feed(framer, {reinterpret_cast<const std::uint8_t*>(piece.data()), piece.size()});
    while (const auto frame = feed.next()) frames.emplace_back(frame->begin(), frame->end());
  }
  return frames;
}

std::string stream_of(FramingKind kind, const Frames& frames) {
  std::string stream;
  for (const std::string& frame : frames) {
    const FrameHead head = frame_head(kind, frame.size()).value();
    stream.append(reinterpret_cast<const char*>(head.bytes), head.size);
    stream += frame;
  }
  return stream;
}

TEST_CASE("a stream cut in two at every byte gives the same frames") {
  const Frames lines = {"a\n", "\n", "a longer line\r\n", "x\n"};
  const Frames packets = {"a", "", "a longer packet", std::string(200, 'x'), "\n"};
  for (const FramingKind kind :
       {FramingKind::kLine, FramingKind::kLength1, FramingKind::kLength2, FramingKind::kLength4}) {
    const Frames& frames = kind == FramingKind::kLine ? lines : packets;
    const std::string stream = stream_of(kind, frames);
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
      CAPTURE(cut);
      Framer framer({.kind = kind});
      CHECK(frames_of(framer, {stream.substr(0, cut), stream.substr(cut)}) == frames);
      CHECK(framer.kept_bytes() == 0);
    }
    std::vector<std::string> single;
    for (const char c : stream) single.emplace_back(1, c);
    Framer framer({.kind = kind});
    CHECK(frames_of(framer, single) == frames);
  }
}

TEST_CASE("random frames in random pieces come out whole") {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    CAPTURE(round);
    const FramingKind kind = round % 2 == 0 ? FramingKind::kLine : FramingKind::kLength2;
    Frames frames;
    for (int n = 0; n < 20; ++n) {
      std::string frame(random() % 50, 'a');
      if (kind == FramingKind::kLine) frame += '\n';
      frames.push_back(frame);
    }
    std::string stream = stream_of(kind, frames);
    std::vector<std::string> pieces;
    while (!stream.empty()) {
      const std::size_t size = std::min<std::size_t>(1 + random() % 70, stream.size());
      pieces.push_back(stream.substr(0, size));
      stream.erase(0, size);
    }
    Framer framer({.kind = kind});
    CHECK(frames_of(framer, pieces) == frames);
  }
}

TEST_CASE("a line above the limit comes in pieces, wherever it is cut") {
  const std::string stream = "0123456789\nab\n";
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    CAPTURE(cut);
    Framer framer({.kind = FramingKind::kLine, .line_max = 4});
    CHECK(frames_of(framer, {stream.substr(0, cut), stream.substr(cut)}) ==
          Frames{"0123", "4567", "89\n", "ab\n"});
  }
}

TEST_CASE("a frame above the limit ends the stream") {
  Framer framer({.kind = FramingKind::kLength2, .frame_max = 10});
  const std::string good("\0\2hi", 4), bad("\0\xFFxxxx", 6);
  CHECK(frames_of(framer, {good + bad.substr(0, 1)}) == Frames{"hi"});
  CHECK(!framer.too_long());
  CHECK(frames_of(framer, {bad.substr(1), good}).empty());
  CHECK(framer.too_long());
  CHECK(framer.kept_bytes() == 0);
}

TEST_CASE("raw gives what came, or exactly what is wanted") {
  Framer framer;
  CHECK(frames_of(framer, {"ab", "", "c"}) == Frames{"ab", "c"});
  framer.set_exact(3);
  CHECK(frames_of(framer, {"ab", "cdefgh", "i"}) == Frames{"abc", "def", "ghi"});
}

TEST_CASE("what was not taken is kept for another framing") {
  Framer framer({.kind = FramingKind::kLine});
  const std::string text = "head\nbody of raw";
  {
    Framer::Feed feed(framer, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    CHECK(feed.next()->size() == 5);
  }
  CHECK(framer.kept_bytes() == 11);
  framer.set_options({});
  CHECK(frames_of(framer, {""}) == Frames{"body of raw"});
  CHECK(framer.kept_bytes() == 0);
}

TEST_CASE("a head says the length, big-endian, if it fits") {
  CHECK(frame_head(FramingKind::kRaw, 1000)->size == 0);
  CHECK(frame_head(FramingKind::kLength2, 0x0102)->bytes[0] == 1);
  CHECK(frame_head(FramingKind::kLength2, 0x0102)->bytes[1] == 2);
  CHECK(!frame_head(FramingKind::kLength1, 256).has_value());
  CHECK(frame_head(FramingKind::kLength4, 1u << 31)->bytes[0] == 0x80);
}

}  // namespace
}  // namespace parley
