#include "operator/placement/node.h"

#include <gtest/gtest.h>

#include "operator/placement/testing.h"

namespace faasbatch::placement {
namespace {

struct Case {
  std::string_view name;
  NodeFacts node;
  FunctionDemand function;
  Refusal fresh;    // of a function that is not there yet
  Refusal present;  // of one that is
  std::string_view why;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class Refuses : public ::testing::TestWithParam<Case> {};

TEST_P(Refuses, AndSaysWhy) {
  const Case& c = GetParam();
  EXPECT_EQ(refuses(c.node, c.function, false), c.fresh);
  EXPECT_EQ(refuses(c.node, c.function, true), c.present);
  EXPECT_EQ(whyNowhere({&c.node, 1}, c.function), c.why);
}

const NodeFacts kSsd{.name = "a", .labels = {{"disk", "ssd"}, {"zone", "b"}}};
const NodeFacts kGpu{.name = "a", .taints = {{"gpu", "big", "NoSchedule"}}};
const NodeFacts kEvicting{.name = "a", .taints = {{"gone", "", "NoExecute"}}};
const NodeFacts kPreferring{.name = "a", .taints = {{"x", "", "PreferNoSchedule"}}};
const NodeFacts kSmall{.name = "a", .cpuMilli = 1500, .memoryBytes = 512 << 20};
constexpr Refusal kNone = Refusal::kNone;

const Case kCases[] = {
    {"NoDemands", kSmall, {.name = "f"}, kNone, kNone, ""},
    {"LabelThere", kSsd, {.name = "f", .nodeSelector = {{"disk", "ssd"}}}, kNone, kNone, ""},
    {"LabelOfOtherValue",
     kSsd,
     {.name = "f", .nodeSelector = {{"zone", "b"}, {"disk", "hdd"}}},
     Refusal::kSelector,
     Refusal::kSelector,
     R"(function "f": no node has the label disk=hdd that its nodeSelector asks for)"},
    {"Taint",
     kGpu,
     {.name = "f"},
     Refusal::kTaint,
     kNone,
     R"(function "f": it does not tolerate the taints of the nodes that it could run on: gpu=big:NoSchedule)"},
    {"ToleratedByValue",
     kGpu,
     {.name = "f", .tolerations = {{.key = "gpu", .value = "big"}}},
     kNone,
     kNone,
     ""},
    {"ToleratedByOtherValue",
     kGpu,
     {.name = "f", .tolerations = {{.key = "gpu", .value = "small"}}},
     Refusal::kTaint,
     kNone,
     R"(function "f": it does not tolerate the taints of the nodes that it could run on: gpu=big:NoSchedule)"},
    {"ToleratedByKey",
     kGpu,
     {.name = "f", .tolerations = {{.key = "gpu", .exists = true}}},
     kNone,
     kNone,
     ""},
    {"ToleratedAll", kGpu, {.name = "f", .tolerations = {{.exists = true}}}, kNone, kNone, ""},
    {"ToleratedForOtherEffect",
     kGpu,
     {.name = "f", .tolerations = {{.exists = true, .effect = "NoExecute"}}},
     Refusal::kTaint,
     kNone,
     R"(function "f": it does not tolerate the taints of the nodes that it could run on: gpu=big:NoSchedule)"},
    {"NoExecuteMovesWhatIsThere",
     kEvicting,
     {.name = "f"},
     Refusal::kTaint,
     Refusal::kTaint,
     R"(function "f": it does not tolerate the taints of the nodes that it could run on: gone:NoExecute)"},
    {"PreferNoScheduleIsNoDemand", kPreferring, {.name = "f"}, kNone, kNone, ""},
    {"Cpu",
     kSmall,
     {.name = "f", .cpuMilli = 2000},
     Refusal::kCpu,
     Refusal::kCpu,
     R"(function "f": a pod asks for 2 CPU, and the largest node that it could run on has 1500m)"},
    {"Memory",
     kSmall,
     {.name = "f", .memoryBytes = 1 << 30},
     Refusal::kMemory,
     Refusal::kMemory,
     R"(function "f": a pod asks for 1024Mi of memory, and the largest node that it could run on has 512Mi)"},
};

INSTANTIATE_TEST_SUITE_P(Demands, Refuses, ::testing::ValuesIn(kCases),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(WhyNowhere, NamesTheDemandThatMostIsMetOf) {
  const std::vector<NodeFacts> nodes{kSsd, kGpu, kSmall};
  EXPECT_EQ(whyNowhere(nodes, {.name = "f", .nodeSelector = {{"disk", "ssd"}, {"a", "b"}}}),
            R"(function "f": no node has the label a=b that its nodeSelector asks for)");
  const std::vector<NodeFacts> two{{.name = "a", .labels = {{"x", "1"}}},
                                   {.name = "b", .labels = {{"y", "1"}}}};
  EXPECT_EQ(whyNowhere(two, {.name = "f", .nodeSelector = {{"x", "1"}, {"y", "1"}}}),
            R"(function "f": no node has all the labels that its nodeSelector asks for)");
  EXPECT_EQ(whyNowhere({}, {.name = "f"}), R"(function "f": there is no node)");
}

}  // namespace
}  // namespace faasbatch::placement
