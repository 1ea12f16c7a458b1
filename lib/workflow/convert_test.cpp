#include "lib/workflow/convert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "lib/tree/tree.h"
#include "lib/workflow/dry_run_test.h"
#include "lib/workflow/manifest.h"

namespace faasbatch::workflow {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

constexpr std::size_t kMaxPayloadBytes = 6 << 20;  // what the platform takes by default

Compiled converted(std::string_view yaml, FaasflowForm form, double timeScale = 1) {
  const auto json = convertFaasflow(yaml, form, {.name = "Test_file", .timeScale = timeScale});
  if (!json) throw std::runtime_error(json.error().message);
  auto compiled = compile(*json);
  if (!compiled) throw std::runtime_error(compiled.error().front().message);
  return std::move(*compiled);
}

std::string refusal(std::string_view yaml, FaasflowForm form = FaasflowForm::kFlat) {
  const auto json = convertFaasflow(yaml, form, {.name = "x"});
  return json ? "converted" : json.error().kind + ": " + json.error().message;
}

std::vector<std::string> before(const Plan& plan, std::string_view step) {
  std::vector<std::string> names;
  for (const Node& node : plan.nodes) {
    if (node.name != step) continue;
    for (const NodeIndex index : node.predecessors) names.push_back(plan.nodes[index].name);
  }
  return names;
}

constexpr std::string_view kSwitch = R"(
functions:
- {name: first, source: first, runtime: 0.5, output: {out: {type: normal, size: 100}}, next: {type: pass, nodes: [v]}}
- {name: v, source: VIRTUAL, next: {type: switch, conditions: [INPUT.a > 2 and not INPUT.b, INPUT.b, default], nodes: [x, y, z]}}
- {name: x, source: x, input: {i: {type: pass, value: {function: first, parameter: out}}}, output: {o: {size: 3}}, next: {type: pass, nodes: [end]}}
- {name: y, source: y, output: {o: {size: 4}}, next: {type: pass, nodes: [y2]}}
- {name: y2, source: y2, input: {i: {value: {function: y, parameter: o}}}, output: {o: {size: 5}}, next: {type: pass, nodes: [end]}}
- {name: z, source: z}
- {name: end, source: end, input: {l: {value: {function: x, parameter: o}}, r: {value: {function: y2, parameter: o}}}}
global_output:
  result: {type: switch, value: [{function: x, parameter: o}, {function: y2, parameter: o}]}
)";

TEST(ConvertFlat, SkipsWhatNoChosenBranchLeadsTo) {
  const Compiled compiled = converted(kSwitch, FaasflowForm::kFlat);
  const auto run = [&](const std::string& input) { return testing::DryRun(*compiled.plan, input); };
  EXPECT_THAT(run("{}").ran(), UnorderedElementsAre("first", "z"));
  EXPECT_THAT(run("null").ran(), UnorderedElementsAre("first", "z"));
  EXPECT_EQ(run("{}").output(), R"({"result":null})");
  EXPECT_THAT(run(R"({"a": 3})").ran(), UnorderedElementsAre("first", "x", "end"));
  EXPECT_EQ(run(R"({"a": 3})").output(), R"({"result":"xxx"})");
  EXPECT_THAT(run(R"({"a": 3, "b": 1})").ran(), UnorderedElementsAre("first", "y", "y2", "end"));
  EXPECT_EQ(run(R"({"b": "yes"})").output(), R"({"result":"xxxxx"})");
  EXPECT_THAT(before(*compiled.plan, "x"), ElementsAre("first"));
  EXPECT_THAT(before(*compiled.plan, "end"), ElementsAre("x", "y2"));
  EXPECT_EQ(compiled.plan->name, "test-file");
}

constexpr std::string_view kForeach = R"(
functions:
- {name: split, source: split, scale: 2, output: {keys: {type: keys, size: 8}, data: {type: pass, size: 3000000}}, next: {type: foreach, nodes: [work]}}
- {name: work, source: work, split_ratio: 4, input: {k: {type: key, value: {function: split, parameter: keys}}, d: {value: {function: split, parameter: data}}}, output: {part: {size: 70000}}, next: {type: pass, nodes: [merge]}}
- {name: merge, source: merge, input: {k: {type: key, value: {function: split, parameter: keys}}, p: {value: {function: work, parameter: part}}}, output: {all: {size: 280000}}}
global_output: {result: {type: pass, value: {function: merge, parameter: all}}}
)";

