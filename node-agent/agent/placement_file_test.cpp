#include "node-agent/agent/placement_file.h"

#include <gmock/gmock.h>

namespace faasbatch::agent {
namespace {

using testing::HasSubstr;

TEST(PlacementFile, PlacesTheWorkflowsThatItNames) {
  const auto file = PlacementFile::parse(
      R"({"default/w": {"placementGeneration": 3,
          "placement": [{"step": "s", "group": 0, "node": "a", "store": "Node"},
                        {"step": "t", "group": 1, "node": "b", "store": "Cluster"}],
          "replicas": [{"nodes": ["a", "b"]}]}})");
  ASSERT_TRUE(file) << file.error().message;
  const runs::DirectoryEntry* entry = file->find("default", "w");
  ASSERT_TRUE(entry && entry->placement);
  EXPECT_EQ(entry->placement->node(1), "b");
  EXPECT_EQ(entry->generation, 3);
  ASSERT_TRUE(file->find("other", "w"));
  EXPECT_EQ(file->find("other", "w")->placement, nullptr);
}

TEST(PlacementFile, SaysWhatIsWrong) {
  for (const char* text : {"", "[]", R"({"default/w": 3})", R"({"default/w": {}})",
                           R"({"default/w": {"placement": [{"step": "s", "group": 1}], "replicas": []}})"}) {
    const auto file = PlacementFile::parse(text);
    ASSERT_FALSE(file) << text;
    EXPECT_EQ(file.error().kind, "InvalidPlacement");
  }
  EXPECT_THAT(PlacementFile::parse(R"({"default/w": {}})").error().message, HasSubstr("default/w"));
  EXPECT_EQ(PlacementFile::read("/nowhere/at/all").error().kind, "ReadFailed");
  EXPECT_TRUE(PlacementFile::read(""));
}

}  // namespace
}  // namespace faasbatch::agent
