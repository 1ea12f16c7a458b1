#include "runtime/supervisor/memory_kills.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace faasbatch::supervisor {
namespace {

TEST(MemoryKills, ReadsBothFormsOfCgroups) {
  EXPECT_EQ(memoryKillsIn("low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n"), 2U);
  EXPECT_EQ(memoryKillsIn("oom_kill_disable 0\nunder_oom 0\noom_kill 7"), 7U);
  for (const char* text :
       {"", "oom_kill", "oom_kill \n", "oom_kill x\n", "oom_kill 1 2\n", "max_oom_kill 1\n"})
    EXPECT_EQ(memoryKillsIn(text), std::nullopt) << text;
}

TEST(MemoryKills, GivesEachKillOnceAndNoneOfBefore) {
  std::string directory = std::filesystem::temp_directory_path() / "memory-kills-XXXXXX";
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  const std::string file = directory + "/memory.events";
  const auto write = [&](int kills) { std::ofstream(file) << "oom 9\noom_kill " << kills << "\n"; };
  write(4);
  MemoryKills kills({directory + "/none", file});
  EXPECT_FALSE(kills.take());
  write(6);
  EXPECT_TRUE(kills.take());
  EXPECT_TRUE(kills.take());
  EXPECT_FALSE(kills.take());
  MemoryKills unknown({directory + "/none"});
  EXPECT_FALSE(unknown.take());
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace faasbatch::supervisor
