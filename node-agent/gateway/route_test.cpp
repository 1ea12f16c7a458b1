#include "node-agent/gateway/route.h"

#include <gtest/gtest.h>

namespace faasbatch::gateway {
namespace {

TEST(Route, NamesEveryResource) {
  const std::pair<const char*, Resource> kPaths[] = {
      {"/healthz", Resource::kHealthz},
      {"/readyz", Resource::kReadyz},
      {"/metrics", Resource::kMetrics},
      {"/v1/namespaces/n/workflows", Resource::kWorkflows},
      {"/v1/namespaces/n/workflows/w", Resource::kWorkflow},
      {"/v1/namespaces/n/workflows/w/invocations", Resource::kWorkflowInvocations},
      {"/v1/namespaces/n/workflows/w/functions/f/invocations", Resource::kFunctionInvocations},
      {"/v1/namespaces/n/invocations", Resource::kInvocations},
      {"/v1/namespaces/n/invocations/i", Resource::kInvocation},
      {"/v1/namespaces/n/invocations/i/logs", Resource::kLogs},
  };
  for (const auto& [path, resource] : kPaths) EXPECT_EQ(parseRoute(path).resource, resource) << path;
}

TEST(Route, NamesWhatAllNamespacesHave) {
  EXPECT_EQ(parseRoute("/v1/workflows").resource, Resource::kWorkflows);
  EXPECT_EQ(parseRoute("/v1/invocations").resource, Resource::kInvocations);
  for (const char* path : {"/v1/workflows", "/v1/invocations"})
    EXPECT_EQ(parseRoute(path).nameSpace, "") << path;
  for (const char* path : {"/v1/workflows/w", "/v1/workflows/", "/v1/invocations/i"})
    EXPECT_EQ(parseRoute(path).resource, Resource::kNone) << path;
}

TEST(Route, DecodesNames) {
  const Route route = parseRoute("/v1/namespaces/a%2Db/workflows/w%20x/functions/f/invocations");
  EXPECT_EQ(route.nameSpace, "a-b");
  EXPECT_EQ(route.workflow, "w x");
  EXPECT_EQ(route.function, "f");
}

TEST(Route, KnowsNothingElse) {
  for (const char* path : {"",
                           "/",
                           "healthz",
                           "/healthz/",
                           "/v1",
                           "/v1/namespaces//workflows",
                           "/v1/namespaces/n/pods",
                           "/v2/namespaces/n/workflows",
                           "/v1/namespaces/n/workflows/",
                           "/v1/namespaces/n/workflows/w/invocations/x",
                           "/v1/namespaces/n/workflows/w/functions/f",
                           "/v1/namespaces/n/workflows/%",
                           "/v1/namespaces/n/workflows/%00",
                           "/v1/namespaces/a%2Fb/workflows/w",
                           "/v1/namespaces/n/workflows/a%0d%0aX:%201",
                           "/v1/namespaces/%2e%2e/workflows",
                           "/v1/namespaces/../workflows",
                           "/v1/namespaces/n/workflows/%7f",
                           "/v1/namespaces/n/invocations/i/logs/x",
                           "/a/b/c/d/e/f/g/h/i/j/k/l"}) {
    EXPECT_EQ(parseRoute(path).resource, Resource::kNone) << path;
  }
}

TEST(Route, KnowsNoNameThatIsTooLong) {
  const auto named = [](std::size_t bytes) {
    return parseRoute("/v1/namespaces/n/workflows/" + std::string(bytes, 'a'));
  };
  EXPECT_EQ(named(kMaxSegmentBytes).resource, Resource::kWorkflow);
  EXPECT_EQ(named(kMaxSegmentBytes + 1).resource, Resource::kNone);
}

TEST(Route, AllowsWholeMethodsOnly) {
  EXPECT_TRUE(allows(Resource::kWorkflow, "PUT"));
  EXPECT_TRUE(allows(Resource::kWorkflow, "DELETE"));
  EXPECT_TRUE(allows(Resource::kLogs, "HEAD"));
  EXPECT_FALSE(allows(Resource::kWorkflow, "POST"));
  EXPECT_FALSE(allows(Resource::kWorkflow, "PU"));
  EXPECT_FALSE(allows(Resource::kWorkflow, "ET"));
  EXPECT_FALSE(allows(Resource::kWorkflow, ", "));
  EXPECT_FALSE(allows(Resource::kWorkflow, ""));
  EXPECT_FALSE(allows(Resource::kNone, "GET"));
}

}  // namespace
}  // namespace faasbatch::gateway
