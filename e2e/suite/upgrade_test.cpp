// The chart's own life: its test, an upgrade with runs under way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/suite/cluster.h"
#include "e2e/suite/gateway.h"
#include "e2e/suite/installation.h"
#include "e2e/suite/load.h"
#include "e2e/suite/workflows.h"

namespace faasbatch::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Chart, HelmTest) {
  const std::string output = must(
      {"helm", "test", std::string(kRelease), "-n", std::string(kSystem), "--logs", "--timeout", "180s"});
  EXPECT_THAT(output, HasSubstr("Succeeded"));
}

TEST(Chart, AnUpgradeWithRunsUnderWayLosesNone) {
  const Namespace space;
  space.applyReady(
      oneStep("slow", "import time\ndef handler(event, context):\n    time.sleep(2)\n    return event",
              "    concurrency: {mode: Threads, limit: 8}\n    pool: {maxPods: 2}\n"),
      "slow");
  Gateway gateway(space.token("faasbatch-invoker"));
  const std::vector<std::string> records = accept(gateway, space.name(), "slow", "1", 100);
  say("helm upgrade that replaces every pod",
      installRelease(
          {"--set", "agent.podAnnotations.upgraded=again,operator.podAnnotations.upgraded=again"}));
  const Fate fate = fateOf(gateway, records);
  EXPECT_EQ(fate.succeeded, records.size());
  EXPECT_THAT(fate.others, IsEmpty());
  installRelease();
}

}  // namespace
}  // namespace faasbatch::e2e
