#include "node-agent/pods/process/stale_directories.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "lib/testing/temp_dir.h"

namespace faasbatch::pods {
namespace {

namespace fs = std::filesystem;

fs::path directoryOf(const testing::TempDir& parent, const std::string& name) {
  fs::path path = parent.file(name);
  fs::create_directory(path);
  std::ofstream(path / "pod.sock") << "x";
  return path;
}

TEST(StaleDirectories, GoWhenNobodyHoldsThem) {
  const testing::TempDir parent;
  const fs::path stale = directoryOf(parent, "faasbatch-stale1");
  const fs::path used = directoryOf(parent, "faasbatch-used11");
  const int dead = claimDirectory(stale);
  const int alive = claimDirectory(used);
  ASSERT_GE(dead, 0);
  ASSERT_GE(alive, 0);
  close(dead);
  removeStaleDirectories(parent.path());
  EXPECT_FALSE(fs::exists(stale));
  EXPECT_TRUE(fs::exists(used / "pod.sock"));
  close(alive);
  removeStaleDirectories(parent.path());
  EXPECT_FALSE(fs::exists(used));
}

TEST(StaleDirectories, LeaveAloneWhatIsNotTheirs) {
  const testing::TempDir parent;
  const fs::path unlocked = directoryOf(parent, "faasbatch-unlock");
  const fs::path other = directoryOf(parent, "something-else");
  const int dead = claimDirectory(other);
  close(dead);
  fs::create_directory_symlink(other, parent.file("faasbatch-link11"));
  removeStaleDirectories(parent.path());
  EXPECT_TRUE(fs::exists(unlocked));
  EXPECT_TRUE(fs::exists(other / "pod.sock"));
  EXPECT_TRUE(fs::is_symlink(parent.file("faasbatch-link11")));
  removeStaleDirectories("/nosuch");
}

TEST(StaleDirectories, AreClaimedOnce) {
  const testing::TempDir parent;
  const fs::path used = directoryOf(parent, "faasbatch-once11");
  const int first = claimDirectory(used);
  ASSERT_GE(first, 0);
  EXPECT_EQ(claimDirectory("/nosuch"), -1);
  close(first);
}

}  // namespace
}  // namespace faasbatch::pods
