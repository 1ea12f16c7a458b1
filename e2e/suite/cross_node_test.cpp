// Workflows whose steps lie on different nodes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/suite/cluster.h"
#include "e2e/suite/gateway.h"
#include "e2e/suite/load.h"
#include "lib/json/members.h"
#include "lib/json/path.h"

namespace faasbatch::e2e {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// here -> there -> (left, right) -> join; `here` and `join` on the first worker, the others on the second.
std::string acrossNodes(const std::string& control) {
  const std::vector<std::string> nodes = workers();
  const auto function = [](const std::string& name, const std::string& node, const std::string& body) {
    return "  - name: " + name +
           "\n    runtime: Python\n    handler: m.handler\n    nodeSelector: {kubernetes.io/hostname: " +
           node +
           "}\n    source:\n      inline: |\n        def handler(event, context):\n            return " +
           body + "\n";
  };
  return "apiVersion: faasbatch.io/v1alpha1\nkind: FunctionWorkflow\nmetadata: {name: across}\nspec:\n  "
         "control: " +
         control + "\n  functions:\n" +
         function("here", nodes.at(0), "{'text': event['text'] * event['times']}") +
         function("there", nodes.at(1), "{'length': len(event['text']), 'text': event['text'][::-1]}") +
         function("left", nodes.at(1), "event['length'] * 2") +
         function("right", nodes.at(1), "event['text'][0]") +
         function("join", nodes.at(0), "[event['left'], event['right']]") + R"(
  steps:
  - {name: here, function: here}
  - {name: there, function: there, input: "${steps.here.output}"}
  - {name: left, function: left, input: "${steps.there.output}"}
  - {name: right, function: right, input: "${steps.there.output}"}
  - {name: join, function: join, input: {left: "${steps.left.output}", right: "${steps.right.output}"}}
)";
}

std::string at(const std::string& text, std::initializer_list<std::string_view> path) {
  const auto raw = json::at(text, path);
  return raw ? json::asString(*raw).value_or(std::string(*raw)) : "";
}

// "STEP NODE STORE" of each step of a record.
std::vector<std::string> whereOf(const std::string& record) {
  std::vector<std::string> all;
  const auto steps = json::at(record, {"steps"});
  const std::vector<std::string_view> each = json::elements(steps.value_or("[]")).value();
  for (const std::string_view step : each) {
    const auto attempts = json::elements(json::at(step, {"attempts"}).value_or("[]")).value();
    const std::string node = attempts.empty() ? "nowhere" : at(std::string(attempts.back()), {"node"});
    all.push_back(at(std::string(step), {"name"}) + " " + node + " " + at(std::string(step), {"store"}));
  }
  return all;
}

class AcrossNodes : public ::testing::TestWithParam<std::string> {};

TEST_P(AcrossNodes, StepsRunWhereTheyArePlacedAndJoin) {
  const Namespace space;
  space.applyReady(acrossNodes(GetParam()), "across");
  Gateway gateway(space.token("faasbatch-invoker"));
  const Reply accepted =
      gateway.invoke(space.name(), "across", R"({"text":"ab","times":3})", {{"Prefer", "respond-async"}});
  ASSERT_EQ(accepted.status, 202) << accepted.body;
  const Reply record = gateway.get(std::string(accepted.headers.find("Location").value_or("")) + "?wait=30");
  EXPECT_EQ(at(record.body, {"output"}), R"([12,"b"])") << record.body;
  const std::vector<std::string> nodes = workers();
  EXPECT_THAT(whereOf(record.body),
              UnorderedElementsAre("here " + nodes[0] + " Inline", "there " + nodes[1] + " Inline",
                                   "left " + nodes[1] + " Inline", "right " + nodes[1] + " Inline",
                                   "join " + nodes[0] + " Inline"));
}

TEST_P(AcrossNodes, LargeOutputsAreHandedOnByTheStores) {
  const Namespace space;
  space.applyReady(acrossNodes(GetParam()), "across");
  Gateway gateway(space.token("faasbatch-invoker"));
  const Reply accepted = gateway.invoke(space.name(), "across", R"({"text":"ab","times":100000})",
                                        {{"Prefer", "respond-async"}});
  ASSERT_EQ(accepted.status, 202) << accepted.body;
  const Reply record = gateway.get(std::string(accepted.headers.find("Location").value_or("")) + "?wait=30");
  EXPECT_EQ(at(record.body, {"output"}), R"([400000,"b"])") << record.body;
  const std::vector<std::string> nodes = workers();
  EXPECT_THAT(whereOf(record.body), ::testing::AllOf(::testing::Contains("here " + nodes[0] + " Cluster"),
                                                     ::testing::Contains("there " + nodes[1] + " Node")));
}

TEST_P(AcrossNodes, ManyAtOnce) {
  const Namespace space;
  space.applyReady(acrossNodes(GetParam()), "across");
  Gateway gateway(space.token("faasbatch-invoker"));
  const Fate fate =
      fateOf(gateway, accept(gateway, space.name(), "across", R"({"text":"ab","times":3})", 100));
  EXPECT_EQ(fate.succeeded, 100U);
  EXPECT_THAT(fate.others, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Control, AcrossNodes, ::testing::Values("Worker", "Home"),
                         [](const auto& parameter) { return parameter.param; });

}  // namespace
}  // namespace faasbatch::e2e
