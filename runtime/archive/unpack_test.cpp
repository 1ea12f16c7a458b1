#include "runtime/archive/unpack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "lib/testing/temp_dir.h"
#include "runtime/archive/entry.h"
#include "runtime/archive/zip_maker.h"

namespace faasbatch::archive {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string faultOf(const EntryFacts& facts) {
  const auto entry = checkEntry(facts);
  return entry ? "" : entry.error().message;
}

TEST(Entry, TakesFilesAndDirectoriesBelow) {
  for (const char* path : {"a", "a/b.py", "..a", "a..", "...", "a b", "ü/ß", "C:a"}) {
    const auto entry = checkEntry({.path = path});
    ASSERT_TRUE(entry) << entry.error().message;
    EXPECT_EQ(entry->path, path);
    EXPECT_FALSE(entry->directory);
  }
  const auto directory = checkEntry({.path = "a/b/", .unixMode = S_IFDIR | 0755});
  ASSERT_TRUE(directory);
  EXPECT_EQ(directory->path, "a/b");
  EXPECT_TRUE(directory->directory);
  EXPECT_TRUE(checkEntry({.path = "a", .unixMode = S_IFREG | 0744})->executable);
  EXPECT_FALSE(checkEntry({.path = "a", .unixMode = 0644})->executable);
}

TEST(Entry, RefusesPathsThatLeadElsewhere) {
  for (const char* path : {"", "/", "/a", "..", "../a", "a/..", "a/../../b", "a/../b", "./a", "a/./b", "a//b",
                           "//", "a\\b", "..\\a", "a\nb", "a\x7f"})
    EXPECT_NE(faultOf({.path = path}), "") << path;
  const std::string part(kMaxPathPartBytes, 'x');
  EXPECT_EQ(faultOf({.path = part}), "");
  EXPECT_THAT(faultOf({.path = part + "x"}), HasSubstr("too long"));
  std::string deep = "a";
  for (std::size_t i = 1; i < kMaxPathParts; ++i) deep += "/a";
  EXPECT_EQ(faultOf({.path = deep}), "");
  EXPECT_THAT(faultOf({.path = deep + "/a"}), HasSubstr("too deep"));
  EXPECT_THAT(faultOf({.path = std::string(kMaxPathBytes + 1, 'x')}), HasSubstr("too long"));
}

TEST(Entry, RefusesWhatIsNoPlainFile) {
  EXPECT_THAT(faultOf({.path = "a", .unixMode = S_IFLNK | 0777}), HasSubstr("symbolic link"));
  for (const std::uint32_t kind : {S_IFIFO, S_IFCHR, S_IFBLK, S_IFSOCK})
    EXPECT_THAT(faultOf({.path = "a", .unixMode = kind | 0644}), HasSubstr("neither"));
  EXPECT_THAT(faultOf({.path = "a/", .unixMode = S_IFREG}), HasSubstr("at once"));
  EXPECT_THAT(faultOf({.path = "a", .unixMode = S_IFDIR}), HasSubstr("at once"));
  EXPECT_THAT(faultOf({.path = "a", .encrypted = true}), HasSubstr("encrypted"));
  EXPECT_THAT(faultOf({.path = "a", .method = 14}), HasSubstr("method 14"));
}

class Unpack : public ::testing::Test {
 protected:
  std::string fault(const std::string& zip, const UnpackLimits& limits = {}) {
    const faasbatch::testing::TempDir directory;
    const auto result = unpack(zip, directory.path(), limits);
    if (result) return "";
    EXPECT_EQ(result.error().kind, "LoadFailed");
    return result.error().message;
  }
  std::string read(const std::string& name) {
    std::ifstream file(directory_.file(name));
    return {(std::istreambuf_iterator<char>(file)), {}};
  }
  faasbatch::testing::TempDir directory_;
};

TEST_F(Unpack, WritesWhatTheArchiveHolds) {
  const std::string large(300'000, 'x');
  const std::string zip = makeZip({{.path = "empty/", .mode = S_IFDIR | 0755},
                                   {.path = "main.py", .text = "import lib.a\n"},
                                   {.path = "lib/a.py", .text = large},
                                   {.path = "lib/deep/run", .text = "#!", .mode = S_IFREG | 0755},
                                   {.path = "stored", .text = "as it is", .method = ZIP_CM_STORE}});
  const auto result = unpack(zip, directory_.path());
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(read("main.py"), "import lib.a\n");
  EXPECT_EQ(read("lib/a.py"), large);
  EXPECT_EQ(read("stored"), "as it is");
  EXPECT_TRUE(fs::is_directory(directory_.file("empty")));
  using fs::perms;
  EXPECT_EQ(fs::status(directory_.file("main.py")).permissions(), perms::owner_read | perms::owner_write);
  EXPECT_EQ(fs::status(directory_.file("lib/deep/run")).permissions(), perms::owner_all);
  EXPECT_EQ(fs::status(directory_.file("lib")).permissions(), perms::owner_all);
}

TEST_F(Unpack, RefusesWhatIsNoArchive) {
  const std::string good = makeZip({{.path = "a", .text = std::string(1000, 'x')}});
  EXPECT_EQ(fault(""), "the archive is empty");
  EXPECT_THAT(fault("<html>not found</html>"), HasSubstr("no zip"));
  EXPECT_THAT(fault(good.substr(0, good.size() / 2)), HasSubstr("no zip"));
  EXPECT_THAT(fault(makeZip({{.path = "a/", .mode = S_IFDIR | 0755}}).substr(0, 40)), HasSubstr("no zip"));
  std::string damaged = makeZip({{.path = "a", .text = std::string(1000, 'y'), .method = ZIP_CM_STORE}});
  damaged[damaged.find("yyy")] = 'z';
  EXPECT_THAT(fault(damaged), HasSubstr("damaged at \"a\""));
}

TEST_F(Unpack, BoundsWhatIsWrittenAndHowMany) {
  const std::string bomb = makeZip({{.path = "zeros", .text = std::string(10'000'000, '\0')}});
  ASSERT_LT(bomb.size(), 100'000U);
  EXPECT_THAT(fault(bomb, {.maxBytes = 9'999'999}), HasSubstr("more than 9999999 bytes"));
  EXPECT_EQ(fault(bomb, {.maxBytes = 10'000'000}), "");
  // An archive that says its file has one byte.
  const std::string size({static_cast<char>(10'000'000 & 255), static_cast<char>((10'000'000 >> 8) & 255),
                          static_cast<char>((10'000'000 >> 16) & 255), 0});
  const std::string lying = patched(bomb, size, std::string({1, 0, 0, 0}));
  ASSERT_NE(lying, bomb);
  EXPECT_NE(fault(lying, {.maxBytes = 1'000'000}), "");
  const std::string many = makeZip({{.path = "a"}, {.path = "b"}, {.path = "c"}});
  EXPECT_THAT(fault(many, {.maxEntries = 2}), HasSubstr("has 3 entries, 2 are allowed"));
}

TEST_F(Unpack, WritesNothingOutsideOfItsDirectory) {
  const std::string up = patched(makeZip({{.path = "xx/escaped", .text = "!"}}), "xx/escaped", "../escaped");
  const auto result = unpack(up, directory_.path());
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("leads out of its directory"));
  EXPECT_FALSE(fs::exists(directory_.path() + "/../escaped"));
  EXPECT_THAT(fault(makeZip({{.path = "link", .text = "/etc/passwd", .mode = S_IFLNK | 0777}})),
              HasSubstr("symbolic link"));
}

TEST_F(Unpack, RefusesPathsThatAreThereTwice) {
  const std::string twice = patched(makeZip({{.path = "a1"}, {.path = "a2"}}), "a2", "a1");
  EXPECT_THAT(fault(twice), HasSubstr("twice"));
  EXPECT_THAT(fault(makeZip({{.path = "a"}, {.path = "a/b"}})), HasSubstr("twice"));
  EXPECT_THAT(fault(makeZip({{.path = "a/b"}, {.path = "a"}})), HasSubstr("twice"));
}

TEST_F(Unpack, SaysThatItCannotWrite) {
  const auto result = unpack(makeZip({{.path = "a"}}), directory_.file("nowhere"));
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("\"a\" could not be written: No such file"));
}

}  // namespace
}  // namespace faasbatch::archive
