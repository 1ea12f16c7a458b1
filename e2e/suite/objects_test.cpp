// What kubectl shows of a FunctionWorkflow: errors before it is stored, conditions, columns, events.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/suite/cluster.h"
#include "e2e/suite/workflows.h"

namespace faasbatch::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(Objects, ADryRunSaysEveryErrorWithItsPath) {
  const Namespace space;
  std::string manifest = oneStep("bad", kEcho);
  manifest += "  - {name: a, function: g}\n  - {name: b, function: f, input: \"${steps.zzz.output + }\"}\n";
  const TextFile file(manifest);
  const Outcome outcome = tryKubectl({"apply", "--dry-run=server", "-n", space.name(), "-f", file.path()});
  EXPECT_FALSE(outcome.ok());
  EXPECT_THAT(outcome.errors, AllOf(HasSubstr("spec.steps[1].function"), HasSubstr("spec.steps[2].input")));
}

TEST(Objects, WarningsComeWithTheApply) {
  const Namespace space;
  std::string manifest = oneStep("warned", kEcho);
  manifest.insert(manifest.find("  steps:"),
                  "  - {name: unused, runtime: Python, handler: m.handler, source: {inline: \"x = 1\"}}\n");
  const TextFile file(manifest);
  const Outcome outcome = tryKubectl({"apply", "-n", space.name(), "-f", file.path()});
  EXPECT_TRUE(outcome.ok()) << outcome.errors;
  EXPECT_THAT(outcome.errors, HasSubstr("unused"));
}

TEST(Objects, ColumnsShortNameAndCategory) {
  const Namespace space;
  space.applyReady(oneStep("echo", kEcho), "echo");
  const std::string table = kubectl({"get", "fwf", "-n", space.name()});
  EXPECT_THAT(table, AllOf(HasSubstr("READY"), HasSubstr("REASON"), HasSubstr("STEPS"), HasSubstr("ACTIVE"),
                           HasSubstr("P95"), HasSubstr("AGE"), HasSubstr("True")));
  EXPECT_THAT(kubectl({"get", "faasbatch", "-n", space.name()}), HasSubstr("echo"));
}

TEST(Objects, ExplainReadsWell) {
  EXPECT_THAT(kubectl({"explain", "functionworkflow.spec.steps"}),
              AllOf(HasSubstr("foreach"), HasSubstr("DESCRIPTION")));
}

TEST(Objects, EventsTellWhatHappened) {
  const Namespace space;
  space.applyReady(oneStep("echo", kEcho), "echo");
  waitFor("an event", [&] {
    return !kubectl({"events", "-n", space.name(), "--for", "functionworkflow/echo", "--no-headers"}).empty();
  });
}

TEST(Objects, AFunctionWorkflowThatIsDeletedTakesItsPodsAlong) {
  const Namespace space;
  space.applyReady(oneStep("own", kEcho, "    env: [{name: A, value: b}]\n    pool: {minWarm: 1}\n"), "own");
  waitFor("a warm pod", [&] { return !space.pods().empty(); });
  kubectl({"delete", "functionworkflow", "own", "-n", space.name()});
  waitFor("no pod", [&] { return space.pods().empty(); });
}

}  // namespace
}  // namespace faasbatch::e2e
