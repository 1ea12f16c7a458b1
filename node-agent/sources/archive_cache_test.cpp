#include "node-agent/sources/archive_cache.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "lib/crypto/digest.h"
#include "lib/testing/temp_dir.h"

namespace faasbatch::sources {
namespace {

namespace fs = std::filesystem;

class Caches : public ::testing::TestWithParam<bool> {
 protected:
  std::unique_ptr<ArchiveCache> make(std::size_t maxBytes) {
    return makeArchiveCache(GetParam() ? directory_.file("archives") : "", maxBytes);
  }
  // The archive of ten bytes that begins with `c`; its hash.
  static std::string bytes(char c) { return std::string(1, c) + "123456789"; }
  static std::string hash(char c) { return crypto::sha256Hex(bytes(c)); }
  static void add(ArchiveCache& cache, char c) {
    cache.add(hash(c), std::make_shared<const std::string>(bytes(c)));
  }
  static bool has(ArchiveCache& cache, char c) {
    const Bytes found = cache.find(hash(c));
    EXPECT_TRUE(found == nullptr || *found == bytes(c));
    return found != nullptr;
  }
  // File times are as coarse as the kernel's tick.
  void letTimePass() {
    if (!GetParam()) return;
    for (const auto& entry : fs::directory_iterator(directory_.file("archives")))
      fs::last_write_time(entry, entry.last_write_time() - std::chrono::seconds(1));
  }
  faasbatch::testing::TempDir directory_;
};
INSTANTIATE_TEST_SUITE_P(MemoryAndDirectory, Caches, ::testing::Bool());

TEST_P(Caches, KeepThoseThatWereUsedLastWithinTheBound) {
  const auto cache = make(30);
  EXPECT_FALSE(has(*cache, 'a'));
  for (const char c : {'a', 'b', 'c'}) {
    add(*cache, c);
    letTimePass();
  }
  EXPECT_TRUE(has(*cache, 'a'));
  letTimePass();
  add(*cache, 'd');
  EXPECT_FALSE(has(*cache, 'b')) << "unused for longest";
  for (const char c : {'a', 'c', 'd'}) EXPECT_TRUE(has(*cache, c)) << c;
  add(*cache, 'd');
  for (const char c : {'a', 'c', 'd'}) EXPECT_TRUE(has(*cache, c)) << "adding again changes nothing: " << c;
}

TEST_P(Caches, DoNotKeepWhatIsLargerThanTheBound) {
  const auto cache = make(9);
  add(*cache, 'a');
  EXPECT_FALSE(has(*cache, 'a'));
}

TEST(DirectoryCache, LastsAndTrustsNoFile) {
  const faasbatch::testing::TempDir directory;
  const std::string folder = directory.file("a/b");
  const std::string hash = crypto::sha256Hex("archive");
  makeArchiveCache(folder, 100)->add(hash, std::make_shared<const std::string>("archive"));
  std::ofstream(folder + "/unfinished") << "left by a kill";
  const auto cache = makeArchiveCache(folder, 100);
  EXPECT_FALSE(fs::exists(folder + "/unfinished"));
  ASSERT_NE(cache->find(hash), nullptr);
  EXPECT_EQ(*cache->find(hash), "archive");
  std::ofstream(folder + "/" + hash + ".zip") << "changed";
  EXPECT_EQ(cache->find(hash), nullptr);
  EXPECT_TRUE(fs::is_empty(folder)) << "what is damaged is removed";
}

TEST(DirectoryCache, FallsBackToMemory) {
  const auto cache = makeArchiveCache("/proc/nowhere", 100);
  const std::string hash = crypto::sha256Hex("archive");
  cache->add(hash, std::make_shared<const std::string>("archive"));
  EXPECT_NE(cache->find(hash), nullptr);
}

}  // namespace
}  // namespace faasbatch::sources
