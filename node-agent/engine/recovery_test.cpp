// A run goes on after a restart: any prefix of its journal, replayed, leads to the same end.
#include <gmock/gmock.h>

#include "node-agent/engine/invariants.h"
#include "node-agent/engine/journal.h"
#include "node-agent/engine/record.h"
#include "node-agent/engine/simulation.h"

namespace faasbatch::engine {
namespace {

// Outcomes depend on the call alone, not on chance or time: the same call goes the same way in each life of
// the run. Failures that depend on the attempt's number would not, as a restart uses up numbers.
Reply byInput(const Dispatch& call) {
  const std::string input(call.input.view());
  if (input.find("bad") != std::string::npos) return failWith("Bad", "bad input");
  Reply reply{input, base::Duration(1ms * (1 + std::hash<std::string>{}(call.name + input) % 7))};
  reply.spill = input.size() % 3 == 0;
  return reply;
}

struct Scenario {
  const char* name;
  const char* spec;
  const char* input;
};

const char* const kInner =
    "  steps:\n  - {name: x, function: f, input: {v: \"${input}\", t: inner}}\n  - {name: y, function: f, "
    "input: \"${steps.x.output}\"}\n"
    "  output: \"${input}\"\n";

const Scenario kScenarios[] = {
    {"chain", "  steps: [{name: a, function: f}, {name: b, function: f, input: [\"${steps.a.output}\"]}]\n",
     "\"abcdef\""},
    {"foreach",
     "  steps:\n  - {name: a, function: f}\n"
     "  - {name: e, foreach: {items: \"${steps.a.output}\", maxConcurrency: 2}, function: f, input: {i: "
     "\"${item}\"}}\n"
     "  output: {n: \"${size(steps.e.output)}\", all: \"${steps.e.output}\"}\n",
     "[10,200,3,4]"},
    {"foreach as output",
     "  steps: [{name: e, foreach: {items: \"${input}\"}, function: f, input: \"${item}\"}]\n",
     "[10,200,3,4]"},
    {"nested",
     "  steps:\n  - name: rows\n    foreach: {items: \"${input}\", maxConcurrency: 2}\n    steps:\n"
     "    - {name: cols, foreach: {items: \"${item}\"}, function: f, input: \"${item * 10}\"}\n"
     "    - {name: w, wait: 3ms}\n"
     "    - {name: first, function: f, after: [w], input: {row: \"${index}\", of: "
     "\"${steps.cols.output}\"}}\n",
     "[[1,2],[3],[]]"},
    {"repeat",
     "  steps:\n  - name: r\n    repeat: {until: \"${index >= 2 && output != null}\", delay: 2ms, limit: "
     "9}\n    steps:\n"
     "    - {name: a, function: f, input: [\"${last}\", \"${index}\"]}\n",
     "null"},
    {"caught in a group",
     "  steps:\n  - name: g\n    steps: [{name: a, function: f, input: bad}, {name: b, function: f}]\n"
     "    retry: {limit: 1, backoff: {initial: 1ms}}\n"
     "    catch: [{on: [\"*\"], steps: [{name: c, function: f, input: \"${error.step + error.type}\"}]}]\n"
     "  - {name: d, function: f, input: \"${steps.g.output}\"}\n",
     "1"},
    {"sub-workflows",
     "  steps:\n  - {name: s, foreach: {items: \"${input}\"}, workflow: inner, input: {i: \"${item}\"}}\n"
     "  - {name: last, function: f, input: \"${steps.s.output}\"}\n",
     "[1,2,3]"},
    {"switch and skip",
     "  steps:\n  - {name: k, function: f, input: \"${input.kind}\"}\n  - name: c\n    switch:\n"
     "    - when: \"${steps.k.output == 'a'}\"\n      steps: [{name: sa, function: f, input: first}]\n"
     "    - steps: [{name: sd, function: f, input: \"${steps.k.output}\"}]\n"
     "  - {name: m, function: f, when: \"${steps.k.output == 'a'}\"}\n"
     "  output: [\"${steps.c.output}\", \"${steps.m.output}\"]\n",
     R"({"kind":"b"})"},
    {"failure",
     "  steps: [{name: a, function: f, input: good}, {name: b, function: f, input: bad, after: [a]}]\n", "1"},
};

class Recovery : public testing::TestWithParam<std::tuple<Scenario, int>> {
 protected:
  Recovery() : rng_(std::get<1>(GetParam())) {}

  Simulation make(Behaviour behaviour) {
    Simulation sim(plan_, std::move(behaviour));
    sim.with(inner_);
    sim.check = [](const engine::Run& run) {
      for (const auto& broken : brokenInvariants(run)) ADD_FAILURE() << broken;
    };
    sim.chaos = &rng_;
    return sim;
  }