TEST(ConvertFlat, RunsTheTargetOfAForeachOnceForEachKey) {
  const Compiled compiled = converted(kForeach, FaasflowForm::kFlat);
  const testing::DryRun run(*compiled.plan, "{}");
  EXPECT_THAT(run.ran(), ElementsAre("split", "work", "merge"));
  EXPECT_EQ(run.calls(), 6u);
  EXPECT_LE(run.largestInput(), 300'000u)
      << "four parts of 70 kB are too much for one call: they go through the store";
  EXPECT_THAT(run.output(), HasSubstr(R"("size":280000)"));
}

TEST(ConvertFlat, ReadsTheRestOfTheForm) {
  const Compiled compiled = converted(R"(
global_input: {given: &g {type: pass, value: {function: INPUT, parameter: given}, size: 8}}
fuctions:
- {name: 1 odd/name, source: a, runtime: 2, input: {given: *g}, output: {hidden.txt: {size: 9}}, next: {type: parallel, nodes: [b, c-d]}}
- {name: b, source: b, runtime: 7200, input: {hidden.txt: {value: {function: INPUT, parameter: hidden.txt}, size: 9}}}
- {name: c-d, source: c, next: {type: pass, nodes: []}}
)",
                                      FaasflowForm::kFlat, 0.5);
  EXPECT_THAT(testing::DryRun(*compiled.plan, R"({"given": 3})").ran(),
              ElementsAre("_1_odd_name", "b", "c-d"));
  EXPECT_THAT(before(*compiled.plan, "b"), ElementsAre("_1_odd_name"));
  EXPECT_EQ(compiled.plan->functions.size(), 1u);
  EXPECT_EQ(compiled.plan->functions[0].timeout, std::chrono::seconds(3600 + 120));
  EXPECT_THAT(compiled.object, HasSubstr(R"("seconds":3600)"));
}

constexpr std::string_view kHierarchical = R"(
name: main
type: pass
steps:
- {name: rand, type: function, source: rand, output: [list]}
- name: both
  type: parallel
  branches:
  - {name: l, type: function, source: l, output: [a], inputMappings: [{target: x, source: LOCAL.list}]}
  - name: each
    type: foreach
    inputMappings: [{target: x, source: "LOCAL.list[*]"}]
    task:
      name: two
      type: pass
      steps:
      - {name: t1, type: function, source: t, output: [u], inputMappings: [{target: i, source: LOCAL.x}]}
      - {name: t2, type: function, source: t, output: [v], inputMappings: [{target: i, source: LOCAL.u}]}
    outputMappings: [{target: b, source: "LOCAL[*].v"}]
- name: sw
  type: switch
  choices:
  - {condition: INPUT.n == 1, go: {name: one, type: function, source: s, output: [r]}}
  - {condition: INPUT.n == 2, go: {name: two, type: function, source: s, output: [r], inputMappings: [{target: q, source: LOCAL.b}]}}
- {name: end, type: function, source: e, output: [z], inputMappings: [{target: r, source: LOCAL.r}, {target: a, source: LOCAL.a}]}
outputMappings: [{target: out, source: LOCAL.z}, {target: r, source: LOCAL.r}, {target: b, source: LOCAL.b}]
)";

TEST(ConvertHierarchical, UnfoldsPartsIntoOneGraph) {
  const Compiled compiled = converted(kHierarchical, FaasflowForm::kHierarchical);
  const auto run = [&](const std::string& input) { return testing::DryRun(*compiled.plan, input); };
  EXPECT_THAT(before(*compiled.plan, "l"), ElementsAre("rand"));
  EXPECT_THAT(before(*compiled.plan, "t1"), ElementsAre("rand"));
  EXPECT_THAT(before(*compiled.plan, "t2"), UnorderedElementsAre("rand", "t1"));
  EXPECT_THAT(run("{}").ran(), ElementsAre("rand", "l", "t1", "t2", "end"));
  EXPECT_EQ(run("{}").calls(), 9u);
  EXPECT_EQ(run("{}").output(), R"({"out":"xxxxxxxx","r":null,"b":["xxxxxxxx","xxxxxxxx","xxxxxxxx"]})");
  EXPECT_THAT(run(R"({"n": 2})").ran(), UnorderedElementsAre("rand", "l", "t1", "t2", "two", "end"));
  EXPECT_THAT(run(R"({"n": 1})").output(), HasSubstr(R"("r":"xxxxxxxx")"));
}

