#include "node-agent/pods/kubernetes/pod_warning.h"

#include <gtest/gtest.h>

namespace faasbatch::pods {
namespace {

kube::Object event(const std::string& type, const std::string& reason, const std::string& time,
                   const std::string& field = "deprecatedLastTimestamp") {
  kube::Object one;
  one.json = R"({"type":")" + type + R"(","reason":")" + reason + R"(","note":"because",")" + field +
             R"(":")" + time + "\"}";
  return one;
}
std::string newest(std::vector<kube::Object> events) {
  kube::Page page;
  page.items = std::move(events);
  return newestWarning(page);
}

TEST(PodWarning, IsTheNewest) {
  const auto old = event("Warning", "FailedMount", "2026-01-01T10:00:00Z");
  const auto later = event("Warning", "NetworkNotReady", "2026-01-01T10:00:09Z");
  EXPECT_EQ(newest({old, later}), "NetworkNotReady: because");
  EXPECT_EQ(newest({later, old}), "NetworkNotReady: because");
  EXPECT_EQ(newest({event("Warning", "A", "2026-01-01T10:00:01.5Z", "eventTime"), old}), "A: because");
  EXPECT_EQ(newest({event("Warning", "A", "")}), "A: because");
  EXPECT_EQ(newest({}), "");
}

TEST(PodWarning, IsNoneOnceThePodHasGotFurther) {
  const auto warning = event("Warning", "FailedMount", "2026-01-01T10:00:05Z");
  EXPECT_EQ(newest({warning, event("Normal", "Pulling", "2026-01-01T10:00:06Z")}), "");
  EXPECT_EQ(newest({event("Normal", "Pulling", "2026-01-01T10:00:06Z"), warning}), "");
  EXPECT_EQ(newest({event("Normal", "Pulling", "2026-01-01T10:00:01Z"), warning}), "FailedMount: because");
  EXPECT_EQ(newest({event("Normal", "Pulling", "2026-01-01T10:00:05Z"), warning}), "") << "mounts come first";
  EXPECT_EQ(newest({event("Normal", "BackOff", "2026-01-01T10:00:06Z"), warning}), "FailedMount: because");
}

}  // namespace
}  // namespace faasbatch::pods