  workflow::PlanPtr find(std::string_view name) const { return name == "inner" ? inner_ : plan_; }

  std::mt19937 rng_;
  workflow::PlanPtr plan_ = planOf(std::get<0>(GetParam()).spec);
  workflow::PlanPtr inner_ = planOf(kInner, {"f"}, "inner");
};

std::string outcome(Simulation& sim) {
  const std::string result = sim.result();
  return std::string(name(sim.run.status())) + " " + result;
}

TEST_P(Recovery, OfEveryPrefixEndsTheSame) {
  Simulation whole = make(byInput);
  whole.start(std::get<0>(GetParam()).input);
  std::vector<decltype(whole.store)> stores{whole.store};  // after each event
  whole.check = [&](const engine::Run&) { stores.push_back(whole.store); };
  const std::string expected = outcome(whole);
  ASSERT_TRUE(whole.run.ended());
  const auto plans = [this](std::string_view, std::string_view name, std::string_view) { return find(name); };

  for (std::size_t cut = 1; cut <= whole.events.size(); ++cut) {
    SCOPED_TRACE("cut after event " + std::to_string(cut) + " of " + std::to_string(whole.events.size()));
    std::vector<std::string> journal;
    std::map<std::pair<StepId, std::uint32_t>, int> given;
    for (std::size_t i = 0; i < cut; ++i) {
      if (journaled(whole.events[i])) journal.push_back(toJournal(whole.events[i]));
    }
    engine::Run before;  // what the first life had given
    for (std::size_t i = 0; i < cut; ++i) {
      for (const Command& c : apply(before, whole.events[i])) {
        if (const auto* d = std::get_if<Dispatch>(&c)) ++given[{d->step, d->attempt}];
      }
    }
    Simulation second = make(byInput);
    second.store = stores[cut - 1];
    for (const std::string& line : journal) {
      const auto event = fromJournal(line, plans);
      ASSERT_TRUE(event) << event.error().message << "\n" << line;
      EXPECT_EQ(toJournal(*event), line);
      apply(second.run, *event);
      for (const auto& broken : brokenInvariants(second.run)) ADD_FAILURE() << broken;
    }
    if (!second.run.ended()) {
      second.advanceTo(whole.events[cut - 1].at);
      second.give(Recovered{});
      second.obey(pending(second.run));
    }
    EXPECT_EQ(outcome(second), expected);
    for (const Dispatch& d : second.dispatched)
      EXPECT_EQ((++given[{d.step, d.attempt}]), 1) << d.name << " " << d.attempt;
    for (const auto& broken : brokenInvariants(second.run)) ADD_FAILURE() << broken;
  }
}

INSTANTIATE_TEST_SUITE_P(Scenarios, Recovery,
                         testing::Combine(testing::ValuesIn(kScenarios), testing::Range(0, 5)),
                         [](const auto& info) {
                           std::string name =
                               std::get<0>(info.param).name + std::to_string(std::get<1>(info.param));
                           std::erase_if(name,
                                         [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); });
                           return name;
                         });

TEST(Restart, ListsTheInterruptedAttemptAndCountsOn) {
  const auto plan = planOf("  steps: [{name: s, function: f}]\n");
  Simulation sim(plan, [](const Dispatch&) { return Reply{"1", 10s}; });
  sim.start("1");
  sim.advanceTo(sim.clock.now() + 1s);
  Simulation second(plan);
  for (const Event& event : sim.events) {
    if (journaled(event)) apply(second.run, event);
  }
  second.advanceTo(sim.clock.now());
  second.give(Recovered{});
  second.obey(pending(second.run));
  EXPECT_EQ(second.result(), "1");
  ASSERT_EQ(second.dispatched.size(), 1);
  EXPECT_EQ(second.dispatched[0].attempt, 2);
  EXPECT_THAT(
      record(second.run, nullptr),
      testing::AllOf(testing::HasSubstr(R"("number":1,"status":"Failed")"),
                     testing::HasSubstr(R"("error":{"type":"PodLost","message":"the agent restarted"})"),
                     testing::HasSubstr(R"("number":2,"status":"Succeeded")")));
}

TEST(Restart, TooManyTimesFailsTheStep) {
  const auto plan = planOf("  steps: [{name: s, function: f}]\n");
  Simulation sim(plan, [](const Dispatch&) { return Reply{"1", 10s}; });
  sim.start("1");
  for (std::uint32_t i = 0; i <= kBlamelessRetries; ++i) {
    sim.advanceTo(sim.clock.now() + 1s);
    sim.give(Recovered{});
  }
  EXPECT_EQ(sim.result(), "PodLost: the agent restarted");
  EXPECT_EQ(sim.run.error().attempts, kBlamelessRetries + 1);
}

}  // namespace
}  // namespace faasbatch::engine
