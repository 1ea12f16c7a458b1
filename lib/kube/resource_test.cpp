#include "lib/kube/resource.h"

#include <gtest/gtest.h>

namespace faasbatch::kube {
namespace {

TEST(Resource, KnowsItsPaths) {
  EXPECT_EQ(kPods.path("default"), "/api/v1/namespaces/default/pods");
  EXPECT_EQ(kPods.path("default", "p"), "/api/v1/namespaces/default/pods/p");
  EXPECT_EQ(kPods.path("default", "p", "status"), "/api/v1/namespaces/default/pods/p/status");
  EXPECT_EQ(kPods.path(""), "/api/v1/pods");
  EXPECT_EQ(kNodes.path("ignored", "n"), "/api/v1/nodes/n");
  EXPECT_EQ(kFunctionWorkflows.path("a", "b", "status"),
            "/apis/faasbatch.io/v1alpha1/namespaces/a/functionworkflows/b/status");
  EXPECT_EQ(kTokenReviews.path(""), "/apis/authentication.k8s.io/v1/tokenreviews");
}

TEST(Resource, KeepsStrangeNamesInTheirSegment) {
  EXPECT_EQ(kPods.path("a/../b", "c?d#e"), "/api/v1/namespaces/a%2F..%2Fb/pods/c%3Fd%23e");
}

TEST(Resource, NamesItsVersion) {
  EXPECT_EQ(kPods.apiVersion(), "v1");
  EXPECT_EQ(kLeases.apiVersion(), "coordination.k8s.io/v1");
}

TEST(ObjectKey, DescribesItself) {
  EXPECT_EQ((ObjectKey{"a", "b"}).describe(), "a/b");
  EXPECT_EQ((ObjectKey{"", "b"}).describe(), "b");
}

}  // namespace
}  // namespace faasbatch::kube
