// What `helm uninstall` leaves. Run alone, at the end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/suite/cluster.h"
#include "e2e/suite/gateway.h"
#include "e2e/suite/installation.h"
#include "e2e/suite/workflows.h"

namespace faasbatch::e2e {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Uninstall, LeavesTheDefinitionAndTheObjectsOfUsers) {
  const Namespace space;
  space.applyReady(oneStep("kept", kEcho), "kept");
  ASSERT_EQ(Gateway(space.token("faasbatch-invoker")).invoke(space.name(), "kept", "1").body, "1");
  uninstallRelease();
  EXPECT_THAT(space.pods(), IsEmpty());
  const auto left = [](const std::string& kinds, const std::string& where) {
    std::vector<std::string> arguments = {"get", kinds, "-o", "name"};
    for (const std::string& word : words(where)) arguments.push_back(word);
    std::vector<std::string> ours;
    for (const std::string& name : words(kubectl(arguments))) {
      if (name.find("faasbatch") != std::string::npos) ours.push_back(name);
    }
    return ours;
  };
  EXPECT_THAT(left("crd,clusterroles,clusterrolebindings,validatingwebhookconfigurations,"
                   "validatingadmissionpolicies,validatingadmissionpolicybindings",
                   ""),
              ElementsAre("customresourcedefinition.apiextensions.k8s.io/functionworkflows.faasbatch.io"));
  waitFor("the release's pods to end", [&] { return left("pods", "-n " + std::string(kSystem)).empty(); });
  EXPECT_THAT(left("all,secrets,configmaps,serviceaccounts,roles,rolebindings,leases,networkpolicies,"
                   "poddisruptionbudgets",
                   "-n " + std::string(kSystem)),
              IsEmpty());
  EXPECT_THAT(left("networkpolicies", "-n " + space.name()), IsEmpty());
  EXPECT_THAT(left("rolebindings", "-n kube-system"), IsEmpty());
  EXPECT_EQ(words(kubectl({"get", "fwf", "-n", space.name(), "-o", "name"})).size(), 1U);
}

}  // namespace
}  // namespace faasbatch::e2e
