// Nodes that come and go.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/suite/cluster.h"
#include "e2e/suite/gateway.h"
#include "e2e/suite/load.h"
#include "e2e/suite/workflows.h"

namespace faasbatch::e2e {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string placement(const Namespace& space, const std::string& workflow) {
  return field("{.status.placement}{.status.replicas}", {"fwf", workflow, "-n", space.name()});
}

TEST(Nodes, PlacementFollowsALostNodeAndItsReturn) {
  const Namespace space;
  space.applyReady(oneStep("echo", kEcho), "echo");
  const std::string lost = field("{.status.placement[0].node}", {"fwf", "echo", "-n", space.name()});
  ASSERT_THAT(workers(), Contains(lost));
  node({"stop", lost});
  waitFor(
      "a placement elsewhere",
      [&] { return field("{.status.placement[0].node}", {"fwf", "echo", "-n", space.name()}) != lost; },
      std::chrono::minutes(3));
  std::string other;
  for (const std::string& worker : workers()) {
    if (worker != lost) other = worker;
  }
  kubectl({"wait", "-n", space.name(), "--for=condition=Ready", "--timeout=60s", "fwf/echo"});
  // kube-proxy goes on choosing the lost agent until the node's controller has given the node up.
  const std::string token = space.token("faasbatch-invoker");
  waitFor(
      "an answer by the node that is left",
      [&] { return Gateway(token, other).invoke(space.name(), "echo", "1").body == "1"; },
      std::chrono::minutes(2));
  node({"start", lost});
  kubectl({"wait", "--for=condition=Ready", "--timeout=180s", "node/" + lost});
  kubectl({"rollout", "status", "daemonset/faasbatch-agent", "-n", std::string(kSystem), "--timeout=180s"});
  waitFor("an answer by the node that is back",
          [&] { return Gateway(token, lost).invoke(space.name(), "echo", "2").body == "2"; });
}

TEST(Nodes, ANewNodeIsUsed) {
  const Namespace space;
  const std::string added = words(node({"add"})).back();
  loadImages();
  kubectl({"rollout", "status", "daemonset/faasbatch-agent", "-n", std::string(kSystem), "--timeout=180s"});
  space.applyReady(oneStep("new", kEcho, "    nodeSelector: {kubernetes.io/hostname: " + added + "}\n"),
                   "new");
  EXPECT_THAT(placement(space, "new"), HasSubstr(added));
  EXPECT_EQ(Gateway(space.token("faasbatch-invoker")).invoke(space.name(), "new", "1").body, "1");
  node({"remove", added});
  waitFor(
      "NoNodeFits", [&] { return space.condition("new", "Placed", "status") == "False"; },
      std::chrono::minutes(2));
}

}  // namespace
}  // namespace faasbatch::e2e
