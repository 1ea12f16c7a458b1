#include "cli/graph.h"

#include <gmock/gmock.h>

#include "lib/workflow/manifest.h"

namespace faasbatch::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kManifest = R"(
apiVersion: faasbatch.io/v1alpha1
kind: FunctionWorkflow
metadata: {name: g}
spec:
  functions:
  - {name: f, runtime: Python, handler: m.h, source: {inline: "def h(e): return e"}}
  steps:
  - {name: first, function: f}
  - {name: each, function: f, foreach: {items: "${steps.first.output}"}}
  - name: choose
    after: [each]
    switch:
    - {when: "${input.x}", steps: [{name: yes, function: f}]}
    - {steps: [{name: no, function: f}]}
)";

workflow::PlanPtr plan() {
  auto compiled = workflow::compile(kManifest);
  if (!compiled) throw std::runtime_error(compiled.error().front().message);
  return compiled->plan;
}

TEST(Graph, DrawsStepsEdgesAndArms) {
  const std::string drawn = drawGraph(*plan(), nullptr);
  EXPECT_THAT(drawn, HasSubstr("flowchart TD\n"));
  EXPECT_THAT(drawn, HasSubstr("[\"first\"]"));
  EXPECT_THAT(drawn, HasSubstr("[\"each (each)\"]"));
  EXPECT_THAT(drawn, HasSubstr("[\"choose?\"]"));
  EXPECT_THAT(drawn, HasSubstr("[\"default\"]"));
  EXPECT_THAT(drawn, HasSubstr(" --> "));
  EXPECT_THAT(drawn, Not(HasSubstr("classDef")));
}

TEST(Graph, ColoursAStepByItsWorstInstance) {
  const Outcomes outcomes = outcomesOf(R"({"steps":[{"name":"first","status":"Succeeded"},
    {"name":"each","status":"Failed"},{"name":"each","status":"Succeeded"}]})");
  EXPECT_EQ(outcomes.at("each"), "Failed");
  const std::string drawn = drawGraph(*plan(), &outcomes);
  EXPECT_THAT(drawn, HasSubstr("classDef Failed"));
  EXPECT_THAT(drawn, HasSubstr("classDef Succeeded"));
}

}  // namespace
}  // namespace faasbatch::cli
