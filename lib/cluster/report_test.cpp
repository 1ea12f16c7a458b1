#include "lib/cluster/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace faasbatch::cluster {
namespace {

using testing::HasSubstr;

TEST(Report, IsOneJsonObject) {
  Report report{
      .node = "worker-1", .version = "1.0", .incarnation = "i", .sequence = 7, .pods = 2, .maxPods = 9};
  report.workflows.push_back({.nameSpace = "default",
                              .name = "wordcount",
                              .uid = "u",
                              .generation = 2,
                              .placementDigest = "d",
                              .runs = 3,
                              .p95 = std::chrono::milliseconds(5),
                              .steps = {{"split", 3, std::chrono::microseconds(1), 10}}});
  EXPECT_EQ(
      toJson(report),
      R"({"node":"worker-1","version":"1.0","incarnation":"i","sequence":7,"pods":2,"maxPods":9,)"
      R"("draining":false,"journalHealthy":true,"workflows":[{"namespace":"default","name":"wordcount",)"
      R"("uid":"u","generation":2,"placementDigest":"d","active":0,"runs":3,"p95Ns":5000000,"pods":0,)"
      R"("starving":0,"steps":[{"step":"split","runs":3,"timeNs":1000,"outputBytes":10}]}]})");
}

TEST(Report, OfAnotherVersionIsRead) {
  const auto report = reportFromJson(
      R"({"node":"n","incarnation":"i","sequence":null,"later":{"x":[1]},"workflows":[{"namespace":"a","name":"b"}]})");
  ASSERT_TRUE(report) << report.error().message;
  const Report expected{.node = "n", .incarnation = "i", .workflows = {{.nameSpace = "a", .name = "b"}}};
  EXPECT_EQ(*report, expected);
}

TEST(Report, NamesWhatIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "not JSON"},
      {"3", "it must be an object"},
      {"{}", "node and incarnation must be given"},
      {R"({"node":1})", "node must be a string"},
      {R"({"pods":4294967296})", "pods must be a whole number from 0 to 4294967295"},
      {R"({"sequence":1.5})", "sequence must be a whole number"},
      {R"({"draining":0})", "draining must be true or false"},
      {R"({"workflows":[{"namespace":"a"}]})", "workflows[0]: namespace and name must be given"},
      {R"({"workflows":[{"steps":[{"timeNs":-1}]}]})", "workflows[0].steps[0].timeNs must be a whole number"},
  };
  for (const auto& [json, message] : cases) {
    const auto report = reportFromJson(json);
    ASSERT_FALSE(report) << json;
    EXPECT_EQ(report.error().kind, "InvalidReport");
    EXPECT_THAT(report.error().message, HasSubstr(message)) << json;
  }
}

TEST(Report, IsBounded) {
  const std::string large = R"({"node":")" + std::string(kMaxReportBytes, 'x') + "\"}";
  EXPECT_THAT(reportFromJson(large).error().message, HasSubstr("larger than"));
}

Report randomReport(std::mt19937_64& random) {
  const auto below = [&](std::uint64_t n) { return random() % n; };
  const auto text = [&] { return "t\n\"" + std::to_string(below(1000)); };
  const auto large = [&] { return random() >> 1; };
  Report report{.node = text(),
                .version = text(),
                .incarnation = text(),
                .sequence = large(),
                .pods = static_cast<std::uint32_t>(random()),
                .maxPods = static_cast<std::uint32_t>(random()),
                .draining = below(2) == 0,
                .journalHealthy = below(2) == 0};
  for (std::uint64_t i = below(4); i > 0; --i) {
    WorkflowReport& workflow = report.workflows.emplace_back();
    workflow = {text(),
                text(),
                text(),
                static_cast<std::int64_t>(large()),
                text(),
                below(2) == 0 ? "" : text(),
                large(),
                large(),
                base::Duration(large())};
    workflow.pods = static_cast<std::uint32_t>(random());
    workflow.starving = static_cast<std::uint32_t>(random());
    for (std::uint64_t s = below(4); s > 0; --s) {
      workflow.steps.push_back({text(), large(), base::Duration(large()), large()});
    }
  }
  return report;
}

TEST(Report, EveryOneIsReadBackAsItWas) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 1000; ++i) {
    const Report report = randomReport(random);
    const auto read = reportFromJson(toJson(report));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(*read, report);
  }
}

}  // namespace
}  // namespace faasbatch::cluster