TEST(Convert, SaysWhatIsWrongWithAFile) {
  EXPECT_THAT(refusal("a: [1"), HasSubstr("InvalidYaml: line 1"));
  EXPECT_EQ(refusal("a: 1"), "InvalidWorkflow: functions: must be a list of functions");
  EXPECT_EQ(refusal("functions: []"), "InvalidWorkflow: there is no function in it");
  EXPECT_EQ(
      refusal("functions: [{name: first, next: {type: pass, nodes: [secnd]}}, {name: second}]"),
      R"(InvalidWorkflow: functions[0].next.nodes[0]: unknown function "secnd", did you mean "second"?)");
  EXPECT_EQ(
      refusal("functions: [{name: a, next: {type: switch, conditions: [INPUT.x <], nodes: [b]}}, {name: b}]"),
      R"(InvalidWorkflow: functions[0].next.conditions[0]: cannot be understood at "")");
  EXPECT_EQ(refusal("functions: [{name: a, next: {nodes: [b]}}, {name: b, next: {nodes: [a]}}]"),
            "InvalidWorkflow: spec.steps[0]: the steps wait for one another in a cycle: a -> b -> a");
  EXPECT_EQ(
      refusal("type: pass\nsteps: [{name: f, type: function, inputMappings: [{target: x, source: LOCAL.y}]}]",
              FaasflowForm::kHierarchical),
      R"(InvalidWorkflow: .steps[0].inputMappings[0].source: unknown local value "y")");
  EXPECT_EQ(refusal("type: nope", FaasflowForm::kHierarchical),
            R"(InvalidWorkflow: .type: must be function, pass, parallel, switch or foreach, not "nope")");
  EXPECT_EQ(convertFaasflow("a: 1", FaasflowForm::kFlat, {.name = "x", .timeScale = -1}).error().kind,
            "InvalidWorkflow");
}

// The published workflows, which lie beside the project, not in it.
TEST(Convert, TakesAllPublishedWorkflows) {
  const fs::path folder = fs::path(FAASBATCH_SOURCE_DIR) / ".." / "shared" / "data" / "faasflow";
  if (!fs::exists(folder)) GTEST_SKIP() << "FaaSFlow's workflow files are not at " << folder;
  const std::map<std::string, std::size_t> steps = {{"cycles.flat", 46},
                                                    {"epigenomics.flat", 45},
                                                    {"fileprocessing.flat", 4},
                                                    {"foreach.flat", 3},
                                                    {"foreach.workflow", 2},
                                                    {"genome.flat", 50},
                                                    {"illgal_recognizer.flat", 8},
                                                    {"parallel.flat", 4},
                                                    {"parallel.workflow", 4},
                                                    {"parallel2.flat", 6},
                                                    {"parallel2.workflow", 6},
                                                    {"soykb.flat", 45},
                                                    {"switch.flat", 3},
                                                    {"switch.workflow", 3},
                                                    {"video.flat", 5},
                                                    {"wordcount.flat", 3}};
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().stem().string();
    if (entry.path().extension() != ".yaml") continue;
    SCOPED_TRACE(name);
    ++files;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string yaml{std::istreambuf_iterator<char>(in), {}};
    const auto form = name.ends_with(".flat") ? FaasflowForm::kFlat : FaasflowForm::kHierarchical;
    const auto json = convertFaasflow(yaml, form, {.name = name, .timeScale = 0.01});
    ASSERT_TRUE(json.has_value()) << json.error().message;
    const auto compiled = compile(*json);
    ASSERT_TRUE(compiled.has_value());
    EXPECT_EQ(compiled->plan->name, [&] {
      std::string valid = name;
      std::ranges::replace(valid, '_', '-');
      return valid;
    }());
    if (const auto known = steps.find(name); known != steps.end()) {
      EXPECT_EQ(compiled->plan->nodes.size(), known->second);
    }
    const testing::DryRun run(*compiled->plan, "{}");
    EXPECT_LT(run.largestInput(), kMaxPayloadBytes);
    EXPECT_LT(run.largestOutput(), kMaxPayloadBytes);
  }
  EXPECT_GE(files, 16u);
}

}  // namespace
}  // namespace faasbatch::workflow
