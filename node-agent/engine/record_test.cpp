#include "node-agent/engine/record.h"

#include <gmock/gmock.h>

#include "lib/json/check.h"
#include "lib/json/members.h"
#include "node-agent/engine/random_plan.h"
#include "node-agent/engine/simulation.h"

namespace faasbatch::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> keysOf(std::string_view object) {
  std::vector<std::string> keys;
  const auto members = json::members(object).value();
  for (const auto& member : members) keys.push_back(member.key);
  return keys;
}

std::string_view field(std::string_view object, std::string_view key) {
  return json::find(json::members(object).value(), key).value_or("missing");
}

// "name[index] status" of each step listed.
std::vector<std::string> stepsOf(const Run& run) {
  const std::string text = record(run, nullptr);
  std::vector<std::string> lines;
  const auto steps = json::elements(field(text, "steps")).value();
  for (const auto step : steps) {
    lines.push_back(*json::asString(field(step, "name")) + std::string(field(step, "index")) + " " +
                    *json::asString(field(step, "status")));
  }
  return lines;
}

TEST(Record, HasTheShapeOfTheContract) {
  Simulation sim(planOf("  steps: [{name: s, function: f}]\n"), [](const Dispatch& call) {
    Reply reply{std::string(call.input.view()), 1'250us};
    reply.receipt = {.transport = 250us, .exec = 1ms};
    return reply;
  });
  sim.resultOf("[1, 2]");
  const base::Payload output = sim.run.output().payload;
  const std::string at = base::formatRfc3339(sim.run.createdAt());
  const std::string end = base::formatRfc3339(sim.run.finishedAt());
  const std::string receipt =
      R"({"total":1.25,"engine":0,"queue":0,"window":0,"cold":0,"transport":0.25,"exec":1,"store":0})";
  EXPECT_EQ(
      record(sim.run, &output),
      R"({"id":"run-1","namespace":"default","workflow":"w","function":null,"status":"Succeeded","createdAt":")" +
          at + R"(","startedAt":")" + at + R"(","finishedAt":")" + end +
          R"(","output":[1, 2],"error":null,"receipt":)" + receipt +
          R"(,"steps":[{"name":"s","index":[],"status":"Succeeded","store":"Inline","attempts":[{"number":1,)"
          R"("status":"Succeeded","node":"local","pod":"pod-1","batch":"batch-1","batchSize":1,"startedAt":")" +
          at + R"(","receipt":)" + receipt + R"(,"error":null}]}]})");
  EXPECT_THAT(keysOf(summary(sim.run)), ElementsAre("id", "namespace", "workflow", "function", "status",
                                                    "createdAt", "startedAt", "finishedAt", "error"));
}

TEST(Record, OfAFailedRunNamesTheStep) {
  Simulation sim(planOf("  steps: [{name: s, function: f, retry: {limit: 1}}]\n"),
                 [](const Dispatch&) { return failWith("ValueError", "no \"x\""); });
  sim.resultOf("1");
  const std::string text = record(sim.run, nullptr);
  EXPECT_EQ(field(text, "error"), R"({"type":"ValueError","message":"no \"x\"","step":"s","attempts":2})");
  EXPECT_EQ(field(text, "output"), "null");
  EXPECT_THAT(stepsOf(sim.run), ElementsAre("s[] Failed"));
}

TEST(Record, ListsLeavesSkipsAndItems) {
  Simulation sim(
      planOf("  steps:\n  - {name: a, function: f, when: \"${false}\"}\n  - {name: w, wait: 1ms}\n"
             "  - name: rows\n    after: [w]\n    foreach: {items: \"${[[1], [2, 3]]}\", maxConcurrency: "
             "1}\n    steps:\n"
             "    - {name: cols, foreach: {items: \"${item}\"}, function: f, input: \"${item}\"}\n"
             "  - {name: g, after: [rows], when: \"${false}\", steps: [{name: x, function: f}]}\n"));
  sim.resultOf("null");
  EXPECT_THAT(stepsOf(sim.run), ElementsAre("a[] Skipped", "w[] Succeeded", "cols[0,0] Succeeded",
                                            "cols[1,0] Succeeded", "cols[1,1] Succeeded", "g[] Skipped"));
}

TEST(Record, TellsWhatHappenedInAGroupThatTimedOut) {
  Simulation sim(
      planOf("  steps: [{name: g, timeout: 1s, steps: [{name: a, function: f}, {name: b, wait: 1ms}]}]\n"),
      [](const Dispatch&) { return Reply{"1", 9s}; });
  sim.resultOf("null");
  EXPECT_THAT(stepsOf(sim.run), ElementsAre("g[] TimedOut", "a[] Cancelled", "b[] Succeeded"));
  EXPECT_THAT(record(sim.run, nullptr), HasSubstr(R"("attempts":[{"number":1,"status":"Cancelled")"));
}

TEST(Record, OfACaughtStepSaysSucceeded) {
  Simulation sim(
      planOf("  steps: [{name: s, function: f, catch: [{on: [\"*\"], steps: [{name: c, wait: 1ms}]}]}]\n"),
      [](const Dispatch&) { return failWith("Bad"); });
  sim.resultOf("null");
  EXPECT_THAT(stepsOf(sim.run), ElementsAre("s[] Succeeded", "c[] Succeeded"));
}

TEST(Record, OfARunUnderWay) {
  Simulation sim(planOf("  steps: [{name: a, function: f}, {name: b, function: f, after: [a]}]\n"),
                 [](const Dispatch&) { return Reply{"1", 9s}; });
  sim.start("1");
  EXPECT_THAT(record(sim.run, nullptr), HasSubstr(R"("status":"Pending")"));
  EXPECT_THAT(stepsOf(sim.run), ElementsAre("a[] Pending"));
  sim.advanceTo(sim.clock.now() + 1s);
  const std::string text = record(sim.run, nullptr);
  EXPECT_EQ(field(text, "status"), "\"Running\"");
  EXPECT_EQ(field(text, "finishedAt"), "null");
  EXPECT_EQ(field(text, "receipt"), "null");
  EXPECT_THAT(stepsOf(sim.run), ElementsAre("a[] Running"));
}

TEST(Record, IsBounded) {
  Simulation sim(planOf("  steps: [{name: e, foreach: {items: \"${input}\"}, function: f, input: 1}]\n"));
  std::string input = "[0";
  for (std::size_t i = 0; i < kMaxRecordSteps; ++i) input += ",0";
  sim.resultOf(input + "]");
  const std::string text = record(sim.run, nullptr);
  EXPECT_EQ(json::elements(field(text, "steps")).value().size(), kMaxRecordSteps);
  EXPECT_EQ(field(text, "stepsTruncated"), "true");
  const base::Payload large('"' + std::string(kMaxRecordOutput, 'x') + '"');
  EXPECT_EQ(field(record(sim.run, &large), "outputTruncated"), "true");
}

TEST(Record, IsJsonAtEveryMoment) {
  for (std::uint32_t seed = 0; seed < 30; ++seed) {
    Simulation sim(planOf(RandomPlan(seed).spec(), {"f", "fr"}), [](const Dispatch& call) {
      return call.input.size() % 5 == 0 ? failWith("Bad", "\x01\xff\"") : Reply{"\"y\""};
    });
    sim.with(planOf("  steps: [{name: x, function: f}]\n", {"f"}, "inner"));
    sim.check = [](const engine::Run& run) {
      EXPECT_TRUE(json::check(record(run, nullptr)));
      EXPECT_TRUE(json::check(summary(run)));
    };
    sim.resultOf("1");
  }
}

}  // namespace
}  // namespace faasbatch::engine
