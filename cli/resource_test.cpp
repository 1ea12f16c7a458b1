#include "cli/resource.h"

#include <gtest/gtest.h>

namespace faasbatch::cli {
namespace {

TEST(Resource, IsNamedAsKubectlsUsersDo) {
  for (const char* text :
       {"workflows", "workflow", "fwf", "functionworkflows", "functionworkflow.faasbatch.io"}) {
    const auto resource = parseResource(text);
    ASSERT_TRUE(resource) << text;
    EXPECT_EQ(resource->kind, ResourceKind::kWorkflows) << text;
    EXPECT_EQ(resource->name, "") << text;
  }
  EXPECT_EQ(parseResource("invocations")->kind, ResourceKind::kInvocations);
  EXPECT_EQ(parseResource("functionworkflow.faasbatch.io/order")->name, "order");
  EXPECT_EQ(parseResource("invocation/i")->name, "i");
  for (const char* text : {"", "pods", "pods/x", "/x", "Workflows"}) {
    ASSERT_FALSE(parseResource(text)) << text;
    EXPECT_EQ(parseResource(text).error().kind, "Usage");
  }
}

TEST(Resource, NamesLoseTheirKindOnly) {
  EXPECT_EQ(bareName("invocation/i"), "i");
  EXPECT_EQ(bareName("functionworkflow.faasbatch.io/order"), "order");
  EXPECT_EQ(bareName("order/charge"), "order/charge");
  EXPECT_EQ(bareName("i"), "i");
}

}  // namespace
}  // namespace faasbatch::cli
