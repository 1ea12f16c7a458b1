#include "node-agent/cluster/workflow_object.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/json/check.h"
#include "node-agent/runs/served_plan.h"

namespace faasbatch::clusterview {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

kube::Object object(const std::string& status, std::int64_t generation = 3) {
  return {
      .key = {"shop", "order"},
      .uid = "u",
      .resourceVersion = "77",
      .generation = generation,
      .json = R"({"apiVersion":"faasbatch.io/v1alpha1","kind":"FunctionWorkflow","metadata":{"name":"order",
              "namespace":"shop","uid":"u","resourceVersion":"77","generation":3,"labels":{"team":"a"},
              "creationTimestamp":"2026-01-01T00:00:00Z"},"spec":{"steps":[{"name":"w","wait":"1s"}]})" +
              status + "}"};
}
const std::string kPlaced =
    R"(,"status":{"observedGeneration":3,"placementGeneration":3,"placement":[{"step":"w","group":0,"node":"n1","store":"Node"}],)"
    R"("replicas":[{"nodes":["n1"]},{"nodes":["n2"]}],"sources":[{"name":"c","key":"k","sha256":"s"}]})";

TEST(ReadWorkflow, ReadsPlacementAndSources) {
  const WorkflowObject read = readWorkflow(object(kPlaced));
  EXPECT_EQ(read.key.describe(), "shop/order");
  ASSERT_NE(read.placement, nullptr) << read.fault;
  EXPECT_TRUE(read.specIsPlaced());
  EXPECT_FALSE(readWorkflow(object(kPlaced, 4)).specIsPlaced());
  EXPECT_EQ(read.sources, R"([{"name":"c","key":"k","sha256":"s"}])");
  EXPECT_TRUE(placedOn(*read.placement, "n1"));
  EXPECT_TRUE(placedOn(*read.placement, "n2"));
  EXPECT_FALSE(placedOn(*read.placement, "n3"));
}

TEST(ReadWorkflow, TellsNotPlacedFromUnreadable) {
  for (const char* status : {"", R"(,"status":{})", R"(,"status":{"placement":[]})"}) {
    const WorkflowObject read = readWorkflow(object(status));
    EXPECT_EQ(read.placement, nullptr);
    EXPECT_EQ(read.fault, "") << status;
  }
  const WorkflowObject bad = readWorkflow(object(R"(,"status":{"placement":[{"step":7}]})"));
  EXPECT_EQ(bad.placement, nullptr);
  EXPECT_THAT(bad.fault, HasSubstr("placement"));
}

TEST(ServedObject, IsTheSameWhileTheWorkflowIs) {
  const kube::Object first = object(kPlaced);
  kube::Object later = first;
  later.resourceVersion = "78";
  later.json.replace(later.json.find("\"77\""), 4, "\"78\"");
  const std::string served = servedObject(first, readWorkflow(first));
  EXPECT_EQ(served, servedObject(later, readWorkflow(later)));
  EXPECT_TRUE(json::check(served)) << served;
  EXPECT_THAT(served, HasSubstr(R"("labels":{"team":"a"})"));
  EXPECT_THAT(served, HasSubstr(R"("status":{"sources":[)"));
  EXPECT_THAT(served, Not(HasSubstr("resourceVersion")));
  const auto compiled = runs::compileServed(served, "shop");
  ASSERT_TRUE(compiled) << compiled.error().front().message;
  EXPECT_EQ(compiled->plan->name, "order");
}

}  // namespace
}  // namespace faasbatch::clusterview
