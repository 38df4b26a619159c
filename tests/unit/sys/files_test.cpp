// Files and folders, in a folder of their own that is removed afterwards.
#include "vm/sys/files.h"

#include <doctest/doctest.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

namespace parley {
namespace {

struct Scratch {
  std::string path = "/tmp/parley_files_XXXXXX";
  std::unique_ptr<Files> files = make_posix_files();
  Scratch() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
  ~Scratch() { std::filesystem::remove_all(path); }
  std::string at(const std::string& name) const { return path + "/" + name; }
};

Files::Bytes bytes(std::string_view text) { return {text.begin(), text.end()}; }

TEST_CASE("what is written is read, whole and in parts") {
  Scratch s;
  const auto file = s.files->open(s.at("a"), {.read = true, .write = true, .create = true});
  REQUIRE(file.has_value());
  CHECK(s.files->write(*file, bytes("hello world")).has_value());
  CHECK(s.files->pwrite(*file, 6, bytes("W")).has_value());
  std::array<std::uint8_t, 5> part{};
  CHECK(s.files->pread(*file, 6, part).value() == 5);
  CHECK(part[0] == 'W');
  CHECK(s.files->read(*file, part).value() == 0);  // at the end
  CHECK(s.files->seek(*file, SeekFrom::kEnd, -2).value() == 9);
  CHECK(s.files->read(*file, part).value() == 2);
  CHECK(s.files->seek(*file, SeekFrom::kStart, 5).value() == 5);
  CHECK(s.files->truncate(*file).has_value());
  CHECK(s.files->sync(*file).has_value());
  CHECK(s.files->sync_data(*file).has_value());
  CHECK(s.files->info_of(*file)->size_bytes == 5);
  CHECK(s.files->close(*file).has_value());
  CHECK(s.files->close(*file).error().name() == "ebadf");
  CHECK(s.files->read_file(s.at("a")).value() == bytes("hello"));
}

TEST_CASE("append goes to the end, exclusive refuses what is there, write truncates if asked") {
  Scratch s;
  const auto put = [&](OpenOptions options, std::string_view text) {
    const auto file = s.files->open(s.at("a"), options);
    if (!file) return std::string(file.error().name());
    CHECK(s.files->write(*file, bytes(text)).has_value());
    CHECK(s.files->close(*file).has_value());
    const auto all = s.files->read_file(s.at("a")).value();
    return std::string(all.begin(), all.end());
  };
  CHECK(put({.write = true}, "x") == "enoent");
  CHECK(put({.write = true, .exclusive = true}, "one") == "one");
  CHECK(put({.write = true, .exclusive = true}, "x") == "eexist");
  CHECK(put({.write = true, .append = true, .sync = true}, "two") == "onetwo");
  CHECK(put({.write = true, .truncate = true}, "3") == "3");
}

TEST_CASE("a large file and one without a size are read whole") {
  Scratch s;
  const Files::Bytes large(3'000'000, 7);
  const auto file = s.files->open(s.at("large"), {.write = true, .create = true});
  REQUIRE(file.has_value());
  CHECK(s.files->write(*file, large).has_value());
  CHECK(s.files->close(*file).has_value());
  CHECK(s.files->read_file(s.at("large")).value() == large);
  CHECK(!s.files->read_file("/proc/self/status")->empty());
}

TEST_CASE("folders are made, listed and removed") {
  Scratch s;
  CHECK(s.files->make_folder(s.at("d")).has_value());
  CHECK(s.files->make_folder(s.at("d")).error().number == EEXIST);
  for (const char* name : {"d/b", "d/a"}) {
    const auto file = s.files->open(s.at(name), {.write = true, .create = true});
    REQUIRE(file.has_value());
    CHECK(s.files->close(*file).has_value());
  }
  auto names = s.files->list_folder(s.at("d")).value();
  std::sort(names.begin(), names.end());
  CHECK(names == std::vector<std::string>{"a", "b"});
  CHECK(s.files->remove_folder(s.at("d")).error().name() == "enotempty");
  CHECK(s.files->rename(s.at("d/a"), s.at("d/c")).has_value());
  CHECK(s.files->remove_file(s.at("d/c")).has_value());
  CHECK(s.files->remove_file(s.at("d/b")).has_value());
  CHECK(s.files->remove_folder(s.at("d")).has_value());
  CHECK(s.files->list_folder(s.at("d")).error().name() == "enoent");
  CHECK(s.files->open(s.path, {.read = true}).error().name() == "eisdir");
  const auto folder = s.files->open(s.path, {.read = true, .folder = true});
  REQUIRE(folder.has_value());
  CHECK(s.files->sync(*folder).has_value());
  CHECK(s.files->close(*folder).has_value());
}

TEST_CASE("links, information, and its change") {
  Scratch s;
  const auto file = s.files->open(s.at("a"), {.write = true, .create = true});
  REQUIRE(file.has_value());
  CHECK(s.files->close(*file).has_value());
  CHECK(s.files->make_symbolic_link("a", s.at("soft")).has_value());
  CHECK(s.files->make_link(s.at("a"), s.at("hard")).has_value());
  CHECK(s.files->read_link(s.at("soft")).value() == "a");
  CHECK(s.files->read_link(s.at("a")).error().name() == "einval");
  CHECK(s.files->info(s.at("soft"), FollowLinks::kNo)->type == FileType::kLink);
  CHECK(s.files->info(s.at("soft"), FollowLinks::kYes)->type == FileType::kRegular);
  CHECK(s.files->info("/dev/null", FollowLinks::kYes)->type == FileType::kDevice);
  CHECK(s.files->set_info(s.at("a"), {.mode = 0400, .modified_s = 1000}).has_value());
  const FileInfo info = s.files->info(s.at("hard"), FollowLinks::kYes).value();
  CHECK(info.links == 2);
  CHECK((info.mode & 0777) == 0400);
  CHECK(info.modified_s == 1000);
  CHECK(info.accessed_s > 1000);
  CHECK(info.user == ::getuid());
}

TEST_CASE("the current folder is absolute") {
  Scratch s;
  CHECK(s.files->current_folder()->starts_with("/"));
  CHECK(s.files->set_current_folder(s.at("none")).error().name() == "enoent");
}

}  // namespace
}  // namespace parley
