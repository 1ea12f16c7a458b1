#include "node-agent/agent/pod_defaults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faasbatch::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(PodDefaults, ReplaceWhatTheyGive) {
  const auto settings = withDefaults({.node = "n1"}, R"(
resources: {requests: {cpu: 10m}, limits: {memory: 1Gi}}
imagePullSecrets: ["mine", "ours"]
priorityClassName: low
)");
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->node, "n1");
  EXPECT_EQ(settings->resources, R"({"requests":{"cpu":"10m"},"limits":{"memory":"1Gi"}})");
  EXPECT_THAT(settings->pullSecrets, ElementsAre("mine", "ours"));
  EXPECT_EQ(settings->priorityClass, "low");
}

TEST(PodDefaults, LeaveTheRest) {
  for (const char* text : {"", "# nothing\n", "resources: null\n"}) {
    const auto settings = withDefaults({}, text);
    ASSERT_TRUE(settings) << settings.error().message;
    EXPECT_EQ(settings->resources, pods::PodSettings().resources);
  }
}

TEST(PodDefaults, NameWhatIsWrong) {
  for (const auto& [text, field] :
       {std::pair("resources: 3", "resources"), std::pair("imagePullSecrets: a", "imagePullSecrets"),
        std::pair("imagePullSecrets: [{name: a}]", "imagePullSecrets"),
        std::pair("priorityClassName: [a]", "priorityClassName"), std::pair("resource: {}", "resource"),
        std::pair("- a", "the file"), std::pair("a: b: c", "pod defaults")}) {
    const auto settings = withDefaults({}, text);
    ASSERT_FALSE(settings) << text;
    EXPECT_EQ(settings.error().kind, "InvalidPodDefaults");
    EXPECT_THAT(settings.error().message, HasSubstr(field));
  }
}

}  // namespace
}  // namespace faasbatch::agent
