// kubectl faasbatch from outside: the user's own kubeconfig, by port-forward.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/suite/cluster.h"
#include "e2e/suite/workflows.h"

namespace faasbatch::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Plugin, CheckFindsNothingWrong) {
  const Outcome outcome = tryKubectl({"faasbatch", "check"});
  EXPECT_TRUE(outcome.ok()) << outcome.output << outcome.errors;
  EXPECT_THAT(outcome.output, AllOf(HasSubstr("faasbatch-operator"), HasSubstr("agent/" + workers().at(0)),
                                    HasSubstr("redis/"), HasSubstr("statefulset/faasbatch-couchdb")));
}

TEST(Plugin, InvokesWaitsListsAndShowsLogs) {
  const Namespace space;
  space.applyReady(
      oneStep("talk", "def handler(event, context):\n    print('heard', event)\n    return event"), "talk");
  EXPECT_EQ(kubectl({"faasbatch", "invoke", "talk", "-n", space.name(), "-d", "41"}), "41\n");
  const std::string listed = kubectl({"faasbatch", "get", "invocations", "-n", space.name()});
  EXPECT_THAT(listed, AllOf(HasSubstr("talk"), HasSubstr("Succeeded")));
  const std::string first = words(listed.substr(listed.find('\n'))).at(0);
  EXPECT_THAT(kubectl({"faasbatch", "logs", first, "-n", space.name()}), HasSubstr("heard 41"));
  EXPECT_THAT(kubectl({"faasbatch", "timeline", first, "-n", space.name()}), Not(::testing::IsEmpty()));
}

TEST(Plugin, AUserWhoMayNotCallIsTold) {
  const Namespace space;
  space.applyReady(oneStep("echo", kEcho), "echo");
  const std::string config = kubectl({"config", "view", "--raw", "--minify", "--flatten"});
  const TextFile kubeconfig(config);
  must({"kubectl", "--kubeconfig", kubeconfig.path(), "config", "set-credentials", "nobody", "--token",
        space.token("")});
  must({"kubectl", "--kubeconfig", kubeconfig.path(), "config", "set-context", "--current", "--user",
        "nobody"});
  const Outcome outcome = run({"kubectl", "faasbatch", "--kubeconfig", kubeconfig.path(), "-n", space.name(),
                               "invoke", "echo", "-d", "1"});
  EXPECT_FALSE(outcome.ok());
  EXPECT_THAT(outcome.errors, HasSubstr(":nobody"));
}

}  // namespace
}  // namespace faasbatch::e2e
