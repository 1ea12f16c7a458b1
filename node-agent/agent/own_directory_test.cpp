#include "node-agent/agent/own_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "lib/testing/temp_dir.h"

namespace faasbatch::agent {
namespace {

using ::testing::HasSubstr;

base::Result<void> own(std::vector<const char*> arguments) { return ownDirectories(arguments); }

TEST(OwnDirectory, GivesItAwayAndCloses) {
  const testing::TempDir folder;
  chmod(folder.path().c_str(), 0755);
  const uid_t uid = geteuid() == 0 ? 65532 : geteuid();
  const auto owned = own({folder.path().c_str(), std::to_string(uid).c_str()});
  ASSERT_TRUE(owned) << owned.error().message;
  struct stat now{};
  ASSERT_EQ(stat(folder.path().c_str(), &now), 0);
  EXPECT_EQ(now.st_uid, uid);
  EXPECT_EQ(now.st_mode & 07777U, 0700U);
}

TEST(OwnDirectory, GivesSeveralAway) {
  const testing::TempDir first;
  const testing::TempDir second;
  const uid_t uid = geteuid() == 0 ? 65532 : geteuid();
  ASSERT_TRUE(own({first.path().c_str(), second.path().c_str(), std::to_string(uid).c_str()}));
  for (const testing::TempDir* folder : {&first, &second}) {
    struct stat now{};
    ASSERT_EQ(stat(folder->path().c_str(), &now), 0);
    EXPECT_EQ(now.st_uid, uid);
  }
}

// Runs in a child that has, of root's capabilities, CAP_CHOWN alone, as the chart's init container.
bool ownWithChownAlone(const std::string& directory) {
  const pid_t child = fork();
  if (child == 0) {
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, 2> kept{};
    kept[0].effective = kept[0].permitted = 1U << CAP_CHOWN;
    if (syscall(SYS_capset, &header, kept.data()) != 0) _exit(2);
    _exit(own({directory.c_str(), "65532"}) ? 0 : 1);
  }
  int status = 0;
  return waitpid(child, &status, 0) == child && status == 0;
}

TEST(OwnDirectory, AgainWhenItIsGivenAwayAlready) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  const testing::TempDir folder;
  EXPECT_TRUE(ownWithChownAlone(folder.path()));
  EXPECT_TRUE(ownWithChownAlone(folder.path()));
}

TEST(OwnDirectory, RefusesWhatIsNoDirectory) {
  const testing::TempDir folder;
  std::filesystem::create_directory_symlink(folder.path(), folder.file("link"));
  for (const std::string& path : {folder.file("nothing"), folder.file("link")}) {
    const auto owned = own({path.c_str(), "65532"});
    ASSERT_FALSE(owned) << path;
    EXPECT_EQ(owned.error().kind, "OwnFailed");
    EXPECT_THAT(owned.error().message, HasSubstr(path));
  }
}

TEST(OwnDirectory, NamesWrongUsage) {
  EXPECT_EQ(own({"/tmp"}).error().kind, "Usage");
  EXPECT_EQ(own({"/tmp", "root"}).error().kind, "Usage");
  EXPECT_EQ(own({"/tmp", "-1"}).error().kind, "Usage");
  EXPECT_EQ(own({}).error().kind, "Usage");
}

}  // namespace
}  // namespace faasbatch::agent
